import type { CalendarValue } from "../../domain/market.ts";
import { type CalendarSource, knownReleases } from "../market/calendar.ts";
import type { BrokerState } from "./broker-state.ts";

/** Around a change of the clocks the same broker time means two instants, so an hour more is looked through. */
const clockChangeMs = 3_600_000;

/** The calendar as the terminal has it now: in broker time, without what is published later. */
export function calendarValues(
  source: CalendarSource,
  state: BrokerState,
  fromBrokerMs: number,
  toBrokerMs: number,
): readonly CalendarValue[] {
  const { zone } = state;
  const from = zone.toUtc(fromBrokerMs) - clockChangeMs;
  const to = zone.toUtc(toBrokerMs) + clockChangeMs;
  return knownReleases(source, from, to, state.utcMs())
    .map(({ release, millionths, impact }): CalendarValue => {
      const { utcMs, periodUtcMs, above: _, ...head } = release;
      return {
        ...head,
        millionths,
        impact,
        timeBrokerMs: zone.toBroker(utcMs),
        // The start of a period is a date, not a moment.
        periodBrokerMs: periodUtcMs,
        revision: millionths.revisedPrevious === null ? 0 : 1,
      };
    })
    .filter(({ timeBrokerMs }) => timeBrokerMs >= fromBrokerMs && timeBrokerMs <= toBrokerMs);
}
