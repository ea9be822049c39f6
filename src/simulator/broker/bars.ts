import type { BrokerTimeZone } from "../../domain/broker-time.ts";
import type { BarRecord, Timeframe } from "../../domain/market.ts";
import type { MarketTick } from "../market/tick-source.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** 1970-01-01 was a Thursday. */
const firstWeekday = 4;

const minutesOf: Readonly<Record<Exclude<Timeframe, "W1" | "MN1">, number>> = {
  M1: 1,
  M2: 2,
  M3: 3,
  M4: 4,
  M5: 5,
  M6: 6,
  M10: 10,
  M12: 12,
  M15: 15,
  M20: 20,
  M30: 30,
  H1: 60,
  H2: 120,
  H3: 180,
  H4: 240,
  H6: 360,
  H8: 480,
  H12: 720,
  D1: 1_440,
};

/** When the bar that holds a moment opened, in broker time: days at midnight, weeks on Sunday, months on the first. */
export function barStart(brokerMs: number, timeframe: Timeframe): number {
  if (timeframe === "MN1") {
    const date = new Date(brokerMs);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  if (timeframe === "W1") {
    const day = Math.floor(brokerMs / dayMs);
    return (day - ((day + firstWeekday) % 7)) * dayMs;
  }
  const lengthMs = minutesOf[timeframe] * minuteMs;
  return Math.floor(brokerMs / lengthMs) * lengthMs;
}

type MutableBar = { -readonly [Key in keyof BarRecord]: BarRecord[Key] };

/** The minute bars of one symbol, the newest of them, and all other bars made of these. */
export class BarStore {
  readonly #zone: BrokerTimeZone;
  readonly #point: number;
  readonly #limit: number;
  #bars: MutableBar[] = [];
  #utcMinute = Number.NaN;

  constructor(zone: BrokerTimeZone, point: number, limit: number) {
    this.#zone = zone;
    this.#point = point;
    this.#limit = limit;
  }

  /** Takes a tick into its minute. Charts are drawn by bid prices, or by last prices where there is no bid. */
  add(tick: MarketTick): void {
    const price = tick.bid > 0 ? tick.bid : tick.last;
    if (!(price > 0)) return;
    const bar = this.#barOf(tick.utcMs, price);
    bar.high = Math.max(bar.high, price);
    bar.low = Math.min(bar.low, price);
    bar.close = price;
    bar.tickVolume++;
    bar.spread = tick.ask > 0 && tick.bid > 0 ? Math.round((tick.ask - tick.bid) / this.#point) : 0;
    bar.realVolume += Math.trunc(tick.volume);
  }

  /** Bars that opened in a span of time, both ends included, oldest first. */
  range(timeframe: Timeframe, fromBrokerMs: number, toBrokerMs: number): readonly BarRecord[] {
    const start = this.#firstFrom(timeframe, fromBrokerMs);
    return join(timeframe, this.#bars, start, Math.max(start, this.#firstFrom(timeframe, toBrokerMs + 1)));
  }

  /** The newest bars, oldest first. */
  newest(timeframe: Timeframe, count: number): readonly BarRecord[] {
    let start = this.#bars.length;
    for (let left = count; left > 0 && start > 0; left--) {
      const last = this.#bars[start - 1];
      if (last !== undefined)
        start = this.#firstFrom(timeframe, barStart(last.timeBrokerMs, timeframe), start);
    }
    return join(timeframe, this.#bars, start, this.#bars.length);
  }

  /** The bar of a moment, opened at a price if it is new. */
  #barOf(utcMs: number, price: number): MutableBar {
    const minute = Math.floor(utcMs / minuteMs);
    const last = this.#bars.at(-1);
    if (last !== undefined && minute === this.#utcMinute) return last;
    this.#utcMinute = minute;
    const timeBrokerMs = barStart(this.#zone.toBroker(utcMs), "M1");
    // When clocks are put back an hour comes twice; bars never go back.
    if (last !== undefined && timeBrokerMs <= last.timeBrokerMs) return last;
    const prices = { open: price, high: price, low: price, close: price };
    const bar = { timeBrokerMs, ...prices, tickVolume: 0, spread: 0, realVolume: 0 };
    this.#bars.push(bar);
    // Cut by large steps: each cut copies what stays.
    if (this.#bars.length >= this.#limit * 2) this.#bars = this.#bars.slice(-this.#limit);
    return bar;
  }

  /** The place of the first minute, before `end`, whose bar opened at or after a moment. */
  #firstFrom(timeframe: Timeframe, brokerMs: number, end: number = this.#bars.length): number {
    let low = 0;
    let high = end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const minute = this.#bars[middle];
      if (minute !== undefined && barStart(minute.timeBrokerMs, timeframe) < brokerMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Minutes put together to the bars of a timeframe. */
function join(
  timeframe: Timeframe,
  minutes: readonly BarRecord[],
  start: number,
  end: number,
): readonly BarRecord[] {
  const bars: MutableBar[] = [];
  for (let at = start; at < end; at++) {
    const minute = minutes[at];
    if (minute === undefined) break;
    const timeBrokerMs = barStart(minute.timeBrokerMs, timeframe);
    const bar = bars.at(-1);
    if (bar === undefined || bar.timeBrokerMs !== timeBrokerMs) {
      bars.push({ ...minute, timeBrokerMs });
      continue;
    }
    bar.high = Math.max(bar.high, minute.high);
    bar.low = Math.min(bar.low, minute.low);
    bar.close = minute.close;
    bar.spread = minute.spread;
    bar.tickVolume += minute.tickVolume;
    bar.realVolume += minute.realVolume;
  }
  return bars;
}
