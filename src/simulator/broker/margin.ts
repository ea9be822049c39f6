import { fromVolumeUnits, toMinorUnits } from "../../domain/decimal.ts";
import type { AccountMarginMode, PositionSide } from "../../domain/records.ts";
import type { SymbolSpec } from "./symbols.ts";

/** What a position contributes to its symbol's margin. The rate is fixed when it opens, so margin does not float. */
export interface MarginEntry {
  readonly side: PositionSide;
  readonly volumeUnits: number;
  readonly priceOpen: number;
  /** Margin currency to account currency. */
  readonly marginRate: number;
}

/**
 * Margin of a volume in the margin currency (MQL5 reference, ENUM_SYMBOL_CALC_MODE). `perLot` stands in for the contract
 * size (and for `marginInitial`) where hedged volume is reckoned.
 */
export function marginOf(
  spec: SymbolSpec,
  lots: number,
  price: number,
  leverage: number,
  perLot?: number,
): number {
  const initial = spec.marginInitial > 0;
  const size = perLot ?? (initial ? spec.marginInitial : spec.contractSize);
  const amount = lots * size * spec.marginRate;
  switch (spec.calcMode) {
    case "forex":
      return amount / leverage;
    case "forexNoLeverage":
      return amount;
    case "futures":
      return lots * (perLot ?? spec.marginInitial) * spec.marginRate;
    case "cfdLeverage":
      return (initial ? amount : amount * price) / leverage;
    case "cfdIndex":
      return initial ? amount : (amount * price * spec.tickValue) / spec.tickSize;
    case "cfd":
    case "stocks":
      return initial ? amount : amount * price;
  }
}

interface Leg {
  units: number;
  /** Sum of units times price, and of units times rate. */
  price: number;
  rate: number;
}

/**
 * Margin of all positions of one symbol, in minor units of the account's currency. On a hedging account (MetaTrader's
 * help, "Margin calculation: retail Forex, hedging"): the larger leg's uncovered volume at that leg's average price and
 * rate, plus the hedged volume at its own contract size and the average price and rate of both legs.
 */
export function symbolMarginMinor(
  spec: SymbolSpec,
  entries: Iterable<MarginEntry>,
  account: {
    readonly leverage: number;
    readonly marginMode: AccountMarginMode;
    readonly currencyDigits: number;
  },
): number {
  const legs: Record<PositionSide, Leg> = {
    buy: { units: 0, price: 0, rate: 0 },
    sell: { units: 0, price: 0, rate: 0 },
  };
  for (const entry of entries) {
    const leg = legs[entry.side];
    leg.units += entry.volumeUnits;
    leg.price += entry.volumeUnits * entry.priceOpen;
    leg.rate += entry.volumeUnits * entry.marginRate;
  }
  const { buy, sell } = legs;
  const larger = buy.units >= sell.units ? buy : sell;
  if (larger.units === 0) return 0;
  const hedgedUnits = Math.min(buy.units, sell.units);
  const uncovered =
    marginOf(
      spec,
      fromVolumeUnits(larger.units - hedgedUnits),
      larger.price / larger.units,
      account.leverage,
    ) *
    (larger.rate / larger.units);
  let hedged = 0;
  if (hedgedUnits > 0 && spec.marginHedged > 0) {
    const units = buy.units + sell.units;
    const price = (buy.price + sell.price) / units;
    const lots = fromVolumeUnits(hedgedUnits);
    hedged =
      marginOf(spec, lots, price, account.leverage, spec.marginHedged) * ((buy.rate + sell.rate) / units);
  }
  return toMinorUnits(uncovered + hedged, account.currencyDigits);
}
