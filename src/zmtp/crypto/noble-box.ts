import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { requireBoxInside, requireLength } from "./checks.ts";
import type { SecretBox, TrafficBox } from "./types.ts";

const TAG_BYTES = 16;

/** XSalsa20-Poly1305 on `@noble/ciphers`: neutral, and the oracle for faster ones. Allocates per message. */
export const nobleSecretBox: SecretBox = {
  name: "noble",
  boxKey: hsalsaBoxKey,
  seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
    return xsalsa20poly1305(key, nonce).encrypt(plain);
  },
  open(key: Uint8Array, nonce: Uint8Array, boxed: Uint8Array): Uint8Array | undefined {
    requireLength("key", key, 32);
    requireLength("nonce", nonce, 24);
    if (boxed.length < TAG_BYTES) return undefined;
    try {
      return xsalsa20poly1305(key, nonce).decrypt(boxed);
    } catch {
      // All arguments have their lengths, so noble's one remaining objection is the tag.
      return undefined;
    }
  },
  traffic(key: Uint8Array, noncePrefix: Uint8Array): TrafficBox {
    return new NobleTrafficBox(key, noncePrefix);
  },
};

/** HSalsa20(shared, 0): NaCl's `crypto_box_beforenm` without the scalar multiplication. */
export function hsalsaBoxKey(sharedSecret: Uint8Array): Uint8Array {
  requireLength("sharedSecret", sharedSecret, 32);
  return hsalsa20(sharedSecret, new Uint8Array(16));
}

/** HSalsa20 of a 32-byte key and 16 bytes of input: the first step of XSalsa20. */
export function hsalsa20(key: Uint8Array, input: Uint8Array): Uint8Array {
  const out = new Uint32Array(8);
  hsalsa(littleEndian(SIGMA), littleEndian(key), littleEndian(input), out);
  return fromLittleEndian(out);
}

/** "expand 32-byte k": the constant of Salsa20 with a 32-byte key. */
const SIGMA = Uint8Array.from("expand 32-byte k", (letter) => letter.charCodeAt(0));

function littleEndian(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, true));
}

function fromLittleEndian(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  return bytes;
}

class NobleTrafficBox implements TrafficBox {
  readonly #key: Uint8Array;
  readonly #nonce: Uint8Array = new Uint8Array(24);

  constructor(key: Uint8Array, noncePrefix: Uint8Array) {
    requireLength("key", key, 32);
    requireLength("noncePrefix", noncePrefix, 16);
    this.#key = key.slice();
    this.#nonce.set(noncePrefix);
  }

  seal(buffer: Uint8Array, nonceOffset: number, boxOffset: number, plainLength: number): void {
    requireBoxInside(buffer, nonceOffset, boxOffset, plainLength + TAG_BYTES);
    this.#nonce.set(buffer.subarray(nonceOffset, nonceOffset + 8), 16);
    const start = boxOffset + TAG_BYTES;
    buffer.set(
      nobleSecretBox.seal(this.#key, this.#nonce, buffer.slice(start, start + plainLength)),
      boxOffset,
    );
  }

  open(buffer: Uint8Array, nonceOffset: number, boxOffset: number, boxLength: number): boolean {
    if (boxLength < TAG_BYTES) return false;
    requireBoxInside(buffer, nonceOffset, boxOffset, boxLength);
    this.#nonce.set(buffer.subarray(nonceOffset, nonceOffset + 8), 16);
    const boxed = buffer.slice(boxOffset, boxOffset + boxLength);
    const plain = nobleSecretBox.open(this.#key, this.#nonce, boxed);
    if (plain === undefined) return false;
    buffer.set(plain, boxOffset + TAG_BYTES);
    return true;
  }
}
