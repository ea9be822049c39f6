import { tooManyOfClient } from "../admission.ts";
import type { Crypto, KeyPair } from "../crypto/types.ts";
import { type FaultCode, ZmtpFault } from "../fault.ts";
import { concat, equalBytes, writeUint64 } from "../wire/bytes.ts";
import { decodeCommand, encodeCommand, encodeError } from "../wire/command.ts";
import {
  boxKey,
  cookieBytes,
  keyBytes,
  longNonce,
  longNonceBytes,
  openBox,
  PeerNonce,
  shortNonce,
  shortNonceBytes,
  tagBytes,
} from "./curve-common.ts";
import { CurveTraffic } from "./curve-traffic.ts";
import type { AuthenticationVerdict, Authenticator, Mechanism, MechanismHost } from "./mechanism.ts";
import { applyVerdict } from "./verdict.ts";

/** What this side holds on to in each state: between WELCOME and INITIATE, nothing but the cookie's key. */
type State =
  | { readonly name: "expect-hello" }
  | { readonly name: "expect-initiate"; readonly cookieKey: Uint8Array }
  | {
      readonly name: "authenticating";
      /** The client's permanent public key (C). */
      readonly clientKey: Uint8Array;
      /** The box key of (C', S'). */
      readonly sessionKey: Uint8Array;
      readonly metadata: Uint8Array;
    }
  | { readonly name: "done" };

/** HELLO's data: version, padding, C', nonce, Box [64 * %x0](C'->S). */
const helloDataBytes = 194;
const paddingAt = 2;
const clientAt = 74;
const nonceAt: number = clientAt + keyBytes;
const signatureAt: number = nonceAt + shortNonceBytes;

/** INITIATE's data: cookie, nonce, Box [C + vouch + metadata](C'->S'); the vouch is its nonce and Box [C',S](C->S'). */
const initiateBoxAt: number = cookieBytes + shortNonceBytes;
const vouchEnd: number = keyBytes + longNonceBytes + 80;
const minInitiateDataBytes: number = initiateBoxAt + tagBytes + vouchEnd;

/**
 * The server's part of CURVE (RFC 25, RFC 26).
 *
 * The cookie's key belongs to this one connection and is used once. A key shared by many connections would let a
 * recorded INITIATE be replayed on another connection, where the traffic's nonces would then begin again under the
 * same keys.
 */
export class CurveServer implements Mechanism {
  readonly hangUp: FaultCode = "closed-in-handshake";
  readonly #host: MechanismHost;
  readonly #crypto: Crypto;
  /** Our permanent keys (S, s). */
  readonly #keys: KeyPair;
  readonly #authenticator: Authenticator | undefined;
  readonly #peerNonce = new PeerNonce();
  #state: State = { name: "expect-hello" };

  /** Without an authenticator every client that knows our key is let in. */
  constructor(host: MechanismHost, crypto: Crypto, keys: KeyPair, authenticator: Authenticator | undefined) {
    this.#host = host;
    this.#crypto = crypto;
    this.#keys = keys;
    this.#authenticator = authenticator;
  }

  /** The client speaks first. */
  start(): void {
    // Waits for HELLO.
  }

  /** Takes HELLO, then INITIATE. */
  receive(body: Uint8Array): void {
    const { name, data } = decodeCommand(body, "unexpected-command");
    const state = this.#state;
    if (name === "HELLO" && state.name === "expect-hello") this.#hello(data);
    else if (name === "INITIATE" && state.name === "expect-initiate") this.#initiate(data, state.cookieKey);
    else throw new ZmtpFault("unexpected-command", `${name} is not expected in state ${state.name}`);
  }

  /** Sends READY to a client that is let in. */
  authenticated(verdict: AuthenticationVerdict): void {
    const state = this.#state;
    if (state.name !== "authenticating") throw new Error("No client waits for a verdict");
    const user = applyVerdict(this.#host, verdict);
    const refusal = this.#host.admit(state.clientKey);
    if (refusal !== undefined) {
      this.#host.sendCommand(encodeError(refusal.code === "client-cap" ? tooManyOfClient : refusal.message));
      throw refusal;
    }
    this.#state = { name: "done" };
    const nonce = new Uint8Array(shortNonceBytes);
    writeUint64(nonce, 0, 1);
    const { secretBox } = this.#crypto;
    const box = secretBox.seal(state.sessionKey, shortNonce("CurveZMQREADY---", nonce), this.#host.metadata);
    this.#host.sendCommand(encodeCommand("READY", nonce, box));
    const traffic = new CurveTraffic(
      secretBox.traffic(state.sessionKey, shortNonce("CurveZMQMESSAGES", new Uint8Array(0))),
      secretBox.traffic(state.sessionKey, shortNonce("CurveZMQMESSAGEC", new Uint8Array(0))),
      2,
      this.#peerNonce,
    );
    this.#host.established(traffic, { metadata: state.metadata, publicKey: state.clientKey, ...user });
  }

  #hello(data: Uint8Array): void {
    if (data.length !== helloDataBytes) {
      throw new ZmtpFault("malformed-hello", `HELLO has ${data.length} bytes of data, not ${helloDataBytes}`);
    }
    if (data[0] !== 1 || data[1] !== 0) {
      throw new ZmtpFault("malformed-hello", `HELLO is of CurveZMQ ${data[0]}.${data[1]}, not 1.0`);
    }
    if (data.subarray(paddingAt, clientAt).some((octet) => octet !== 0)) {
      throw new ZmtpFault("malformed-hello", "HELLO's padding is not zero");
    }
    if (!this.#peerNonce.advance(data, nonceAt))
      throw new ZmtpFault("nonce-not-increasing", "HELLO has the nonce 0");
    // The client's transient public key (C').
    const clientTransient = data.slice(clientAt, nonceAt);
    const helloKey = boxKey(this.#crypto, this.#keys.secretKey, clientTransient, "client's transient key");
    const nonce = shortNonce("CurveZMQHELLO---", data.subarray(nonceAt, signatureAt));
    const signature = this.#crypto.secretBox.open(helloKey, nonce, data.subarray(signatureAt));
    if (signature === undefined) {
      // RFC 26 lets a server send ERROR here. It tells nobody more than the missing WELCOME would.
      this.#host.sendCommand(encodeError("HELLO cannot be opened: wrong server key"));
      throw new ZmtpFault(
        "wrong-server-key",
        "HELLO cannot be opened: the client expects another server key",
      );
    }
    if (signature.length !== 64 || signature.some((octet) => octet !== 0)) {
      throw new ZmtpFault("malformed-hello", "HELLO's signature does not hold 64 zero octets");
    }
    this.#welcome(clientTransient, helloKey);
    helloKey.fill(0);
  }

  /** Sends WELCOME: Box [S' + cookie](S->C') with cookie = Box [C' + s'](K), and forgets all but K. */
  #welcome(clientTransient: Uint8Array, helloKey: Uint8Array): void {
    const { secretBox, keyAgreement } = this.#crypto;
    // Our transient keys (S', s').
    const transient = keyAgreement.generateKeyPair();
    const cookieKey = this.#crypto.randomBytes(keyBytes);
    const cookieNonce = this.#crypto.randomBytes(longNonceBytes);
    const cookiePlain = concat(clientTransient, transient.secretKey);
    const cookie = secretBox.seal(cookieKey, longNonce("COOKIE--", cookieNonce), cookiePlain);
    cookiePlain.fill(0);
    transient.secretKey.fill(0);
    const nonce = this.#crypto.randomBytes(longNonceBytes);
    const plain = concat(transient.publicKey, cookieNonce, cookie);
    const box = secretBox.seal(helloKey, longNonce("WELCOME-", nonce), plain);
    this.#host.sendCommand(encodeCommand("WELCOME", nonce, box));
    this.#state = { name: "expect-initiate", cookieKey };
  }

  #initiate(data: Uint8Array, cookieKey: Uint8Array): void {
    if (data.length < minInitiateDataBytes) {
      throw new ZmtpFault("malformed-initiate", `INITIATE has ${data.length} bytes of data only`);
    }
    const crypto = this.#crypto;
    const cookieNonce = longNonce("COOKIE--", data.subarray(0, longNonceBytes));
    const cookieBox = data.subarray(longNonceBytes, cookieBytes);
    const cookie = openBox(crypto, cookieKey, cookieNonce, cookieBox, "cryptographic", "INITIATE's cookie");
    cookieKey.fill(0);
    const clientTransient = cookie.slice(0, keyBytes);
    const transientSecret = cookie.subarray(keyBytes);
    if (!this.#peerNonce.advance(data, cookieBytes)) {
      throw new ZmtpFault("nonce-not-increasing", "INITIATE does not increase the nonce");
    }
    const sessionKey = boxKey(crypto, transientSecret, clientTransient, "client's transient key");
    const nonce = shortNonce("CurveZMQINITIATE", data.subarray(cookieBytes, initiateBoxAt));
    const plain = openBox(
      crypto,
      sessionKey,
      nonce,
      data.subarray(initiateBoxAt),
      "cryptographic",
      "INITIATE",
    );
    // The client's permanent public key (C), and the vouch by which it answers for C' and S.
    const clientKey = plain.slice(0, keyBytes);
    const vouchNonce = longNonce("VOUCH---", plain.subarray(keyBytes, keyBytes + longNonceBytes));
    const vouchBox = plain.subarray(keyBytes + longNonceBytes, vouchEnd);
    const vouchKey = boxKey(crypto, transientSecret, clientKey, "client's permanent key");
    transientSecret.fill(0);
    const vouch = openBox(crypto, vouchKey, vouchNonce, vouchBox, "cryptographic", "INITIATE's vouch");
    vouchKey.fill(0);
    if (!equalBytes(vouch, concat(clientTransient, this.#keys.publicKey))) {
      throw new ZmtpFault("key-exchange", "The client's vouch is for other keys");
    }
    const metadata = this.#host.checkMetadata(plain.subarray(vouchEnd));
    this.#state = { name: "authenticating", clientKey, sessionKey, metadata };
    if (this.#authenticator === undefined) this.authenticated(true);
    else {
      const address = this.#host.peerAddress;
      this.#host.authenticate(this.#authenticator, {
        mechanism: "CURVE",
        address,
        publicKey: clientKey.slice(),
      });
    }
  }
}
