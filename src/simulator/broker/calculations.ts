import { toVolumeUnits } from "../../domain/decimal.ts";
import type { PositionSide } from "../../domain/records.ts";
import type { BrokerState } from "./broker-state.ts";
import { marginFactor, marginOf } from "./margin.ts";
import { profitMinor } from "./profit.ts";

/** What must be free to trade a volume at a price, whatever is open; undefined without quotes to convert it. */
export function marginOfVolume(
  { account, converter, symbols }: BrokerState,
  side: PositionSide,
  symbolName: string,
  volumeLots: number,
  price: number,
): number | undefined {
  const spec = symbols.get(symbolName)?.spec;
  if (spec === undefined) return undefined;
  const { currency, leverage, marginMode } = account.settings;
  const rate = converter.rate(spec.currencyMargin, currency, side);
  if (rate === undefined) return undefined;
  const factor = marginFactor(spec, side, "initial", marginMode);
  return account.amount(account.minor(marginOf(spec, volumeLots, price, leverage) * factor * rate));
}

/** What a volume earns between two prices; undefined without quotes to convert it. */
export function profitOfVolume(
  { account, converter, symbols }: BrokerState,
  side: PositionSide,
  symbolName: string,
  volumeLots: number,
  priceOpen: number,
  priceClose: number,
): number | undefined {
  const symbol = symbols.get(symbolName);
  if (symbol === undefined) return undefined;
  const units = toVolumeUnits(volumeLots);
  const minor = profitMinor(symbol, side, units, priceOpen, priceClose, account.settings, converter);
  return minor === undefined ? undefined : account.amount(minor);
}
