import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import type { CalendarRecord } from "../domain/market.ts";
import { readCalendar } from "../protocol/v1/market-schemas.ts";
import { toCalendarEvent } from "./convert.ts";
import { checkKeys, checkQuery } from "./known-keys.ts";
import type { CalendarEvent, CalendarQuery } from "./market-types.ts";
import { brokerRange, invalid } from "./normalise.ts";
import { type Pages, pagesOf } from "./paging.ts";

/** Values of the economic calendar, page by page as they are wanted. */
export function calendarPages(
  core: AgentCore,
  query: CalendarQuery,
  options: QueryOptions,
): Pages<CalendarEvent> {
  const action = "read the economic calendar";
  checkKeys(query, "calendar", action);
  checkQuery(options, action);
  const { from, to, currency, country } = query;
  checkCode(currency, "currency", /^[A-Z]{3}$/, "USD", action);
  checkCode(country, "country", /^[A-Z]{2}$/, "US", action);
  const args = {
    // Unlike the history, the calendar reaches into the future: without an end there is none.
    ...brokerRange(core, from, to ?? new Date(Number.NaN), action),
    ...(currency === undefined ? {} : { currency }),
    ...(country === undefined ? {} : { country }),
  };
  return pagesOf(
    core,
    {
      op: "calendar",
      args,
      read: readCalendar,
      rows: ({ result }): readonly CalendarRecord[] => result.events,
      toItem: (record): CalendarEvent => toCalendarEvent(record, core.zone),
      stamp: (record): number => record.timeBrokerMs,
    },
    options,
  );
}

function checkCode(code: unknown, name: string, shape: RegExp, example: string, action: string): void {
  if (code === undefined || (typeof code === "string" && shape.test(code))) return;
  throw invalid(
    action,
    `${name} ${JSON.stringify(code)} is no code`,
    `Give capital letters, such as ${example}`,
  );
}
