import * as v from "valibot";
import type {
  AccountRecord,
  DealRecord,
  OrderRecord,
  PositionRecord,
  SymbolRecord,
  TerminalRecord,
} from "../../domain/records.ts";

/** A whole number from 0. */
export const count: v.GenericSchema<unknown, number> = v.pipe(v.number(), v.integer(), v.minValue(0));
/** A number that is one. */
export const finite: v.GenericSchema<unknown, number> = v.pipe(v.number(), v.finite());
/** An unsigned 64-bit integer. */
export const digits: v.GenericSchema<unknown, string> = v.pipe(v.string(), v.regex(/^\d{1,20}$/));
/** DEAL_MAGIC and the like are signed in the terminal. */
const signedDigits = v.pipe(v.string(), v.regex(/^-?\d{1,20}$/));
/** What one side makes and the other repeats. */
export const id: v.GenericSchema<unknown, string> = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,64}$/));
/** Where a listing goes on. */
export const cursor: v.GenericSchema<unknown, string | null> = v.nullable(v.string());
/** The revision. */
export const v1: v.GenericSchema<unknown, 1> = v.literal(1);

const side = v.picklist(["buy", "sell"]);
const filling = v.picklist(["fok", "ioc", "return", "boc"]);
const timeInForce = v.picklist(["gtc", "day", "specified", "specifiedDay"]);
const reason = v.picklist([
  "client",
  "mobile",
  "web",
  "expert",
  "stopLoss",
  "takeProfit",
  "stopOut",
  "rollover",
  "variationMargin",
  "split",
]);

/** The account. */
export const account: v.GenericSchema<unknown, AccountRecord> = v.object({
  login: digits,
  name: v.string(),
  server: v.string(),
  company: v.string(),
  currency: v.string(),
  currencyDigits: count,
  leverage: finite,
  marginMode: v.picklist(["netting", "exchange", "hedging"]),
  tradeMode: v.picklist(["demo", "contest", "real"]),
  balance: finite,
  credit: finite,
  profit: finite,
  equity: finite,
  margin: finite,
  freeMargin: finite,
  marginLevel: finite,
  stopOutMode: v.picklist(["percent", "money"]),
  marginCall: finite,
  stopOut: finite,
  tradeAllowed: v.boolean(),
  expertAllowed: v.boolean(),
});

/** The terminal. */
export const terminal: v.GenericSchema<unknown, TerminalRecord> = v.object({
  build: count,
  name: v.string(),
  company: v.string(),
  connected: v.boolean(),
  terminalTradeAllowed: v.boolean(),
  expertTradeAllowed: v.boolean(),
  accountTradeAllowed: v.boolean(),
  accountExpertAllowed: v.boolean(),
  dllsAllowed: v.boolean(),
});

/** An open position. */
export const position: v.GenericSchema<unknown, PositionRecord> = v.object({
  ticket: digits,
  identifier: digits,
  symbol: v.string(),
  side,
  volume: finite,
  priceOpen: finite,
  priceCurrent: finite,
  stopLoss: finite,
  takeProfit: finite,
  profit: finite,
  swap: finite,
  magic: signedDigits,
  comment: v.string(),
  reason,
  openBrokerMs: finite,
  updateBrokerMs: finite,
});

/** An order. */
export const order: v.GenericSchema<unknown, OrderRecord> = v.object({
  ticket: digits,
  symbol: v.string(),
  kind: v.picklist([
    "buy",
    "sell",
    "buyLimit",
    "sellLimit",
    "buyStop",
    "sellStop",
    "buyStopLimit",
    "sellStopLimit",
    "closeBy",
  ]),
  state: v.picklist([
    "started",
    "placed",
    "cancelled",
    "partial",
    "filled",
    "rejected",
    "expired",
    "requestAdd",
    "requestModify",
    "requestCancel",
  ]),
  volumeInitial: finite,
  volumeCurrent: finite,
  price: finite,
  priceStopLimit: finite,
  stopLoss: finite,
  takeProfit: finite,
  timeInForce,
  filling,
  magic: signedDigits,
  comment: v.string(),
  reason,
  position: digits,
  positionBy: digits,
  setupBrokerMs: finite,
  doneBrokerMs: finite,
  expirationBrokerMs: finite,
});

/** A deal. */
export const deal: v.GenericSchema<unknown, DealRecord> = v.object({
  ticket: digits,
  order: digits,
  position: digits,
  symbol: v.string(),
  kind: v.picklist([
    "buy",
    "sell",
    "balance",
    "credit",
    "charge",
    "correction",
    "bonus",
    "commission",
    "interest",
    "other",
  ]),
  entry: v.picklist(["in", "out", "inOut", "outBy"]),
  volume: finite,
  price: finite,
  profit: finite,
  commission: finite,
  swap: finite,
  fee: finite,
  stopLoss: finite,
  takeProfit: finite,
  magic: signedDigits,
  comment: v.string(),
  reason,
  timeBrokerMs: finite,
});

const weekSpan = v.object({ fromMinute: finite, toMinute: finite });

/** A symbol's specification. */
export const symbol: v.GenericSchema<unknown, SymbolRecord> = v.object({
  name: v.string(),
  description: v.string(),
  path: v.string(),
  currencyBase: v.string(),
  currencyProfit: v.string(),
  currencyMargin: v.string(),
  digits: count,
  point: finite,
  tickSize: finite,
  tickValue: finite,
  contractSize: finite,
  volumeMin: finite,
  volumeMax: finite,
  volumeStep: finite,
  volumeLimit: finite,
  spread: finite,
  stopsLevel: finite,
  freezeLevel: finite,
  tradeMode: v.picklist(["disabled", "longOnly", "shortOnly", "closeOnly", "full"]),
  execution: v.picklist(["request", "instant", "market", "exchange"]),
  filling: v.array(filling),
  timeInForce: v.array(timeInForce),
  calcMode: v.picklist(["forex", "forexNoLeverage", "futures", "cfd", "cfdIndex", "cfdLeverage", "stocks"]),
  marginInitial: finite,
  marginPerLot: finite,
  swapLong: finite,
  swapShort: finite,
  selected: v.boolean(),
  quoteSessions: v.array(weekSpan),
  tradeSessions: v.array(weekSpan),
});
