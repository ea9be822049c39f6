import { describe, expect, test } from "vitest";
import {
  generatedMarket,
  type MarketTick,
  mergeSources,
  openMarket,
  recordedMarket,
  type SimulatedMarket,
  sourceOf,
  type TickSource,
} from "../../../../src/simulator/market/mod.ts";
import { systemClock } from "../../../../src/transport/clock.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";

const START = Date.UTC(2024, 0, 10, 8);
const tickAt = (ms: number, symbol = "EURUSD"): MarketTick => ({
  symbol,
  utcMs: START + ms,
  bid: 1.1 + ms / 1e6,
  ask: 1.1002 + ms / 1e6,
  last: 0,
  volume: 0,
  flags: 6,
});
const ticksAt = (...ms: number[]): MarketTick[] => ms.map((at) => tickAt(at));

/** What the market plays, each with the host's time and the market's time at which it came. */
function record(market: SimulatedMarket, host: VirtualClock): [at: number, host: number, market: number][] {
  const seen: [number, number, number][] = [];
  market.onTick((tick) => seen.push([tick.utcMs - START, host.nowMs(), market.clock.wallMs() - START]));
  return seen;
}

describe("SimulatedMarket", () => {
  test("real time: each tick comes when it is due", async () => {
    const host = new VirtualClock();
    const market = await openMarket({ source: sourceOf(ticksAt(0, 100, 250)), clock: host });
    const seen = record(market, host);
    market.start();
    await host.advance(99);
    expect(seen).toEqual([[0, 0, 0]]);
    await host.advance(1000);
    expect(seen).toEqual([
      [0, 0, 0],
      [100, 100, 100],
      [250, 250, 250],
    ]);
    await market.stop();
  });

  test("ten times as fast: ticks and the market's timers come after a tenth of the time", async () => {
    const host = new VirtualClock();
    const market = await openMarket({ source: sourceOf(ticksAt(0, 100, 250)), clock: host, speed: 10 });
    const seen = record(market, host);
    const fired: number[] = [];
    market.clock.setTimer(() => fired.push(host.nowMs()), 50);
    market.start();
    await host.advance(20);
    expect(seen.map(([at, hostMs]) => [at, hostMs])).toEqual([
      [0, 0],
      [100, 10],
    ]);
    expect(fired).toEqual([5]);
    await host.advance(20);
    expect(seen.at(-1)).toEqual([250, 25, 250]);
    await market.stop();
  });

  test("the market's time flows between two ticks, and never runs ahead of the next one", async () => {
    const host = new VirtualClock();
    const market = await openMarket({ source: sourceOf(ticksAt(0, 1000)), clock: host });
    market.start();
    await host.advance(400);
    expect(market.clock.wallMs()).toBe(START + 400);
    expect(market.clock.nowMs()).toBe(400);
    await market.stop();
  });

  test("as fast as possible: ticks and timers in the order of the market's time, then the market goes on in real time", async () => {
    const host = new VirtualClock();
    const market = await openMarket({
      source: sourceOf(ticksAt(0, 100, 200, 300)),
      clock: host,
      speed: "max",
    });
    const order: string[] = [];
    market.onTick((tick) => {
      order.push(`tick ${tick.utcMs - START}`);
      if (tick.utcMs === START + 100) market.clock.setTimer(() => order.push("timer 150"), 50);
      if (tick.utcMs === START + 300) market.clock.setTimer(() => order.push("timer 340"), 40);
    });
    market.start();
    await host.advance(0);
    await market.ended;
    expect(order).toEqual(["tick 0", "tick 100", "timer 150", "tick 200", "tick 300"]);
    expect(market.state.state).toBe("ended");
    await host.advance(40);
    expect(order.at(-1)).toBe("timer 340");
    expect(market.clock.wallMs()).toBe(START + 340);
    await market.stop();
  });

  test("as fast as possible on the machine's clock: the event loop gets its turns, and stop ends it", async () => {
    const market = await openMarket({
      source: generatedMarket({ seed: 1 }),
      clock: systemClock,
      speed: "max",
    });
    market.start();
    let turns = 0;
    while (market.played < 20_000) {
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      turns++;
    }
    expect(turns).toBeGreaterThan(1);
    await market.stop();
    const played = market.played;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    expect(market.played).toBe(played);
  });

  test("timers due at the same instant fire in the order they were set, cancelled ones not at all", async () => {
    const host = new VirtualClock();
    const market = await openMarket({ source: sourceOf(ticksAt(0, 1000)), clock: host, speed: "max" });
    const fired: number[] = [];
    const timers = Array.from({ length: 20 }, (_, i) =>
      market.clock.setTimer(() => fired.push(i), i < 10 ? 500 : 200),
    );
    for (const i of [0, 7, 10]) timers[i]?.cancel();
    market.start();
    await host.advance(1);
    expect(fired).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 1, 2, 3, 4, 5, 6, 8, 9]);
    await market.stop();
  });

  test("loop plays the source again, whole weeks later and a second after the last tick", async () => {
    const host = new VirtualClock();
    const market = await openMarket({ source: () => sourceOf(ticksAt(0, 500)), clock: host, loop: true });
    const seen = record(market, host);
    market.start();
    await host.advance(1600);
    const week = 7 * 86_400_000;
    expect(seen).toEqual([
      [0, 0, 0],
      [500, 500, 500],
      [week, 1500, week],
    ]);
    await market.stop();
  });

  test("loop asks for a source that can be made anew", async () => {
    const options = { source: sourceOf(ticksAt(0)), clock: new VirtualClock(), loop: true };
    await expect(openMarket(options)).rejects.toThrow(/expected source to be a function/);
  });

  test("maxGapMs shortens silence, and timers in it still fire in order", async () => {
    const host = new VirtualClock();
    const source = sourceOf(ticksAt(0, 3_600_000));
    const market = await openMarket({ source, clock: host, maxGapMs: 2000 });
    const seen = record(market, host);
    const fired: number[] = [];
    market.clock.setTimer(() => fired.push(market.clock.wallMs() - START), 60_000);
    market.start();
    await host.advance(2000);
    expect(fired).toEqual([60_000]);
    expect(seen.at(-1)).toEqual([3_600_000, 2000, 3_600_000]);
    await market.stop();
  });

  test("the gate holds the next tick back until its promise resolves", async () => {
    const host = new VirtualClock();
    let release: (() => void) | undefined;
    const gate = (): Promise<void> =>
      new Promise((resolve) => {
        release = resolve;
      });
    const market = await openMarket({ source: sourceOf(ticksAt(0, 1, 2)), clock: host, speed: "max", gate });
    market.start();
    await host.advance(10);
    expect(market.played).toBe(1);
    release?.();
    await host.advance(10);
    expect(market.played).toBe(2);
    await market.stop();
  });

  test("setSpeed changes the pace from here on", async () => {
    const host = new VirtualClock();
    const market = await openMarket({ source: sourceOf(ticksAt(0, 100, 1100)), clock: host });
    const seen = record(market, host);
    market.start();
    await host.advance(100);
    market.setSpeed(100);
    await host.advance(10);
    expect(seen.at(-1)).toEqual([1100, 110, 1100]);
    await market.stop();
  });

  test.each([0, -1, Number.NaN])("a speed of %s is refused", async (speed) => {
    const options = { source: sourceOf(ticksAt(0)), clock: new VirtualClock(), speed };
    await expect(openMarket(options)).rejects.toThrow(/expected a number above 0 or "max"/);
  });

  test("a recording that goes bad later ends the market with the reason", async () => {
    const host = new VirtualClock();
    const pieces = ["2024-01-10T08:00:00Z,1.1,1.2\n", "2024-01-10T08:00:01Z,1.1,oops\n"];
    const market = await openMarket({
      source: recordedMarket(pieces, { symbol: "X" }),
      clock: host,
      speed: "max",
    });
    market.start();
    const failure = expect(market.ended).rejects.toThrow(/line 2/);
    await host.advance(10);
    await failure;
    expect(market.state.state).toBe("failed");
    expect(market.played).toBe(1);
    await market.stop();
  });

  test("a recording that is bad from the first line is refused when the market opens", async () => {
    const source = recordedMarket("nothing to read\n", { symbol: "X" });
    await expect(openMarket({ source, clock: new VirtualClock() })).rejects.toThrow(/line 1/);
  });

  test("a recording without a symbol is refused, saying how to give it", () => {
    expect(() => recordedMarket("", { source: "2024.csv" })).toThrow(/2024\.csv.*the symbol as an option/);
    expect(() => recordedMarket("", {})).toThrow(/the recording.*the symbol as an option/);
  });

  test("a listener that throws ends the market with its error", async () => {
    const host = new VirtualClock();
    const market = await openMarket({ source: sourceOf(ticksAt(0, 100)), clock: host });
    market.onTick(() => {
      throw new Error("listener broke");
    });
    market.start();
    const failure = expect(market.ended).rejects.toThrow("listener broke");
    await host.advance(1000);
    await failure;
    expect(market.state.state).toBe("failed");
    expect(() => market.start()).toThrow(/it is failed/);
    await market.stop();
  });

  test("stop before the end resolves ended, and a second stop does nothing", async () => {
    const host = new VirtualClock();
    const market = await openMarket({ source: sourceOf(ticksAt(0, 1e6)), clock: host });
    market.start();
    await host.advance(10);
    await market.stop();
    await market.ended;
    await market.stop();
    expect(market.state.state).toBe("stopped");
  });

  test("a recording that comes in pieces over time is played whole, and closed when stopped early", async () => {
    const host = new VirtualClock();
    let closed = false;
    async function* pieces(): AsyncGenerator<string> {
      try {
        yield "timestamp,bid,ask\n2024-01-10T08:00:00Z,1.1,1.2\n2024-01-10T08:00:01Z,1.1,1.2\n2024-01";
        await Promise.resolve();
        yield "-10T08:00:02Z,1.1,1.2\n";
        yield "2024-01-10T08:00:03Z,1.1,1.2\n";
      } finally {
        closed = true;
      }
    }
    const source = recordedMarket(pieces(), { source: "EURUSD.csv" });
    expect(source.symbols).toEqual(["EURUSD"]);
    const market = await openMarket({ source, clock: host });
    const seen = record(market, host);
    market.start();
    await host.advance(2500);
    expect(seen.map(([at]) => at)).toEqual([0, 1000, 2000]);
    await market.stop();
    expect(closed).toBe(true);
  });
});

describe("mergeSources", () => {
  test("gives all ticks of all sources in the order of time, of equal times the earlier source's first", async () => {
    async function* late(): AsyncGenerator<string> {
      await Promise.resolve();
      yield "2024-01-10T08:00:00.050Z,1.1,1.2\n2024-01-10T08:00:00.100Z,1.1,1.2\n";
      await Promise.resolve();
      yield "2024-01-10T08:00:00.300Z,1.1,1.2\n";
    }
    const merged: TickSource = mergeSources([
      sourceOf([0, 100, 200].map((at) => tickAt(at, "A"))),
      recordedMarket(late(), { symbol: "B" }),
    ]);
    expect(merged.symbols).toEqual(["A", "B"]);
    const seen: string[] = [];
    for (;;) {
      const batch = await merged.nextBatch();
      if (batch === undefined) break;
      seen.push(...batch.map((tick) => `${tick.symbol} ${tick.utcMs - START}`));
    }
    expect(seen).toEqual(["A 0", "B 50", "A 100", "B 100", "A 200", "B 300"]);
  });
});

describe("SimulatedMarket at its bounds", () => {
  test("a source without a tick ends at once, at the time of the clock it is played on", async () => {
    const clock = new VirtualClock({ wallStartMs: START });
    const market = await openMarket({ source: sourceOf([]), clock, speed: 25 });
    expect([market.clock.wallMs(), market.speed]).toEqual([START, 25]);
    market.start();
    await clock.advance(1_000);
    await market.ended;
    expect([market.state.state, market.played]).toEqual(["ended", 0]);
  });

  test("a listener that was taken off hears no more", async () => {
    const clock = new VirtualClock();
    const market = await openMarket({ source: sourceOf(ticksAt(0, 10, 20)), clock });
    const heard: number[] = [];
    const off = market.onTick(({ utcMs }) => {
      heard.push(utcMs - START);
      if (heard.length === 2) off();
    });
    market.start();
    await clock.advance(100);
    expect([heard, market.played]).toEqual([[0, 10], 3]);
  });

  test("a gate that fails ends the market with its error, and what comes after changes nothing", async () => {
    const clock = new VirtualClock();
    let open: (() => void) | undefined;
    const market = await openMarket({
      source: sourceOf(ticksAt(0, 10, 20)),
      clock,
      gate: ({ utcMs }) => {
        if (utcMs > START) throw new Error("enough");
        return new Promise((resolve) => {
          open = resolve;
        });
      },
    });
    const ended = market.ended.then(
      () => "ended",
      (error: Error) => error.message,
    );
    market.start();
    await clock.advance(50);
    expect(market.played).toBe(1);
    market.setSpeed(2);
    open?.();
    await clock.advance(50);
    expect(await ended).toBe("enough");
    expect(market.state).toMatchObject({ state: "failed" });
    await market.stop();
    expect(market.state).toMatchObject({ state: "failed" });
  });

  test("a gate whose promise is rejected ends the market, too", async () => {
    const clock = new VirtualClock();
    const gate = (): Promise<void> => Promise.reject(new Error("too late"));
    const market = await openMarket({ source: sourceOf(ticksAt(0, 10)), clock, gate });
    const ended = market.ended.catch((error: Error) => error.message);
    market.start();
    await clock.advance(50);
    expect(await ended).toBe("too late");
  });

  test("as fast as possible a loop jumps over the rest of the week, and stop ends it", async () => {
    const clock = new VirtualClock();
    const market = await openMarket({
      source: () => sourceOf(ticksAt(0, 10)),
      clock,
      speed: "max",
      loop: true,
    });
    const seen: number[] = [];
    market.onTick(({ utcMs }) => {
      seen.push(utcMs - START);
      if (seen.length === 6) void market.stop();
    });
    market.start();
    await clock.advance(10);
    const week = 7 * 86_400_000;
    expect(seen).toEqual([0, 10, week, week + 10, 2 * week, 2 * week + 10]);
  });

  test("while the next ticks are being read the market's time stands at the last one", async () => {
    const clock = new VirtualClock();
    let give: ((ticks: undefined) => void) | undefined;
    const batches = [Promise.resolve(ticksAt(0)), new Promise<undefined>((resolve) => (give = resolve))];
    const source: TickSource = { symbols: ["EURUSD"], nextBatch: () => batches.shift() };
    const market = await openMarket({ source, clock });
    market.start();
    await clock.advance(5_000);
    market.setSpeed(3);
    expect([market.played, market.clock.wallMs()]).toEqual([1, START]);
    give?.(undefined);
    await market.ended;
    await clock.advance(1_000);
    expect(market.clock.wallMs()).toBe(START + 1_000);
  });

  test("merged sources are closed with the market, whether they hold something or not", async () => {
    const closed: string[] = [];
    const empty: TickSource = { symbols: [], nextBatch: () => undefined };
    const held: TickSource = { ...sourceOf(ticksAt(0)), close: () => void closed.push("held") };
    const source = mergeSources([empty, held]);
    const clock = new VirtualClock();
    const market = await openMarket({ source, clock });
    market.start();
    await market.stop();
    expect(closed).toEqual(["held"]);
    expect(mergeSources([empty]).nextBatch()).toBeUndefined();
  });
});
