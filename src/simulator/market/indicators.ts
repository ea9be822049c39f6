import type { BrokerTimeRule } from "../../domain/broker-time.ts";
import type { CalendarImportance, CalendarMultiplier, CalendarUnit } from "../../domain/market.ts";

/** A day. */
export const dayMs = 86_400_000;

/** On which days an indicator is published. */
export type Rhythm =
  /** Every so many weeks, counted from a day. */
  | { readonly every: "weeks"; readonly count: number; readonly firstDayMs: number }
  /** In every so many months, `offset` months into them: on a weekday (0 = Sunday), or on a day or the Monday after. */
  | ({ readonly every: "months"; readonly count: number; readonly offset: number } & (
      | { readonly nth: number; readonly weekday: number }
      | { readonly day: number }
    ));

/** An indicator of the made-up calendar. */
export interface Indicator {
  readonly eventId: string;
  readonly name: string;
  readonly country: string;
  readonly currency: string;
  readonly importance: CalendarImportance;
  readonly rhythm: Rhythm;
  /** Minute of the day in `zone`. */
  readonly minute: number;
  readonly zone: BrokerTimeRule;
  readonly unit: CalendarUnit;
  readonly multiplier: CalendarMultiplier;
  readonly digits: number;
  /** What the numbers are multiples of. */
  readonly step: number;
  /** Where the numbers are on average, how far they swing, and in how many releases they do so once. */
  readonly level: number;
  readonly swing: number;
  readonly cycle: number;
  /** How far chance moves a single number. */
  readonly spread: number;
  readonly above: "positive" | "negative";
}

const newYork: BrokerTimeRule = { standardOffsetMinutes: -300, daylight: "us" };
const london: BrokerTimeRule = { standardOffsetMinutes: 0, daylight: "eu" };
const frankfurt: BrokerTimeRule = { standardOffsetMinutes: 60, daylight: "eu" };
const tokyo: BrokerTimeRule = { standardOffsetMinutes: 540, daylight: "none" };
const sydney: BrokerTimeRule = { standardOffsetMinutes: 600, daylight: "none" };

const monthly = { every: "months", count: 1, offset: 0 } as const;
const percent = { unit: "percent", multiplier: "none", digits: 1, step: 0.1 } as const;
const index = { unit: "none", multiplier: "none", digits: 1, step: 0.1 } as const;
const rate = { unit: "percent", multiplier: "none", digits: 2, step: 0.25, spread: 0 } as const;
const positive = { above: "positive" } as const;

function at(hour: number, minute: number): { readonly minute: number } {
  return { minute: hour * 60 + minute };
}

function weeks(count: number, firstDayMs: number): Rhythm {
  return { every: "weeks", count, firstDayMs };
}

const us = { country: "US", currency: "USD", zone: newYork } as const;
const eu = { country: "EU", currency: "EUR", zone: frankfurt } as const;
const de = { country: "DE", currency: "EUR", zone: frankfurt } as const;
const gb = { country: "GB", currency: "GBP", zone: london } as const;
const jp = { country: "JP", currency: "JPY", zone: tokyo } as const;
const ch = { country: "CH", currency: "CHF", zone: frankfurt } as const;
const ca = { country: "CA", currency: "CAD", zone: newYork } as const;
const au = { country: "AU", currency: "AUD", zone: sydney } as const;

/** Indicators that every trader knows, with plausible numbers. Event ids begin with the country's ISO 3166-1 number. */
export const indicators: readonly Indicator[] = [
  {
    ...us,
    eventId: "840030016",
    name: "Nonfarm Payrolls",
    importance: "high",
    rhythm: { ...monthly, nth: 1, weekday: 5 },
    ...at(8, 30),
    unit: "job",
    multiplier: "thousands",
    digits: 0,
    step: 1,
    level: 170,
    swing: 90,
    cycle: 60,
    spread: 70,
    ...positive,
  },
  {
    ...us,
    eventId: "840030015",
    name: "Unemployment Rate",
    importance: "high",
    rhythm: { ...monthly, nth: 1, weekday: 5 },
    ...at(8, 30),
    ...percent,
    level: 4.4,
    swing: 1,
    cycle: 84,
    spread: 0.15,
    above: "negative",
  },
  {
    ...us,
    eventId: "840030005",
    name: "CPI m/m",
    importance: "high",
    rhythm: { ...monthly, day: 12 },
    ...at(8, 30),
    ...percent,
    level: 0.25,
    swing: 0.25,
    cycle: 40,
    spread: 0.2,
    ...positive,
  },
  {
    ...us,
    eventId: "840030021",
    name: "Initial Jobless Claims",
    importance: "moderate",
    rhythm: weeks(1, Date.UTC(2000, 0, 6)),
    ...at(8, 30),
    unit: "people",
    multiplier: "thousands",
    digits: 0,
    step: 1,
    level: 240,
    swing: 40,
    cycle: 200,
    spread: 15,
    above: "negative",
  },
  {
    ...us,
    eventId: "840010001",
    name: "ISM Manufacturing PMI",
    importance: "high",
    rhythm: { ...monthly, day: 1 },
    ...at(10, 0),
    ...index,
    level: 51,
    swing: 5,
    cycle: 44,
    spread: 1.2,
    ...positive,
  },
  {
    ...us,
    eventId: "840050014",
    name: "Fed Interest Rate Decision",
    importance: "high",
    rhythm: weeks(6, Date.UTC(2000, 1, 2)),
    ...at(14, 0),
    ...rate,
    level: 2.75,
    swing: 2.5,
    cycle: 70,
    ...positive,
  },
  {
    ...us,
    eventId: "840020010",
    name: "GDP q/q",
    importance: "high",
    rhythm: { every: "months", count: 3, offset: 0, day: 28 },
    ...at(8, 30),
    ...percent,
    level: 2.2,
    swing: 1.8,
    cycle: 24,
    spread: 0.8,
    ...positive,
  },
  {
    ...eu,
    eventId: "999010007",
    name: "ECB Interest Rate Decision",
    importance: "high",
    rhythm: weeks(6, Date.UTC(2000, 1, 3)),
    ...at(14, 15),
    ...rate,
    level: 2,
    swing: 2,
    cycle: 76,
    ...positive,
  },
  {
    ...eu,
    eventId: "999030003",
    name: "CPI y/y",
    importance: "high",
    rhythm: { ...monthly, day: 17 },
    ...at(11, 0),
    ...percent,
    level: 2.3,
    swing: 1.6,
    cycle: 72,
    spread: 0.2,
    ...positive,
  },
  {
    ...de,
    eventId: "276010001",
    name: "ZEW Indicator of Economic Sentiment",
    importance: "moderate",
    rhythm: { ...monthly, nth: 2, weekday: 2 },
    ...at(11, 0),
    ...index,
    level: 12,
    swing: 28,
    cycle: 30,
    spread: 6,
    ...positive,
  },
  {
    ...gb,
    eventId: "826010017",
    name: "BoE Interest Rate Decision",
    importance: "high",
    rhythm: weeks(6, Date.UTC(2000, 1, 10)),
    ...at(12, 0),
    ...rate,
    level: 2.5,
    swing: 2.25,
    cycle: 72,
    ...positive,
  },
  {
    ...gb,
    eventId: "826030001",
    name: "CPI y/y",
    importance: "high",
    rhythm: { ...monthly, nth: 3, weekday: 3 },
    ...at(7, 0),
    ...percent,
    level: 2.8,
    swing: 1.8,
    cycle: 66,
    spread: 0.3,
    ...positive,
  },
  {
    ...jp,
    eventId: "392010001",
    name: "BoJ Interest Rate Decision",
    importance: "high",
    rhythm: weeks(6, Date.UTC(2000, 0, 28)),
    ...at(12, 0),
    ...rate,
    level: 0.5,
    swing: 0.75,
    cycle: 90,
    ...positive,
  },
  {
    ...ch,
    eventId: "756010001",
    name: "SNB Interest Rate Decision",
    importance: "high",
    rhythm: { every: "months", count: 3, offset: 2, nth: 3, weekday: 4 },
    ...at(9, 30),
    ...rate,
    level: 0.75,
    swing: 1,
    cycle: 30,
    ...positive,
  },
  {
    ...ca,
    eventId: "124010004",
    name: "Employment Change",
    importance: "high",
    rhythm: { ...monthly, nth: 2, weekday: 5 },
    ...at(8, 30),
    unit: "job",
    multiplier: "thousands",
    digits: 1,
    step: 0.1,
    level: 20,
    swing: 20,
    cycle: 40,
    spread: 30,
    ...positive,
  },
  {
    ...au,
    eventId: "36010001",
    name: "RBA Interest Rate Decision",
    importance: "high",
    rhythm: { ...monthly, nth: 1, weekday: 2 },
    ...at(14, 30),
    ...rate,
    level: 2.5,
    swing: 2,
    cycle: 96,
    ...positive,
  },
];
