/**
 * Why a socket did not do what it was asked.
 * - `closed`: the socket is closed, or was closed while the call waited
 * - `unroutable`: no peer has the identity that the message names (ROUTER with `mandatory`)
 * - `queue-full`: that peer's queue is full (ROUTER with `mandatory`)
 * - `out-of-turn`: REQ and REP take turns in sending and receiving, and it was the other's turn
 * - `peer-lost`: the peer that had the request is gone, so its reply will not come (REQ)
 * - `bind-failed`: the endpoint cannot be bound
 */
export type SocketErrorCode =
  | "closed"
  | "unroutable"
  | "queue-full"
  | "out-of-turn"
  | "peer-lost"
  | "bind-failed";

/** A socket's refusal. */
export class SocketError extends Error {
  override readonly name = "SocketError";
  readonly code: SocketErrorCode;

  /** `message` says what cannot be done and why. */
  constructor(code: SocketErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
