import type { ByteStream, NetworkListener, StreamEvents } from "../transport/network.ts";
import {
  type Channel,
  channels,
  type ListenerEvents,
  type ListenOptions,
  type Peer,
  type PublishOptions,
  type TransportListener,
} from "../transport/transport.ts";
import { Admission } from "../zmtp/admission.ts";
import type { Connection, ConnectionOptions } from "../zmtp/connection.ts";
import type { Crypto, KeyPair } from "../zmtp/crypto/types.ts";
import type { Environment } from "../zmtp/environment.ts";
import { ZmtpFault } from "../zmtp/fault.ts";
import { defaultMaxFramesPerMessage, maxSubscriptionBytes } from "../zmtp/limits.ts";
import { acceptConnection } from "../zmtp/link.ts";
import { byteLength } from "../zmtp/outbox.ts";
import type { PeerInfo } from "../zmtp/peer.ts";
import type { SocketType } from "../zmtp/socket-type.ts";
import { Client } from "./zmtp-transport-accepted.ts";
import { channelFault } from "./zmtp-transport-faults.ts";
import { checkListen, checkPublish } from "./zmtp-transport-options.ts";

const socketTypes: Readonly<Record<Channel, SocketType>> = { command: "PULL", events: "PUB", sync: "ROUTER" };

/** Binds the agent's three channels, all or none. */
export async function openListener(
  environment: Environment,
  crypto: Crypto,
  options: ListenOptions,
  events: ListenerEvents,
): Promise<TransportListener> {
  checkListen(options);
  const listener = new ZmtpListener(environment, crypto, options, events);
  await listener.bind();
  return listener;
}

class ZmtpListener implements TransportListener {
  readonly #environment: Environment;
  readonly #crypto: Crypto;
  readonly #options: ListenOptions;
  readonly #events: ListenerEvents;
  readonly #keys: KeyPair;
  readonly #listeners = new Map<Channel, NetworkListener>();
  readonly #clients: Readonly<Record<Channel, Set<Client>>> = {
    command: new Set(),
    events: new Set(),
    sync: new Set(),
  };
  readonly #admission: Readonly<Record<Channel, Admission<Client>>>;
  readonly #byPeer = new Map<Peer, Client>();
  #lastPeer = 0;

  constructor(environment: Environment, crypto: Crypto, options: ListenOptions, events: ListenerEvents) {
    this.#environment = environment;
    this.#crypto = crypto;
    this.#options = options;
    this.#events = events;
    const { maxConnections = 64, maxHandshakes = 128, maxConnectionsPerClient = 32 } = options;
    const caps = { maxConnections, maxHandshakes, maxConnectionsPerKey: maxConnectionsPerClient };
    this.#admission = {
      command: new Admission(caps),
      events: new Admission(caps),
      sync: new Admission(caps),
    };
    const secretKey = new Uint8Array(options.serverSecretKey);
    this.#keys = { secretKey, publicKey: crypto.keyAgreement.publicKey(secretKey) };
  }

  get ports(): { readonly command: number; readonly events: number; readonly sync: number } {
    return { command: this.#port("command"), events: this.#port("events"), sync: this.#port("sync") };
  }

  async bind(): Promise<void> {
    const { host, ports } = this.#options;
    for (const channel of channels) {
      const port = ports[channel];
      try {
        const listener = await this.#environment.network.listen({ host, port }, (stream) =>
          this.#accept(channel, stream),
        );
        this.#listeners.set(channel, listener);
      } catch (cause) {
        await this.close();
        const detail = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`Cannot bind the ${channel} channel to ${host}:${port}: ${detail}`, { cause });
      }
    }
  }

  publish(frames: readonly Uint8Array[], options?: PublishOptions): void {
    checkPublish(options);
    const topic = frames[0];
    if (topic === undefined) throw new TypeError("Cannot publish: a message has at least one frame");
    for (const client of this.#clients.events) {
      if (client.peer !== undefined && client.closing === undefined && client.subscriptions.matches(topic)) {
        this.#offer(client, frames, options?.droppable === true);
      }
    }
  }

  reply(peer: Peer, frames: readonly Uint8Array[]): boolean {
    const client = this.#byPeer.get(peer);
    if (client === undefined || client.channel !== "sync" || client.closing !== undefined) return false;
    const message = client.speaksReq ? [...client.envelope, ...frames] : frames;
    if (client.outbox.open) client.outbox.pass(message);
    else if (client.outbox.bytes + byteLength(message) > this.#capBytes) return false;
    else client.outbox.keep(message);
    return true;
  }

  disconnect(peer: Peer, reason: string): void {
    const client = this.#byPeer.get(peer);
    client?.connection?.end(new ZmtpFault("disconnected", `Disconnected by this side: ${reason}`), 0);
  }

  async close(lingerMs = 0): Promise<void> {
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close()));
    const fault = new ZmtpFault("closed", "The listener was closed");
    const all = channels.flatMap((channel) => [...this.#clients[channel]]);
    const gone = all.map((client) => client.connection?.gone);
    for (const client of all) this.#finish(client, fault, lingerMs);
    await Promise.all(gone);
  }

  get #capBytes(): number {
    return this.#options.subscriberCapBytes ?? 16_777_216;
  }

  #port(channel: Channel): number {
    return this.#listeners.get(channel)?.endpoint.port ?? 0;
  }

  #accept(channel: Channel, stream: ByteStream): StreamEvents {
    const admission = this.#admission[channel];
    if (admission.full) return this.#refuse(channel, stream);
    const client = new Client(channel);
    this.#clients[channel].add(client);
    const accepted = acceptConnection(this.#environment, stream, this.#connectionOptions(channel), {
      admit: (publicKey) => admission.admit(client, publicKey),
      up: (info): void => this.#up(client, info),
      message: (frames): void => this.#message(client, frames),
      subscription: (active, prefix): void => this.#subscription(client, active, prefix),
      writable: (): void => this.#writable(client),
      down: (fault): void => this.#down(client, fault),
    });
    client.connection = accepted.connection;
    admission.enter(client);
    return accepted.streamEvents;
  }

  /** A connection above the cap costs no handshake. */
  #refuse(channel: Channel, stream: ByteStream): StreamEvents {
    stream.destroy();
    const fault = new ZmtpFault("connection-cap", `The ${channel} channel has all its connections`);
    queueMicrotask(() => this.#events.handshakeFailed(channel, stream.remoteAddress, channelFault(fault)));
    const ignore = (): void => undefined;
    return { open: ignore, data: ignore, drain: ignore, close: ignore };
  }

  #connectionOptions(channel: Channel): ConnectionOptions {
    const { maxMessageBytes = 1_048_576, handshakeTimeoutMs = 5_000 } = this.#options;
    const { heartbeatIntervalMs = 2_000, heartbeatTimeoutMs = 6_000 } = this.#options;
    return {
      socketType: socketTypes[channel],
      security: {
        mechanism: "CURVE",
        role: "server",
        keys: this.#keys,
        crypto: this.#crypto,
        authenticate: (request) =>
          request.mechanism === "CURVE" && this.#options.authorize(request.publicKey, request.address),
      },
      // Nothing but subscriptions is taken on `events`.
      maxMessageBytes: channel === "events" ? 1 + maxSubscriptionBytes : maxMessageBytes,
      maxFrames: defaultMaxFramesPerMessage,
      handshakeTimeoutMs,
      heartbeat: { intervalMs: heartbeatIntervalMs, timeoutMs: heartbeatTimeoutMs, ttlMs: 0 },
    };
  }

  #up(client: Client, info: PeerInfo): void {
    const connection = client.connection as Connection;
    const peer: Peer = {
      id: `${client.channel}-${++this.#lastPeer}`,
      channel: client.channel,
      clientPublicKey: (info.publicKey as Uint8Array).slice(),
      address: info.address,
    };
    client.peer = peer;
    client.speaksReq = info.socketType === "REQ";
    this.#byPeer.set(peer, client);
    client.outbox.attach(connection);
    this.#events.peerUp(peer);
  }

  #message(client: Client, frames: Uint8Array[]): void {
    if (client.closing !== undefined) return;
    if (client.channel === "events") {
      // ZMTP 3.0: a subscription is a message that begins with 1 or 0. Everything else is discarded (RFC 29).
      const [frame] = frames;
      if (frames.length === 1 && frame !== undefined && (frame[0] === 1 || frame[0] === 0)) {
        this.#subscription(client, frame[0] === 1, frame.subarray(1));
      }
      return;
    }
    let content = frames;
    if (client.speaksReq) {
      const delimiterAt = frames.findIndex((frame) => frame.length === 0);
      // RFC 28: what a REQ sends has a delimiter; without one it is no request.
      if (delimiterAt < 0 || delimiterAt === frames.length - 1) return;
      client.envelope = frames.slice(0, delimiterAt + 1);
      content = frames.slice(delimiterAt + 1);
    }
    this.#events.message(client.peer as Peer, content);
  }

  #subscription(client: Client, active: boolean, prefix: Uint8Array): void {
    if (client.channel !== "events") return;
    if (active) client.subscriptions.add(prefix);
    else client.subscriptions.remove(prefix);
  }

  #offer(client: Client, frames: readonly Uint8Array[], droppable: boolean): void {
    const { outbox } = client;
    if (outbox.open) {
      outbox.pass(frames);
      return;
    }
    const bytes = outbox.bytes + byteLength(frames);
    if (droppable && bytes > (this.#options.subscriberDropBytes ?? 4_194_304)) return;
    if (bytes > this.#capBytes) {
      const message = `The subscriber reads too slowly: ${outbox.bytes} bytes wait for it`;
      client.connection?.end(new ZmtpFault("overflow", message), 0);
      return;
    }
    outbox.keep(frames);
  }

  #writable(client: Client): void {
    client.outbox.drain();
    const { closing } = client;
    if (closing !== undefined && client.outbox.length === 0) {
      client.connection?.end(closing.fault, Math.max(1, closing.untilMs - this.#environment.clock.nowMs()));
    }
  }

  /** Closes a connection once what waits for it has left, at the latest after `lingerMs`. */
  #finish(client: Client, fault: ZmtpFault, lingerMs: number): void {
    const { connection } = client;
    if (connection === undefined || client.closing !== undefined) return;
    if (lingerMs === 0 || client.outbox.length === 0) {
      connection.end(fault, lingerMs);
      return;
    }
    const { clock } = this.#environment;
    const timer = clock.setTimer(() => connection.end(fault, 0), lingerMs);
    client.closing = { fault, untilMs: clock.nowMs() + lingerMs, timer };
  }

  #down(client: Client, fault: ZmtpFault): void {
    const { peer } = client;
    this.#clients[client.channel].delete(client);
    this.#admission[client.channel].leave(client);
    client.closing?.timer.cancel();
    client.outbox.detach();
    client.outbox.clear();
    if (peer !== undefined) this.#byPeer.delete(peer);
    // Whoever disconnects or closes must not hear of it within its own call.
    queueMicrotask(() => {
      if (peer !== undefined) this.#events.peerDown(peer, channelFault(fault));
      else {
        const address = client.connection?.remoteAddress ?? "";
        this.#events.handshakeFailed(client.channel, address, channelFault(fault));
      }
    });
  }
}
