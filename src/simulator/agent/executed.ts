import { fromVolumeUnits, toVolumeUnits } from "../../domain/decimal.ts";
import type { DealRecord, OrderRecord } from "../../domain/records.ts";
import type { TradeRequestResult } from "../../domain/terminal.ts";
import { limits } from "../../protocol/v1/limits.ts";
import type { ExecutedOutcome } from "../../protocol/v1/messages.ts";
import { type JournalEntry, outcomeHead } from "./journal-entry.ts";
import { isTicket } from "./tickets.ts";

/** What the history shows of an executed command. */
export interface Execution {
  readonly order: OrderRecord | undefined;
  readonly deals: readonly DealRecord[];
}

/** The outcome of an executed command; what the answer left out is taken from the history. */
export function executedOutcome(
  entry: JournalEntry,
  result: Pick<TradeRequestResult, "retcode" | "comment" | "order" | "deal" | "volume" | "price">,
  execution: Execution,
  doneMs: number,
): ExecutedOutcome {
  const { deals } = execution;
  const last = deals.at(-1);
  const closes = entry.evidence?.position ?? "0";
  // The deals of a close-by take both positions down by the same volume.
  const counted =
    entry.evidence?.positionBy === undefined ? deals : deals.filter((d) => d.position === closes);
  const dealt = counted.reduce((sum, deal) => sum + toVolumeUnits(deal.volume), 0);
  const worth = counted.reduce((sum, deal) => sum + toVolumeUnits(deal.volume) * deal.price, 0);
  return {
    state: "executed",
    ...outcomeHead(entry, doneMs),
    retcode: result.retcode,
    comment: result.comment,
    order: firstTicket(result.order, last?.order),
    deal: firstTicket(result.deal, last?.ticket),
    position: firstTicket(closes, last?.position, execution.order?.position),
    volume: result.volume > 0 ? result.volume : fromVolumeUnits(dealt),
    price: result.price > 0 || dealt === 0 ? result.price : worth / dealt,
    deals: deals.slice(0, limits.maxDealsInOutcome),
    moreDeals: deals.length > limits.maxDealsInOutcome,
  };
}

function firstTicket(...tickets: readonly (string | undefined)[]): string {
  return tickets.find(isTicket) ?? "0";
}
