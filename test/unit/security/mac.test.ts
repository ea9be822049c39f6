import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeMac } from "../../../src/adapters/node-mac.ts";
import {
  constantTimeEqual,
  createMac,
  fromHex,
  hkdfSha256,
  hmacSha256,
  type Mac,
  toHex,
} from "../../../src/security/mac.ts";
import { bytes, hex } from "../../vectors/hex.ts";
import { hmacVectors } from "../../vectors/rfc4231.ts";
import { hkdfVectors } from "../../vectors/rfc5869.ts";

const makers: readonly [string, (key: Uint8Array) => Mac][] = [
  ["createMac", createMac],
  ["nodeMac", nodeMac],
];
const KEY = new Uint8Array(32).fill(0x42);

describe("hmacSha256", () => {
  it.each(hmacVectors)("holds RFC 4231 section $title", ({ key, data, mac }) => {
    expect(hex(hmacSha256(bytes(key), bytes(data)))).toBe(mac);
  });
});

describe("hkdfSha256", () => {
  it.each(hkdfVectors)("holds RFC 5869 appendix $title", ({ ikm, salt, info, length, okm }) => {
    expect(hex(hkdfSha256(bytes(ikm), bytes(salt), bytes(info), length))).toBe(okm);
  });

  it("refuses lengths that RFC 5869 has no output for", () => {
    for (const length of [0, -1, 8161, 1.5, Number.NaN]) {
      expect(() => hkdfSha256(KEY, KEY, KEY, length)).toThrow(/expected 1 to 8160 bytes/);
    }
    expect(hkdfSha256(KEY, KEY, KEY, 8160).length).toBe(8160);
  });
});

describe.each(makers)("%s", (_, make) => {
  it.each(hmacVectors.filter(({ key }) => key.length >= 64))("holds RFC 4231 section $title", (vector) => {
    const mac = make(bytes(vector.key));
    expect(hex(mac.sign(bytes(vector.data)))).toBe(vector.mac);
    expect(mac.verify(bytes(vector.data), bytes(vector.mac))).toBe(true);
  });

  it("signs any body like hmacSha256, again and again", () => {
    const mac = make(KEY);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000, size: "max" }), (body) => {
        const signed = mac.sign(body);
        expect(hex(signed)).toBe(hex(hmacSha256(KEY, body)));
        expect(mac.verify(body, signed)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("refuses a MAC with any one bit changed, a cut one, a longer one and none", () => {
    const mac = make(KEY);
    const body = bytes("00ff10");
    const good = mac.sign(body);
    for (let bit = 0; bit < 256; bit++) {
      const bad = good.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(mac.verify(body, bad)).toBe(false);
    }
    expect(mac.verify(body, good.subarray(0, 31))).toBe(false);
    expect(mac.verify(body, Uint8Array.of(...good, 0))).toBe(false);
    expect(mac.verify(body, new Uint8Array())).toBe(false);
    expect(mac.verify(bytes("00ff11"), good)).toBe(false);
    expect(mac.verify(body, good)).toBe(true);
  });

  it("does not follow later changes to the key's array", () => {
    const key = KEY.slice();
    const mac = make(key);
    key.fill(0);
    expect(hex(mac.sign(bytes("01")))).toBe(hex(hmacSha256(KEY, bytes("01"))));
  });

  it("gives a plain array of its own", () => {
    const signed = make(KEY).sign(bytes("01"));
    expect(signed.constructor).toBe(Uint8Array);
    expect(signed.buffer.byteLength).toBe(32);
  });

  it("refuses a key shorter than 32 bytes", () => {
    expect(() => make(new Uint8Array(31))).toThrow(/at least 32 bytes, got 31/);
  });
});

describe("constantTimeEqual", () => {
  it("compares content and length", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (a, at, change) => {
          expect(constantTimeEqual(a, a.slice())).toBe(true);
          expect(constantTimeEqual(a, Uint8Array.of(...a, 0))).toBe(false);
          if (a.length === 0) return;
          const b = a.slice();
          b[at % a.length] = (b[at % a.length] ?? 0) ^ change;
          expect(constantTimeEqual(a, b)).toBe(false);
        },
      ),
    );
  });
});

describe("toHex and fromHex", () => {
  it("write and read each other, in either case", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (value) => {
        const text = toHex(value);
        expect(text).toBe(Buffer.from(value).toString("hex"));
        expect(toHex(fromHex(text))).toBe(text);
        expect(toHex(fromHex(text.toUpperCase()))).toBe(text);
      }),
    );
  });

  it("refuses an odd length and foreign letters, without quoting the text", () => {
    expect(() => fromHex("abc")).toThrow(/3 digits are an odd number/);
    expect(() => fromHex("00 1")).toThrow("Cannot read hex: the letter at position 2 is no digit");
    expect(() => fromHex("0x12")).toThrow(/position 1/);
  });
});
