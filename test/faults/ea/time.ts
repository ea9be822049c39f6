import { nodeNetwork } from "../../../src/adapters/node-network.ts";
import type { Time } from "../kit/time.ts";

/** A condition is looked at so often, in milliseconds of the machine. */
const lookMs = 5;
const defaultLimitMs = 120_000;

/**
 * The machine's time over TCP, but so many times faster: what takes a second of this time takes a fraction of it here.
 * Everything that lives in it must: connector, broker and expert (`timeScale` of its host).
 */
export function scaledTime(scale: number): Time {
  const startMs = performance.now();
  const wallStartMs = Date.now();
  const nowMs = (): number => (performance.now() - startMs) * scale;
  const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms / scale));
  return {
    clock: {
      nowMs,
      wallMs: () => wallStartMs + nowMs(),
      setTimer(callback, delayMs) {
        const handle = setTimeout(callback, Math.max(0, delayMs) / scale);
        return { cancel: (): void => clearTimeout(handle) };
      },
    },
    network: nodeNetwork,
    async settle<T>(promise: Promise<T>, limitMs = defaultLimitMs): Promise<T> {
      let limit: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        limit = setTimeout(() => reject(new Error(`Not settled within ${limitMs} ms`)), limitMs / scale);
      });
      try {
        return await Promise.race([promise, late]);
      } finally {
        clearTimeout(limit);
      }
    },
    async until(condition, what, limitMs = defaultLimitMs): Promise<void> {
      const limit = nowMs() + limitMs;
      while (!condition()) {
        if (nowMs() > limit) throw new Error(`Waited ${limitMs} ms for ${what}`);
        await pass(lookMs * scale);
      }
    },
    pass,
  };
}
