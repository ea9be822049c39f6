import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fromMinorUnits,
  fromVolumeUnits,
  roundTo,
  toMinorUnits,
  toVolumeUnits,
} from "../../../src/domain/decimal.ts";

describe("decimal", () => {
  test.each([
    [1.005, 2, 1.01],
    [-1.005, 2, -1.01],
    [2.675, 2, 2.68],
    [0.285, 2, 0.29],
    [1.004999, 2, 1],
    [0, 2, 0],
    [1.121205, 5, 1.12121],
  ])("roundTo rounds %d to %d decimals half away from zero", (value, digits, expected) => {
    expect(roundTo(value, digits)).toBe(expected);
  });

  test("toMinorUnits never gives a negative zero", () => {
    expect(Object.is(toMinorUnits(-0.001, 2), 0)).toBe(true);
  });

  test("minor units survive the way to an amount and back", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 3 }), (units, digits) => {
        expect(toMinorUnits(fromMinorUnits(units, digits), digits)).toBe(units);
      }),
    );
  });

  test("volume units of 0.1 and 0.2 lots add up to 0.3 lots exactly", () => {
    expect(fromVolumeUnits(toVolumeUnits(0.1) + toVolumeUnits(0.2))).toBe(0.3);
  });
});
