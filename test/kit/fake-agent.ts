import { x25519 } from "@noble/curves/ed25519.js";
import type {
  AccountRecord,
  DealRecord,
  OrderRecord,
  PositionRecord,
  SymbolRecord,
  TerminalRecord,
  TickRecord,
} from "../../src/domain/records.ts";
import { packTicks } from "../../src/protocol/v1/bulk.ts";
import { decodeBody, encodeBody } from "../../src/protocol/v1/codec.ts";
import { limits } from "../../src/protocol/v1/limits.ts";
import type {
  CommandRefusal,
  CommandRequest,
  Intent,
  LedgerEvent,
  LedgerPayload,
  Outcome,
  SyncRequest,
} from "../../src/protocol/v1/messages.ts";
import { createSigner, intentDigest, type Signer, toHex } from "../../src/protocol/v1/signing.ts";
import {
  accountTopic,
  bookTopic,
  clientTopic,
  ledgerTopic,
  pulseTopic,
  tickTopic,
} from "../../src/protocol/v1/topics.ts";
import type { Clock, Timer } from "../../src/transport/clock.ts";
import type {
  Channel,
  ChannelEvents,
  ChannelFault,
  ClientChannel,
  ConnectOptions,
  Transport,
  TransportListener,
} from "../../src/transport/transport.ts";
import { FakeMarket } from "./fake-market.ts";
import { Refusal } from "./fake-refusal.ts";
import { type Execution, executeOther } from "./fake-trades.ts";

/** What the pretended trade server does with the next command. */
export type BrokerAnswer =
  | { readonly kind: "execute"; readonly volume?: number }
  | { readonly kind: "reject"; readonly retcode: number; readonly comment?: string }
  | { readonly kind: "unknown"; readonly retcode: number }
  /** Stays pending until `finish`. */
  | { readonly kind: "silence" };

interface Connection {
  readonly id: number;
  readonly channel: Channel;
  readonly events: ChannelEvents;
  readonly topics: string[];
  state: "opening" | "up" | "down";
}

interface FakeSession {
  readonly id: string;
  readonly instance: string;
  syncN: number;
  commandN: number;
  lastMs: number;
  readonly symbols: Set<string>;
}

interface Entry {
  readonly digest: string;
  readonly intent: Intent;
  outcome: Outcome;
  acknowledged: boolean;
}

const latencyMs = 1;
const decoder = new TextDecoder();

/** Keys of the tests; nothing else uses them. */
export const testKeys: {
  readonly serverSecret: Uint8Array;
  readonly serverPublic: Uint8Array;
  readonly clientSecret: Uint8Array;
  readonly clientPublic: Uint8Array;
} = makeKeys();

function makeKeys(): typeof testKeys {
  const serverSecret = new Uint8Array(32).fill(7);
  const clientSecret = new Uint8Array(32).fill(9);
  return {
    serverSecret,
    clientSecret,
    serverPublic: x25519.getPublicKey(serverSecret),
    clientPublic: x25519.getPublicKey(clientSecret),
  };
}

/** A symbol specification like a retail broker's EURUSD. */
export function symbolRecord(name: string, change: Partial<SymbolRecord> = {}): SymbolRecord {
  return {
    name,
    description: name,
    path: `Forex\\${name}`,
    currencyBase: "EUR",
    currencyProfit: "USD",
    currencyMargin: "EUR",
    digits: 5,
    point: 0.00001,
    tickSize: 0.00001,
    tickValue: 1,
    contractSize: 100_000,
    volumeMin: 0.01,
    volumeMax: 50,
    volumeStep: 0.01,
    volumeLimit: 0,
    spread: 10,
    stopsLevel: 0,
    freezeLevel: 0,
    tradeMode: "full",
    execution: "market",
    filling: ["fok", "ioc"],
    timeInForce: ["gtc"],
    calcMode: "forex",
    marginInitial: 0,
    marginPerLot: 1000,
    swapLong: 0,
    swapShort: 0,
    selected: true,
    quoteSessions: [],
    tradeSessions: [],
    ...change,
  };
}

/**
 * An agent at the level of messages, with a transport to reach it, for tests of the connector. It keeps to
 * docs/protocol.md as far as the connector can see, and can be told to lose, refuse, restart and stay silent.
 */
export class FakeAgent {
  readonly clock: Clock;
  readonly transport: Transport;
  /** What the broker executed, in order. */
  readonly executed: Intent[] = [];
  /** Commands as they were read, before any check. */
  readonly commands: CommandRequest[] = [];
  /** Requests on `sync` as they were read. */
  readonly requests: SyncRequest[] = [];
  /** Answers for the next commands; without one they are executed. */
  readonly answers: BrokerAnswer[] = [];
  readonly symbols: Map<string, SymbolRecord> = new Map([["EURUSD", symbolRecord("EURUSD")]]);
  readonly positions: Map<string, PositionRecord> = new Map();
  readonly orders: Map<string, OrderRecord> = new Map();
  readonly historyOrders: OrderRecord[] = [];
  readonly deals: DealRecord[] = [];
  /** History, charts and calculations. */
  readonly market: FakeMarket = new FakeMarket(this);
  readonly journal: Map<string, Entry | "tombstone"> = new Map();
  readonly acknowledged: string[] = [];
  /** Returns true for a frame that is to be lost on its way to the agent. */
  loseToAgent: (channel: Channel, body: Readonly<Record<string, unknown>>) => boolean = () => false;
  /** Returns true for a message that is to be lost on its way to the connector. */
  loseToConnector: (channel: Channel, topic: string, body: Readonly<Record<string, unknown>>) => boolean =
    () => false;
  /** A fault for the next connections of a channel; undefined lets them up. */
  refuseConnection: (channel: Channel) => ChannelFault | undefined = () => undefined;
  /** A refusal of commands before the journal. */
  refuseCommand: (command: CommandRequest) => CommandRefusal | undefined = () => undefined;
  /** A refusal of requests. */
  refuseRequest: (op: string) => string | undefined = () => undefined;
  ready = true;
  pulsing = true;
  terminal: TerminalRecord = {
    build: 4_000,
    name: "Fake",
    company: "Fake",
    connected: true,
    terminalTradeAllowed: true,
    expertTradeAllowed: true,
    accountTradeAllowed: true,
    accountExpertAllowed: true,
    dllsAllowed: true,
  };
  account: AccountRecord = {
    login: "1001",
    name: "Test",
    server: "Fake-Demo",
    company: "Fake",
    currency: "USD",
    currencyDigits: 2,
    leverage: 100,
    marginMode: "hedging",
    tradeMode: "demo",
    balance: 10_000,
    credit: 0,
    profit: 0,
    equity: 10_000,
    margin: 0,
    freeMargin: 10_000,
    marginLevel: 0,
    stopOutMode: "percent",
    marginCall: 50,
    stopOut: 30,
    tradeAllowed: true,
    expertAllowed: true,
  };
  brokerZone: string | null = "eet-us";
  epoch = 1_700_000_001;
  seq = 0;
  /** Events still in the ring. */
  ledger: LedgerEvent[] = [];
  sessions: Map<string, FakeSession> = new Map();
  readonly counts: Map<string, number> = new Map();
  readonly #ticks: Map<string, TickRecord> = new Map();
  #connections: Connection[] = [];
  #serial = 0;
  #ticket = 100;
  #startedMs: number;
  #pulse: Timer | undefined;
  readonly #signers: Record<"command" | "sync", Signer>;
  #challenges: Set<string> = new Set();
  readonly #refusals: Map<
    string,
    { readonly code: CommandRefusal; readonly epoch: number; readonly issuedAt: number }
  > = new Map();

  constructor(clock: Clock) {
    this.clock = clock;
    this.#startedMs = clock.nowMs() - 5_000;
    const signer = (channel: "command" | "sync"): Signer =>
      createSigner({
        secretKey: testKeys.serverSecret,
        clientPublicKey: testKeys.clientPublic,
        serverPublicKey: testKeys.serverPublic,
        side: "server",
        channel,
      });
    this.#signers = { command: signer("command"), sync: signer("sync") };
    this.transport = {
      name: "fake",
      connect: (channel, options, events): ClientChannel => this.#connect(channel, options, events),
      listen: (): Promise<TransportListener> => Promise.reject(new Error("Cannot listen: this is the agent")),
    };
    this.#schedulePulse();
  }

  /** The agent clock. */
  get agentMs(): number {
    return Math.floor(this.clock.nowMs() - this.#startedMs);
  }

  /** Broker time: two hours ahead of UTC. */
  get brokerMs(): number {
    return this.clock.wallMs() + 7_200_000;
  }

  /** Connections that are not down. */
  get openConnections(): number {
    return this.#connections.filter((connection) => connection.state !== "down").length;
  }

  /** Ends the pulses, so that nothing of the agent keeps virtual time busy. */
  stop(): void {
    this.#pulse?.cancel();
    this.pulsing = false;
  }

  /** Breaks the connections of a channel, or all. */
  cut(channel?: Channel, fault: ChannelFault = { code: "lost", message: "the connection broke" }): void {
    for (const connection of [...this.#connections]) {
      if (channel === undefined || connection.channel === channel) this.#down(connection, fault);
    }
  }

  /** Ends all sessions, as leases that ran out would. */
  endSessions(): void {
    this.sessions.clear();
  }

  /** Restarts the agent: a new epoch, an empty ledger, the journal and the terminal as they were. */
  restart(): void {
    this.cut();
    this.epoch += 10;
    this.seq = 0;
    this.ledger = [];
    this.sessions = new Map();
    this.counts.clear();
    this.#refusals.clear();
    this.#startedMs = this.clock.nowMs();
    for (const entry of this.journal.values()) {
      if (entry !== "tombstone" && entry.outcome.state === "pending") {
        entry.outcome = { ...entry.outcome, state: "unknown", retcode: 0, comment: "" };
      }
    }
  }

  /** Lets a pending or unknown command come to an end. */
  finish(id: string, answer: BrokerAnswer = { kind: "execute" }): void {
    const entry = this.journal.get(id);
    if (entry === undefined || entry === "tombstone")
      throw new Error(`Cannot finish ${id}: not in the journal`);
    this.#end(id, entry, answer);
  }

  /** Publishes a ledger event. */
  publish(payload: LedgerPayload): LedgerEvent {
    const event = {
      v: 1,
      epoch: this.epoch,
      seq: ++this.seq,
      agentMs: this.agentMs,
      ...payload,
    } as LedgerEvent;
    this.ledger.push(event);
    this.#send("ledger", ledgerTopic(), event);
    return event;
  }

  /** Publishes ticks of a symbol to those who subscribed it. */
  tick(symbol: string, ...prices: readonly number[]): void {
    const ticks = prices.map((bid) => ({
      timeBrokerMs: this.brokerMs,
      bid,
      ask: bid + 0.0001,
      last: 0,
      volume: 0,
      volumeReal: 0,
      flags: 6,
    }));
    const count = (this.counts.get(symbol) ?? 0) + ticks.length;
    this.counts.set(symbol, count);
    const last = ticks.at(-1);
    if (last !== undefined) this.#ticks.set(symbol, last);
    if (![...this.sessions.values()].some((session) => session.symbols.has(symbol))) return;
    const head = {
      v: 1,
      epoch: this.epoch,
      symbol,
      count,
      n: ticks.length,
      skipped: 0,
      agentMs: this.agentMs,
    };
    this.#send(`tick.${symbol}`, tickTopic(symbol), head, packTicks(ticks));
  }

  /** Publishes the account stream. */
  publishAccount(change: Partial<AccountRecord>): void {
    this.account = { ...this.account, ...change };
    const message = { v: 1, epoch: this.epoch, agentMs: this.agentMs, account: this.account };
    this.#send("account", accountTopic(), message);
  }

  /** Opens a position as another program would, with its order and deal. */
  openPosition(
    symbol = "EURUSD",
    side: "buy" | "sell" = "buy",
    volume = 0.1,
    publish = true,
  ): PositionRecord {
    const { order, deal, position } = this.trade(symbol, side, volume, "0");
    this.positions.set(position.ticket, position);
    if (publish) {
      this.publish({ type: "order", change: "filled", order });
      this.publish({ type: "deal", change: "made", deal });
      this.publish({ type: "position", change: "opened", position });
    }
    return position;
  }

  /** Closes a position as another program would. */
  closePosition(ticket: string, publish = true, reason: DealRecord["reason"] = "client"): void {
    const position = this.positions.get(ticket);
    if (position === undefined) throw new Error(`Cannot close ${ticket}: not open`);
    const { order, deal } = this.trade(
      position.symbol,
      position.side === "buy" ? "sell" : "buy",
      position.volume,
      ticket,
      reason,
    );
    this.positions.delete(ticket);
    if (!publish) return;
    this.publish({ type: "order", change: "filled", order });
    this.publish({ type: "deal", change: "made", deal });
    this.publish({ type: "position", change: "closed", position });
  }

  /** Empties the ring, as 65,536 further events would. */
  forgetLedger(): void {
    this.ledger = [];
  }

  #connect(channel: Channel, options: ConnectOptions, events: ChannelEvents): ClientChannel {
    const topics: string[] = [];
    const connection: Connection = { id: ++this.#serial, channel, events, topics, state: "opening" };
    this.#connections.push(connection);
    this.clock.setTimer(() => {
      if (connection.state !== "opening") return;
      const fault = this.refuseConnection(channel);
      if (fault !== undefined) {
        this.#down(connection, fault);
        return;
      }
      if (toHex(options.serverPublicKey) !== toHex(testKeys.serverPublic)) {
        this.#down(connection, { code: "authentication", message: "the server's key is another" });
        return;
      }
      connection.state = "up";
      events.up();
    }, latencyMs);
    return {
      channel,
      send: (frames): boolean => {
        if (connection.state !== "up") throw new Error("Cannot send: the channel is not up");
        const copies = frames.map((frame) => frame.slice());
        this.clock.setTimer(() => this.#receive(connection, copies), latencyMs);
        return true;
      },
      subscribe: (prefix): void => void topics.push(decoder.decode(prefix)),
      unsubscribe: (prefix): void => {
        const at = topics.indexOf(decoder.decode(prefix));
        if (at >= 0) topics.splice(at, 1);
      },
      close: (): Promise<void> => {
        this.#down(connection, { code: "closed", message: "closed by this side" });
        return Promise.resolve();
      },
    };
  }

  #down(connection: Connection, fault: ChannelFault): void {
    if (connection.state === "down") return;
    connection.state = "down";
    this.#connections = this.#connections.filter((other) => other !== connection);
    this.clock.setTimer(() => connection.events.down(fault), 0);
  }

  #send(topicText: string, topic: Uint8Array, body: object, bulk?: Uint8Array): void {
    const bytes = encodeBody(body);
    const prefix = `${topicText}\0`;
    for (const connection of this.#connections) {
      if (connection.channel !== "events" || connection.state !== "up") continue;
      if (!connection.topics.some((wanted) => prefix.startsWith(wanted))) continue;
      if (this.loseToConnector("events", topicText, decodeBody(bytes))) continue;
      const frames = bulk === undefined ? [topic, bytes] : [topic, bytes, bulk];
      this.#deliver(connection, frames);
    }
  }

  #deliver(connection: Connection, frames: Uint8Array[]): void {
    this.clock.setTimer(() => {
      if (connection.state === "up") connection.events.message(frames);
    }, latencyMs);
  }

  #schedulePulse(): void {
    this.#pulse = this.clock.setTimer(() => {
      this.#expireLeases();
      if (this.pulsing) this.#publishPulse();
      this.#schedulePulse();
    }, limits.pulseIntervalMs);
  }

  #publishPulse(): void {
    const sessions = [...this.sessions.values()].map((session) => ({
      session: session.id,
      command: session.commandN,
      sync: session.syncN,
    }));
    this.#send("pulse", pulseTopic(), {
      v: 1,
      epoch: this.epoch,
      seq: this.seq,
      agentMs: this.agentMs,
      brokerMs: this.brokerMs,
      utcMs: this.clock.wallMs(),
      sessions,
      terminal: this.terminal,
    });
  }

  #expireLeases(): void {
    for (const session of [...this.sessions.values()]) {
      if (this.agentMs - session.lastMs > limits.leaseMs) this.sessions.delete(session.id);
    }
  }

  #receive(connection: Connection, frames: readonly Uint8Array[]): void {
    if (connection.state !== "up") return;
    const [body, mac] = frames;
    if (body === undefined || mac === undefined) throw new Error("A request has two frames");
    const message = decodeBody(body);
    if (this.loseToAgent(connection.channel, message)) return;
    const channel = connection.channel === "command" ? "command" : "sync";
    if (!this.#signers[channel].verify(body, mac)) throw new Error("A request is signed");
    if (channel === "sync") this.#request(connection, message as unknown as SyncRequest);
    else this.#command(message as unknown as CommandRequest);
  }

  #request(connection: Connection, request: SyncRequest): void {
    this.requests.push(request);
    let answer: { readonly result: object; readonly bulk?: Uint8Array | undefined; readonly seq?: number };
    const head = { v: 1, rid: request.rid, epoch: this.epoch, agentMs: this.agentMs };
    try {
      const refused = this.refuseRequest(request.op);
      if (refused !== undefined) throw new Refusal(refused);
      answer = this.#operate(request);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message, candidates } = error;
      const details = { code, message, ...(candidates === undefined ? {} : { candidates }) };
      this.#reply(connection, { ...head, seq: this.seq, ok: false, error: details });
      return;
    }
    const reply = { ...head, seq: answer.seq ?? this.seq, ok: true, result: answer.result };
    this.#reply(connection, reply, answer.bulk);
  }

  #reply(connection: Connection, reply: object, bulk?: Uint8Array): void {
    const bytes = encodeBody(reply);
    if (this.loseToConnector("sync", "", decodeBody(bytes))) return;
    this.#deliver(connection, bulk === undefined ? [bytes] : [bytes, bulk]);
  }

  #operate(request: SyncRequest): {
    readonly result: object;
    readonly bulk?: Uint8Array | undefined;
    readonly seq?: number;
  } {
    const args = (request.args ?? {}) as Readonly<Record<string, never>>;
    if (request.op === "challenge") {
      if (!this.ready) throw new Refusal("NOT_READY", "the terminal is not connected");
      const challenge = (++this.#serial).toString(16).padStart(64, "0");
      this.#challenges.add(challenge);
      return { result: { revision: 1, challenge } };
    }
    if (request.op === "hello") return { result: this.#hello(args) };
    const session = this.sessions.get(request.session ?? "");
    if (session === undefined) throw new Refusal("NO_SESSION");
    if (request.epoch !== this.epoch) throw new Refusal("EPOCH");
    if ((request.n ?? 0) <= session.syncN) throw new Refusal("REPLAYED");
    session.syncN = request.n ?? 0;
    const at = request.at ?? 0;
    if (at < this.agentMs - limits.requestMaxAgeMs || at > this.agentMs + limits.requestMaxAheadMs) {
      throw new Refusal("STALE");
    }
    session.lastMs = this.agentMs;
    switch (request.op) {
      case "ping":
        return { result: { brokerMs: this.brokerMs, utcMs: this.clock.wallMs() } };
      case "bye":
        this.sessions.delete(session.id);
        return { result: {} };
      case "barrier":
        this.#send("ledger", ledgerTopic(), {
          v: 1,
          epoch: this.epoch,
          seq: this.seq,
          agentMs: this.agentMs,
          type: "barrier",
          token: args["token"],
        });
        return { result: {} };
      case "account":
        return { result: { account: this.account } };
      case "positions":
        return { result: { positions: [...this.positions.values()], more: null } };
      case "symbols":
        return { result: { symbols: this.#symbols(args["names"]), more: null } };
      case "tick": {
        this.#symbols([args["symbol"] as unknown as string]);
        const tick = this.#ticks.get(args["symbol"] as unknown as string);
        const bulk = tick === undefined ? undefined : packTicks([tick]);
        return { result: { symbol: args["symbol"], brokerMs: this.brokerMs }, bulk };
      }
      case "snapshot":
        return { result: this.#snapshot(args["since"] as unknown as { brokerMs: number; orders: string[] }) };
      case "ledger.since":
        return { result: this.#since(args["epoch"] as unknown as number, args["seq"] as unknown as number) };
      case "subscribe": {
        const names = args["symbols"] as unknown as string[];
        this.#symbols(names);
        for (const name of names) session.symbols.add(name);
        return {
          result: { symbols: names.map((symbol) => ({ symbol, count: this.counts.get(symbol) ?? 0 })) },
        };
      }
      case "unsubscribe":
        for (const name of args["symbols"] as unknown as string[]) session.symbols.delete(name);
        return { result: {} };
      case "outcome":
        return {
          result: { outcome: this.#askedOutcome(args["id"] as unknown as string, args["peek"] === true) },
        };
      case "outcomes":
        return { result: { outcomes: this.#untold(), more: null } };
      case "outcome.ack":
        for (const id of args["ids"] as unknown as string[]) {
          this.acknowledged.push(id);
          const entry = this.journal.get(id);
          if (entry !== undefined && entry !== "tombstone") entry.acknowledged = true;
        }
        return { result: {} };
      default: {
        const other = this.market.operate(request.op, args);
        if (other === undefined) throw new Refusal("UNKNOWN_OP");
        return other;
      }
    }
  }

  #hello(args: Readonly<Record<string, string>>): object {
    if (!this.ready) throw new Refusal("NOT_READY", "the terminal is not connected");
    if (!this.#challenges.delete(args["challenge"] ?? "")) throw new Refusal("CHALLENGE");
    for (const old of [...this.sessions.values()]) {
      if (old.instance === args["instance"]) this.sessions.delete(old.id);
    }
    const session: FakeSession = {
      id: `session-${++this.#serial}`,
      instance: args["instance"] ?? "",
      syncN: 0,
      commandN: 0,
      lastMs: this.agentMs,
      symbols: new Set(),
    };
    this.sessions.set(session.id, session);
    return {
      session: session.id,
      leaseMs: limits.leaseMs,
      agent: { name: "fake", version: "1" },
      account: this.account,
      terminal: this.terminal,
      brokerMs: this.brokerMs,
      utcMs: this.clock.wallMs(),
      brokerZone: this.brokerZone,
      ledger: { oldest: this.ledger[0]?.seq ?? this.seq + 1 },
      outcomes: this.#untold(),
      moreOutcomes: false,
      journalSinceUtcMs: 1,
      limits: {
        commandTtlMs: limits.commandTtlMs,
        journalRetentionMs: limits.journalRetentionMs,
        maxMessageBytes: limits.maxRequestBytes,
        maxPending: limits.maxPendingCommands,
      },
    };
  }

  #untold(): Outcome[] {
    const outcomes: Outcome[] = [];
    for (const entry of this.journal.values()) {
      if (entry === "tombstone" || entry.acknowledged) continue;
      if (entry.outcome.state === "executed" || entry.outcome.state === "rejected")
        outcomes.push(entry.outcome);
    }
    return outcomes;
  }

  #symbols(names: readonly string[] | undefined): SymbolRecord[] {
    if (names === undefined) return [...this.symbols.values()];
    return names.map((name) => {
      const symbol = this.symbols.get(name);
      if (symbol !== undefined) return symbol;
      const alike = [...this.symbols.keys()].filter((known) =>
        known.toLowerCase().startsWith(name.toLowerCase()),
      );
      throw new Refusal("UNKNOWN_SYMBOL", `there is no symbol ${name}`, alike);
    });
  }

  #snapshot(since: { readonly brokerMs: number; readonly orders: readonly string[] } | undefined): object {
    const historyOrders =
      since === undefined
        ? []
        : this.historyOrders.filter(
            (order) => order.doneBrokerMs >= since.brokerMs || since.orders.includes(order.ticket),
          );
    const deals = since === undefined ? [] : this.deals.filter((deal) => deal.timeBrokerMs >= since.brokerMs);
    return {
      account: this.account,
      positions: [...this.positions.values()],
      orders: [...this.orders.values()],
      historyOrders,
      deals,
      more: null,
    };
  }

  #since(epoch: number, seq: number): object {
    const oldest = this.ledger[0]?.seq ?? this.seq + 1;
    if (epoch !== this.epoch || seq > this.seq || seq + 1 < oldest) throw new Refusal("LEDGER_GONE");
    return { events: this.ledger.filter((event) => event.seq > seq), complete: true };
  }

  #askedOutcome(id: string, peek: boolean): Outcome | null {
    const entry = this.journal.get(id);
    if (entry === undefined && peek) return null;
    if (entry === undefined) this.journal.set(id, "tombstone");
    if (entry === undefined || entry === "tombstone") return { id, digest: "", state: "void", sinceUtcMs: 1 };
    return entry.outcome;
  }

  #command(command: CommandRequest): void {
    this.commands.push(command);
    const digest = intentDigest(command.intent);
    const refuse = (code: CommandRefusal, expected?: number): void =>
      this.#refuse(command, digest, code, expected);
    const session = this.sessions.get(command.session);
    const entry = this.journal.get(command.id);
    if (session === undefined) {
      if (entry === undefined) refuse("NO_SESSION");
      else this.#known(entry, digest, refuse);
      return;
    }
    session.lastMs = this.agentMs;
    const next = command.n === session.commandN + 1;
    if (next) session.commandN = command.n;
    if (entry !== undefined) {
      this.#known(entry, digest, refuse);
      return;
    }
    if (!next) {
      if (command.n <= session.commandN) refuse("REPLAYED");
      else refuse("COUNTER", session.commandN + 1);
      return;
    }
    const before = this.#refusals.get(command.id);
    // Stamps are compared as (epoch, issuedAt): each epoch has a clock of its own.
    const sticky =
      before?.epoch === command.epoch && before.issuedAt >= command.issuedAt ? before.code : undefined;
    const refused = this.#aged(command) ?? sticky ?? this.refuseCommand(command);
    if (refused === undefined) this.#execute(command, digest);
    else refuse(refused);
  }

  #aged(command: CommandRequest): CommandRefusal | undefined {
    if (command.epoch !== this.epoch || this.agentMs > command.notAfter) return "EXPIRED";
    return command.issuedAt > this.agentMs + limits.requestMaxAheadMs ? "STALE" : undefined;
  }

  #known(entry: Entry | "tombstone", digest: string, refuse: (code: CommandRefusal) => void): void {
    if (entry === "tombstone") refuse("VOID");
    else if (entry.digest !== digest) refuse("ID_REUSED");
    else if (entry.outcome.state !== "pending") this.#publishOutcome(entry.outcome);
  }

  #refuse(command: CommandRequest, digest: string, code: CommandRefusal, expected?: number): void {
    const { id, session, n, epoch, issuedAt, notAfter } = command;
    const copy = { session, n, epoch, issuedAt, notAfter };
    const outcome: Outcome = { id, digest, state: "refused", code, reason: code, ...copy };
    const told = expected === undefined ? outcome : { ...outcome, expected };
    if (["COUNTER", "NO_SESSION", "STALE", "REPLAYED", "BUSY"].includes(code)) {
      const client = toHex(testKeys.clientPublic);
      const hint = { v: 1, epoch: this.epoch, agentMs: this.agentMs, outcome: told };
      this.#send(`client.${client}`, clientTopic(client), hint);
      return;
    }
    if (code !== "VOID" && code !== "ID_REUSED") this.#refusals.set(id, { code, epoch, issuedAt });
    this.#publishOutcome(outcome);
  }

  #execute(command: CommandRequest, digest: string): void {
    const intent = JSON.parse(command.intent) as Intent;
    const times = { epoch: this.epoch, receivedMs: this.agentMs, sentMs: this.agentMs, doneMs: 0 };
    const outcome: Outcome = { id: command.id, digest, state: "pending", ...times };
    const entry: Entry = { digest, intent, outcome, acknowledged: false };
    this.journal.set(command.id, entry);
    this.#end(command.id, entry, this.answers.shift() ?? { kind: "execute" });
  }

  #end(id: string, entry: Entry, answer: BrokerAnswer): void {
    const { digest, intent } = entry;
    const times = { epoch: this.epoch, receivedMs: this.agentMs, sentMs: this.agentMs, doneMs: this.agentMs };
    switch (answer.kind) {
      case "silence":
        return;
      case "reject": {
        const { retcode, comment = "" } = answer;
        entry.outcome = { id, digest, state: "rejected", retcode, comment, ...times };
        break;
      }
      case "unknown":
        entry.outcome = { id, digest, state: "unknown", retcode: answer.retcode, comment: "", ...times };
        break;
      case "execute": {
        this.executed.push(intent);
        const done =
          intent.kind === "market"
            ? executionOf(this.#open(intent, answer.volume))
            : intent.kind === "close"
              ? executionOf(this.#close(intent))
              : executeOther(this, intent);
        const head = { id, digest, comment: "", ...times };
        if (typeof done === "number") {
          this.executed.pop();
          entry.outcome = { ...head, state: "rejected", retcode: done };
        } else entry.outcome = { ...head, ...done, state: "executed", moreDeals: false };
      }
    }
    this.#publishOutcome(entry.outcome);
  }

  #open(intent: Extract<Intent, { kind: "market" }>, volume: number = intent.volume): DealRecord {
    const { order, deal, position } = this.trade(intent.symbol, intent.side, volume, "0", "expert", intent);
    this.positions.set(position.ticket, position);
    this.publish({ type: "order", change: "filled", order });
    this.publish({ type: "deal", change: "made", deal });
    this.publish({ type: "position", change: "opened", position });
    return deal;
  }

  #close(intent: Extract<Intent, { kind: "close" }>): DealRecord {
    const position = this.positions.get(intent.position);
    if (position === undefined) throw new Error(`Cannot close ${intent.position}: not open`);
    const volume = intent.volume === 0 ? position.volume : intent.volume;
    const side = position.side === "buy" ? "sell" : "buy";
    const { order, deal } = this.trade(position.symbol, side, volume, position.ticket, "expert");
    this.publish({ type: "order", change: "filled", order });
    this.publish({ type: "deal", change: "made", deal });
    this.shrink(position, volume);
    return deal;
  }

  /** Takes volume from a position, and publishes what is left. */
  shrink(position: PositionRecord, volume: number): void {
    const left = Math.round((position.volume - volume) * 1e8) / 1e8;
    if (left > 0) {
      const rest = { ...position, volume: left };
      this.positions.set(position.ticket, rest);
      this.publish({ type: "position", change: "modified", position: rest });
    } else {
      this.positions.delete(position.ticket);
      this.publish({ type: "position", change: "closed", position });
    }
  }

  /** Ends an active order. */
  endOrder(ticket: string, change: "cancelled" | "expired" | "rejected", publish = true): void {
    const order = this.orders.get(ticket);
    if (order === undefined) throw new Error(`Cannot end order ${ticket}: not active`);
    const ended: OrderRecord = { ...order, state: change, doneBrokerMs: this.brokerMs };
    this.orders.delete(ticket);
    this.historyOrders.push(ended);
    if (publish) this.publish({ type: "order", change, order: ended });
  }

  /** Publishes a market depth. */
  sendBook(symbol: string, head: object, bulk: Uint8Array): void {
    this.#send(`book.${symbol}`, bookTopic(symbol), head, bulk);
  }

  /** A ticket that was not given before. */
  nextTicket(): string {
    return String(++this.#ticket);
  }

  /** An order that is filled, its deal, and the position that it would open. */
  trade(
    symbol: string,
    side: "buy" | "sell",
    volume: number,
    closes: string,
    reason: DealRecord["reason"] = "client",
    intent?: Extract<Intent, { kind: "market" }>,
  ): { readonly order: OrderRecord; readonly deal: DealRecord; readonly position: PositionRecord } {
    const ticket = String(++this.#ticket);
    const identifier = closes === "0" ? ticket : closes;
    const price = side === "buy" ? 1.1001 : 1.1;
    const now = this.brokerMs;
    const common = { symbol, magic: intent?.magic ?? "0", comment: intent?.comment ?? "", reason };
    const stops = { stopLoss: intent?.stopLoss ?? 0, takeProfit: intent?.takeProfit ?? 0 };
    const order: OrderRecord = {
      ...common,
      ...stops,
      ticket,
      kind: side,
      state: "filled",
      volumeInitial: volume,
      volumeCurrent: 0,
      price: 0,
      priceStopLimit: 0,
      timeInForce: "gtc",
      filling: "fok",
      position: identifier,
      positionBy: "0",
      setupBrokerMs: now,
      doneBrokerMs: now,
      expirationBrokerMs: 0,
    };
    const deal: DealRecord = {
      ...common,
      ...stops,
      ticket: String(++this.#ticket),
      order: ticket,
      position: identifier,
      kind: side,
      entry: closes === "0" ? "in" : "out",
      volume,
      price,
      profit: closes === "0" ? 0 : 1.5,
      commission: -0.35,
      swap: 0,
      fee: 0,
      timeBrokerMs: now,
    };
    this.historyOrders.push(order);
    this.deals.push(deal);
    const position: PositionRecord = {
      ...common,
      ...stops,
      ticket: identifier,
      identifier,
      side,
      volume,
      priceOpen: price,
      priceCurrent: price,
      profit: 0,
      swap: 0,
      openBrokerMs: now,
      updateBrokerMs: now,
    };
    return { order, deal, position };
  }

  #publishOutcome(outcome: Outcome): void {
    this.publish({ type: "outcome", client: toHex(testKeys.clientPublic), outcome });
  }
}

function executionOf(deal: DealRecord): Execution {
  const { order, ticket, position, volume, price } = deal;
  return { retcode: 10009, order, deal: ticket, position, volume, price, deals: [deal] };
}
