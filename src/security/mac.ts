import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** An HMAC-SHA256 is 32 bytes. */
export const MAC_BYTES: number = 32;

/** Signs and checks messages under one key. */
export interface Mac {
  /** The 32-byte MAC of the exact bytes, in a new array. */
  sign(body: Uint8Array): Uint8Array;
  /** Whether the MAC is the body's. Its time does not depend on where they differ. */
  verify(body: Uint8Array, mac: Uint8Array): boolean;
}

/** HMAC-SHA256 (RFC 2104). */
export function hmacSha256(key: Uint8Array, body: Uint8Array): Uint8Array {
  return hmac(sha256, key, body);
}

/** HKDF-SHA256 (RFC 5869), extract and expand. `length` is in bytes, at most 8160; an empty salt stands for none. */
export function hkdfSha256(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 1 || length > 255 * 32) {
    throw new RangeError(`Cannot derive a key: expected 1 to 8160 bytes, got ${length}`);
  }
  return hkdf(sha256, ikm, salt, info, length);
}

/**
 * HMAC-SHA256 under one key, on noble. An adapter may give a faster one.
 * @throws RangeError for a key shorter than 32 bytes: RFC 2104 discourages less than the hash's length.
 */
export function createMac(key: Uint8Array): Mac {
  requireMacKey(key);
  // The key's two blocks are hashed once here and not once per message.
  const keyed = hmac.create(sha256, key);
  const sign = (body: Uint8Array): Uint8Array => keyed.clone().update(body).digest();
  return { sign, verify: (body, mac) => constantTimeEqual(sign(body), mac) };
}

/** Throws a `RangeError` unless the key is long enough for `createMac`. */
export function requireMacKey(key: Uint8Array): void {
  if (key.length < MAC_BYTES) {
    throw new RangeError(`Cannot make a MAC: expected a key of at least 32 bytes, got ${key.length}`);
  }
}

/** Whether two arrays hold the same bytes, in time that depends on their lengths alone. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= (a[index] as number) ^ (b[index] as number);
  return difference === 0;
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/**
 * The bytes of hex in either case. The text may be a secret, so no error quotes it.
 * @throws RangeError for an odd length or a foreign letter.
 */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw new RangeError(`Cannot read hex: ${text.length} digits are an odd number`);
  const foreign = text.search(/[^0-9a-f]/i);
  if (foreign >= 0) throw new RangeError(`Cannot read hex: the letter at position ${foreign} is no digit`);
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(index * 2, index * 2 + 2), 16),
  );
}
