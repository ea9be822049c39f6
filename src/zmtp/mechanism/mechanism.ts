import type { Crypto, KeyPair } from "../crypto/types.ts";
import type { FaultCode, ZmtpFault } from "../fault.ts";
import type { Traffic } from "./traffic.ts";

/** What an authenticator is told about a client (the fields of a ZAP request, RFC 27). */
export type AuthenticationRequest =
  | { readonly mechanism: "NULL"; readonly address: string }
  | {
      readonly mechanism: "PLAIN";
      readonly address: string;
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: "CURVE"; readonly address: string; readonly publicKey: Uint8Array };

/**
 * What an authenticator answers: true lets the client in (ZAP status 200), false refuses it (400). The ZAP statuses
 * can be given by name: 300 refuses for now without saying so, so that the client tries again; 500 is a failure of the
 * authenticator itself. `userId` is then the peer's user.
 */
export type AuthenticationVerdict =
  | boolean
  | { readonly status: 200; readonly userId?: string }
  | { readonly status: 300 | 400 | 500 };

/** Says whether a client may connect. A rejection or a throw refuses it with status 500. */
export type Authenticator = (
  request: AuthenticationRequest,
) => AuthenticationVerdict | Promise<AuthenticationVerdict>;

/** How a socket secures its connections; the same for all peers of a socket (RFC 37: security is assertive). */
export type Security =
  | { readonly mechanism: "NULL"; readonly authenticate?: Authenticator | undefined }
  | {
      readonly mechanism: "PLAIN";
      readonly role: "client";
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: "PLAIN"; readonly role: "server"; readonly authenticate: Authenticator }
  | {
      readonly mechanism: "CURVE";
      readonly role: "client";
      /** The server's permanent public key (S). */
      readonly serverKey: Uint8Array;
      /** This client's permanent keys (C, c). */
      readonly keys: KeyPair;
      readonly crypto: Crypto;
    }
  | {
      readonly mechanism: "CURVE";
      readonly role: "server";
      /** This server's permanent keys (S, s). */
      readonly keys: KeyPair;
      /** Without it, any client that knows the server's key is let in. */
      readonly authenticate?: Authenticator | undefined;
      readonly crypto: Crypto;
    };

/** Who a mechanism found at the other end. */
export interface ProvenPeer {
  /** The peer's metadata, checked, as it was encoded. */
  readonly metadata: Uint8Array;
  /** The permanent key that the peer has proven to hold (CURVE), or that this side demanded of it. */
  readonly publicKey?: Uint8Array;
  readonly userId?: string;
}

/** What a mechanism needs of the engine. */
export interface MechanismHost {
  /** This side's metadata, encoded. */
  readonly metadata: Uint8Array;
  /** The far end, for the authenticator. */
  readonly peerAddress: string;
  /** Sends a handshake command. */
  sendCommand(body: Uint8Array): void;
  /** Checks the peer's metadata and returns a copy of its own; throws what is wrong with it. */
  checkMetadata(bytes: Uint8Array): Uint8Array;
  /** Asks the authenticator; the mechanism's `authenticated` is called with the verdict, now or later. */
  authenticate(authenticator: Authenticator, request: AuthenticationRequest): void;
  /** Whether there is a place for a client that has proven this key and may connect; the fault says why not. */
  admit(publicKey: Uint8Array): ZmtpFault | undefined;
  /** The handshake is done. */
  established(traffic: Traffic, peer: ProvenPeer): void;
}

/** One side's part in a handshake. Refuses by throwing a `ZmtpFault`. */
export interface Mechanism {
  /** Sends what this side says first. */
  start(): void;
  /** Takes the body of a command frame. */
  receive(body: Uint8Array): void;
  /** Takes the authenticator's verdict. */
  authenticated(verdict: AuthenticationVerdict): void;
  /** What it means when the peer hangs up in the present state. */
  readonly hangUp: FaultCode;
}
