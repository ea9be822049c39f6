import fc from "fast-check";
import { expect, test } from "vitest";
import { readJson } from "../../../src/gateway/json-reader.ts";
import { pythonFloat, pythonJson } from "../../../src/gateway/python-json.ts";

// each right side is what `repr` of Python 3.11 prints
const floats: readonly (readonly [number, string])[] = [
  [100_000, "100000.0"],
  [0, "0.0"],
  [-0, "-0.0"],
  [1, "1.0"],
  [0.01, "0.01"],
  [1.0523, "1.0523"],
  [0.1 + 0.2, "0.30000000000000004"],
  [0.0001, "0.0001"],
  [0.00001, "1e-05"],
  [0.000012345, "1.2345e-05"],
  [1e15, "1000000000000000.0"],
  [9_999_999_999_999_998, "9999999999999998.0"],
  [1e16, "1e+16"],
  [1.5e22, "1.5e+22"],
  [1e100, "1e+100"],
  [5e-324, "5e-324"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [-123.456, "-123.456"],
  [20_100.1, "20100.1"],
];

test.each(floats)("pythonFloat writes %d as Python's repr does", (value, text) => {
  expect(pythonFloat(value)).toBe(text);
});

test("pythonFloat reads back as the same number, and never looks like an int", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = pythonFloat(value);
      expect(Number(text)).toBe(value);
      expect(text).toMatch(/[.e]/);
    }),
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  "pythonFloat refuses %d",
  (value) => {
    expect(() => pythonFloat(value)).toThrow(RangeError);
  },
);

test("pythonJson writes a dict with Python's default separators, ints and floats apart", () => {
  expect(
    pythonJson({ ticket: 12_345_678n, volume: 1, list: [true, null], big: 9_007_199_254_740_993n }),
  ).toBe('{"ticket": 12345678, "volume": 1.0, "list": [true, null], "big": 9007199254740993}');
});

test("pythonJson escapes everything but printable ASCII, as ensure_ascii does", () => {
  expect(pythonJson('"\\/\b\f\n\r\t\u0000\u007fé€😀')).toBe(
    '"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u007f\\u00e9\\u20ac\\ud83d\\ude00"',
  );
});

test("pythonJson and readJson are each other's inverse", () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.bigInt(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: "binary" }),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: false }),
    ),
  })).value as fc.Arbitrary<never>;
  fc.assert(
    fc.property(value, (written) => {
      const text = pythonJson(written);
      expect(pythonJson(readJson(text))).toBe(text);
    }),
  );
});
