import { fromVolumeUnits, roundTo, toMinorUnits } from "../../domain/decimal.ts";
import type { PositionSide } from "../../domain/records.ts";
import type { Converter } from "./conversion.ts";
import type { SymbolSpec } from "./symbol-spec.ts";
import type { SymbolState } from "./symbol-state.ts";

/**
 * Profit in the profit currency (MQL5 reference, ENUM_SYMBOL_CALC_MODE): the difference of the prices times contract
 * size and lots; for futures the difference in ticks times the value of a tick and lots.
 */
export function rawProfit(
  spec: SymbolSpec,
  side: PositionSide,
  lots: number,
  open: number,
  close: number,
): number {
  const difference = roundTo(side === "buy" ? close - open : open - close, 10);
  if (spec.calcMode === "futures") return (difference / spec.tickSize) * spec.tickValue * lots;
  return difference * spec.contractSize * lots;
}

/** Profit of closing a volume at a price, in minor units of the account's currency; undefined without a conversion. */
export function profitMinor(
  symbol: SymbolState,
  side: PositionSide,
  volumeUnits: number,
  open: number,
  close: number,
  account: { readonly currency: string; readonly currencyDigits: number },
  converter: Converter,
): number | undefined {
  const raw = rawProfit(symbol.spec, side, fromVolumeUnits(volumeUnits), open, close);
  if (raw === 0) return 0;
  const sign = raw > 0 ? "sell" : "buy";
  const rate = converter.rate(symbol.spec.currencyProfit, account.currency, sign, { symbol, price: close });
  return rate === undefined ? undefined : toMinorUnits(raw * rate, account.currencyDigits);
}
