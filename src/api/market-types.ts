import type { BarRecord, BookRecord, CalendarRecord, Timeframe } from "../domain/market.ts";
import type { WeekSpan } from "../domain/records.ts";
import type { Subscription } from "./types.ts";

/** A price. */
export interface PriceData {
  readonly symbol: string;
  readonly bid: number;
  readonly ask: number;
  /** Missing for symbols without last prices. */
  readonly last?: number;
  /** Ask less bid, as a price. */
  readonly spread: number;
  /** UTC. */
  readonly time: Date;
  readonly timeBrokerMs: number;
}

/** A bar. */
export interface BarData {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** When it opened, UTC. */
  readonly time: Date;
  readonly timeBrokerMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Ticks in the bar. */
  readonly tickVolume: number;
  /** Traded volume, where the broker tells it; else 0. */
  readonly realVolume: number;
  /** In points. */
  readonly spread: number;
  readonly record: BarRecord;
}

/** A price level of a market depth. */
export interface DepthLevel {
  readonly price: number;
  /** Lots. */
  readonly volume: number;
  /** To be executed at the market, at whatever price. */
  readonly market: boolean;
}

/** The market depth of a symbol, whole. */
export interface DepthData {
  readonly symbol: string;
  /** Best first. */
  readonly bids: readonly DepthLevel[];
  /** Best first. */
  readonly asks: readonly DepthLevel[];
  /** When it came, by the local clock: the terminal does not stamp it. */
  readonly receivedTime: Date;
  /** As the terminal gives it. */
  readonly records: readonly BookRecord[];
}

/** A running subscription of market depth. */
export interface DepthSubscription extends Subscription {
  readonly symbols: readonly string[];
  /** Resolves when the agent has confirmed every symbol; rejects with the first refusal. Need not be awaited. */
  readonly ready: Promise<void>;
  /** Symbols that the agent refused, with its reasons. */
  readonly errors: ReadonlyMap<string, Error>;
}

/** When a symbol is quoted and traded. */
export interface TradingSessions {
  readonly symbol: string;
  /** Spans of the week in minutes from Sunday 00:00, in broker time. */
  readonly quote: readonly WeekSpan[];
  /** Spans of the week in minutes from Sunday 00:00, in broker time. */
  readonly trade: readonly WeekSpan[];
  /** Whether the present moment lies in a trade session. */
  readonly isOpen: boolean;
  /** When the next trade session begins, UTC; undefined if there is none. */
  readonly nextOpen: Date | undefined;
  /** When the present trade session ends, UTC; undefined outside of one, or if it never ends. */
  readonly closes: Date | undefined;
}

/** What of the economic calendar is wanted. */
export interface CalendarQuery {
  readonly from: Date;
  readonly to: Date;
  /** Such as `USD`. */
  readonly currency?: string;
  /** ISO 3166-1 alpha-2, such as `US`. */
  readonly country?: string;
}

/**
 * A value of the economic calendar. Its numbers are plain, in `multiplier` `unit`s: 216 with `thousands` and `job` are
 * 216,000 jobs. (MetaTrader's own integers are these times 1,000,000.) They are missing while they are not known.
 */
export interface CalendarEvent {
  readonly id: string;
  readonly eventId: string;
  readonly name: string;
  readonly country: string;
  readonly currency: string;
  readonly importance: CalendarRecord["importance"];
  /** UTC. */
  readonly time: Date;
  readonly timeBrokerMs: number;
  /** When the reported period began, UTC; missing for events without one. */
  readonly period?: Date;
  /** How often it was revised. */
  readonly revision: number;
  readonly unit: CalendarRecord["unit"];
  readonly multiplier: CalendarRecord["multiplier"];
  /** Decimals of the numbers. */
  readonly digits: number;
  readonly actual?: number;
  readonly forecast?: number;
  readonly previous?: number;
  readonly revisedPrevious?: number;
  readonly impact: CalendarRecord["impact"];
  readonly record: CalendarRecord;
}
