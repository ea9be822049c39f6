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
  SyncRequest,
} from "../../src/protocol/v1/messages.ts";
import { createSigner, type Signer } from "../../src/protocol/v1/signing.ts";
import { accountTopic, bookTopic, ledgerTopic, pulseTopic, tickTopic } from "../../src/protocol/v1/topics.ts";
import type { Clock, Timer } from "../../src/transport/clock.ts";
import type { Channel, ChannelFault, Transport } from "../../src/transport/transport.ts";
import { FakeBroker, type FakeTrade } from "./fake-broker.ts";
import { type BrokerAnswer, FakeCommands, type FakeEntry } from "./fake-commands.ts";
import { FakeMarket } from "./fake-market.ts";
import { type FakeConnection, FakeNetwork } from "./fake-network.ts";
import { fakeAccount, fakeTerminal, symbolRecord, testKeys } from "./fake-records.ts";
import { Refusal } from "./fake-refusal.ts";
import { type FakeReply, FakeRequests, type FakeSession } from "./fake-requests.ts";

export { symbolRecord, testKeys };

/**
 * An agent at the level of messages, with a transport to reach it, for tests of the connector. It keeps to
 * docs/protocol.md as far as the connector can see, and can be told to lose, refuse, restart and stay silent.
 */
export class FakeAgent {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly broker: FakeBroker = new FakeBroker(this);
  /** Commands as they were taken. */
  readonly taken: FakeCommands = new FakeCommands(this);
  /** History, charts and calculations. */
  readonly market: FakeMarket = new FakeMarket(this);
  readonly positions: Map<string, PositionRecord> = this.broker.positions;
  readonly orders: Map<string, OrderRecord> = this.broker.orders;
  readonly historyOrders: OrderRecord[] = this.broker.historyOrders;
  readonly deals: DealRecord[] = this.broker.deals;
  /** What the broker executed, in order. */
  readonly executed: Intent[] = this.taken.executed;
  /** Commands as they were read, before any check. */
  readonly commands: CommandRequest[] = this.taken.commands;
  /** Answers for the next commands; without one they are executed. */
  readonly answers: BrokerAnswer[] = this.taken.answers;
  readonly journal: Map<string, FakeEntry | "tombstone"> = this.taken.journal;
  readonly acknowledged: string[] = this.taken.acknowledged;
  /** Requests on `sync` as they were read. */
  readonly requests: SyncRequest[] = [];
  readonly symbols: Map<string, SymbolRecord> = new Map([["EURUSD", symbolRecord("EURUSD")]]);
  /** Returns true for a frame that is to be lost on its way to the agent. */
  loseToAgent: (channel: Channel, body: Readonly<Record<string, unknown>>) => boolean = () => false;
  /** Returns true for a message that is to be lost on its way to the connector. */
  loseToConnector: (channel: Channel, topic: string, body: Readonly<Record<string, unknown>>) => boolean =
    () => false;
  /** A fault for the next connections of a channel; undefined lets them up. */
  refuseConnection: (channel: Channel) => ChannelFault | undefined = () => undefined;
  /** A refusal of commands before the journal. */
  refuseCommand: (command: CommandRequest) => CommandRefusal | undefined = () => undefined;
  /** Changes what a request is answered. */
  changeReply: (op: string, reply: FakeReply) => FakeReply = (_, reply) => reply;
  /** A refusal of requests. */
  refuseRequest: (op: string) => string | undefined = () => undefined;
  ready = true;
  pulsing = true;
  terminal: TerminalRecord = { ...fakeTerminal };
  account: AccountRecord = { ...fakeAccount };
  brokerZone: string | null = "eet-us";
  epoch = 1_700_000_001;
  seq = 0;
  /** Events still in the ring. */
  ledger: LedgerEvent[] = [];
  readonly counts: Map<string, number> = new Map();
  /** The last tick of each symbol. */
  readonly ticks: Map<string, TickRecord> = new Map();
  readonly network: FakeNetwork;
  readonly #requests: FakeRequests = new FakeRequests(this);
  #startedMs: number;
  #pulse: Timer | undefined;
  readonly #signers: Record<"command" | "sync", Signer>;

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
    this.network = new FakeNetwork(clock, {
      refuse: (channel) => this.refuseConnection(channel),
      lose: (topic, body) => this.loseToConnector("events", topic, body),
      received: (connection, frames): void => this.#receive(connection, frames),
    });
    this.transport = this.network.transport;
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
    return this.network.openConnections;
  }

  /** The sessions that stand. */
  get sessions(): Map<string, FakeSession> {
    return this.#requests.sessions;
  }

  /** Ends the pulses, so that nothing of the agent keeps virtual time busy. */
  stop(): void {
    this.#pulse?.cancel();
    this.pulsing = false;
  }

  /** Breaks the connections of a channel, or all. */
  cut(channel?: Channel, fault?: ChannelFault): void {
    this.network.cut(channel, fault);
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
    this.sessions.clear();
    this.counts.clear();
    this.#startedMs = this.clock.nowMs();
    this.taken.restart();
  }

  /** Lets a pending or unknown command come to an end. */
  finish(id: string, answer?: BrokerAnswer): void {
    this.taken.finish(id, answer);
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
    this.send("ledger", ledgerTopic(), event);
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
    if (last !== undefined) this.ticks.set(symbol, last);
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
    this.send(`tick.${symbol}`, tickTopic(symbol), head, packTicks(ticks));
  }

  /** Publishes the account stream. */
  publishAccount(change: Partial<AccountRecord>): void {
    this.account = { ...this.account, ...change };
    const message = { v: 1, epoch: this.epoch, agentMs: this.agentMs, account: this.account };
    this.send("account", accountTopic(), message);
  }

  /** Opens a position as another program would, with its order and deal. */
  openPosition(symbol?: string, side?: "buy" | "sell", volume?: number, publish?: boolean): PositionRecord {
    return this.broker.openPosition(symbol, side, volume, publish);
  }

  /** Closes a position as another program would. */
  closePosition(ticket: string, publish?: boolean, reason?: DealRecord["reason"]): void {
    this.broker.closePosition(ticket, publish, reason);
  }

  /** Takes volume from a position, and publishes what is left. */
  shrink(position: PositionRecord, volume: number): void {
    this.broker.shrink(position, volume);
  }

  /** Ends an active order. */
  endOrder(ticket: string, change: "cancelled" | "expired" | "rejected", publish?: boolean): void {
    this.broker.endOrder(ticket, change, publish);
  }

  /** A ticket that was not given before. */
  nextTicket(): string {
    return this.broker.nextTicket();
  }

  /** An order that is filled, its deal, and the position that it would open. */
  trade(...order: Parameters<FakeBroker["trade"]>): FakeTrade {
    return this.broker.trade(...order);
  }

  /** Empties the ring, as 65,536 further events would. */
  forgetLedger(): void {
    this.ledger = [];
  }

  /** Publishes a market depth. */
  sendBook(symbol: string, head: object, bulk: Uint8Array): void {
    this.send(`book.${symbol}`, bookTopic(symbol), head, bulk);
  }

  /** Sends a message to who has subscribed its topic. */
  send(topicText: string, topic: Uint8Array, body: object, bulk?: Uint8Array): void {
    this.network.publish(topicText, topic, body, bulk);
  }

  #schedulePulse(): void {
    this.#pulse = this.clock.setTimer(() => {
      this.#requests.expireLeases();
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
    this.send("pulse", pulseTopic(), {
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

  #receive(connection: FakeConnection, frames: readonly Uint8Array[]): void {
    const [body, mac] = frames;
    if (body === undefined || mac === undefined) throw new Error("A request has two frames");
    const message = decodeBody(body);
    if (this.loseToAgent(connection.channel, message)) return;
    const channel = connection.channel === "command" ? "command" : "sync";
    if (!this.#signers[channel].verify(body, mac)) throw new Error("A request is signed");
    if (channel === "sync") this.#request(connection, message as unknown as SyncRequest);
    else this.taken.take(message as unknown as CommandRequest);
  }

  #request(connection: FakeConnection, request: SyncRequest): void {
    this.requests.push(request);
    let answer: FakeReply;
    const head = (): object => ({ v: 1, rid: request.rid, epoch: this.epoch, agentMs: this.agentMs });
    try {
      const refused = this.refuseRequest(request.op);
      if (refused !== undefined) throw new Refusal(refused);
      answer = this.changeReply(request.op, this.#requests.operate(request));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message, candidates } = error;
      const details = { code, message, ...(candidates === undefined ? {} : { candidates }) };
      this.#reply(connection, { ...head(), seq: this.seq, ok: false, error: details });
      return;
    }
    const reply = { ...head(), seq: answer.seq ?? this.seq, ok: true, result: answer.result };
    this.#reply(connection, reply, answer.bulk);
  }

  #reply(connection: FakeConnection, reply: object, bulk?: Uint8Array): void {
    const bytes = encodeBody(reply);
    if (this.loseToConnector("sync", "", decodeBody(bytes))) return;
    this.network.deliver(connection, bulk === undefined ? [bytes] : [bytes, bulk]);
  }
}
