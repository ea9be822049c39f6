import type {
  CalendarImportance,
  CalendarMultiplier,
  CalendarNumbers,
  CalendarUnit,
} from "../../domain/market.ts";

/** A publication of the economic calendar, as a simulated world knows it: wholly, also while it lies in the future. */
export interface CalendarRelease {
  /** A whole number in decimals, of its own for each release. */
  readonly id: string;
  /** A whole number in decimals; the releases of one indicator share it. */
  readonly eventId: string;
  readonly name: string;
  /** ISO 3166-1 alpha-2; `EU` for the European Union. */
  readonly country: string;
  readonly currency: string;
  readonly importance: CalendarImportance;
  /** When it is published. */
  readonly utcMs: number;
  /** When the reported period began; 0: none. */
  readonly periodUtcMs: number;
  readonly unit: CalendarUnit;
  readonly multiplier: CalendarMultiplier;
  /** Decimals of the numbers. */
  readonly digits: number;
  /** What a number above the forecast does to the currency. */
  readonly above: "positive" | "negative" | "none";
  /** In millionths, as MqlCalendarValue has them: 3.2 percent is 3_200_000. Null: there is none. */
  readonly millionths: CalendarNumbers;
}

/** Where the releases of a simulated world come from. The same span must always give the same. */
export interface CalendarSource {
  /** Releases published in a span of time, both ends included, oldest first. */
  releases(fromUtcMs: number, toUtcMs: number): readonly CalendarRelease[];
}

/** A source that has exactly these releases, in whatever order they are given. */
export function listedCalendar(releases: readonly CalendarRelease[]): CalendarSource {
  const sorted = releases.toSorted((a, b) => a.utcMs - b.utcMs);
  return {
    releases: (fromUtcMs, toUtcMs) => sorted.filter(({ utcMs }) => utcMs >= fromUtcMs && utcMs <= toUtcMs),
  };
}

/** What of a release is known at an instant. */
export interface KnownRelease {
  readonly release: CalendarRelease;
  readonly millionths: CalendarNumbers;
  readonly impact: "none" | "positive" | "negative";
}

/**
 * Releases of a span of time as they are known at an instant: what will be published later has no number yet, and
 * neither does the previous value of one that comes after it. A strategy that is tested must not see the future.
 */
export function knownReleases(
  source: CalendarSource,
  fromUtcMs: number,
  toUtcMs: number,
  nowUtcMs: number,
): readonly KnownRelease[] {
  /** Indicators with a release that is still to come before the one at hand. */
  const awaited = new Set<string>();
  if (fromUtcMs > nowUtcMs) {
    for (const { eventId, utcMs } of source.releases(nowUtcMs, fromUtcMs)) {
      if (utcMs > nowUtcMs && utcMs < fromUtcMs) awaited.add(eventId);
    }
  }
  return source.releases(fromUtcMs, toUtcMs).map((release) => {
    const { eventId, utcMs, millionths } = release;
    if (utcMs <= nowUtcMs) return { release, millionths, impact: impactOf(release) };
    const previous = awaited.has(eventId) ? null : millionths.previous;
    awaited.add(eventId);
    const known = { actual: null, forecast: millionths.forecast, previous, revisedPrevious: null };
    return { release, millionths: known, impact: "none" };
  });
}

function impactOf({ above, millionths }: CalendarRelease): "none" | "positive" | "negative" {
  const { actual, forecast } = millionths;
  if (above === "none" || actual === null || forecast === null || actual === forecast) return "none";
  if (actual > forecast) return above;
  return above === "positive" ? "negative" : "positive";
}
