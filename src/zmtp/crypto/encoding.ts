import { requireLength } from "./checks.ts";

/** RFC 32: the 85 letters of Z85, in order of value. */
const Z85_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const BASE64_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A Curve25519 key is 32 bytes. */
export const KEY_BYTES: number = 32;
/** A key in Z85 is 40 letters. */
export const Z85_KEY_LENGTH: number = 40;
/** A key in base64 is 44 letters, the last of them "=". */
export const BASE64_KEY_LENGTH: number = 44;

/** Z85 (RFC 32) of bytes whose count is a multiple of 4. */
export function z85Encode(bytes: Uint8Array): string {
  if (bytes.length % 4 !== 0) {
    throw new RangeError(`Cannot write Z85: ${bytes.length} bytes are not a multiple of 4`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = "";
  for (let offset = 0; offset < bytes.length; offset += 4) {
    const word = view.getUint32(offset, false);
    for (let divisor = 85 ** 4; divisor >= 1; divisor /= 85) {
      text += Z85_ALPHABET[Math.floor(word / divisor) % 85];
    }
  }
  return text;
}

/**
 * The bytes of a Z85 text (RFC 32) whose length is a multiple of 5. The text may be a secret, so no error quotes it.
 * @throws RangeError for a wrong length, a foreign letter, or five letters that stand for 2^32 or more.
 */
export function z85Decode(text: string): Uint8Array {
  if (text.length % 5 !== 0) {
    throw new RangeError(`Cannot read Z85: ${text.length} letters are not a multiple of 5`);
  }
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < text.length; index += 5) {
    let word = 0;
    for (let offset = index; offset < index + 5; offset++) {
      word = word * 85 + letterValue(Z85_ALPHABET, text, offset, "Z85");
    }
    if (word > 0xffff_ffff) {
      throw new RangeError(
        `Cannot read Z85: the five letters at position ${index} stand for more than 32 bits`,
      );
    }
    view.setUint32((index / 5) * 4, word, false);
  }
  return bytes;
}

/** A 32-byte key as 44 letters of base64 (RFC 4648, with padding). */
export function base64Encode(key: Uint8Array): string {
  requireLength("key", key, KEY_BYTES);
  let text = "";
  for (let offset = 0; offset < KEY_BYTES; offset += 3) {
    const group = ((key[offset] ?? 0) << 16) | ((key[offset + 1] ?? 0) << 8) | (key[offset + 2] ?? 0);
    text += BASE64_ALPHABET.charAt(group >> 18) + BASE64_ALPHABET.charAt((group >> 12) & 63);
    text += BASE64_ALPHABET.charAt((group >> 6) & 63) + BASE64_ALPHABET.charAt(group & 63);
  }
  return `${text.slice(0, BASE64_KEY_LENGTH - 1)}=`;
}

/**
 * The 32 bytes of a key in base64 (RFC 4648, with or without the final "="). One key has one spelling: set bits
 * behind the last byte are refused. The text may be a secret, so no error quotes it.
 * @throws RangeError for a wrong length or a foreign letter.
 */
export function base64Decode(text: string): Uint8Array {
  const letters = text.length === BASE64_KEY_LENGTH && text.endsWith("=") ? text.slice(0, -1) : text;
  if (letters.length !== BASE64_KEY_LENGTH - 1) {
    throw new RangeError(`Cannot read a base64 key: expected 44 letters, got ${text.length}`);
  }
  const key = new Uint8Array(KEY_BYTES);
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (let index = 0; index < letters.length; index++) {
    bits = ((bits << 6) | letterValue(BASE64_ALPHABET, letters, index, "a base64 key")) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      key[length++] = bits >> bitCount;
    }
  }
  if ((bits & 3) !== 0) {
    throw new RangeError("Cannot read a base64 key: the last letter carries bits beyond 32 bytes");
  }
  return key;
}

function letterValue(alphabet: string, text: string, index: number, what: string): number {
  const value = alphabet.indexOf(text.charAt(index));
  if (value < 0)
    throw new RangeError(`Cannot read ${what}: the letter at position ${index} is not part of it`);
  return value;
}
