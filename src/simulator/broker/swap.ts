import { fromVolumeUnits } from "../../domain/decimal.ts";
import type { LivePosition } from "./books.ts";
import type { BrokerState } from "./broker-state.ts";

const DAY_MS = 86_400_000;

/** Whether a position is charged or paid swap at all. */
export function bearsSwap(position: LivePosition): boolean {
  const { spec } = position.symbol;
  return spec.swapMode !== "disabled" && (position.side === "buy" ? spec.swapLong : spec.swapShort) !== 0;
}

/** The next midnight after a broker time. */
export function nextRollover(brokerMs: number): number {
  return (Math.floor(brokerMs / DAY_MS) + 1) * DAY_MS;
}

/** How many days' swap the rollover at the end of a broker day counts: none on weekends, three on the triple day. */
export function rolloverDays(endedBrokerMs: number, tripleDay: number): number {
  const day = new Date(endedBrokerMs).getUTCDay();
  if (day === 0 || day === 6) return 0;
  return day === tripleDay ? 3 : 1;
}

/** One day's swap of a position, in minor units of the account's currency. */
export function swapMinor(position: LivePosition, state: BrokerState, days: number): number {
  const { symbol, side } = position;
  const { spec } = symbol;
  const { account, converter } = state;
  const rate = side === "buy" ? spec.swapLong : spec.swapShort;
  const lots = fromVolumeUnits(position.volumeUnits) * days;
  if (rate === 0 || days === 0 || spec.swapMode === "disabled") return 0;
  if (spec.swapMode === "money") return account.minor(rate * lots);
  const perLot =
    spec.swapMode === "points"
      ? rate * symbol.point * spec.contractSize
      : (spec.contractSize * symbol.closePrice(side) * rate) / 100 / 360;
  const amount = perLot * lots;
  const conversion = converter.rate(
    spec.currencyProfit,
    account.settings.currency,
    amount > 0 ? "sell" : "buy",
  );
  return conversion === undefined ? 0 : account.minor(amount * conversion);
}
