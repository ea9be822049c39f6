import { describe, expect, test } from "vitest";
import {
  alwaysOpen,
  inSession,
  SimulatedTerminal,
  symbolSpec,
  weekdaySessions,
} from "../../../../src/simulator/broker/mod.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";
import { openDesk, WEDNESDAY } from "./desk.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TO_MIDNIGHT = 14 * HOUR;

describe("SimulatedTerminal swap", () => {
  test("points: charged at the broker's midnight, three days' worth on Wednesday, none on the weekend", async () => {
    const { terminal, open, clock } = openDesk({}, { swapLong: -7.2, swapShort: 2.4 });
    await open("buy", 1);
    await open("sell", 0.5);
    const swaps = (): number[] => terminal.positions().map((position) => position.swap);
    await clock.advance(TO_MIDNIGHT - 1);
    expect(swaps()).toEqual([0, 0]);
    await clock.advance(1);
    expect(swaps()).toEqual([-21.6, 3.6]);
    await clock.advance(DAY);
    expect(swaps()).toEqual([-28.8, 4.8]);
    await clock.advance(DAY);
    expect(swaps()).toEqual([-36, 6]);
    await clock.advance(2 * DAY);
    expect(swaps()).toEqual([-36, 6]);
    await clock.advance(DAY);
    expect(swaps()).toEqual([-43.2, 7.2]);
  });

  test("swap counts in profit and equity, and goes into the balance with the part that is closed", async () => {
    const { terminal, open, send, clock } = openDesk({}, { swapMode: "money", swapLong: -1.01 });
    const position = await open("buy", 1);
    await clock.advance(TO_MIDNIGHT);
    expect(terminal.account()).toMatchObject({ balance: 10_000, profit: -23.03, equity: 9976.97 });
    const close = { action: "deal", symbol: "EURUSD", kind: "sell", position } as const;
    await send({ ...close, volume: 0.3 });
    expect(terminal.historyDeals("0").at(-1)).toMatchObject({ swap: -0.91, profit: -6 });
    expect(terminal.positions()).toMatchObject([{ swap: -2.12 }]);
    await send({ ...close, volume: 0.7 });
    expect(terminal.account()).toMatchObject({ balance: 10_000 - 20 - 3.03, profit: 0 });
  });

  test("interest: percent a year of the value, over 360 days", async () => {
    const { terminal, open, clock } = openDesk(
      {},
      { swapMode: "interest", swapLong: -3.6, swapTripleDay: 5 },
    );
    await open("buy", 1);
    await clock.advance(TO_MIDNIGHT);
    // 110,000 dollars × 3.6 % / 360
    expect(terminal.positions()[0]?.swap).toBe(-11);
  });

  test("without swap no timer waits for midnight", async () => {
    const { terminal, open, clock } = openDesk({}, { swapMode: "disabled", swapLong: -7 });
    await open("buy", 1);
    await clock.advance(DAY);
    expect(terminal.positions()[0]?.swap).toBe(0);
  });
});

describe("sessions", () => {
  const at = (day: number, minute: number): number => Date.UTC(2024, 0, 7 + day) + minute * 60_000;

  test("weekday sessions are open from Monday to Friday in broker time", () => {
    const spans = weekdaySessions(60, 1439);
    expect(inSession(spans, at(1, 59))).toBe(false);
    expect(inSession(spans, at(1, 60))).toBe(true);
    expect(inSession(spans, at(5, 1438))).toBe(true);
    expect(inSession(spans, at(5, 1439))).toBe(false);
    expect(inSession(spans, at(6, 600))).toBe(false);
    expect(inSession(spans, at(0, 600))).toBe(false);
  });

  test("a market that is always open trades on Sunday", async () => {
    const sunday = WEDNESDAY + 4 * DAY;
    const { open, terminal } = openDesk({}, { tradeSessions: alwaysOpen }, sunday);
    await open("buy", 0.1);
    expect(terminal.positions()).toHaveLength(1);
  });
});

describe("symbols", () => {
  test.each([
    ["EURUSDm", "EUR", "USD", 5, 100_000],
    ["EURUSD.£", "EUR", "USD", 5, 100_000],
    ["gbpjpy", "GBP", "JPY", 3, 100_000],
    ["XAUUSD.r", "XAU", "USD", 2, 100],
    ["@ES", "USD", "USD", 2, 1],
    ["欧元美元", "USD", "USD", 2, 1],
  ])("%s gets a plausible contract", (name, base, profit, digits, contractSize) => {
    expect(symbolSpec(name)).toMatchObject({
      name,
      currencyBase: base,
      currencyProfit: profit,
      digits,
      contractSize,
    });
  });

  test("a symbol with a suffix that is not ASCII trades under its exact name only", async () => {
    const clock = new VirtualClock({ wallStartMs: WEDNESDAY });
    const terminal = new SimulatedTerminal({ clock, symbols: [symbolSpec("EURUSD.£")] });
    terminal.quote("EURUSD.£", 1.1, 1.1002);
    const buy = { action: "deal", kind: "buy", volume: 0.1 } as const;
    expect(terminal.orderCheck({ ...buy, symbol: "EURUSD.£" }).retcode).toBe(0);
    expect(terminal.orderCheck({ ...buy, symbol: "eurusd.£" }).retcode).toBe(10013);
    expect(() => terminal.quote("EURUSD", 1, 2)).toThrow(/no such symbol/);
  });
});
