import { compareTickets, higherTicket } from "./tickets.ts";

/**
 * Remembers which finished orders (or deals) have been seen. Their tickets come roughly in order, but one may finish
 * after a higher one; so beside the highest ticket there is a lower mark below which all is settled, and between the
 * two each ticket is remembered for a while.
 */
export class LateTickets {
  readonly #lateMs: number;
  /** Tickets above the settled mark, with the time at which each was seen. */
  readonly #seen: Map<string, number> = new Map();
  #settled = "0";
  #highest = "0";

  constructor(lateMs: number) {
    this.#lateMs = lateMs;
  }

  /** The highest ticket seen: enough to look behind it for what is new. */
  get highest(): string {
    return this.#highest;
  }

  /** All at or below has been seen, or will not come: look behind it for what came late. */
  get settled(): string {
    return this.#settled;
  }

  /** Starts where the history stands. */
  start(ticket: string): void {
    this.#settled = ticket;
    this.#highest = ticket;
  }

  /** Notes a ticket above the settled mark; false if it was known. */
  note(ticket: string, nowMs: number): boolean {
    if (this.#seen.has(ticket)) return false;
    this.#seen.set(ticket, nowMs);
    this.#highest = higherTicket(this.#highest, ticket);
    return true;
  }

  /** Whether a ticket has been noted lately. */
  has(ticket: string): boolean {
    return this.#seen.has(ticket);
  }

  /** Raises the settled mark over what has been known long enough. */
  settle(nowMs: number): void {
    let mark = this.#settled;
    for (const [ticket, seenMs] of this.#seen) {
      if (seenMs > nowMs - this.#lateMs) break;
      mark = higherTicket(mark, ticket);
      this.#seen.delete(ticket);
    }
    this.#settled = mark;
    // A ticket seen lately below the mark needs no memory: nothing below the mark is looked at again.
    for (const ticket of this.#seen.keys()) if (compareTickets(ticket, mark) <= 0) this.#seen.delete(ticket);
  }
}
