import type { MT5Agent, OutcomeEvent } from "../../../src/connector/mod.ts";
import type { DealRecord } from "../../../src/domain/records.ts";

/** What one connector has heard of one agent's ledger, for comparing with the broker's own books. */
export class LedgerBook {
  /** How often each deal was told as made. */
  readonly deals: Map<string, number> = new Map();
  /** Changes of each position, in order. */
  readonly positions: Map<string, string[]> = new Map();
  /** Outcomes of commands that nobody waited for any more. */
  readonly outcomes: OutcomeEvent[] = [];
  /** One line for each event, in order, for the digest of a run. */
  onLine: ((line: string) => void) | undefined;
  #before: ReadonlySet<string> | undefined;

  /** Listens until `over` says that the process is dead. */
  constructor(agent: MT5Agent, over: () => boolean) {
    agent.on("dealUpdate", (deal) => {
      if (over()) return;
      if (deal.change === "made") this.deals.set(deal.ticketText, (this.deals.get(deal.ticketText) ?? 0) + 1);
      this.onLine?.(`deal ${deal.change} ${deal.ticketText} ${deal.recovered}`);
    });
    agent.on("positionUpdate", (position) => {
      if (over()) return;
      const changes = this.positions.get(position.ticketText);
      if (changes === undefined) this.positions.set(position.ticketText, [position.change]);
      else changes.push(position.change);
      this.onLine?.(`position ${position.change} ${position.ticketText} ${position.volume}`);
    });
    agent.on("outcome", (outcome) => {
      if (over()) return;
      this.outcomes.push(outcome);
      this.onLine?.(`outcome ${outcome.id} ${outcome.state}`);
    });
  }

  /** The first connect is done: deals made from now on have to be told. */
  connected(deals: readonly DealRecord[]): void {
    this.#before ??= new Set(deals.map((deal) => deal.ticket));
  }

  /** Starts anew behind what the broker's history holds now. */
  forget(deals: readonly DealRecord[]): void {
    this.deals.clear();
    this.positions.clear();
    this.outcomes.length = 0;
    this.#before = new Set(deals.map((deal) => deal.ticket));
  }

  /** What was told twice. Empty when all is right. */
  doubles(): string[] {
    const faults: string[] = [];
    for (const [ticket, count] of this.deals) {
      if (count > 1) faults.push(`deal ${ticket} was told ${count} times`);
    }
    for (const [ticket, changes] of this.positions) {
      for (const change of ["opened", "closed"]) {
        const count = changes.filter((made) => made === change).length;
        if (count > 1) faults.push(`position ${ticket} was told as ${change} ${count} times`);
      }
      const closed = changes.indexOf("closed");
      if (closed >= 0 && closed < changes.length - 1) {
        faults.push(`position ${ticket} changed after it was closed: ${changes.join(" ")}`);
      }
    }
    return faults;
  }

  /** What was told wrongly, against the broker's own history. Empty when all is right. */
  faults(history: readonly DealRecord[]): string[] {
    const faults = this.doubles();
    const real = new Set(history.map((deal) => deal.ticket));
    for (const ticket of this.deals.keys()) {
      if (!real.has(ticket)) faults.push(`deal ${ticket} was told and is not in the broker's history`);
    }
    const before = this.#before;
    if (before === undefined) return faults;
    for (const deal of history) {
      if (!before.has(deal.ticket) && !this.deals.has(deal.ticket)) {
        faults.push(`deal ${deal.ticket} was never told`);
      }
    }
    return faults;
  }
}
