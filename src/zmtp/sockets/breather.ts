/** Calls that may succeed at once, one after the other, before one waits for the event loop. */
const callsPerBreath = 512;

/** What runs a callback in the next turn of the event loop. */
export interface Turns {
  nextTurn(callback: () => void): void;
}

const done: Promise<void> = Promise.resolve();

/**
 * Keeps a loop of calls that all succeed at once from starving the event loop: every few hundred calls, one resolves
 * only in the next turn, so that sockets are read, timers fire and heartbeats are answered.
 */
export class Breather {
  readonly #turns: Turns;
  #calls = 0;

  /** Has not counted any call yet. */
  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** Whether the next call should wait for a turn. */
  due(): boolean {
    if (++this.#calls < callsPerBreath) return false;
    this.#calls = 0;
    return true;
  }

  /** Resolves in the next turn. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#turns.nextTurn(resolve);
    });
  }

  /** What a call that succeeded at once returns. */
  breath(): Promise<void> {
    return this.due() ? this.turn() : done;
  }
}
