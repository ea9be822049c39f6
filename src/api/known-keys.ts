import type { QueryOptions } from "../connector/agent-core.ts";
import { nearest } from "../connector/nearest.ts";
import type { HistoryQuery } from "./history-types.ts";
import type { CalendarQuery } from "./market-types.ts";
import { invalid } from "./normalise.ts";
import type {
  CommandOptions,
  MarginParams,
  ModifyOrderParams,
  ModifyPositionParams,
  PendingOrderOptions,
  PendingOrderParams,
  ProfitParams,
  TrailingStopParams,
} from "./trade-types.ts";
import type { CloseOptions, MarketOrderParams, TradeOptions } from "./types.ts";

/** All keys of a type: the compiler refuses a list that lacks one. */
type Keys<Params> = Readonly<Record<keyof Params, true>>;

const command: Keys<CommandOptions> = { id: true, timeoutMs: true, signal: true };
const order: Keys<Omit<TradeOptions, "deviation" | "expiration">> = {
  ...command,
  stopLoss: true,
  takeProfit: true,
  comment: true,
  magic: true,
  filling: true,
  tag: true,
};
const marketOptions: Keys<TradeOptions> = { ...order, deviation: true, expiration: true };
const pendingOptions: Keys<PendingOrderOptions> = { ...order, timeInForce: true, expiration: true };
const market: Keys<MarketOrderParams> = { ...marketOptions, symbol: true, type: true, volume: true };
const pending: Keys<PendingOrderParams> = {
  ...pendingOptions,
  symbol: true,
  type: true,
  volume: true,
  price: true,
  stopLimitPrice: true,
};
const close: Keys<CloseOptions> = { ...command, deviation: true, comment: true, filling: true, tag: true };
const modifyPosition: Keys<ModifyPositionParams> = { stopLoss: true, takeProfit: true };
const modifyOrder: Keys<ModifyOrderParams> = {
  ...modifyPosition,
  price: true,
  stopLimitPrice: true,
  timeInForce: true,
  expiration: true,
};
const margin: Keys<MarginParams> = { symbol: true, type: true, volume: true, price: true };
const profit: Keys<ProfitParams> = {
  symbol: true,
  type: true,
  volume: true,
  openPrice: true,
  closePrice: true,
};
const trailing: Keys<TrailingStopParams> = { distance: true, step: true, activateAt: true, onMove: true };
const query: Keys<QueryOptions> = { timeoutMs: true, signal: true };
const listing: Keys<QueryOptions & { readonly symbol?: string }> = { ...query, symbol: true };
const calendar: Keys<CalendarQuery> = { from: true, to: true, currency: true, country: true };
const history: Readonly<Record<KeyOfAny<HistoryQuery>, true>> = {
  from: true,
  to: true,
  ticket: true,
  position: true,
  symbol: true,
};

/** All keys of the members of a union. */
type KeyOfAny<Union> = Union extends unknown ? keyof Union : never;

type Shape = "command" | "marketOptions" | "pendingOptions" | "market" | "pending" | "close";
type ParamShape =
  | "modifyOrder"
  | "modifyPosition"
  | "margin"
  | "profit"
  | "trailing"
  | "query"
  | "listing"
  | "calendar"
  | "history"
  | "group";

const shapes: Readonly<Record<Shape | ParamShape, Readonly<Record<string, true>>>> = {
  command,
  marketOptions,
  pendingOptions,
  market,
  pending,
  close,
  modifyOrder,
  modifyPosition,
  margin,
  profit,
  trailing,
  query,
  listing,
  calendar,
  history,
  group: { strategy: true },
};

/** One of a batch's entries, by its `kind`. */
const entries: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  market: { ...market, kind: true },
  pending: { ...pending, kind: true },
  close: { ...close, kind: true, ticket: true, volume: true },
  closeBy: { ...command, kind: true, ticket: true, by: true },
  cancel: { ...command, kind: true, ticket: true },
  modifyOrder: { ...command, ...modifyOrder, kind: true, ticket: true },
  modifyPosition: { ...command, ...modifyPosition, kind: true, ticket: true },
};

/** What MetaTrader and other libraries call what has another name here; no spelling distance finds these. */
const otherNames: Readonly<Record<string, string>> = {
  sl: "stopLoss",
  tp: "takeProfit",
  lots: "volume",
  slippage: "deviation",
  side: "type",
};

/**
 * Throws unless a value is an object with known keys only. A misspelt `stopLoss` would otherwise be an order without
 * one; TypeScript sees that in literals only. What is left out altogether is right.
 */
export function checkKeys(given: unknown, shape: Shape | ParamShape, action: string): void {
  if (given !== undefined || shape === "calendar" || shape === "history") check(given, shapes[shape], action);
}

/** As `checkKeys`, for options of a query, whose time limit must be one. */
export function checkQuery(
  given: (QueryOptions & { readonly symbol?: string }) | undefined,
  action: string,
  shape: "query" | "listing" = "query",
): void {
  checkKeys(given, shape, action);
  const timeoutMs: unknown = given?.timeoutMs;
  if (
    timeoutMs !== undefined &&
    !(typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs <= 2 ** 31 - 1)
  ) {
    const told = typeof timeoutMs === "string" ? `"${timeoutMs}" (text)` : String(timeoutMs);
    throw invalid(action, `timeoutMs ${told} is not a number above 0`, "Give milliseconds, up to 2147483647");
  }
  const symbol: unknown = given?.symbol;
  if (symbol !== undefined && (typeof symbol !== "string" || symbol === "")) {
    throw invalid(action, "symbol is no name", "Give the symbol's exact name, or leave it out for all");
  }
}

/** As `checkKeys`, for an entry of a batch; `kind` is `market` or `pending` where the entry may leave it out. */
export function checkEntry(given: unknown, kind: string, action: string): void {
  const known = Object.hasOwn(entries, kind) ? entries[kind] : undefined;
  if (known === undefined) {
    const remedy = `Use ${Object.keys(entries).join(", ")}`;
    throw invalid(action, `kind ${JSON.stringify(kind)} does not exist`, remedy);
  }
  check(given, known, action);
}

function check(given: unknown, shape: Readonly<Record<string, true>>, action: string): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw invalid(
      action,
      `${String(given)} is no object`,
      `Give an object with some of: ${Object.keys(shape).join(", ")}`,
    );
  }
  const known = Object.keys(shape);
  const unknown = Object.keys(given).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const advice = unknown.map((key) => {
    const alias = otherNames[key.toLowerCase()];
    const meant = alias !== undefined && known.includes(alias) ? alias : nearest(key, known);
    return meant === undefined ? undefined : `Did you mean ${meant}?`;
  });
  const names = unknown.map((key) => `"${key}"`).join(", ");
  throw invalid(
    action,
    `unknown key${unknown.length === 1 ? "" : "s"} ${names}`,
    advice.includes(undefined) ? `Known here: ${known.join(", ")}` : [...new Set(advice)].join(" "),
  );
}
