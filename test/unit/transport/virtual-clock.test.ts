import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";

describe("VirtualClock", () => {
  test("fires timers in order of due time, then of setting, each at its own time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 40 }), async (delays) => {
        const clock = new VirtualClock();
        const fired: { readonly index: number; readonly atMs: number }[] = [];
        for (const [index, delayMs] of delays.entries()) {
          clock.setTimer(() => fired.push({ index, atMs: clock.nowMs() }), delayMs);
        }
        await clock.advance(50);
        const wanted = delays
          .map((atMs, index) => ({ index, atMs }))
          .sort((a, b) => a.atMs - b.atMs || a.index - b.index);
        expect(fired).toEqual(wanted);
        expect(clock.nowMs()).toBe(50);
      }),
      { numRuns: 25 },
    );
  });

  test("runs promise chains and immediates to their end before the next timer", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    clock.setTimer(() => {
      void (async (): Promise<void> => {
        for (let i = 0; i < 20; i++) await Promise.resolve();
        log.push("chain");
        setImmediate(() => {
          log.push("immediate");
          setImmediate(() => log.push("second immediate"));
        });
      })();
    }, 5);
    clock.setTimer(() => log.push("next"), 5);
    await clock.advance(5);
    expect(log).toEqual(["chain", "immediate", "second immediate", "next"]);
  });

  test("never fires synchronously nor a cancelled timer, and fires one of 0 ms at the same instant", async () => {
    const clock = new VirtualClock();
    const log: number[] = [];
    const cancelled = clock.setTimer(() => log.push(-1), 1);
    clock.setTimer(() => clock.setTimer(() => log.push(clock.nowMs()), 0), 3);
    clock.setTimer(() => cancelled.cancel(), 0);
    expect(log).toEqual([]);
    await clock.advance(3);
    expect(log).toEqual([3]);
  });

  test("runUntil stops at the instant that settles the promise, passes its failure on, and has a limit", async () => {
    const clock = new VirtualClock();
    const later = new Promise<string>((resolve) => clock.setTimer(() => resolve("done"), 10));
    expect(await clock.runUntil(later, 100)).toBe("done");
    expect(clock.nowMs()).toBe(10);
    const failing = new Promise<string>((_resolve, reject) =>
      clock.setTimer(() => reject(new Error("no")), 10),
    );
    await expect(clock.runUntil(failing, 100)).rejects.toThrow("no");
    await expect(clock.runUntil(() => false, 30)).rejects.toThrow("30 virtual ms");
    expect(clock.nowMs()).toBe(50);
  });

  test("jumps in wall time only", () => {
    const clock = new VirtualClock({ wallStartMs: 1_000 });
    clock.jumpWall(-500);
    expect([clock.nowMs(), clock.wallMs()]).toEqual([0, 500]);
  });

  test("refuses to go back, and to be advanced twice at once", async () => {
    const clock = new VirtualClock();
    await expect(clock.advance(-1)).rejects.toThrow(RangeError);
    const first = clock.advance(1);
    await expect(clock.advance(1)).rejects.toThrow("already");
    await first;
  });

  test("keeps the order of what is left when it drops many cancelled timers", async () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    for (let i = 0; i < 5_000; i++) {
      const delayMs = (i * 7_919) % 5_000;
      const timer = clock.setTimer(() => fired.push(delayMs), delayMs);
      if (i % 5 !== 0) timer.cancel();
    }
    await clock.advance(5_000);
    expect(fired).toHaveLength(1_000);
    expect(fired).toEqual([...fired].sort((a, b) => a - b));
  });
});
