import type { Clock, Timer } from "../../transport/clock.ts";

interface Entry {
  readonly dueUtcMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/** Cancelled timers that may wait for their due time; beyond it, they are taken out if they are most of the queue. */
const maxCancelled = 1_024;

/**
 * The clock of the market: its time is that of the ticks, whatever the speed they are played at. What happens in the
 * broker (latency, expiration, rollover) runs on it, so that a fast run gives what a slow one gives. Whoever plays the
 * market moves it; it moves at the instants of ticks and timers, in their order.
 */
export class MarketClock implements Clock {
  /** Called when a timer is set that is due before all others. */
  onEarlierTimer: (() => void) | undefined;
  readonly #originUtcMs: number;
  readonly #interpolate: () => number;
  #heap: Entry[] = [];
  #cancelled = 0;
  #utcMs: number;
  #order = 0;

  /** `interpolate` says where between two events the market is; what it says is kept from going back. */
  constructor(originUtcMs: number, interpolate?: () => number) {
    this.#originUtcMs = originUtcMs;
    this.#utcMs = originUtcMs;
    this.#interpolate = interpolate ?? ((): number => this.#utcMs);
  }

  nowMs(): number {
    return this.wallMs() - this.#originUtcMs;
  }

  wallMs(): number {
    this.#utcMs = Math.max(this.#utcMs, this.#interpolate());
    return this.#utcMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const entry: Entry = { dueUtcMs: this.wallMs() + Math.max(0, delayMs), order: this.#order++, callback };
    this.#push(entry);
    if (this.#heap[0] === entry) this.onEarlierTimer?.();
    return {
      cancel: (): void => {
        if (entry.callback === undefined) return;
        entry.callback = undefined;
        this.#cancelled++;
        if (this.#cancelled > maxCancelled && this.#cancelled > this.#heap.length / 2) this.#sweep();
      },
    };
  }

  /** When the next timer is due, or undefined. */
  nextDueUtcMs(): number | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].callback === undefined) {
      this.#pop();
      this.#cancelled--;
    }
    return this.#heap[0]?.dueUtcMs;
  }

  /** Moves to an instant; never back. */
  advanceTo(utcMs: number): void {
    this.#utcMs = Math.max(this.#utcMs, utcMs);
  }

  /** Moves to the next timer's instant and fires it. */
  fireNext(): void {
    const entry = this.nextDueUtcMs() === undefined ? undefined : this.#pop();
    if (entry === undefined) return;
    this.advanceTo(entry.dueUtcMs);
    const { callback } = entry;
    // It is out of the queue: cancelling it has nothing to count any more.
    entry.callback = undefined;
    callback?.();
  }

  #sweep(): void {
    const waiting = this.#heap.filter((entry) => entry.callback !== undefined);
    this.#heap = [];
    this.#cancelled = 0;
    for (const entry of waiting) this.#push(entry);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const moved = heap.pop();
    if (top === undefined || moved === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      let smaller = left;
      if (left !== undefined && right !== undefined && before(right, left)) {
        smaller = right;
        child++;
      }
      if (smaller === undefined || !before(smaller, moved)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = moved;
    return top;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.dueUtcMs < b.dueUtcMs || (a.dueUtcMs === b.dueUtcMs && a.order < b.order);
}
