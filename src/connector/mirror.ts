import type {
  AccountRecord,
  DealRecord,
  OrderRecord,
  PositionRecord,
  SymbolRecord,
  TerminalRecord,
  TickRecord,
} from "../domain/records.ts";
import { limits } from "../protocol/v1/limits.ts";
import type { LedgerPayload, OrderChange, SnapshotResult } from "../protocol/v1/messages.ts";
import { KnownHistory } from "./known-history.ts";
import { recoveredPositions } from "./recovery.ts";

/** A complete snapshot, its pages put together. */
export type Snapshot = Omit<SnapshotResult, "more">;

/** What to give `snapshot`, so that it tells what has happened meanwhile. */
export interface SnapshotSince {
  readonly brokerMs: number;
  /** Orders held as active, whose ends are wanted whenever they came. */
  readonly orders: readonly string[];
}

/** The terminal's state as the ledger tells it, readable at any time without asking. */
export class MirrorState {
  readonly positions: Map<string, PositionRecord> = new Map();
  /** Active orders. */
  readonly orders: Map<string, OrderRecord> = new Map();
  /** Specifications asked for so far. */
  readonly symbols: Map<string, SymbolRecord> = new Map();
  /** Last ticks of subscribed symbols. */
  readonly prices: Map<string, TickRecord> = new Map();
  account: AccountRecord | undefined;
  terminal: TerminalRecord | undefined;
  readonly #history: KnownHistory = new KnownHistory();
  #accountMs = Number.NEGATIVE_INFINITY;
  #accountEpoch = 0;
  #filled = false;

  /** Whether a snapshot has ever been applied. */
  get filled(): boolean {
    return this.#filled;
  }

  /** The account as of a moment: only what is newer than what is known. A new epoch has a clock of its own. */
  setAccount(account: AccountRecord, epoch: number, agentMs: number): boolean {
    if (epoch < this.#accountEpoch || (epoch === this.#accountEpoch && agentMs < this.#accountMs))
      return false;
    this.#accountEpoch = epoch;
    this.#accountMs = agentMs;
    this.account = account;
    return true;
  }

  /** Applies a ledger event. */
  apply(event: LedgerPayload, epoch: number, agentMs: number): void {
    switch (event.type) {
      case "order":
        this.#applyOrder(event.change, event.order);
        return;
      case "deal":
        if (event.change !== "deleted") this.#history.deal(event.deal.ticket, event.deal.timeBrokerMs);
        return;
      case "position":
        if (event.change === "closed") this.positions.delete(event.position.ticket);
        else this.positions.set(event.position.ticket, event.position);
        return;
      case "balance":
        if (this.account !== undefined) {
          this.setAccount({ ...this.account, balance: event.balance, credit: event.credit }, epoch, agentMs);
        }
        return;
      case "outcome":
        return;
    }
  }

  /**
   * What to give `snapshot` as `since`. The first snapshot asks for the recent history, too: not to tell it, but to know
   * later what of it was known.
   */
  since(brokerMs: number): SnapshotSince {
    if (!this.#filled) this.#history.begin(brokerMs);
    const orders = [...this.orders.keys()].slice(0, limits.maxTrackedOrders);
    return { brokerMs: this.#history.sinceBrokerMs, orders };
  }

  /** Takes over a snapshot. Returns what had changed since the state before, in the order of the ledger. */
  replace(snapshot: Snapshot, epoch: number, agentMs: number): LedgerPayload[] {
    const differences = this.#differences(snapshot);
    const first = !this.#filled;
    this.#filled = true;
    this.positions.clear();
    for (const position of snapshot.positions) this.positions.set(position.ticket, position);
    this.orders.clear();
    for (const order of snapshot.orders) this.orders.set(order.ticket, order);
    this.setAccount(snapshot.account, epoch, agentMs);
    return first ? [] : differences;
  }

  /** A fresh answer of `positions` brings the floating profit up to date; the ledger does not tell it. */
  refresh(positions: readonly PositionRecord[]): void {
    for (const position of positions) {
      if (this.positions.has(position.ticket)) this.positions.set(position.ticket, position);
    }
  }

  #differences(snapshot: Snapshot): LedgerPayload[] {
    const events: LedgerPayload[] = [];
    for (const order of snapshot.historyOrders) {
      const news = this.#history.order(order.ticket, order.doneBrokerMs);
      if (news || this.orders.has(order.ticket))
        events.push({ type: "order", change: finishedAs(order), order });
    }
    const finished = new Set(snapshot.historyOrders.map((order) => order.ticket));
    const active = new Set(snapshot.orders.map((order) => order.ticket));
    for (const order of this.orders.values()) {
      if (active.has(order.ticket) || finished.has(order.ticket)) continue;
      // Beyond the number of orders whose ends can be asked for: it is gone, and its deals tell whether it was filled.
      const filled = snapshot.deals.some((deal) => deal.order === order.ticket);
      events.push({ type: "order", change: filled ? "filled" : "cancelled", order });
    }
    for (const order of snapshot.orders) {
      const known = this.orders.get(order.ticket);
      if (known === undefined) events.push({ type: "order", change: "placed", order });
      else if (order.volumeCurrent < known.volumeCurrent) {
        events.push({ type: "order", change: "partiallyFilled", order });
      } else if (orderChanged(known, order)) events.push({ type: "order", change: "modified", order });
    }
    const deals: DealRecord[] = [];
    for (const deal of snapshot.deals) {
      if (!this.#history.deal(deal.ticket, deal.timeBrokerMs)) continue;
      deals.push(deal);
      events.push({ type: "deal", change: "made", deal });
    }
    events.push(...recoveredPositions(this.positions, snapshot, deals));
    const { balance, credit } = snapshot.account;
    if (this.account?.balance !== balance || this.account.credit !== credit) {
      events.push({ type: "balance", balance, credit });
    }
    return events;
  }

  #applyOrder(change: OrderChange, order: OrderRecord): void {
    if (change === "placed" || change === "modified" || change === "partiallyFilled") {
      this.orders.set(order.ticket, order);
      return;
    }
    this.orders.delete(order.ticket);
    this.#history.order(order.ticket, order.doneBrokerMs);
  }
}

function finishedAs(order: OrderRecord): OrderChange {
  switch (order.state) {
    case "filled":
      return "filled";
    case "expired":
      return "expired";
    case "rejected":
      return "rejected";
    default:
      return "cancelled";
  }
}

function orderChanged(a: OrderRecord, b: OrderRecord): boolean {
  return (
    a.price !== b.price ||
    a.priceStopLimit !== b.priceStopLimit ||
    a.stopLoss !== b.stopLoss ||
    a.takeProfit !== b.takeProfit ||
    a.timeInForce !== b.timeInForce ||
    a.expirationBrokerMs !== b.expirationBrokerMs ||
    a.state !== b.state
  );
}
