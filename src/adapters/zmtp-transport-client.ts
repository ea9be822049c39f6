import type { Channel, ChannelEvents, ClientChannel, ConnectOptions } from "../transport/transport.ts";
import type { Connection } from "../zmtp/connection.ts";
import type { Crypto } from "../zmtp/crypto/types.ts";
import type { Environment } from "../zmtp/environment.ts";
import { ZmtpFault } from "../zmtp/fault.ts";
import { defaultMaxFramesPerMessage, defaultMaxMessageBytes } from "../zmtp/limits.ts";
import { dialConnection } from "../zmtp/link.ts";
import type { SocketType } from "../zmtp/socket-type.ts";
import { channelFault } from "./zmtp-transport-faults.ts";
import { checkConnect } from "./zmtp-transport-options.ts";

const socketTypes: Readonly<Record<Channel, SocketType>> = { command: "PUSH", events: "SUB", sync: "DEALER" };

/** Opens one channel of a client: one connection with one life. */
export function openClientChannel(
  environment: Environment,
  crypto: Crypto,
  channel: Channel,
  options: ConnectOptions,
  events: ChannelEvents,
): ClientChannel {
  checkConnect(options);
  return new ZmtpClientChannel(environment, crypto, channel, options, events);
}

class ZmtpClientChannel implements ClientChannel {
  readonly channel: Channel;
  readonly #events: ChannelEvents;
  readonly #connection: Connection;
  /** Asked for before `up`: sent, in order, as soon as the handshake is done. */
  #early: { readonly active: boolean; readonly prefix: Uint8Array }[] = [];
  #full = false;
  #ended = false;

  constructor(
    environment: Environment,
    crypto: Crypto,
    channel: Channel,
    options: ConnectOptions,
    events: ChannelEvents,
  ) {
    this.channel = channel;
    this.#events = events;
    const { clientSecretKey, serverPublicKey } = options;
    const secretKey = new Uint8Array(clientSecretKey);
    const keys = { secretKey, publicKey: crypto.keyAgreement.publicKey(secretKey) };
    this.#connection = dialConnection(
      environment,
      { host: options.host, port: options.port },
      {
        socketType: socketTypes[channel],
        security: {
          mechanism: "CURVE",
          role: "client",
          serverKey: new Uint8Array(serverPublicKey),
          keys,
          crypto,
        },
        maxMessageBytes: defaultMaxMessageBytes,
        maxFrames: defaultMaxFramesPerMessage,
        handshakeTimeoutMs: options.handshakeTimeoutMs ?? 5_000,
        heartbeat: {
          intervalMs: options.heartbeatIntervalMs ?? 2_000,
          timeoutMs: options.heartbeatTimeoutMs ?? 6_000,
          ttlMs: 0,
        },
      },
      {
        up: (): void => this.#up(),
        message: (frames): void => {
          if (channel !== "command" && !this.#ended) events.message(frames);
        },
        // The agent's sockets subscribe to nothing of ours.
        subscription: (): void => undefined,
        writable: (): void => this.#writable(),
        down: (fault): void => this.#down(fault),
      },
    );
  }

  send(frames: readonly Uint8Array[]): boolean {
    if (this.channel === "events") throw new TypeError("Cannot send: the events channel only receives");
    if (frames.length === 0) throw new TypeError("Cannot send: a message has at least one frame");
    if (!this.#connection.isUp) throw new Error(`Cannot send: the ${this.channel} channel is not up`);
    this.#connection.send(frames);
    this.#full = !this.#connection.writable;
    return !this.#full;
  }

  subscribe(prefix: Uint8Array): void {
    this.#request(true, prefix);
  }

  unsubscribe(prefix: Uint8Array): void {
    this.#request(false, prefix);
  }

  async close(lingerMs = 0): Promise<void> {
    this.#connection.end(new ZmtpFault("closed", `The ${this.channel} channel was closed`), lingerMs);
    await this.#connection.gone;
  }

  #request(active: boolean, prefix: Uint8Array): void {
    if (this.channel !== "events")
      throw new TypeError(`Cannot subscribe: ${this.channel} is no events channel`);
    if (this.#connection.isUp) this.#connection.sendSubscription(active, prefix);
    else if (!this.#ended) this.#early.push({ active, prefix: new Uint8Array(prefix) });
  }

  #up(): void {
    for (const { active, prefix } of this.#early) this.#connection.sendSubscription(active, prefix);
    this.#early = [];
    this.#events.up();
  }

  #writable(): void {
    if (!this.#full) return;
    this.#full = false;
    this.#events.writable();
  }

  #down(fault: ZmtpFault): void {
    this.#ended = true;
    this.#early = [];
    // The owner that closes must not hear of it within its own call.
    queueMicrotask(() => this.#events.down(channelFault(fault)));
  }
}
