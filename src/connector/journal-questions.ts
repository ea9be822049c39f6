import type { Outcome } from "../protocol/v1/messages.ts";
import type { Clock, Timer } from "../transport/clock.ts";
import type { Command, CommandStamps } from "./command.ts";
import type { Log } from "./log.ts";
import type { OpenCommands } from "./open-commands.ts";
import type { TimerScope } from "./timers.ts";

/** What asking the journal needs from the outbox. */
export interface JournalQuestionsDeps {
  readonly clock: Clock;
  readonly timers: TimerScope;
  readonly log: Log;
  readonly open: OpenCommands;
  /** Whether there is a session to ask in. */
  hasSession(): boolean;
  /**
   * Asks `outcome` for an id, whose first stamps these are. With `peek` an unknown id is left alone, and gives null.
   * Rejects when asking is not possible now.
   */
  askOutcome(id: string, stamps: CommandStamps, peek: boolean): Promise<Outcome | null>;
  /** The journal's answer. False if it is about another command. */
  outcome(outcome: Outcome): boolean;
  /** The journal holds another command under the id. */
  foreign(command: Command): void;
}

/** How long to wait before `outcome` is asked again after it could not be. */
const askAgainMs = 2_000;
/** After so long without an outcome the journal is looked at: the agent does not tell a stored outcome at every copy. */
const peekMs = 1_000;
/** The same for an id of the caller's choice: it may be a repetition, which the agent answers once a second at most. */
const namedPeekMs = 100;
/** Journal entries looked at at once. */
const maxPeeks = 16;

/** Asks the agent's journal what became of open commands (docs/protocol.md, 6.3). */
export class JournalQuestions {
  readonly #deps: JournalQuestionsDeps;
  #peekTimer: Timer | undefined;
  #peeks = 0;

  constructor(deps: JournalQuestionsDeps) {
    this.#deps = deps;
  }

  /** Follows a command that was just sent, for the first time or again. */
  follow(command: Command, first: boolean): void {
    if (first && command.named) this.#deps.timers.set(() => this.#peek(command), namedPeekMs);
    this.#peekSoon();
  }

  /** Nobody waits any more. */
  end(): void {
    this.#peekTimer?.cancel();
    this.#peekTimer = undefined;
  }

  /** Asks for a command of which no further copy is made; a tombstone ends those that are under way. */
  ask(command: Command): void {
    const { timers, log } = this.#deps;
    const stamps = command.firstStamps;
    const settled = command.lastUnknown !== undefined || !this.#deps.open.has(command);
    if (!command.closed || command.asking || settled || stamps === undefined || !this.#deps.hasSession())
      return;
    command.asking = true;
    this.#deps.askOutcome(command.id, stamps, false).then(
      (outcome) => {
        command.asking = false;
        if (outcome === null || this.#deps.outcome(outcome) || !this.#deps.open.has(command)) return;
        this.#deps.foreign(command);
      },
      (error: unknown) => {
        command.asking = false;
        log.debug("Cannot ask for an outcome yet", { id: command.id, error });
        timers.set(() => this.ask(command), askAgainMs);
      },
    );
  }

  #peekSoon(): void {
    if (this.#peekTimer !== undefined) return;
    this.#peekTimer = this.#deps.timers.set(() => {
      this.#peekTimer = undefined;
      this.#peekAll();
      if (this.#deps.open.size > 0) this.#peekSoon();
    }, peekMs);
  }

  #peekAll(): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const command of this.#deps.open.values()) {
      if (this.#peeks >= maxPeeks) return;
      if (nowMs - command.heardMs >= peekMs) this.#peek(command);
    }
  }

  /** Looks at the journal entry of a command that nothing was heard of. Proves nothing where there is none. */
  #peek(command: Command): void {
    const { clock, log } = this.#deps;
    const stamps = command.firstStamps;
    const asks = command.sent && !command.closed && !command.asking && this.#deps.open.has(command);
    if (!asks || stamps === undefined || !this.#deps.hasSession() || this.#peeks >= maxPeeks) return;
    command.heardMs = clock.nowMs();
    command.asking = true;
    this.#peeks++;
    const done = (): void => {
      this.#peeks--;
      command.asking = false;
      // It may have been closed meanwhile, and its question been held back by this one.
      if (command.closed) this.ask(command);
    };
    this.#deps.askOutcome(command.id, stamps, true).then(
      (outcome) => {
        if (outcome !== null) this.#deps.outcome(outcome);
        done();
      },
      (error: unknown) => {
        log.debug("Cannot look at an outcome yet", { id: command.id, error });
        done();
      },
    );
  }
}
