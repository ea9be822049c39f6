import { limits } from "../protocol/v1/limits.ts";

/** Tickets kept at most; beyond it the oldest go, and with them the time from which a gap can be told without doubt. */
const maxTickets = 8_192;

/**
 * What of the recent history has been applied, by ticket. After a loss `snapshot` tells everything from two hours before
 * the newest known moment (docs/protocol.md, 5.1), and this tells which of it is news.
 */
export class KnownHistory {
  readonly #deals: Map<string, number> = new Map();
  readonly #orders: Map<string, number> = new Map();
  #newestBrokerMs = 0;
  /** From when on all tickets are known. */
  #completeFromBrokerMs = 0;

  /** Starts at a moment from which on everything will be told. */
  begin(brokerMs: number): void {
    this.#newestBrokerMs = brokerMs;
    this.#completeFromBrokerMs = brokerMs - limits.historyOverlapMs;
  }

  /** The time to give `snapshot` as `since`. */
  get sinceBrokerMs(): number {
    return Math.max(this.#completeFromBrokerMs, this.#newestBrokerMs - limits.historyOverlapMs);
  }

  /** Marks a deal as applied. False if it was already. */
  deal(ticket: string, brokerMs: number): boolean {
    return this.#add(this.#deals, ticket, brokerMs);
  }

  /** Marks an order's end as applied. False if it was already. */
  order(ticket: string, brokerMs: number): boolean {
    return this.#add(this.#orders, ticket, brokerMs);
  }

  #add(known: Map<string, number>, ticket: string, brokerMs: number): boolean {
    if (known.has(ticket)) return false;
    known.set(ticket, brokerMs);
    if (brokerMs > this.#newestBrokerMs) this.#newestBrokerMs = brokerMs;
    this.#prune(known);
    return true;
  }

  #prune(known: Map<string, number>): void {
    const horizon = this.#newestBrokerMs - limits.historyOverlapMs;
    for (const [ticket, brokerMs] of known) {
      // Tickets come about in the order of time, so the first that is to stay ends it.
      if (known.size <= maxTickets && brokerMs >= horizon) return;
      known.delete(ticket);
      if (brokerMs >= this.#completeFromBrokerMs) this.#completeFromBrokerMs = brokerMs + 1;
    }
  }
}
