import type { Clock, Timer } from "../../transport/clock.ts";
import { checkKnownKeys, type Keys } from "../known-keys.ts";
import { MarketClock } from "./market-clock.ts";
import type { MarketTick, TickBatch, TickSource } from "./tick-source.ts";

/** How a market is played. */
export interface MarketOptions {
  /** Where the ticks come from; a function if they are to be played again (`loop`). */
  readonly source: TickSource | (() => TickSource);
  /** The clock that the player lives by, real or virtual. */
  readonly clock: Clock;
  /** 1 is real time, N is N times as fast, "max" as fast as possible. @default 1 */
  readonly speed?: number | "max";
  /**
   * Plays the source again after its last tick, moved on by whole weeks. Else the market stays at its last prices, and
   * its time goes on at the pace of the clock. @default false
   */
  readonly loop?: boolean;
  /** Skips over silence longer than this, in milliseconds of the market's time. @default Infinity */
  readonly maxGapMs?: number;
  /** Called after each tick's listeners; the market waits for the promise. For strategies in lock step. */
  readonly gate?: (tick: MarketTick) => void | Promise<void>;
}

const marketKeys: Keys<MarketOptions> = {
  source: true,
  clock: true,
  speed: true,
  loop: true,
  maxGapMs: true,
  gate: true,
};

/** What has become of a market. */
export type MarketState =
  | { readonly state: "ready" | "playing" | "ended" | "stopped" }
  | { readonly state: "failed"; readonly cause: unknown };

/** Ticks and timers in a row before the event loop gets its turn, at most; by time as well, see `SLICE_MS`. */
const SLICE_EVENTS = 2048;
const SLICE_MS = 8;
const WEEK_MS = 7 * 86_400_000;
/** After a repeat the first tick comes this much after the last one. */
const LOOP_GAP_MS = 1000;

/** Opens a market: reads the first ticks, so that its time is known, but does not play yet. */
export async function openMarket(options: MarketOptions): Promise<SimulatedMarket> {
  checkKnownKeys(options, marketKeys, "open a market");
  const source = typeof options.source === "function" ? options.source() : options.source;
  let first: TickBatch = [];
  while (first !== undefined && first.length === 0) {
    const batch = source.nextBatch();
    first = batch instanceof Promise ? await batch : batch;
  }
  return new SimulatedMarket(options, source, first ?? []);
}

/** Plays ticks on a clock, and is the clock of the market (see `MarketClock`). */
export class SimulatedMarket {
  /** The market's own time; `wallMs` is UTC as the ticks say it. */
  readonly clock: Clock;
  readonly symbols: readonly string[];
  /**
   * Resolves when the source is at its end (without `loop`) or the market was stopped; rejects if the source or a
   * listener failed, which ends the market. Await it: a failure that nobody awaits is an unhandled rejection.
   */
  readonly ended: Promise<void>;
  readonly #options: MarketOptions;
  readonly #market: MarketClock;
  readonly #listeners: Set<(tick: MarketTick) => void> = new Set();
  readonly #settleEnded: { resolve(): void; reject(cause: unknown): void };
  #source: TickSource;
  #batch: readonly MarketTick[];
  #at = 0;
  #state: MarketState = { state: "ready" };
  #speed: number | "max";
  #wake: Timer | undefined;
  #busy = false;
  #anchorUtcMs: number;
  #anchorHostMs: number;
  #shiftMs = 0;
  #passFirstUtcMs: number;
  #lastUtcMs: number;
  #played = 0;

  /** Use `openMarket`, which reads the first batch. */
  constructor(options: MarketOptions, source: TickSource, first: readonly MarketTick[]) {
    checkSpeed(options.speed ?? 1);
    if (options.loop === true && typeof options.source !== "function") {
      throw new TypeError(
        "Cannot loop a market: expected source to be a function that makes the source anew",
      );
    }
    this.#options = options;
    this.#source = source;
    this.#batch = first;
    this.symbols = source.symbols;
    this.#speed = options.speed ?? 1;
    const start = first[0]?.utcMs ?? options.clock.wallMs();
    this.#anchorUtcMs = start;
    this.#anchorHostMs = options.clock.nowMs();
    this.#passFirstUtcMs = start;
    this.#lastUtcMs = start;
    this.#market = new MarketClock(start, () => this.#interpolated());
    this.#market.onEarlierTimer = (): void => this.#schedule();
    this.clock = this.#market;
    let settle: { resolve(): void; reject(cause: unknown): void } | undefined;
    this.ended = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    if (settle === undefined) throw new Error("Cannot open a market: no promise");
    this.#settleEnded = settle;
  }

  get state(): MarketState {
    return this.#state;
  }

  /** Number of ticks played so far. */
  get played(): number {
    return this.#played;
  }

  get speed(): number | "max" {
    return this.#speed;
  }

  /** Changes the speed while playing. */
  setSpeed(speed: number | "max"): void {
    checkSpeed(speed);
    this.#anchor(this.#market.wallMs());
    this.#speed = speed;
    this.#schedule();
  }

  /** Hears every tick, before the gate. Returns what ends it. */
  onTick(listener: (tick: MarketTick) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts playing. Connect what listens first. */
  start(): void {
    if (this.#state.state !== "ready") throw new Error(`Cannot start a market: it is ${this.#state.state}`);
    this.#state = { state: "playing" };
    this.#anchor(this.#market.wallMs());
    this.#schedule();
  }

  /** Stops for good: no more ticks, no more timers. */
  async stop(): Promise<void> {
    if (this.#state.state === "stopped") return;
    const failed = this.#state.state === "failed";
    if (!failed) this.#state = { state: "stopped" };
    this.#wake?.cancel();
    this.#settleEnded.resolve();
    await this.#source.close?.();
  }

  #running(): boolean {
    return this.#state.state === "playing" || this.#state.state === "ended";
  }

  /** The pace of the market against the host's clock; infinite while ticks are played as fast as possible. */
  #pace(): number {
    if (this.#state.state === "ended") return 1;
    return this.#speed === "max" ? Number.POSITIVE_INFINITY : this.#speed;
  }

  #anchor(utcMs: number): void {
    this.#anchorUtcMs = utcMs;
    this.#anchorHostMs = this.#options.clock.nowMs();
  }

  /** How far the host's clock lets the market go. */
  #limit(): number {
    const pace = this.#pace();
    if (pace === Number.POSITIVE_INFINITY) return pace;
    return this.#anchorUtcMs + (this.#options.clock.nowMs() - this.#anchorHostMs) * pace;
  }

  /**
   * Between events time flows with the host's clock, but never past an event that has not happened yet. While an event
   * is handled time stands still at its instant, so that what is done then does not depend on the speed.
   */
  #interpolated(): number {
    if (!this.#running() || this.#busy) return Number.NEGATIVE_INFINITY;
    const event = this.#nextEvent();
    if (event === undefined) return this.#state.state === "ended" ? this.#limit() : Number.NEGATIVE_INFINITY;
    if (this.#pace() === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
    return Math.min(this.#limit(), event.utcMs);
  }

  /** The next tick or timer; undefined while there is none, or the source has yet to tell which it is. */
  #nextEvent(): { readonly utcMs: number; readonly tick: MarketTick | undefined } | undefined {
    const tick = this.#batch[this.#at];
    const due = this.#market.nextDueUtcMs();
    if (tick !== undefined && (due === undefined || tick.utcMs + this.#shiftMs <= due)) {
      return { utcMs: tick.utcMs + this.#shiftMs, tick };
    }
    if (tick === undefined && this.#state.state === "playing") return undefined;
    return due === undefined ? undefined : { utcMs: due, tick: undefined };
  }

  #schedule(): void {
    if (!this.#running() || this.#busy) return;
    this.#wake?.cancel();
    this.#wake = undefined;
    const event = this.#nextEvent();
    if (event === undefined && this.#state.state === "ended") return;
    const limit = this.#limit();
    const behind = event === undefined || event.utcMs <= limit;
    const delayMs = behind ? 0 : Math.min((event.utcMs - limit) / this.#pace(), 2 ** 30);
    this.#wake = this.#options.clock.setTimer(() => this.#pump(), delayMs);
  }

  /** Plays what is due, then schedules itself again. */
  #pump(): void {
    if (!this.#running() || this.#busy) return;
    this.#busy = true;
    let waiting: Promise<void> | undefined;
    try {
      waiting = this.#slice();
    } catch (cause) {
      this.#busy = false;
      this.#fail(cause);
      return;
    }
    if (waiting === undefined) {
      this.#busy = false;
      this.#schedule();
      return;
    }
    waiting.then(
      () => {
        this.#busy = false;
        this.#schedule();
      },
      (cause: unknown) => {
        this.#busy = false;
        this.#fail(cause);
      },
    );
  }

  /** Plays a bounded number of events; a promise if the source or the gate made one. */
  #slice(): Promise<void> | undefined {
    const host = this.#options.clock;
    const startedMs = host.nowMs();
    for (let count = 1; this.#running(); count++) {
      if (this.#at >= this.#batch.length && this.#state.state === "playing") {
        const batch = this.#source.nextBatch();
        if (batch instanceof Promise) return batch.then((ticks) => this.#take(ticks));
        this.#take(batch);
      } else {
        const event = this.#nextEvent();
        if (event === undefined) return undefined;
        if (event.utcMs > this.#limit()) {
          if (!this.#skipGap()) return undefined;
          continue;
        }
        const waiting = this.#play(event.tick);
        if (waiting instanceof Promise) return waiting;
      }
      if (count >= SLICE_EVENTS || (count % 64 === 0 && host.nowMs() - startedMs >= SLICE_MS))
        return undefined;
    }
    return undefined;
  }

  #play(source: MarketTick | undefined): void | Promise<void> {
    if (source === undefined) {
      this.#market.fireNext();
      return;
    }
    this.#at++;
    this.#played++;
    const tick = this.#shiftMs === 0 ? source : { ...source, utcMs: source.utcMs + this.#shiftMs };
    this.#lastUtcMs = tick.utcMs;
    this.#market.advanceTo(tick.utcMs);
    for (const listener of this.#listeners) listener(tick);
    return this.#options.gate?.(tick);
  }

  /** Moves the anchor over a silence between two ticks that is longer than wanted. */
  #skipGap(): boolean {
    const maxGapMs = this.#options.maxGapMs ?? Number.POSITIVE_INFINITY;
    const next = this.#batch[this.#at];
    if (next === undefined) return false;
    const nextUtcMs = next.utcMs + this.#shiftMs;
    if (nextUtcMs - this.#lastUtcMs <= maxGapMs || this.#limit() >= nextUtcMs - maxGapMs) return false;
    this.#anchor(nextUtcMs - maxGapMs);
    return true;
  }

  #take(batch: TickBatch): void {
    this.#batch = batch ?? [];
    this.#at = 0;
    if (batch !== undefined) return;
    if (this.#options.loop === true && typeof this.#options.source === "function" && this.#played > 0) {
      this.#repeat(this.#options.source);
      return;
    }
    const endUtcMs = this.#market.wallMs();
    this.#state = { state: "ended" };
    this.#anchor(endUtcMs);
    this.#settleEnded.resolve();
  }

  /** Starts the source again, whole weeks later, so that the sessions of the week still fit. */
  #repeat(make: () => TickSource): void {
    const spanMs = this.#lastUtcMs - this.#passFirstUtcMs;
    const weeksMs = Math.max(1, Math.ceil((spanMs + LOOP_GAP_MS) / WEEK_MS)) * WEEK_MS;
    this.#shiftMs += weeksMs;
    this.#passFirstUtcMs += weeksMs;
    this.#source = make();
    // Jump over the rest of the week; timers on the way fire in their order.
    if (this.#speed !== "max") this.#anchor(this.#passFirstUtcMs - LOOP_GAP_MS);
  }

  #fail(cause: unknown): void {
    if (!this.#running()) return;
    this.#state = { state: "failed", cause };
    this.#wake?.cancel();
    this.#settleEnded.reject(cause);
  }
}

function checkSpeed(speed: number | "max"): void {
  if (speed !== "max" && !(Number.isFinite(speed) && speed > 0)) {
    throw new RangeError(`Cannot play a market: speed is ${speed}, expected a number above 0 or "max"`);
  }
}
