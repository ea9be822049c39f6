import fc from "fast-check";
import { expect, test } from "vitest";
import { MarketClock } from "../../../../src/simulator/market/market-clock.ts";

test("MarketClock fires timers by their time, then by their setting, and never those cancelled, however many these are", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ delay: fc.nat(50), cancelled: fc.boolean() }), { maxLength: 60 }),
      fc.integer({ min: 0, max: 3_000 }),
      (timers, alsoCancelled) => {
        const clock = new MarketClock(1_000);
        const fired: number[] = [];
        const set = timers.map(({ delay }, n) => clock.setTimer(() => fired.push(n), delay));
        timers.forEach(({ cancelled }, n) => {
          if (cancelled) set[n]?.cancel();
        });
        for (let n = 0; n < alsoCancelled; n++) {
          const timer = clock.setTimer(() => fired.push(-1), n % 70);
          timer.cancel();
          timer.cancel();
        }
        while (clock.nextDueUtcMs() !== undefined) clock.fireNext();
        const expected = timers
          .map((timer, n) => ({ ...timer, n }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.delay - b.delay || a.n - b.n);
        expect(fired).toEqual(expected.map(({ n }) => n));
        expect(clock.wallMs()).toBe(1_000 + (expected.at(-1)?.delay ?? 0));
      },
    ),
    { numRuns: 40 },
  );
});

test("MarketClock: a timer cancelled after it fired counts for nothing, and no timer is no event", () => {
  const clock = new MarketClock(0);
  clock.fireNext();
  let fired = 0;
  for (let n = 0; n < 2_000; n++) {
    const timer = clock.setTimer(() => fired++, 1);
    clock.fireNext();
    timer.cancel();
  }
  clock.setTimer(() => fired++, 5);
  clock.fireNext();
  expect([fired, clock.nowMs(), clock.nextDueUtcMs()]).toEqual([2_001, 2_005, undefined]);
});
