import { Retcode } from "../../domain/retcodes.ts";
import type { TradeRequest } from "../../domain/terminal.ts";
import type { LiveOrder } from "./books.ts";
import type { BrokerState } from "./broker-state.ts";
import {
  checkMarketOpen,
  checkPendingPrice,
  checkPositionFrozen,
  checkStops,
  checkTradeMode,
  expirationOf,
  isFrozen,
} from "./checks.ts";
import { checkCloseOrders } from "./close-checks.ts";
import { isPending, isStopLimit, sideOf } from "./order-kinds.ts";
import { isTicket, type Plan } from "./plan.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { opposite } from "./symbol-state.ts";

/** Stop loss and take profit of a position. */
export function planStops(request: TradeRequest, state: BrokerState): Plan | Refusal {
  const hedging = state.account.settings.marginMode === "hedging";
  const symbol = state.symbols.get(request.symbol ?? "");
  const position = isTicket(request.position)
    ? state.positions.get(request.position)
    : symbol !== undefined && !hedging
      ? state.positions.ofSymbol(symbol)[0]
      : undefined;
  if (position === undefined) {
    return refuse(isTicket(request.position) || !hedging ? Retcode.POSITION_CLOSED : Retcode.INVALID);
  }
  if (symbol !== undefined && symbol !== position.symbol) return refuse(Retcode.INVALID);
  const stopLoss = request.stopLoss ?? 0;
  const takeProfit = request.takeProfit ?? 0;
  if (stopLoss === position.stopLoss && takeProfit === position.takeProfit) return refuse(Retcode.NO_CHANGES);
  const market = position.symbol.closePrice(position.side);
  const refused =
    checkTradeMode(position.symbol.spec, position.side, true) ??
    checkMarketOpen(state, position.symbol) ??
    checkPositionFrozen(position) ??
    checkStops(
      position.symbol,
      position.side,
      market,
      stopLoss === position.stopLoss ? 0 : stopLoss,
      takeProfit === position.takeProfit ? 0 : takeProfit,
    );
  return refused ?? { action: "sltp", position, stopLoss, takeProfit };
}

/** A pending order's price, stops and lifetime. */
export function planModify(request: TradeRequest, state: BrokerState): Plan | Refusal {
  const order = state.orders.get(request.order ?? "");
  if (order === undefined || !isPending(order.kind)) return refuse(Retcode.INVALID);
  const { symbol, kind } = order;
  const price = request.price ?? 0;
  const priceStopLimit = isStopLimit(kind) ? (request.priceStopLimit ?? 0) : 0;
  const stopLoss = request.stopLoss ?? 0;
  const takeProfit = request.takeProfit ?? 0;
  const timeInForce = request.timeInForce ?? order.timeInForce;
  const requested = request.expirationBrokerMs ?? order.expirationBrokerMs;
  const keepsExpiration = timeInForce === order.timeInForce && requested === order.expirationBrokerMs;
  const unchanged =
    keepsExpiration &&
    price === order.price &&
    priceStopLimit === order.priceStopLimit &&
    stopLoss === order.stopLoss &&
    takeProfit === order.takeProfit;
  if (unchanged) return refuse(Retcode.NO_CHANGES);
  const refused =
    checkTradeMode(symbol.spec, sideOf(kind), true) ??
    checkMarketOpen(state, symbol) ??
    checkOrderFrozen(order) ??
    checkPendingPrice(symbol, kind, price, priceStopLimit) ??
    checkStops(symbol, sideOf(kind), isStopLimit(kind) ? priceStopLimit : price, stopLoss, takeProfit);
  if (refused !== undefined) return refused;
  const expiration = keepsExpiration
    ? order.expirationBrokerMs
    : expirationOf(state, symbol.spec, timeInForce, requested);
  if (typeof expiration !== "number") return expiration;
  return {
    action: "modify",
    order,
    price,
    priceStopLimit,
    stopLoss,
    takeProfit,
    timeInForce,
    expirationBrokerMs: expiration,
  };
}

function checkOrderFrozen(order: LiveOrder): Refusal | undefined {
  const market = order.symbol.openPrice(sideOf(order.kind));
  return isFrozen(order.symbol, order.price, market) ? refuse(Retcode.FROZEN) : undefined;
}

/** Taking an order away. */
export function planRemove(request: TradeRequest, state: BrokerState): Plan | Refusal {
  const order = state.orders.get(request.order ?? "");
  if (order === undefined) return refuse(Retcode.INVALID);
  const refused =
    checkTradeMode(order.symbol.spec, sideOf(order.kind), true) ??
    checkMarketOpen(state, order.symbol) ??
    checkOrderFrozen(order);
  return refused ?? { action: "remove", order };
}

/** Closing two opposite positions by each other. */
export function planCloseBy(request: TradeRequest, state: BrokerState): Plan | Refusal {
  if (state.account.settings.marginMode !== "hedging") return refuse(Retcode.INVALID);
  if (!isTicket(request.position) || !isTicket(request.positionBy)) return refuse(Retcode.INVALID);
  const position = state.positions.get(request.position);
  const by = state.positions.get(request.positionBy);
  if (position === undefined || by === undefined) return refuse(Retcode.POSITION_CLOSED);
  const match = position.symbol === by.symbol && position.side === opposite(by.side);
  if (!match) return refuse(Retcode.INVALID);
  const refused =
    checkTradeMode(position.symbol.spec, position.side, true) ??
    checkMarketOpen(state, position.symbol) ??
    checkPositionFrozen(position) ??
    checkPositionFrozen(by) ??
    checkCloseOrders(state, position, position.volumeUnits) ??
    checkCloseOrders(state, by, by.volumeUnits);
  return refused ?? { action: "closeBy", position, by };
}
