import { BrokerTimeZone } from "../../domain/broker-time.ts";
import { calendarScale } from "../../domain/market.ts";
import { checkKnownKeys, type Keys } from "../known-keys.ts";
import type { CalendarRelease, CalendarSource } from "./calendar.ts";
import { dayMs, type Indicator, indicators, type Rhythm } from "./indicators.ts";
import { Prng } from "./prng.ts";

/** Settings of a generated calendar. */
export interface GeneratedCalendarOptions {
  /** The same seed gives the same calendar. @default 1 */
  readonly seed?: number | string;
}

const calendarKeys: Keys<GeneratedCalendarOptions> = { seed: true };

/** The calendar's first and last moment: whoever asks for all of time must not be answered for ever. */
const firstUtcMs = Date.UTC(2000, 0, 1);
const lastUtcMs = Date.UTC(2100, 0, 1);
/** A release is looked for so far around its rhythm's own day: weekends, month ends and time zones move it. */
const slackMs = 4 * dayMs;
/** One in so many releases revises the one before. */
const revisionChance = 0.3;

/**
 * A made-up economic calendar: well-known indicators at their usual times, with numbers that move slowly and forecasts
 * that miss by a little. Every release follows from seed, indicator and its place in the row, so any span of time can be
 * asked for at any time.
 */
export function generatedCalendar(options: GeneratedCalendarOptions = {}): CalendarSource {
  checkKnownKeys(options, calendarKeys, "generate a calendar");
  const seed = options.seed ?? 1;
  return {
    releases(fromUtcMs, toUtcMs): readonly CalendarRelease[] {
      const found: CalendarRelease[] = [];
      const from = Math.max(fromUtcMs, firstUtcMs);
      const to = Math.min(toUtcMs, lastUtcMs);
      if (from > to) return found;
      for (const indicator of indicators) {
        const zone = new BrokerTimeZone(indicator.zone);
        const last = placeOf(indicator.rhythm, to + slackMs);
        for (let place = placeOf(indicator.rhythm, from - slackMs); place <= last; place++) {
          const utcMs = zone.toUtc(dayOf(indicator.rhythm, place) + indicator.minute * 60_000);
          if (utcMs >= from && utcMs <= to) found.push(release(seed, indicator, place, utcMs));
        }
      }
      return found.sort((a, b) => a.utcMs - b.utcMs || Number(a.eventId) - Number(b.eventId));
    },
  };
}

function release(seed: number | string, indicator: Indicator, place: number, utcMs: number): CalendarRelease {
  const { eventId, name, country, currency, importance, unit, multiplier, digits, above } = indicator;
  const random = new Prng(`${seed}/calendar/${eventId}/${place}`);
  const actual = valueAt(seed, indicator, place);
  const previous = valueAt(seed, indicator, place - 1);
  const miss = indicator.spread * (random.float() - 0.5);
  // A rate that is set is foreseen, or expected to stay.
  const forecast =
    indicator.spread === 0 ? (random.float() < 0.85 ? actual : previous) : onGrid(indicator, actual + miss);
  const correction = indicator.spread * (random.float() - 0.5) * 0.4;
  const revised = onGrid(indicator, previous + correction);
  const isRevised = indicator.spread > 0 && random.float() < revisionChance && revised !== previous;
  return {
    id: `${eventId}${String(place).padStart(6, "0")}`,
    eventId,
    name,
    country,
    currency,
    importance,
    utcMs,
    periodUtcMs: periodOf(indicator, place),
    unit,
    multiplier,
    digits,
    above,
    millionths: {
      actual: millionths(actual),
      forecast: millionths(forecast),
      previous: millionths(previous),
      revisedPrevious: isRevised ? millionths(revised) : null,
    },
  };
}

/** The number that is published: a slow wave around the indicator's level, and chance. */
function valueAt(seed: number | string, indicator: Indicator, place: number): number {
  const { level, swing, cycle, spread, eventId } = indicator;
  const phase = new Prng(`${seed}/calendar/${eventId}`).float();
  const chance = new Prng(`${seed}/calendar/${eventId}/${place}/value`).float() * 2 - 1;
  return onGrid(indicator, level + swing * wave(place / cycle + phase) + spread * chance);
}

/** A triangle between -1 and 1: exact in every runtime, as a sine is not. */
function wave(turns: number): number {
  return 4 * Math.abs(turns - Math.floor(turns + 0.5)) - 1;
}

function onGrid({ step }: Indicator, value: number): number {
  return Math.round(value / step) * step;
}

function millionths(value: number): number {
  return Math.round(value * calendarScale);
}

/** The place in its rhythm's row that a moment falls into. */
function placeOf(rhythm: Rhythm, utcMs: number): number {
  if (rhythm.every === "weeks") return Math.floor((utcMs - rhythm.firstDayMs) / (rhythm.count * 7 * dayMs));
  const date = new Date(utcMs);
  return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / rhythm.count);
}

/** The day of a place, in its own zone. */
function dayOf(rhythm: Rhythm, place: number): number {
  if (rhythm.every === "weeks") return rhythm.firstDayMs + place * rhythm.count * 7 * dayMs;
  const start = monthStart(place * rhythm.count + rhythm.offset);
  if ("weekday" in rhythm) {
    return start + (((rhythm.weekday - new Date(start).getUTCDay() + 7) % 7) + 7 * (rhythm.nth - 1)) * dayMs;
  }
  const day = start + (rhythm.day - 1) * dayMs;
  // What falls on a weekend comes on the Monday after.
  const weekday = new Date(day).getUTCDay();
  return weekday === 6 ? day + 2 * dayMs : weekday === 0 ? day + dayMs : day;
}

/** The month or quarter before the one of publication; a rate is set for what follows, and reports nothing. */
function periodOf({ rhythm, spread }: Indicator, place: number): number {
  return rhythm.every === "weeks" || spread === 0 ? 0 : monthStart((place - 1) * rhythm.count);
}

/** The first of a month that is counted from the year 0. */
function monthStart(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12, 1);
}
