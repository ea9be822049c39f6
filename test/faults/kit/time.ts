import { nodeNetwork } from "../../../src/adapters/node-network.ts";
import { type Clock, systemClock } from "../../../src/transport/clock.ts";
import { memoryNetwork } from "../../../src/transport/memory-network.ts";
import type { Network } from "../../../src/transport/network.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";

/** Wednesday, 10 January 2024, 08:00 UTC: markets are open. */
export const startUtcMs: number = Date.UTC(2024, 0, 10, 8);

/** The time and the network of a world. */
export interface Time {
  readonly clock: Clock;
  readonly network: Network;
  /** Lets time pass until the promise has settled. */
  settle<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /** Lets time pass until the condition holds. */
  until(condition: () => boolean, what: string, limitMs?: number): Promise<void>;
  /** Lets this much time pass. */
  pass(ms: number): Promise<void>;
}

const defaultLimitMs = 120_000;

/** Virtual time over byte streams in memory. */
export function virtualTime(clock: VirtualClock = new VirtualClock({ wallStartMs: startUtcMs })): Time {
  return {
    clock,
    network: memoryNetwork({ clock, latencyMs: 1 }),
    async settle<T>(promise: Promise<T>, limitMs = defaultLimitMs): Promise<T> {
      const settled = promise.then(
        () => undefined,
        () => undefined,
      );
      await clock.runUntil(settled, limitMs);
      return await promise;
    },
    async until(condition, what, limitMs = defaultLimitMs): Promise<void> {
      try {
        await clock.runUntil(condition, limitMs);
      } catch (cause) {
        throw new Error(`Waited ${limitMs} virtual ms for ${what}`, { cause });
      }
    },
    pass: (ms) => clock.advance(ms),
  };
}

/** The machine's time over TCP. */
export function realTime(): Time {
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    clock: systemClock,
    network: nodeNetwork,
    async settle<T>(promise: Promise<T>, limitMs = defaultLimitMs): Promise<T> {
      let limit: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        limit = setTimeout(() => reject(new Error(`Not settled within ${limitMs} ms`)), limitMs);
      });
      try {
        return await Promise.race([promise, late]);
      } finally {
        clearTimeout(limit);
      }
    },
    async until(condition, what, limitMs = defaultLimitMs): Promise<void> {
      const limit = performance.now() + limitMs;
      while (!condition()) {
        if (performance.now() > limit) throw new Error(`Waited ${limitMs} ms for ${what}`);
        await sleep(1);
      }
    },
    pass: sleep,
  };
}
