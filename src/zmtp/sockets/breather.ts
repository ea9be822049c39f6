/** Calls that may succeed at once, one after the other, before one waits for the event loop. */
const callsPerBreath = 512;

const done: Promise<void> = Promise.resolve();

/**
 * Keeps a loop of calls that all succeed at once from starving the event loop: every few hundred calls, one resolves
 * only in the next turn, so that sockets are read, timers fire and heartbeats are answered.
 */
export class Breather {
  readonly #nextTurn: (callback: () => void) => void;
  #calls = 0;

  /** `nextTurn` runs a callback in the next turn of the event loop. */
  constructor(nextTurn: (callback: () => void) => void) {
    this.#nextTurn = nextTurn;
  }

  /** Whether the next call should wait for a turn. */
  due(): boolean {
    if (++this.#calls < callsPerBreath) return false;
    this.#calls = 0;
    return true;
  }

  /** Resolves in the next turn. */
  turn(): Promise<void> {
    return new Promise(this.#nextTurn);
  }

  /** What a call that succeeded at once returns. */
  breath(): Promise<void> {
    return this.due() ? this.turn() : done;
  }
}
