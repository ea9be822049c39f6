import type { Clock, Timer } from "./clock.ts";
import { nextTurn } from "./turn.ts";

/** Where a virtual clock starts. */
export interface VirtualClockOptions {
  /** The wall clock's first reading, milliseconds since 1970-01-01 UTC. @default 1_700_000_000_000 */
  readonly wallStartMs?: number;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
  queued: boolean;
}

/** Cancelled timers that may wait for their due time in the queue; beyond it, they are taken out if they are most of it. */
const maxCancelled = 1_024;

/**
 * Turns of the event loop that pass without touching a timer before an instant counts as settled. The first may begin
 * before a promise chain asks for an immediate, so three see an immediate of an immediate done.
 */
const quietTurns = 3;

/**
 * Turns after which an instant is left even though timers are still being set for it. It bounds a component that sets
 * a timer of 0 ms for ever, which would otherwise stop virtual time.
 */
const maxTurnsPerInstant = 100_000;

/**
 * A clock that moves only when it is told to. Timers fire in order of their due time, then of their setting, and all
 * promise chains and immediates that one timer sets off run before the next one fires.
 */
export class VirtualClock implements Clock {
  readonly #heap: Entry[] = [];
  #nowMs = 0;
  #wallOffsetMs: number;
  #order = 0;
  #cancelled = 0;
  #running = false;

  /** Starts at 0 monotonic milliseconds. */
  constructor(options: VirtualClockOptions = {}) {
    this.#wallOffsetMs = options.wallStartMs ?? 1_700_000_000_000;
  }

  /** Monotonic virtual milliseconds. */
  nowMs(): number {
    return this.#nowMs;
  }

  /** Virtual wall time, milliseconds since 1970-01-01 UTC. */
  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  /** Sets a timer in virtual time. */
  setTimer(callback: () => void, delayMs: number): Timer {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const entry: Entry = { atMs, order: this.#order++, callback, queued: true };
    this.#push(entry);
    return {
      cancel: (): void => {
        if (entry.queued && entry.callback !== undefined) this.#cancelled++;
        entry.callback = undefined;
        this.#dropCancelled();
      },
    };
  }

  /** Moves the wall clock without moving monotonic time, as an administrator or NTP would. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Moves time forward by `ms` and fires everything that is due on the way. */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`Cannot advance the clock: ${ms} ms`);
    await this.#run(this.#nowMs + ms, () => false);
  }

  /**
   * Moves time forward, timer by timer, until the predicate holds or the promise settles, and returns the promise's
   * value. Rejects when that takes more than `limitMs` virtual milliseconds.
   */
  async runUntil(condition: () => boolean, limitMs: number): Promise<void>;
  async runUntil<T>(condition: Promise<T>, limitMs: number): Promise<T>;
  async runUntil<T>(condition: Promise<T> | (() => boolean), limitMs: number): Promise<T | undefined> {
    if (typeof condition === "function") {
      if (!(await this.#run(this.#nowMs + limitMs, condition))) {
        throw new Error(`Cannot reach the condition: not within ${limitMs} virtual ms`);
      }
      return undefined;
    }
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    condition.then(settle, settle);
    if (!(await this.#run(this.#nowMs + limitMs, () => settled))) {
      throw new Error(`Cannot await the promise: not settled within ${limitMs} virtual ms`);
    }
    return await condition;
  }

  async #run(untilMs: number, done: () => boolean): Promise<boolean> {
    if (this.#running) throw new Error("Cannot advance the clock: it is already being advanced");
    this.#running = true;
    try {
      let turnsHere = 0;
      await this.#settle();
      while (!done()) {
        const next = this.#peek();
        if (next === undefined || next.atMs > untilMs) {
          this.#nowMs = Math.max(this.#nowMs, untilMs);
          return false;
        }
        turnsHere = next.atMs > this.#nowMs ? 0 : turnsHere + 1;
        if (turnsHere > maxTurnsPerInstant)
          throw new Error("Cannot leave the instant: timers of 0 ms without end");
        this.#nowMs = Math.max(this.#nowMs, next.atMs);
        this.#pop();
        next.callback?.();
        await this.#settle();
      }
      return true;
    } finally {
      this.#running = false;
    }
  }

  async #settle(): Promise<void> {
    let quiet = 0;
    while (quiet < quietTurns) {
      const before = this.#order;
      await new Promise<void>(nextTurn);
      quiet = this.#order === before ? quiet + 1 : 0;
    }
  }

  #peek(): Entry | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].callback === undefined) this.#pop();
    return this.#heap[0];
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt] as Entry;
      if (!before(entry, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  #dropCancelled(): void {
    if (this.#cancelled <= maxCancelled || this.#cancelled * 2 <= this.#heap.length) return;
    const left = this.#heap.filter((entry) => entry.callback !== undefined);
    // What is sorted is a heap.
    left.sort((a, b) => (before(a, b) ? -1 : 1));
    this.#heap.splice(0, this.#heap.length, ...left);
    this.#cancelled = 0;
  }

  #pop(): void {
    const heap = this.#heap;
    const [first] = heap;
    if (first !== undefined) {
      first.queued = false;
      if (first.callback === undefined) this.#cancelled--;
    }
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      if (childAt >= heap.length) break;
      const right = heap[childAt + 1];
      if (right !== undefined && before(right, heap[childAt] as Entry)) childAt++;
      const child = heap[childAt] as Entry;
      if (!before(child, last)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
