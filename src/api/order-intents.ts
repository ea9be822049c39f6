import type { BrokerTimeZone } from "../domain/broker-time.ts";
import type { SymbolRecord, TimeInForce } from "../domain/records.ts";
import type { MarketIntent, PendingIntent, PendingKind } from "../protocol/v1/messages.ts";
import {
  checkedComment,
  checkedDeviation,
  checkStops,
  checkStopsAround,
  invalid,
  magicText,
  normalisePrice,
  normaliseVolume,
  requiredPrice,
} from "./normalise.ts";
import type { PendingOrderParams } from "./trade-types.ts";
import type { MarketOrderParams } from "./types.ts";

/** CTrade's own default, in points. */
export const standardDeviationPoints = 10;

const pendingKinds: ReadonlySet<unknown> = new Set<PendingKind>([
  "buyLimit",
  "sellLimit",
  "buyStop",
  "sellStop",
  "buyStopLimit",
  "sellStopLimit",
]);

/** Whether a type is a pending order's. */
export function isPendingType(type: unknown): type is PendingKind {
  return pendingKinds.has(type);
}

/** Throws unless a symbol's name is given. */
export function checkSymbolName(symbol: unknown, action: string): asserts symbol is string {
  if (typeof symbol === "string" && symbol !== "") return;
  throw invalid(action, "no symbol is given", "Give the symbol's exact name, such as EURUSD");
}

/** Throws unless the parts of a market order that need no specification are right. */
export function checkMarketParams(params: MarketOrderParams, action: string): void {
  const type: unknown = params.type;
  if (type !== "buy" && type !== "sell") {
    throw invalid(
      action,
      `type ${String(type)} is not a market order's`,
      "Use TradeType.BUY or TradeType.SELL",
    );
  }
  checkSymbolName(params.symbol, action);
}

/** A market order's intent, on the symbol's grid. */
export function marketIntent(spec: SymbolRecord, params: MarketOrderParams, action: string): MarketIntent {
  const { type: side, symbol } = params;
  const volume = normaliseVolume(spec, params.volume, action);
  const stopLoss = normalisePrice(spec, params.stopLoss, "stopLoss", action);
  const takeProfit = normalisePrice(spec, params.takeProfit, "takeProfit", action);
  checkStops(side, stopLoss, takeProfit, action);
  return {
    kind: "market",
    symbol,
    side,
    volume,
    stopLoss,
    takeProfit,
    deviation: checkedDeviation(params.deviation, standardDeviationPoints, action),
    magic: magicText(params.magic, action),
    comment: checkedComment(params.comment, action),
    filling: params.filling ?? "auto",
    tag: params.tag ?? "comment",
  };
}

/** Throws unless the parts of a pending order that need no specification are right. */
export function checkPendingParams(params: PendingOrderParams, action: string): void {
  if (!isPendingType(params.type)) {
    const remedy = "Use OrderType.BUY_LIMIT, SELL_LIMIT, BUY_STOP, SELL_STOP or a stop-limit";
    throw invalid(action, `type ${String(params.type)} is not a pending order's`, remedy);
  }
  checkSymbolName(params.symbol, action);
}

/** A pending order's intent, on the symbol's grid. */
export function pendingIntent(
  spec: SymbolRecord,
  params: PendingOrderParams,
  zone: BrokerTimeZone,
  nowUtcMs: number,
  action: string,
): PendingIntent {
  const { type, symbol } = params;
  const price = requiredPrice(spec, params.price, "price", action);
  const isStopLimit = type === "buyStopLimit" || type === "sellStopLimit";
  if (!isStopLimit && params.stopLimitPrice !== undefined) {
    throw invalid(action, `stopLimitPrice does not belong to a ${type} order`, "Leave stopLimitPrice out");
  }
  const priceStopLimit = isStopLimit
    ? requiredPrice(spec, params.stopLimitPrice, "stopLimitPrice", action)
    : 0;
  const stopLoss = normalisePrice(spec, params.stopLoss, "stopLoss", action);
  const takeProfit = normalisePrice(spec, params.takeProfit, "takeProfit", action);
  const side = type.startsWith("buy") ? "buy" : "sell";
  checkStopsAround(side, isStopLimit ? priceStopLimit : price, stopLoss, takeProfit, action);
  const { timeInForce, expirationBrokerMs } = orderLife(params, zone, nowUtcMs, action);
  if (spec.timeInForce.length > 0 && !spec.timeInForce.includes(timeInForce)) {
    throw invalid(
      action,
      `${spec.name} does not take timeInForce ${timeInForce}`,
      `Use one of: ${spec.timeInForce.join(", ")}`,
    );
  }
  return {
    kind: "pending",
    symbol,
    orderKind: type,
    volume: normaliseVolume(spec, params.volume, action),
    price,
    priceStopLimit,
    stopLoss,
    takeProfit,
    timeInForce,
    expirationBrokerMs,
    magic: magicText(params.magic, action),
    comment: checkedComment(params.comment, action),
    filling: params.filling ?? "auto",
    tag: params.tag ?? "comment",
  };
}

/** How long an order stays: `timeInForce` and `expiration` must agree. */
export function orderLife(
  params: { readonly timeInForce?: TimeInForce; readonly expiration?: Date },
  zone: BrokerTimeZone,
  nowUtcMs: number,
  action: string,
): { readonly timeInForce: TimeInForce; readonly expirationBrokerMs: number } {
  const { expiration } = params;
  const timeInForce = params.timeInForce ?? (expiration === undefined ? "gtc" : "specified");
  const ends = timeInForce === "specified" || timeInForce === "specifiedDay";
  if (!["gtc", "day", "specified", "specifiedDay"].includes(timeInForce)) {
    throw invalid(
      action,
      `timeInForce ${String(timeInForce)} does not exist`,
      "Use gtc, day, specified or specifiedDay",
    );
  }
  if (!ends && expiration !== undefined) {
    throw invalid(
      action,
      `timeInForce ${timeInForce} takes no expiration`,
      "Leave one of the two out, or use specified",
    );
  }
  if (!ends) return { timeInForce, expirationBrokerMs: 0 };
  if (expiration === undefined)
    throw invalid(action, `timeInForce ${timeInForce} needs an expiration`, "Give it as a Date");
  return { timeInForce, expirationBrokerMs: expirationStamp(expiration, zone, nowUtcMs, action) };
}

/** A moment in the future as broker time, to the second. */
export function expirationStamp(
  expiration: Date,
  zone: BrokerTimeZone,
  nowUtcMs: number,
  action: string,
): number {
  const utcMs = expiration instanceof Date ? expiration.getTime() : Number.NaN;
  if (Number.isNaN(utcMs)) throw invalid(action, "expiration is no date", "Give a Date");
  if (utcMs <= nowUtcMs)
    throw invalid(action, "its expiration has passed", "Give an expiration in the future");
  // ORDER_TIME_EXPIRATION is a datetime: whole seconds.
  return Math.floor(zone.toBroker(utcMs) / 1_000) * 1_000;
}
