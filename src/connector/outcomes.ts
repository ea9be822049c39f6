import type { ExecutedOutcome, Outcome, OutcomesResult, SyncOp } from "../protocol/v1/messages.ts";
import { type Reader, readNothing, readOutcomes } from "../protocol/v1/reply-schemas.ts";
import type { Command } from "./command.ts";
import { MT5Error, toError } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Outbox } from "./outbox.ts";
import type { Answer } from "./requests.ts";
import type { TimerScope } from "./timers.ts";

/** How an outcome came. */
export interface Delivery {
  /** Listed by the agent as not yet told, instead of heard when it happened. */
  readonly recovered: boolean;
  /** Meant for this connector alone, so that it may be acknowledged. */
  readonly own: boolean;
  /** Somebody asked for it, and gets it as the answer. */
  readonly silent: boolean;
}

/** What the desk needs from the session. */
export interface OutcomeDeskDeps {
  readonly timers: TimerScope;
  readonly log: Log;
  readonly outbox: () => Outbox;
  ask<T>(op: SyncOp, args: Readonly<Record<string, unknown>>, read: Reader<T>): Promise<Answer<T>>;
  /** An outcome that no caller waits for. */
  tell(id: string, outcome: Outcome | ExecutedOutcome | MT5Error, recovered: boolean): void;
}

/** Acknowledgements wait so long for others to share their request. */
const gatherMs = 20;
const retryMs = 5_000;
const maxIdsPerRequest = 256;
/**
 * Outcomes remembered as told, so that a repetition is not told again; besides, all that are not acknowledged yet, which
 * the agent may list again at any time.
 */
const maxTold = 2_048;

/**
 * Where outcomes arrive: each settles its command, or is told as an event, once; and is acknowledged after that, so that
 * the agent lists it again if this process dies before (docs/protocol.md, 6.3).
 */
export class OutcomeDesk {
  readonly #deps: OutcomeDeskDeps;
  readonly #due: Set<string> = new Set();
  readonly #told: Set<string> = new Set();
  #waiting = false;

  constructor(deps: OutcomeDeskDeps) {
    this.#deps = deps;
  }

  /** An outcome arrived. Says whether it was told as an event. */
  deliver(outcome: Outcome, delivery: Delivery): boolean {
    const open = this.#deps.outbox().outcome(outcome);
    const final = outcome.state === "executed" || outcome.state === "rejected" || outcome.state === "void";
    if (open || !final) return false;
    const told = this.#first(outcome.id) && !delivery.silent;
    if (told) this.#deps.tell(outcome.id, outcome, delivery.recovered);
    // Another connector of the same client may still wait for an outcome that was only overheard.
    if (delivery.own && outcome.state !== "void") this.#acknowledge(outcome.id);
    return told;
  }

  /** Those that hello listed as not acknowledged, and the further ones by pages. */
  async deliverUntold(outcomes: readonly Outcome[], more: boolean): Promise<void> {
    const listed = { recovered: true, own: true, silent: false };
    let count = 0;
    for (const outcome of outcomes) if (this.deliver(outcome, listed)) count++;
    let cursor: string | null = null;
    while (more) {
      const args: Readonly<Record<string, unknown>> = cursor === null ? {} : { cursor };
      const page: Answer<OutcomesResult> = await this.#deps.ask("outcomes", args, readOutcomes);
      for (const outcome of page.result.outcomes) if (this.deliver(outcome, listed)) count++;
      cursor = page.result.more;
      if (cursor === null) break;
    }
    // One line, however many there are.
    if (count > 0) this.#deps.log.info("Outcomes of earlier commands were told as events", { count });
  }

  /** A command of the outbox has come to its end; whoever waited for it knows. */
  settled(command: Command, result: ExecutedOutcome | MT5Error): void {
    this.#first(command.id);
    if (command.abandoned) {
      const state = result instanceof MT5Error ? result.code : result.state;
      this.#deps.log.info("What became of a command is known, after its caller was told that it is not", {
        id: command.id,
        state,
      });
      this.#deps.tell(command.id, result, false);
    }
    const listed = !(result instanceof MT5Error) || result.code === "REJECTED";
    if (listed) this.#acknowledge(command.id);
  }

  /** Timers can be set again. */
  resume(): void {
    this.#waiting = false;
    if (this.#due.size > 0) this.#schedule(gatherMs);
  }

  /** Acknowledges everything that is due, now. */
  async flush(): Promise<void> {
    while (this.#due.size > 0) {
      const ids = [...this.#due].slice(0, maxIdsPerRequest);
      await this.#deps.ask("outcome.ack", { ids }, readNothing);
      for (const id of ids) this.#due.delete(id);
    }
  }

  /** False if the outcome of this id had been told before. */
  #first(id: string): boolean {
    if (this.#told.has(id) || this.#due.has(id)) return false;
    this.#told.add(id);
    if (this.#told.size > maxTold) {
      for (const oldest of this.#told) {
        this.#told.delete(oldest);
        break;
      }
    }
    return true;
  }

  #acknowledge(id: string): void {
    this.#due.add(id);
    this.#schedule(gatherMs);
  }

  #schedule(delayMs: number): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#deps.timers.set(() => {
      this.#waiting = false;
      this.flush().catch((error: unknown) => {
        this.#deps.log.debug("Outcomes could not be acknowledged yet", { error: toError(error) });
        this.#schedule(retryMs);
      });
    }, delayMs);
  }
}
