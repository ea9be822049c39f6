import type { BrokerTimeZone } from "../domain/broker-time.ts";
import type { BarRecord, BookRecord, CalendarRecord, Timeframe } from "../domain/market.ts";
import type {
  AccountRecord,
  DealRecord,
  OrderRecord,
  PositionRecord,
  SymbolRecord,
  TickRecord,
} from "../domain/records.ts";
import type { DealInfo } from "./history-types.ts";
import type { BarData, CalendarEvent, DepthData, DepthLevel } from "./market-types.ts";
import type { AccountInfo, OrderInfo, PositionInfo, SymbolInfo, TickData } from "./types.ts";

/**
 * A 64-bit integer of the terminal as a number. Above 2^53 it would not be exact, so it is `undefined` then. The type
 * does not say so: no broker's numbers are that large, and a union would cost every caller a check that never fires.
 * The exact text stands beside each of these numbers.
 */
export function safeNumber(text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : (undefined as unknown as number);
}

/** A stop, where 0 means none. */
function stops(record: { readonly stopLoss: number; readonly takeProfit: number }): {
  stopLoss?: number;
  takeProfit?: number;
} {
  return {
    ...(record.stopLoss === 0 ? {} : { stopLoss: record.stopLoss }),
    ...(record.takeProfit === 0 ? {} : { takeProfit: record.takeProfit }),
  };
}

/** A broker stamp as a moment. */
export function toDate(zone: BrokerTimeZone, brokerMs: number): Date {
  return new Date(zone.toUtc(brokerMs));
}

/** A tick for callers. */
export function toTickData(symbol: string, tick: TickRecord, zone: BrokerTimeZone): TickData {
  const { bid, ask, flags, timeBrokerMs } = tick;
  const volume = tick.volumeReal !== 0 ? tick.volumeReal : tick.volume;
  return {
    symbol,
    time: toDate(zone, timeBrokerMs),
    timeBrokerMs,
    bid,
    ask,
    flags,
    ...(tick.last === 0 ? {} : { last: tick.last }),
    ...(volume === 0 ? {} : { volume }),
  };
}

/** A symbol for callers. */
export function toSymbolInfo(record: SymbolRecord): SymbolInfo {
  return {
    name: record.name,
    description: record.description,
    currency: record.currencyProfit,
    digits: record.digits,
    point: record.point,
    spread: record.spread,
    minVolume: record.volumeMin,
    maxVolume: record.volumeMax,
    volumeStep: record.volumeStep,
    marginRequired: record.marginPerLot,
    contractSize: record.contractSize,
    tradingMode: record.tradeMode,
    isActive: record.selected && record.tradeMode !== "disabled",
    tickSize: record.tickSize,
    tickValue: record.tickValue,
    stopsLevel: record.stopsLevel,
    freezeLevel: record.freezeLevel,
    filling: record.filling,
    record,
  };
}

/** An account for callers. */
export function toAccountInfo(record: AccountRecord): AccountInfo {
  return {
    login: safeNumber(record.login),
    loginText: record.login,
    name: record.name,
    server: record.server,
    currency: record.currency,
    balance: record.balance,
    equity: record.equity,
    margin: record.margin,
    freeMargin: record.freeMargin,
    marginLevel: record.marginLevel,
    profit: record.profit,
    credit: record.credit,
    leverage: record.leverage,
    marginMode: record.marginMode,
    tradeAllowed: record.tradeAllowed,
    expertAllowed: record.expertAllowed,
    company: record.company,
    record,
  };
}

/** A position for callers. */
export function toPositionInfo(record: PositionRecord, zone: BrokerTimeZone): PositionInfo {
  return {
    ticket: safeNumber(record.ticket),
    ticketText: record.ticket,
    symbol: record.symbol,
    type: record.side,
    volume: record.volume,
    openPrice: record.priceOpen,
    currentPrice: record.priceCurrent,
    ...stops(record),
    profit: record.profit,
    swap: record.swap,
    magic: safeNumber(record.magic),
    magicText: record.magic,
    comment: record.comment,
    openTime: toDate(zone, record.openBrokerMs),
    openTimeBrokerMs: record.openBrokerMs,
    record,
  };
}

/** An order for callers. */
export function toOrderInfo(record: OrderRecord, zone: BrokerTimeZone): OrderInfo {
  return {
    ticket: safeNumber(record.ticket),
    ticketText: record.ticket,
    symbol: record.symbol,
    type: record.kind,
    state: record.state,
    volume: record.volumeInitial,
    remainingVolume: record.volumeCurrent,
    price: record.price,
    ...(record.priceStopLimit === 0 ? {} : { stopLimitPrice: record.priceStopLimit }),
    ...stops(record),
    timeInForce: record.timeInForce,
    magic: safeNumber(record.magic),
    magicText: record.magic,
    comment: record.comment,
    setupTime: toDate(zone, record.setupBrokerMs),
    setupTimeBrokerMs: record.setupBrokerMs,
    record,
  };
}

/** A deal for callers. */
export function toDealInfo(record: DealRecord, zone: BrokerTimeZone): DealInfo {
  return {
    ticket: safeNumber(record.ticket),
    ticketText: record.ticket,
    orderTicketText: record.order,
    positionTicketText: record.position,
    symbol: record.symbol,
    type: record.kind,
    entry: record.entry,
    volume: record.volume,
    price: record.price,
    profit: record.profit,
    commission: record.commission,
    swap: record.swap,
    fee: record.fee,
    magic: safeNumber(record.magic),
    magicText: record.magic,
    comment: record.comment,
    reason: record.reason,
    time: toDate(zone, record.timeBrokerMs),
    timeBrokerMs: record.timeBrokerMs,
    record,
  };
}

/** A bar for callers. */
export function toBarData(
  symbol: string,
  timeframe: Timeframe,
  record: BarRecord,
  zone: BrokerTimeZone,
): BarData {
  const { timeBrokerMs, open, high, low, close, tickVolume, realVolume, spread } = record;
  const time = toDate(zone, timeBrokerMs);
  return {
    symbol,
    timeframe,
    time,
    timeBrokerMs,
    open,
    high,
    low,
    close,
    tickVolume,
    realVolume,
    spread,
    record,
  };
}

/** A market depth for callers. */
export function toDepthData(symbol: string, records: readonly BookRecord[], wallMs: number): DepthData {
  const level = (record: BookRecord): DepthLevel => ({
    price: record.price,
    volume: record.volumeReal !== 0 ? record.volumeReal : record.volume,
    market: record.side === "buyMarket" || record.side === "sellMarket",
  });
  const isBid = (record: BookRecord): boolean => record.side === "buy" || record.side === "buyMarket";
  return {
    symbol,
    bids: records.filter(isBid).map(level),
    asks: records.filter((record) => !isBid(record)).map(level),
    receivedTime: new Date(wallMs),
    records,
  };
}

/** A value of the calendar for callers. */
export function toCalendarEvent(record: CalendarRecord, zone: BrokerTimeZone): CalendarEvent {
  const { id, eventId, name, country, currency, importance, timeBrokerMs, impact } = record;
  const { periodBrokerMs, revision, unit, multiplier, digits } = record;
  const { actual, forecast, previous, revisedPrevious } = record;
  return {
    id,
    eventId,
    name,
    country,
    currency,
    importance,
    time: toDate(zone, timeBrokerMs),
    timeBrokerMs,
    ...(periodBrokerMs === 0 ? {} : { period: toDate(zone, periodBrokerMs) }),
    revision,
    unit,
    multiplier,
    digits,
    ...(actual === null ? {} : { actual }),
    ...(forecast === null ? {} : { forecast }),
    ...(previous === null ? {} : { previous }),
    ...(revisedPrevious === null ? {} : { revisedPrevious }),
    impact,
    record,
  };
}
