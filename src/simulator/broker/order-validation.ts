import { toVolumeUnits } from "../../domain/decimal.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type { TradeRequest } from "../../domain/terminal.ts";
import type { BrokerState } from "./broker-state.ts";
import { planCloseBy, planModify, planRemove, planStops } from "./change-validation.ts";
import {
  checkFilling,
  checkMarketOpen,
  checkPendingPrice,
  checkStops,
  checkTradeMode,
  checkVolume,
  checkVolumeLimit,
  expirationOf,
} from "./checks.ts";
import { checkClose } from "./close-checks.ts";
import { isPending, isStopLimit, sideOf } from "./order-kinds.ts";
import { isTicket, type Plan } from "./plan.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** Checks a request the way a trade server does, in its order, and says what is to be done, or why it is refused. */
export function planRequest(request: TradeRequest, state: BrokerState): Plan | Refusal {
  if (!state.account.settings.tradeAllowed) return refuse(Retcode.TRADE_DISABLED);
  switch (request.action) {
    case "deal":
      return planDeal(request, state);
    case "pending":
      return planPending(request, state);
    case "sltp":
      return planStops(request, state);
    case "modify":
      return planModify(request, state);
    case "remove":
      return planRemove(request, state);
    case "closeBy":
      return planCloseBy(request, state);
    default:
      return refuse(Retcode.INVALID);
  }
}

function planDeal(request: TradeRequest, state: BrokerState): Plan | Refusal {
  const { kind } = request;
  const symbol = state.symbols.get(request.symbol ?? "");
  if (symbol === undefined || (kind !== "buy" && kind !== "sell")) return refuse(Retcode.INVALID);
  const { spec } = symbol;
  const side = sideOf(kind);
  const { marginMode, hedgeProhibited } = state.account.settings;
  const hedging = marginMode === "hedging";

  const position = isTicket(request.position) ? state.positions.get(request.position) : undefined;
  if (isTicket(request.position) && position === undefined) return refuse(Retcode.POSITION_CLOSED);
  if (position !== undefined && position.symbol !== symbol) return refuse(Retcode.INVALID);
  if (hedging && position !== undefined && position.side === side) return refuse(Retcode.INVALID);

  const net = hedging ? position : state.positions.ofSymbol(symbol)[0];
  const volume = request.volume ?? 0;
  const closing = net !== undefined && net.side !== side && toVolumeUnits(volume) <= net.volumeUnits;
  // A hedging close of more than there is must be told as such, not as an attempt to open.
  const closes = closing || (hedging && position !== undefined);
  const limits = state.positions.ofSymbol(symbol);
  const filling = request.filling ?? "fok";
  const stopLoss = request.stopLoss ?? 0;
  const takeProfit = request.takeProfit ?? 0;

  const refused =
    checkTradeMode(spec, side, closes) ??
    checkVolume(spec, volume, closes ? net : undefined) ??
    checkFilling(spec, filling, kind) ??
    checkMarketOpen(state, symbol) ??
    (closes && net !== undefined
      ? checkClose(state, net, toVolumeUnits(volume))
      : checkStops(symbol, side, symbol.closePrice(side), stopLoss, takeProfit)) ??
    (closes ? undefined : checkVolumeLimit(state, symbol, side, toVolumeUnits(volume))) ??
    (closes || net !== undefined ? undefined : checkPositionCount(state)) ??
    (hedging && hedgeProhibited && !closes && limits.some((other) => other.side !== side)
      ? refuse(Retcode.HEDGE_PROHIBITED)
      : undefined);
  if (refused !== undefined) return refused;

  const insists = spec.execution === "instant" || spec.execution === "request";
  const price = request.price ?? 0;
  if (insists && !(Number.isFinite(price) && price > 0)) return refuse(Retcode.INVALID_PRICE);
  return {
    action: "deal",
    symbol,
    side,
    volumeUnits: toVolumeUnits(volume),
    position: hedging ? position : undefined,
    filling,
    stopLoss,
    takeProfit,
    price: insists ? price : undefined,
    deviationPoints: request.deviation ?? 0,
  };
}

function checkPositionCount(state: BrokerState): Refusal | undefined {
  const { maxPositions } = state.account.settings;
  const full = maxPositions > 0 && state.positions.size >= maxPositions;
  return full ? refuse(Retcode.LIMIT_POSITIONS) : undefined;
}

function planPending(request: TradeRequest, state: BrokerState): Plan | Refusal {
  const { kind } = request;
  const symbol = state.symbols.get(request.symbol ?? "");
  if (symbol === undefined || kind === undefined) return refuse(Retcode.INVALID);
  if (!isPending(kind)) return refuse(Retcode.INVALID_ORDER);
  const { spec } = symbol;
  const side = sideOf(kind);
  const volume = request.volume ?? 0;
  const filling = request.filling ?? "return";
  const price = request.price ?? 0;
  const priceStopLimit = isStopLimit(kind) ? (request.priceStopLimit ?? 0) : 0;
  const stopLoss = request.stopLoss ?? 0;
  const takeProfit = request.takeProfit ?? 0;
  const timeInForce = request.timeInForce ?? "gtc";

  const refused =
    checkTradeMode(spec, side, false) ??
    checkVolume(spec, volume) ??
    checkFilling(spec, filling, kind) ??
    checkMarketOpen(state, symbol) ??
    checkPendingPrice(symbol, kind, price, priceStopLimit) ??
    checkStops(symbol, side, isStopLimit(kind) ? priceStopLimit : price, stopLoss, takeProfit);
  if (refused !== undefined) return refused;
  const expiration = expirationOf(state, spec, timeInForce, request.expirationBrokerMs ?? 0);
  if (typeof expiration !== "number") return expiration;
  const limited = checkVolumeLimit(state, symbol, side, toVolumeUnits(volume)) ?? checkOrderCount(state);
  if (limited !== undefined) return limited;
  return {
    action: "pending",
    symbol,
    kind,
    volumeUnits: toVolumeUnits(volume),
    filling,
    price,
    priceStopLimit,
    stopLoss,
    takeProfit,
    timeInForce,
    expirationBrokerMs: expiration,
  };
}

function checkOrderCount(state: BrokerState): Refusal | undefined {
  const { maxPendingOrders } = state.account.settings;
  const full = maxPendingOrders > 0 && state.orders.size >= maxPendingOrders;
  return full ? refuse(Retcode.LIMIT_ORDERS) : undefined;
}
