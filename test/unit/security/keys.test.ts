import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeKey, detectKeyEncoding, encodeKey, KeyEncoding } from "../../../src/security/keys.ts";
import { base64Encode, z85Decode, z85Encode } from "../../../src/zmtp/crypto/encoding.ts";
import { bytes, hex } from "../../vectors/hex.ts";

/** RFC 32's second example, a server key as ZeroMQ's documentation uses it. */
const EXAMPLE = bytes("8e0bdd697628b91d8f245587ee95c5b04d48963f79259877b49cd9063aead3b7");
const key = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((value) => value.some((byte) => byte !== 0));

function thrown(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

describe("encodeKey and decodeKey", () => {
  it("write and read RFC 32's example in every encoding", () => {
    expect(encodeKey(EXAMPLE, KeyEncoding.Z85)).toBe("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6");
    expect(encodeKey(EXAMPLE)).toBe(Buffer.from(EXAMPLE).toString("base64"));
    expect(encodeKey(EXAMPLE, KeyEncoding.HEX)).toBe(hex(EXAMPLE));
    for (const encoding of Object.values(KeyEncoding)) {
      const text = encodeKey(EXAMPLE, encoding);
      expect(detectKeyEncoding(text)).toBe(encoding);
      expect(hex(decodeKey(text))).toBe(hex(EXAMPLE));
      expect(hex(decodeKey(`  ${text}\r\n`))).toBe(hex(EXAMPLE));
    }
    expect(hex(decodeKey(encodeKey(EXAMPLE).slice(0, -1)))).toBe(hex(EXAMPLE));
    expect(hex(decodeKey(hex(EXAMPLE).toUpperCase()))).toBe(hex(EXAMPLE));
  });

  it("agree with the engine's own encoders for any key", () => {
    fc.assert(
      fc.property(key, (value) => {
        expect(encodeKey(value, KeyEncoding.Z85)).toBe(z85Encode(value));
        expect(encodeKey(value, KeyEncoding.BASE64)).toBe(base64Encode(value));
        for (const encoding of Object.values(KeyEncoding)) {
          expect(hex(decodeKey(encodeKey(value, encoding)))).toBe(hex(value));
        }
      }),
    );
  });

  it("agree with the engine on which 40 letters are Z85", () => {
    const letter = fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code));
    const outcome = (read: () => Uint8Array): string => {
      try {
        return hex(read());
      } catch (error) {
        if (error instanceof RangeError) return "refused";
        throw error;
      }
    };
    fc.assert(
      fc.property(fc.string({ unit: letter, minLength: 40, maxLength: 40 }), (text) => {
        expect(outcome(() => decodeKey(text))).toBe(outcome(() => z85Decode(text)));
      }),
      { numRuns: 500 },
    );
  });

  it("refuse what is no key, say why, and name the key", () => {
    expect(() => decodeKey("", "the server's key")).toThrow(
      "Cannot read the server's key: expected 44 letters of base64, 40 of Z85 or 64 of hex, got 0",
    );
    expect(() => decodeKey("a".repeat(63))).toThrow(/got 63/);
    expect(() => decodeKey(`${"0".repeat(63)}g`)).toThrow(/64 letters are a key in hex, but .*position 63/);
    expect(() => decodeKey(`${"0".repeat(39)}~`)).toThrow(/40 letters are a key in z85, but .*position 39/);
    expect(() => decodeKey("#".repeat(40))).toThrow(/position 0 on exceed 32 bits/);
    expect(() => decodeKey(`_${encodeKey(EXAMPLE).slice(1)}`)).toThrow(/in base64, but .*position 0/);
    expect(() => decodeKey("A".repeat(44))).toThrow(/does not hold 32 bytes/);
    expect(() => decodeKey(`${"A".repeat(42)}B=`)).toThrow(/bits beyond 32 bytes/);
    expect(() => encodeKey(new Uint8Array(31))).toThrow(/expected 32 bytes, got 31/);
  });

  it("refuse an all-zero key in every encoding", () => {
    for (const encoding of Object.values(KeyEncoding)) {
      expect(() => decodeKey(encodeKey(new Uint8Array(32), encoding), "the secret key")).toThrow(
        "Cannot use the secret key: it is all zero",
      );
    }
  });

  it("never quote the text, which may be a secret, nor their cause", () => {
    for (const text of [
      "Q".repeat(30),
      `${"Q".repeat(39)}~`,
      `${"Q".repeat(43)}!`,
      `${"Q".repeat(42)}R=`,
      "Q".repeat(64),
    ]) {
      const error = thrown(() => decodeKey(text));
      expect(error).toBeInstanceOf(RangeError);
      expect(`${error.message} ${String(error.cause)}`).not.toContain("QQ");
    }
  });
});
