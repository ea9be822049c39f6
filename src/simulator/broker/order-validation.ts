import { toVolumeUnits } from "../../domain/decimal.ts";
import type { FillingMode, PositionSide, TimeInForce } from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type { TradeRequest } from "../../domain/terminal.ts";
import type { LiveOrder, LivePosition } from "./books.ts";
import type { BrokerState } from "./broker-state.ts";
import {
  checkFilling,
  checkMarketOpen,
  checkPendingPrice,
  checkPositionFrozen,
  checkStops,
  checkTradeMode,
  checkVolume,
  checkVolumeLimit,
  expirationOf,
  isFrozen,
} from "./checks.ts";
import { isPending, isStopLimit, type PendingKind, sideOf } from "./order-kinds.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { opposite, type SymbolState } from "./symbol-state.ts";

/** A request that passed all checks but that of money, as the server will carry it out. */
export type Plan =
  | {
      readonly action: "deal";
      readonly symbol: SymbolState;
      readonly side: PositionSide;
      readonly volumeUnits: number;
      /** The position to close, on hedging accounts. */
      readonly position: LivePosition | undefined;
      readonly filling: FillingMode;
      readonly stopLoss: number;
      readonly takeProfit: number;
      /** The price that the request insists on, give or take `deviationPoints`; undefined: at the market. */
      readonly price: number | undefined;
      readonly deviationPoints: number;
    }
  | {
      readonly action: "pending";
      readonly symbol: SymbolState;
      readonly kind: PendingKind;
      readonly volumeUnits: number;
      readonly filling: FillingMode;
      readonly price: number;
      readonly priceStopLimit: number;
      readonly stopLoss: number;
      readonly takeProfit: number;
      readonly timeInForce: TimeInForce;
      readonly expirationBrokerMs: number;
    }
  | {
      readonly action: "sltp";
      readonly position: LivePosition;
      readonly stopLoss: number;
      readonly takeProfit: number;
    }
  | {
      readonly action: "modify";
      readonly order: LiveOrder;
      readonly price: number;
      readonly priceStopLimit: number;
      readonly stopLoss: number;
      readonly takeProfit: number;
      readonly timeInForce: TimeInForce;
      readonly expirationBrokerMs: number;
    }
  | { readonly action: "remove"; readonly order: LiveOrder }
  | { readonly action: "closeBy"; readonly position: LivePosition; readonly by: LivePosition };

/** Whether what `planRequest` gave is a refusal. */
export function isRefusal(result: Plan | Refusal): result is Refusal {
  return "retcode" in result;
}

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

  const named = isTicket(request.position);
  const position = named ? state.positions.get(request.position ?? "") : undefined;
  if (named && position === undefined) return refuse(Retcode.POSITION_CLOSED);
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
    (closes
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

function checkClose(
  state: BrokerState,
  position: LivePosition | undefined,
  units: number,
): Refusal | undefined {
  if (position === undefined) return undefined;
  const refused = checkPositionFrozen(position) ?? checkCloseOrders(state, position, units);
  if (refused !== undefined) return refused;
  if (!state.account.settings.fifoClose || state.account.settings.marginMode !== "hedging") return undefined;
  const oldest = state.positions.ofSymbol(position.symbol).find((other) => other.side === position.side);
  return oldest === position ? undefined : refuse(Retcode.FIFO_CLOSE);
}

/** Whether orders that already close a hedging position leave so much of it to close (retcode 10039). */
function checkCloseOrders(state: BrokerState, position: LivePosition, units: number): Refusal | undefined {
  if (state.account.settings.marginMode !== "hedging") return undefined;
  let closing = 0;
  for (const order of state.orders.ofSymbol(position.symbol)) {
    const closes = order.position === position.identifier && order.ticket !== position.ticket;
    if (closes && !isPending(order.kind)) closing += order.volumeUnits;
  }
  return closing > 0 && closing + units > position.volumeUnits
    ? refuse(Retcode.CLOSE_ORDER_EXIST)
    : undefined;
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
  const expiration = expirationOf(state, spec, timeInForce, request.expirationBrokerMs ?? 0);

  const refused =
    checkTradeMode(spec, side, false) ??
    checkVolume(spec, volume) ??
    checkFilling(spec, filling, kind) ??
    checkMarketOpen(state, symbol) ??
    checkPendingPrice(symbol, kind, price, priceStopLimit) ??
    checkStops(symbol, side, isStopLimit(kind) ? priceStopLimit : price, stopLoss, takeProfit) ??
    (typeof expiration === "number" ? undefined : expiration) ??
    checkVolumeLimit(state, symbol, side, toVolumeUnits(volume)) ??
    checkOrderCount(state);
  if (refused !== undefined) return refused;
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
    expirationBrokerMs: typeof expiration === "number" ? expiration : 0,
  };
}

function checkOrderCount(state: BrokerState): Refusal | undefined {
  const { maxPendingOrders } = state.account.settings;
  const full = maxPendingOrders > 0 && state.orders.size >= maxPendingOrders;
  return full ? refuse(Retcode.LIMIT_ORDERS) : undefined;
}

function planStops(request: TradeRequest, state: BrokerState): Plan | Refusal {
  const hedging = state.account.settings.marginMode === "hedging";
  const symbol = state.symbols.get(request.symbol ?? "");
  const position = isTicket(request.position)
    ? state.positions.get(request.position ?? "")
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

function planModify(request: TradeRequest, state: BrokerState): Plan | Refusal {
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
  const expiration = keepsExpiration
    ? order.expirationBrokerMs
    : expirationOf(state, symbol.spec, timeInForce, requested);
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
    checkStops(symbol, sideOf(kind), isStopLimit(kind) ? priceStopLimit : price, stopLoss, takeProfit) ??
    (typeof expiration === "number" ? undefined : expiration);
  if (refused !== undefined) return refused;
  return {
    action: "modify",
    order,
    price,
    priceStopLimit,
    stopLoss,
    takeProfit,
    timeInForce,
    expirationBrokerMs: typeof expiration === "number" ? expiration : 0,
  };
}

function checkOrderFrozen(order: LiveOrder): Refusal | undefined {
  const market = order.symbol.openPrice(sideOf(order.kind));
  return isFrozen(order.symbol, order.price, market) ? refuse(Retcode.FROZEN) : undefined;
}

function planRemove(request: TradeRequest, state: BrokerState): Plan | Refusal {
  const order = state.orders.get(request.order ?? "");
  if (order === undefined) return refuse(Retcode.INVALID);
  const refused =
    checkTradeMode(order.symbol.spec, sideOf(order.kind), true) ??
    checkMarketOpen(state, order.symbol) ??
    checkOrderFrozen(order);
  return refused ?? { action: "remove", order };
}

function planCloseBy(request: TradeRequest, state: BrokerState): Plan | Refusal {
  if (state.account.settings.marginMode !== "hedging") return refuse(Retcode.INVALID);
  if (!isTicket(request.position) || !isTicket(request.positionBy)) return refuse(Retcode.INVALID);
  const position = state.positions.get(request.position ?? "");
  const by = state.positions.get(request.positionBy ?? "");
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

function isTicket(ticket: string | undefined): boolean {
  return ticket !== undefined && ticket !== "" && ticket !== "0";
}
