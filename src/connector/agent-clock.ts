/** Clocks of two machines may run apart by this much: 200 parts per million, twice what a PC's quartz may. */
const driftPerMs = 0.0002;

/**
 * The agent's clock, estimated (docs/protocol.md, sections 2 and 4.1). Every reply bounds the offset from both sides,
 * every pulse from below; the bounds are intersected, and widened by the drift while time passes.
 */
export class AgentClock {
  readonly #nowMs: () => number;
  #lowest = Number.NEGATIVE_INFINITY;
  #highest = Number.POSITIVE_INFINITY;
  #atMs = 0;
  #distrusted = false;

  /** Takes this side's monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether a reply has been seen since the last reset. */
  get known(): boolean {
    return this.#highest < Number.POSITIVE_INFINITY;
  }

  /** The agent's clock now, in whole milliseconds. */
  now(): number {
    return this.toAgentMs(this.#nowMs());
  }

  /** A moment of this side's clock in the agent's. */
  toAgentMs(localMs: number): number {
    return Math.max(0, Math.floor(localMs + this.#offset()));
  }

  /** A reply stamped `agentMs` to a request that was sent and answered at these moments of this side's clock. */
  reply(agentMs: number, sentMs: number, receivedMs: number): void {
    if (this.#distrusted) this.reset();
    this.#bound(agentMs - receivedMs, agentMs + 1 - sentMs);
  }

  /** A message stamped `agentMs` that nobody had asked for: it cannot have come before it was made. */
  message(agentMs: number): void {
    if (this.known) this.#bound(agentMs - this.#nowMs(), Number.POSITIVE_INFINITY);
  }

  /** The agent says that the estimate is wrong: the next reply alone counts. */
  distrust(): void {
    this.#distrusted = true;
  }

  /** Forgets everything: the agent has restarted. */
  reset(): void {
    this.#distrusted = false;
    this.#lowest = Number.NEGATIVE_INFINITY;
    this.#highest = Number.POSITIVE_INFINITY;
  }

  #offset(): number {
    if (!this.known) throw new Error("Cannot tell the agent's time: no reply has been seen");
    return (this.#lowest + this.#highest) / 2;
  }

  #bound(lowest: number, highest: number): void {
    const nowMs = this.#nowMs();
    const widening = Math.max(0, nowMs - this.#atMs) * driftPerMs;
    this.#atMs = nowMs;
    const low = Math.max(this.#lowest - widening, lowest);
    const high = Math.min(this.#highest + widening, highest);
    if (low <= high) {
      this.#lowest = low;
      this.#highest = high;
      return;
    }
    // One of the clocks stood still or jumped (a suspended machine): only the newest evidence counts.
    if (highest === Number.POSITIVE_INFINITY) {
      const width = this.#highest - this.#lowest;
      this.#lowest = lowest;
      this.#highest = lowest + width;
    } else {
      this.#lowest = lowest;
      this.#highest = highest;
    }
  }
}
