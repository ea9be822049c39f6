import { x25519 } from "@noble/curves/ed25519.js";
import { decodeBody, encodeBody } from "../../../../src/protocol/v1/codec.ts";
import type {
  BookMessage,
  HelloResult,
  LedgerEvent,
  MarketIntent,
  Outcome,
  PulseMessage,
  RefusedOutcome,
  Role,
  SyncReply,
  TicksMessage,
} from "../../../../src/protocol/v1/messages.ts";
import { createSigner, intentDigest, type Signer, toHex } from "../../../../src/protocol/v1/signing.ts";
import { parseTopic } from "../../../../src/protocol/v1/topics.ts";
import { type Agent, createAgent } from "../../../../src/simulator/agent/agent.ts";
import type {
  AgentLimits,
  AgentOptions,
  AgentRefusal,
} from "../../../../src/simulator/agent/agent-options.ts";
import { MemoryJournalStore } from "../../../../src/simulator/agent/memory-journal.ts";
import type { ClientChannel } from "../../../../src/transport/transport.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";
import { FakeTerminal } from "../../../kit/fake-terminal.ts";
import { FakeTransport } from "../../../kit/fake-transport.ts";

const serverSecretKey = new Uint8Array(32).fill(1);
const serverPublicKey = x25519.getPublicKey(serverSecretKey);

/** The secret key of client 1, 2, … */
export function clientSecret(index: number): Uint8Array {
  return new Uint8Array(32).fill(10 + index);
}

/** The public key of client 1, 2, … in hex. */
export function clientHex(index: number): string {
  return toHex(x25519.getPublicKey(clientSecret(index)));
}

export interface RigOptions {
  readonly limits?: Partial<AgentLimits>;
  readonly roles?: readonly Role[];
  readonly agent?: Partial<AgentOptions>;
  readonly store?: MemoryJournalStore;
  readonly clock?: VirtualClock;
}

/** An agent in virtual time on fakes, and what it was seen to do. */
export class Rig {
  readonly clock: VirtualClock;
  readonly terminal: FakeTerminal;
  readonly transport: FakeTransport;
  readonly store: MemoryJournalStore;
  readonly options: RigOptions;
  readonly refusals: AgentRefusal[] = [];
  readonly faults: unknown[] = [];
  ports = { command: 0, events: 0, sync: 0 };
  #agent: Agent | undefined;
  #random = 0;

  constructor(options: RigOptions = {}) {
    this.options = options;
    this.clock = options.clock ?? new VirtualClock();
    this.terminal = new FakeTerminal(this.clock);
    this.transport = new FakeTransport(this.clock);
    this.store = options.store ?? new MemoryJournalStore();
  }

  get agent(): Agent {
    if (this.#agent === undefined) throw new Error("The agent has not been started");
    return this.#agent;
  }

  /** Makes an agent on the same terminal, journal and clock. */
  make(changes: Partial<AgentOptions> = {}): Agent {
    const roles = this.options.roles ?? ["trade", "trade"];
    this.#agent = createAgent({
      terminal: this.terminal,
      transport: this.transport,
      clock: this.clock,
      randomBytes: (length) =>
        Uint8Array.from({ length }, () => (this.#random = (this.#random * 31 + 7) % 251)),
      journal: this.store,
      serverSecretKey,
      clients: roles.map((role, i) => ({ publicKey: x25519.getPublicKey(clientSecret(i + 1)), role })),
      host: "127.0.0.1",
      ports: { command: 0, events: 0, sync: 0 },
      name: "test",
      version: "0",
      onRefusal: (refusal) => this.refusals.push(refusal),
      onFault: (fault) => this.faults.push(fault),
      ...this.options.agent,
      ...changes,
      limits: { ...this.options.limits, ...changes.limits },
    });
    return this.#agent;
  }

  async start(changes: Partial<AgentOptions> = {}): Promise<Agent> {
    const agent = this.make(changes);
    const started = await this.clock.runUntil(agent.start(), 60_000);
    if (started === undefined) throw new Error("The agent did not start");
    this.ports = started.ports;
    return agent;
  }

  /** Kills the agent and starts another one on the same journal. */
  async restart(changes: Partial<AgentOptions> = {}): Promise<Agent> {
    this.agent.kill();
    await this.clock.advance(1);
    return this.start(changes);
  }

  /** A connector whose three channels are up. */
  async client(index = 1): Promise<TestClient> {
    const client = new TestClient(this, index);
    client.connect();
    await this.clock.advance(1);
    return client;
  }

  /** A connector with a session. */
  async session(index = 1, role: Role = "trade", instance = "i"): Promise<TestClient> {
    const client = await this.client(index);
    await client.hello(role, instance);
    return client;
  }
}

/** A connector that does what a test says, no more. */
export class TestClient {
  readonly rig: Rig;
  readonly key: string;
  readonly secretKey: Uint8Array;
  readonly syncSigner: Signer;
  readonly commandSigner: Signer;
  readonly replies: Map<string, { readonly body: SyncReply; readonly frames: Uint8Array[] }> = new Map();
  readonly events: LedgerEvent[] = [];
  readonly barriers: { readonly token: string; readonly seq: number }[] = [];
  readonly pulses: PulseMessage[] = [];
  readonly hints: RefusedOutcome[] = [];
  readonly accounts: unknown[] = [];
  readonly ticks: { readonly head: TicksMessage; readonly bulk: Uint8Array }[] = [];
  readonly books: { readonly head: BookMessage; readonly bulk: Uint8Array }[] = [];
  command: ClientChannel | undefined;
  sync: ClientChannel | undefined;
  eventsChannel: ClientChannel | undefined;
  session = "";
  epoch = 0;
  n = 0;
  commandN = 0;
  /** The agent clock at the client's clock's 0. */
  offsetMs = 0;
  #rid = 0;

  constructor(rig: Rig, index: number) {
    this.rig = rig;
    this.secretKey = clientSecret(index);
    const clientPublicKey = x25519.getPublicKey(this.secretKey);
    this.key = toHex(clientPublicKey);
    const input = { secretKey: this.secretKey, clientPublicKey, serverPublicKey, side: "client" } as const;
    this.syncSigner = createSigner({ ...input, channel: "sync" });
    this.commandSigner = createSigner({ ...input, channel: "command" });
  }

  connect(): void {
    const { transport, ports } = this.rig;
    const options = { host: "127.0.0.1", serverPublicKey, clientSecretKey: this.secretKey };
    const quiet = {
      up: (): void => {},
      writable: (): void => {},
      down: (): void => {},
      message: (): void => {},
    };
    this.command = transport.connect("command", { ...options, port: ports.command }, quiet);
    this.sync = transport.connect(
      "sync",
      { ...options, port: ports.sync },
      { ...quiet, message: (frames) => this.#reply(frames) },
    );
    this.eventsChannel = transport.connect(
      "events",
      { ...options, port: ports.events },
      { ...quiet, message: (frames) => this.#event(frames) },
    );
    this.eventsChannel.subscribe(new Uint8Array(0));
  }

  /** The agent clock, as well as this client can know it. */
  agentMs(): number {
    return this.rig.agent.stats().agentMs;
  }

  /** Sends a request as it is and returns its reply, or undefined if none comes within a second. */
  async send(
    body: Readonly<Record<string, unknown>>,
    change: { readonly mac?: Uint8Array; readonly bytes?: Uint8Array; readonly frames?: Uint8Array[] } = {},
  ): Promise<SyncReply | undefined> {
    const bytes = change.bytes ?? encodeBody(body);
    const mac = change.mac ?? this.syncSigner.sign(bytes);
    this.sync?.send(change.frames ?? [bytes, mac]);
    const rid = String(body["rid"]);
    this.replies.delete(rid);
    for (let i = 0; i < 20 && !this.replies.has(rid); i++) await this.rig.clock.advance(1);
    return this.replies.get(rid)?.body;
  }

  rid(): string {
    return `r${++this.#rid}`;
  }

  /** The body of a proper request. */
  body(op: string, args: object = {}, changes: object = {}): Record<string, unknown> {
    const { session, epoch } = this;
    const rid = this.rid();
    return { v: 1, op, rid, session, n: ++this.n, epoch, at: this.agentMs(), args, ...changes };
  }

  /** Asks, and returns the reply whatever it is. */
  async ask(op: string, args: object = {}, changes: object = {}): Promise<SyncReply> {
    const reply = await this.send(this.body(op, args, changes));
    if (reply === undefined) throw new Error(`No reply to ${op}`);
    return reply;
  }

  /** Asks, and returns the result. */
  async get<T = Record<string, unknown>>(op: string, args: object = {}): Promise<T> {
    const reply = await this.ask(op, args);
    if (!reply.ok) throw new Error(`${op}: ${reply.error.code} ${reply.error.message}`);
    return reply.result as T;
  }

  async code(op: string, args: object = {}, changes: object = {}): Promise<string> {
    const reply = await this.ask(op, args, changes);
    return reply.ok ? "ok" : reply.error.code;
  }

  async challenge(instance = "i"): Promise<string> {
    const reply = await this.send({ v: 1, op: "challenge", rid: this.rid(), args: { instance } });
    if (reply?.ok !== true) throw new Error(`challenge: ${JSON.stringify(reply)}`);
    return (reply.result as { challenge: string }).challenge;
  }

  async tryHello(role: Role = "trade", instance = "i", challenge?: string): Promise<SyncReply> {
    const args = {
      challenge: challenge ?? (await this.challenge(instance)),
      instance,
      role,
      name: "t",
      version: "1",
    };
    const reply = await this.send({ v: 1, op: "hello", rid: this.rid(), args });
    if (reply === undefined) throw new Error("No reply to hello");
    return reply;
  }

  async hello(role: Role = "trade", instance = "i"): Promise<HelloResult> {
    const reply = await this.tryHello(role, instance);
    if (!reply.ok) throw new Error(`hello: ${reply.error.code}`);
    const result = reply.result as unknown as HelloResult;
    this.session = result.session;
    this.epoch = reply.epoch;
    this.n = 0;
    this.commandN = 0;
    return result;
  }

  /** The body of a proper command. */
  order(id: string, changes: object = {}, intent: object = {}): Record<string, unknown> {
    const { session, epoch } = this;
    const issuedAt = this.agentMs();
    const text = JSON.stringify({ ...marketIntent, ...intent });
    const n = ++this.commandN;
    return {
      v: 1,
      op: "trade",
      session,
      n,
      epoch,
      issuedAt,
      notAfter: issuedAt + 10_000,
      id,
      intent: text,
      ...changes,
    };
  }

  /** Writes a command to the channel. */
  write(body: object, mac?: Uint8Array): void {
    const bytes = encodeBody(body);
    this.command?.send([bytes, mac ?? this.commandSigner.sign(bytes)]);
  }

  /** Trades and lets `ms` pass; returns the outcomes of the id so far. */
  async trade(id: string, changes: object = {}, intent: object = {}, ms = 50): Promise<Outcome[]> {
    this.write(this.order(id, changes, intent));
    await this.rig.clock.advance(ms);
    return this.outcomes(id);
  }

  /** Outcomes of an id that were published to this client, in the ledger and as hints. */
  outcomes(id: string): Outcome[] {
    const ledger = this.events.flatMap((event) =>
      event.type === "outcome" && event.client === this.key && event.outcome.id === id ? [event.outcome] : [],
    );
    return [...ledger, ...this.hints.filter((hint) => hint.id === id)];
  }

  last(id: string): Outcome | undefined {
    return this.outcomes(id).at(-1);
  }

  #reply(frames: Uint8Array[]): void {
    const body = frames.find((frame) => frame.length > 0) ?? new Uint8Array(0);
    const reply = decodeBody(body) as unknown as SyncReply;
    this.replies.set(reply.rid, { body: reply, frames });
  }

  #event(frames: Uint8Array[]): void {
    const topic = parseTopic(frames[0] ?? new Uint8Array(0));
    const body: unknown = decodeBody(frames[1] ?? new Uint8Array(0));
    if (topic?.kind === "pulse") this.pulses.push(body as PulseMessage);
    else if (topic?.kind === "account") this.accounts.push(body);
    else if (topic?.kind === "client") {
      if (topic.client === this.key) this.hints.push((body as { outcome: RefusedOutcome }).outcome);
    } else if (topic?.kind === "tick") {
      this.ticks.push({ head: body as TicksMessage, bulk: frames[2] ?? new Uint8Array(0) });
    } else if (topic?.kind === "book") {
      this.books.push({ head: body as BookMessage, bulk: frames[2] ?? new Uint8Array(0) });
    } else if ((body as { type: string }).type === "barrier") {
      this.barriers.push(body as { token: string; seq: number });
    } else this.events.push(body as LedgerEvent);
  }
}

export const marketIntent: MarketIntent = {
  kind: "market",
  symbol: "EURUSD",
  side: "buy",
  volume: 0.1,
  stopLoss: 0,
  takeProfit: 0,
  deviation: 10,
  magic: "0",
  comment: "",
  filling: "auto",
  tag: "comment",
};

/** The digest of the market intent with changes. */
export function digestOf(intent: object = {}): string {
  return intentDigest(JSON.stringify({ ...marketIntent, ...intent }));
}
