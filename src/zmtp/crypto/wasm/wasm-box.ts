import { requireBoxInside, requireLength } from "../checks.ts";
import { hsalsa20, hsalsaBoxKey } from "../noble-box.ts";
import type { SecretBox, TrafficBox } from "../types.ts";
import { createEngine, type Engine } from "./engine.ts";
import { Layout } from "./layout.ts";

const NONCE_BYTES = 8;
const TAG_BYTES = 16;
/** Poly1305's key comes before the message in the key stream. */
const SKIPPED = 32;
const CHUNK = 256;
/** "expand 32-byte k": the constant of Salsa20 with a 32-byte key, at words 0, 5, 10 and 15. */
const SIGMA = Uint8Array.from("expand 32-byte k", (letter) => letter.charCodeAt(0));

/** XSalsa20-Poly1305 in WebAssembly with 128-bit vectors; or undefined where the runtime has none. */
export function createWasmSecretBox(): SecretBox | undefined {
  const engine = createEngine();
  if (engine === undefined) return undefined;
  return {
    name: "wasm",
    boxKey: hsalsaBoxKey,
    seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
      requireLength("nonce", nonce, 24);
      const start = NONCE_BYTES + TAG_BYTES;
      const buffer = new Uint8Array(start + plain.length);
      buffer.set(nonce.subarray(16));
      buffer.set(plain, start);
      new WasmTrafficBox(engine, key, nonce.subarray(0, 16)).seal(buffer, 0, NONCE_BYTES, plain.length);
      return buffer.slice(NONCE_BYTES);
    },
    open(key: Uint8Array, nonce: Uint8Array, boxed: Uint8Array): Uint8Array | undefined {
      requireLength("nonce", nonce, 24);
      const buffer = new Uint8Array(NONCE_BYTES + boxed.length);
      buffer.set(nonce.subarray(16));
      buffer.set(boxed, NONCE_BYTES);
      const box = new WasmTrafficBox(engine, key, nonce.subarray(0, 16));
      return box.open(buffer, 0, NONCE_BYTES, boxed.length)
        ? buffer.slice(NONCE_BYTES + TAG_BYTES)
        : undefined;
    },
    traffic(key: Uint8Array, noncePrefix: Uint8Array): TrafficBox {
      return new WasmTrafficBox(engine, key, noncePrefix);
    },
  };
}

class WasmTrafficBox implements TrafficBox {
  readonly #engine: Engine;
  /** Salsa20's input with the subkey in place: HSalsa20 runs once per connection instead of once per message. */
  readonly #input: Uint8Array = new Uint8Array(64);

  constructor(engine: Engine, key: Uint8Array, noncePrefix: Uint8Array) {
    requireLength("key", key, 32);
    requireLength("noncePrefix", noncePrefix, 16);
    const subkey = hsalsa20(key, noncePrefix);
    this.#engine = engine;
    for (const [index, word] of [0, 5, 10, 15].entries()) {
      this.#input.set(SIGMA.subarray(index * 4, index * 4 + 4), word * 4);
    }
    this.#input.set(subkey.subarray(0, 16), 4);
    this.#input.set(subkey.subarray(16), 44);
  }

  seal(buffer: Uint8Array, nonceOffset: number, boxOffset: number, plainLength: number): void {
    requireBoxInside(buffer, nonceOffset, boxOffset, plainLength + TAG_BYTES);
    this.#load(buffer, nonceOffset);
    if (plainLength + SKIPPED > Layout.CAPACITY) {
      this.#sealInParts(buffer, boxOffset, plainLength);
      return;
    }
    const { heap } = this.#engine;
    const start = boxOffset + TAG_BYTES;
    heap.set(buffer.subarray(start, start + plainLength), Layout.PLAIN + SKIPPED);
    this.#engine.seal(plainLength);
    const end = Layout.CIPHER + SKIPPED + plainLength;
    buffer.set(heap.subarray(Layout.CIPHER + SKIPPED - TAG_BYTES, end), boxOffset);
  }

  open(buffer: Uint8Array, nonceOffset: number, boxOffset: number, boxLength: number): boolean {
    if (boxLength < TAG_BYTES) return false;
    requireBoxInside(buffer, nonceOffset, boxOffset, boxLength);
    this.#load(buffer, nonceOffset);
    const plainLength = boxLength - TAG_BYTES;
    if (plainLength + SKIPPED > Layout.CAPACITY) return this.#openInParts(buffer, boxOffset, plainLength);
    const { heap } = this.#engine;
    heap.set(buffer.subarray(boxOffset, boxOffset + boxLength), Layout.CIPHER + SKIPPED - TAG_BYTES);
    if (this.#engine.open(plainLength) !== 1) return false;
    const plain = heap.subarray(Layout.PLAIN + SKIPPED, Layout.PLAIN + SKIPPED + plainLength);
    buffer.set(plain, boxOffset + TAG_BYTES);
    return true;
  }

  /** Hands the key and the message's nonce to the engine, which all boxes share. */
  #load(buffer: Uint8Array, nonceOffset: number): void {
    const { heap } = this.#engine;
    heap.set(this.#input, Layout.INPUT);
    for (let index = 0; index < NONCE_BYTES; index++) {
      heap[Layout.INPUT + 24 + index] = buffer[nonceOffset + index] ?? 0;
    }
  }

  #sealInParts(buffer: Uint8Array, boxOffset: number, plainLength: number): void {
    const { heap } = this.#engine;
    for (const part of parts(boxOffset + TAG_BYTES, plainLength)) {
      const { from, length, skipped, counter } = part;
      heap.set(buffer.subarray(from, from + length), Layout.PLAIN + skipped);
      if (skipped > 0) this.#engine.begin(Layout.PLAIN, Layout.CIPHER);
      const end = skipped + length;
      this.#engine.advance(Layout.PLAIN, Layout.CIPHER, part.made, skipped, end, counter);
      buffer.set(heap.subarray(Layout.CIPHER + skipped, Layout.CIPHER + end), from);
    }
    this.#engine.finish();
    buffer.set(heap.subarray(Layout.TAG, Layout.TAG + TAG_BYTES), boxOffset);
  }

  /** Reads twice: nothing is written back before the tag is checked. */
  #openInParts(buffer: Uint8Array, boxOffset: number, plainLength: number): boolean {
    const { heap } = this.#engine;
    for (const { from, length, skipped } of parts(boxOffset + TAG_BYTES, plainLength)) {
      heap.set(buffer.subarray(from, from + length), Layout.CIPHER + skipped);
      if (skipped > 0) this.#engine.begin(Layout.CIPHER, Layout.PLAIN);
      this.#engine.absorb(Layout.CIPHER + skipped, length);
    }
    this.#engine.finish();
    let difference = 0;
    for (let index = 0; index < TAG_BYTES; index++) {
      difference |= (heap[Layout.TAG + index] ?? 0) ^ (buffer[boxOffset + index] ?? 0);
    }
    if (difference !== 0) return false;
    for (const { from, length, skipped, made, counter } of parts(boxOffset + TAG_BYTES, plainLength)) {
      heap.set(buffer.subarray(from, from + length), Layout.CIPHER + skipped);
      if (skipped > 0) this.#engine.begin(Layout.CIPHER, Layout.PLAIN);
      const chunks = Math.ceil((skipped + length - made) / CHUNK);
      if (chunks > 0)
        this.#engine.stream(Layout.CIPHER + made, Layout.PLAIN + made, chunks, counter, 0, 0, 0);
      buffer.set(heap.subarray(Layout.PLAIN + skipped, Layout.PLAIN + skipped + length), from);
    }
    return true;
  }
}

interface Part {
  /** Where it stands in the caller's buffer. */
  readonly from: number;
  readonly length: number;
  /** What of the region comes before the message: Poly1305's key in the first part. */
  readonly skipped: number;
  /** What of the region `begin` has made: the first part's first chunk. */
  readonly made: number;
  /** The block counter behind `made`. */
  readonly counter: number;
}

/** A message that no region holds, in parts that do; each fills its region, but the last. */
function* parts(start: number, length: number): Generator<Part> {
  const end = start + length;
  let from = start;
  for (let region = 0; from < end; region++) {
    const first = region === 0;
    const skipped = first ? SKIPPED : 0;
    const partLength = Math.min(Layout.CAPACITY - skipped, end - from);
    const made = first ? CHUNK : 0;
    yield { from, length: partLength, skipped, made, counter: (region * Layout.CAPACITY + made) / 64 };
    from += partLength;
  }
}
