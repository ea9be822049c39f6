import { fromHex, toHex } from "./mac.ts";

/** A Curve25519 key, public or secret, is 32 bytes. */
const KEY_BYTES = 32;
/** RFC 32: the letters of Z85 in order of value. The engine has its own copy: it stands alone, and so does this layer. */
const Z85_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** How a key is written: base64 (44 letters), Z85 (40, as ZeroMQ's tools print it) or hex (64). */
export const KeyEncoding = { BASE64: "base64", Z85: "z85", HEX: "hex" } as const;
/** One of the ways to write a key. */
export type KeyEncoding = (typeof KeyEncoding)[keyof typeof KeyEncoding];

/** The way a key is written, told by its length alone; undefined when no way has that length. */
export function detectKeyEncoding(text: string): KeyEncoding | undefined {
  switch (text.trim().length) {
    case 40:
      return KeyEncoding.Z85;
    case 43:
    case 44:
      return KeyEncoding.BASE64;
    case 64:
      return KeyEncoding.HEX;
    default:
      return undefined;
  }
}

/**
 * The 32 bytes of a key written in base64, Z85 or hex; white space around it is ignored, as files end in a line end.
 * `name` says in errors which key it is. The text may be a secret, so no error quotes it.
 * @throws RangeError when the text is no key, or the key is all zero, which is what an unset one looks like.
 */
export function decodeKey(text: string, name = "the key"): Uint8Array {
  const letters = text.trim();
  const encoding = detectKeyEncoding(letters);
  if (encoding === undefined) {
    throw new RangeError(
      `Cannot read ${name}: expected 44 letters of base64, 40 of Z85 or 64 of hex, got ${letters.length}`,
    );
  }
  let key: Uint8Array;
  try {
    key = decoders[encoding](letters);
  } catch (cause) {
    throw new RangeError(
      `Cannot read ${name}: ${letters.length} letters are a key in ${encoding}, but ${why(cause)}`,
      {
        cause,
      },
    );
  }
  if (key.every((byte) => byte === 0)) throw new RangeError(`Cannot use ${name}: it is all zero`);
  return key;
}

/** A 32-byte key as text. */
export function encodeKey(key: Uint8Array, encoding: KeyEncoding = KeyEncoding.BASE64): string {
  if (key.length !== KEY_BYTES)
    throw new RangeError(`Cannot write a key: expected 32 bytes, got ${key.length}`);
  return encoders[encoding](key);
}

const decoders: Readonly<Record<KeyEncoding, (letters: string) => Uint8Array>> = {
  base64: fromBase64,
  z85: fromZ85,
  hex: fromHex,
};

const encoders: Readonly<Record<KeyEncoding, (key: Uint8Array) => string>> = {
  base64: (key) => btoa(String.fromCharCode(...key)),
  z85: toZ85,
  hex: toHex,
};

function why(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/^Cannot read [^:]*: /, "");
}

function refuseForeign(letters: string, foreign: RegExp): void {
  const position = letters.search(foreign);
  if (position >= 0) throw new RangeError(`the letter at position ${position} is not part of it`);
}

function fromBase64(letters: string): Uint8Array {
  const unpadded = letters.replace(/=$/, "");
  refuseForeign(unpadded, /[^A-Za-z0-9+/]/);
  if (unpadded.length !== 43) throw new RangeError("it does not hold 32 bytes");
  const key = Uint8Array.from(atob(`${unpadded}=`), (letter) => letter.charCodeAt(0));
  // One key has one spelling, or a list of allowed keys could be walked around.
  if (encoders.base64(key) !== `${unpadded}=`)
    throw new RangeError("its last letter carries bits beyond 32 bytes");
  return key;
}

function fromZ85(letters: string): Uint8Array {
  refuseForeign(letters, /[^0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]/);
  const key = new DataView(new ArrayBuffer(KEY_BYTES));
  for (let group = 0; group < 8; group++) {
    const digits = Array.from(letters.slice(group * 5, group * 5 + 5), (letter) =>
      Z85_LETTERS.indexOf(letter),
    );
    const word = digits.reduce((sum, digit) => sum * 85 + digit, 0);
    if (word > 0xffff_ffff) throw new RangeError(`the letters from position ${group * 5} on exceed 32 bits`);
    key.setUint32(group * 4, word);
  }
  return new Uint8Array(key.buffer);
}

function toZ85(key: Uint8Array): string {
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  let text = "";
  for (let offset = 0; offset < KEY_BYTES; offset += 4) {
    const word = view.getUint32(offset);
    for (const divisor of [85 ** 4, 85 ** 3, 85 ** 2, 85, 1]) {
      text += Z85_LETTERS.charAt(Math.floor(word / divisor) % 85);
    }
  }
  return text;
}
