import type { AdmissionCaps } from "../admission.ts";
import type { ConnectionOptions } from "../connection.ts";
import type { Crypto } from "../crypto/types.ts";
import { type Key, readKey } from "../keys.ts";
import {
  defaultHighWaterMark,
  defaultMaxConnections,
  defaultMaxFramesPerMessage,
  defaultMaxHandshakes,
  defaultMaxMessageBytes,
  maxIdentityBytes,
  maxPingTtlMs,
  maxPlainFieldBytes,
} from "../limits.ts";
import type { Authenticator, Security } from "../mechanism/mechanism.ts";
import type { SocketType } from "../socket-type.ts";
import type { Monitor } from "./monitor.ts";

/** No security: anyone may connect, everything is in clear. An authenticator may refuse addresses. */
export interface NullSecurity {
  readonly mechanism: "NULL";
  readonly authenticate?: Authenticator;
}

/** User name and password, in clear (RFC 24). */
export type PlainSecurity =
  | {
      readonly mechanism: "PLAIN";
      readonly role: "client";
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: "PLAIN"; readonly role: "server"; readonly authenticate: Authenticator };

/** Encryption and authentication by Curve25519 keys (RFC 26). The role has nothing to do with who binds. */
export type CurveSecurity =
  | {
      readonly mechanism: "CURVE";
      readonly role: "client";
      /** The server's public key. */
      readonly serverKey: Key;
      /** Our secret key. Left out: a fresh key pair, for servers that let anyone in. */
      readonly secretKey?: Key;
    }
  | {
      readonly mechanism: "CURVE";
      readonly role: "server";
      /** Our secret key. */
      readonly secretKey: Key;
      /** Says which clients may connect. Left out: every client that knows our public key. */
      readonly authenticate?: Authenticator;
    };

/** How a socket secures its connections. All peers of a socket use the same mechanism. */
export type SecurityOptions = NullSecurity | PlainSecurity | CurveSecurity;

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

/** Checks options and fills in the defaults. */
export function settle(
  socketType: SocketType,
  crypto: Crypto,
  options: SocketOptions,
  identity?: Uint8Array | string,
): SocketSettings {
  const { heartbeat = {}, reconnect = {} } = options;
  const reconnectMinMs = duration("reconnect.minMs", reconnect.minMs, 100);
  return {
    connection: {
      socketType,
      security: settleSecurity(crypto, options.security ?? { mechanism: "NULL" }),
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

function settleSecurity(crypto: Crypto, security: SecurityOptions): Security {
  if (security.mechanism === "NULL") return security;
  if (security.mechanism === "PLAIN") {
    if (security.role === "client") {
      for (const field of ["username", "password"] as const) {
        if (new TextEncoder().encode(security[field]).length > maxPlainFieldBytes) {
          throw new RangeError(`Cannot use the ${field}: it has more than ${maxPlainFieldBytes} bytes`);
        }
      }
    }
    return security;
  }
  if (security.role === "server") {
    const secretKey = readKey(security.secretKey, "secretKey");
    const keys = { secretKey, publicKey: crypto.keyAgreement.publicKey(secretKey) };
    return { mechanism: "CURVE", role: "server", keys, authenticate: security.authenticate, crypto };
  }
  const serverKey = readKey(security.serverKey, "serverKey");
  if (security.secretKey === undefined) {
    return {
      mechanism: "CURVE",
      role: "client",
      serverKey,
      keys: crypto.keyAgreement.generateKeyPair(),
      crypto,
    };
  }
  const secretKey = readKey(security.secretKey, "secretKey");
  const keys = { secretKey, publicKey: crypto.keyAgreement.publicKey(secretKey) };
  return { mechanism: "CURVE", role: "client", serverKey, keys, crypto };
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
