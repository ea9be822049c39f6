import type { TickRecord } from "../domain/records.ts";
import { BodyError, decodeBody } from "../protocol/v1/codec.ts";
import { limits } from "../protocol/v1/limits.ts";
import type {
  ExecutedOutcome,
  HelloResult,
  LedgerEvent,
  LedgerPayload,
  Outcome,
  OutcomesResult,
  SyncOp,
} from "../protocol/v1/messages.ts";
import {
  type Reader,
  readAccountMessage,
  readChallenge,
  readHello,
  readHint,
  readLedgerMessage,
  readNothing,
  readOutcome,
  readOutcomes,
  readPulse,
  readSince,
  readSnapshot,
  readTicks,
  ShapeError,
} from "../protocol/v1/reply-schemas.ts";
import { createSigner, type Hmac, type SharedSecret, toHex } from "../protocol/v1/signing.ts";
import { accountTopic, clientTopic, ledgerTopic, parseTopic, pulseTopic } from "../protocol/v1/topics.ts";
import type { Clock, Timer } from "../transport/clock.ts";
import type { Channel, ClientChannel } from "../transport/transport.ts";
import { AgentClock } from "./agent-clock.ts";
import { type RandomBytes, randomName } from "./backoff.ts";
import { type BrokerTimeInfo, brokerTimeInfo } from "./broker-zone.ts";
import type { ChannelSlot } from "./channel-slot.ts";
import type { Command } from "./command.ts";
import {
  AuthenticationError,
  ConnectionError,
  MT5Error,
  ProtocolError,
  TimeoutError,
  toError,
} from "./errors.ts";
import type { Gate } from "./gate.ts";
import { LedgerFeed } from "./ledger-feed.ts";
import type { Log } from "./log.ts";
import { MirrorState, type Snapshot } from "./mirror.ts";
import type { ResolvedAgent, ResolvedOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { isFinal, OutcomeLedger } from "./outcomes.ts";
import { type Answer, type RequestOptions, Requests } from "./requests.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { TimerScope } from "./timers.ts";
import { productName, productVersion } from "./version.ts";

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

interface Established {
  readonly id: string;
  readonly epoch: number;
  readonly hello: HelloResult;
  readonly sinceAgentMs: number;
}

const barrierWaitMs = 500;
const maxBarrierWaitMs = 2_000;
const retryMs = 250;
const maxRetryMs = 2_000;
/** While events are down, open commands are followed by asking for the ledger. */
const pollMs = 500;

/**
 * The protocol of one agent over its three channels: session, ledger, commands (docs/protocol.md, 4 to 6). It survives
 * connections: whatever happens to a channel, `#converge` brings the agent back to live.
 */
export class Session {
  readonly #deps: SessionDeps;
  readonly agentClock: AgentClock;
  readonly requests: Requests;
  readonly outbox: Outbox;
  readonly subscriptions: Subscriptions;
  readonly mirror: MirrorState = new MirrorState();
  readonly #feed: LedgerFeed;
  readonly #outcomes: OutcomeLedger;
  readonly #clientHex: string;
  readonly #instance: string;
  #established: Established | undefined;
  #brokerTime: BrokerTimeInfo | undefined;
  #account: { readonly login: string; readonly server: string } | undefined;
  #liveGeneration = 0;
  #checkedGeneration = 0;
  #running = false;
  #again = false;
  #stopped = true;
  #failures = 0;
  #needFill = false;
  #filling = false;
  #retry: Timer | undefined;
  #watchdog: Timer | undefined;
  #poll: Timer | undefined;
  readonly #barriers: Map<string, () => void> = new Map();
  #failedChecks = 0;
  #lastError: Error | undefined;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    const { clock, timers, log, agent } = deps;
    this.agentClock = new AgentClock(() => clock.nowMs());
    this.#clientHex = toHex(deps.clientPublicKey);
    this.#instance = randomName(deps.randomBytes);
    this.#feed = new LedgerFeed((event) => this.#applied(event));
    const agentId = agent.id;
    const { agentClock } = this;
    this.requests = new Requests({ agentId, clock, timers, agentClock, signer: this.#signer("sync") });
    this.outbox = new Outbox({
      agentId,
      clock,
      timers,
      agentClock,
      log: log.child("outbox"),
      signer: this.#signer("command"),
      askOutcome: async (id, { epoch, issuedAt }): Promise<Outcome | null> => {
        const answer = await this.#ask("outcome", { id, epoch, issuedAt }, readOutcome);
        return answer.result.outcome;
      },
      reopenChannel: (message): void => deps.slots.command.reopen({ code: "heartbeat", message }),
      sessionLost: (reason): void => this.#sessionLost(reason),
      remeasure: (): Promise<void> => this.#remeasure(),
      settled: (command, result): void => this.#settled(command, result),
    });
    this.#outcomes = new OutcomeLedger(timers, log, (ids) => this.#ask("outcome.ack", { ids }, readNothing));
    this.subscriptions = new Subscriptions({
      requests: this.requests,
      requestTimeoutMs: deps.options.timeouts.requestTimeoutMs,
      log: log.child("ticks"),
      ready: (): boolean => this.#established !== undefined && deps.slots.sync.isUp,
      retry: (): void => this.#retrySoon(),
      topicAdded: (topic): void => deps.slots.events.subscribe(topic),
      topicRemoved: (topic): void => deps.slots.events.unsubscribe(topic),
    });
  }

  /** What the agent said when the session was opened. */
  get hello(): HelloResult | undefined {
    return this.#established?.hello;
  }

  /** How broker time is converted; undefined before the first session. */
  get brokerTime(): BrokerTimeInfo | undefined {
    return this.#brokerTime;
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
  get position(): LedgerFeed["position"] {
    return this.#feed.position;
  }

  /** The topics of a new connection on `events`. */
  *topics(): Iterable<Uint8Array> {
    yield ledgerTopic();
    yield pulseTopic();
    yield accountTopic();
    yield clientTopic(this.#clientHex);
    yield* this.subscriptions.topics();
  }

  /** Begins. */
  start(): void {
    this.#stopped = false;
    this.#lastError = undefined;
    this.#outcomes.resume();
  }

  /** Ends: what waits is told the truth. The channels are closed by their owner. */
  async stop(reason: string): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.outbox.end(reason);
    if (this.isOpen) await this.#farewell();
    this.#forgetSession();
    this.requests.detach(reason);
    this.#feed.end();
    const error = new ConnectionError(`Cannot subscribe at agent "${this.#deps.agent.id}": ${reason}`, {
      code: "NOT_CONNECTED",
      remedy: "Call connect() first",
    });
    this.subscriptions.end(error);
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
    if (channel === "events") {
      this.#watchdog?.cancel();
      this.#pollLedger();
    }
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
      } else if (channel === "events") this.#event(frames);
    } catch (cause) {
      if (!(cause instanceof ShapeError || cause instanceof BodyError || cause instanceof RangeError))
        throw cause;
      this.#deps.hooks.fault(
        new ProtocolError(`Cannot read a message of agent "${this.#deps.agent.id}": ${cause.message}`, {
          code: "BAD_MESSAGE",
          remedy: "Use an agent and a connector of the same protocol revision",
          cause,
        }),
      );
      // A ledger event that could not be read is a hole like any other.
      this.#needFill = true;
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
    const { clock } = this.#deps;
    const deadlineMs = clock.nowMs() + options.timeoutMs;
    const answer = await this.#ask(op, args, read, { ...options, internal: false });
    await this.#applyUpTo(answer, deadlineMs, op, options.signal);
    return answer;
  }

  /** The outcome of any command of this client, from the journal. An id that it does not know is declared void. */
  async askOutcome(id: string, timeoutMs: number, signal?: AbortSignal): Promise<Outcome> {
    const options = { timeoutMs, signal, internal: false };
    const { result } = await this.#ask("outcome", { id, ...this.#stampsOf(id) }, readOutcome, options);
    if (result.outcome === null) {
      throw new ProtocolError(`Cannot tell the outcome of "${id}": the agent gave none`, {
        code: "BAD_REPLY",
        remedy: "Use an agent and a connector of the same protocol revision",
      });
    }
    this.#deliver(result.outcome, { recovered: false, own: true, silent: true });
    return result.outcome;
  }

  /** A health check. Rejects with what is wrong. */
  async check(timeoutMs: number): Promise<number> {
    try {
      const answer = await this.#ask("ping", {}, readNothing, { timeoutMs });
      this.#failedChecks = 0;
      return answer.roundTripMs;
    } catch (error) {
      // One lost answer may be chance; two in a row on a connection that stands mean that nobody reads it.
      if (error instanceof TimeoutError && ++this.#failedChecks >= 2) {
        this.#failedChecks = 0;
        this.#deps.slots.sync.reopen({ code: "heartbeat", message: "two health checks were not answered" });
      }
      throw error;
    }
  }

  #stampsOf(id: string): { readonly epoch?: number; readonly issuedAt?: number } {
    const stamps = this.outbox.find(id)?.firstStamps;
    return stamps === undefined ? {} : { epoch: stamps.epoch, issuedAt: stamps.issuedAt };
  }

  #signer(channel: "command" | "sync"): ReturnType<typeof createSigner> {
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
      if (options.withoutSession !== true && answer.epoch !== established?.epoch) {
        this.#sessionLost("the agent has restarted");
        throw new ConnectionError(`Cannot use the answer to "${op}": the agent has restarted meanwhile`, {
          code: "EPOCH",
          remedy: "Ask again: a new session is being opened",
        });
      }
      return answer;
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

  async #converge(): Promise<void> {
    const { sync, events } = this.#deps.slots;
    if (!sync.isUp || this.#stopped) return;
    if (this.#established === undefined) await this.#open();
    else if (this.#checkedGeneration !== sync.generation) {
      const generation = sync.generation;
      await this.#ask("ping", {}, readNothing);
      this.#checkedGeneration = generation;
      this.#deps.hooks.changed();
    }
    this.outbox.flush();
    await this.subscriptions.restore();
    if (events.isUp && this.#liveGeneration !== events.generation) await this.#goLive(events.generation);
    else if (this.#needFill || (this.#feed.hasGap && this.#feed.position !== undefined)) await this.#fill();
    this.outbox.askPending();
  }

  /** Challenge and hello (4.1), and whatever this client has not been told of its commands. */
  async #open(): Promise<void> {
    const { agent, slots, log, hooks } = this.#deps;
    const { generation } = slots.sync;
    const before = { withoutSession: true, timeoutMs: agent.connectTimeoutMs };
    const { result } = await this.#ask("challenge", { instance: this.#instance }, readChallenge, before);
    const sentMs = this.#deps.clock.nowMs();
    const args = { challenge: result.challenge, instance: this.#instance, role: "trade" };
    const self = { name: productName, version: productVersion };
    const hello = await this.#ask("hello", { ...args, ...self }, readHello, before);
    const { session: id, outcomes, moreOutcomes, brokerZone, brokerMs, utcMs } = hello.result;
    this.#requireSameAccount(hello.result);
    this.agentClock.reset();
    this.agentClock.reply(hello.agentMs, sentMs, this.#deps.clock.nowMs());
    const session = { id, epoch: hello.epoch };
    this.#established = { ...session, hello: hello.result, sinceAgentMs: hello.agentMs };
    this.#brokerTime = brokerTimeInfo(brokerZone, brokerMs, utcMs);
    this.#checkedGeneration = generation;
    this.requests.setSession(session);
    this.subscriptions.invalidate();
    this.mirror.terminal = hello.result.terminal;
    log.info("A session is open", { session: id, epoch: hello.epoch, agent: hello.result.agent });
    // What the ledger says about open commands is heard before any of them is sent again.
    if (this.#feed.position?.epoch === session.epoch) await this.#fill();
    await this.#deliverUntold(outcomes, moreOutcomes);
    if (this.#established?.id !== id) return;
    this.outbox.startSession(session, hello.result.limits);
    this.#keepLease();
    this.#pollLedger();
    hooks.changed();
  }

  /** Outcomes that this client has not acknowledged: those of hello, and the further ones by pages. */
  async #deliverUntold(outcomes: readonly Outcome[], more: boolean): Promise<void> {
    for (const outcome of outcomes) this.#deliver(outcome, { recovered: true, own: true, silent: false });
    let cursor: string | null = null;
    while (more) {
      const args: Readonly<Record<string, unknown>> = cursor === null ? {} : { cursor };
      const page: Answer<OutcomesResult> = await this.#ask("outcomes", args, readOutcomes);
      for (const outcome of page.result.outcomes) {
        this.#deliver(outcome, { recovered: true, own: true, silent: false });
      }
      cursor = page.result.more;
      if (cursor === null) return;
    }
  }

  /** A terminal that is logged in to another account must not be traded on (4.1). */
  #requireSameAccount(hello: HelloResult): void {
    const { agent, hooks } = this.#deps;
    const { login, server } = hello.account;
    const expected = agent.metadata.accountNumber;
    const first = this.#account ?? hello.account;
    const wrong = login !== first.login || server !== first.server;
    if (!wrong && (expected === undefined || login === String(expected))) {
      this.#account = { login, server };
      return;
    }
    const wanted = wrong ? `${first.login} at ${first.server}` : `${expected}`;
    const error = new ConnectionError(
      `Cannot use agent "${agent.id}": its account is ${login} at ${server}, expected ${wanted}`,
      {
        code: "WRONG_ACCOUNT",
        remedy: "Log the terminal in to the right account, or correct metadata.accountNumber and start anew",
      },
    );
    hooks.fatal(error);
    throw error;
  }

  /** Barrier, then gap fill or snapshot (4.2). */
  async #goLive(generation: number): Promise<void> {
    const { events } = this.#deps.slots;
    const established = this.#established;
    const still = (): boolean =>
      !this.#stopped && this.#established === established && events.isUp && events.generation === generation;
    let waitMs = barrierWaitMs;
    while (!(await this.#barrier(waitMs))) {
      if (!still()) return;
      waitMs = Math.min(maxBarrierWaitMs, waitMs * 2);
    }
    if (this.#feed.position?.epoch === established?.epoch) await this.#fill();
    else await this.#snapshot();
    if (!still()) {
      this.#again = true;
      return;
    }
    this.#liveGeneration = generation;
    this.#lastError = undefined;
    this.#deps.log.debug("The ledger is followed", { position: this.#feed.position });
    this.#deps.hooks.changed();
  }

  async #barrier(waitMs: number): Promise<boolean> {
    const token = randomName(this.#deps.randomBytes);
    let timer: Timer | undefined;
    const seen = new Promise<boolean>((resolve) => {
      this.#barriers.set(token, () => resolve(true));
      timer = this.#deps.timers.set(() => resolve(false), waitMs);
    });
    try {
      await this.#ask("barrier", { token }, readNothing);
      return await seen;
    } finally {
      timer?.cancel();
      this.#barriers.delete(token);
    }
  }

  /** Asks for the ledger events that are missing, until none is. */
  async #fill(): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    try {
      for (let rounds = 0; ; rounds++) {
        this.#needFill = false;
        const position = this.#feed.position;
        if (position === undefined || position.epoch !== this.#established?.epoch) return;
        const { result } = await this.#ask(
          "ledger.since",
          { epoch: position.epoch, seq: position.seq },
          readSince,
        );
        for (const event of result.events) this.#feed.push(event);
        if (result.complete && !this.#feed.hasGap && !this.#needFill) return;
        const moved = this.#feed.position?.seq !== position.seq;
        if (!moved && (!result.complete || rounds > 3)) {
          throw new ProtocolError(
            "Cannot fill a gap of the ledger: the agent gives no events behind the last one",
            {
              code: "BAD_LEDGER",
              remedy: "Restart the agent; the connector takes a snapshot then",
            },
          );
        }
      }
    } catch (error) {
      this.#needFill = true;
      if (!(error instanceof MT5Error) || error.code !== "LEDGER_GONE") throw error;
      await this.#snapshot();
      this.outbox.repeatAll();
    } finally {
      this.#filling = false;
    }
  }

  /** The first snapshot is taken at once; later ones take turns with the other agents. */
  async #snapshot(): Promise<void> {
    if (this.mirror.filled) await this.#deps.resyncGate.run(() => this.#takeSnapshots());
    else await this.#takeSnapshots();
  }

  async #takeSnapshots(): Promise<void> {
    const args = { since: this.mirror.since(this.#established?.hello.brokerMs ?? 0) };
    for (let attempt = 1; ; attempt++) {
      try {
        const first = await this.#ask("snapshot", args, readSnapshot);
        const whole = { ...first.result };
        let page = first;
        while (page.result.more !== null) {
          page = await this.#ask("snapshot", { ...args, cursor: page.result.more }, readSnapshot);
          whole.positions = [...whole.positions, ...page.result.positions];
          whole.orders = [...whole.orders, ...page.result.orders];
          whole.historyOrders = [...whole.historyOrders, ...page.result.historyOrders];
          whole.deals = [...whole.deals, ...page.result.deals];
        }
        this.#takeSnapshot(whole, first);
        return;
      } catch (error) {
        if (!(error instanceof MT5Error) || error.code !== "BAD_CURSOR" || attempt >= 3) throw error;
      }
    }
  }

  #takeSnapshot(
    snapshot: Snapshot,
    at: { readonly epoch: number; readonly seq: number; readonly agentMs: number },
  ): void {
    const differences = this.mirror.replace(snapshot, at.epoch, at.agentMs);
    this.#needFill = false;
    if (differences.length > 0) {
      this.#deps.log.warn("The ledger was interrupted: differences were worked out from a snapshot", {
        differences: differences.length,
      });
    }
    for (const difference of differences) this.#deps.hooks.ledger(difference, true);
    this.#feed.reset({ epoch: at.epoch, seq: at.seq });
    this.#deps.hooks.account();
  }

  #event(frames: Uint8Array[]): void {
    const [topicFrame, body, bulk] = frames;
    if (topicFrame === undefined || body === undefined) throw new ShapeError(`${frames.length} frames`);
    const topic = parseTopic(topicFrame);
    if (topic === undefined) return;
    const message = decodeBody(body, limits.maxReplyBytes);
    if (topic.kind === "tick") {
      const head = readTicks(message);
      if (head.symbol !== topic.symbol) throw new ShapeError(`ticks of ${head.symbol} under ${topic.symbol}`);
      this.subscriptions.receive(head, bulk, (symbol, tick) => {
        this.mirror.prices.set(symbol, tick);
        this.#deps.hooks.tick(symbol, tick);
      });
      return;
    }
    if (topic.kind === "account") {
      const { account, epoch, agentMs } = readAccountMessage(message);
      const current = this.mirror.filled && epoch === this.#established?.epoch;
      if (current && this.mirror.setAccount(account, epoch, agentMs)) this.#deps.hooks.account();
      return;
    }
    if (topic.kind === "client") {
      const hint = readHint(message);
      const current = topic.client === this.#clientHex && hint.epoch === this.#established?.epoch;
      if (current) this.outbox.outcome(hint.outcome);
      return;
    }
    if (topic.kind === "pulse") {
      this.#pulse(message);
      return;
    }
    const event = readLedgerMessage(message);
    if (event.type === "barrier") this.#barriers.get(event.token)?.();
    else {
      this.#feed.push(event);
      if (this.#feed.hasGap && this.eventsLive) this.#run();
    }
  }

  #pulse(message: unknown): void {
    const pulse = readPulse(message);
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
    const entry = pulse.sessions.find((session) => session.session === established.id);
    if (entry === undefined) {
      this.#sessionLost("the agent has ended the session");
      return;
    }
    this.outbox.pulse(entry.command);
    const position = this.#feed.position;
    if (this.eventsLive && position !== undefined && pulse.seq > position.seq) {
      this.#needFill = true;
      this.#run();
    }
    hooks.changed();
  }

  #applied(event: LedgerEvent): void {
    this.mirror.apply(event, event.epoch, event.agentMs);
    this.#deps.hooks.ledger(event, false);
    if (event.type === "outcome" && event.client === this.#clientHex) {
      this.#deliver(event.outcome, { recovered: false, own: false, silent: false });
    }
  }

  #deliver(
    outcome: Outcome,
    how: { readonly recovered: boolean; readonly own: boolean; readonly silent: boolean },
  ): void {
    const open = this.outbox.outcome(outcome);
    if (open || !isFinal(outcome)) return;
    // Whoever asked gets it as the answer; otherwise it is told as an event, once.
    if (this.#outcomes.tell(outcome.id) && !how.silent) {
      this.#deps.hooks.outcome(outcome.id, outcome, how.recovered);
    }
    // Another connector of the same client may still wait for an outcome that was only overheard.
    if (how.own && outcome.state !== "void") this.#outcomes.acknowledge(outcome.id);
  }

  #settled(command: Command, result: ExecutedOutcome | MT5Error): void {
    this.#outcomes.tell(command.id);
    if (command.abandoned) this.#deps.hooks.outcome(command.id, result, false);
    const listed = !(result instanceof MT5Error) || result.code === "REJECTED";
    if (listed) this.#outcomes.acknowledge(command.id);
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
    this.#liveGeneration = 0;
    this.requests.setSession(undefined);
    this.outbox.endSession();
  }

  #watchPulses(): void {
    this.#watchdog?.cancel();
    const silenceMs = limits.silentAfterMs;
    this.#watchdog = this.#deps.timers.set(() => {
      this.#deps.slots.events.reopen({ code: "heartbeat", message: `no pulse for ${silenceMs} ms` });
    }, silenceMs);
  }

  #keepLease(): void {
    const established = this.#established;
    if (established === undefined) return;
    const { timers, clock, options, log } = this.#deps;
    const everyMs = Math.min(established.hello.leaseMs / 3, options.healthCheckIntervalMs);
    const checks = options.healthCheckIntervalMs < Number.POSITIVE_INFINITY;
    timers.set(() => {
      if (this.#established !== established || this.#stopped) return;
      this.#keepLease();
      if (!this.#deps.slots.sync.isUp) return;
      if (!checks && clock.nowMs() - this.requests.lastSentMs < everyMs / 2) return;
      this.check(options.timeouts.healthCheckTimeoutMs).catch((error: unknown) =>
        log.debug("A health check failed", { error: toError(error) }),
      );
    }, everyMs);
  }

  /** Outcomes come in the ledger; while events are down it is asked for them. */
  #pollLedger(): void {
    this.#poll?.cancel();
    this.#poll = this.#deps.timers.set(() => {
      if (this.#stopped || this.#deps.slots.events.isUp || this.#established === undefined) return;
      this.#pollLedger();
      if (this.outbox.open === 0 || !this.isOpen) return;
      this.#needFill = true;
      this.#run();
    }, pollMs);
  }

  async #applyUpTo(
    answer: { readonly epoch: number; readonly seq: number },
    deadlineMs: number,
    op: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const reached = this.#feed.reached(answer);
    if (reached === undefined) return;
    const { timers, clock, agent } = this.#deps;
    let onAbort: (() => void) | undefined;
    const fill = timers.set(
      () => {
        this.#needFill = true;
        this.#run();
      },
      this.eventsLive ? limits.appliedWaitMs : 0,
    );
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      const fail = (state: string, code: string): void =>
        reject(
          new TimeoutError(`Cannot finish "${op}" at agent "${agent.id}": ${state}`, {
            code,
            remedy: "Ask again, and check the agent's connection status",
          }),
        );
      onAbort = (): void => fail("the caller aborted it", "ABORTED");
      signal?.addEventListener("abort", onAbort, { once: true });
      const left = Math.max(0, deadlineMs - clock.nowMs());
      timer = timers.set(
        () => fail("the events that its answer knows of did not come in time", "TIMEOUT"),
        left,
      );
    });
    try {
      await Promise.race([reached, late]);
    } finally {
      fill.cancel();
      timer?.cancel();
      if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
    }
    if (this.#stopped) {
      throw new ConnectionError(`Cannot finish "${op}" at agent "${agent.id}": it was disconnected`, {
        code: "NOT_CONNECTED",
        remedy: "Call connect() first",
      });
    }
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
