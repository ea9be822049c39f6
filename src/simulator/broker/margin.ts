import { fromVolumeUnits, toMinorUnits } from "../../domain/decimal.ts";
import type { AccountMarginMode, PositionSide } from "../../domain/records.ts";
import { isLimit, isPending, type PendingKind, pendingKinds, sideOf } from "./order-kinds.ts";
import type { MarginKind, SymbolSpec } from "./symbol-spec.ts";

/** What is asked of a margin: what must be free to take a position, or what a position holds. */
export type MarginStage = "initial" | "maintenance";

/** What a position contributes to its symbol's margin. The rate is fixed when it opens, so margin does not float. */
export interface MarginEntry {
  readonly side: PositionSide;
  readonly volumeUnits: number;
  readonly priceOpen: number;
  /** Margin currency to account currency. */
  readonly marginRate: number;
}

/** What a pending order contributes to its symbol's margin. */
export interface OrderMarginEntry {
  readonly kind: PendingKind;
  readonly volumeUnits: number;
  readonly price: number;
  /** Margin currency to account currency, as it was when the order was placed. */
  readonly marginRate: number;
}

/** What an account says about margin. */
export interface MarginAccount {
  readonly leverage: number;
  readonly marginMode: AccountMarginMode;
  readonly currencyDigits: number;
}

/**
 * The factor of SymbolInfoMarginRate for a kind of order. Where the symbol names none, market orders have `marginRate`,
 * and pending ones reserve nothing, as is usual in retail trading, but the same as market orders on an exchange.
 */
export function marginFactor(
  spec: SymbolSpec,
  kind: MarginKind,
  stage: MarginStage,
  marginMode: AccountMarginMode,
): number {
  const own = spec.marginRates[kind];
  if (own !== undefined) return stage === "maintenance" ? (own.maintenance ?? own.initial) : own.initial;
  if (!isPending(kind)) return spec.marginRate;
  return marginMode === "exchange" ? marginFactor(spec, sideOf(kind), "initial", marginMode) : 0;
}

/** Whether any kind of pending order of a symbol reserves margin. */
export function reservesAny(spec: SymbolSpec, marginMode: AccountMarginMode): boolean {
  return pendingKinds.some((kind) => marginFactor(spec, kind, "initial", marginMode) > 0);
}

/**
 * Margin of a volume in the margin currency, before the factors of `marginFactor` (MQL5 reference,
 * ENUM_SYMBOL_CALC_MODE). An initial margin set for the symbol takes the place of the formula, leverage and all.
 * `perLot` stands in for the contract size, or for the set margin, where hedged volume is reckoned.
 */
export function marginOf(
  spec: SymbolSpec,
  lots: number,
  price: number,
  leverage: number,
  stage: MarginStage = "initial",
  perLot?: number,
): number {
  const maintained = stage === "maintenance" && spec.marginMaintenance > 0;
  const set = maintained ? spec.marginMaintenance : spec.marginInitial;
  if (set > 0) return lots * (perLot ?? set);
  const amount = lots * (perLot ?? spec.contractSize);
  switch (spec.calcMode) {
    case "forex":
      return amount / leverage;
    case "forexNoLeverage":
      return amount;
    case "cfdLeverage":
      return (amount * price) / leverage;
    case "cfdIndex":
      return (amount * price * spec.tickValue) / spec.tickSize;
    case "cfd":
    case "stocks":
      return amount * price;
    case "futures":
      // Refused where symbols are checked: the margin of futures is a set one.
      return 0;
  }
}

interface Leg {
  units: number;
  /** Sum of units times price, and of units times rate. */
  price: number;
  rate: number;
}

/**
 * Margin of all positions and pending orders of one symbol, in minor units of the account's currency, by the rules of the
 * account's margin mode (MetaTrader's help, "Margin calculation: retail Forex, futures").
 */
export function symbolMarginMinor(
  spec: SymbolSpec,
  positions: Iterable<MarginEntry>,
  orders: Iterable<OrderMarginEntry>,
  account: MarginAccount,
  stage: MarginStage = "maintenance",
): number {
  const legs: Record<PositionSide, Leg> = {
    buy: { units: 0, price: 0, rate: 0 },
    sell: { units: 0, price: 0, rate: 0 },
  };
  for (const entry of positions) {
    const leg = legs[entry.side];
    leg.units += entry.volumeUnits;
    leg.price += entry.volumeUnits * entry.priceOpen;
    leg.rate += entry.volumeUnits * entry.marginRate;
  }
  const margin =
    account.marginMode === "hedging"
      ? hedgingMargin(spec, legs, orders, account, stage)
      : nettingMargin(spec, legs, orders, account, stage);
  return toMinorUnits(margin, account.currencyDigits);
}

/** Margin of one pending order by itself, in the account's currency. */
export function orderMargin(spec: SymbolSpec, order: OrderMarginEntry, account: MarginAccount): number {
  const factor = marginFactor(spec, order.kind, "initial", account.marginMode);
  if (factor === 0) return 0;
  const lots = fromVolumeUnits(order.volumeUnits);
  return marginOf(spec, lots, order.price, account.leverage) * factor * order.marginRate;
}

/** Margin of so many units at a leg's average price and rate. */
function legMargin(
  spec: SymbolSpec,
  side: PositionSide,
  leg: Leg,
  units: number,
  account: MarginAccount,
  stage: MarginStage,
): number {
  if (units === 0) return 0;
  const factor = marginFactor(spec, side, stage, account.marginMode);
  const base = marginOf(spec, fromVolumeUnits(units), leg.price / leg.units, account.leverage, stage);
  return base * factor * (leg.rate / leg.units);
}

/**
 * The larger leg's uncovered volume at that leg's average price and rate, plus the hedged volume at its own contract size
 * and the averages of both legs; or, if the symbol says so, the margin of the larger leg alone. Pending orders are added
 * one by one.
 */
function hedgingMargin(
  spec: SymbolSpec,
  legs: Readonly<Record<PositionSide, Leg>>,
  orders: Iterable<OrderMarginEntry>,
  account: MarginAccount,
  stage: MarginStage,
): number {
  let reserved = 0;
  for (const order of orders) reserved += orderMargin(spec, order, account);
  const { buy, sell } = legs;
  if (spec.hedgedByLargerLeg) {
    const long = legMargin(spec, "buy", buy, buy.units, account, stage);
    return reserved + Math.max(long, legMargin(spec, "sell", sell, sell.units, account, stage));
  }
  const larger = buy.units >= sell.units ? "buy" : "sell";
  const hedgedUnits = Math.min(buy.units, sell.units);
  const uncovered = legMargin(spec, larger, legs[larger], legs[larger].units - hedgedUnits, account, stage);
  if (hedgedUnits === 0 || spec.marginHedged === 0) return reserved + uncovered;
  const units = buy.units + sell.units;
  const price = (buy.price + sell.price) / units;
  const factor =
    (marginFactor(spec, "buy", stage, account.marginMode) +
      marginFactor(spec, "sell", stage, account.marginMode)) /
    2;
  const lots = fromVolumeUnits(hedgedUnits);
  const hedged = marginOf(spec, lots, price, account.leverage, stage, spec.marginHedged);
  return reserved + uncovered + hedged * factor * ((buy.rate + sell.rate) / units);
}

/**
 * Position and limit orders are added up by direction, and the larger direction counts. So do stop orders while there is a
 * position; without one each of them is charged.
 */
function nettingMargin(
  spec: SymbolSpec,
  legs: Readonly<Record<PositionSide, Leg>>,
  orders: Iterable<OrderMarginEntry>,
  account: MarginAccount,
  stage: MarginStage,
): number {
  const sides: Record<PositionSide, number> = {
    buy: legMargin(spec, "buy", legs.buy, legs.buy.units, account, stage),
    sell: legMargin(spec, "sell", legs.sell, legs.sell.units, account, stage),
  };
  const hasPosition = legs.buy.units + legs.sell.units > 0;
  let charged = 0;
  for (const order of orders) {
    const margin = orderMargin(spec, order, account);
    if (hasPosition || isLimit(order.kind)) sides[sideOf(order.kind)] += margin;
    else charged += margin;
  }
  return Math.max(sides.buy, sides.sell) + charged;
}
