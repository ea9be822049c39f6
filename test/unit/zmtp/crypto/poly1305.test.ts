import { poly1305 as noblePoly1305 } from "@noble/ciphers/_poly1305.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngine } from "../../../../src/zmtp/crypto/wasm/engine.ts";
import { Layout } from "../../../../src/zmtp/crypto/wasm/layout.ts";
import { bytes, hex } from "../../../vectors/hex.ts";
import { poly1305Vectors } from "../../../vectors/rfc8439-poly1305.ts";

const P = (1n << 130n) - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

function toNumber(value: Uint8Array): bigint {
  return value.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function toBytes(value: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

/** RFC 8439, section 2.5, word for word, in integers of any size. */
function poly1305InIntegers(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = toNumber(key.subarray(0, 16)) & CLAMP;
  let h = 0n;
  for (let offset = 0; offset < message.length; offset += 16) {
    const block = message.subarray(offset, offset + 16);
    h = ((h + toNumber(block) + (1n << BigInt(8 * block.length))) * r) % P;
  }
  return toBytes((h + toNumber(key.subarray(16))) & ((1n << 128n) - 1n), 16);
}

const engine = createEngine();
if (engine === undefined)
  throw new Error("Cannot test the engine: this runtime has no vectors in WebAssembly");
const { heap } = engine;

function load(key: Uint8Array, message: Uint8Array): void {
  const view = new DataView(heap.buffer);
  const r = toNumber(key.subarray(0, 16)) & CLAMP;
  for (let limb = 0; limb < 5; limb++) {
    view.setBigUint64(Layout.POLY_R + limb * 8, (r >> BigInt(26 * limb)) & 0x3ffffffn, true);
    view.setBigUint64(Layout.POLY_H + limb * 8, 0n, true);
  }
  heap.set(key.subarray(16), Layout.FIRST + 16);
  heap.set(message, Layout.CIPHER);
}

function tag(): Uint8Array {
  engine?.finish();
  return heap.slice(Layout.TAG, Layout.TAG + 16);
}

/** The two paths: alone, and two blocks at a time among Salsa20's rounds. */
const paths = {
  absorb(key: Uint8Array, message: Uint8Array): Uint8Array {
    load(key, message);
    engine.absorb(Layout.CIPHER, message.length);
    return tag();
  },
  advance(key: Uint8Array, message: Uint8Array): Uint8Array {
    load(key, message);
    engine.advance(Layout.CIPHER, Layout.PLAIN, 0, 0, message.length, 0);
    return tag();
  },
};

describe.each(Object.entries(paths))("the WebAssembly engine's Poly1305 by %s", (_, poly1305) => {
  it.each(poly1305Vectors)("holds RFC 8439 $title", ({ key, text, tag }) => {
    expect(hex(poly1305InIntegers(bytes(key), bytes(text)))).toBe(tag);
    expect(hex(poly1305(bytes(key), bytes(text)))).toBe(tag);
  });

  // Each r limb, each block byte and each pad at its extremes; lengths that use both paths and the tail.
  const extremeKeys = ["00", "ff", "01", "fc", "0f"].flatMap((r) =>
    ["00", "ff", "80"].map((s) => `${r.repeat(16)}${s.repeat(16)}`),
  );
  const lengths = [0, 1, 15, 16, 17, 31, 32, 33, 255, 256, 257, 511, 512, 513, 769, 1024, 2048 + 7];

  it("equals integer arithmetic for extreme keys and blocks at every path's lengths", () => {
    for (const key of [...extremeKeys, `01${"00".repeat(15)}${"ff".repeat(16)}`, `02${"00".repeat(31)}`]) {
      for (const length of lengths) {
        for (const fill of [0x00, 0xff, 0xfb, 0xfe, 0x01, 0x80]) {
          const message = new Uint8Array(length).fill(fill);
          const wanted = hex(poly1305InIntegers(bytes(key), message));
          expect(`${key} ${length} ${fill} ${hex(poly1305(bytes(key), message))}`).toBe(
            `${key} ${length} ${fill} ${wanted}`,
          );
        }
      }
    }
  });

  it("reduces fully when the sum ends just below, at and above 2^130 - 5", () => {
    // With r = 1 the sum is plain addition, so that two blocks can reach any value near the prime.
    const key = bytes(`01${"00".repeat(31)}`);
    for (let distance = -20n; distance <= 20n; distance++) {
      const target = P + distance;
      // Three blocks bring three times 2^128; the last of them is the rest.
      const rest = target - 3n * (1n << 128n);
      const low = rest < 1n << 128n ? rest : (1n << 128n) - 1n;
      const message = new Uint8Array(48);
      message.set(toBytes(low, 16), 0);
      message.set(toBytes(rest - low, 16), 16);
      const wanted = toBytes((target % P) & ((1n << 128n) - 1n), 16);
      expect(hex(poly1305InIntegers(key, message))).toBe(hex(wanted));
      expect(hex(poly1305(key, message))).toBe(hex(wanted));
    }
  });

  it("carries through every limb for blocks of sparse and dense bits", () => {
    const edgeByte = fc.constantFrom(0x00, 0x01, 0x03, 0x04, 0x7f, 0x80, 0xfb, 0xfc, 0xfe, 0xff);
    const edges = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
      fc.array(edgeByte, { minLength, maxLength }).map((values) => Uint8Array.from(values));
    fc.assert(
      fc.property(edges(32, 32), edges(0, 700), (key, message) => {
        const wanted = hex(poly1305InIntegers(key, message));
        expect(hex(noblePoly1305(message, key))).toBe(wanted);
        expect(hex(poly1305(key, message))).toBe(wanted);
      }),
      { numRuns: 400 },
    );
  });
});

describe("the WebAssembly engine's Poly1305 finish", () => {
  it("reduces every kind of sum that a block leaves, the second limb overfull or not", () => {
    const full = (1n << 26n) - 1n;
    const view = new DataView(heap.buffer);
    const pad = bytes("ff".repeat(16));
    const others = [0n, 1n, full - 1n, full];
    for (const h0 of [0n, 4n, full - 5n, full - 4n, full]) {
      for (const h1 of [0n, full, full + 1n, full + 2n, full + 1024n]) {
        for (const h2 of others) {
          for (const h3 of others) {
            for (const h4 of others) {
              const limbs = [h0, h1, h2, h3, h4];
              load(new Uint8Array(32), new Uint8Array());
              heap.set(pad, Layout.FIRST + 16);
              for (const [index, limb] of limbs.entries()) {
                view.setBigUint64(Layout.POLY_H + index * 8, limb, true);
              }
              const sum = limbs.reduceRight((total, limb) => (total << 26n) + limb, 0n) % P;
              const wanted = toBytes((sum + toNumber(pad)) & ((1n << 128n) - 1n), 16);
              expect(`${limbs} ${hex(tag())}`).toBe(`${limbs} ${hex(wanted)}`);
            }
          }
        }
      }
    }
  });
});
