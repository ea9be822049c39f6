import { limits } from "../protocol/v1/limits.ts";
import type { LedgerEvent } from "../protocol/v1/messages.ts";

/** A place in the ledger. */
export interface LedgerPosition {
  readonly epoch: number;
  readonly seq: number;
}

interface Waiter extends LedgerPosition {
  resolve(): void;
}

/**
 * Brings ledger events into their order (docs/protocol.md, 5.1): each is applied once and none is skipped. What comes
 * early is parked until the hole before it is filled.
 */
export class LedgerFeed {
  readonly #apply: (event: LedgerEvent) => void;
  readonly #parked: Map<number, LedgerEvent> = new Map();
  #parkedEpoch = 0;
  #position: LedgerPosition | undefined;
  #waiters: Waiter[] = [];
  /** Events that came twice. */
  duplicates = 0;

  constructor(apply: (event: LedgerEvent) => void) {
    this.#apply = apply;
  }

  /** The last event applied, or undefined before the first snapshot. */
  get position(): LedgerPosition | undefined {
    return this.#position;
  }

  /** Whether events are parked behind a hole. */
  get hasGap(): boolean {
    return this.#parked.size > 0;
  }

  /** Takes an event, from the channel or from `ledger.since`. */
  push(event: LedgerEvent): void {
    const position = this.#position;
    if (position !== undefined && position.epoch === event.epoch && event.seq <= position.seq) {
      this.duplicates++;
      return;
    }
    if (this.#parkedEpoch !== event.epoch) {
      this.#parked.clear();
      this.#parkedEpoch = event.epoch;
    }
    // What does not fit is asked for again with ledger.since.
    if (this.#parked.size >= limits.ledgerRingEvents) this.#parked.clear();
    this.#parked.set(event.seq, event);
    this.#drain();
  }

  /** A snapshot of this place was applied. */
  reset(position: LedgerPosition): void {
    this.#position = position;
    if (this.#parkedEpoch !== position.epoch) this.#parked.clear();
    for (const seq of [...this.#parked.keys()]) if (seq <= position.seq) this.#parked.delete(seq);
    this.#drain();
    this.#wake();
  }

  /** Resolves when everything up to a place is applied; at once if it is. A later epoch's snapshot counts. */
  reached(place: LedgerPosition): Promise<void> | undefined {
    if (this.#has(place)) return undefined;
    return new Promise((resolve) => this.#waiters.push({ ...place, resolve }));
  }

  /** Lets everything that waits go on; nothing more will come. */
  end(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.resolve();
  }

  #has(place: LedgerPosition): boolean {
    const position = this.#position;
    if (position === undefined) return false;
    return position.epoch > place.epoch || (position.epoch === place.epoch && position.seq >= place.seq);
  }

  #drain(): void {
    for (;;) {
      const position = this.#position;
      if (position === undefined || position.epoch !== this.#parkedEpoch) return;
      const event = this.#parked.get(position.seq + 1);
      if (event === undefined) break;
      this.#parked.delete(event.seq);
      // The place moves first: whoever reads it while the event is told must see the event as applied.
      this.#position = { epoch: event.epoch, seq: event.seq };
      this.#apply(event);
    }
    this.#wake();
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const due = this.#waiters.filter((waiter) => this.#has(waiter));
    if (due.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !this.#has(waiter));
    for (const waiter of due) waiter.resolve();
  }
}
