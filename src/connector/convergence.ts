import type { Timer } from "../transport/clock.ts";
import { toError } from "./errors.ts";
import type { TimerScope } from "./timers.ts";

/** What is run until it holds, and who is told when it does not. */
export interface ConvergenceDeps {
  readonly timers: TimerScope;
  /** Nothing is wanted any more. */
  stopped(): boolean;
  /** Does what is to be done now; does nothing where nothing is. */
  converge(): Promise<void>;
  /** It did not succeed. True: time alone may help. */
  failed(error: Error): boolean;
}

const retryMs = 250;
const maxRetryMs = 2_000;

/**
 * Runs one thing at a time until nothing has changed meanwhile, and again after a failure, ever more slowly. Calls that
 * come while it runs are one more round.
 */
export class Convergence {
  readonly #deps: ConvergenceDeps;
  #running = false;
  #again = false;
  #failures = 0;
  #retry: Timer | undefined;

  constructor(deps: ConvergenceDeps) {
    this.#deps = deps;
  }

  /** Begins anew: earlier failures do not count, earlier timers are gone. */
  reset(): void {
    this.#failures = 0;
    this.#retry = undefined;
  }

  /** Starts, or goes on. */
  run(): void {
    if (this.#deps.stopped()) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#untilStable().then(
      () => {
        this.#running = false;
        this.#failures = 0;
        // A call between the last look at it and here would otherwise be forgotten.
        if (this.#again) this.run();
      },
      (error: unknown) => {
        this.#running = false;
        if (this.#deps.stopped()) return;
        this.#failures++;
        if (this.#deps.failed(toError(error))) this.retrySoon();
      },
    );
  }

  /** Runs again after a while. */
  retrySoon(): void {
    if (this.#retry !== undefined || this.#deps.stopped()) return;
    const waitMs = Math.min(maxRetryMs, retryMs * 2 ** Math.max(0, this.#failures - 1));
    this.#retry = this.#deps.timers.set(() => {
      this.#retry = undefined;
      this.run();
    }, waitMs);
  }

  async #untilStable(): Promise<void> {
    do {
      this.#again = false;
      await this.#deps.converge();
    } while (this.#again && !this.#deps.stopped());
  }
}
