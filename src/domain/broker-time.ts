/**
 * Broker time: the time zone of a trade server. A terminal stamps ticks, orders and deals in it and tells no zone; most
 * brokers keep UTC+2 and shift to UTC+3 with New York's daylight saving, so that the day ends at 17:00 in New York.
 */

/** Whose daylight saving a trade server follows. */
export type DaylightRule = "us" | "eu" | "none";

/** How a trade server's time follows from UTC. */
export interface BrokerTimeRule {
  /** Offset from UTC outside of daylight saving, in minutes; 120 = UTC+2. */
  readonly standardOffsetMinutes: number;
  /** When it is one hour more. */
  readonly daylight: DaylightRule;
}

/** The common rule: UTC+2, and UTC+3 while New York has daylight saving. */
export const newYorkCloseTime: BrokerTimeRule = { standardOffsetMinutes: 120, daylight: "us" };

/** Eastern European Time with Europe's own daylight saving. */
export const easternEuropeanTime: BrokerTimeRule = { standardOffsetMinutes: 120, daylight: "eu" };

/** UTC all year. */
export const utcTime: BrokerTimeRule = { standardOffsetMinutes: 0, daylight: "none" };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface DaylightSpan {
  readonly fromUtcMs: number;
  readonly toUtcMs: number;
}

/** Converts between UTC and a trade server's time, both in milliseconds since 1970. */
export class BrokerTimeZone {
  readonly rule: BrokerTimeRule;
  readonly #standardMs: number;
  readonly #spans: Map<number, DaylightSpan> = new Map();

  constructor(rule: BrokerTimeRule = newYorkCloseTime) {
    if (!Number.isFinite(rule.standardOffsetMinutes) || Math.abs(rule.standardOffsetMinutes) > 14 * 60) {
      throw new RangeError(
        `Cannot make a broker time zone: standardOffsetMinutes is ${rule.standardOffsetMinutes}, expected -840 to 840`,
      );
    }
    this.rule = rule;
    this.#standardMs = rule.standardOffsetMinutes * 60_000;
  }

  /** What broker time is ahead of UTC at an instant, in milliseconds. */
  offsetMs(utcMs: number): number {
    if (this.rule.daylight === "none") return this.#standardMs;
    const year = new Date(utcMs).getUTCFullYear();
    let span = this.#spans.get(year);
    if (span === undefined) {
      span = this.rule.daylight === "us" ? usDaylight(year) : euDaylight(year);
      this.#spans.set(year, span);
    }
    const inDaylight = utcMs >= span.fromUtcMs && utcMs < span.toUtcMs;
    return inDaylight ? this.#standardMs + HOUR_MS : this.#standardMs;
  }

  /** Broker time of an instant. */
  toBroker(utcMs: number): number {
    return utcMs + this.offsetMs(utcMs);
  }

  /**
   * The instant of a broker time. In the hour that autumn repeats the first of the two instants is meant, unless that
   * lies before `notBeforeUtcMs` (the instant of an earlier record of the same series). A time that spring skips counts
   * as if the clock had not been put forward.
   */
  toUtc(brokerMs: number, notBeforeUtcMs: number = Number.NEGATIVE_INFINITY): number {
    const standard = brokerMs - this.#standardMs;
    if (this.rule.daylight === "none") return standard;
    const early = standard - HOUR_MS;
    if (this.offsetMs(early) === this.#standardMs) return standard;
    const repeated = this.offsetMs(standard) === this.#standardMs;
    return repeated && early < notBeforeUtcMs && standard >= notBeforeUtcMs ? standard : early;
  }
}

/** Second Sunday in March to first Sunday in November, at 02:00 New York time; until 2006 April to October. */
function usDaylight(year: number): DaylightSpan {
  const [from, to]: readonly [number, number] =
    year >= 2007
      ? [sundayOnOrAfter(year, 2, 8), sundayOnOrAfter(year, 10, 1)]
      : [sundayOnOrAfter(year, 3, 1), sundayOnOrAfter(year, 9, 25)];
  return { fromUtcMs: from + 7 * HOUR_MS, toUtcMs: to + 6 * HOUR_MS };
}

/** Last Sunday in March to last Sunday in October, at 01:00 UTC. */
function euDaylight(year: number): DaylightSpan {
  return {
    fromUtcMs: sundayOnOrAfter(year, 2, 25) + HOUR_MS,
    toUtcMs: sundayOnOrAfter(year, 9, 25) + HOUR_MS,
  };
}

function sundayOnOrAfter(year: number, month: number, day: number): number {
  const first = Date.UTC(year, month, day);
  return first + ((7 - new Date(first).getUTCDay()) % 7) * DAY_MS;
}
