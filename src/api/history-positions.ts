import { safeNumber } from "./convert.ts";
import type { DealInfo, HistoryPosition } from "./history-types.ts";

const volumeNoise = 1e-9;

/** A position from its deals, oldest first; undefined if there is no trade among them. */
export function positionOf(deals: readonly DealInfo[]): HistoryPosition | undefined {
  const trades = deals.filter((deal) => deal.type === "buy" || deal.type === "sell");
  const first = trades[0];
  if (first === undefined) return undefined;
  const opened = new Side();
  const closed = new Side();
  let open = 0;
  let profit = 0;
  let commission = 0;
  let swap = 0;
  let fee = 0;
  let last: DealInfo | undefined;
  for (const deal of trades) {
    profit += deal.profit;
    commission += deal.commission;
    swap += deal.swap;
    fee += deal.fee;
    if (deal.entry === "in") {
      opened.add(deal.price, deal.volume);
      open += deal.volume;
      continue;
    }
    last = deal;
    if (deal.entry === "inOut") {
      // Netting: what was open is closed, and the rest is opened the other way.
      const rest = Math.max(0, deal.volume - open);
      closed.add(deal.price, deal.volume - rest);
      opened.add(deal.price, rest);
      open = rest;
    } else {
      closed.add(deal.price, deal.volume);
      open -= deal.volume;
    }
  }
  const opens = first.entry === "in" || first.entry === "inOut";
  const openVolume = open < volumeNoise ? 0 : Math.round(open * 1e8) / 1e8;
  const isSell = (first.type === "sell") === opens;
  return {
    ticket: safeNumber(first.positionTicketText),
    ticketText: first.positionTicketText,
    symbol: first.symbol,
    type: isSell ? "sell" : "buy",
    volume: Math.round(opened.volume * 1e8) / 1e8,
    openVolume,
    openPrice: opened.average,
    closePrice: closed.average,
    profit,
    commission,
    swap,
    fee,
    magic: first.magic,
    magicText: first.magicText,
    comment: first.comment,
    closeReason: last?.reason,
    openTime: first.time,
    closeTime: openVolume === 0 ? last?.time : undefined,
    deals,
  };
}

/** Volume and average price of one side. */
class Side {
  volume = 0;
  #value = 0;

  /** Without the noise of floating point: prices have at most eight decimals. */
  get average(): number | undefined {
    return this.volume < volumeNoise ? undefined : Math.round((this.#value / this.volume) * 1e8) / 1e8;
  }

  add(price: number, volume: number): void {
    this.volume += volume;
    this.#value += price * volume;
  }
}
