import type { Clock } from "../transport/clock.ts";
import {
  AuthenticationError,
  ConnectionError,
  LimitExceededError,
  OutcomeUnknownError,
  ProtocolError,
  RateLimitError,
  RequestRefusedError,
  TimeoutError,
  TradeRejectedError,
} from "./errors.ts";
import type { ConnectionState } from "./status.ts";

/** Latencies in milliseconds, over the last thousand calls. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** How much is done in a second, over the last ten. */
export interface Throughput {
  readonly queriesPerSecond: number;
  readonly commandsPerSecond: number;
  /** Ledger events and ticks. */
  readonly eventsPerSecond: number;
}

/**
 * Errors by class: calls by what they rejected with, and what no caller waited for. An argument that cannot be used
 * (`InvalidRequestError`) is the caller's own and is not counted: the agent had no part in it.
 */
export interface ErrorCounts {
  /** The agent could not be asked: `ConnectionError`, `CircuitOpenError`. */
  readonly connection: number;
  readonly timeout: number;
  readonly authentication: number;
  readonly protocol: number;
  /** The agent answered no: `RequestRefusedError`. */
  readonly refused: number;
  /** Broker, terminal or agent refused a trade: `TradeRejectedError`. */
  readonly rejected: number;
  /** `LimitExceededError`, `RateLimitError`. */
  readonly limit: number;
  /** Outcomes that nobody could tell in time: `OutcomeUnknownError`. */
  readonly unknown: number;
  /** All else, such as a listener that threw. */
  readonly other: number;
}

/** One agent's figures. */
export interface AgentMetrics {
  readonly state: ConnectionState;
  readonly queries: LatencySummary;
  readonly trades: LatencySummary;
  readonly ticks: number;
  readonly ledgerEvents: number;
  readonly reconnects: number;
  /** Errors that no caller waited for. */
  readonly errors: number;
  readonly errorsByClass: ErrorCounts;
  readonly throughput: Throughput;
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

const rateWindowMs = 10_000;
const rateSlots = 10;

/** Counts how often something happened in the last ten seconds. */
export class RateCounter {
  readonly #clock: Clock;
  readonly #counts: number[] = Array.from({ length: rateSlots }, () => 0);
  #slot = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#slot = this.#now();
  }

  /** Counts one more. */
  add(): void {
    this.#forget();
    const at = this.#slot % rateSlots;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  /** A second's share of the last ten seconds. */
  get perSecond(): number {
    this.#forget();
    return this.#counts.reduce((sum, count) => sum + count, 0) / (rateWindowMs / 1_000);
  }

  #now(): number {
    return Math.floor(this.#clock.nowMs() / (rateWindowMs / rateSlots));
  }

  #forget(): void {
    const now = this.#now();
    const passed = Math.min(rateSlots, now - this.#slot);
    for (let i = 1; i <= passed; i++) this.#counts[(now - passed + i) % rateSlots] = 0;
    this.#slot = now;
  }
}

/** Counts errors by their class. */
export class ErrorCounter {
  readonly #counts: { -readonly [Class in keyof ErrorCounts]: number } = {
    connection: 0,
    timeout: 0,
    authentication: 0,
    protocol: 0,
    refused: 0,
    rejected: 0,
    limit: 0,
    unknown: 0,
    other: 0,
  };

  /** Counts an error. */
  add(error: unknown): void {
    this.#counts[classOf(error)]++;
  }

  /** The counts so far. */
  get counts(): ErrorCounts {
    return { ...this.#counts };
  }
}

function classOf(error: unknown): keyof ErrorCounts {
  if (error instanceof TimeoutError) return "timeout";
  if (error instanceof AuthenticationError) return "authentication";
  if (error instanceof ConnectionError) return "connection";
  if (error instanceof ProtocolError) return "protocol";
  if (error instanceof RequestRefusedError) return "refused";
  if (error instanceof TradeRejectedError) return "rejected";
  if (error instanceof LimitExceededError || error instanceof RateLimitError) return "limit";
  return error instanceof OutcomeUnknownError ? "unknown" : "other";
}
