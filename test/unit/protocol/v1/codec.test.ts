import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyError, decodeBody, encodeBody } from "../../../../src/protocol/v1/codec.ts";
import { limits } from "../../../../src/protocol/v1/limits.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("encodeBody", () => {
  it("writes UTF-8 JSON", () => {
    expect(new TextDecoder().decode(encodeBody({ a: "£", b: [1, null] }))).toBe('{"a":"£","b":[1,null]}');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "refuses %s, naming it",
    (value) => {
      expect(() => encodeBody({ deep: { price: value } })).toThrow(BodyError);
      expect(() => encodeBody({ deep: { price: value } })).toThrow('"price"');
    },
  );
});

describe("decodeBody", () => {
  it("gives back what was encoded", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (body) => {
        expect(decodeBody(encodeBody(body))).toEqual(JSON.parse(JSON.stringify(body)));
      }),
    );
  });

  it.each(["[]", "1", "null", '"text"', "", "{", '{"a":1} x', "\ufeff{}"])("refuses %j", (text) => {
    expect(() => decodeBody(bytes(text))).toThrow(BodyError);
  });

  it("refuses bytes that are no UTF-8", () => {
    expect(() => decodeBody(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).toThrow(BodyError);
  });

  it("refuses what is larger than allowed, and takes what is as large", () => {
    expect(() => decodeBody(bytes('{"a":1}'), 6)).toThrow("at most 6");
    expect(decodeBody(bytes('{"a":1}'), 7)).toEqual({ a: 1 });
  });

  it("takes nesting of 32 and refuses 33, in objects and arrays", () => {
    const nested = (depth: number): Uint8Array =>
      bytes(`{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`);
    expect(() => decodeBody(nested(limits.maxJsonDepth))).not.toThrow();
    expect(() => decodeBody(nested(limits.maxJsonDepth + 1))).toThrow("nested deeper");
    const objects = `${'{"a":'.repeat(33)}1${"}".repeat(33)}`;
    expect(() => decodeBody(bytes(objects))).toThrow("nested deeper");
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":1}',
    '{"deep":[{"volume":0.1,"x":":","volume":5}]}',
    '{"__proto__":1,"__proto__":2}',
  ])("refuses a name that stands twice: %s", (text) => {
    expect(() => decodeBody(bytes(text))).toThrow("stands twice");
  });

  it("refuses a number that is too large to be finite", () => {
    expect(() => decodeBody(bytes('{"a":[1e400]}'))).toThrow("too large");
  });

  it("does not count brackets inside strings, escaped quotes included", () => {
    const text = JSON.stringify({ a: `\\"${"[".repeat(100)}\\`, b: '"'.repeat(5) + "{".repeat(100) });
    expect(decodeBody(bytes(text))).toEqual(JSON.parse(text));
  });

  it("does not touch the prototype of objects", () => {
    const body = decodeBody(bytes('{"__proto__":{"polluted":1}}'));
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.hasOwn(body, "__proto__")).toBe(true);
  });
});
