import type { Timer } from "../transport/clock.ts";
import { TimeoutError, toError } from "./errors.ts";
import type { Log } from "./log.ts";
import type { TimerScope } from "./timers.ts";

/** What the checks need from the session. */
export interface HealthDeps {
  readonly timers: TimerScope;
  readonly log: Log;
  /** Milliseconds between checks; Infinity for only what the lease needs. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Whether a request can be made. */
  isOpen(): boolean;
  /** Milliseconds since the last request of the session. */
  idleMs(): number;
  /** Asks `ping`. */
  ping(timeoutMs: number): Promise<unknown>;
  /** Nobody reads the connection that stands. */
  halfOpen(reason: string): void;
}

/** Unanswered checks in a row on a connection that stands, after which it counts as half-open. */
const maxUnanswered = 2;
/** The lease is renewed so often in its time. */
const renewalsPerLease = 3;

/** Keeps the session's lease, and finds a `sync` connection that stands but is not read. */
export class Health {
  readonly #deps: HealthDeps;
  #timer: Timer | undefined;
  #unanswered = 0;

  constructor(deps: HealthDeps) {
    this.#deps = deps;
  }

  /** Starts for a session with this lease, in place of the one before. */
  keep(leaseMs: number): void {
    this.#timer?.cancel();
    const { timers, intervalMs } = this.#deps;
    const everyMs = Math.min(leaseMs / renewalsPerLease, intervalMs);
    this.#timer = timers.set(() => {
      this.keep(leaseMs);
      if (this.#deps.isOpen() && (intervalMs <= everyMs || this.#deps.idleMs() >= everyMs / 2)) this.#check();
    }, everyMs);
  }

  /** Ends it. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#unanswered = 0;
  }

  #check(): void {
    const { log, timeoutMs, halfOpen, ping } = this.#deps;
    ping(timeoutMs).then(
      () => {
        this.#unanswered = 0;
      },
      (error: unknown) => {
        log.debug("A health check failed", { error: toError(error) });
        // One lost answer may be chance.
        if (!(error instanceof TimeoutError) || ++this.#unanswered < maxUnanswered) return;
        this.#unanswered = 0;
        halfOpen(`${maxUnanswered} health checks were not answered`);
      },
    );
  }
}
