import { describe, expect, test } from "vitest";
import {
  type GeneratorOptions,
  generatedMarket,
  type MarketTick,
  Prng,
  standardSymbols,
} from "../../../../src/simulator/market/mod.ts";

function take(count: number, options: GeneratorOptions): MarketTick[] {
  const source = generatedMarket({ ...options, maxTicks: count });
  const ticks: MarketTick[] = [];
  for (;;) {
    const batch = source.nextBatch();
    if (batch === undefined) return ticks;
    if (!Array.isArray(batch)) throw new Error("the generator made a promise");
    for (const tick of batch) ticks.push(tick);
  }
}

describe("generatedMarket", () => {
  test("the same seed gives the same ticks byte for byte, another seed others", () => {
    const first = JSON.stringify(take(2000, { seed: 7 }));
    expect(JSON.stringify(take(2000, { seed: 7 }))).toBe(first);
    expect(JSON.stringify(take(2000, { seed: 8 }))).not.toBe(first);
  });

  test("a symbol's ticks do not depend on which other symbols there are", () => {
    const gold = standardSymbols.filter((symbol) => symbol.name === "XAUUSD");
    const among = take(4000, { seed: 3 }).filter((tick) => tick.symbol === "XAUUSD");
    expect(take(among.length, { seed: 3, symbols: gold })).toEqual(among);
  });

  test("ticks are in the order of time, on the grid of the digits, with a positive spread", () => {
    const ticks = take(20_000, { seed: 1 });
    let previous = 0;
    for (const tick of ticks) {
      const spec = standardSymbols.find((symbol) => symbol.name === tick.symbol);
      expect(tick.utcMs).toBeGreaterThanOrEqual(previous);
      expect(tick.ask).toBeGreaterThan(tick.bid);
      expect(Number(tick.bid.toFixed(spec?.digits))).toBe(tick.bid);
      expect(Number(tick.ask.toFixed(spec?.digits))).toBe(tick.ask);
      expect(tick.flags & ~6).toBe(0);
      expect(tick.flags).not.toBe(0);
      previous = tick.utcMs;
    }
  });

  test("tick rate and daily range are plausible for EURUSD", () => {
    const eurusd = standardSymbols.filter((symbol) => symbol.name === "EURUSD");
    const ticks = take(100_000, { seed: 5, symbols: eurusd });
    const seconds = ((ticks.at(-1)?.utcMs ?? 0) - (ticks[0]?.utcMs ?? 0)) / 1000;
    expect(ticks.length / seconds).toBeGreaterThan(2);
    expect(ticks.length / seconds).toBeLessThan(4);
    const bids = ticks.map((tick) => tick.bid);
    const range = Math.max(...bids) - Math.min(...bids);
    expect(range).toBeGreaterThan(0.001);
    expect(range).toBeLessThan(0.03);
  });

  test("the market is silent on the weekend unless told otherwise", () => {
    const friday = Date.UTC(2024, 0, 12, 21, 59, 50);
    const sunday = Date.UTC(2024, 0, 14, 22);
    const ticks = take(500, { seed: 2, startUtcMs: friday });
    expect(ticks.some((tick) => tick.utcMs < Date.UTC(2024, 0, 12, 22))).toBe(true);
    expect(ticks.some((tick) => tick.utcMs >= sunday)).toBe(true);
    expect(ticks.filter((tick) => tick.utcMs >= Date.UTC(2024, 0, 12, 22) && tick.utcMs < sunday)).toEqual(
      [],
    );
    const always = take(500, { seed: 2, startUtcMs: friday, weekends: true });
    expect(always.at(-1)?.utcMs).toBeLessThan(friday + 600_000);
  });
});

describe("Prng", () => {
  test("gives the numbers that it always gave for a seed", () => {
    const random = new Prng(42);
    const first = [random.uint32(), random.uint32(), random.uint32()];
    const again = new Prng(42);
    expect([again.uint32(), again.uint32(), again.uint32()]).toEqual(first);
    expect(new Set(first).size).toBe(3);
  });

  test("integer reaches both ends, float stays below 1, normal has mean 0 and deviation 1", () => {
    const random = new Prng("distribution");
    const whole = new Set(Array.from({ length: 200 }, () => random.integer(1, 4)));
    expect([...whole].sort()).toEqual([1, 2, 3, 4]);
    const normal = Array.from({ length: 20_000 }, () => random.normal());
    const mean = normal.reduce((sum, value) => sum + value, 0) / normal.length;
    const variance = normal.reduce((sum, value) => sum + (value - mean) ** 2, 0) / normal.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
    expect(Math.max(...Array.from({ length: 1000 }, () => random.float()))).toBeLessThan(1);
  });
});

describe("generatedMarket at its bounds", () => {
  test("without options it is the standard market; without symbols it has no ticks; a start on Sunday is put off to Monday", () => {
    const standard = generatedMarket().nextBatch();
    expect(standard).toEqual(generatedMarket({ seed: 1 }).nextBatch());
    expect(generatedMarket({ symbols: [] }).nextBatch()).toBeUndefined();
    const sunday = generatedMarket({ startUtcMs: Date.UTC(2024, 0, 14, 12), maxTicks: 1 }).nextBatch();
    expect(sunday).toMatchObject([{ utcMs: Date.UTC(2024, 0, 14, 22) }]);
  });
});
