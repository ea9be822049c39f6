import type { Clock } from "../transport/clock.ts";

/** A step back of the wall clock up to this many microseconds is bridged; a larger one is followed. */
const bridgedStepUs = 2_000_000;

const secondUs = 1_000_000;

/** Writes the time as Python's `datetime.isoformat` does in UTC, with six digits and `Z`. */
export class Stamps {
  readonly #clock: Clock;
  #lastUs = 0;
  /** Every reply has a stamp, and all of one second begin alike. */
  #second = -1;
  #secondText = "";

  /** Reads the given clock only. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The time now, later than every stamp before. The wall clock gives milliseconds; the digits beyond come from the
   * monotonic clock, so that two replies of one millisecond stay in order.
   */
  now(): string {
    const wallMs = Math.floor(this.#clock.wallMs());
    const nowMs = this.#clock.nowMs();
    let us = wallMs * 1000 + Math.floor((nowMs - Math.floor(nowMs)) * 1000);
    if (us <= this.#lastUs && this.#lastUs - us < bridgedStepUs) us = this.#lastUs + 1;
    this.#lastUs = us;
    const second = Math.floor(us / secondUs);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = new Date(second * 1000).toISOString().slice(0, 20);
    }
    return `${this.#secondText}${String(us - second * secondUs).padStart(6, "0")}Z`;
  }
}

/** `2026-01-15T02:08:34.123456Z` for microseconds since 1970. */
export function formatStamp(us: number): string {
  const ms = Math.floor(us / 1000);
  const beyond = String(us - ms * 1000).padStart(3, "0");
  return `${new Date(ms).toISOString().slice(0, -1)}${beyond}Z`;
}

/**
 * Milliseconds since 1970 of an ISO 8601 time as Python writes it: `T` or a space, none to nine digits after the point,
 * `Z` or an offset. Without either it counts as UTC, which is what `datetime.utcnow().isoformat()` means. Undefined for
 * anything else, a day that does not exist included.
 */
export function parseStamp(text: string): number | undefined {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:(Z)|([+-])(\d{2}):?(\d{2}))?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const secondsMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const read = new Date(secondsMs);
  const exists =
    read.getUTCFullYear() === year &&
    read.getUTCMonth() === month - 1 &&
    read.getUTCDate() === day &&
    read.getUTCHours() === hour &&
    read.getUTCMinutes() === minute;
  if (!exists || second > 59) return undefined;
  const offsetMinutes = Number(match[10] ?? 0) * 60 + Number(match[11] ?? 0);
  if (Number(match[11] ?? 0) > 59 || offsetMinutes > 24 * 60) return undefined;
  const sign = match[9] === "-" ? -1 : 1;
  return secondsMs + Number(`0.${match[7] ?? "0"}`) * 1000 - sign * offsetMinutes * 60_000;
}
