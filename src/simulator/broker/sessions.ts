import type { WeekSpan } from "../../domain/records.ts";

const DAY_MINUTES = 1440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** 1970-01-01 was a Thursday, and weeks begin on Sunday. */
const EPOCH_WEEK_MINUTE = 4 * DAY_MINUTES;

/** Open all week. */
export const alwaysOpen: readonly WeekSpan[] = [{ fromMinute: 0, toMinute: WEEK_MINUTES }];

/** The same hours from Monday to Friday, in minutes of the broker's day. */
export function weekdaySessions(fromMinute = 0, toMinute: number = DAY_MINUTES): readonly WeekSpan[] {
  return [1, 2, 3, 4, 5].map((day) => ({
    fromMinute: day * DAY_MINUTES + fromMinute,
    toMinute: day * DAY_MINUTES + toMinute,
  }));
}

/** Whether a broker time falls into one of the spans; the end of a span is outside of it. */
export function inSession(spans: readonly WeekSpan[], brokerMs: number): boolean {
  const minute = (Math.floor(brokerMs / 60_000) + EPOCH_WEEK_MINUTE) % WEEK_MINUTES;
  return spans.some((span) => minute >= span.fromMinute && minute < span.toMinute);
}
