import type { Clock } from "../transport/clock.ts";

/** A token bucket per name, all of one size. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  /** `perSecond` of 0 lets everything pass. @param burst how many may come at once; by default those of one second */
  constructor(clock: Clock, perSecond: number, burst: number = Math.max(1, perSecond)) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Takes a token. False: there is none. */
  take(name: string): boolean {
    if (this.#perSecond === 0) return true;
    const nowMs = this.#clock.nowMs();
    const bucket = this.#buckets.get(name) ?? { tokens: this.#burst, atMs: nowMs };
    const tokens = Math.min(this.#burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * this.#perSecond);
    const taken = tokens >= 1;
    this.#buckets.set(name, { tokens: taken ? tokens - 1 : tokens, atMs: nowMs });
    if (this.#buckets.size > maxBuckets) this.#prune(nowMs);
    return taken;
  }

  /** Forgets the full buckets: a new one is full as well. */
  #prune(nowMs: number): void {
    const fullMs = (this.#burst / this.#perSecond) * 1000;
    for (const [name, { atMs }] of this.#buckets) if (nowMs - atMs >= fullMs) this.#buckets.delete(name);
  }
}

const maxBuckets = 4_096;
