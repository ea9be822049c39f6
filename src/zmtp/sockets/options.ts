import type { AdmissionCaps } from "../admission.ts";
import type { ConnectionOptions } from "../connection.ts";
import type { Crypto } from "../crypto/types.ts";
import { checkKnownKeys, type KeysOf } from "../known-keys.ts";
import {
  defaultHighWaterMark,
  defaultMaxConnections,
  defaultMaxFramesPerMessage,
  defaultMaxHandshakes,
  defaultMaxMessageBytes,
  maxIdentityBytes,
  maxPingTtlMs,
} from "../limits.ts";
import type { SocketType } from "../socket-type.ts";
import type { Monitor } from "./monitor.ts";
import { type SecurityOptions, settleSecurity } from "./security.ts";

/** What every socket can be told. */
export interface SocketOptions {
  /** @default { mechanism: "NULL" } */
  readonly security?: SecurityOptions;
  /** Messages that may wait for one peer; 0 means no limit. What happens then, the socket's type says. @default 1000 */
  readonly sendHighWaterMark?: number;
  /** Messages of one peer that may wait to be received before the peer is slowed down; 0: no limit. @default 1000 */
  readonly receiveHighWaterMark?: number;
  /** Keeps only the last message in each queue, instead of all of them. @default false */
  readonly conflate?: boolean;
  /** Time that `close` waits for queued messages to leave. @default 5000 */
  readonly lingerMs?: number;
  /** Time from dialling or accepting to the end of the handshake; 0 means no limit. @default 30_000 */
  readonly handshakeTimeoutMs?: number;
  /**
   * Heartbeats; peers of ZMTP 3.0 do not know them. While this socket does not read a peer because its queue is full, it
   * sends PINGs in twice that peer's own rhythm, whatever stands here, so that it is not taken for dead.
   */
  readonly heartbeat?: {
    /** Time between PINGs; 0 sends none. @default 0 */
    readonly intervalMs?: number;
    /** Silence after a PING that counts as death. @default the interval */
    readonly timeoutMs?: number;
    /** Silence after which the peer should take us for dead; 0 leaves that to the peer. At most 6,553,500. @default 0 */
    readonly ttlMs?: number;
  };
  /** How a dialled connection that broke is dialled again: after a delay that doubles, with jitter. */
  readonly reconnect?: {
    /** First delay. @default 100 */
    readonly minMs?: number;
    /** Largest delay. @default 10_000 */
    readonly maxMs?: number;
  };
  /** Lets messages wait only for peers that are connected, not for endpoints still being dialled. @default false */
  readonly immediate?: boolean;
  /** Largest message taken, in bytes over all its frames. @default 268_435_456 */
  readonly maxMessageBytes?: number;
  /** Most frames taken in one message. @default 8192 */
  readonly maxFrames?: number;
  /** Most accepted connections whose handshake is done; the next are closed at once. @default 4096 */
  readonly maxConnections?: number;
  /**
   * Most accepted connections whose handshake is not done. Above it the next takes the place of one of them: of the
   * address with most of them, the oldest that has sent nothing, or else the oldest. @default 1024
   */
  readonly maxHandshakes?: number;
  /** CURVE server: most connections of one client key; further ones are refused with ERROR. 0: no limit. @default 0 */
  readonly maxConnectionsPerKey?: number;
  /** Is told of everything that happens to the socket's connections. More can be added by `monitor`. */
  readonly monitor?: Monitor;
}

/** The keys of what every socket can be told. */
export const socketKeys: KeysOf<SocketOptions> = {
  security: true,
  sendHighWaterMark: true,
  receiveHighWaterMark: true,
  conflate: true,
  lingerMs: true,
  handshakeTimeoutMs: true,
  heartbeat: true,
  reconnect: true,
  immediate: true,
  maxMessageBytes: true,
  maxFrames: true,
  maxConnections: true,
  maxHandshakes: true,
  maxConnectionsPerKey: true,
  monitor: true,
};

const heartbeatKeys: KeysOf<NonNullable<SocketOptions["heartbeat"]>> = {
  intervalMs: true,
  timeoutMs: true,
  ttlMs: true,
};

const reconnectKeys: KeysOf<NonNullable<SocketOptions["reconnect"]>> = { minMs: true, maxMs: true };

/** Options with every default in place. */
export interface SocketSettings {
  readonly connection: ConnectionOptions;
  readonly sendHighWaterMark: number;
  readonly receiveHighWaterMark: number;
  readonly conflate: boolean;
  readonly lingerMs: number;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  readonly immediate: boolean;
  readonly caps: AdmissionCaps;
}

/** Checks options, whose own keys are known to be right, and fills in the defaults. */
export function settle(
  socketType: SocketType,
  crypto: Crypto,
  options: SocketOptions,
  identity?: Uint8Array | string,
): SocketSettings {
  const { security = { mechanism: "NULL" }, heartbeat = {}, reconnect = {} } = options;
  checkKnownKeys("heartbeat", heartbeat, heartbeatKeys);
  checkKnownKeys("reconnect", reconnect, reconnectKeys);
  const reconnectMinMs = duration("reconnect.minMs", reconnect.minMs, 100);
  return {
    connection: {
      socketType,
      security: settleSecurity(crypto, security),
      identity: settleIdentity(identity),
      maxMessageBytes: count("maxMessageBytes", options.maxMessageBytes, defaultMaxMessageBytes),
      maxFrames: count("maxFrames", options.maxFrames, defaultMaxFramesPerMessage),
      handshakeTimeoutMs: duration("handshakeTimeoutMs", options.handshakeTimeoutMs, 30_000),
      heartbeat: {
        intervalMs: duration("heartbeat.intervalMs", heartbeat.intervalMs, 0),
        timeoutMs: duration("heartbeat.timeoutMs", heartbeat.timeoutMs, 0),
        ttlMs: duration("heartbeat.ttlMs", heartbeat.ttlMs, 0, maxPingTtlMs),
      },
    },
    sendHighWaterMark: count("sendHighWaterMark", options.sendHighWaterMark, defaultHighWaterMark),
    receiveHighWaterMark: count("receiveHighWaterMark", options.receiveHighWaterMark, defaultHighWaterMark),
    conflate: options.conflate ?? false,
    lingerMs: duration("lingerMs", options.lingerMs, 5_000),
    reconnectMinMs,
    reconnectMaxMs: Math.max(reconnectMinMs, duration("reconnect.maxMs", reconnect.maxMs, 10_000)),
    immediate: options.immediate ?? false,
    caps: {
      maxConnections: count("maxConnections", options.maxConnections, defaultMaxConnections),
      maxHandshakes: Math.max(1, count("maxHandshakes", options.maxHandshakes, defaultMaxHandshakes)),
      maxConnectionsPerKey: count("maxConnectionsPerKey", options.maxConnectionsPerKey, 0),
    },
  };
}

function settleIdentity(identity: Uint8Array | string | undefined): Uint8Array | undefined {
  if (identity === undefined) return undefined;
  const bytes = typeof identity === "string" ? new TextEncoder().encode(identity) : new Uint8Array(identity);
  if (bytes.length > maxIdentityBytes) {
    throw new RangeError(`Cannot use the identity: it has more than ${maxIdentityBytes} bytes`);
  }
  if (bytes[0] === 0) throw new RangeError("Cannot use the identity: its first byte is zero");
  return bytes;
}

function count(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`Cannot use ${name}: ${value} is no count`);
  return value;
}

function duration(name: string, value: number | undefined, fallback: number, largest = 0x7fff_ffff): number {
  if (value === undefined) return fallback;
  if (!(value >= 0 && value <= largest))
    throw new RangeError(`Cannot use ${name}: ${value} is no duration in ms`);
  return value;
}
