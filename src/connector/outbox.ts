import type { ExecutedOutcome, Outcome, RefusedOutcome } from "../protocol/v1/messages.ts";
import type { Clock, Timer } from "../transport/clock.ts";
import type { ClientChannel } from "../transport/transport.ts";
import type { AgentClock } from "./agent-clock.ts";
import { type Command, type CommandInput, type CommandStamps, newCommand } from "./command.ts";
import { type NotExecutedReason, notExecutedError, rejectedError, unknownError } from "./command-errors.ts";
import { CommandWindow, type CommandWindowDeps } from "./command-window.ts";
import { LimitExceededError, MT5Error } from "./errors.ts";
import type { Log } from "./log.ts";
import type { RequestSession } from "./requests.ts";
import type { TimerScope } from "./timers.ts";

/** The session's promises about commands. */
export interface OutboxLimits {
  readonly commandTtlMs: number;
  readonly maxPending: number;
}

/** What the outbox needs from its surroundings. */
export interface OutboxDeps extends CommandWindowDeps {
  readonly agentId: string;
  readonly clock: Clock;
  readonly timers: TimerScope;
  readonly agentClock: AgentClock;
  readonly log: Log;
  /**
   * Asks `outcome` for an id, whose first stamps these are. With `peek` an unknown id is left alone, and gives null.
   * Rejects when asking is not possible now.
   */
  askOutcome(id: string, stamps: CommandStamps, peek: boolean): Promise<Outcome | null>;
  /** The agent's clock has to be measured anew. */
  remeasure(): Promise<void>;
  /** A command's outcome is certain: its execution, or why it was not executed. */
  settled(command: Command, result: ExecutedOutcome | MT5Error): void;
}

/** How long to wait before `outcome` is asked again after it could not be. */
const askAgainMs = 2_000;
/** How long to wait after the agent had no room for a command. */
const busyMs = 500;
/** After so long without an outcome the journal is looked at: the agent does not tell a stored outcome at every copy. */
const peekMs = 1_000;
/** The same for an id of the caller's choice: it may be a repetition, which the agent answers once a second at most. */
const namedPeekMs = 100;
/** Journal entries looked at at once. */
const maxPeeks = 16;

/**
 * Commands until their outcomes are certain (docs/protocol.md, 6.3 and 6.5). A command is open for copies until shortly
 * before its caller's time is up; then the journal is asked, because only it can tell what never arrived.
 */
export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #window: CommandWindow;
  /** Without a certain outcome, oldest first. */
  readonly #open: Map<string, Command> = new Map();
  /** To be given a counter and sent, oldest first. */
  #queue: Command[] = [];
  #session: RequestSession | undefined;
  #limits: OutboxLimits = { commandTtlMs: 60_000, maxPending: 10_000 };
  #peekTimer: Timer | undefined;
  #peeks = 0;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#window = new CommandWindow(deps);
  }

  /** Commands without a certain outcome. */
  get open(): number {
    return this.#open.size;
  }

  /** Those of them that may open positions. */
  get opening(): number {
    let count = 0;
    for (const command of this.#open.values()) if (command.opens) count++;
    return count;
  }

  /** The command that has this id and no certain outcome yet. */
  find(id: string): Command | undefined {
    return this.#open.get(id);
  }

  /** Takes a command, and resolves with its execution. Rejects when it is certainly not executed, or unknown. */
  submit(input: CommandInput): Promise<ExecutedOutcome> {
    const { clock, timers, agentId } = this.#deps;
    const known = this.#open.get(input.id);
    if (known !== undefined) return this.#join(known, input);
    if (!input.reduces && this.#open.size >= this.#limits.maxPending) {
      const message = `Cannot ${input.action}: ${this.#open.size} commands of agent "${agentId}" are open`;
      return Promise.reject(
        new LimitExceededError(message, {
          code: "TOO_MANY_COMMANDS",
          remedy: "Wait for outcomes before sending more",
        }),
      );
    }
    const { signal } = input;
    if (signal?.aborted === true) {
      return Promise.reject(notExecutedError(input, "NOT_SENT", "the caller aborted it", signal.reason));
    }
    const command = newCommand(input, clock.nowMs());
    this.#open.set(command.id, command);
    this.#queue.push(command);
    if (signal !== undefined) {
      const onAbort = (): void => this.#abandon(command, "the caller aborted it", signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      command.stopListening = (): void => signal.removeEventListener("abort", onAbort);
    }
    command.timer = timers.set(() => this.#close(command), command.closesMs - clock.nowMs());
    this.flush();
    return command.promise;
  }

  /** The channel is up: everything from the first missing command goes out, in order. */
  attach(channel: ClientChannel): void {
    this.#window.attach(channel);
    this.flush();
  }

  /** The channel is gone. */
  detach(): void {
    this.#window.detach();
  }

  /** The channel takes messages again. */
  writable(): void {
    this.#window.writable();
    this.flush();
  }

  /** A session begins: open commands get new counters, in their order. */
  startSession(session: RequestSession, limits: OutboxLimits): void {
    this.#session = session;
    this.#limits = limits;
    this.#window.startSession(session);
    this.#queue = [];
    for (const command of this.#open.values()) {
      command.copy = undefined;
      if (!command.closed) this.#queue.push(command);
    }
    this.flush();
  }

  /** There is no session; nothing is sent until the next. */
  endSession(): void {
    this.#session = undefined;
    this.#window.endSession();
  }

  /** Outcomes may have gone with a part of the ledger: every open command is repeated, and the journal answers (5.1). */
  repeatAll(): void {
    for (const command of this.#open.values()) {
      if (!command.sent) continue;
      // Whether it is still unknown has to be asked again, too.
      command.lastUnknown = undefined;
      if (command.closed) this.#ask(command);
      else this.#requeue(command);
    }
  }

  /** Writes what can be written. */
  flush(): void {
    this.#window.flush();
    while (this.#session !== undefined && this.#window.ready) {
      const command = this.#queue.shift();
      if (command === undefined) return;
      if (this.#open.get(command.id) !== command || command.closed) continue;
      const stamps = command.stamps ?? this.#stamp(command, this.#session);
      const first = !command.sent;
      const copy = this.#window.send(command, stamps);
      if (copy === undefined) {
        if (!command.sent) command.stamps = command.firstStamps = undefined;
        this.#queue.unshift(command);
        return;
      }
      command.copy = copy;
      command.heardMs = copy.sentMs;
      if (first && command.named) this.#deps.timers.set(() => this.#peek(command), namedPeekMs);
      this.#peekSoon();
    }
  }

  /** A pulse tells the highest counter that the agent has used up. */
  pulse(used: number): void {
    this.#window.pulse(used);
    this.flush();
  }

  /** An outcome arrived, by the ledger, a hint, hello or `outcome`. True if it is about a command of this outbox. */
  outcome(outcome: Outcome): boolean {
    if (outcome.state === "refused") this.#mendWindow(outcome);
    const command = this.#open.get(outcome.id);
    if (command === undefined) return false;
    // A tombstone is about the id as such; everything else about the command that bears this digest (6.3).
    if (outcome.state !== "void" && outcome.digest !== command.digest) return false;
    switch (outcome.state) {
      case "pending":
        return true;
      case "void":
        this.#notExecuted(command, "VOID", "it never reached the trade server, and its id is void now");
        return true;
      case "executed":
        this.#settle(command, outcome);
        return true;
      case "rejected":
        this.#settle(command, rejectedError(command, outcome.retcode, outcome.comment));
        return true;
      case "unknown":
        command.lastUnknown = outcome;
        return true;
      case "refused":
        this.#refused(command, outcome);
        return true;
    }
  }

  /** The agent can be asked again: outcomes that had to wait for that are asked for. */
  askPending(): void {
    for (const command of this.#open.values()) this.#ask(command);
  }

  /** The connection is given up: every promise settles with what is true now. What is unknown is asked next time. */
  end(detail: string): void {
    this.endSession();
    this.#peekTimer?.cancel();
    this.#peekTimer = undefined;
    for (const command of [...this.#open.values()]) this.#abandon(command, detail, undefined);
    this.#queue = [];
  }

  #join(known: Command, input: CommandInput): Promise<ExecutedOutcome> {
    if (known.digest !== input.digest) {
      return Promise.reject(notExecutedError(input, "ID_REUSED", "another command with this id is open"));
    }
    if (!known.abandoned) return known.promise;
    return Promise.reject(unknownError(known, "it was sent before, and is still open", known.lastUnknown));
  }

  #stamp(command: Command, session: RequestSession): CommandStamps {
    const issuedAt = this.#deps.agentClock.now();
    const left = Math.ceil(command.closesMs - this.#deps.clock.nowMs());
    const ttl = Math.max(1, Math.min(left, this.#limits.commandTtlMs));
    const stamps = { epoch: session.epoch, issuedAt, notAfter: issuedAt + ttl };
    command.stamps = stamps;
    command.firstStamps ??= stamps;
    return stamps;
  }

  #refused(command: Command, refused: RefusedOutcome): void {
    const { code, reason } = refused;
    switch (code) {
      case "COUNTER":
      case "NO_SESSION":
        return;
      case "REPLAYED":
        if (this.#isPresentCopy(command, refused)) this.#requeue(command);
        return;
      case "BUSY":
        if (this.#isPresentCopy(command, refused)) {
          this.#deps.timers.set(() => this.#requeue(command), busyMs);
        }
        return;
      case "STALE":
        if (this.#isPresentCopy(command, refused)) this.#stale(command);
        return;
      case "VOID":
      case "ID_REUSED":
        this.#notExecuted(command, code, reason);
        return;
      case "EXPIRED_ID":
        this.#beyondJournal(command, reason);
        return;
      case "EXPIRED":
        if (!bearsNewestStamps(command, refused)) return;
        if (!this.#issueAnew(command)) this.#notExecuted(command, code, reason);
        return;
      default:
        // Certain only about the stamps that it names (6.3): a copy with later ones may still be accepted.
        if (bearsNewestStamps(command, refused)) this.#notExecuted(command, code, reason);
    }
  }

  /** What a refusal says about counters and the session, whosever command it was. */
  #mendWindow(refused: RefusedOutcome): void {
    if (refused.session !== this.#session?.id) return;
    if (refused.code === "NO_SESSION") this.#deps.sessionLost("the agent does not know the session any more");
    else if (refused.code === "COUNTER" && refused.expected !== undefined) {
      this.#window.missing(refused.expected);
      this.flush();
    }
  }

  #isPresentCopy(command: Command, refused: RefusedOutcome): boolean {
    return refused.session === this.#session?.id && refused.n === command.copy?.n;
  }

  #stale(command: Command): void {
    // The stamps lie ahead of the agent's clock: the same stamps go out again when they do not.
    const { agentClock, log, timers } = this.#deps;
    const again = (): void => {
      const issuedAt = command.stamps?.issuedAt ?? 0;
      const waitMs = agentClock.known ? Math.max(0, issuedAt - agentClock.now()) : askAgainMs;
      timers.set(() => this.#requeue(command), waitMs);
    };
    this.#deps.remeasure().then(again, (error: unknown) => {
      log.warn("Cannot measure the agent's clock", { error });
      again();
    });
  }

  /** After an agent's restart, while the caller still waits, the same id may be issued with new stamps (6.5). */
  #issueAnew(command: Command): boolean {
    const session = this.#session;
    if (session === undefined || command.closed || command.stamps?.epoch === session.epoch) return false;
    command.stamps = undefined;
    this.#requeue(command);
    return true;
  }

  #beyondJournal(command: Command, reason: string): void {
    this.#open.delete(command.id);
    this.#release(command);
    command.reject(
      unknownError(command, `the agent's journal does not reach back to it (${reason})`, undefined),
    );
  }

  #requeue(command: Command): void {
    const waits = this.#queue.includes(command);
    if (this.#open.get(command.id) !== command || command.closed || waits) return;
    this.#queue.push(command);
    this.flush();
  }

  /** Its copies are no longer valid. Certain if none was ever written; else the journal is asked. */
  #close(command: Command): void {
    if (!command.sent) {
      this.#notExecuted(command, "NOT_SENT", `it could not be sent in ${command.timeoutMs} ms`);
      return;
    }
    command.closed = true;
    const left = command.deadlineMs - this.#deps.clock.nowMs();
    const late = (): void =>
      this.#abandon(command, `no certain outcome in ${command.timeoutMs} ms`, undefined);
    command.timer = this.#deps.timers.set(late, left);
    this.#ask(command);
  }

  /** The caller stops waiting. What was never sent is certain; what was sent is kept until it is. */
  #abandon(command: Command, detail: string, cause: unknown): void {
    if (command.abandoned || this.#open.get(command.id) !== command) return;
    if (!command.sent) {
      this.#notExecuted(command, "NOT_SENT", `it was never sent: ${detail}`, cause);
      return;
    }
    command.abandoned = true;
    command.closed = true;
    this.#release(command);
    command.reject(unknownError(command, detail, command.lastUnknown, cause));
    this.#ask(command);
  }

  /** Asks the journal for a command of which no further copy is made; a tombstone ends those that are under way. */
  #ask(command: Command): void {
    const stamps = command.firstStamps;
    const known = command.lastUnknown !== undefined;
    if (!command.closed || command.asking || known || stamps === undefined || this.#session === undefined)
      return;
    command.asking = true;
    this.#deps.askOutcome(command.id, stamps, false).then(
      (outcome) => {
        command.asking = false;
        if (outcome === null || this.outcome(outcome) || this.#open.get(command.id) !== command) return;
        this.#notExecuted(command, "ID_REUSED", "the agent's journal holds another command under this id");
      },
      (error: unknown) => {
        command.asking = false;
        this.#deps.log.debug("Cannot ask for an outcome yet", { id: command.id, error });
        this.#deps.timers.set(() => {
          if (this.#open.get(command.id) === command) this.#ask(command);
        }, askAgainMs);
      },
    );
  }

  #peekSoon(): void {
    if (this.#peekTimer !== undefined) return;
    this.#peekTimer = this.#deps.timers.set(() => {
      this.#peekTimer = undefined;
      this.#peekAll();
      if (this.#open.size > 0) this.#peekSoon();
    }, peekMs);
  }

  #peekAll(): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const command of this.#open.values()) {
      if (this.#peeks >= maxPeeks) return;
      if (nowMs - command.heardMs >= peekMs) this.#peek(command);
    }
  }

  /** Looks at the journal entry of a command that nothing was heard of. Proves nothing where there is none. */
  #peek(command: Command): void {
    const { askOutcome, clock, log } = this.#deps;
    const stamps = command.firstStamps;
    const asks = command.sent && !command.closed && !command.asking && this.#open.get(command.id) === command;
    if (!asks || stamps === undefined || this.#session === undefined || this.#peeks >= maxPeeks) return;
    command.heardMs = clock.nowMs();
    command.asking = true;
    this.#peeks++;
    const done = (): void => {
      this.#peeks--;
      command.asking = false;
      // It may have been closed meanwhile, and its question been held back by this one.
      if (command.closed && this.#open.get(command.id) === command) this.#ask(command);
    };
    askOutcome(command.id, stamps, true).then(
      (outcome) => {
        if (outcome !== null) this.outcome(outcome);
        done();
      },
      (error: unknown) => {
        log.debug("Cannot look at an outcome yet", { id: command.id, error });
        done();
      },
    );
  }

  #notExecuted(command: Command, reason: NotExecutedReason, detail: string, cause?: unknown): void {
    this.#settle(command, notExecutedError(command, reason, detail, cause));
  }

  #settle(command: Command, result: ExecutedOutcome | MT5Error): void {
    this.#open.delete(command.id);
    this.#release(command);
    if (result instanceof MT5Error) command.reject(result);
    else command.resolve(result);
    this.#deps.settled(command, result);
  }

  #release(command: Command): void {
    command.timer?.cancel();
    command.timer = undefined;
    command.stopListening();
  }
}

function bearsNewestStamps(command: Command, refused: RefusedOutcome): boolean {
  const { stamps } = command;
  return (
    stamps !== undefined &&
    refused.epoch === stamps.epoch &&
    refused.issuedAt === stamps.issuedAt &&
    refused.notAfter === stamps.notAfter
  );
}
