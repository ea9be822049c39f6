/**
 * Why a connection ended or never came up. Every refusal in the handshake has its own code.
 *
 * Before the handshake: `unreachable` (nobody answers at the endpoint), `connection-cap` (this side has enough).
 * At its end: `client-cap` (this side has enough of the client's key).
 * Greeting: `not-zmtp`, `version-unsupported`, `mechanism-mismatch`, `role-mismatch` (both sides are server),
 * `closed-in-greeting` (the peer hung up on ours, as libzmq does on a foreign mechanism).
 * Handshake: `unexpected-command`, `malformed-hello`, `malformed-welcome`, `malformed-initiate`, `malformed-ready`,
 * `malformed-error`, `wrong-server-key` (HELLO or WELCOME cannot be opened), `cryptographic` (a later box cannot be
 * opened), `key-exchange` (a key of low order, or a vouch for other keys), `invalid-metadata`, `socket-type-mismatch`,
 * `refused-by-us` (our authenticator said no), `refused-by-peer` (the peer sent ERROR), `closed-after-hello` and
 * `closed-after-initiate` (the server hung up there, as servers do that do not like a key), `closed-in-handshake`,
 * `handshake-timeout`, `identity-taken`.
 * Traffic: `malformed-frame`, `malformed-message`, `malformed-command`, `message-too-large`, `too-many-frames`,
 * `nonce-not-increasing`, `undecipherable` (a MESSAGE whose box cannot be opened), `too-many-subscriptions`,
 * `heartbeat-timeout`, `ttl-expired`, `overflow` (the peer reads too slowly), `disconnected` (this side's decision).
 * End: `lost` (the connection broke), `closed-by-peer` (an orderly end), `closed` (this side closed).
 */
export type FaultCode =
  | "unreachable"
  | "connection-cap"
  | "client-cap"
  | "not-zmtp"
  | "version-unsupported"
  | "mechanism-mismatch"
  | "role-mismatch"
  | "closed-in-greeting"
  | "unexpected-command"
  | "malformed-hello"
  | "malformed-welcome"
  | "malformed-initiate"
  | "malformed-ready"
  | "malformed-error"
  | "wrong-server-key"
  | "cryptographic"
  | "key-exchange"
  | "invalid-metadata"
  | "socket-type-mismatch"
  | "refused-by-us"
  | "refused-by-peer"
  | "closed-after-hello"
  | "closed-after-initiate"
  | "closed-in-handshake"
  | "handshake-timeout"
  | "identity-taken"
  | "malformed-frame"
  | "malformed-message"
  | "malformed-command"
  | "message-too-large"
  | "too-many-frames"
  | "nonce-not-increasing"
  | "undecipherable"
  | "too-many-subscriptions"
  | "heartbeat-timeout"
  | "ttl-expired"
  | "overflow"
  | "disconnected"
  | "lost"
  | "closed-by-peer"
  | "closed";

/** The reason of a connection's end. */
export class ZmtpFault extends Error {
  override readonly name = "ZmtpFault";
  readonly code: FaultCode;
  /** With `refused-by-peer`: what the peer's ERROR gave as the reason; its unprintable octets are dots. */
  readonly reason?: string;

  /** `message` is one sentence for people. */
  constructor(code: FaultCode, message: string, options?: ErrorOptions & { readonly reason?: string }) {
    super(message, options);
    this.code = code;
    if (options?.reason !== undefined) this.reason = options.reason;
  }
}
