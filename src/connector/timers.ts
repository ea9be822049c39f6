import type { Clock, Timer } from "../transport/clock.ts";

/** Timers with one owner, so that none is left when the owner ends. */
export class TimerScope {
  readonly #clock: Clock;
  readonly #pending: Set<Timer> = new Set();
  readonly #sleepers: Set<() => void> = new Set();
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets a timer; one that is set after `end` is never called. */
  set(callback: () => void, delayMs: number): Timer {
    if (this.#ended) return { cancel: (): void => undefined };
    const timer = this.#clock.setTimer(() => {
      this.#pending.delete(handle);
      callback();
    }, delayMs);
    const handle: Timer = {
      cancel: (): void => {
        this.#pending.delete(handle);
        timer.cancel();
      },
    };
    this.#pending.add(handle);
    return handle;
  }

  /** Resolves after a time, or when the scope ends. */
  sleep(ms: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.#sleepers.add(resolve);
      this.set(() => {
        this.#sleepers.delete(resolve);
        resolve();
      }, ms);
    });
  }

  /** Takes timers again after `end`. */
  begin(): void {
    this.#ended = false;
  }

  /** Stops all timers and takes no more, so that nothing that is still finishing can set one. */
  end(): void {
    this.#ended = true;
    for (const timer of [...this.#pending]) timer.cancel();
    for (const wake of [...this.#sleepers]) wake();
    this.#sleepers.clear();
  }
}
