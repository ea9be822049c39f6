import { salsa20 } from "@noble/ciphers/salsa.js";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hsalsa20, nobleSecretBox } from "../../../../src/zmtp/crypto/noble-box.ts";
import { createFastSecretBox, fastSecretBox } from "../../../../src/zmtp/crypto/secret-box.ts";
import type { SecretBox } from "../../../../src/zmtp/crypto/types.ts";
import { createEngine } from "../../../../src/zmtp/crypto/wasm/engine.ts";
import { Layout } from "../../../../src/zmtp/crypto/wasm/layout.ts";
import { createWasmSecretBox } from "../../../../src/zmtp/crypto/wasm/wasm-box.ts";
import { bytes, hex } from "../../../vectors/hex.ts";
import { naclBox } from "../../../vectors/nacl.ts";

const wasmSecretBox = createWasmSecretBox();
if (wasmSecretBox === undefined)
  throw new Error("Cannot test the box: this runtime has no vectors in WebAssembly");

const KEY = bytes(naclBox.boxKey);
const NONCE = bytes(naclBox.nonce);
/** Where the traffic tests put nonce and box: neither offset is aligned. */
const NONCE_AT = 3;
const BOX_AT = 13;
const GUARD = 0xa5;

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >>> 8)) & 0xff);
}

/** A frame as CURVE's traffic has it, with guard bytes around nonce and box. */
function frame(nonce: Uint8Array, content: Uint8Array, contentAt: number, boxLength: number): Uint8Array {
  const buffer = new Uint8Array(BOX_AT + boxLength + 5).fill(GUARD);
  buffer.set(nonce.subarray(16), NONCE_AT);
  buffer.set(content, contentAt);
  return buffer;
}

function sealed(box: SecretBox, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const buffer = frame(nonce, plain, BOX_AT + 16, plain.length + 16);
  box.traffic(KEY, nonce.subarray(0, 16)).seal(buffer, NONCE_AT, BOX_AT, plain.length);
  return buffer;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Compares long arrays without asking the test runner to print them. */
function expectSame(actual: Uint8Array, wanted: Uint8Array, what: string): void {
  if (same(actual, wanted)) return;
  const at = wanted.findIndex((byte, index) => byte !== actual[index]);
  expect.fail(`${what}: lengths ${actual.length} and ${wanted.length}, first difference at ${at}`);
}

const PARTS = Layout.CAPACITY;
const lengths = [
  ...Array.from({ length: 301 }, (_, length) => length),
  ...[479, 480, 481, 511, 512, 513, 735, 736, 737, 1023, 1024, 1025, 4096, 10_000],
  ...[65_503, 65_504, 65_505, 65_535, 65_536, 65_537],
  ...[PARTS - 33, PARTS - 32, PARTS - 31, PARTS - 1, PARTS, PARTS + 1],
  ...[2 * PARTS - 33, 2 * PARTS - 32, 2 * PARTS - 31, 2 * PARTS + 255, 3 * PARTS + 17],
];

const boxes: readonly [string, SecretBox][] = [
  ["nobleSecretBox", nobleSecretBox],
  ["wasmSecretBox", wasmSecretBox],
  ["createFastSecretBox without WebAssembly", createFastSecretBox(() => undefined)],
];

describe.each(boxes)("%s", (_, box) => {
  it("derives the box key of NaCl's example", () => {
    expect(hex(box.boxKey(bytes(naclBox.shared)))).toBe(naclBox.boxKey);
  });

  it("seals and opens NaCl's example, whole and as traffic", () => {
    const plain = bytes(naclBox.plain);
    const boxed = bytes(naclBox.boxed);
    expect(hex(box.seal(KEY, NONCE, plain))).toBe(hex(boxed));
    expect(hex(box.open(KEY, NONCE, boxed) ?? new Uint8Array())).toBe(hex(plain));
    expect(hex(sealed(box, NONCE, plain))).toBe(hex(frame(NONCE, boxed, BOX_AT, boxed.length)));
  });

  it("equals noble at every length up to 300 and around block, region and part boundaries", () => {
    for (const length of lengths) {
      const plain = pattern(length);
      const wanted = frame(NONCE, nobleSecretBox.seal(KEY, NONCE, plain), BOX_AT, length + 16);
      const buffer = sealed(box, NONCE, plain);
      expectSame(buffer, wanted, `seal of ${length} bytes`);
      expect(box.traffic(KEY, NONCE.subarray(0, 16)).open(buffer, NONCE_AT, BOX_AT, length + 16)).toBe(true);
      expectSame(buffer.subarray(BOX_AT + 16, BOX_AT + 16 + length), plain, `open of ${length} bytes`);
      expectSame(
        buffer.subarray(BOX_AT + 16 + length),
        new Uint8Array(5).fill(GUARD),
        "what follows the box",
      );
    }
  });

  it.each([0, 1, 100, 300])(
    "refuses a box of %i bytes with any one byte changed, and leaves the buffer",
    (length) => {
      const good = sealed(box, NONCE, pattern(length));
      const traffic = box.traffic(KEY, NONCE.subarray(0, 16));
      const positions = Array.from({ length: length + 16 }, (_, index) => BOX_AT + index);
      for (const position of [...positions, ...Array.from({ length: 8 }, (_, index) => NONCE_AT + index)]) {
        for (const bit of [0x01, 0x80]) {
          const bad = good.slice();
          bad[position] = (bad[position] ?? 0) ^ bit;
          const before = bad.slice();
          expect(traffic.open(bad, NONCE_AT, BOX_AT, length + 16)).toBe(false);
          expectSame(bad, before, `the buffer after byte ${position} was refused`);
        }
      }
      expect(traffic.open(good, NONCE_AT, BOX_AT, length + 16)).toBe(true);
    },
  );

  it("refuses a changed box of several parts, wherever it was changed, and leaves the buffer", () => {
    const length = 2 * PARTS + 1000;
    const good = sealed(box, NONCE, pattern(length));
    const traffic = box.traffic(KEY, NONCE.subarray(0, 16));
    const within = [
      0,
      15,
      16,
      17,
      16 + PARTS - 33,
      16 + PARTS - 32,
      16 + PARTS,
      16 + 2 * PARTS,
      16 + length - 1,
    ];
    for (const position of within) {
      const bad = good.slice();
      bad[BOX_AT + position] = (bad[BOX_AT + position] ?? 0) ^ 0x10;
      const before = bad.slice();
      expect(traffic.open(bad, NONCE_AT, BOX_AT, length + 16)).toBe(false);
      expectSame(bad, before, `the buffer after byte ${position} was refused`);
    }
  });

  it("refuses a cut box, a lengthened one, another key, and another nonce prefix", () => {
    const boxed = box.seal(KEY, NONCE, pattern(64));
    const otherKey = KEY.slice();
    otherKey[0] = (otherKey[0] ?? 0) ^ 1;
    const otherNonce = NONCE.slice();
    otherNonce[0] = (otherNonce[0] ?? 0) ^ 1;
    for (let length = 0; length < boxed.length; length++) {
      expect(box.open(KEY, NONCE, boxed.subarray(0, length))).toBeUndefined();
    }
    expect(box.open(KEY, NONCE, Uint8Array.of(...boxed, 0))).toBeUndefined();
    expect(box.open(otherKey, NONCE, boxed)).toBeUndefined();
    expect(box.open(KEY, otherNonce, boxed)).toBeUndefined();
    expect(box.open(KEY, NONCE, boxed)).toBeDefined();
  });

  it("keeps boxes in use side by side apart", () => {
    const prefixes = [NONCE.subarray(0, 16), pattern(16), new Uint8Array(16)];
    const traffics = prefixes.map((prefix) => box.traffic(KEY, prefix));
    const plain = pattern(777);
    const frames = prefixes.map(() => frame(NONCE, plain, BOX_AT + 16, plain.length + 16));
    for (const [index, traffic] of traffics.entries())
      traffic.seal(frames[index] ?? plain, NONCE_AT, BOX_AT, 777);
    for (const [index, buffer] of frames.entries()) {
      const nonce = Uint8Array.of(...(prefixes[index] ?? []), ...NONCE.subarray(16));
      expectSame(buffer, frame(NONCE, nobleSecretBox.seal(KEY, nonce, plain), BOX_AT, 793), `box ${index}`);
    }
    for (const [index, traffic] of traffics.entries()) {
      const other = traffics[(index + 1) % 3];
      expect(other?.open(frames[index] ?? plain, NONCE_AT, BOX_AT, 793)).toBe(false);
      expect(traffic.open(frames[index] ?? plain, NONCE_AT, BOX_AT, 793)).toBe(true);
    }
  });

  it("does not follow later changes to the arrays of key and nonce prefix", () => {
    const key = KEY.slice();
    const prefix = NONCE.slice(0, 16);
    const traffic = box.traffic(key, prefix);
    key.fill(0);
    prefix.fill(0);
    const buffer = frame(NONCE, pattern(20), BOX_AT + 16, 36);
    traffic.seal(buffer, NONCE_AT, BOX_AT, 20);
    expectSame(buffer, frame(NONCE, nobleSecretBox.seal(KEY, NONCE, pattern(20)), BOX_AT, 36), "the box");
  });

  it("takes a Buffer that is a view into another, and a nonce behind the box", () => {
    const plain = pattern(50);
    const store = Buffer.alloc(300, GUARD);
    const view = store.subarray(77, 77 + 16 + 50 + 8);
    view.set(plain, 16);
    view.set(NONCE.subarray(16), 66);
    const traffic = box.traffic(KEY, NONCE.subarray(0, 16));
    traffic.seal(view, 66, 0, 50);
    expectSame(view.subarray(0, 66), nobleSecretBox.seal(KEY, NONCE, plain), "the box");
    expect(traffic.open(view, 66, 0, 66)).toBe(true);
    expectSame(view.subarray(16, 66), plain, "the plaintext");
    expect(store.subarray(0, 77).every((byte) => byte === GUARD)).toBe(true);
    expect(store.subarray(77 + 74).every((byte) => byte === GUARD)).toBe(true);
  });

  it("names what is wrong with lengths and offsets", () => {
    const traffic = box.traffic(KEY, NONCE.subarray(0, 16));
    const buffer = new Uint8Array(64);
    expect(() => box.traffic(KEY.subarray(1), NONCE.subarray(0, 16))).toThrow(
      /key: expected 32 bytes, got 31/,
    );
    expect(() => box.traffic(KEY, NONCE)).toThrow(/noncePrefix: expected 16 bytes, got 24/);
    expect(() => box.boxKey(KEY.subarray(2))).toThrow(/sharedSecret: expected 32 bytes, got 30/);
    expect(() => box.seal(KEY, NONCE.subarray(1), buffer)).toThrow(RangeError);
    expect(() => box.open(KEY, NONCE.subarray(1), buffer)).toThrow(RangeError);
    expect(() => traffic.seal(buffer, 0, 8, 41)).toThrow(/do not fit a buffer of 64 bytes/);
    expect(() => traffic.seal(buffer, 0, 7, 10)).toThrow(RangeError);
    expect(() => traffic.seal(buffer, 57, 8, 10)).toThrow(RangeError);
    expect(() => traffic.seal(buffer, -1, 8, 10)).toThrow(RangeError);
    expect(() => traffic.seal(buffer, 0, 8, -1)).toThrow(RangeError);
    expect(() => traffic.seal(buffer, 0, 8.5, 10)).toThrow(RangeError);
    expect(() => traffic.open(buffer, 0, Number.NaN, 20)).toThrow(RangeError);
    expect(() => traffic.open(buffer, 0, 8, 57)).toThrow(RangeError);
    expect(traffic.open(buffer, 0, 8, 15)).toBe(false);
    expect(traffic.open(buffer, 0, 8, 0)).toBe(false);
    expect(buffer.every((byte) => byte === 0)).toBe(true);
  });
});

describe("wasmSecretBox against nobleSecretBox", () => {
  const array = (length: number): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength: length, maxLength: length });

  it("seals to the same bytes and opens what noble sealed, for any key, nonce, message and offset", () => {
    fc.assert(
      fc.property(
        array(32),
        array(24),
        fc.uint8Array({ maxLength: 3000, size: "max" }),
        fc.nat(40),
        (key, nonce, plain, gap) => {
          const traffic = wasmSecretBox.traffic(key, nonce.subarray(0, 16));
          const boxAt = 8 + gap;
          const buffer = new Uint8Array(boxAt + 16 + plain.length).fill(GUARD);
          buffer.set(nonce.subarray(16));
          buffer.set(plain, boxAt + 16);
          traffic.seal(buffer, 0, boxAt, plain.length);
          expectSame(buffer.subarray(boxAt), nobleSecretBox.seal(key, nonce, plain), "the box");
          expect(traffic.open(buffer, 0, boxAt, plain.length + 16)).toBe(true);
          expectSame(buffer.subarray(boxAt + 16), plain, "the plaintext");
          expect(buffer.subarray(8, boxAt).every((byte) => byte === GUARD)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("opens no random bytes and leaves them as they were", () => {
    fc.assert(
      fc.property(array(32), fc.uint8Array({ minLength: 24, maxLength: 2000, size: "max" }), (key, junk) => {
        const before = junk.slice();
        const traffic = wasmSecretBox.traffic(key, NONCE.subarray(0, 16));
        expect(traffic.open(junk, 0, 8, junk.length - 8)).toBe(false);
        expectSame(junk, before, "the buffer");
      }),
      { numRuns: 300 },
    );
  });
});

describe("the WebAssembly engine's key stream", () => {
  it.each([0, 1, 255, 0x7fff_fffe, 0xffff_fff0])("equals noble's Salsa20 from block %i on", (counter) => {
    const engine = createEngine();
    const subkey = hsalsa20(KEY, NONCE.subarray(0, 16));
    expect(hex(subkey)).toBe(naclBox.subkey);
    if (engine === undefined) throw new Error("no engine");
    // A sealed box leaves the input block in the shared engine; this one is fresh, so it is laid out here.
    const sigma = new TextEncoder().encode("expand 32-byte k");
    for (const [index, word] of [0, 5, 10, 15].entries()) {
      engine.heap.set(sigma.subarray(index * 4, index * 4 + 4), Layout.INPUT + word * 4);
    }
    engine.heap.set(subkey.subarray(0, 16), Layout.INPUT + 4);
    engine.heap.set(subkey.subarray(16), Layout.INPUT + 44);
    engine.heap.set(NONCE.subarray(16), Layout.INPUT + 24);
    const plain = pattern(1024 - 256);
    engine.heap.set(plain, Layout.PLAIN);
    engine.stream(Layout.PLAIN, Layout.CIPHER, 3, counter, 0, 0, 0);
    const wanted = salsa20(subkey, NONCE.subarray(16), plain, undefined, counter);
    expectSame(engine.heap.subarray(Layout.CIPHER, Layout.CIPHER + plain.length), wanted, "the key stream");
  });
});

describe("createEngine", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("gives undefined without WebAssembly, and without vectors in it", () => {
    vi.stubGlobal("WebAssembly", undefined);
    expect(createEngine()).toBeUndefined();
    vi.stubGlobal("WebAssembly", { validate: () => false });
    expect(createEngine()).toBeUndefined();
  });

  it("is what fastSecretBox takes here", () => {
    expect(fastSecretBox.name).toBe("wasm");
    expect(createFastSecretBox(() => undefined).name).toBe("noble");
  });
});
