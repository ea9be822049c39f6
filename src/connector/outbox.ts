import type { ExecutedOutcome, Outcome, RefusedOutcome } from "../protocol/v1/messages.ts";
import type { Clock } from "../transport/clock.ts";
import type { ClientChannel } from "../transport/transport.ts";
import type { AgentClock } from "./agent-clock.ts";
import { type Command, type CommandInput, type CommandStamps, newCommand } from "./command.ts";
import { abortedError, notExecutedError, rejectedError, unknownError } from "./command-errors.ts";
import { judgeRefusal } from "./command-refusals.ts";
import { CommandWindow, type CommandWindowDeps } from "./command-window.ts";
import { LimitExceededError, type MT5Error } from "./errors.ts";
import { JournalQuestions, type JournalQuestionsDeps } from "./journal-questions.ts";
import type { Log } from "./log.ts";
import { OpenCommands } from "./open-commands.ts";
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
  readonly askOutcome: JournalQuestionsDeps["askOutcome"];
  /** The agent's clock has to be measured anew. */
  remeasure(): Promise<void>;
  /** A command's outcome is certain: its execution, or why it was not executed. */
  settled(command: Command, result: ExecutedOutcome | MT5Error): void;
}

/** How long to wait where the agent's clock is not known. */
const unknownClockWaitMs = 2_000;
/** How long to wait after the agent had no room for a command. */
const busyMs = 500;

/**
 * Commands until their outcomes are certain (docs/protocol.md, 6.3 and 6.5). A command is open for copies until shortly
 * before its caller's time is up; then the journal is asked, because only it can tell what never arrived.
 */
export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #window: CommandWindow;
  readonly #journal: JournalQuestions;
  readonly #open: OpenCommands;
  /** To be given a counter and sent, oldest first. */
  #queue: Command[] = [];
  #session: RequestSession | undefined;
  #limits: OutboxLimits = { commandTtlMs: 60_000, maxPending: 10_000 };

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#window = new CommandWindow(deps);
    const { clock, timers, log } = deps;
    this.#open = new OpenCommands({
      clock,
      timers,
      closed: (command): void => this.#journal.ask(command),
      settled: (command, result): void => deps.settled(command, result),
    });
    this.#journal = new JournalQuestions({
      clock,
      timers,
      log,
      open: this.#open,
      hasSession: () => this.#session !== undefined,
      askOutcome: (id, stamps, peek) => deps.askOutcome(id, stamps, peek),
      outcome: (outcome) => this.outcome(outcome),
      foreign: (command): void =>
        this.#open.notExecuted(
          command,
          "ID_REUSED",
          "the agent's journal holds another command under this id",
        ),
    });
  }

  /** Commands without a certain outcome. */
  get open(): number {
    return this.#open.size;
  }

  /** Those of them that may open positions. */
  get opening(): number {
    return this.#open.opening;
  }

  /** The command that has this id and no certain outcome yet. */
  find(id: string): Command | undefined {
    return this.#open.find(id);
  }

  /** Takes a command, and resolves with its execution. Rejects when it is certainly not executed, or unknown. */
  submit(input: CommandInput): Promise<ExecutedOutcome> {
    const { clock, agentId } = this.#deps;
    const known = this.#open.find(input.id);
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
      return Promise.reject(abortedError(input, signal.reason));
    }
    const command = newCommand(input, clock.nowMs());
    this.#open.add(command);
    this.#queue.push(command);
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
      if (command.closed) this.#journal.ask(command);
      else this.#requeue(command);
    }
  }

  /** Writes what can be written. */
  flush(): void {
    this.#window.flush();
    while (this.#session !== undefined && this.#window.ready) {
      const command = this.#queue.shift();
      if (command === undefined) return;
      if (!this.#open.has(command) || command.closed) continue;
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
      this.#journal.follow(command, first);
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
    const command = this.#open.find(outcome.id);
    if (command === undefined) return false;
    // A tombstone is about the id as such; everything else about the command that bears this digest (6.3).
    if (outcome.state !== "void" && outcome.digest !== command.digest) return false;
    switch (outcome.state) {
      case "pending":
        return true;
      case "void":
        this.#open.notExecuted(command, "VOID", "it never reached the trade server, and its id is void now");
        return true;
      case "executed":
        this.#open.settle(command, outcome);
        return true;
      case "rejected":
        this.#open.settle(command, rejectedError(command, outcome.retcode, outcome.comment));
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
    for (const command of this.#open.values()) this.#journal.ask(command);
  }

  /** The connection is given up: every promise settles with what is true now. What is unknown is asked next time. */
  end(detail: string): void {
    this.endSession();
    this.#journal.end();
    this.#open.abandonAll(detail);
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
    const verdict = judgeRefusal(command, refused, this.#session);
    switch (verdict.act) {
      case "nothing":
        return;
      case "repeat":
        this.#requeue(command);
        return;
      case "repeatLater":
        this.#deps.timers.set(() => this.#requeue(command), busyMs);
        return;
      case "repeatWhenDue":
        this.#repeatWhenDue(command);
        return;
      case "issueAnew":
        command.stamps = undefined;
        this.#requeue(command);
        return;
      case "beyondJournal":
        this.#open.beyondJournal(command, refused.reason);
        return;
      case "notExecuted":
        this.#open.notExecuted(command, verdict.reason, refused.reason);
        return;
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

  /** The stamps lie ahead of the agent's clock: the same stamps go out again when they do not. */
  #repeatWhenDue(command: Command): void {
    const { agentClock, log, timers } = this.#deps;
    const again = (): void => {
      const issuedAt = command.stamps?.issuedAt ?? 0;
      const waitMs = agentClock.known ? Math.max(0, issuedAt - agentClock.now()) : unknownClockWaitMs;
      timers.set(() => this.#requeue(command), waitMs);
    };
    this.#deps.remeasure().then(again, (error: unknown) => {
      log.warn("Cannot measure the agent's clock", { error });
      again();
    });
  }

  #requeue(command: Command): void {
    const waits = this.#queue.includes(command);
    if (!this.#open.has(command) || command.closed || waits) return;
    this.#queue.push(command);
    this.flush();
  }
}
