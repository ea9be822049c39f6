import type {
  Channel,
  ChannelEvents,
  ChannelFault,
  ChannelFaultCode,
  ClientChannel,
  ConnectOptions,
} from "../transport/transport.ts";

/** A monitor event of the package, as far as it is read here. */
interface ZeromqEvent {
  readonly type: string;
  readonly error?: Error & { readonly code?: string; readonly status?: number };
}

/** A socket of the package, as far as it is used here. */
interface ZeromqSocket {
  linger: number;
  readonly events: AsyncIterable<ZeromqEvent>;
  connect(endpoint: string): void;
  close(): void;
  send(frames: readonly Uint8Array[]): Promise<void>;
  receive(): Promise<Uint8Array[]>;
  subscribe(prefix: Uint8Array): void;
  unsubscribe(prefix: Uint8Array): void;
}

type SocketClass = new (options: Readonly<Record<string, unknown>>) => ZeromqSocket;

/** The package `zeromq`, as far as it is used here. */
export interface ZeromqModule {
  readonly Push: unknown;
  readonly Subscriber: unknown;
  readonly Dealer: unknown;
}

/** The keys of a CURVE client, Z85. */
export interface ZeromqKeys {
  readonly curveServerKey: string;
  readonly curveSecretKey: string;
  readonly curvePublicKey: string;
}

const classNames: Readonly<Record<Channel, keyof ZeromqModule>> = {
  command: "Push",
  events: "Subscriber",
  sync: "Dealer",
};

/** What may wait here before `send` asks the owner to wait. */
const queueLimits = { messages: 1_000, bytes: 1_048_576 } as const;

/** Turns without a message after which a broken connection has nothing more to deliver. */
const quietTurns = 4;

/** Opens one channel of a client on a native socket of its own. */
export function openZeromqChannel(
  load: () => Promise<ZeromqModule>,
  channel: Channel,
  options: ConnectOptions,
  keys: ZeromqKeys,
  events: ChannelEvents,
): ClientChannel {
  return new ZeromqChannel(load, channel, options, keys, events);
}

type State = "loading" | "dialling" | "shaking-hands" | "up" | "closing" | "down";

class ZeromqChannel implements ClientChannel {
  readonly channel: Channel;
  readonly #events: ChannelEvents;
  readonly #options: ConnectOptions;
  #socket: ZeromqSocket | undefined;
  #state: State = "loading";
  #timer: NodeJS.Timeout | undefined;
  #early: { readonly active: boolean; readonly prefix: Uint8Array }[] = [];
  #queue: (readonly Uint8Array[])[] = [];
  #queuedBytes = 0;
  #sending = false;
  #full = false;
  #received = 0;
  #flushed: (() => void) | undefined;

  constructor(
    load: () => Promise<ZeromqModule>,
    channel: Channel,
    options: ConnectOptions,
    keys: ZeromqKeys,
    events: ChannelEvents,
  ) {
    this.channel = channel;
    this.#options = options;
    this.#events = events;
    load().then(
      (module) => this.#open(module, keys),
      (cause: unknown) => {
        this.#end(
          "unreachable",
          "Cannot load the package zeromq: install it, or use the zmtp transport",
          cause,
        );
      },
    );
  }

  send(frames: readonly Uint8Array[]): boolean {
    if (this.channel === "events") throw new TypeError("Cannot send: the events channel only receives");
    if (frames.length === 0) throw new TypeError("Cannot send: a message has at least one frame");
    if (this.#state !== "up") throw new Error(`Cannot send: the ${this.channel} channel is not up`);
    this.#queue.push(frames);
    this.#queuedBytes += size(frames);
    if (!this.#sending) void this.#drain();
    this.#full = this.#queue.length >= queueLimits.messages || this.#queuedBytes >= queueLimits.bytes;
    return !this.#full;
  }

  subscribe(prefix: Uint8Array): void {
    this.#request(true, prefix);
  }

  unsubscribe(prefix: Uint8Array): void {
    this.#request(false, prefix);
  }

  async close(lingerMs = 0): Promise<void> {
    if (this.#state === "up" && lingerMs > 0 && (this.#sending || this.#queue.length > 0)) {
      this.#state = "closing";
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lingerMs);
        this.#flushed = (): void => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (this.#socket !== undefined && this.#state !== "down") this.#socket.linger = lingerMs;
    this.#end("closed", `The ${this.channel} channel was closed`);
  }

  #open(module: ZeromqModule, keys: ZeromqKeys): void {
    if (this.#state !== "loading") return;
    const { host, port, handshakeTimeoutMs = 5_000 } = this.#options;
    const { heartbeatIntervalMs = 2_000, heartbeatTimeoutMs = 6_000 } = this.#options;
    try {
      const socket = new (module[classNames[this.channel]] as SocketClass)({
        ...keys,
        linger: 0,
        // One channel is one connection with one life, closed before it would dial again. Turning reconnection off
        // instead makes libzmq drop what had arrived when a connection ends.
        reconnectInterval: 3_600_000,
        // libzmq counts messages, not bytes, so that with its 1,000 large messages would take hundreds of MiB
        ...(this.channel === "events" ? {} : { sendHighWaterMark: 256 }),
        handshakeInterval: handshakeTimeoutMs,
        heartbeatInterval: heartbeatIntervalMs,
        ...(heartbeatIntervalMs > 0 ? { heartbeatTimeout: heartbeatTimeoutMs } : {}),
      });
      this.#socket = socket;
      this.#state = "dialling";
      for (const { active, prefix } of this.#early) this.#apply(active, prefix);
      this.#early = [];
      void this.#watch(socket);
      socket.connect(`tcp://${host.includes(":") ? `[${host}]` : host}:${port}`);
      this.#timer = setTimeout(() => this.#late(), handshakeTimeoutMs + 50);
    } catch (cause) {
      this.#end("unreachable", `Cannot dial ${host}:${port}: ${text(cause)}`, cause);
    }
  }

  /** libzmq ends a handshake that takes too long itself; what it does not end is a name that does not resolve. */
  #late(): void {
    if (this.#state === "dialling") {
      this.#end("unreachable", `Nobody answers at ${this.#options.host}:${this.#options.port}`);
    } else if (this.#state === "shaking-hands") {
      this.#end("handshake-timeout", "The handshake did not finish in time");
    }
  }

  async #watch(socket: ZeromqSocket): Promise<void> {
    try {
      for await (const event of socket.events) await this.#event(event, socket);
    } catch (cause) {
      this.#end("lost", `The native socket failed: ${text(cause)}`, cause);
    }
  }

  async #event({ type, error }: ZeromqEvent, socket: ZeromqSocket): Promise<void> {
    if (this.#state === "down") return;
    if (type === "connect") this.#state = "shaking-hands";
    else if (type === "handshake") this.#up(socket);
    else if (type === "handshake:error:auth") {
      this.#end("authentication", "The agent refused this client's key", error);
    } else if (type === "handshake:error:protocol") {
      const refused = error?.code === "ERR_ZMTP_KEY_EXCHANGE";
      this.#end(refused ? "authentication" : "protocol", `The handshake failed: ${text(error)}`, error);
    } else if (type === "handshake:error:other") this.#broken(error);
    else if (type === "close" && this.#state === "dialling") {
      this.#end("unreachable", `Nobody answers at ${this.#options.host}:${this.#options.port}`);
    } else if (type === "disconnect" && this.#state === "shaking-hands") {
      this.#end("protocol", "The far side broke the protocol in the handshake");
    } else if (type === "disconnect" && this.#state !== "dialling") {
      await this.#delivered();
      this.#end("lost", "The connection broke");
    }
  }

  #broken(error: ZeromqEvent["error"]): void {
    if (error?.code === "EAGAIN") {
      this.#end("handshake-timeout", "The handshake did not finish in time", error);
    } else if (error?.code === "EPIPE") {
      const message = "The far side hung up in the handshake, as a server does that does not like a key";
      this.#end("authentication", message, error);
    } else this.#end("lost", `The connection broke in the handshake: ${text(error)}`, error);
  }

  #up(socket: ZeromqSocket): void {
    clearTimeout(this.#timer);
    this.#state = "up";
    this.#events.up();
    if (this.channel !== "command") void this.#receive(socket);
  }

  async #receive(socket: ZeromqSocket): Promise<void> {
    try {
      for (;;) {
        const frames = await socket.receive();
        this.#received++;
        // a Buffer's slice would be a view, so it does not leave this adapter
        if (this.#state === "up") this.#events.message(frames.map(plain));
      }
    } catch (cause) {
      // closing the socket ends a waiting receive in this way
      this.#end("lost", `The native socket failed: ${text(cause)}`, cause);
    }
  }

  /** Resolves when the receive loop has handed over what had come before the connection broke. */
  async #delivered(): Promise<void> {
    for (let quiet = 0, before = -1; quiet < quietTurns; ) {
      quiet = before === this.#received ? quiet + 1 : 0;
      before = this.#received;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async #drain(): Promise<void> {
    this.#sending = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        await this.#socket?.send(next);
        this.#queuedBytes -= size(next);
      }
    } catch (cause) {
      // closing the socket ends a waiting send in this way
      this.#end("lost", `The native socket failed: ${text(cause)}`, cause);
    }
    this.#sending = false;
    this.#flushed?.();
    if (this.#full && this.#state === "up") {
      this.#full = false;
      this.#events.writable();
    }
  }

  #request(active: boolean, prefix: Uint8Array): void {
    if (this.channel !== "events")
      throw new TypeError(`Cannot subscribe: ${this.channel} is no events channel`);
    if (this.#state === "loading") this.#early.push({ active, prefix: new Uint8Array(prefix) });
    else if (this.#state !== "down") this.#apply(active, prefix);
  }

  #apply(active: boolean, prefix: Uint8Array): void {
    if (active) this.#socket?.subscribe(prefix);
    else this.#socket?.unsubscribe(prefix);
  }

  #end(code: ChannelFaultCode, message: string, cause?: unknown): void {
    if (this.#state === "down") return;
    this.#state = "down";
    clearTimeout(this.#timer);
    this.#queue = [];
    this.#socket?.close();
    const fault: ChannelFault = cause === undefined ? { code, message } : { code, message, cause };
    // the owner that closes must not hear of it within its own call
    queueMicrotask(() => this.#events.down(fault));
  }
}

function size(frames: readonly Uint8Array[]): number {
  return frames.reduce((sum, frame) => sum + frame.length, 0);
}

function plain(frame: Uint8Array): Uint8Array {
  return new Uint8Array(frame.buffer, frame.byteOffset, frame.length);
}

function text(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
