import { fromVolumeUnits } from "../../domain/decimal.ts";
import type { OrderRecord, PositionRecord, SymbolRecord, TickRecord } from "../../domain/records.ts";
import type { MarketTick } from "../market/tick-source.ts";
import type { LiveOrder, LivePosition } from "./books.ts";
import type { BrokerState } from "./broker-state.ts";
import { marginFactor, marginOf } from "./margin.ts";
import type { SymbolState } from "./symbol-state.ts";

/** A position as the terminal shows it. */
export function positionRecord(position: LivePosition, state: BrokerState): PositionRecord {
  return {
    ticket: position.ticket,
    identifier: position.identifier,
    symbol: position.symbol.spec.name,
    side: position.side,
    volume: fromVolumeUnits(position.volumeUnits),
    priceOpen: position.priceOpen,
    priceCurrent: position.symbol.closePrice(position.side),
    stopLoss: position.stopLoss,
    takeProfit: position.takeProfit,
    profit: state.account.amount(position.profitMinor),
    swap: state.account.amount(position.swapMinor),
    magic: position.magic,
    comment: position.comment,
    reason: position.reason,
    openBrokerMs: state.zone.toBroker(position.openUtcMs),
    updateBrokerMs: state.zone.toBroker(position.updateUtcMs),
  };
}

/** An order as the terminal shows it; `doneUtcMs` for one that is finished. */
export function orderRecord(order: LiveOrder, state: BrokerState, doneUtcMs?: number): OrderRecord {
  return {
    ticket: order.ticket,
    symbol: order.symbol.spec.name,
    kind: order.kind,
    state: order.state,
    volumeInitial: fromVolumeUnits(order.volumeInitialUnits),
    volumeCurrent: fromVolumeUnits(order.volumeUnits),
    price: order.price,
    priceStopLimit: order.priceStopLimit,
    stopLoss: order.stopLoss,
    takeProfit: order.takeProfit,
    timeInForce: order.timeInForce,
    filling: order.filling,
    magic: order.magic,
    comment: order.comment,
    reason: order.reason,
    position: order.position,
    positionBy: order.positionBy,
    setupBrokerMs: state.zone.toBroker(order.setupUtcMs),
    doneBrokerMs: doneUtcMs === undefined ? 0 : state.zone.toBroker(doneUtcMs),
    expirationBrokerMs: order.expirationBrokerMs,
  };
}

/** A symbol as the terminal shows it. Values in the account's currency are 0 while there is no rate for them. */
export function symbolRecord(symbol: SymbolState, state: BrokerState): SymbolRecord {
  const { spec, last } = symbol;
  const { currency, leverage, marginMode } = state.account.settings;
  const factor = marginFactor(spec, "buy", "initial", marginMode);
  const perTick = spec.calcMode === "futures" ? spec.tickValue : spec.contractSize * spec.tickSize;
  const profitRate = state.converter.rate(spec.currencyProfit, currency, "sell") ?? 0;
  const marginRate = state.converter.rate(spec.currencyMargin, currency, "buy") ?? 0;
  return {
    name: spec.name,
    description: spec.description,
    path: spec.path,
    currencyBase: spec.currencyBase,
    currencyProfit: spec.currencyProfit,
    currencyMargin: spec.currencyMargin,
    digits: spec.digits,
    point: symbol.point,
    tickSize: spec.tickSize,
    tickValue: perTick * profitRate,
    contractSize: spec.contractSize,
    volumeMin: spec.volumeMin,
    volumeMax: spec.volumeMax,
    volumeStep: spec.volumeStep,
    volumeLimit: spec.volumeLimit,
    spread: last === undefined ? 0 : Math.round((last.ask - last.bid) / symbol.point),
    stopsLevel: spec.stopsLevel,
    freezeLevel: spec.freezeLevel,
    tradeMode: spec.tradeMode,
    execution: spec.execution,
    filling: spec.filling,
    timeInForce: spec.timeInForce,
    calcMode: spec.calcMode,
    marginInitial: spec.marginInitial,
    marginPerLot: state.account.amount(
      state.account.minor(marginOf(spec, 1, symbol.openPrice("buy"), leverage) * factor * marginRate),
    ),
    swapLong: spec.swapLong,
    swapShort: spec.swapShort,
    selected: symbol.selected,
    quoteSessions: spec.quoteSessions,
    tradeSessions: spec.tradeSessions,
  };
}

/** A tick as the terminal shows it. */
export function tickRecord(tick: MarketTick, state: BrokerState): TickRecord {
  return {
    timeBrokerMs: state.zone.toBroker(tick.utcMs),
    bid: tick.bid,
    ask: tick.ask,
    last: tick.last,
    volume: Math.trunc(tick.volume),
    volumeReal: tick.volume,
    flags: tick.flags,
  };
}
