import type { Clock } from "../transport/clock.ts";
import { CircuitOpenError } from "./errors.ts";
import type { CircuitBreakerOptions } from "./options.ts";

/** Classes of operations that fail separately. */
export type OperationClass = "query" | "trade" | "marketData";

/** What a breaker is doing. */
export type BreakerState =
  | { readonly state: "closed" }
  | { readonly state: "open"; readonly untilMs: number }
  | { readonly state: "halfOpen"; readonly trying: boolean };

/** Stops asking an agent that keeps failing, and lets one call through to see whether it is back. */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #options: CircuitBreakerOptions;
  readonly #what: string;
  #failuresMs: number[] = [];
  #state: BreakerState = { state: "closed" };

  constructor(clock: Clock, options: CircuitBreakerOptions, what: string) {
    this.#clock = clock;
    this.#options = options;
    this.#what = what;
  }

  /** What it is doing now. */
  get state(): BreakerState {
    return this.#state;
  }

  /** Runs `call` if the breaker lets it; `isFailure` says which errors speak against the agent. */
  async run<T>(call: () => Promise<T>, isFailure: (error: unknown) => boolean): Promise<T> {
    this.#enter();
    try {
      const value = await call();
      this.#succeeded();
      return value;
    } catch (error) {
      if (isFailure(error)) this.#failed();
      else this.#succeeded();
      throw error;
    }
  }

  #enter(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#state.state === "open" && nowMs >= this.#state.untilMs) {
      this.#state = { state: "halfOpen", trying: false };
    }
    if (this.#state.state === "closed") return;
    if (this.#state.state === "halfOpen" && !this.#state.trying) {
      this.#state = { state: "halfOpen", trying: true };
      return;
    }
    const retryAfterMs =
      this.#state.state === "open" ? this.#state.untilMs - nowMs : this.#options.recoveryTimeoutMs;
    throw new CircuitOpenError(
      `Cannot ask ${this.#what}: it failed ${this.#options.failureThreshold} times lately`,
      {
        code: "CIRCUIT_OPEN",
        remedy: `Wait ${Math.ceil(retryAfterMs)} ms, or find out why the agent fails`,
        retryAfterMs,
      },
    );
  }

  #succeeded(): void {
    // An answer proves that the agent is there, whatever else failed before.
    this.#failuresMs = [];
    this.#state = { state: "closed" };
  }

  #failed(): void {
    const nowMs = this.#clock.nowMs();
    this.#failuresMs = this.#failuresMs.filter((at) => nowMs - at < this.#options.monitoringPeriodMs);
    this.#failuresMs.push(nowMs);
    if (this.#state.state === "halfOpen" || this.#failuresMs.length >= this.#options.failureThreshold) {
      this.#state = { state: "open", untilMs: nowMs + this.#options.recoveryTimeoutMs };
    }
  }
}
