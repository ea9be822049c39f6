import type { ConnectionState } from "./status.ts";

/** Latencies in milliseconds, over the last thousand calls. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** One agent's figures. */
export interface AgentMetrics {
  readonly state: ConnectionState;
  readonly queries: LatencySummary;
  readonly trades: LatencySummary;
  readonly ticks: number;
  readonly ledgerEvents: number;
  readonly reconnects: number;
  readonly errors: number;
  readonly openCommands: number;
  readonly pendingRequests: number;
  readonly subscribedSymbols: number;
}

/** All agents' figures. */
export interface ConnectorMetrics {
  readonly enabled: boolean;
  readonly agents: Readonly<Record<string, AgentMetrics>>;
}

const window = 1_000;
/** The weight of the newest latency in the average. */
const newestShare = 0.2;

/** Keeps the latest latencies in a ring. */
export class LatencyRecorder {
  readonly #ring: number[] = [];
  #count = 0;
  #recentMs: number | undefined;

  /** Adds one, in milliseconds. */
  add(ms: number): void {
    this.#ring[this.#count % window] = ms;
    this.#count++;
    this.#recentMs = this.#recentMs === undefined ? ms : this.#recentMs + (ms - this.#recentMs) * newestShare;
  }

  /** An average in which the latest weigh most; undefined before the first. */
  get recentMs(): number | undefined {
    return this.#recentMs;
  }

  /** Percentiles of what is in the ring. */
  summary(): LatencySummary {
    const sorted = this.#ring.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
    return { count: this.#count, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) ?? 0 };
  }
}
