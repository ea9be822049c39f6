import type { Timer } from "../transport/clock.ts";
import type { ByteStream, Endpoint, StreamEvents } from "../transport/network.ts";
import { Engine, type EngineOptions, type PeerInfo } from "./engine.ts";
import type { Environment } from "./environment.ts";
import { ZmtpFault } from "./fault.ts";
import { Heartbeat, type HeartbeatOptions } from "./heartbeat.ts";
import { farewellMs } from "./limits.ts";

/** How one connection behaves. */
export interface ConnectionOptions extends Omit<EngineOptions, "peerAddress"> {
  /** Time from dialling or accepting to the end of the handshake; 0 means no limit. */
  readonly handshakeTimeoutMs: number;
  readonly heartbeat: HeartbeatOptions;
}

/** What a connection reports. `down` comes exactly once and last. */
export interface ConnectionEvents {
  /** The handshake is done. */
  up(peer: PeerInfo): void;
  /** A whole message. */
  message(frames: Uint8Array[]): void;
  /** The peer subscribes, or cancels one subscription, by command. */
  subscription(active: boolean, prefix: Uint8Array): void;
  /** The stream takes bytes again after `writable` was false. */
  writable(): void;
  /** The connection is over, or never came up. */
  down(fault: ZmtpFault): void;
}

type State = "opening" | "handshake" | "up" | "down";

/** One connection with one life: an engine on a byte stream, with its deadline, its heartbeats and its write turns. */
export class Connection {
  readonly #environment: Environment;
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #heartbeat: Heartbeat;
  readonly #gone: Promise<void>;
  #resolveGone: () => void = () => undefined;
  #stream: ByteStream | undefined;
  #engine: Engine | undefined;
  #state: State = "opening";
  #deadline: Timer | undefined;
  #blocked = false;
  #flushQueued = false;
  /** The context of the last PING that could not be answered while the stream was full. */
  #owedPong: Uint8Array | undefined;
  readonly #flush = (): void => {
    this.#flushQueued = false;
    if (this.#state === "up") this.#engine?.flush();
  };

  private constructor(environment: Environment, options: ConnectionOptions, events: ConnectionEvents) {
    this.#environment = environment;
    this.#options = options;
    this.#events = events;
    this.#gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    this.#heartbeat = new Heartbeat(environment.clock, options.heartbeat, {
      ping: (ttlMs): boolean => {
        const sent = this.#engine?.sendPing(ttlMs) ?? false;
        if (sent) this.#queueFlush();
        return sent;
      },
      dead: (fault): void => this.#fail(fault),
    });
  }

  /** Dials an endpoint. No event is called before this returns. */
  static dial(
    environment: Environment,
    endpoint: Endpoint,
    options: ConnectionOptions,
    events: ConnectionEvents,
  ): Connection {
    const connection = new Connection(environment, options, events);
    connection.#attach(environment.network.connect(endpoint, connection.#streamEvents()));
    return connection;
  }

  /** Takes over an accepted stream, whose events are `streamEvents`. */
  static accept(
    environment: Environment,
    stream: ByteStream,
    options: ConnectionOptions,
    events: ConnectionEvents,
  ): { readonly connection: Connection; readonly streamEvents: StreamEvents } {
    const connection = new Connection(environment, options, events);
    connection.#attach(stream);
    return { connection, streamEvents: connection.#streamEvents() };
  }

  /** Whether the handshake is done and the connection still stands. */
  get isUp(): boolean {
    return this.#state === "up";
  }

  /** Whether it is up and the stream takes bytes without piling them up. */
  get writable(): boolean {
    return this.#state === "up" && !this.#blocked;
  }

  /** `address:port` of the far end. */
  get remoteAddress(): string {
    return this.#stream?.remoteAddress ?? "";
  }

  /** Resolves when the stream beneath is closed. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /**
   * Sends a message; only while up, and better only while `writable`. The frames are copied before this returns, and
   * leave together with everything else that is sent in this turn.
   */
  send(frames: readonly Uint8Array[]): void {
    (this.#engine as Engine).send(frames);
    this.#queueFlush();
  }

  /** Sends a subscription, or the end of one; only while up. */
  sendSubscription(active: boolean, prefix: Uint8Array): void {
    (this.#engine as Engine).sendSubscription(active, prefix);
    this.#queueFlush();
  }

  /** Stops taking messages, so that the far side feels backpressure. */
  pause(): void {
    this.#heartbeat.pause();
    this.#stream?.pause();
  }

  /** Takes messages again. */
  resume(): void {
    this.#heartbeat.resume();
    this.#stream?.resume();
  }

  /** Ends the connection with `fault`; what was sent is flushed within `lingerMs`. `down` is called at once. */
  close(fault: ZmtpFault, lingerMs: number): void {
    if (this.#state === "down") return;
    if (lingerMs > 0 && this.#state === "up") this.#engine?.flush();
    this.#finish(fault, lingerMs);
  }

  #attach(stream: ByteStream): void {
    this.#stream = stream;
    this.#engine = new Engine(
      { ...this.#options, peerAddress: stream.remoteAddress },
      {
        ready: (peer): void => this.#ready(peer),
        message: (frames): void => this.#events.message(frames),
        subscription: (active, prefix): void => this.#events.subscription(active, prefix),
        ping: (ttlMs, context): void => this.#pong(ttlMs, context),
        failed: (fault): void => this.#fail(fault),
      },
      (chunk): void => {
        if (!stream.write(chunk)) this.#blocked = true;
      },
    );
    const { handshakeTimeoutMs } = this.#options;
    if (handshakeTimeoutMs > 0) {
      this.#deadline = this.#environment.clock.setTimer(() => this.#expire(), handshakeTimeoutMs);
    }
  }

  #streamEvents(): StreamEvents {
    return {
      open: (): void => {
        if (this.#state !== "opening") return;
        this.#state = "handshake";
        this.#engine?.start();
      },
      data: (chunk): void => {
        if (this.#state === "down") return;
        this.#heartbeat.heard();
        this.#engine?.receive(chunk);
      },
      drain: (): void => this.#drain(),
      close: (fault): void => this.#streamClosed(fault),
    };
  }

  #ready(peer: PeerInfo): void {
    this.#state = "up";
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#heartbeat.start();
    this.#events.up(peer);
  }

  #drain(): void {
    if (!this.#blocked || this.#state === "down") return;
    this.#blocked = false;
    if (this.#state !== "up") return;
    const owed = this.#owedPong;
    this.#owedPong = undefined;
    if (owed !== undefined) {
      this.#engine?.sendPong(owed);
      this.#queueFlush();
    }
    this.#events.writable();
  }

  /** Answers a PING; while the stream is full, only the last one, so that a peer that never reads fills no memory. */
  #pong(ttlMs: number, context: Uint8Array): void {
    this.#heartbeat.expectWithin(ttlMs);
    if (this.#blocked) {
      this.#owedPong = context;
      return;
    }
    this.#engine?.sendPong(context);
    this.#queueFlush();
  }

  #queueFlush(): void {
    if (this.#flushQueued) return;
    this.#flushQueued = true;
    this.#environment.nextTurn(this.#flush);
  }

  #expire(): void {
    if (this.#state === "opening") {
      this.#fail(new ZmtpFault("unreachable", `No connection to ${this.remoteAddress} in time`));
    } else this.#fail(new ZmtpFault("handshake-timeout", "The handshake was not done in time"));
  }

  #streamClosed(error: Error | undefined): void {
    const state = this.#state;
    if (state !== "down") {
      this.#finish(this.#closeFault(state, error), 0);
    }
    this.#resolveGone();
  }

  #closeFault(state: State, cause: Error | undefined): ZmtpFault {
    if (state === "opening") {
      const detail = cause === undefined ? "" : `: ${cause.message}`;
      return new ZmtpFault("unreachable", `Cannot connect to ${this.remoteAddress}${detail}`, { cause });
    }
    const hangUp = (this.#engine as Engine).hangUp();
    if (cause === undefined) return hangUp;
    // Who hangs up on a greeting has not read all that followed it, so that TCP may make a reset of it.
    if (hangUp.code === "closed-in-greeting") return new ZmtpFault(hangUp.code, hangUp.message, { cause });
    return new ZmtpFault("lost", `The connection to ${this.remoteAddress} broke: ${cause.message}`, {
      cause,
    });
  }

  #fail(fault: ZmtpFault): void {
    if (this.#state !== "down") this.#finish(fault, farewellMs);
  }

  #finish(fault: ZmtpFault, lingerMs: number): void {
    const wasOpen = this.#state !== "opening";
    this.#state = "down";
    this.#deadline?.cancel();
    this.#heartbeat.stop();
    this.#engine?.stop();
    const stream = this.#stream;
    if (stream !== undefined) {
      if (lingerMs > 0 && wasOpen) {
        stream.end();
        // A paused stream would never see the far side's end.
        stream.resume();
        const timer = this.#environment.clock.setTimer(() => stream.destroy(), lingerMs);
        void this.#gone.then(() => timer.cancel());
      } else stream.destroy();
    }
    this.#events.down(fault);
  }
}
