import { fromVolumeUnits, toVolumeUnits } from "../../domain/decimal.ts";
import type { FillingMode, OrderKind, PositionSide, TimeInForce } from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type { LivePosition } from "./books.ts";
import { type BrokerState, brokerMs } from "./broker-state.ts";
import { isPending, sideOf } from "./order-kinds.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { inSession } from "./sessions.ts";
import type { SymbolSpec } from "./symbol-spec.ts";
import type { SymbolState } from "./symbol-state.ts";

const DAY_MS = 86_400_000;

/** Whether a price is a finite number above 0 on the symbol's grid. */
export function isPrice(spec: SymbolSpec, price: number): boolean {
  if (!Number.isFinite(price) || price <= 0) return false;
  const ticks = price / spec.tickSize;
  return Math.abs(ticks - Math.round(ticks)) < 1e-4;
}

/** Volume within the symbol's bounds and on its step. A close may always take the whole position. */
export function checkVolume(spec: SymbolSpec, lots: number, whole?: LivePosition): Refusal | undefined {
  const units = toVolumeUnits(lots);
  if (!Number.isFinite(lots) || lots <= 0 || Math.abs(lots - fromVolumeUnits(units)) > 1e-9) {
    return refuse(Retcode.INVALID_VOLUME);
  }
  if (whole !== undefined && units > whole.volumeUnits) return refuse(Retcode.INVALID_CLOSE_VOLUME);
  if (whole?.volumeUnits === units) return undefined;
  const inBounds = units >= toVolumeUnits(spec.volumeMin) && units <= toVolumeUnits(spec.volumeMax);
  const onStep = units % toVolumeUnits(spec.volumeStep) === 0;
  return inBounds && onStep ? undefined : refuse(Retcode.INVALID_VOLUME);
}

/** Whether the symbol's trade mode allows opening on a side, or closing. */
export function checkTradeMode(spec: SymbolSpec, side: PositionSide, closing: boolean): Refusal | undefined {
  if (spec.tradeMode === "disabled") return refuse(Retcode.TRADE_DISABLED);
  if (closing || spec.tradeMode === "full") return undefined;
  if (spec.tradeMode === "closeOnly") return refuse(Retcode.CLOSE_ONLY);
  if (spec.tradeMode === "longOnly") return side === "buy" ? undefined : refuse(Retcode.LONG_ONLY);
  return side === "sell" ? undefined : refuse(Retcode.SHORT_ONLY);
}

/** Whether the symbol trades at this moment and is quoted. */
export function checkMarketOpen(state: BrokerState, symbol: SymbolState): Refusal | undefined {
  if (!inSession(symbol.spec.tradeSessions, brokerMs(state))) return refuse(Retcode.MARKET_CLOSED);
  return symbol.last === undefined ? refuse(Retcode.PRICE_OFF) : undefined;
}

/**
 * Whether the symbol allows the filling mode (MQL5 reference, "Symbol properties": RETURN is always allowed but for
 * market execution; instant and request execution allow all). Pending orders always may use RETURN; BOC is for limit
 * orders under exchange execution.
 */
export function checkFilling(spec: SymbolSpec, filling: FillingMode, kind: OrderKind): Refusal | undefined {
  const pending = isPending(kind);
  const free = spec.execution === "instant" || spec.execution === "request";
  const allowed =
    filling === "return"
      ? pending || spec.execution !== "market"
      : filling === "boc"
        ? pending && spec.filling.includes("boc")
        : free || spec.filling.includes(filling);
  return allowed ? undefined : refuse(Retcode.INVALID_FILL);
}

/**
 * Whether stop loss and take profit are on the right side of the prices at which the position would be closed, at least
 * the stops level away. `long` is checked against the bid, short against the ask; for pending orders against their own
 * price.
 */
export function checkStops(
  symbol: SymbolState,
  side: PositionSide,
  closePrice: number,
  stopLoss: number,
  takeProfit: number,
): Refusal | undefined {
  const { spec, point } = symbol;
  const away = (distance: number): boolean => {
    const points = distance / point;
    return points > 1e-6 && points >= spec.stopsLevel - 1e-6;
  };
  const sign = side === "buy" ? 1 : -1;
  const wellStopped = stopLoss === 0 || (isPrice(spec, stopLoss) && away(sign * (closePrice - stopLoss)));
  const wellTaken = takeProfit === 0 || (isPrice(spec, takeProfit) && away(sign * (takeProfit - closePrice)));
  return wellStopped && wellTaken ? undefined : refuse(Retcode.INVALID_STOPS);
}

/** Whether a price is so close to the market that what hangs on it is frozen. */
export function isFrozen(symbol: SymbolState, price: number, marketPrice: number): boolean {
  if (symbol.spec.freezeLevel === 0 || price === 0) return false;
  return Math.abs(price - marketPrice) / symbol.point <= symbol.spec.freezeLevel + 1e-6;
}

/** Whether a position's stops are so close to the market that it is frozen. */
export function checkPositionFrozen(position: LivePosition): Refusal | undefined {
  const market = position.symbol.closePrice(position.side);
  const frozen =
    isFrozen(position.symbol, position.stopLoss, market) ||
    isFrozen(position.symbol, position.takeProfit, market);
  return frozen ? refuse(Retcode.FROZEN) : undefined;
}

/**
 * When an order expires, in broker time, 0 for never; or why it must not. A day ends at midnight; so does the day of
 * `specifiedDay`.
 */
export function expirationOf(
  state: BrokerState,
  spec: SymbolSpec,
  mode: TimeInForce,
  requestedBrokerMs: number,
): number | Refusal {
  if (!spec.timeInForce.includes(mode)) return refuse(Retcode.INVALID_EXPIRATION);
  const now = brokerMs(state);
  const endOfDay = (at: number): number => (Math.floor(at / DAY_MS) + 1) * DAY_MS;
  if (mode === "gtc") return 0;
  if (mode === "day") return endOfDay(now);
  if (!(requestedBrokerMs > now)) return refuse(Retcode.INVALID_EXPIRATION);
  return mode === "specified" ? requestedBrokerMs : endOfDay(requestedBrokerMs);
}

/** Whether a pending order's price is on its side of the market, at least the stops level away. */
export function checkPendingPrice(
  symbol: SymbolState,
  kind: OrderKind,
  price: number,
  priceStopLimit: number,
): Refusal | undefined {
  const { spec, point } = symbol;
  const side = sideOf(kind);
  const market = symbol.openPrice(side);
  if (!isPrice(spec, price)) return refuse(Retcode.INVALID_PRICE);
  const below = kind === "buyLimit" || kind === "sellStop" || kind === "sellStopLimit";
  const points = (below ? market - price : price - market) / point;
  if (!(points > 1e-6 && points >= spec.stopsLevel - 1e-6)) return refuse(Retcode.INVALID_PRICE);
  if (kind !== "buyStopLimit" && kind !== "sellStopLimit") return undefined;
  if (!isPrice(spec, priceStopLimit)) return refuse(Retcode.INVALID_PRICE);
  const limitSide = (side === "buy" ? price - priceStopLimit : priceStopLimit - price) / point;
  const fits = limitSide > 1e-6 && limitSide >= spec.stopsLevel - 1e-6;
  return fits ? undefined : refuse(Retcode.INVALID_PRICE);
}

/** Whether the symbol's volume limit allows so much more on a side. */
export function checkVolumeLimit(
  state: BrokerState,
  symbol: SymbolState,
  side: PositionSide,
  addedUnits: number,
): Refusal | undefined {
  if (symbol.spec.volumeLimit === 0) return undefined;
  let units = addedUnits;
  for (const position of state.positions.ofSymbol(symbol)) {
    if (position.side === side) units += position.volumeUnits;
  }
  for (const order of state.orders.ofSymbol(symbol)) {
    if (sideOf(order.kind) === side) units += order.volumeUnits;
  }
  return units > toVolumeUnits(symbol.spec.volumeLimit) ? refuse(Retcode.LIMIT_VOLUME) : undefined;
}
