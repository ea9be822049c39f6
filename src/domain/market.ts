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

/** ENUM_CALENDAR_EVENT_UNIT: what the values count. */
export type CalendarUnit =
  | "none"
  | "percent"
  | "currency"
  | "hour"
  | "job"
  | "rig"
  | "usd"
  | "people"
  | "mortgage"
  | "vote"
  | "barrel"
  | "cubicFeet"
  | "position"
  | "building";

/** ENUM_CALENDAR_EVENT_MULTIPLIER: by how much the values are to be multiplied. */
export type CalendarMultiplier = "none" | "thousands" | "millions" | "billions" | "trillions";

/** What the economic calendar says of a publication besides its numbers (MqlCalendarValue, Event, Country). */
export interface CalendarHead {
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
  readonly unit: CalendarUnit;
  readonly multiplier: CalendarMultiplier;
  /** Decimals of the values. */
  readonly digits: number;
  /** ENUM_CALENDAR_EVENT_IMPACT: what it means for the currency. */
  readonly impact: "none" | "positive" | "negative";
}

/**
 * The four numbers of a calendar's value. As a record they are plain: 3.2 percent is 3.2. MqlCalendarValue holds them as
 * whole millionths instead, see `CalendarValue`.
 */
export interface CalendarNumbers {
  /** Null: not known (yet). */
  readonly actual: number | null;
  readonly forecast: number | null;
  readonly previous: number | null;
  /** The previous value as revised; null: it was not. */
  readonly revisedPrevious: number | null;
}

/** A value of the economic calendar, its numbers plain. */
export interface CalendarRecord extends CalendarHead, CalendarNumbers {}

/**
 * A value as the terminal has it (CalendarValueHistory): its numbers are MqlCalendarValue's integers, whole millionths,
 * so that 3.2 percent is 3_200_000, and null where those are LONG_MIN.
 */
export interface CalendarValue extends CalendarHead {
  readonly millionths: CalendarNumbers;
}

/** MqlCalendarValue's scale: it holds every number multiplied by this. */
export const calendarScale = 1_000_000;

/** A value with its numbers taken out of MqlCalendarValue's scale. */
export function toCalendarRecord(value: CalendarValue): CalendarRecord {
  const { millionths, ...head } = value;
  const plain = (number: number | null): number | null => (number === null ? null : number / calendarScale);
  return {
    ...head,
    actual: plain(millionths.actual),
    forecast: plain(millionths.forecast),
    previous: plain(millionths.previous),
    revisedPrevious: plain(millionths.revisedPrevious),
  };
}
