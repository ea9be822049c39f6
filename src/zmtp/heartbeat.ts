import type { Clock, Timer } from "../transport/clock.ts";
import { ZmtpFault } from "./fault.ts";
import { maxPingTtlMs, maxUnansweredPings } from "./limits.ts";

/** A connection's heartbeats (RFC 37, "Connection Heartbeating"). */
export interface HeartbeatOptions {
  /** Time between PINGs; 0 sends none. */
  readonly intervalMs: number;
  /** Silence after a PING that counts as death; 0 means the interval. */
  readonly timeoutMs: number;
  /** Silence after which the peer is told to take us for dead; 0 tells it nothing. At most 6,553,500. */
  readonly ttlMs: number;
}

/** What a heartbeat does to its connection. */
export interface HeartbeatActions {
  /** Sends a PING; false when the peer does not know PING. */
  sendPing(ttlMs: number): boolean;
  /** The peer is dead. */
  dead(fault: ZmtpFault): void;
}

/** Watches one connection for silence with a single timer, whatever the traffic. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #options: HeartbeatOptions;
  readonly #actions: HeartbeatActions;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #nextPingAtMs = Number.POSITIVE_INFINITY;
  /** When the oldest PING was sent that nothing has followed from the peer. */
  #silentSinceMs = Number.POSITIVE_INFINITY;
  #unanswered = 0;
  /** The peer's TTL, while nothing has come since its PING, and when it ends. */
  #ttlMs = 0;
  #ttlEndsAtMs = Number.POSITIVE_INFINITY;
  #paused = false;
  #stopped = false;

  /** Starts by `start`. */
  constructor(clock: Clock, options: HeartbeatOptions, actions: HeartbeatActions) {
    this.#clock = clock;
    this.#options = options;
    this.#actions = actions;
  }

  /** Begins to send PINGs, if any are wanted. */
  start(): void {
    const { intervalMs } = this.#options;
    if (intervalMs > 0) this.#nextPingAtMs = this.#clock.nowMs() + intervalMs;
    this.#arm();
  }

  /** Something came: any traffic is a sign of life. */
  heard(): void {
    this.#unanswered = 0;
    this.#silentSinceMs = Number.POSITIVE_INFINITY;
    this.#ttlEndsAtMs = Number.POSITIVE_INFINITY;
  }

  /** The peer sent a PING: something more must come within its TTL, unless that is 0. */
  expectWithin(ttlMs: number): void {
    if (ttlMs === 0 || this.#stopped) return;
    this.#ttlMs = ttlMs;
    this.#ttlEndsAtMs = this.#clock.nowMs() + ttlMs;
    this.#arm();
  }

  /** What this side does not read cannot be heard, so silence counts for nothing until `resume`. */
  pause(): void {
    this.#paused = true;
  }

  /** Silence counts from now on. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const nowMs = this.#clock.nowMs();
    if (this.#silentSinceMs !== Number.POSITIVE_INFINITY) this.#silentSinceMs = nowMs;
    if (this.#ttlEndsAtMs !== Number.POSITIVE_INFINITY) this.#ttlEndsAtMs = nowMs + this.#ttlMs;
    this.#arm();
  }

  /** Ends it. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  get #timeoutMs(): number {
    const { timeoutMs, intervalMs } = this.#options;
    return timeoutMs > 0 ? timeoutMs : intervalMs;
  }

  #arm(): void {
    if (this.#stopped) return;
    const deathAtMs = this.#paused
      ? Number.POSITIVE_INFINITY
      : Math.min(this.#silentSinceMs + this.#timeoutMs, this.#ttlEndsAtMs);
    const atMs = Math.min(this.#nextPingAtMs, deathAtMs);
    if (atMs === Number.POSITIVE_INFINITY || (this.#timer !== undefined && this.#timerAtMs <= atMs)) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#clock.setTimer(() => this.#fire(), atMs - this.#clock.nowMs());
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.nowMs();
    if (!this.#paused) {
      if (nowMs >= this.#silentSinceMs + this.#timeoutMs) {
        this.#actions.dead(
          new ZmtpFault("heartbeat-timeout", `Nothing came for ${this.#timeoutMs} ms after a PING`),
        );
        return;
      }
      if (nowMs >= this.#ttlEndsAtMs) {
        const message = `Nothing came within the ${this.#ttlMs} ms that the peer's PING announced`;
        this.#actions.dead(new ZmtpFault("ttl-expired", message));
        return;
      }
    }
    if (nowMs >= this.#nextPingAtMs) this.#ping(nowMs);
    this.#arm();
  }

  #ping(nowMs: number): void {
    const { intervalMs, ttlMs } = this.#options;
    this.#nextPingAtMs = nowMs + intervalMs;
    if (this.#unanswered >= maxUnansweredPings) return;
    if (!this.#actions.sendPing(Math.min(ttlMs, maxPingTtlMs))) {
      this.#nextPingAtMs = Number.POSITIVE_INFINITY;
      return;
    }
    // Unread answers are no missing answers; and PINGs are what tells a peer that we stop that we are alive.
    if (this.#paused) return;
    this.#unanswered++;
    this.#silentSinceMs = Math.min(this.#silentSinceMs, nowMs);
  }
}
