import * as v from "valibot";
import { type CalendarRecord, Timeframe } from "../../domain/market.ts";
import type {
  BarsResult,
  BookMessage,
  CalendarResult,
  DealsResult,
  MarginResult,
  OrderCheckResult,
  ProfitResult,
  TickRangeResult,
} from "./messages.ts";
import { count, cursor, deal, digits, finite, v1 } from "./record-schemas.ts";
import { type Reader, reader } from "./reply-schemas.ts";

const optionalNumber = v.nullable(finite);

const calendarEvent: v.GenericSchema<unknown, CalendarRecord> = v.object({
  id: digits,
  eventId: digits,
  name: v.string(),
  country: v.string(),
  currency: v.string(),
  importance: v.picklist(["none", "low", "moderate", "high"]),
  timeBrokerMs: finite,
  periodBrokerMs: finite,
  revision: count,
  unit: v.picklist([
    "none",
    "percent",
    "currency",
    "hour",
    "job",
    "rig",
    "usd",
    "people",
    "mortgage",
    "vote",
    "barrel",
    "cubicFeet",
    "position",
    "building",
  ]),
  multiplier: v.picklist(["none", "thousands", "millions", "billions", "trillions"]),
  digits: count,
  actual: optionalNumber,
  forecast: optionalNumber,
  previous: optionalNumber,
  revisedPrevious: optionalNumber,
  impact: v.picklist(["none", "positive", "negative"]),
});

const deals: v.GenericSchema<unknown, DealsResult> = v.object({ deals: v.array(deal), more: cursor });
const bars: v.GenericSchema<unknown, BarsResult> = v.object({
  symbol: v.string(),
  timeframe: v.picklist(Object.values(Timeframe)),
  n: count,
  more: cursor,
});
const tickRange: v.GenericSchema<unknown, TickRangeResult> = v.object({
  symbol: v.string(),
  n: count,
  more: cursor,
});
const orderCheck: v.GenericSchema<unknown, OrderCheckResult> = v.object({
  retcode: count,
  comment: v.string(),
  balance: finite,
  equity: finite,
  profit: finite,
  margin: finite,
  freeMargin: finite,
  marginLevel: finite,
});
const margin: v.GenericSchema<unknown, MarginResult> = v.object({ margin: finite });
const profit: v.GenericSchema<unknown, ProfitResult> = v.object({ profit: finite });
const calendar: v.GenericSchema<unknown, CalendarResult> = v.object({
  events: v.array(calendarEvent),
  more: cursor,
});
const book: v.GenericSchema<unknown, BookMessage> = v.object({
  v: v1,
  epoch: count,
  symbol: v.string(),
  agentMs: finite,
  n: count,
});

/** Result of `history.deals`. */
export const readDeals: Reader<DealsResult> = reader("deals", deals);
/** Result of `bars`. */
export const readBars: Reader<BarsResult> = reader("bars", bars);
/** Result of `ticks`. */
export const readTickRange: Reader<TickRangeResult> = reader("ticks", tickRange);
/** Result of `order.check`. */
export const readOrderCheck: Reader<OrderCheckResult> = reader("the check of an order", orderCheck);
/** Result of `calc.margin`. */
export const readMargin: Reader<MarginResult> = reader("a margin", margin);
/** Result of `calc.profit`. */
export const readProfit: Reader<ProfitResult> = reader("a profit", profit);
/** Result of `calendar`. */
export const readCalendar: Reader<CalendarResult> = reader("the calendar", calendar);
/** The head of a message under a topic `book.…`. */
export const readBook: Reader<BookMessage> = reader("market depth", book);
