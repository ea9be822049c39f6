import type { TickRecord } from "../domain/records.ts";
import { BodyError } from "../protocol/v1/codec.ts";
import { limits } from "../protocol/v1/limits.ts";
import type {
  ExecutedOutcome,
  LedgerEvent,
  LedgerPayload,
  Outcome,
  PulseMessage,
  SyncOp,
} from "../protocol/v1/messages.ts";
import { type Reader, readNothing, readOutcome, ShapeError } from "../protocol/v1/reply-schemas.ts";
import { createSigner, type Hmac, type SharedSecret, type Signer, toHex } from "../protocol/v1/signing.ts";
import { accountTopic, clientTopic, ledgerTopic, pulseTopic } from "../protocol/v1/topics.ts";
import type { Clock, Timer } from "../transport/clock.ts";
import type { Channel, ClientChannel } from "../transport/transport.ts";
import { AgentClock } from "./agent-clock.ts";
import { waitApplied } from "./applied.ts";
import { type RandomBytes, randomName } from "./backoff.ts";
import { Books } from "./books.ts";
import { type BrokerTimeInfo, brokerTimeInfo } from "./broker-zone.ts";
import { CatchUp } from "./catch-up.ts";
import type { ChannelSlot } from "./channel-slot.ts";
import { AuthenticationError, ConnectionError, MT5Error, ProtocolError, toError } from "./errors.ts";
import { type EventTaker, readEvent } from "./event-reader.ts";
import type { Gate } from "./gate.ts";
import { type Established, Handshake } from "./handshake.ts";
import { Health } from "./health.ts";
import type { LedgerPosition } from "./ledger-feed.ts";
import type { Log } from "./log.ts";
import { MirrorState } from "./mirror.ts";
import type { ResolvedAgent, ResolvedOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { OutcomeDesk } from "./outcomes.ts";
import { type Answer, type RequestOptions, Requests } from "./requests.ts";
import { Subscriptions, type SubscriptionsDeps } from "./subscriptions.ts";
import type { TimerScope } from "./timers.ts";

/** What a session tells its owner. */
export interface SessionHooks {
  /** Whether the agent is live may have changed. */
  changed(): void;
  /** A ledger event was applied to the mirror. `recovered`: worked out from a snapshot after a loss. */
  ledger(event: LedgerPayload, recovered: boolean): void;
  account(): void;
  tick(symbol: string, tick: TickRecord): void;
  heartbeat(): void;
  /** The outcome of a command that nobody waits for any more, or that was sent by an earlier life of this client. */
  outcome(id: string, outcome: Outcome | ExecutedOutcome | MT5Error, recovered: boolean): void;
  /** Something went wrong that no caller waits for. */
  fault(error: Error): void;
  /** Going on is pointless until a person acts. */
  fatal(error: Error): void;
}

/** What a session is made from. */
export interface SessionDeps {
  readonly agent: ResolvedAgent;
  readonly options: ResolvedOptions;
  readonly clock: Clock;
  readonly timers: TimerScope;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly clientPublicKey: Uint8Array;
  readonly slots: Readonly<Record<Channel, ChannelSlot>>;
  readonly hooks: SessionHooks;
  readonly resyncGate: Gate;
  readonly hmac?: Hmac | undefined;
  readonly sharedSecret?: SharedSecret | undefined;
}

/** What the agent can answer without looking anything up is asked again after so long. */
const shortAnswerMs = 2_000;
const barrierWaitMs = 500;
const maxBarrierWaitMs = 2_000;
const retryMs = 250;
const maxRetryMs = 2_000;
/** While events are down, open commands are followed by asking for the ledger. */
const pollMs = 500;

/**
 * The protocol of one agent over its three channels: session, ledger, commands (docs/protocol.md, 4 to 6). It survives
 * connections: whatever happens to a channel, `#converge` brings the agent back to live. The parts have files of their
 * own; this one is the order in which they act, and stays whole so that the order can be read.
 */
export class Session {
  readonly #deps: SessionDeps;
  readonly agentClock: AgentClock;
  readonly requests: Requests;
  readonly outbox: Outbox;
  readonly subscriptions: Subscriptions;
  readonly books: Books;
  readonly mirror: MirrorState = new MirrorState();
  readonly #catchUp: CatchUp;
  readonly #health: Health;
  readonly #outcomes: OutcomeDesk;
  readonly #clientHex: string;
  readonly #handshake: Handshake;
  readonly #events: EventTaker;
  #established: Established | undefined;
  /** The session in which commands may be sent. */
  #begun: Established | undefined;
  #brokerTime: BrokerTimeInfo | undefined;
  /** The terminal's UTC less this side's monotonic clock. */
  #utcOffsetMs: number | undefined;
  /** The connections of `events` and `sync` that the session has been brought to. */
  #liveGeneration = 0;
  #checkedGeneration = 0;
  #running = false;
  #again = false;
  #stopped = true;
  #failures = 0;
  #retry: Timer | undefined;
  #watchdog: Timer | undefined;
  #poll: Timer | undefined;
  #lastError: Error | undefined;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    const { clock, timers, agent, options, slots, hooks } = deps;
    this.agentClock = new AgentClock(() => clock.nowMs());
    this.#clientHex = toHex(deps.clientPublicKey);
    const { agentClock } = this;
    const shared = { agentId: agent.id, clock, timers, agentClock };
    this.requests = new Requests({ ...shared, signer: this.#signer("sync") });
    this.outbox = new Outbox({
      ...shared,
      log: deps.log.child("outbox"),
      signer: this.#signer("command"),
      askOutcome: async (id, { epoch, issuedAt }, peek): Promise<Outcome | null> => {
        const args = peek ? { id, peek } : { id, epoch, issuedAt };
        return (await this.#ask("outcome", args, readOutcome)).result.outcome;
      },
      reopenChannel: (message): void => slots.command.reopen({ code: "heartbeat", message }),
      sessionLost: (reason): void => this.#sessionLost(reason),
      remeasure: (): Promise<void> => this.#remeasure(),
      settled: (command, result): void => this.#outcomes.settled(command, result),
    });
    this.#outcomes = new OutcomeDesk({
      timers,
      log: deps.log,
      outbox: (): Outbox => this.outbox,
      ask: (op, args, read) => this.#ask(op, args, read),
      tell: (id, outcome, recovered): void => hooks.outcome(id, outcome, recovered),
    });
    const beforeSession = {
      withoutSession: true,
      timeoutMs: Math.min(shortAnswerMs, agent.connectTimeoutMs),
    };
    this.#handshake = new Handshake({
      agent,
      clock,
      agentClock,
      instance: randomName(deps.randomBytes),
      ask: (op, args, read) => this.#ask(op, args, read, beforeSession),
      fatal: (error): void => hooks.fatal(error),
    });
    this.#catchUp = new CatchUp({
      mirror: this.mirror,
      timers,
      randomBytes: deps.randomBytes,
      log: deps.log,
      resyncGate: deps.resyncGate,
      ask: (op, args, read, timeoutMs) =>
        this.#ask(op, args, read, timeoutMs === undefined ? {} : { timeoutMs }),
      epoch: (): number | undefined => this.#established?.epoch,
      brokerMs: (): number => this.#established?.hello.brokerMs ?? 0,
      applied: (event): void => this.#applied(event),
      recovered: (event): void => hooks.ledger(event, true),
      replaced: (): void => hooks.account(),
      interrupted: (): void => this.outbox.repeatAll(),
    });
    this.#health = new Health({
      timers,
      log: deps.log,
      intervalMs: options.healthCheckIntervalMs,
      timeoutMs: options.timeouts.healthCheckTimeoutMs,
      isOpen: (): boolean => this.isOpen,
      idleMs: (): number => clock.nowMs() - this.requests.lastSentMs,
      ping: (timeoutMs) => this.#ask("ping", {}, readNothing, { timeoutMs }),
      halfOpen: (message): void => slots.sync.reopen({ code: "heartbeat", message }),
    });
    const streams: SubscriptionsDeps = {
      requests: this.requests,
      requestTimeoutMs: options.timeouts.requestTimeoutMs,
      log: deps.log.child("ticks"),
      ready: (): boolean => this.isOpen,
      retry: (): void => this.#retrySoon(),
      topicAdded: (topic): void => slots.events.subscribe(topic),
      topicRemoved: (topic): void => slots.events.unsubscribe(topic),
    };
    this.subscriptions = new Subscriptions(streams);
    this.books = new Books(streams);
    this.#events = this.#eventTaker();
  }

  /** How broker time is converted; undefined before the first session. */
  get brokerTime(): BrokerTimeInfo | undefined {
    return this.#brokerTime;
  }

  /** UTC as the terminal has it, which a simulated market runs at its own pace; undefined before the first session. */
  get utcMs(): number | undefined {
    return this.#utcOffsetMs === undefined ? undefined : this.#deps.clock.nowMs() + this.#utcOffsetMs;
  }

  /** Whether requests can be made. */
  get isOpen(): boolean {
    return this.#established !== undefined && this.#deps.slots.sync.isUp;
  }

  /** Whether the ledger is followed without a hole since the events channel came up. */
  get eventsLive(): boolean {
    const { events } = this.#deps.slots;
    return this.#established !== undefined && events.isUp && this.#liveGeneration === events.generation;
  }

  /** Why the agent is not live, as far as the session knows. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** The last ledger event applied. */
  get position(): LedgerPosition | undefined {
    return this.#catchUp.position;
  }

  /** The topics of a new connection on `events`. */
  *topics(): Iterable<Uint8Array> {
    yield ledgerTopic();
    yield pulseTopic();
    yield accountTopic();
    yield clientTopic(this.#clientHex);
    yield* this.subscriptions.topics();
    yield* this.books.topics();
  }

  /** Begins. */
  start(): void {
    this.#stopped = false;
    this.#lastError = undefined;
    this.#failures = 0;
    this.#retry = undefined;
    this.#outcomes.resume();
  }

  /** Ends: what waits is told the truth. The channels are closed by their owner. */
  async stop(reason: string): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.outbox.end(reason);
    if (this.isOpen) await this.#farewell();
    this.#forgetSession();
    this.#health.end();
    this.requests.detach(reason);
    this.outbox.detach();
    this.#catchUp.end();
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
    if (channel === "events") this.#watchPulses();
    this.#run();
  }

  /** A channel that was up is gone. */
  channelLost(channel: Channel, reason: string): void {
    if (channel === "command") this.outbox.detach();
    if (channel === "sync") this.requests.detach(reason);
    if (channel !== "events") return;
    this.#watchdog?.cancel();
    this.#catchUp.cancel();
    this.#pollLedger();
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
      } else if (channel === "events") readEvent(frames, this.#events);
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
      this.#catchUp.needed = true;
      this.#retrySoon();
    }
  }

  /** Asks for a caller: the answer comes when everything that it knows has been applied here. */
  async query<T>(
    op: SyncOp,
    args: Readonly<Record<string, unknown>>,
    read: Reader<T>,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<Answer<T>> {
    const { clock, timers, agent } = this.#deps;
    const deadlineMs = clock.nowMs() + options.timeoutMs;
    const answer = await this.#ask(op, args, read, { ...options, internal: false });
    const reached = this.#catchUp.reached(answer);
    if (reached === undefined) return answer;
    const { eventsLive } = this;
    await waitApplied({
      reached,
      timers,
      what: `"${op}" at agent "${agent.id}"`,
      leftMs: deadlineMs - clock.nowMs(),
      eventsLive,
      signal: options.signal,
      fill: (): void => this.#fillSoon(),
    });
    if (!this.#stopped) return answer;
    throw new ConnectionError(`Cannot finish "${op}" at agent "${agent.id}": it was disconnected`, {
      code: "NOT_CONNECTED",
      remedy: "Call connect() first",
    });
  }

  /** The outcome of any command of this client, from the journal. An id that it does not know is declared void. */
  async askOutcome(id: string, timeoutMs: number, signal?: AbortSignal): Promise<Outcome> {
    const stamps = this.outbox.find(id)?.firstStamps;
    const args = stamps === undefined ? { id } : { id, epoch: stamps.epoch, issuedAt: stamps.issuedAt };
    const { result } = await this.#ask("outcome", args, readOutcome, { timeoutMs, signal, internal: false });
    if (result.outcome === null) {
      throw new ProtocolError(`Cannot tell the outcome of "${id}": the agent gave none`, {
        code: "BAD_REPLY",
        remedy: "Use an agent and a connector of the same protocol revision",
      });
    }
    this.#outcomes.deliver(result.outcome, { recovered: false, own: true, silent: true });
    return result.outcome;
  }

  #signer(channel: "command" | "sync"): Signer {
    const { agent, clientPublicKey, hmac, sharedSecret } = this.#deps;
    return createSigner({
      secretKey: agent.clientSecretKey,
      clientPublicKey,
      serverPublicKey: agent.serverPublicKey,
      side: "client",
      channel,
      ...(hmac === undefined ? {} : { hmac }),
      ...(sharedSecret === undefined ? {} : { sharedSecret }),
    });
  }

  async #ask<T>(
    op: SyncOp,
    args: Readonly<Record<string, unknown>>,
    read: Reader<T>,
    options: Partial<RequestOptions> = {},
  ): Promise<Answer<T>> {
    const established = this.#established;
    try {
      const answer = await this.requests.request(op, args, read, {
        timeoutMs: this.#deps.options.timeouts.requestTimeoutMs,
        internal: true,
        ...options,
      });
      if (options.withoutSession === true || answer.epoch === established?.epoch) return answer;
      throw new ConnectionError(`Cannot use the answer to "${op}": the agent has restarted meanwhile`, {
        code: "EPOCH",
        remedy: "Ask again: a new session is being opened",
      });
    } catch (error) {
      if (error instanceof MT5Error && this.#established === established) {
        if (error.code === "NO_SESSION" || error.code === "EPOCH") this.#sessionLost(error.message);
        else if (error.code === "MAC" || error.code === "REVISION") this.#deps.hooks.fatal(error);
      }
      throw error;
    }
  }

  /** Starts bringing the agent to live, or goes on with it. */
  #run(): void {
    if (this.#stopped) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#convergeUntilStable().then(
      () => {
        this.#running = false;
        this.#failures = 0;
        // A call between the last look at it and here would otherwise be forgotten.
        if (this.#again) this.#run();
      },
      (error: unknown) => {
        this.#running = false;
        this.#failed(toError(error));
      },
    );
  }

  async #convergeUntilStable(): Promise<void> {
    do {
      this.#again = false;
      await this.#converge();
    } while (this.#again && !this.#stopped);
  }

  #failed(error: Error): void {
    if (this.#stopped) return;
    const previous = this.#lastError;
    this.#lastError = error;
    this.#failures++;
    this.#deps.log.debug("The agent is not live yet", { error });
    const grave = error instanceof ProtocolError || error instanceof AuthenticationError;
    if (grave && previous?.message !== error.message) this.#deps.hooks.fault(error);
    this.#deps.hooks.changed();
    // Without the channel, its `up` runs this again; with it, time does.
    if (this.#deps.slots.sync.isUp) this.#retrySoon();
  }

  #retrySoon(): void {
    if (this.#retry !== undefined || this.#stopped) return;
    const waitMs = Math.min(maxRetryMs, retryMs * 2 ** Math.max(0, this.#failures - 1));
    this.#retry = this.#deps.timers.set(() => {
      this.#retry = undefined;
      this.#run();
    }, waitMs);
  }

  #fillSoon(): void {
    this.#catchUp.needed = true;
    this.#run();
  }

  async #converge(): Promise<void> {
    const { sync, events } = this.#deps.slots;
    if (!sync.isUp || this.#stopped) return;
    if (this.#established === undefined) await this.#open();
    else if (this.#checkedGeneration !== sync.generation) {
      const { generation } = sync;
      await this.#ask("ping", {}, readNothing, { timeoutMs: shortAnswerMs });
      this.#checkedGeneration = generation;
      this.#deps.hooks.changed();
    }
    const established = this.#established;
    if (established === undefined) return;
    if (this.#begun !== established) await this.#begin(established);
    await this.subscriptions.restore();
    await this.books.restore();
    if (events.isUp && this.#liveGeneration !== events.generation) await this.#goLive(events.generation);
    else if (this.#catchUp.hasGap) await this.#catchUp.fill();
    this.outbox.askPending();
  }

  /** Challenge and hello (4.1). */
  async #open(): Promise<void> {
    const { slots, log, hooks } = this.#deps;
    const { generation } = slots.sync;
    const established = await this.#handshake.open();
    const { id, epoch, hello } = established;
    this.#established = established;
    this.#brokerTime = brokerTimeInfo(hello.brokerZone, hello.brokerMs, hello.utcMs);
    this.#utcOffsetMs = hello.utcMs - this.#deps.clock.nowMs();
    this.#checkedGeneration = generation;
    this.requests.setSession(established);
    this.subscriptions.invalidate();
    this.books.invalidate();
    this.mirror.terminal = hello.terminal;
    // The terminal may have been changed meanwhile.
    this.mirror.symbols.clear();
    this.#health.keep(hello.leaseMs);
    log.info("A session is open", {
      session: id,
      epoch,
      agent: hello.agent,
      brokerTime: this.#brokerTime.source,
    });
    hooks.changed();
  }

  /** Before commands are sent in a session: everything that this client has not been told of its earlier ones. */
  async #begin(established: Established): Promise<void> {
    const { outcomes, moreOutcomes, limits: promised } = established.hello;
    // What the ledger says about open commands is heard before any of them is sent again.
    if (this.#catchUp.follows) await this.#catchUp.fill();
    await this.#outcomes.deliverUntold(outcomes, moreOutcomes);
    if (this.#established !== established) return;
    this.#begun = established;
    this.outbox.startSession(established, promised);
    this.#pollLedger();
  }

  /** Barrier, then gap fill or snapshot (4.2). */
  async #goLive(generation: number): Promise<void> {
    const { events } = this.#deps.slots;
    const established = this.#established;
    const still = (): boolean =>
      !this.#stopped && this.#established === established && events.isUp && events.generation === generation;
    let waitMs = barrierWaitMs;
    let waitedMs = 0;
    while (!(await this.#catchUp.barrier(waitMs))) {
      if (!still()) return;
      waitedMs += waitMs;
      if (waitedMs > limits.silentAfterMs) {
        const message = `no barrier came through in ${waitedMs} ms`;
        events.reopen({ code: "heartbeat", message });
        return;
      }
      waitMs = Math.min(maxBarrierWaitMs, waitMs * 2);
    }
    await this.#catchUp.run();
    if (!still()) return;
    this.#liveGeneration = generation;
    this.#lastError = undefined;
    this.#deps.log.debug("The ledger is followed", { position: this.#catchUp.position });
    this.#deps.hooks.changed();
  }

  #eventTaker(): EventTaker {
    const { hooks } = this.#deps;
    return {
      ledger: (event): void => {
        this.#catchUp.push(event);
        if (this.#catchUp.hasGap && this.eventsLive) this.#run();
      },
      barrier: ({ token }): void => this.#catchUp.barrierHeard(token),
      pulse: (pulse): void => this.#pulse(pulse),
      account: ({ account, epoch, agentMs }): void => {
        const current = this.mirror.filled && epoch === this.#established?.epoch;
        if (current && this.mirror.setAccount(account, epoch, agentMs)) hooks.account();
      },
      hint: (hint, client): void => {
        if (client === this.#clientHex && hint.epoch === this.#established?.epoch)
          this.outbox.outcome(hint.outcome);
      },
      ticks: (head, bulk): void =>
        this.subscriptions.receive(head, bulk, (symbol, tick) => {
          this.mirror.prices.set(symbol, tick);
          hooks.tick(symbol, tick);
        }),
      book: (head, bulk): void => this.books.receive(head, bulk),
    };
  }

  #pulse(pulse: PulseMessage): void {
    const { hooks } = this.#deps;
    this.#watchPulses();
    hooks.heartbeat();
    const established = this.#established;
    if (established === undefined) return;
    if (pulse.epoch !== established.epoch) {
      this.#sessionLost("the agent has restarted");
      return;
    }
    this.agentClock.message(pulse.agentMs);
    // A pulse says nothing about what came after it (5.2).
    if (pulse.agentMs <= established.sinceAgentMs) return;
    this.mirror.terminal = pulse.terminal;
    this.#utcOffsetMs = pulse.utcMs - this.#deps.clock.nowMs();
    const entry = pulse.sessions.find((session) => session.session === established.id);
    if (entry === undefined) {
      this.#sessionLost("the agent has ended the session");
      return;
    }
    this.outbox.pulse(entry.command);
    const { position } = this.#catchUp;
    if (this.eventsLive && position !== undefined && pulse.seq > position.seq) this.#fillSoon();
    hooks.changed();
  }

  #applied(event: LedgerEvent): void {
    this.mirror.apply(event, event.epoch, event.agentMs);
    this.#deps.hooks.ledger(event, false);
    if (event.type !== "outcome" || event.client !== this.#clientHex) return;
    this.#outcomes.deliver(event.outcome, { recovered: false, own: false, silent: false });
  }

  #sessionLost(reason: string): void {
    if (this.#established === undefined) return;
    this.#deps.log.info("The session is over", { reason });
    this.#forgetSession();
    this.#deps.hooks.changed();
    this.#run();
  }

  #forgetSession(): void {
    this.#established = undefined;
    this.#begun = undefined;
    this.#liveGeneration = 0;
    this.#catchUp.cancel();
    this.requests.setSession(undefined);
    this.outbox.endSession();
  }

  #watchPulses(): void {
    this.#watchdog?.cancel();
    const message = `no pulse for ${limits.silentAfterMs} ms`;
    this.#watchdog = this.#deps.timers.set(
      () => this.#deps.slots.events.reopen({ code: "heartbeat", message }),
      limits.silentAfterMs,
    );
  }

  /** Outcomes come in the ledger; while events are down it is asked for them. */
  #pollLedger(): void {
    this.#poll?.cancel();
    this.#poll = this.#deps.timers.set(() => {
      if (this.#stopped || this.#deps.slots.events.isUp || this.#established === undefined) return;
      this.#pollLedger();
      if (this.outbox.open > 0 && this.isOpen) this.#fillSoon();
    }, pollMs);
  }

  async #remeasure(): Promise<void> {
    this.agentClock.distrust();
    try {
      await this.#ask("ping", {}, readNothing);
    } catch (error) {
      // The refusal of a wrong stamp tells the agent's time as well as an answer does.
      if (!(error instanceof MT5Error) || error.code !== "STALE") throw error;
    }
  }

  async #farewell(): Promise<void> {
    try {
      await this.#outcomes.flush();
      await this.#ask("bye", {}, readNothing, { timeoutMs: 250 });
    } catch (error) {
      // The lease ends the session anyway.
      this.#deps.log.debug("The session was left without a goodbye", { error: toError(error) });
    }
  }
}
