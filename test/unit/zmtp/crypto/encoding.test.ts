import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base64Decode, base64Encode, z85Decode, z85Encode } from "../../../../src/zmtp/crypto/encoding.ts";
import { bytes, hex } from "../../../vectors/hex.ts";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("z85", () => {
  it("writes and reads RFC 32's examples", () => {
    expect(z85Encode(bytes("864fd26fb559f75b"))).toBe("HelloWorld");
    expect(hex(z85Decode("HelloWorld"))).toBe("864fd26fb559f75b");
    const example = bytes("8e0bdd697628b91d8f245587ee95c5b04d48963f79259877b49cd9063aead3b7");
    expect(z85Encode(example)).toBe("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6");
    expect(hex(z85Decode("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"))).toBe(hex(example));
  });

  it("reads what it writes, at the extremes too", () => {
    expect(z85Encode(new Uint8Array(4))).toBe("00000");
    expect(z85Encode(new Uint8Array(4).fill(255))).toBe("%nSc0");
    fc.assert(
      fc.property(key, (value) => {
        expect(hex(z85Decode(z85Encode(value)))).toBe(hex(value));
      }),
    );
  });

  it("refuses wrong lengths, foreign letters and groups beyond 32 bits", () => {
    expect(() => z85Encode(new Uint8Array(5))).toThrow(/5 bytes are not a multiple of 4/);
    expect(() => z85Decode("0000")).toThrow(/4 letters are not a multiple of 5/);
    expect(() => z85Decode("0000000~00")).toThrow(/position 7/);
    expect(() => z85Decode("%nSc1")).toThrow(/more than 32 bits/);
    expect(() => z85Decode("00000#####")).toThrow(/position 5 stand for more than 32 bits/);
  });
});

describe("base64 of a key", () => {
  it("equals the platform's base64 and reads it back, with and without padding", () => {
    fc.assert(
      fc.property(key, (value) => {
        const text = Buffer.from(value).toString("base64");
        expect(base64Encode(value)).toBe(text);
        expect(hex(base64Decode(text))).toBe(hex(value));
        expect(hex(base64Decode(text.slice(0, -1)))).toBe(hex(value));
      }),
    );
  });

  it("refuses other lengths, foreign letters and a second spelling of the same key", () => {
    const text = base64Encode(new Uint8Array(32));
    expect(() => base64Encode(new Uint8Array(31))).toThrow(/expected 32 bytes, got 31/);
    expect(() => base64Decode(text.slice(2))).toThrow(/expected 44 letters, got 42/);
    expect(() => base64Decode(`${text}=`)).toThrow(/got 45/);
    expect(() => base64Decode(`-${text.slice(1)}`)).toThrow(/position 0/);
    expect(() => base64Decode(`${text.slice(0, 42)}B=`)).toThrow(/beyond 32 bytes/);
  });

  it("never quotes the text, which may be a secret", () => {
    const messages = [`${"Q".repeat(42)}!=`, "Q".repeat(20), `${"Q".repeat(42)}R=`].map((text) => {
      try {
        base64Decode(text);
      } catch (error) {
        return String(error);
      }
      return "nothing was thrown";
    });
    for (const message of messages) {
      expect(message).toMatch(/^RangeError: Cannot read a base64 key/);
      expect(message).not.toContain("QQ");
    }
  });
});
