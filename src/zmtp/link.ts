import type { Timer } from "../transport/clock.ts";
import type { ByteStream, Endpoint, StreamEvents } from "../transport/network.ts";
import type { Connection, ConnectionEvents, ConnectionOptions } from "./connection.ts";
import { Engine, type EngineEvents } from "./engine.ts";
import type { Environment } from "./environment.ts";
import { ZmtpFault } from "./fault.ts";
import { Heartbeat, type HeartbeatActions } from "./heartbeat.ts";
import { farewellMs } from "./limits.ts";
import type { PeerInfo } from "./peer.ts";

/** Dials an endpoint. No event is called before this returns. */
export function dialConnection(
  environment: Environment,
  endpoint: Endpoint,
  options: ConnectionOptions,
  events: ConnectionEvents,
): Connection {
  const link = new Link(environment, options, events);
  link.attach(environment.network.connect(endpoint, link));
  return link;
}

/** Takes over an accepted stream, whose events are `streamEvents`. */
export function acceptConnection(
  environment: Environment,
  stream: ByteStream,
  options: ConnectionOptions,
  events: ConnectionEvents,
): { readonly connection: Connection; readonly streamEvents: StreamEvents } {
  const link = new Link(environment, options, events);
  link.attach(stream);
  return { connection: link, streamEvents: link };
}

type State = "opening" | "handshake" | "up" | "down";

/**
 * A connection is itself what its stream, engine and heartbeat report to: thousands of connections would otherwise be
 * mostly closures.
 */
class Link implements Connection, StreamEvents, EngineEvents, HeartbeatActions {
  readonly #environment: Environment;
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  /** Made when something is to be watched: most connections have no heartbeats. */
  #heartbeat: Heartbeat | undefined;
  #stream: ByteStream | undefined;
  #engine: Engine | undefined;
  #state: State = "opening";
  #deadline: Timer | undefined;
  #farewell: Timer | undefined;
  #blocked = false;
  #paused = false;
  #flushQueued = false;
  /** Whether a message was sent since something came last. */
  #hasSpoken = false;
  #upAtMs = 0;
  #silent = true;
  /** The context of the last PING that could not be answered while the stream was full. */
  #owedPong: Uint8Array | undefined;
  #streamOpen = true;
  #gone: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  readonly #flush = (): void => {
    this.#flushQueued = false;
    if (this.#state === "up") this.#engine?.flush();
  };

  constructor(environment: Environment, options: ConnectionOptions, events: ConnectionEvents) {
    this.#environment = environment;
    this.#options = options;
    this.#events = events;
  }

  get isUp(): boolean {
    return this.#state === "up";
  }

  get writable(): boolean {
    return this.#state === "up" && !this.#blocked;
  }

  get silent(): boolean {
    return this.#silent;
  }

  get remoteAddress(): string {
    return this.#stream?.remoteAddress ?? "";
  }

  get gone(): Promise<void> {
    if (this.#gone === undefined) {
      let resolve: () => void = () => undefined;
      const promise = new Promise<void>((resolveGone) => {
        resolve = resolveGone;
      });
      this.#gone = { promise, resolve };
      if (!this.#streamOpen) resolve();
    }
    return this.#gone.promise;
  }

  send(frames: readonly Uint8Array[]): void {
    const engine = this.#engine as Engine;
    engine.send(frames);
    // An answer leaves at once: its receiver waits. What is sent on top of it leaves together.
    if (this.#hasSpoken || this.#flushQueued) this.#queueFlush();
    else {
      this.#hasSpoken = true;
      engine.flush();
    }
  }

  sendSubscription(active: boolean, prefix: Uint8Array): void {
    (this.#engine as Engine).sendSubscription(active, prefix);
    this.#queueFlush();
  }

  pause(): void {
    this.#paused = true;
    this.#heartbeat?.pause();
    this.#stream?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#heartbeat?.resume();
    this.#stream?.resume();
  }

  end(fault: ZmtpFault, lingerMs: number): void {
    if (this.#state === "down") return;
    if (lingerMs > 0 && this.#state === "up") this.#engine?.flush();
    this.#finish(fault, lingerMs);
  }

  attach(stream: ByteStream): void {
    this.#stream = stream;
    this.#engine = new Engine(
      { ...this.#options, peerAddress: stream.remoteAddress },
      this,
      (chunk): void => {
        if (!stream.write(chunk)) this.#blocked = true;
      },
    );
    const { handshakeTimeoutMs } = this.#options;
    if (handshakeTimeoutMs > 0) {
      this.#deadline = this.#environment.clock.setTimer(() => this.#expire(), handshakeTimeoutMs);
    }
  }

  /** The stream's. */
  open(): void {
    if (this.#state !== "opening") return;
    this.#state = "handshake";
    this.#engine?.start();
  }

  /** The stream's. */
  data(chunk: Uint8Array): void {
    if (this.#state === "down") return;
    this.#silent = false;
    this.#hasSpoken = false;
    this.#heartbeat?.heard();
    this.#engine?.receive(chunk);
  }

  /** The stream's. */
  drain(): void {
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

  /** The stream's. */
  close(error?: Error): void {
    const state = this.#state;
    if (state !== "down") this.#finish(this.#closeFault(state, error), 0);
    this.#streamOpen = false;
    this.#farewell?.cancel();
    this.#events.gone?.();
    this.#gone?.resolve();
  }

  /** The engine's. */
  admit(publicKey: Uint8Array): ZmtpFault | undefined {
    return this.#events.admit?.(publicKey);
  }

  /** The engine's. */
  ready(peer: PeerInfo): void {
    this.#state = "up";
    this.#upAtMs = this.#environment.clock.nowMs();
    this.#deadline?.cancel();
    this.#deadline = undefined;
    if (this.#options.heartbeat.intervalMs > 0) this.#watch().start();
    this.#events.up(peer);
  }

  /** The engine's. */
  message(frames: Uint8Array[]): void {
    this.#events.message(frames);
  }

  /** The engine's. */
  subscription(active: boolean, prefix: Uint8Array): void {
    this.#events.subscription(active, prefix);
  }

  /** The engine's. While the stream is full only the last PING is answered: a peer that never reads fills no memory. */
  ping(ttlMs: number, context: Uint8Array): void {
    this.#watch().pinged(ttlMs);
    if (this.#blocked) {
      this.#owedPong = context;
      return;
    }
    this.#engine?.sendPong(context);
    this.#queueFlush();
  }

  /** The engine's. */
  failed(fault: ZmtpFault): void {
    if (this.#state !== "down") this.#finish(fault, farewellMs);
  }

  /** The heartbeat's. A full stream takes no more of them: they could not leave, and would pile up. */
  sendPing(ttlMs: number): boolean {
    const engine = this.#engine as Engine;
    if (this.#blocked) return engine.peerKnowsPing;
    const sent = engine.sendPing(ttlMs);
    if (sent) this.#queueFlush();
    return sent;
  }

  /** The heartbeat's. */
  dead(fault: ZmtpFault): void {
    this.failed(fault);
  }

  #watch(): Heartbeat {
    if (this.#heartbeat === undefined) {
      this.#heartbeat = new Heartbeat(this.#environment.clock, this.#options.heartbeat, this.#upAtMs, this);
      if (this.#paused) this.#heartbeat.pause();
    }
    return this.#heartbeat;
  }

  #queueFlush(): void {
    if (this.#flushQueued) return;
    this.#flushQueued = true;
    this.#environment.nextTurn(this.#flush);
  }

  #expire(): void {
    if (this.#state === "opening") {
      this.failed(new ZmtpFault("unreachable", `No connection to ${this.remoteAddress} in time`));
    } else this.failed(new ZmtpFault("handshake-timeout", "The handshake was not done in time"));
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

  #finish(fault: ZmtpFault, lingerMs: number): void {
    const wasOpen = this.#state !== "opening";
    this.#state = "down";
    this.#deadline?.cancel();
    this.#heartbeat?.stop();
    this.#engine?.stop();
    const stream = this.#stream;
    if (stream !== undefined) {
      if (lingerMs > 0 && wasOpen) {
        stream.end();
        // A paused stream would never see the far side's end.
        stream.resume();
        this.#farewell = this.#environment.clock.setTimer(() => stream.destroy(), lingerMs);
      } else stream.destroy();
    }
    this.#events.down(fault);
  }
}
