import { BrokerTimeZone } from "../../domain/broker-time.ts";
import { roundTo } from "../../domain/decimal.ts";
import { TickFlag } from "../../domain/records.ts";
import { checkKnownKeys, type Keys } from "../known-keys.ts";
import { Prng } from "./prng.ts";
import type { MarketTick, TickBatch, TickSource } from "./tick-source.ts";

/** How the generator moves one symbol. */
export interface GeneratedSymbol {
  readonly name: string;
  readonly digits: number;
  /** The mid price at the start, to which the walk is drawn back slowly. */
  readonly startPrice: number;
  /** Standard deviation of the price over one second, in points. */
  readonly volatilityPoints: number;
  /** Usual smallest and largest spread, in points. */
  readonly spreadPoints: readonly [min: number, max: number];
  /** Mean number of ticks in a second. */
  readonly ticksPerSecond: number;
}

/** Settings of the generated market. */
export interface GeneratorOptions {
  /** Same seed, same ticks. @default 1 */
  readonly seed?: number | string;
  /** When it starts. @default Wednesday 2024-01-10 08:00 UTC */
  readonly startUtcMs?: number;
  /** @default EURUSD, GBPUSD, USDJPY, XAUUSD and more: `standardSymbols` */
  readonly symbols?: readonly GeneratedSymbol[];
  /** Quotes on weekends too. @default false: silent from Friday 17:00 to Sunday 17:00 in New York */
  readonly weekends?: boolean;
  /** Ends after so many ticks. @default Infinity */
  readonly maxTicks?: number;
}

const generatorKeys: Keys<GeneratorOptions> = {
  seed: true,
  startUtcMs: true,
  symbols: true,
  weekends: true,
  maxTicks: true,
};
const symbolKeys: Keys<GeneratedSymbol> = {
  name: true,
  digits: true,
  startPrice: true,
  volatilityPoints: true,
  spreadPoints: true,
  ticksPerSecond: true,
};

/** Plausible majors and gold. */
export const standardSymbols: readonly GeneratedSymbol[] = [
  symbol("EURUSD", 5, 1.0942, 1.9, [6, 12], 3),
  symbol("GBPUSD", 5, 1.2715, 2.4, [8, 16], 2.5),
  symbol("USDJPY", 3, 144.85, 3, [7, 14], 3),
  symbol("USDCHF", 5, 0.8515, 1.8, [9, 17], 1.5),
  symbol("AUDUSD", 5, 0.6692, 1.6, [8, 14], 1.5),
  symbol("EURJPY", 3, 158.5, 3.6, [10, 20], 2),
  symbol("XAUUSD", 2, 2031.5, 7, [12, 30], 4),
];

/** The default start: a weekday on which the usual sessions are open. */
export const defaultStartUtcMs: number = Date.UTC(2024, 0, 10, 8);

const BATCH = 64;
const DAY_MS = 86_400_000;
/** How strongly the walk is drawn back to its start, per second: a half-life of about two days. */
const PULL_PER_SECOND = 4e-6;

interface Walk {
  readonly symbol: GeneratedSymbol;
  readonly random: Prng;
  mid: number;
  utcMs: number;
  /** The symbol's next tick. */
  head: MarketTick;
}

/** An endless, seeded market. Each symbol walks by its own random stream, whatever other symbols there are. */
export function generatedMarket(options: GeneratorOptions = {}): TickSource {
  checkKnownKeys(options, generatorKeys, "generate a market");
  const seed = options.seed ?? 1;
  const start = options.startUtcMs ?? defaultStartUtcMs;
  const symbols = options.symbols ?? standardSymbols;
  for (const spec of symbols) checkKnownKeys(spec, symbolKeys, `generate quotes of ${spec.name}`);
  const zone = new BrokerTimeZone();
  let left = options.maxTicks ?? Number.POSITIVE_INFINITY;
  const open = (utcMs: number): number => (options.weekends === true ? utcMs : afterWeekend(utcMs, zone));
  const walks = symbols.map((spec): Walk => {
    const random = new Prng(`${seed}/${spec.name}`);
    const utcMs = open(start + random.integer(0, 250));
    const head = { symbol: spec.name, utcMs, bid: 0, ask: 0, last: 0, volume: 0, flags: 0 };
    const walk: Walk = { symbol: spec, random, mid: spec.startPrice, utcMs, head };
    walk.head = quote(walk) ?? step(walk, open);
    return walk;
  });

  const next = (): MarketTick | undefined => {
    const [first, ...others] = walks;
    if (first === undefined) return undefined;
    let walk = first;
    for (const other of others) if (other.head.utcMs < walk.head.utcMs) walk = other;
    const tick = walk.head;
    walk.head = step(walk, open);
    return tick;
  };

  return {
    symbols: symbols.map((spec) => spec.name),
    nextBatch(): TickBatch {
      const ticks: MarketTick[] = [];
      while (ticks.length < BATCH && left > 0) {
        const tick = next();
        if (tick === undefined) break;
        ticks.push(tick);
        left--;
      }
      return ticks.length > 0 ? ticks : undefined;
    },
  };
}

/** Moves the walk until bid or ask has changed. */
function step(walk: Walk, open: (utcMs: number) => number): MarketTick {
  const { symbol: spec, random } = walk;
  for (;;) {
    // Three times a squared uniform number: mean 1, mostly short waits with some long ones.
    const draw = random.float();
    const waitMs = Math.max(1, Math.round((3000 / spec.ticksPerSecond) * draw * draw));
    walk.utcMs = open(walk.utcMs + waitMs);
    const seconds = waitMs / 1000;
    const pull = (spec.startPrice - walk.mid) * PULL_PER_SECOND * seconds;
    walk.mid += pull + (spec.volatilityPoints / 10 ** spec.digits) * Math.sqrt(seconds) * random.normal();
    walk.mid = Math.max(walk.mid, spec.startPrice / 100);
    const tick = quote(walk);
    if (tick !== undefined) return tick;
  }
}

/** Bid and ask around the walk's price, or undefined if neither has changed. */
function quote(walk: Walk): MarketTick | undefined {
  const { symbol: spec, random, utcMs } = walk;
  const point = 1 / 10 ** spec.digits;
  const [min, max] = spec.spreadPoints;
  // Once in a while the spread jumps, as around news.
  const widening = random.float() < 0.002 ? 3 : 1;
  const spread = random.integer(min, max) * widening;
  const bid = roundTo(walk.mid - (spread / 2) * point, spec.digits);
  const ask = roundTo(bid + spread * point, spec.digits);
  const flags = (bid === walk.head.bid ? 0 : TickFlag.BID) | (ask === walk.head.ask ? 0 : TickFlag.ASK);
  return flags === 0 ? undefined : { symbol: spec.name, utcMs, bid, ask, last: 0, volume: 0, flags };
}

/** The time itself, or Monday 00:00 in New York-close time if it falls on the weekend. */
function afterWeekend(utcMs: number, zone: BrokerTimeZone): number {
  const broker = zone.toBroker(utcMs);
  const day = new Date(broker).getUTCDay();
  if (day !== 0 && day !== 6) return utcMs;
  const midnight = Math.floor(broker / DAY_MS) * DAY_MS;
  return zone.toUtc(midnight + (day === 6 ? 2 : 1) * DAY_MS);
}

function symbol(
  name: string,
  digits: number,
  startPrice: number,
  volatilityPoints: number,
  spreadPoints: readonly [number, number],
  ticksPerSecond: number,
): GeneratedSymbol {
  return { name, digits, startPrice, volatilityPoints, spreadPoints, ticksPerSecond };
}
