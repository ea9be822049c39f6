import type { BrokerTimeZone } from "../domain/broker-time.ts";
import type { SymbolRecord, WeekSpan } from "../domain/records.ts";
import type { TradingSessions } from "./market-types.ts";

const minuteMs = 60_000;
const weekMinutes = 7 * 24 * 60;
/** 1970-01-01 was a Thursday: the week began four days before. */
const firstSundayMs = -4 * 24 * 60 * minuteMs;

/** A symbol's sessions, with where the present moment lies in them. */
export function tradingSessions(
  record: SymbolRecord,
  zone: BrokerTimeZone,
  nowUtcMs: number,
): TradingSessions {
  const brokerMs = zone.toBroker(nowUtcMs);
  const sinceSunday = (brokerMs - firstSundayMs) % (weekMinutes * minuteMs);
  const weekStartMs = brokerMs - sinceSunday;
  const minute = sinceSunday / minuteMs;
  const spans = joined(record.tradeSessions);
  const present = spans.find((span) => contains(span, minute));
  const toDate = (minutes: number): Date => new Date(zone.toUtc(weekStartMs + minutes * minuteMs));
  let closes: Date | undefined;
  if (present !== undefined && present.toMinute - present.fromMinute < weekMinutes) {
    const end = minute >= present.fromMinute ? present.toMinute : present.toMinute - weekMinutes;
    closes = toDate(end);
  }
  const next = spans
    .filter((span) => span.toMinute - span.fromMinute < weekMinutes)
    .map((span) => (span.fromMinute > minute ? span.fromMinute : span.fromMinute + weekMinutes))
    .sort((a, b) => a - b)[0];
  return {
    symbol: record.name,
    quote: record.quoteSessions,
    trade: record.tradeSessions,
    isOpen: present !== undefined,
    nextOpen: next === undefined ? undefined : toDate(next),
    closes,
  };
}

function contains(span: WeekSpan, minute: number): boolean {
  const inside = (at: number): boolean => at >= span.fromMinute && at < span.toMinute;
  return inside(minute) || inside(minute + weekMinutes);
}

/** Sessions that touch each other are one: midnight is no pause. Across the week's end a span goes past its length. */
function joined(sessions: readonly WeekSpan[]): WeekSpan[] {
  const spans: { fromMinute: number; toMinute: number }[] = [];
  for (const session of sessions.toSorted((a, b) => a.fromMinute - b.fromMinute)) {
    const last = spans.at(-1);
    if (last !== undefined && session.fromMinute <= last.toMinute) {
      last.toMinute = Math.max(last.toMinute, session.toMinute);
    } else spans.push({ ...session });
  }
  const first = spans[0];
  const last = spans.at(-1);
  if (first !== undefined && last !== undefined && first !== last) {
    if (first.fromMinute === 0 && last.toMinute >= weekMinutes) {
      last.toMinute = weekMinutes + first.toMinute;
      spans.shift();
    }
  }
  return spans;
}
