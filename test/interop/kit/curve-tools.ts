import { randomBytes } from "node:crypto";
import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { command, octets } from "./raw-peer.ts";

// CurveZMQ (RFC 26) written a second time on the plain libraries, so that it can be spoken wrongly on purpose.

/** A Curve25519 key pair. */
export interface Keys {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** A new key pair. */
export function keys(): Keys {
  const secretKey = x25519.utils.randomSecretKey();
  return { publicKey: x25519.getPublicKey(secretKey), secretKey };
}

/** NaCl's `crypto_box_beforenm`. */
export function precompute(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array {
  return fromShared(x25519.getSharedSecret(secretKey, publicKey));
}

/** The key that follows from the all-zero secret, which a key of low order gives. */
export function zeroKey(): Uint8Array {
  return fromShared(new Uint8Array(32));
}

function fromShared(shared: Uint8Array): Uint8Array {
  const words = (bytes: Uint8Array): Uint32Array => new Uint32Array(Uint8Array.from(bytes).buffer);
  const out = new Uint32Array(8);
  hsalsa(words(octets("expand 32-byte k")), words(shared), new Uint32Array(4), out);
  return new Uint8Array(out.buffer);
}

/** Boxes a text. */
export function seal(key: Uint8Array, nonce: Uint8Array, text: Uint8Array): Uint8Array {
  return xsalsa20poly1305(key, nonce).encrypt(text);
}

/** Opens a box; throws if it is not authentic. */
export function unseal(key: Uint8Array, nonce: Uint8Array, box: Uint8Array): Uint8Array {
  return xsalsa20poly1305(key, nonce).decrypt(box);
}

/** A prefix of 16 letters and a counter. */
export function shortNonce(prefix: string, counter: number): Buffer {
  const nonce = Buffer.alloc(24);
  nonce.write(prefix, "latin1");
  nonce.writeBigUInt64BE(BigInt(counter), 16);
  return nonce;
}

function longNonce(prefix: string, random: Uint8Array): Buffer {
  return Buffer.concat([octets(prefix), random]);
}

/** MESSAGE and READY count from the server's side and the client's in different spaces. */
export type Side = "C" | "S";

/** A MESSAGE's body. */
export function message(
  key: Uint8Array,
  side: Side,
  counter: number,
  flags: number,
  body: Uint8Array,
): Buffer {
  const nonce = shortNonce(`CurveZMQMESSAGE${side}`, counter);
  const box = seal(key, nonce, Buffer.concat([Buffer.of(flags), body]));
  return Buffer.concat([Buffer.of(7), octets("MESSAGE"), nonce.subarray(16), box]);
}

/** What a test puts in the place of INITIATE's right parts. */
export interface InitiateParts {
  readonly counter?: number;
  readonly publicKey?: Uint8Array;
  readonly vouchFor?: Uint8Array;
  readonly vouchServer?: Uint8Array;
  readonly vouchKey?: Uint8Array;
  readonly cookie?: Uint8Array;
}

/** A client that makes its commands as told. */
export class CurveClient {
  readonly permanent: Keys;
  readonly transient: Keys = keys();
  readonly #serverKey: Uint8Array;
  /** Before WELCOME the base point, which nobody's key is. */
  #serverTransient: Uint8Array = Uint8Array.of(9, ...new Uint8Array(31));
  #cookie: Uint8Array = new Uint8Array(96);

  constructor(serverKey: Uint8Array, permanent: Keys = keys()) {
    this.#serverKey = serverKey;
    this.permanent = permanent;
  }

  /** HELLO's body, 200 octets. The key of its box can be given, for a server key with which there is none. */
  hello(counter = 1, key?: Uint8Array): Buffer {
    const nonce = shortNonce("CurveZMQHELLO---", counter);
    const boxKey = key ?? precompute(this.#serverKey, this.transient.secretKey);
    return Buffer.concat([
      Buffer.of(5),
      octets("HELLO"),
      Buffer.of(1, 0),
      Buffer.alloc(72),
      this.transient.publicKey,
      nonce.subarray(16),
      seal(boxKey, nonce, new Uint8Array(64)),
    ]);
  }

  /** Takes WELCOME's data. */
  welcomed(data: Uint8Array): void {
    const key = precompute(this.#serverKey, this.transient.secretKey);
    const plain = unseal(key, longNonce("WELCOME-", data.subarray(0, 16)), data.subarray(16));
    this.#serverTransient = plain.subarray(0, 32);
    this.#cookie = plain.subarray(32);
  }

  /** The key for everything after WELCOME. */
  get sessionKey(): Uint8Array {
    return precompute(this.#serverTransient, this.transient.secretKey);
  }

  get cookie(): Uint8Array {
    return this.#cookie;
  }

  /** INITIATE's body, 257 octets and the metadata. The parts can be replaced. */
  initiate(properties: Uint8Array, replaced: InitiateParts = {}): Buffer {
    const { counter = 2, publicKey = this.permanent.publicKey, cookie = this.#cookie } = replaced;
    const { vouchFor = this.transient.publicKey, vouchServer = this.#serverKey } = replaced;
    const random = randomBytes(16);
    const vouch = seal(
      replaced.vouchKey ?? precompute(this.#serverTransient, this.permanent.secretKey),
      longNonce("VOUCH---", random),
      Buffer.concat([vouchFor, vouchServer]),
    );
    const nonce = shortNonce("CurveZMQINITIATE", counter);
    const box = seal(this.sessionKey, nonce, Buffer.concat([publicKey, random, vouch, properties]));
    return Buffer.concat([Buffer.of(8), octets("INITIATE"), cookie, nonce.subarray(16), box]);
  }
}

/** A server that makes its commands as told. */
export class CurveServer {
  readonly permanent: Keys;
  readonly transient: Keys = keys();
  #clientTransient: Uint8Array = new Uint8Array(32);

  constructor(permanent: Keys = keys()) {
    this.permanent = permanent;
  }

  /** Takes HELLO's data. */
  helloed(data: Uint8Array): void {
    this.#clientTransient = data.subarray(74, 106);
  }

  /** WELCOME's body, 168 octets. */
  welcome(secretKey: Uint8Array = this.permanent.secretKey): Buffer {
    const random = randomBytes(16);
    const cookie = randomBytes(96);
    const key = precompute(this.#clientTransient, secretKey);
    const box = seal(key, longNonce("WELCOME-", random), Buffer.concat([this.transient.publicKey, cookie]));
    return Buffer.concat([Buffer.of(7), octets("WELCOME"), random, box]);
  }

  /** The key for everything after WELCOME. */
  get sessionKey(): Uint8Array {
    return precompute(this.#clientTransient, this.transient.secretKey);
  }

  /** READY's body. */
  ready(properties: Uint8Array, counter = 1): Buffer {
    const nonce = shortNonce("CurveZMQREADY---", counter);
    const box = seal(this.sessionKey, nonce, properties);
    return Buffer.concat([Buffer.of(5), octets("READY"), nonce.subarray(16), box]);
  }
}

/** A body as a command frame. */
export function asCommand(body: Uint8Array): Buffer {
  const length = body[0] ?? 0;
  return command(Buffer.from(body.subarray(1, 1 + length)).toString("latin1"), body.subarray(1 + length));
}
