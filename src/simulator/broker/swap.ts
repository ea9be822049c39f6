import { fromVolumeUnits } from "../../domain/decimal.ts";
import type { LivePosition } from "./books.ts";
import type { BrokerState } from "./broker-state.ts";
import type { SymbolSpec } from "./symbol-spec.ts";

const DAY_MS = 86_400_000;
const bankYearDays = 360;

/** Whether a position is charged or paid swap at all. */
export function bearsSwap(position: LivePosition): boolean {
  const { spec } = position.symbol;
  return spec.swapMode !== "disabled" && (position.side === "buy" ? spec.swapLong : spec.swapShort) !== 0;
}

/** The next midnight after a broker time. */
export function nextRollover(brokerMs: number): number {
  return (Math.floor(brokerMs / DAY_MS) + 1) * DAY_MS;
}

/** How many days' swap the rollover at the end of a broker day counts. */
export function rolloverDays(endedBrokerMs: number, spec: SymbolSpec): number {
  const day = new Date(endedBrokerMs).getUTCDay();
  const ratio = spec.swapRatios[day];
  if (ratio !== undefined) return ratio;
  if (day === 0 || day === 6) return 0;
  return day === spec.swapTripleDay ? 3 : 1;
}

/** The currency in which a symbol's swap is reckoned; undefined for that of the account, or for no swap. */
export function swapCurrency(spec: SymbolSpec): string | undefined {
  switch (spec.swapMode) {
    case "disabled":
    case "money":
      return undefined;
    case "moneyBase":
      return spec.currencyBase;
    case "moneyMargin":
      return spec.currencyMargin;
    case "points":
    case "interest":
    case "interestOpen":
      return spec.currencyProfit;
  }
}

/**
 * So many days' swap of a position, in minor units of the account's currency (MQL5 reference, ENUM_SYMBOL_SWAP_MODE).
 * Throws without quotes to convert it: what cannot be charged must not be forgotten.
 */
export function swapMinor(position: LivePosition, state: BrokerState, days: number): number {
  const { symbol, side } = position;
  const { spec } = symbol;
  const { account, converter } = state;
  const rate = side === "buy" ? spec.swapLong : spec.swapShort;
  if (days === 0 || !bearsSwap(position)) return 0;
  const amount = rate * perUnit(position) * fromVolumeUnits(position.volumeUnits) * days;
  const currency = swapCurrency(spec);
  if (currency === undefined) return account.minor(amount);
  const conversion = converter.rate(currency, account.settings.currency, amount > 0 ? "sell" : "buy");
  if (conversion === undefined)
    throw new Error(`Cannot charge swap of ${spec.name}: no quotes for ${currency}`);
  return account.minor(amount * conversion);
}

/** What a swap rate of 1 is worth for a lot and a day, in the currency of the swap. */
function perUnit({ symbol, side, priceOpen }: LivePosition): number {
  const { spec, point } = symbol;
  if (spec.swapMode === "points") return point * spec.contractSize;
  if (spec.swapMode === "interest") return (spec.contractSize * symbol.closePrice(side)) / 100 / bankYearDays;
  if (spec.swapMode === "interestOpen") return (spec.contractSize * priceOpen) / 100 / bankYearDays;
  return 1;
}
