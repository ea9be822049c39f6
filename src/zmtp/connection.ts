import type { EngineOptions } from "./engine.ts";
import type { ZmtpFault } from "./fault.ts";
import type { HeartbeatOptions } from "./heartbeat.ts";
import type { PeerInfo } from "./peer.ts";

/** How one connection behaves. */
export interface ConnectionOptions extends Omit<EngineOptions, "peerAddress"> {
  /** Time from dialling or accepting to the end of the handshake; 0 means no limit. */
  readonly handshakeTimeoutMs: number;
  readonly heartbeat: HeartbeatOptions;
}

/** What a connection reports. */
export interface ConnectionEvents {
  /** A client has proven this key and may connect; the fault returned, if any, refuses it with ERROR. */
  admit?(publicKey: Uint8Array): ZmtpFault | undefined;
  /** The handshake is done. */
  up(peer: PeerInfo): void;
  /** A whole message. */
  message(frames: Uint8Array[]): void;
  /** The peer subscribes, or cancels one subscription, by command. */
  subscription(active: boolean, prefix: Uint8Array): void;
  /** The stream takes bytes again after `writable` was false. */
  writable(): void;
  /** The connection is over, or never came up. Comes exactly once, and nothing but `gone` follows. */
  down(fault: ZmtpFault): void;
  /** The stream beneath is closed: what was left to send has left, or was given up. Comes once, after `down`. */
  gone?(): void;
}

/** One connection with one life: an engine on a byte stream, with its deadline, its heartbeats and its write turns. */
export interface Connection {
  /** Whether the handshake is done and the connection still stands. */
  readonly isUp: boolean;
  /** Whether it is up and the stream takes bytes without piling them up. */
  readonly writable: boolean;
  /** Whether the far end has sent nothing yet. */
  readonly silent: boolean;
  /** `address:port` of the far end. */
  readonly remoteAddress: string;
  /** Resolves when the stream beneath is closed. */
  readonly gone: Promise<void>;
  /**
   * Sends a message; only while up, and better only while `writable`. The frames are copied before this returns. The
   * first message after something came leaves at once, all others together with what else is sent in this turn.
   */
  send(frames: readonly Uint8Array[]): void;
  /** Sends a subscription, or the end of one; only while up. */
  sendSubscription(active: boolean, prefix: Uint8Array): void;
  /** Stops taking messages, so that the far side feels backpressure. */
  pause(): void;
  /** Takes messages again. */
  resume(): void;
  /** Ends the connection with `fault`; what was sent is flushed within `lingerMs`. `down` is called at once. */
  end(fault: ZmtpFault, lingerMs: number): void;
}
