/** What charts, order books and the economic calendar hold, under readable names; see `records.ts` for the rest. */

/** ENUM_TIMEFRAMES. */
export const Timeframe = {
  M1: "M1",
  M2: "M2",
  M3: "M3",
  M4: "M4",
  M5: "M5",
  M6: "M6",
  M10: "M10",
  M12: "M12",
  M15: "M15",
  M20: "M20",
  M30: "M30",
  H1: "H1",
  H2: "H2",
  H3: "H3",
  H4: "H4",
  H6: "H6",
  H8: "H8",
  H12: "H12",
  D1: "D1",
  W1: "W1",
  MN1: "MN1",
} as const;
/** ENUM_TIMEFRAMES. */
export type Timeframe = (typeof Timeframe)[keyof typeof Timeframe];

/** A bar (MqlRates). */
export interface BarRecord {
  /** When it opened. */
  readonly timeBrokerMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Ticks in the bar. */
  readonly tickVolume: number;
  /** In points. */
  readonly spread: number;
  readonly realVolume: number;
}

/** ENUM_BOOK_TYPE. */
export type BookSide = "sell" | "buy" | "sellMarket" | "buyMarket";

/** A level of a symbol's market depth (MqlBookInfo). */
export interface BookRecord {
  readonly side: BookSide;
  readonly price: number;
  readonly volume: number;
  readonly volumeReal: number;
}

/** ENUM_CALENDAR_EVENT_IMPORTANCE. */
export type CalendarImportance = "none" | "low" | "moderate" | "high";

/** A value of the economic calendar with the event that it belongs to (MqlCalendarValue, MqlCalendarEvent, MqlCalendarCountry). */
export interface CalendarRecord {
  /** MqlCalendarValue::id. */
  readonly id: string;
  /** MqlCalendarEvent::id. */
  readonly eventId: string;
  readonly name: string;
  /** MqlCalendarCountry::code, ISO 3166-1 alpha-2 (`EU` for the European Union). */
  readonly country: string;
  readonly currency: string;
  readonly importance: CalendarImportance;
  readonly timeBrokerMs: number;
  /** The start of the reported period; 0: none. */
  readonly periodBrokerMs: number;
  readonly revision: number;
  /** Decimals of the values. */
  readonly digits: number;
  /** Null: not known (yet). */
  readonly actual: number | null;
  readonly forecast: number | null;
  readonly previous: number | null;
  /** The previous value as revised; null: it was not. */
  readonly revisedPrevious: number | null;
  /** ENUM_CALENDAR_EVENT_IMPACT: what it means for the currency. */
  readonly impact: "none" | "positive" | "negative";
}
