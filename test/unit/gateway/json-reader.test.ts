import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonFault, readJson } from "../../../src/gateway/json-reader.ts";

test("readJson types numbers as Python does, and keeps integers of any size exact", () => {
  const value = readJson('{"a": 1, "b": 1.0, "c": 1e2, "d": 9007199254740993, "e": -0, "f": -0.0}') as Record<
    string,
    unknown
  >;
  expect(value["a"]).toBe(1n);
  expect(value["b"]).toBe(1);
  expect(value["c"]).toBe(100);
  expect(value["d"]).toBe(9_007_199_254_740_993n);
  expect(value["e"]).toBe(0n);
  expect(value["f"]).toBe(-0);
});

test("readJson agrees with JSON.parse on whatever JSON.stringify writes", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      const read = JSON.stringify(readJson(text), (_, item: unknown) =>
        typeof item === "bigint" ? Number(item) : item,
      );
      expect(read).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
});

test("readJson refuses what JSON.parse refuses, for any short text over JSON's letters", () => {
  const letters = fc.constantFrom(...'{}[]":,\\u0019-+.eEtrufalsn \t\n');
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 12 }), (text) => {
      const accepts = (parse: (text: string) => unknown): boolean => {
        try {
          parse(text);
          return true;
        } catch {
          return false;
        }
      };
      if (accepts(readJson)) expect(accepts(JSON.parse)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

test("readJson keeps a member called __proto__ as a member", () => {
  const value = readJson('{"__proto__": {"uuid": "x"}}') as Record<string, unknown>;
  expect(value["uuid"]).toBeUndefined();
  expect(Object.keys(value)).toEqual(["__proto__"]);
});

test.each([
  ["", "ends too early"],
  ["NaN", "no JSON value"],
  ["Infinity", "no JSON value"],
  ["-Infinity", "no JSON value"],
  ['{"a": NaN}', "no JSON value at character 6"],
  ["1e999", "too large"],
  ["01", "more text"],
  ["+1", "no JSON value"],
  [".5", "no JSON value"],
  ["1.", "more text"],
  ["'a'", "no JSON value"],
  ['"a', "without an end"],
  ['"\\x41"', "escape that JSON does not know"],
  ['"\\u12"', "broken escape"],
  ['"\n"', "control character"],
  ["[1,]", "no JSON value"],
  ['{"a":1,}', "no member name"],
  ["{a:1}", "no member name"],
  ['{"a" 1}', "no colon"],
  ['{"a":1 "b":2}', "neither a comma nor }"],
  ['{"a":1,"a":2}', '"a" stands twice'],
  ["[]]", "more text"],
  ["\ufeff{}", "no JSON value"],
  ["[".repeat(17), "nested deeper than 16"],
  ["9".repeat(321), "too many digits"],
  ["trueish", "more text"],
])("readJson refuses %j", (text, reason) => {
  expect(() => readJson(text)).toThrow(JsonFault);
  expect(() => readJson(text)).toThrow(reason);
});
