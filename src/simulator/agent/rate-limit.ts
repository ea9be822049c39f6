/** Lets so many pass per second, with a burst of twice that. */
export class RateLimit {
  readonly #perSecond: number;
  #tokens: number;
  #lastMs = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#tokens = 2 * perSecond;
  }

  /** Takes one; false if there is none. */
  take(nowMs: number): boolean {
    const gained = ((nowMs - this.#lastMs) * this.#perSecond) / 1000;
    this.#tokens = Math.min(2 * this.#perSecond, this.#tokens + gained);
    this.#lastMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
