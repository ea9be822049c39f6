import type { ExecutedOutcome } from "../protocol/v1/messages.ts";
import type { Clock } from "../transport/clock.ts";
import type { Command } from "./command.ts";
import { abortedError, type NotExecutedReason, notExecutedError, unknownError } from "./command-errors.ts";
import { MT5Error } from "./errors.ts";
import type { TimerScope } from "./timers.ts";

/** What the table tells the outbox. */
export interface OpenCommandsDeps {
  readonly clock: Clock;
  readonly timers: TimerScope;
  /** No further copy of a command is made: the journal can be asked for it. */
  closed(command: Command): void;
  /** A command's outcome is certain: its execution, or why it was not executed. */
  settled(command: Command, result: ExecutedOutcome | MT5Error): void;
}

/** Commands without a certain outcome, oldest first, and the ways in which each comes to its end (docs/protocol.md, 6.3). */
export class OpenCommands {
  readonly #deps: OpenCommandsDeps;
  readonly #commands: Map<string, Command> = new Map();

  constructor(deps: OpenCommandsDeps) {
    this.#deps = deps;
  }

  /** How many there are. */
  get size(): number {
    return this.#commands.size;
  }

  /** Those of them that may open positions. */
  get opening(): number {
    let count = 0;
    for (const command of this.#commands.values()) if (command.opens) count++;
    return count;
  }

  /** The command that has this id. */
  find(id: string): Command | undefined {
    return this.#commands.get(id);
  }

  /** Whether a command is still without a certain outcome. */
  has(command: Command): boolean {
    return this.#commands.get(command.id) === command;
  }

  /** All of them, oldest first. */
  values(): Iterable<Command> {
    return this.#commands.values();
  }

  /** Takes a command, and minds its caller's time and signal. */
  add(command: Command): void {
    const { clock, timers } = this.#deps;
    const { signal } = command;
    this.#commands.set(command.id, command);
    if (signal !== undefined) {
      const onAbort = (): void => this.#abort(command, signal);
      signal.addEventListener("abort", onAbort, { once: true });
      command.stopListening = (): void => signal.removeEventListener("abort", onAbort);
    }
    command.timer = timers.set(() => this.#close(command), command.closesMs - clock.nowMs());
  }

  /** The outcome of a command is certain. */
  settle(command: Command, result: ExecutedOutcome | MT5Error): void {
    this.#commands.delete(command.id);
    this.#release(command);
    if (result instanceof MT5Error) command.reject(result);
    else command.resolve(result);
    this.#deps.settled(command, result);
  }

  /** A command was certainly not executed, and the broker had no say in it. */
  notExecuted(command: Command, reason: NotExecutedReason, detail: string, cause?: unknown): void {
    this.settle(command, notExecutedError(command, reason, detail, cause));
  }

  /** Nobody can tell any more, now or later. */
  beyondJournal(command: Command, reason: string): void {
    this.#commands.delete(command.id);
    this.#release(command);
    const detail = `the agent's journal does not reach back to it (${reason})`;
    command.reject(unknownError(command, detail, undefined));
  }

  /** Every promise settles with what is true now. What is unknown is asked next time. */
  abandonAll(detail: string): void {
    for (const command of [...this.#commands.values()]) this.#abandon(command, detail, undefined);
  }

  /** Its copies are no longer valid. Certain if none was ever written; else the journal is asked. */
  #close(command: Command): void {
    const { clock, timers } = this.#deps;
    if (!command.sent) {
      this.notExecuted(command, "NOT_SENT", `it could not be sent in ${command.timeoutMs} ms`);
      return;
    }
    command.closed = true;
    const late = (): void =>
      this.#abandon(command, `no certain outcome in ${command.timeoutMs} ms`, undefined);
    command.timer = timers.set(late, command.deadlineMs - clock.nowMs());
    this.#deps.closed(command);
  }

  #abort(command: Command, signal: AbortSignal): void {
    if (this.has(command) && !command.sent) this.settle(command, abortedError(command, signal.reason));
    else this.#abandon(command, "the caller aborted it", signal.reason);
  }

  /** The caller stops waiting. What was never sent is certain; what was sent is kept until it is. */
  #abandon(command: Command, detail: string, cause: unknown): void {
    if (command.abandoned || !this.has(command)) return;
    if (!command.sent) {
      this.notExecuted(command, "NOT_SENT", `it was never sent: ${detail}`, cause);
      return;
    }
    command.abandoned = true;
    command.closed = true;
    this.#release(command);
    command.reject(unknownError(command, detail, command.lastUnknown, cause));
    this.#deps.closed(command);
  }

  #release(command: Command): void {
    command.timer?.cancel();
    command.timer = undefined;
    command.stopListening();
  }
}
