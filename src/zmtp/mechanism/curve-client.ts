import type { Crypto, KeyPair } from "../crypto/types.ts";
import { type FaultCode, ZmtpFault } from "../fault.ts";
import { concat, writeUint64 } from "../wire/bytes.ts";
import { decodeCommand, decodeError, encodeCommand } from "../wire/command.ts";
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
import type { Mechanism, MechanismHost } from "./mechanism.ts";

type State = "send-hello" | "expect-welcome" | "expect-ready" | "done";

/** WELCOME's data: its nonce and Box [S' + cookie](S->C'). */
const welcomeDataBytes: number = longNonceBytes + keyBytes + cookieBytes + tagBytes;

/** What a CURVE client must know. */
export interface CurveClientKeys {
  /** The server's permanent public key (S). */
  readonly serverKey: Uint8Array;
  /** Our permanent keys (C, c). */
  readonly keys: KeyPair;
}

/** The client's part of CURVE (RFC 25, RFC 26). */
export class CurveClient implements Mechanism {
  readonly #host: MechanismHost;
  readonly #crypto: Crypto;
  /** The server's permanent public key (S). */
  readonly #serverKey: Uint8Array;
  /** Our permanent keys (C, c). */
  readonly #keys: KeyPair;
  /** Our transient keys (C', c'). */
  readonly #transient: KeyPair;
  /** The box key of (C', S). */
  #helloKey: Uint8Array;
  /** The box key of (C', S'), which all traffic uses. */
  #sessionKey: Uint8Array = new Uint8Array(0);
  #nonce = 1;
  #state: State = "send-hello";

  /** Makes the connection's transient keys. */
  constructor(host: MechanismHost, crypto: Crypto, { serverKey, keys }: CurveClientKeys) {
    this.#host = host;
    this.#crypto = crypto;
    this.#serverKey = serverKey;
    this.#keys = keys;
    this.#transient = crypto.keyAgreement.generateKeyPair();
    this.#helloKey = boxKey(crypto, this.#transient.secretKey, serverKey, "server's key");
  }

  /** A server that hangs up on HELLO or INITIATE does not like a key, if it is a CURVE server. */
  get hangUp(): FaultCode {
    return this.#state === "expect-ready" ? "closed-after-initiate" : "closed-after-hello";
  }

  /** Sends HELLO: version 1.0, 72 octets of padding, C', Box [64 * %x0](C'->S). */
  start(): void {
    const nonce = this.#nextNonce();
    const box = this.#crypto.secretBox.seal(
      this.#helloKey,
      shortNonce("CurveZMQHELLO---", nonce),
      new Uint8Array(64),
    );
    const versionAndPadding = new Uint8Array(2 + 72);
    versionAndPadding[0] = 1;
    this.#host.sendCommand(encodeCommand("HELLO", versionAndPadding, this.#transient.publicKey, nonce, box));
    this.#state = "expect-welcome";
  }

  /** Takes WELCOME, READY or ERROR. */
  receive(body: Uint8Array): void {
    const { name, data } = decodeCommand(body, "unexpected-command");
    if (name === "ERROR") throw decodeError(data);
    if (name === "WELCOME" && this.#state === "expect-welcome") this.#welcome(data);
    else if (name === "READY" && this.#state === "expect-ready") this.#ready(data);
    else throw new ZmtpFault("unexpected-command", `${name} is not expected in state ${this.#state}`);
  }

  /** A client authenticates nobody: it demands the server's key instead. */
  authenticated(): void {
    throw new Error("A CURVE client asks no authenticator");
  }

  #welcome(data: Uint8Array): void {
    if (data.length !== welcomeDataBytes) {
      throw new ZmtpFault(
        "malformed-welcome",
        `WELCOME has ${data.length} bytes of data, not ${welcomeDataBytes}`,
      );
    }
    const nonce = longNonce("WELCOME-", data.subarray(0, longNonceBytes));
    const what = "WELCOME (the server's key is not the expected one)";
    const box = data.subarray(longNonceBytes);
    const plain = openBox(this.#crypto, this.#helloKey, nonce, box, "wrong-server-key", what);
    // The server's transient public key (S') and its cookie.
    const serverTransient = plain.subarray(0, keyBytes);
    this.#helloKey.fill(0);
    this.#sessionKey = boxKey(
      this.#crypto,
      this.#transient.secretKey,
      serverTransient,
      "server's transient key",
    );
    this.#initiate(serverTransient, plain.subarray(keyBytes));
    this.#transient.secretKey.fill(0);
    this.#state = "expect-ready";
  }

  /** Sends INITIATE: the cookie, Box [C + vouch + metadata](C'->S') with vouch = Box [C',S](C->S'). */
  #initiate(serverTransient: Uint8Array, cookie: Uint8Array): void {
    const vouchKey = boxKey(this.#crypto, this.#keys.secretKey, serverTransient, "server's transient key");
    const vouchNonce = this.#crypto.randomBytes(longNonceBytes);
    const vouch = this.#crypto.secretBox.seal(
      vouchKey,
      longNonce("VOUCH---", vouchNonce),
      concat(this.#transient.publicKey, this.#serverKey),
    );
    vouchKey.fill(0);
    const nonce = this.#nextNonce();
    const box = this.#crypto.secretBox.seal(
      this.#sessionKey,
      shortNonce("CurveZMQINITIATE", nonce),
      concat(this.#keys.publicKey, vouchNonce, vouch, this.#host.metadata),
    );
    this.#host.sendCommand(encodeCommand("INITIATE", cookie, nonce, box));
  }

  #ready(data: Uint8Array): void {
    if (data.length < shortNonceBytes + tagBytes) {
      throw new ZmtpFault("malformed-ready", `READY has ${data.length} bytes of data only`);
    }
    const peerNonce = new PeerNonce();
    if (!peerNonce.advance(data, 0)) throw new ZmtpFault("nonce-not-increasing", "READY has the nonce 0");
    const nonce = shortNonce("CurveZMQREADY---", data.subarray(0, shortNonceBytes));
    const box = data.subarray(shortNonceBytes);
    const plain = openBox(this.#crypto, this.#sessionKey, nonce, box, "cryptographic", "READY");
    const metadata = this.#host.checkMetadata(plain);
    this.#state = "done";
    const { secretBox } = this.#crypto;
    const traffic = new CurveTraffic(
      secretBox.traffic(this.#sessionKey, shortNonce("CurveZMQMESSAGEC", new Uint8Array(0))),
      secretBox.traffic(this.#sessionKey, shortNonce("CurveZMQMESSAGES", new Uint8Array(0))),
      this.#nonce,
      peerNonce,
    );
    this.#host.established(traffic, { metadata, publicKey: this.#serverKey });
  }

  #nextNonce(): Uint8Array {
    const nonce = new Uint8Array(shortNonceBytes);
    writeUint64(nonce, 0, this.#nonce++);
    return nonce;
  }
}
