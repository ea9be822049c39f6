import type { Crypto } from "../crypto/types.ts";
import { type FaultCode, ZmtpFault } from "../fault.ts";
import { ascii, concat, readUint32 } from "../wire/bytes.ts";

/** Octets of a key. */
export const keyBytes = 32;
/** Octets of a box's tag. */
export const tagBytes = 16;
/** Octets of a nonce that is a counter. */
export const shortNonceBytes = 8;
/** Octets of a nonce that is random. */
export const longNonceBytes = 16;
/** Octets of a cookie: its nonce and Box [C' + s'](K). */
export const cookieBytes: number = longNonceBytes + 80;

/** The 24-octet nonce of a short nonce and its prefix of 16 characters. */
export function shortNonce(prefix: string, nonce: Uint8Array): Uint8Array {
  return concat(ascii(prefix), nonce);
}

/** The 24-octet nonce of a long nonce and its prefix of 8 characters. */
export function longNonce(prefix: string, nonce: Uint8Array): Uint8Array {
  return concat(ascii(prefix), nonce);
}

/** The box key of one side's secret and the other's public key. A public key of low order is refused. */
export function boxKey(
  crypto: Crypto,
  secretKey: Uint8Array,
  publicKey: Uint8Array,
  whose: string,
): Uint8Array {
  let shared: Uint8Array;
  try {
    shared = crypto.keyAgreement.sharedSecret(secretKey, publicKey);
  } catch (cause) {
    throw new ZmtpFault("key-exchange", `The ${whose} is no usable key`, { cause });
  }
  const key = crypto.secretBox.boxKey(shared);
  shared.fill(0);
  return key;
}

/** Opens a box of the handshake, or refuses with `code`. */
export function openBox(
  crypto: Crypto,
  key: Uint8Array,
  nonce: Uint8Array,
  boxed: Uint8Array,
  code: FaultCode,
  what: string,
): Uint8Array {
  const plain = crypto.secretBox.open(key, nonce, boxed);
  if (plain === undefined) throw new ZmtpFault(code, `${what} cannot be opened`);
  return plain;
}

/** The last short nonce that a peer used: each must be greater than the one before (RFC 26). */
export class PeerNonce {
  #high = 0;
  #low = 0;

  /** Takes the nonce at `at`; false when it does not increase. */
  advance(bytes: Uint8Array, at: number): boolean {
    const high = readUint32(bytes, at);
    const low = readUint32(bytes, at + 4);
    if (high < this.#high || (high === this.#high && low <= this.#low)) return false;
    this.#high = high;
    this.#low = low;
    return true;
  }
}
