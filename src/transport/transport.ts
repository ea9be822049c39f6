/** The three channels between connector and agent. */
export type Channel = "command" | "events" | "sync";

/** All channels, in the order in which ports are listed. */
export const channels: readonly Channel[] = ["command", "events", "sync"];

/**
 * Why a channel or a peer's connection went down, or never came up.
 * - `unreachable`: no connection could be made (refused, no route, unknown host)
 * - `handshake-timeout`: connected, but the handshake did not finish in time
 * - `authentication`: one side refused the other's key, or the server's key is not the expected one
 * - `protocol`: the far side broke the protocol, or speaks another mechanism or version
 * - `heartbeat`: connected, but silent for too long (half-open)
 * - `overflow`: the far side read too slowly and what may not be dropped reached its cap
 * - `lost`: the connection broke
 * - `closed`: this side closed it
 */
export type ChannelFaultCode =
  | "unreachable"
  | "handshake-timeout"
  | "authentication"
  | "protocol"
  | "heartbeat"
  | "overflow"
  | "lost"
  | "closed";

/** The reason that comes with every loss. */
export interface ChannelFault {
  readonly code: ChannelFaultCode;
  /** One sentence for people. */
  readonly message: string;
  readonly cause?: unknown;
}

/** What a client needs to open one channel. */
export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  /** The agent's permanent public key, 32 bytes. */
  readonly serverPublicKey: Uint8Array;
  /** This side's permanent secret key, 32 bytes. */
  readonly clientSecretKey: Uint8Array;
  /** Time from dialling to the end of the handshake. @default 5000 */
  readonly handshakeTimeoutMs?: number;
  /** Interval of the transport's own heartbeats; 0 turns them off. @default 2000 */
  readonly heartbeatIntervalMs?: number;
  /** Silence after a heartbeat that counts as a lost connection. @default 6000 */
  readonly heartbeatTimeoutMs?: number;
}

/** What a client's channel reports. One channel is one connection with one life: `up` at most once, `down` exactly once. */
export interface ChannelEvents {
  /** The handshake is done and both sides have proven their keys. */
  up(): void;
  /** A whole message. The frames are the receiver's and are never written again. Not on `command`. */
  message(frames: Uint8Array[]): void;
  /** There is room again after `send` returned false. */
  writable(): void;
  /** The channel is gone, or could not be opened; nothing follows. */
  down(fault: ChannelFault): void;
}

/** One open (or opening) channel of a client. Reconnecting is the owner's business: it opens a new one. */
export interface ClientChannel {
  readonly channel: Channel;
  /**
   * Sends a message on `command` or `sync`. Throws unless the channel is up, so that nothing waits unseen.
   * The frames may not be changed afterwards. Returns false when the owner should wait for `writable`.
   */
  send(frames: readonly Uint8Array[]): boolean;
  /** Asks for every message on `events` whose first frame begins with `prefix`. Allowed before `up`. */
  subscribe(prefix: Uint8Array): void;
  /** Takes one `subscribe` back. */
  unsubscribe(prefix: Uint8Array): void;
  /** Closes; what was sent is flushed within `lingerMs` (default 0). `down` with `closed` follows if it had not come. */
  close(lingerMs?: number): Promise<void>;
}

/** A client's connection as the agent sees it. */
export interface Peer {
  /** Unique among all connections that this listener ever had. */
  readonly id: string;
  readonly channel: Channel;
  /** The permanent key that the peer proved in the handshake, 32 bytes. */
  readonly clientPublicKey: Uint8Array;
  /** `address:port` of the far end. */
  readonly address: string;
}

/** What the agent's side of the transport needs. */
export interface ListenOptions {
  readonly host: string;
  /** 0 means any free port. */
  readonly ports: { readonly command: number; readonly events: number; readonly sync: number };
  /** The agent's permanent secret key, 32 bytes. */
  readonly serverSecretKey: Uint8Array;
  /** Says whether this key may connect. Called once per handshake, after the client has proven the key. */
  authorize(clientPublicKey: Uint8Array, address: string): boolean;
  /** @default 5000 */
  readonly handshakeTimeoutMs?: number;
  /** @default 2000 */
  readonly heartbeatIntervalMs?: number;
  /** @default 6000 */
  readonly heartbeatTimeoutMs?: number;
  /** Largest message taken from a client, in bytes over all frames. @default 1_048_576 */
  readonly maxMessageBytes?: number;
  /** Bytes queued for one subscriber beyond which droppable messages are dropped for it. @default 4_194_304 */
  readonly subscriberDropBytes?: number;
  /** Bytes queued for one subscriber beyond which it is disconnected with `overflow`. @default 16_777_216 */
  readonly subscriberCapBytes?: number;
  /** Authenticated connections per channel; further ones are closed at once. @default 64 */
  readonly maxConnections?: number;
  /**
   * Connections per channel whose handshake is not done. Above it the next takes the place of one of them, so that
   * strangers who are silent keep nobody out. @default 128
   */
  readonly maxHandshakes?: number;
  /** Connections per channel of one client key; further ones are refused, and told why. @default 32 */
  readonly maxConnectionsPerClient?: number;
}

/** What the agent's side reports. */
export interface ListenerEvents {
  /** A peer has finished its handshake. */
  peerUp(peer: Peer): void;
  /** A peer's connection is gone. */
  peerDown(peer: Peer, fault: ChannelFault): void;
  /** A connection that never became a peer: refused, timed out or broken in the handshake. */
  handshakeFailed(channel: Channel, address: string, fault: ChannelFault): void;
  /** A message on `command` or `sync`, routing frame removed. The frames are the receiver's. */
  message(peer: Peer, frames: Uint8Array[]): void;
}

/** How a published message behaves towards a subscriber that reads too slowly. */
export interface PublishOptions {
  /** True: this message may be dropped for a slow subscriber. False (default): the subscriber is disconnected at its cap. */
  readonly droppable?: boolean;
}

/** The agent's three bound channels. */
export interface TransportListener {
  /** The ports really bound. */
  readonly ports: { readonly command: number; readonly events: number; readonly sync: number };
  /** Sends to every subscriber of a prefix of the first frame. The frames may not be changed afterwards. */
  publish(frames: readonly Uint8Array[], options?: PublishOptions): void;
  /** Sends to one peer of `sync`. Returns false if the peer is gone or its queue is full; nothing is sent then. */
  reply(peer: Peer, frames: readonly Uint8Array[]): boolean;
  /** Ends a peer's connection. */
  disconnect(peer: Peer, reason: string): void;
  /** Unbinds and closes everything; what was published or replied is flushed within `lingerMs` (default 0). */
  close(lingerMs?: number): Promise<void>;
}

/** The seam between the protocol and whatever carries it. */
export interface Transport {
  /** For logs and metrics: `zmtp`, `zeromq`, `memory`. */
  readonly name: string;
  /** Opens one channel. Returns at once; never calls `events` synchronously. */
  connect(channel: Channel, options: ConnectOptions, events: ChannelEvents): ClientChannel;
  /** Binds the agent's three channels, all or none. Rejects with the port that could not be bound. */
  listen(options: ListenOptions, events: ListenerEvents): Promise<TransportListener>;
}
