import * as zmtp from "../../../src/adapters/zmtp.ts";
import type { SocketType } from "../../../src/zmtp/socket-type.ts";
import type {
  DrivenSocket,
  Driver,
  DuplexCommand,
  Exchanged,
  OpenCommand,
  Security,
  ServeCommand,
  SocketEvent,
  SocketSettings,
} from "./driver.ts";
import { syncTopic } from "./driver.ts";
import { EventLog } from "./event-log.ts";
import type { Realm } from "./keys.ts";
import { messages, type Plan, type Received, Tally } from "./plan.ts";

/** What our socket classes together can do. */
interface AnySocket extends zmtp.Socket {
  send(frames: readonly Uint8Array[]): Promise<void>;
  receive(options?: zmtp.WaitOptions): Promise<Uint8Array[]>;
  subscribe(...prefixes: string[]): void;
}

const classOf = {
  PUSH: zmtp.Push,
  PULL: zmtp.Pull,
  PUB: zmtp.Publisher,
  SUB: zmtp.Subscriber,
  XPUB: zmtp.XPublisher,
  XSUB: zmtp.XSubscriber,
  REQ: zmtp.Request,
  REP: zmtp.Reply,
  DEALER: zmtp.Dealer,
  ROUTER: zmtp.Router,
  PAIR: zmtp.Pair,
} as unknown as Readonly<Record<SocketType, new (options: zmtp.RouterOptions) => AnySocket>>;

const defaultMs = 30_000;
const sync = Buffer.from(syncTopic);

/** Our engine over TCP by its public face, in this process. Its servers admit the realm's client. */
export class OurDriver implements Driver {
  readonly name = "ours";
  readonly #realm: Realm;

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  async open({ type, security, bind, connect, options = {} }: OpenCommand): Promise<DrivenSocket> {
    const log = new EventLog();
    const socket = new classOf[type]({
      ...socketOptions(options),
      security: this.#security(security),
      monitor: (event) => log.add(named(event)),
    });
    const { subscribe } = options;
    if (subscribe !== undefined) socket.subscribe(...subscribe);
    if (bind !== undefined) return new OurSocket(type, socket, await socket.bind(bind), log);
    if (connect === undefined) throw new TypeError("Neither bind nor connect");
    socket.connect(connect);
    return new OurSocket(type, socket, connect, log);
  }

  #security(security: Security): zmtp.SecurityOptions {
    if (security.mechanism === "NULL") return { mechanism: "NULL" };
    if (security.role === "client") return security;
    const authenticate: zmtp.Authenticator = (request) => {
      if (request.mechanism === "PLAIN") return this.#realm.plain[request.username] === request.password;
      const client = zmtp.readKey(this.#realm.clientKeys.publicKey, "client key");
      return request.mechanism === "CURVE" && Buffer.from(client).equals(request.publicKey);
    };
    if (security.mechanism === "PLAIN") return { mechanism: "PLAIN", role: "server", authenticate };
    return { mechanism: "CURVE", role: "server", secretKey: security.secretKey, authenticate };
  }
}

function socketOptions(options: SocketSettings): zmtp.RouterOptions {
  const { identity, mandatory, handshakeTimeoutMs, reconnectMs } = options;
  return {
    lingerMs: options.lingerMs ?? 0,
    sendHighWaterMark: options.sendHighWaterMark ?? 0,
    receiveHighWaterMark: options.receiveHighWaterMark ?? 0,
    heartbeat: {
      intervalMs: options.heartbeatIntervalMs ?? 0,
      timeoutMs: options.heartbeatTimeoutMs ?? 0,
      ttlMs: options.heartbeatTtlMs ?? 0,
    },
    ...(identity === undefined ? {} : { identity }),
    ...(mandatory === undefined ? {} : { mandatory }),
    ...(handshakeTimeoutMs === undefined ? {} : { handshakeTimeoutMs }),
    ...(reconnectMs === undefined ? {} : { reconnect: { minMs: reconnectMs, maxMs: reconnectMs } }),
  };
}

/** Our events by their own names; the value is the fault's code. */
function named(event: zmtp.SocketEvent): SocketEvent {
  return { name: event.type, value: "fault" in event ? event.fault.code : 0 };
}

/**
 * Ownership is tested all along: what is sent lies in memory that is overwritten as soon as `send` resolves, and what
 * is received is looked at only when everything has come.
 */
class OurSocket implements DrivenSocket {
  readonly type: SocketType;
  readonly endpoint: string;
  readonly #socket: AnySocket;
  readonly #log: EventLog;
  #announcing = true;

  constructor(type: SocketType, socket: AnySocket, endpoint: string, log: EventLog) {
    this.type = type;
    this.endpoint = endpoint;
    this.#socket = socket;
    this.#log = log;
  }

  get events(): readonly SocketEvent[] {
    return this.#log.all;
  }

  async duplex(command: DuplexCommand): Promise<Exchanged> {
    const { send, receive = 0, strip = 0, timeoutMs = defaultMs } = command;
    const signal = AbortSignal.timeout(timeoutMs);
    while (command.announce === true && this.#announcing) {
      await this.#socket.send([sync]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const progress = { sent: 0, received: 0 };
    const work = Promise.all([
      send === undefined ? undefined : this.#sendAll(send, command.prefix ?? [], progress, signal),
      this.#receiveAll(receive, progress, signal),
    ]);
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        reject(
          new Error(
            `Late: sent ${progress.sent}, received ${progress.received} of ${receive}; ${this.#story()}`,
          ),
        );
      });
    });
    const [, got] = await Promise.race([work, late]);
    const tally = new Tally();
    const stripped = new Set<string>();
    for (const frames of got) {
      tally.add(frames.slice(strip));
      if (strip > 0) stripped.add(JSON.stringify(hex(frames.slice(0, strip))));
    }
    return {
      ...tally.result(),
      sent: progress.sent,
      stripped: [...stripped].map((text) => JSON.parse(text) as string[]),
    };
  }

  async serve({ send, envelope = 0, timeoutMs = defaultMs }: ServeCommand): Promise<Received> {
    const signal = AbortSignal.timeout(timeoutMs);
    const got: Uint8Array[][] = [];
    for (const parts of messages(send)) {
      const request = await this.#receiveOr(signal, () => `served ${got.length}`);
      got.push(request.slice(envelope));
      await this.#sendOwned([...request.slice(0, envelope), ...parts]);
    }
    return tallied(got);
  }

  async lockstep({ send, timeoutMs = defaultMs }: Omit<ServeCommand, "envelope">): Promise<Received> {
    const signal = AbortSignal.timeout(timeoutMs);
    const got: Uint8Array[][] = [];
    for (const parts of messages(send)) {
      await this.#sendOwned(parts);
      got.push(await this.#receiveOr(signal, () => `answered ${got.length}`));
    }
    return tallied(got);
  }

  async go(): Promise<void> {
    this.#announcing = false;
  }

  async send(frames: readonly Uint8Array[]): Promise<void> {
    await this.#sendOwned(frames);
  }

  async receive(timeoutMs: number = defaultMs): Promise<Uint8Array[]> {
    return await this.#receiveOr(AbortSignal.timeout(timeoutMs), () => "nothing to receive");
  }

  async subscribe(prefix: string): Promise<void> {
    this.#socket.subscribe(prefix);
  }

  event(name: string, timeoutMs = 10_000): Promise<SocketEvent> {
    return this.#log.next(name, timeoutMs);
  }

  async close(lingerMs = 0): Promise<void> {
    await this.#socket.close({ lingerMs });
  }

  async #sendAll(
    plan: Plan,
    prefix: readonly string[],
    progress: { sent: number },
    signal: AbortSignal,
  ): Promise<void> {
    const head = prefix.map((frame) => Buffer.from(frame, "hex"));
    for (const parts of messages(plan)) {
      while (!(await this.#routed([...head, ...parts], progress.sent > 0))) {
        await this.event("connected");
      }
      progress.sent++;
      if (signal.aborted) return;
    }
  }

  /** A mandatory router says so until the other side's handshake is done. */
  async #routed(frames: readonly Uint8Array[], certain: boolean): Promise<boolean> {
    try {
      await this.#sendOwned(frames);
      return true;
    } catch (error) {
      if (certain || !(error instanceof zmtp.SocketError) || error.code !== "unroutable") throw error;
      return false;
    }
  }

  async #sendOwned(frames: readonly Uint8Array[]): Promise<void> {
    // a Buffer's slice is a view and that of a plain array a copy, so both are tried
    const own = frames.map((frame, at) => (at % 2 === 0 ? Buffer.from(frame) : new Uint8Array(frame)));
    await this.#socket.send(own);
    for (const frame of own) frame.fill(0xa5);
  }

  async #receiveAll(
    count: number,
    progress: { received: number },
    signal: AbortSignal,
  ): Promise<Uint8Array[][]> {
    const got: Uint8Array[][] = [];
    let synced = false;
    while (got.length < count) {
      const frames = await this.#socket.receive({ signal });
      if (frames[0] !== undefined && sync.equals(frames[0])) {
        if (!synced) this.#log.add({ name: "synced", value: 0 });
        synced = true;
        continue;
      }
      got.push(frames);
      progress.received = got.length;
    }
    return got;
  }

  async #receiveOr(signal: AbortSignal, progress: () => string): Promise<Uint8Array[]> {
    try {
      return await this.#socket.receive({ signal });
    } catch (cause) {
      throw new Error(`${cause}: ${progress()}; ${this.#story()}`, { cause });
    }
  }

  #story(): string {
    return `events: ${this.#log.all.map(({ name, value }) => `${name} ${value}`).join(", ")}`;
  }
}

function tallied(got: readonly (readonly Uint8Array[])[]): Received {
  const tally = new Tally();
  for (const frames of got) tally.add(frames);
  return tally.result();
}

function hex(frames: readonly Uint8Array[]): string[] {
  return frames.map((frame) => Buffer.from(frame).toString("hex"));
}
