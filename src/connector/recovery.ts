import type { DealRecord, PositionRecord } from "../domain/records.ts";
import type { LedgerPayload, SnapshotResult } from "../protocol/v1/messages.ts";

/**
 * What became of positions while the ledger could not be heard: those that changed, and those that were opened and
 * closed meanwhile, which only their deals tell.
 */
export function recoveredPositions(
  known: ReadonlyMap<string, PositionRecord>,
  snapshot: Pick<SnapshotResult, "positions">,
  newDeals: readonly DealRecord[],
): LedgerPayload[] {
  const events: LedgerPayload[] = [];
  const now = new Map(snapshot.positions.map((position) => [position.ticket, position]));
  const identifiers = new Set<string>();
  for (const position of known.values()) identifiers.add(position.identifier);
  for (const position of now.values()) identifiers.add(position.identifier);
  const dealsOf = new Map<string, DealRecord[]>();
  for (const deal of newDeals) {
    if (deal.position === "0" || (deal.kind !== "buy" && deal.kind !== "sell")) continue;
    const deals = dealsOf.get(deal.position);
    if (deals === undefined) dealsOf.set(deal.position, [deal]);
    else deals.push(deal);
  }
  for (const [identifier, deals] of dealsOf) {
    const first = deals[0];
    const last = deals.at(-1);
    if (identifiers.has(identifier) || first === undefined || last === undefined || first.entry !== "in")
      continue;
    const opened = positionOf(identifier, deals, first);
    events.push({ type: "position", change: "opened", position: opened });
    events.push({ type: "position", change: "closed", position: { ...opened, ...closing(deals, last) } });
  }
  for (const position of known.values()) {
    if (now.has(position.ticket)) continue;
    const deals = dealsOf.get(position.identifier) ?? [];
    const last = deals.at(-1);
    const closed = last === undefined ? position : { ...position, ...closing(deals, last) };
    events.push({ type: "position", change: "closed", position: closed });
  }
  for (const position of now.values()) {
    const before = known.get(position.ticket);
    if (before === undefined) events.push({ type: "position", change: "opened", position });
    else if (changed(before, position)) events.push({ type: "position", change: "modified", position });
  }
  return events;
}

function positionOf(identifier: string, deals: readonly DealRecord[], first: DealRecord): PositionRecord {
  let volume = 0;
  let value = 0;
  for (const deal of deals) {
    if (deal.entry !== "in") continue;
    volume += deal.volume;
    value += deal.volume * deal.price;
  }
  const priceOpen = volume === 0 ? first.price : value / volume;
  return {
    ticket: identifier,
    identifier,
    symbol: first.symbol,
    side: first.kind === "sell" ? "sell" : "buy",
    volume: Math.round(volume * 1e8) / 1e8,
    priceOpen,
    priceCurrent: first.price,
    stopLoss: first.stopLoss,
    takeProfit: first.takeProfit,
    profit: 0,
    swap: 0,
    magic: first.magic,
    comment: first.comment,
    reason: first.reason,
    openBrokerMs: first.timeBrokerMs,
    updateBrokerMs: first.timeBrokerMs,
  };
}

function closing(
  deals: readonly DealRecord[],
  last: DealRecord,
): Pick<PositionRecord, "priceCurrent" | "profit" | "swap" | "updateBrokerMs"> {
  let profit = 0;
  let swap = 0;
  for (const deal of deals) {
    profit += deal.profit;
    swap += deal.swap;
  }
  return { priceCurrent: last.price, profit, swap, updateBrokerMs: last.timeBrokerMs };
}

function changed(a: PositionRecord, b: PositionRecord): boolean {
  return (
    a.volume !== b.volume ||
    a.priceOpen !== b.priceOpen ||
    a.stopLoss !== b.stopLoss ||
    a.takeProfit !== b.takeProfit ||
    a.swap !== b.swap ||
    a.side !== b.side
  );
}
