import fc from "fast-check";
import { expect, test } from "vitest";
import { BrokerTimeZone } from "../../../../src/domain/broker-time.ts";
import { type BarRecord, Timeframe } from "../../../../src/domain/market.ts";
import { BarStore, barStart } from "../../../../src/simulator/broker/bars.ts";

const startMs = Date.UTC(2024, 0, 28, 22);
const minuteMs = 60_000;

function filled(gaps: readonly number[]): BarStore {
  const store = new BarStore(new BrokerTimeZone(), 0.00001, 100_000);
  let utcMs = startMs;
  gaps.forEach((gap, index) => {
    utcMs += gap * minuteMs;
    const bid = 1.1 + ((index * 7) % 13) / 1_000;
    store.add({ symbol: "EURUSD", utcMs, bid, ask: bid + 0.0002, last: 0, volume: 1, flags: 6 });
  });
  return store;
}

/** The bars of a timeframe from minutes, by the definition. */
function reference(minutes: readonly BarRecord[], timeframe: Timeframe): BarRecord[] {
  const groups = new Map<number, BarRecord[]>();
  for (const minute of minutes) {
    const opened = barStart(minute.timeBrokerMs, timeframe);
    groups.set(opened, [...(groups.get(opened) ?? []), minute]);
  }
  return [...groups].map(([timeBrokerMs, group]) => ({
    timeBrokerMs,
    open: group[0]?.open ?? 0,
    high: Math.max(...group.map((minute) => minute.high)),
    low: Math.min(...group.map((minute) => minute.low)),
    close: group.at(-1)?.close ?? 0,
    tickVolume: group.reduce((sum, minute) => sum + minute.tickVolume, 0),
    spread: group.at(-1)?.spread ?? 0,
    realVolume: group.reduce((sum, minute) => sum + minute.realVolume, 0),
  }));
}

const gaps = fc.array(
  fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 3 }) }, fc.integer({ min: 0, max: 20_000 })),
  {
    maxLength: 300,
  },
);
const timeframe = fc.constantFrom(...Object.values(Timeframe));

test("BarStore.range gives the bars that opened in the span, each with all its minutes, in every timeframe", () => {
  fc.assert(
    fc.property(gaps, timeframe, fc.nat(1_000_000), fc.nat(1_000_000), (spans, frame, from, length) => {
      const store = filled(spans);
      const minutes = store.range("M1", 0, Number.MAX_SAFE_INTEGER);
      const fromMs = startMs + from * minuteMs;
      const toMs = fromMs + length * minuteMs;
      const expected = reference(minutes, frame).filter(
        (bar) => bar.timeBrokerMs >= fromMs && bar.timeBrokerMs <= toMs,
      );
      expect(store.range(frame, fromMs, toMs)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test("BarStore.newest gives the last bars, whole, in every timeframe", () => {
  fc.assert(
    fc.property(gaps, timeframe, fc.integer({ min: 0, max: 40 }), (spans, frame, count) => {
      const store = filled(spans);
      const minutes = store.range("M1", 0, Number.MAX_SAFE_INTEGER);
      const all = reference(minutes, frame);
      expect(store.newest(frame, count)).toEqual(count === 0 ? [] : all.slice(-count));
    }),
    { numRuns: 300 },
  );
});

test("BarStore asks for the newest bar without looking at all that is stored", () => {
  const store = filled(Array.from({ length: 100_000 }, () => 1));
  const work = (run: () => unknown): number => {
    let most = 0;
    const { floor } = Math;
    Math.floor = (value): number => {
      most++;
      return floor(value);
    };
    try {
      run();
    } finally {
      Math.floor = floor;
    }
    return most;
  };
  expect(work(() => store.newest("H1", 1))).toBeLessThan(500);
  expect(work(() => store.range("M5", startMs, startMs + 60 * minuteMs))).toBeLessThan(500);
});
