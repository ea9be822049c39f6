import {
  BASE64_KEY_LENGTH,
  base64Decode,
  base64Encode,
  KEY_BYTES,
  Z85_KEY_LENGTH,
  z85Decode,
  z85Encode,
} from "./crypto/encoding.ts";
import type { Crypto, KeyPair } from "./crypto/types.ts";
import { kindOf } from "./known-keys.ts";

/** A Curve25519 key: 32 bytes, or the same as 40 letters of Z85 (RFC 32) or 44 letters of base64. */
export type Key = Uint8Array | string;

/** A key pair as text. */
export interface KeyPairText {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** The 32 bytes of a key, in an array of their own. `name` is used in the error's message; the key never is. */
export function readKey(key: Key | undefined, name = "key"): Uint8Array {
  if (typeof key !== "string") {
    if (!(key instanceof Uint8Array)) {
      throw new TypeError(
        `Cannot use the ${name}: expected 32 bytes, or 40 letters of Z85 or 44 of base64, and this is ${kindOf(key)}`,
      );
    }
    if (key.length !== KEY_BYTES)
      throw new RangeError(`Cannot use the ${name}: it has ${key.length} bytes, not 32`);
    return new Uint8Array(key);
  }
  if (key.length === Z85_KEY_LENGTH) return z85Decode(key);
  if (key.length === BASE64_KEY_LENGTH) return base64Decode(key);
  throw new RangeError(`Cannot use the ${name}: ${key.length} letters are neither Z85 (40) nor base64 (44)`);
}

/** A fresh key pair, as bytes. */
export function generateKeyPair(crypto: Crypto): KeyPair {
  return crypto.keyAgreement.generateKeyPair();
}

/** A key pair in Z85, the form that libzmq and its bindings take. */
export function keyPairToZ85({ publicKey, secretKey }: KeyPair): KeyPairText {
  return { publicKey: z85Encode(publicKey), secretKey: z85Encode(secretKey) };
}

/** A key pair in base64. */
export function keyPairToBase64({ publicKey, secretKey }: KeyPair): KeyPairText {
  return { publicKey: base64Encode(publicKey), secretKey: base64Encode(secretKey) };
}
