import { nodeCrypto } from "../../src/adapters/node-crypto.ts";
import type { BookRecord } from "../../src/domain/market.ts";
import type { TickRecord } from "../../src/domain/records.ts";
import { unpackBook, unpackTicks } from "../../src/protocol/v1/bulk.ts";
import { decodeBody, encodeBody } from "../../src/protocol/v1/codec.ts";
import type {
  AccountMessage,
  BarrierMessage,
  BookMessage,
  ChallengeResult,
  CommandRequest,
  HelloResult,
  HintMessage,
  Intent,
  LedgerEvent,
  Outcome,
  PulseMessage,
  Role,
  SyncOp,
  SyncReply,
  TicksMessage,
} from "../../src/protocol/v1/messages.ts";
import { createSigner, type SignedChannel, type Signer, toHex } from "../../src/protocol/v1/signing.ts";
import { parseTopic } from "../../src/protocol/v1/topics.ts";
import type { Clock } from "../../src/transport/clock.ts";
import type { Channel, ChannelFault, ClientChannel, Transport } from "../../src/transport/transport.ts";

/** What a raw client is made of. */
export interface RawClientOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly host: string;
  readonly ports: Readonly<Record<Channel, number>>;
  readonly serverPublicKey: Uint8Array;
  readonly secretKey: Uint8Array;
  readonly instance?: string;
}

/** The members that tests forge. */
export interface RequestOverrides {
  readonly session?: string;
  readonly n?: number;
  readonly epoch?: number;
  readonly at?: number;
  readonly rid?: string;
  /** Changes the MAC. */
  readonly forge?: boolean;
}

/** A reply with its bulk. */
export interface RawReply {
  readonly reply: SyncReply;
  readonly bulk: Uint8Array | undefined;
}

/** A batch of ticks as it came. */
export interface TickBatchMessage extends TicksMessage {
  readonly ticks: readonly TickRecord[];
}

/** A market depth as it came. */
export interface BookUpdate extends BookMessage {
  readonly levels: readonly BookRecord[];
}

/** What a topic is. */
type TopicKind = NonNullable<ReturnType<typeof parseTopic>>["kind"];

/**
 * Speaks revision 1 by the letter of docs/protocol.md and hides nothing: the tool with which the contract looks at an agent.
 * It neither retries nor recovers.
 */
export class RawClient {
  readonly publicKey: Uint8Array;
  readonly publicKeyHex: string;
  readonly ledger: (LedgerEvent | BarrierMessage)[] = [];
  readonly pulses: PulseMessage[] = [];
  readonly accounts: AccountMessage[] = [];
  readonly hints: HintMessage[] = [];
  readonly ticks: TickBatchMessage[] = [];
  readonly books: BookUpdate[] = [];
  /** Operations that were answered with a result. */
  readonly asked: Set<SyncOp> = new Set();
  /** Kinds of the intents sent. */
  readonly intended: Set<Intent["kind"]> = new Set();
  readonly topics: Set<TopicKind> = new Set();
  /** Outcomes as they came, by event, hint, hello or answer. */
  readonly told: Outcome[] = [];
  readonly faults: { channel: Channel; fault: ChannelFault }[] = [];
  session = "";
  epoch = 0;
  commandCounter = 0;
  syncCounter = 0;
  readonly #options: RawClientOptions;
  readonly #signers: Readonly<Record<SignedChannel, Signer>>;
  readonly #channels: Map<Channel, ClientChannel> = new Map();
  readonly #waiting: Map<string, (reply: RawReply) => void> = new Map();
  #rid = 0;
  #offsetMs = 0;

  constructor(options: RawClientOptions) {
    this.#options = options;
    this.publicKey = nodeCrypto.keyAgreement.publicKey(options.secretKey);
    this.publicKeyHex = toHex(this.publicKey);
    const signer = (channel: SignedChannel): Signer =>
      createSigner({
        secretKey: options.secretKey,
        clientPublicKey: this.publicKey,
        serverPublicKey: options.serverPublicKey,
        side: "client",
        channel,
      });
    this.#signers = { command: signer("command"), sync: signer("sync") };
  }

  /** Opens one channel; resolves when it is up, rejects with the fault's message. */
  open(channel: Channel): Promise<void> {
    const { transport, host, ports, serverPublicKey, secretKey } = this.#options;
    return new Promise((resolve, reject) => {
      const opened = transport.connect(
        channel,
        { host, port: ports[channel], serverPublicKey, clientSecretKey: secretKey },
        {
          up: resolve,
          writable: () => undefined,
          message: (frames) => this.#receive(channel, frames),
          down: (fault) => {
            this.faults.push({ channel, fault });
            reject(new Error(`${channel}: ${fault.code}: ${fault.message}`));
          },
        },
      );
      this.#channels.set(channel, opened);
    });
  }

  async openAll(): Promise<void> {
    await Promise.all((["command", "events", "sync"] as const).map((channel) => this.open(channel)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
    this.#channels.clear();
  }

  /** The agent clock, as estimated from the last reply. */
  agentMs(): number {
    return Math.floor(this.#options.clock.nowMs() + this.#offsetMs);
  }

  /** Sends a request; the session's members are filled in where the operation has them. */
  async request(op: string, args: object = {}, overrides: RequestOverrides = {}): Promise<RawReply> {
    const rid = overrides.rid ?? `r${++this.#rid}`;
    const head = { v: 1, op, rid };
    const inSession = op !== "challenge" && op !== "hello";
    const body = inSession
      ? {
          ...head,
          session: overrides.session ?? this.session,
          n: overrides.n ?? ++this.syncCounter,
          epoch: overrides.epoch ?? this.epoch,
          at: overrides.at ?? this.agentMs(),
          args,
        }
      : { ...head, args };
    const answer = await this.sendSync(rid, encodeBody(body), overrides.forge === true);
    if (answer.reply.ok) this.#note(op as SyncOp, answer.reply.result);
    return answer;
  }

  /** Sends bytes as a signed request and waits for the reply to `rid`. */
  sendSync(rid: string, body: Uint8Array, forge = false): Promise<RawReply> {
    const mac = this.#signers.sync.sign(body);
    if (forge) mac[0] = (mac[0] ?? 0) ^ 1;
    const answered = new Promise<RawReply>((resolve) => this.#waiting.set(rid, resolve));
    this.channel("sync").send([body, mac]);
    return answered;
  }

  channel(channel: Channel): ClientChannel {
    const open = this.#channels.get(channel);
    if (open === undefined) throw new Error(`The channel ${channel} is not open`);
    return open;
  }

  /** Challenge and hello. */
  async hello(role: Role = "trade"): Promise<HelloResult> {
    const instance = this.#options.instance ?? "raw-1";
    const challenge = result<ChallengeResult>(await this.request("challenge", { instance }));
    const { reply } = await this.request("hello", {
      challenge: challenge.challenge,
      instance,
      role,
      name: "raw client",
      version: "0",
    });
    if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
    const hello = reply.result as unknown as HelloResult;
    this.session = hello.session;
    this.epoch = reply.epoch;
    this.commandCounter = 0;
    this.syncCounter = 0;
    return hello;
  }

  /** Makes a command; members can be overridden. */
  command(id: string, intent: Intent | string, overrides: Partial<CommandRequest> = {}): CommandRequest {
    const now = this.agentMs();
    return {
      v: 1,
      op: "trade",
      session: this.session,
      n: overrides.n ?? ++this.commandCounter,
      epoch: this.epoch,
      issuedAt: now,
      notAfter: now + 10_000,
      id,
      intent: typeof intent === "string" ? intent : JSON.stringify(intent),
      ...overrides,
    };
  }

  /** Signs and sends a command, or any other body. */
  sendCommand(command: object, forge = false): void {
    const { intent } = command as { readonly intent?: string };
    const kind = /^\{"kind":"(\w+)"/.exec(intent ?? "")?.[1];
    if (kind !== undefined) this.intended.add(kind as Intent["kind"]);
    const body = encodeBody(command);
    const mac = this.#signers.command.sign(body);
    if (forge) mac[0] = (mac[0] ?? 0) ^ 1;
    this.channel("command").send([body, mac]);
  }

  #note(op: SyncOp, given: Readonly<Record<string, unknown>>): void {
    this.asked.add(op);
    const { outcome, outcomes } = given as {
      readonly outcome?: Outcome;
      readonly outcomes?: readonly Outcome[];
    };
    this.told.push(...(outcome ? [outcome] : []), ...(outcomes ?? []));
  }

  /** Outcomes of an id, from ledger and hints, oldest first. */
  outcomes(id: string): Outcome[] {
    const found: Outcome[] = [];
    for (const event of this.ledger)
      if (event.type === "outcome" && event.outcome.id === id) found.push(event.outcome);
    for (const hint of this.hints) if (hint.outcome.id === id) found.push(hint.outcome);
    return found;
  }

  #receive(channel: Channel, frames: readonly Uint8Array[]): void {
    if (channel === "sync") {
      const [body, bulk] = frames;
      if (body === undefined) throw new Error("A reply without a body");
      const reply = decodeBody(body) as unknown as SyncReply;
      this.#offsetMs = reply.agentMs - this.#options.clock.nowMs();
      this.#waiting.get(reply.rid)?.({ reply, bulk });
      this.#waiting.delete(reply.rid);
      return;
    }
    const [topicFrame, body, bulk] = frames;
    if (topicFrame === undefined || body === undefined) throw new Error("An event without topic or body");
    const topic = parseTopic(topicFrame);
    const message: unknown = decodeBody(body);
    if (topic !== undefined) this.topics.add(topic.kind);
    if (topic?.kind === "ledger") {
      const event = message as LedgerEvent;
      this.ledger.push(event);
      if (event.type === "outcome") this.told.push(event.outcome);
    } else if (topic?.kind === "pulse") this.pulses.push(message as PulseMessage);
    else if (topic?.kind === "account") this.accounts.push(message as AccountMessage);
    else if (topic?.kind === "client") {
      const hint = message as HintMessage;
      this.hints.push(hint);
      this.told.push(hint.outcome);
    } else if (topic?.kind === "book") {
      this.books.push({ ...(message as BookMessage), levels: unpackBook(bulk ?? new Uint8Array(0)) });
    } else if (topic?.kind === "tick") {
      this.ticks.push({ ...(message as TicksMessage), ticks: unpackTicks(bulk ?? new Uint8Array(0)) });
    } else throw new Error("An event with a topic that is not of the protocol");
  }
}

/** The result of a reply; throws the error's code if it was refused. */
export function result<T>(answer: RawReply): T {
  if (!answer.reply.ok) throw new Error(`${answer.reply.error.code}: ${answer.reply.error.message}`);
  return answer.reply.result as unknown as T;
}

/** The code of a refusal; throws if it was none. */
export function refusal(answer: RawReply): string {
  if (answer.reply.ok) throw new Error("Expected a refusal, got a result");
  return answer.reply.error.code;
}
