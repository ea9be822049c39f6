import type { Outcome, SyncOp } from "../protocol/v1/messages.ts";
import { type Reader, readNothing, readOutcome } from "../protocol/v1/reply-schemas.ts";
import type { Clock } from "../transport/clock.ts";
import type { AgentClock } from "./agent-clock.ts";
import { waitApplied } from "./applied.ts";
import type { CommandStamps } from "./command.ts";
import { ConnectionError, MT5Error, ProtocolError } from "./errors.ts";
import type { LedgerPosition } from "./ledger-feed.ts";
import type { Answer, RequestOptions, Requests } from "./requests.ts";
import type { SessionState } from "./session-state.ts";
import type { TimerScope } from "./timers.ts";

/** What asking needs from the session. */
export interface InquiriesDeps {
  readonly agentId: string;
  readonly clock: Clock;
  readonly timers: TimerScope;
  readonly agentClock: AgentClock;
  readonly requests: Requests;
  readonly state: SessionState;
  readonly requestTimeoutMs: number;
  /** Resolves when the ledger is applied up to a place; undefined if it is. */
  reached(place: LedgerPosition): Promise<void> | undefined;
  /** Asks the ledger for what is missing. */
  fill(): void;
  sessionLost(reason: string): void;
  fatal(error: Error): void;
}

/** Questions to the agent within a session: what an answer is good for, and what a refusal says about the session. */
export class Inquiries {
  readonly #deps: InquiriesDeps;

  constructor(deps: InquiriesDeps) {
    this.#deps = deps;
  }

  /** Asks. An answer of another epoch than the session's is none. */
  async ask<T>(
    op: SyncOp,
    args: Readonly<Record<string, unknown>>,
    read: Reader<T>,
    options: Partial<RequestOptions> = {},
  ): Promise<Answer<T>> {
    const { requests, state, requestTimeoutMs, sessionLost, fatal } = this.#deps;
    const { established } = state;
    try {
      const answer = await requests.request(op, args, read, {
        timeoutMs: requestTimeoutMs,
        internal: true,
        ...options,
      });
      if (options.withoutSession === true || answer.epoch === established?.epoch) return answer;
      throw new ConnectionError(`Cannot use the answer to "${op}": the agent has restarted meanwhile`, {
        code: "EPOCH",
        remedy: "Ask again: a new session is being opened",
      });
    } catch (error) {
      if (error instanceof MT5Error && state.established === established) {
        if (error.code === "NO_SESSION" || error.code === "EPOCH") sessionLost(error.message);
        else if (error.code === "MAC" || error.code === "REVISION") fatal(error);
      }
      throw error;
    }
  }

  /** Asks for a caller: the answer comes when everything that it knows has been applied here. */
  async query<T>(
    op: SyncOp,
    args: Readonly<Record<string, unknown>>,
    read: Reader<T>,
    options: Pick<RequestOptions, "timeoutMs" | "signal" | "lane">,
  ): Promise<Answer<T>> {
    const { clock, timers, agentId, state } = this.#deps;
    const deadlineMs = clock.nowMs() + options.timeoutMs;
    const answer = await this.ask(op, args, read, { ...options, internal: false });
    const reached = this.#deps.reached(answer);
    if (reached === undefined) return answer;
    await waitApplied({
      reached,
      timers,
      what: `"${op}" at agent "${agentId}"`,
      leftMs: deadlineMs - clock.nowMs(),
      eventsLive: state.eventsLive,
      signal: options.signal,
      fill: (): void => this.#deps.fill(),
    });
    if (!state.stopped) return answer;
    throw new ConnectionError(`Cannot finish "${op}" at agent "${agentId}": it was disconnected`, {
      code: "NOT_CONNECTED",
      remedy: "Call connect() first",
    });
  }

  /** What the journal holds about an id; one that it does not know is declared void. */
  async outcome(
    id: string,
    stamps: CommandStamps | undefined,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<Outcome> {
    const args = stamps === undefined ? { id } : { id, epoch: stamps.epoch, issuedAt: stamps.issuedAt };
    const { result } = await this.ask("outcome", args, readOutcome, {
      ...options,
      internal: false,
      lane: "trade",
    });
    if (result.outcome !== null) return result.outcome;
    throw new ProtocolError(`Cannot tell the outcome of "${id}": the agent gave none`, {
      code: "BAD_REPLY",
      remedy: "Use an agent and a connector of the same protocol revision",
    });
  }

  /** The same for the outbox; with `peek` an id that the journal does not know is left alone, and gives null. */
  async commandOutcome(id: string, stamps: CommandStamps, peek: boolean): Promise<Outcome | null> {
    const args = peek ? { id, peek } : { id, epoch: stamps.epoch, issuedAt: stamps.issuedAt };
    return (await this.ask("outcome", args, readOutcome)).result.outcome;
  }

  /** Measures the agent's clock anew. */
  async remeasure(): Promise<void> {
    this.#deps.agentClock.distrust();
    try {
      await this.ask("ping", {}, readNothing);
    } catch (error) {
      // The refusal of a wrong stamp tells the agent's time as well as an answer does.
      if (!(error instanceof MT5Error) || error.code !== "STALE") throw error;
    }
  }
}
