import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { TradeRequest } from "../../src/domain/terminal.ts";
import { openSimulation } from "../../src/simulator/broker/mod.ts";
import { generatedMarket, Prng } from "../../src/simulator/market/mod.ts";
import { systemClock } from "../../src/transport/clock.ts";

/** How much a run is made of. */
export interface LoadOptions {
  readonly ticks: number;
  readonly orders: number;
  readonly seed?: number;
  /** How often the heap is weighed. @default 20 */
  readonly weighings?: number;
}

/** What a run took. */
export interface LoadResult {
  readonly ticks: number;
  readonly orders: number;
  /** Answers by return code. */
  readonly answers: ReadonlyMap<number, number>;
  readonly deals: number;
  readonly elapsedMs: number;
  readonly peakHeapBytes: number;
  readonly peakResidentBytes: number;
  /** How the collected heap grew once the rings were full, for each tick and for each order. */
  readonly bytesPerTick: number;
  readonly bytesPerOrder: number;
}

/** Positions and pending orders that are open at a time, at most. */
const mostOpen = 20;
/** What the rings of ticks hold, small enough to be full early in the run. */
const tickHistory = 2_000;

/** Plays a market as fast as possible through a broker that is given all kinds of orders, evenly spread. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { ticks, orders, seed = 1, weighings = 20 } = options;
  const collect = collector();
  const random = new Prng(`${seed}/load`);
  const simulation = await openSimulation({
    market: { source: generatedMarket({ seed, maxTicks: ticks }), clock: systemClock, speed: "max" },
    account: { balance: 1e9 },
    tickHistory,
    seed,
  });
  const { market, terminal } = simulation;
  const answers = new Map<number, number>();
  let played = 0;
  let sent = 0;
  let peakHeapBytes = 0;
  let peakResidentBytes = 0;
  const weights: { readonly tick: number; readonly bytes: number }[] = [];
  for (const { name } of terminal.symbols()) terminal.selectSymbol(name);
  terminal.listen({
    tick(symbol) {
      played++;
      if (sent < Math.floor((played / ticks) * orders)) {
        sent++;
        terminal.orderSendAsync(nextRequest(symbol));
      }
      if (played % Math.ceil(ticks / 200) === 0) {
        const memory = process.memoryUsage();
        peakHeapBytes = Math.max(peakHeapBytes, memory.heapUsed);
        peakResidentBytes = Math.max(peakResidentBytes, memory.rss);
      }
      if (played % Math.floor(ticks / weighings) === 0) {
        collect();
        weights.push({ tick: played, bytes: process.memoryUsage().heapUsed });
      }
    },
    transaction({ type, result }) {
      if (type !== "request" || result === undefined) return;
      answers.set(result.retcode, (answers.get(result.retcode) ?? 0) + 1);
    },
  });

  const startedMs = performance.now();
  market.start();
  await market.ended;
  // The last requests are answered after the last tick.
  while ([...answers.values()].reduce((sum, count) => sum + count, 0) < sent) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const elapsedMs = performance.now() - startedMs;
  const deals = terminal.historyDeals("0").length;
  await simulation.close();
  const bytesPerTick = slope(weights.slice(Math.ceil(weights.length * 0.3)));
  return {
    ticks: played,
    orders: sent,
    answers,
    deals,
    elapsedMs,
    peakHeapBytes,
    peakResidentBytes,
    bytesPerTick,
    bytesPerOrder: orders === 0 ? 0 : (bytesPerTick * ticks) / orders,
  };

  /** Opens while there is room, closes, places, changes and cancels. */
  function nextRequest(symbol: string): TradeRequest {
    const positions = terminal.positions();
    const pending = terminal.orders();
    const { bid = 0, ask = 0 } = terminal.tick(symbol) ?? {};
    const { point = 0, digits = 0 } = terminal.symbol(symbol) ?? {};
    const at = (price: number, points: number): number => Number((price + points * point).toFixed(digits));
    const oldest = positions[0];
    const order = pending[0];
    const choice = random.integer(0, 5);
    if (oldest !== undefined && (positions.length >= mostOpen || choice === 0)) {
      const { ticket: position, volume } = oldest;
      const kind = oldest.side === "buy" ? "sell" : "buy";
      return { action: "deal", symbol: oldest.symbol, kind, volume, position };
    }
    if (order !== undefined && (pending.length >= mostOpen || choice === 1))
      return { action: "remove", order: order.ticket };
    if (choice === 2) {
      return {
        action: "pending",
        symbol,
        kind: "buyLimit",
        volume: 0.1,
        price: at(ask, -200),
        timeInForce: "day",
      };
    }
    if (choice === 3 && order !== undefined)
      return { action: "modify", order: order.ticket, price: at(order.price, -10) };
    if (choice === 4) {
      return {
        action: "pending",
        symbol,
        kind: "sellStop",
        volume: 0.1,
        price: at(bid, -30),
        stopLoss: at(bid, 300),
      };
    }
    return {
      action: "deal",
      symbol,
      kind: "buy",
      volume: 0.1,
      stopLoss: at(bid, -150),
      takeProfit: at(ask, 150),
    };
  }
}

/** Bytes for each tick, by least squares. */
function slope(weights: readonly { readonly tick: number; readonly bytes: number }[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const tick = mean(weights.map((weight) => weight.tick));
  const bytes = mean(weights.map((weight) => weight.bytes));
  let covariance = 0;
  let variance = 0;
  for (const weight of weights) {
    covariance += (weight.tick - tick) * (weight.bytes - bytes);
    variance += (weight.tick - tick) ** 2;
  }
  return covariance / variance;
}

/** The collector, also where node was not started with `--expose-gc`. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
