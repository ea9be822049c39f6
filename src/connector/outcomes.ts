import type { Outcome } from "../protocol/v1/messages.ts";
import { toError } from "./errors.ts";
import type { Log } from "./log.ts";
import type { TimerScope } from "./timers.ts";

/** Outcomes that are told once and then stay in the agent's list until they are acknowledged. */
export type FinalOutcome = Extract<Outcome, { readonly state: "executed" | "rejected" | "void" }>;

/** Acknowledgements wait so long for others to share their request. */
const gatherMs = 20;
const retryMs = 5_000;
const maxIdsPerRequest = 256;
/** Outcomes remembered as told, so that a repetition is not told again. */
const maxTold = 10_000;

/** Whether an outcome ends its command and has to be acknowledged (docs/protocol.md, 6.3). */
export function isFinal(outcome: Outcome): outcome is FinalOutcome {
  return outcome.state === "executed" || outcome.state === "rejected" || outcome.state === "void";
}

/** Acknowledges outcomes once they have been told, and remembers which have. */
export class OutcomeLedger {
  readonly #timers: TimerScope;
  readonly #log: Log;
  readonly #acknowledge: (ids: readonly string[]) => Promise<unknown>;
  readonly #due: Set<string> = new Set();
  readonly #told: Set<string> = new Set();
  #waiting = false;

  constructor(timers: TimerScope, log: Log, acknowledge: (ids: readonly string[]) => Promise<unknown>) {
    this.#timers = timers;
    this.#log = log;
    this.#acknowledge = acknowledge;
  }

  /** Marks an outcome as told. False if it had been told before. */
  tell(id: string): boolean {
    if (this.#told.has(id)) return false;
    this.#told.add(id);
    if (this.#told.size > maxTold) {
      for (const oldest of this.#told) {
        this.#told.delete(oldest);
        break;
      }
    }
    return true;
  }

  /** Forgets that an outcome was told: its id is used again. */
  forget(id: string): void {
    this.#told.delete(id);
  }

  /** Acknowledges soon. */
  acknowledge(id: string): void {
    this.#due.add(id);
    this.#schedule(gatherMs);
  }

  /** A session begins, with timers of its own. */
  resume(): void {
    this.#waiting = false;
    if (this.#due.size > 0) this.#schedule(gatherMs);
  }

  /** Acknowledges everything that is due, now. */
  async flush(): Promise<void> {
    while (this.#due.size > 0) {
      const ids = [...this.#due].slice(0, maxIdsPerRequest);
      await this.#acknowledge(ids);
      for (const id of ids) this.#due.delete(id);
    }
  }

  #schedule(delayMs: number): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#timers.set(() => {
      this.#waiting = false;
      this.flush().catch((error: unknown) => {
        this.#log.debug("Outcomes could not be acknowledged yet", { error: toError(error) });
        this.#schedule(retryMs);
      });
    }, delayMs);
  }
}
