import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  brokerRange,
  checkedComment,
  checkedDeviation,
  checkStops,
  checkStopsAround,
  magicText,
  normalisePrice,
  normaliseVolume,
  requiredPrice,
  ticketText,
} from "../../../src/api/normalise.ts";
import { InvalidRequestError } from "../../../src/connector/errors.ts";
import { BrokerTimeZone, newYorkCloseTime } from "../../../src/domain/broker-time.ts";
import { symbolRecord } from "../../kit/fake-agent.ts";

const euro = symbolRecord("EURUSD");

/** The refusal, or what came instead of one. */
function refusal(run: () => unknown): { readonly message: string; readonly remedy: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidRequestError) return error;
    throw error;
  }
  throw new Error("Expected a refusal");
}

describe("normaliseVolume", () => {
  test.each([
    [0.1 + 0.2, 0.3],
    [0.01, 0.01],
    [50, 50],
    [1.110_000_000_000_01, 1.11],
  ])("takes %d as %d: the noise of sums is no error", (volume, lots) => {
    expect(normaliseVolume(euro, volume, "buy")).toBe(lots);
  });

  test.each([
    [0.004, "volume 0.004 is no multiple of step 0.01", "Use 0.01 or more"],
    [0.025, "volume 0.025 is no multiple of step 0.01", "Use 0.02 or 0.03"],
    [50.01, "volume 50.01 is above the maximum 50", "EURUSD takes 0.01 to 50 lots in steps of 0.01"],
    [1e-9, "volume 1e-9 is below the minimum 0.01", "EURUSD takes 0.01 to 50 lots"],
    [-1, "volume -1 is not a number of lots above 0", "Use 0.01 to 50 lots"],
    [Number.POSITIVE_INFINITY, "volume Infinity is not a number of lots", "Use 0.01 to 50 lots"],
    ["1", 'volume "1" (text) is not a number of lots', "Use 0.01 to 50 lots"],
    [{ lots: 1 }, "volume (an object) is not a number of lots", "Use 0.01 to 50 lots"],
    [null, "volume null is not a number of lots", "Use 0.01 to 50 lots"],
  ])("refuses %o with the reason and a remedy", (volume, reason, remedy) => {
    const refused = refusal(() => normaliseVolume(euro, volume as number, "buy some"));
    expect(refused.message).toContain(`Cannot buy some: ${reason}`);
    expect(refused.remedy).toContain(remedy);
  });

  test("refuses a volume on the step that is below a higher minimum", () => {
    const share = symbolRecord("AAPL", { volumeMin: 5, volumeStep: 1 });
    expect(refusal(() => normaliseVolume(share, 4, "buy")).message).toContain("is below the minimum 5");
    expect(normaliseVolume(share, 5, "buy")).toBe(5);
  });

  test("never makes 0 of what was not 0, which would close all, also where a symbol names no minimum", () => {
    const open = symbolRecord("X", { volumeMin: 0 });
    expect(refusal(() => normaliseVolume(open, 1e-9, "close")).message).toContain("below the minimum");
  });

  test("refuses where the terminal does not know the step yet, instead of sending what is no number", () => {
    const refused = refusal(() => normaliseVolume(symbolRecord("X", { volumeStep: 0 }), 1, "buy 1 X"));
    expect(refused.message).toBe("Cannot buy 1 X: the terminal does not know the volume step of X yet");
    expect(refused.remedy).toContain("Market Watch");
  });

  test("keeps every volume on any step as it is, and refuses what lies between two", async () => {
    const steps = fc.constantFrom(1e-8, 1e-5, 0.001, 0.01, 0.05, 0.1, 0.25, 1, 10);
    await fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 100_000 }), (volumeStep, count) => {
        const symbol = symbolRecord("X", { volumeStep, volumeMin: volumeStep, volumeMax: 1e9 });
        const volume = normaliseVolume(symbol, count * volumeStep, "buy");
        expect(Math.abs(volume / volumeStep - count)).toBeLessThan(1e-6);
        expect(normaliseVolume(symbol, volume, "buy")).toBe(volume);
        refusal(() => normaliseVolume(symbol, (count + 0.5) * volumeStep, "buy"));
      }),
    );
  });
});

describe("normalisePrice", () => {
  test.each([
    [0.000_01, 1.105_004_9, 1.105],
    [0.25, 5_000.3, 5_000.25],
    [0.031_25, 110.04, 110.031_25],
    [1, 64_123.4, 64_123],
    [0.000_000_1, 1.234_567_8, 1.234_567_8],
    [0.000_000_01, 0.000_012_34, 0.000_012_34],
    [0.000_000_5, 0.000_012_3, 0.000_012_5],
    [50, 64_123, 64_100],
    [1 / 3, 2, 2],
  ])("lays a price on ticks of %d: %d is %d", (tickSize, price, expected) => {
    expect(normalisePrice(symbolRecord("X", { tickSize }), price, "price", "buy")).toBe(expected);
  });

  test("is 0 for none, and takes the point where the terminal knows no tick size", () => {
    expect(normalisePrice(euro, undefined, "stopLoss", "buy")).toBe(0);
    expect(normalisePrice(euro, 0, "stopLoss", "buy")).toBe(0);
    const pointed = symbolRecord("X", { tickSize: 0, point: 0.01 });
    expect(normalisePrice(pointed, 1.239, "price", "buy")).toBe(1.24);
  });

  test.each([
    [-1, "stopLoss -1 is not a price", "above 0, or leave it out"],
    [Number.NaN, "stopLoss NaN is not a price", "above 0, or leave it out"],
    ["1.1", 'stopLoss "1.1" (text) is not a price', "above 0, or leave it out"],
    [0.000_001, "stopLoss 0.000001 is below one tick of 0.00001", "as a price, not a distance"],
  ])("refuses %o with the reason and a remedy", (price, reason, remedy) => {
    const refused = refusal(() => normalisePrice(euro, price as number, "stopLoss", "buy"));
    expect(refused.message).toContain(reason);
    expect(refused.remedy).toContain(remedy);
  });

  test("refuses where the terminal knows neither tick size nor point yet", () => {
    const unknown = symbolRecord("X", { tickSize: 0, point: 0 });
    expect(refusal(() => normalisePrice(unknown, 1, "price", "buy")).message).toContain("tick size of X");
  });

  test("moves a price of any decimals by half a tick at most, and leaves what lies on the grid as it reads", async () => {
    const digits = fc.integer({ min: 0, max: 8 });
    await fc.assert(
      fc.property(digits, fc.integer({ min: 1, max: 1_000_000_000 }), (decimals, ticks) => {
        const tickSize = Number(`1e-${decimals}`);
        const symbol = symbolRecord("X", { tickSize, digits: decimals });
        const price = Number(`${ticks}e-${decimals}`);
        expect(normalisePrice(symbol, price, "price", "buy")).toBe(price);
        expect(normalisePrice(symbol, price + tickSize * 0.4, "price", "buy")).toBe(price);
      }),
    );
  });

  test("requiredPrice refuses none", () => {
    expect(requiredPrice(euro, 1.1, "price", "place")).toBe(1.1);
    expect(refusal(() => requiredPrice(euro, undefined, "price", "place")).message).toContain(
      "price is not given",
    );
  });
});

describe("stops", () => {
  test("a sell's stop loss lies above, its take profit below", () => {
    expect(() => checkStops("sell", 1.2, 1.1, "sell")).not.toThrow();
    expect(refusal(() => checkStops("sell", 1.1, 1.2, "sell")).message).toContain(
      "takeProfit 1.2 is not below stopLoss 1.1",
    );
  });

  test("a stop at the price of its order is on neither side", () => {
    expect(() => checkStopsAround("buy", 1.1, 1.09, 1.11, "place")).not.toThrow();
    expect(refusal(() => checkStopsAround("buy", 1.1, 1.1, 0, "place")).message).toContain(
      "not below its price",
    );
    expect(refusal(() => checkStopsAround("buy", 1.1, 0, 1.1, "place")).message).toContain(
      "not above its price",
    );
    expect(refusal(() => checkStopsAround("sell", 1.1, 1.1, 0, "place")).message).toContain(
      "stopLoss 1.1 is not above its price",
    );
  });
});

describe("numbers as text", () => {
  test.each([
    [undefined, "0"],
    [7, "7"],
    ["007", "7"],
    ["9223372036854775807", "9223372036854775807"],
  ])("magicText takes %o as %s", (magic, text) => {
    expect(magicText(magic, "buy")).toBe(text);
  });

  test.each([-1, 1.5, 2 ** 53, "", "1e3", "-1", "9223372036854775808", true])(
    "magicText refuses %o",
    (magic) => {
      const refused = refusal(() => magicText(magic as number, "buy"));
      expect(refused.message).toContain("is not a whole number from 0");
      expect(refused.remedy).toContain("2^63 - 1");
    },
  );

  test.each([0, -1, 1.5, 2 ** 53, "", "0", "01", "1.5", undefined, {}])("ticketText refuses %o", (ticket) => {
    expect(refusal(() => ticketText(ticket as number, "close")).message).toContain("is no ticket");
  });

  test("ticketText keeps a text exact beyond 2^53", () => {
    expect(ticketText("9007199254740993", "close")).toBe("9007199254740993");
    expect(ticketText(12, "close")).toBe("12");
  });
});

test("checkedComment takes what MetaTrader keeps whole", () => {
  expect(checkedComment(undefined, "buy")).toBe("");
  expect(checkedComment("x".repeat(31), "buy")).toHaveLength(31);
  expect(refusal(() => checkedComment("x".repeat(32), "buy")).remedy).toContain("31 characters");
  expect(refusal(() => checkedComment(5 as never, "buy")).message).toContain("the comment");
});

test("checkedDeviation takes whole points from 0, and its standard for none", () => {
  expect([checkedDeviation(undefined, 10, "buy"), checkedDeviation(0, 10, "buy")]).toEqual([10, 0]);
  for (const deviation of [-1, 0.5, Number.NaN, "3"]) {
    refusal(() => checkedDeviation(deviation as number, 10, "buy"));
  }
});

test("brokerRange is in broker time, reaches a day ahead without an end, and refuses what is no date", () => {
  const utcMs = Date.UTC(2024, 0, 10, 8);
  const core = { zone: new BrokerTimeZone(newYorkCloseTime), utcMs };
  const hourMs = 3_600_000;
  const from = new Date(utcMs - hourMs);
  expect(brokerRange(core, from, undefined, "read")).toEqual({
    fromBrokerMs: utcMs + hourMs,
    toBrokerMs: utcMs + 26 * hourMs,
  });
  expect(brokerRange(core, from, new Date(utcMs), "read").toBrokerMs).toBe(utcMs + 2 * hourMs);
  expect(brokerRange(core, new Date(-1e12), from, "read").fromBrokerMs).toBe(0);
  for (const wrong of ["2024-01-01", utcMs, new Date(Number.NaN)]) {
    expect(refusal(() => brokerRange(core, wrong as Date, undefined, "read")).message).toContain(
      "from is no date",
    );
    expect(refusal(() => brokerRange(core, from, wrong as Date, "read")).message).toContain("to is no date");
  }
  expect(refusal(() => brokerRange(core, new Date(utcMs), from, "read")).message).toContain(
    "to is before from",
  );
});
