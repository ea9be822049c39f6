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

/** PINGs closer together than this are those that waited for us to read again, and tell nothing of a rhythm. */
const shortestRhythmMs = 10;

/**
 * Watches one connection for silence with a single timer, whatever the traffic.
 *
 * A side that does not read, because its own queues are full, can neither hear nor answer. So it counts no silence, and
 * sends PINGs that nobody asked it for, twice in each interval between those of its peer: they tell the peer that this
 * side lives, whether or not heartbeats were asked for here.
 */
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
  /** Time between the peer's PINGs, and when the last came. */
  #rhythmMs = Number.POSITIVE_INFINITY;
  #pingedAtMs: number;
  #paused = false;
  #stopped = false;

  /** The connection is up since `upAtMs`. Sends PINGs from `start` on. */
  constructor(clock: Clock, options: HeartbeatOptions, upAtMs: number, actions: HeartbeatActions) {
    this.#clock = clock;
    this.#pingedAtMs = upAtMs;
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
  pinged(ttlMs: number): void {
    if (this.#stopped) return;
    const nowMs = this.#clock.nowMs();
    const gapMs = nowMs - this.#pingedAtMs;
    this.#pingedAtMs = nowMs;
    if (gapMs >= shortestRhythmMs) this.#rhythmMs = Math.min(this.#rhythmMs, gapMs);
    if (ttlMs === 0) return;
    this.#ttlMs = ttlMs;
    this.#ttlEndsAtMs = nowMs + ttlMs;
    this.#arm();
  }

  /** What this side does not read cannot be heard, so silence counts for nothing until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#nextPingAtMs = Math.min(this.#nextPingAtMs, this.#clock.nowMs() + this.#pingEveryMs);
    this.#arm();
  }

  /** Silence counts from now on. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const nowMs = this.#clock.nowMs();
    this.#nextPingAtMs = nowMs + this.#pingEveryMs;
    this.#pingedAtMs = nowMs;
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

  get #pingEveryMs(): number {
    const { intervalMs } = this.#options;
    const ownMs = intervalMs > 0 ? intervalMs : Number.POSITIVE_INFINITY;
    return this.#paused ? Math.min(ownMs, this.#rhythmMs / 2) : ownMs;
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
    const { ttlMs } = this.#options;
    this.#nextPingAtMs = nowMs + this.#pingEveryMs;
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
