import { BodyError } from "../protocol/v1/codec.ts";
import type { LedgerEvent, Outcome, SyncOp } from "../protocol/v1/messages.ts";
import { type Reader, readNothing, ShapeError } from "../protocol/v1/reply-schemas.ts";
import { accountTopic, clientTopic, ledgerTopic, pulseTopic } from "../protocol/v1/topics.ts";
import type { Channel, ClientChannel } from "../transport/transport.ts";
import type { Books } from "./books.ts";
import type { BrokerTimeInfo } from "./broker-zone.ts";
import { AuthenticationError, ConnectionError, ProtocolError, toError } from "./errors.ts";
import { readEvent } from "./event-reader.ts";
import type { LedgerPosition } from "./ledger-feed.ts";
import type { MirrorState } from "./mirror.ts";
import type { Outbox } from "./outbox.ts";
import type { Answer, RequestOptions, Requests } from "./requests.ts";
import type { SessionDeps } from "./session-deps.ts";
import { type SessionParts, sessionParts } from "./session-parts.ts";
import type { Subscriptions } from "./subscriptions.ts";

const farewellMs = 250;

/**
 * The protocol of one agent over its three channels: session, ledger, commands (docs/protocol.md, 4 to 6). It survives
 * connections: whatever happens to a channel, `GoingLive` brings the agent back to live. Here each channel's ups, downs
 * and messages go to the parts that they concern.
 */
export class Session {
  readonly #deps: SessionDeps;
  readonly #parts: SessionParts;
  readonly requests: Requests;
  readonly outbox: Outbox;
  readonly subscriptions: Subscriptions;
  readonly books: Books;
  readonly mirror: MirrorState;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#parts = sessionParts(deps, {
      sessionLost: (reason): void => this.#sessionLost(reason),
      fill: (): void => this.#fillSoon(),
      applied: (event): void => this.#applied(event),
      failed: (error): boolean => this.#failed(error),
    });
    const { requests, outbox, subscriptions, books, mirror } = this.#parts;
    this.requests = requests;
    this.outbox = outbox;
    this.subscriptions = subscriptions;
    this.books = books;
    this.mirror = mirror;
  }

  /** How broker time is converted; undefined before the first session. */
  get brokerTime(): BrokerTimeInfo | undefined {
    return this.#parts.state.brokerTime;
  }

  /** UTC as the terminal has it, which a simulated market runs at its own pace; undefined before the first session. */
  get utcMs(): number | undefined {
    return this.#parts.state.utcMs;
  }

  /** Whether requests can be made. */
  get isOpen(): boolean {
    return this.#parts.state.isOpen;
  }

  /** Whether the ledger is followed without a hole since the events channel came up. */
  get eventsLive(): boolean {
    return this.#parts.state.eventsLive;
  }

  /** Why the agent is not live, as far as the session knows. */
  get lastError(): Error | undefined {
    return this.#parts.state.lastError;
  }

  /** The last ledger event applied. */
  get position(): LedgerPosition | undefined {
    return this.#parts.catchUp.position;
  }

  /** The topics of a new connection on `events`. */
  *topics(): Iterable<Uint8Array> {
    yield ledgerTopic();
    yield pulseTopic();
    yield accountTopic();
    yield clientTopic(this.#parts.clientHex);
    yield* this.subscriptions.topics();
    yield* this.books.topics();
  }

  /** Begins. */
  start(): void {
    this.#parts.state.stopped = false;
    this.#parts.state.lastError = undefined;
    this.#parts.convergence.reset();
    this.#parts.outcomes.resume();
  }

  /** Ends: what waits is told the truth. The channels are closed by their owner. */
  async stop(reason: string): Promise<void> {
    if (this.#parts.state.stopped) return;
    this.#parts.state.stopped = true;
    this.outbox.end(reason);
    if (this.isOpen) await this.#farewell();
    this.#forgetSession();
    this.#parts.health.end();
    this.requests.detach(reason);
    this.outbox.detach();
    this.#parts.catchUp.end();
    const error = new ConnectionError(`Cannot subscribe at agent "${this.#deps.agent.id}": ${reason}`, {
      code: "NOT_CONNECTED",
      remedy: "Call connect() first",
    });
    this.subscriptions.end(error);
    this.books.end(error);
  }

  /** A channel is up. */
  channelUp(channel: Channel, connection: ClientChannel): void {
    if (channel === "command") this.outbox.attach(connection);
    if (channel === "sync") this.requests.attach(connection);
    if (channel === "events") this.#parts.events.watch();
    this.#parts.convergence.run();
  }

  /** A channel that was up is gone. */
  channelLost(channel: Channel, reason: string): void {
    if (channel === "command") this.outbox.detach();
    if (channel === "sync") this.requests.detach(reason);
    if (channel !== "events") return;
    this.#parts.catchUp.cancel();
    this.#parts.events.lost();
  }

  /** A channel takes messages again. */
  writable(channel: Channel): void {
    if (channel === "command") this.outbox.writable();
    if (channel === "sync") this.requests.writable();
  }

  /** A message came. */
  receive(channel: Channel, frames: Uint8Array[]): void {
    try {
      if (channel === "sync") {
        const fault = this.requests.receive(frames);
        if (fault !== undefined) this.#deps.hooks.fault(fault);
      } else if (channel === "events") readEvent(frames, this.#parts.events);
    } catch (cause) {
      const foreign =
        cause instanceof ShapeError || cause instanceof BodyError || cause instanceof RangeError;
      if (!foreign) throw cause;
      const { agent, hooks } = this.#deps;
      hooks.fault(
        new ProtocolError(`Cannot read a message of agent "${agent.id}": ${cause.message}`, {
          code: "BAD_MESSAGE",
          remedy: "Use an agent and a connector of the same protocol revision",
          cause,
        }),
      );
      // A ledger event that could not be read is a hole like any other.
      this.#parts.catchUp.needed = true;
      this.#parts.convergence.retrySoon();
    }
  }

  /** Asks for a caller: the answer comes when everything that it knows has been applied here. */
  query<T>(
    op: SyncOp,
    args: Readonly<Record<string, unknown>>,
    read: Reader<T>,
    options: Pick<RequestOptions, "timeoutMs" | "signal" | "lane">,
  ): Promise<Answer<T>> {
    return this.#parts.inquiries.query(op, args, read, options);
  }

  /** The outcome of any command of this client, from the journal. An id that it does not know is declared void. */
  async askOutcome(id: string, timeoutMs: number, signal?: AbortSignal): Promise<Outcome> {
    const stamps = this.outbox.find(id)?.firstStamps;
    const outcome = await this.#parts.inquiries.outcome(id, stamps, { timeoutMs, signal });
    this.#parts.outcomes.deliver(outcome, { recovered: false, own: true, silent: true });
    return outcome;
  }

  /** Without the channel, its `up` goes on; with it, time does. */
  #failed(error: Error): boolean {
    const { log, hooks, slots } = this.#deps;
    const previous = this.#parts.state.lastError;
    this.#parts.state.lastError = error;
    log.debug("The agent is not live yet", { error });
    const grave = error instanceof ProtocolError || error instanceof AuthenticationError;
    if (grave && previous?.message !== error.message) hooks.fault(error);
    hooks.changed();
    return slots.sync.isUp;
  }

  #fillSoon(): void {
    this.#parts.catchUp.needed = true;
    this.#parts.convergence.run();
  }

  #applied(event: LedgerEvent): void {
    this.mirror.apply(event, event.epoch, event.agentMs);
    this.#deps.hooks.ledger(event, false);
    if (event.type !== "outcome" || event.client !== this.#parts.clientHex) return;
    this.#parts.outcomes.deliver(event.outcome, { recovered: false, own: false, silent: false });
  }

  #sessionLost(reason: string): void {
    if (this.#parts.state.established === undefined) return;
    this.#deps.log.info("The session is over", { reason });
    this.#forgetSession();
    this.#deps.hooks.changed();
    this.#parts.convergence.run();
  }

  #forgetSession(): void {
    this.#parts.state.forget();
    this.#parts.catchUp.cancel();
    this.requests.setSession(undefined);
    this.outbox.endSession();
  }

  async #farewell(): Promise<void> {
    try {
      await this.#parts.outcomes.flush();
      await this.#parts.inquiries.ask("bye", {}, readNothing, { timeoutMs: farewellMs });
    } catch (error) {
      // The lease ends the session anyway.
      this.#deps.log.debug("The session was left without a goodbye", { error: toError(error) });
    }
  }
}
