import { describe, expect, it } from "vitest";
import { BrokerTimeZone, newYorkCloseTime } from "../../../../src/domain/broker-time.ts";
import { Timeframe } from "../../../../src/domain/market.ts";
import { BarStore, barStart } from "../../../../src/simulator/broker/bars.ts";

const zone = new BrokerTimeZone(newYorkCloseTime);

function tick(utcMs: number, bid: number, ask = bid + 0.0002): Parameters<BarStore["add"]>[0] {
  return { symbol: "EURUSD", utcMs, bid, ask, last: 0, volume: 0, flags: 6 };
}

describe("barStart", () => {
  const at = Date.UTC(2024, 4, 15, 13, 47, 12, 345);
  it.each([
    ["M1", Date.UTC(2024, 4, 15, 13, 47)],
    ["M5", Date.UTC(2024, 4, 15, 13, 45)],
    ["M12", Date.UTC(2024, 4, 15, 13, 36)],
    ["H1", Date.UTC(2024, 4, 15, 13)],
    ["H4", Date.UTC(2024, 4, 15, 12)],
    ["H8", Date.UTC(2024, 4, 15, 8)],
    ["D1", Date.UTC(2024, 4, 15)],
    ["W1", Date.UTC(2024, 4, 12)],
    ["MN1", Date.UTC(2024, 4, 1)],
  ] as const)("of %s is aligned as MetaTrader's", (timeframe, start) => {
    expect(barStart(at, timeframe)).toBe(start);
    expect(barStart(start, timeframe)).toBe(start);
    expect(barStart(start - 1, timeframe)).toBeLessThan(start);
  });

  it("starts weeks on Sunday", () => {
    expect(new Date(barStart(at, "W1")).getUTCDay()).toBe(0);
  });
});

describe("BarStore", () => {
  it("makes minutes of ticks: prices by bid, number of ticks, spread in points", () => {
    const store = new BarStore(zone, 0.00001, 100);
    const minute = Date.UTC(2024, 0, 10, 8, 30);
    for (const [offset, bid] of [
      [0, 1.1],
      [10_000, 1.2],
      [20_000, 1.05],
      [59_999, 1.15],
      [60_000, 1.16],
    ] as const) {
      store.add(tick(minute + offset, bid));
    }
    const timeBrokerMs = Date.UTC(2024, 0, 10, 10, 30);
    const first = { timeBrokerMs, open: 1.1, high: 1.2, low: 1.05, close: 1.15, tickVolume: 4, spread: 20 };
    expect(store.newest("M1", 10)).toMatchObject([
      first,
      { timeBrokerMs: timeBrokerMs + 60_000, open: 1.16 },
    ]);
    expect(store.newest("M1", 1)).toHaveLength(1);
    expect(store.range("M1", timeBrokerMs, timeBrokerMs)).toMatchObject([first]);
    expect(store.range("M1", timeBrokerMs + 1, timeBrokerMs + 59_999)).toEqual([]);
  });

  it("tells the same in every timeframe: extremes, first, last and number of ticks", () => {
    const store = new BarStore(zone, 0.00001, 10_000);
    const start = Date.UTC(2024, 0, 30, 20);
    for (let i = 0; i < 3_000; i++) store.add(tick(start + i * 60_000, 1 + ((i * 37) % 101) / 100));
    for (const timeframe of Object.values(Timeframe)) {
      const bars = store.newest(timeframe, 100_000);
      expect(bars.reduce((sum, bar) => sum + bar.tickVolume, 0)).toBe(3_000);
      expect(Math.max(...bars.map((bar) => bar.high))).toBe(2);
      expect(Math.min(...bars.map((bar) => bar.low))).toBe(1);
      expect(bars[0]?.open).toBe(1);
      for (const [i, bar] of bars.entries()) {
        expect(barStart(bar.timeBrokerMs, timeframe)).toBe(bar.timeBrokerMs);
        if (i > 0) expect(bar.timeBrokerMs).toBeGreaterThan(bars[i - 1]?.timeBrokerMs ?? 0);
      }
    }
  });

  it("never goes back when the clocks do", () => {
    const store = new BarStore(zone, 0.00001, 10_000);
    const start = Date.UTC(2024, 10, 3, 4);
    for (let i = 0; i < 240; i++) store.add(tick(start + i * 60_000, 1.1));
    const times = store.newest("M1", 1_000).map((bar) => bar.timeBrokerMs);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  });

  it("keeps a bounded number of minutes, the newest", () => {
    const store = new BarStore(zone, 0.00001, 50);
    for (let i = 0; i < 1_000; i++) store.add(tick(i * 60_000, 1 + i));
    const bars = store.newest("M1", 1_000);
    expect(bars.length).toBeLessThan(100);
    expect(bars.length).toBeGreaterThanOrEqual(50);
    expect(bars.at(-1)?.close).toBe(1_000);
  });

  it("draws what has no bid by its last price, without a spread, and nothing of what has neither", () => {
    const store = new BarStore(zone, 0.01, 100);
    const minute = Date.UTC(2024, 0, 10, 8, 30);
    store.add({ ...tick(minute, 0, 0), last: 250.5, volume: 7.9 });
    store.add({ ...tick(minute + 1_000, 0, 251), last: 250.1, volume: 2 });
    store.add(tick(minute + 2_000, 0, 0));
    expect(store.newest("M1", 5)).toMatchObject([
      { open: 250.5, high: 250.5, low: 250.1, close: 250.1, tickVolume: 2, spread: 0, realVolume: 9 },
    ]);
  });
});
