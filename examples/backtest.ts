/**
 * A moving-average strategy on recorded quotes, much faster than real time, with its equity curve. The strategy is
 * written against the same interface as a live account: what is tested here is what will run there, the protocol, the
 * encryption and the broker's refusals included.
 *
 *     node examples/backtest.js
 *     node examples/backtest.js --quotes EURUSD-ticks.csv --svg equity.svg
 */
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { MT5Agent, TickData } from "../mod.ts";
import { recordedMarket, symbolOfFileName } from "../src/simulator/mod.ts";
import { drawSvg, drawText, type EquityPoint } from "./equity-curve.ts";
import { madeUpRecording } from "./made-up-quotes.ts";
import { inSandbox, runExample, type Sandbox } from "./sandbox.ts";

const fast = 10;
const slow = 40;
const volume = 0.5;

/** Buys when the fast average of the minutes' closes crosses above the slow one, sells when below. */
class MovingAverages {
  readonly #agent: MT5Agent;
  readonly #symbol: string;
  #busy = false;
  #minute = Number.NaN;
  #above: boolean | undefined;
  readonly equity: EquityPoint[] = [];
  readonly failures: Error[] = [];

  constructor(agent: MT5Agent, symbol: string) {
    this.#agent = agent;
    this.#symbol = symbol;
  }

  /** Takes a tick; at the first of each minute it looks at the averages. */
  tick(tick: TickData): void {
    const minute = Math.floor(tick.time.getTime() / 60_000);
    if (minute === this.#minute || this.#busy) return;
    this.#minute = minute;
    this.#busy = true;
    this.#decide(tick.time)
      .catch((error: unknown) =>
        this.failures.push(error instanceof Error ? error : new Error(String(error))),
      )
      .finally(() => {
        this.#busy = false;
      });
  }

  async #decide(time: Date): Promise<void> {
    const { marketData, trade, mirror } = this.#agent;
    const { account } = mirror;
    if (account !== undefined) this.equity.push({ time, equity: account.equity });
    // The open bar has one tick only: what is decided on are the bars that have closed.
    const closes = (await marketData.getLastBars(this.#symbol, "M1", slow + 1))
      .slice(0, -1)
      .map((bar) => bar.close);
    if (closes.length < slow) return;
    const above = average(closes.slice(-fast)) > average(closes);
    const crossed = this.#above !== undefined && above !== this.#above;
    this.#above = above;
    if (!crossed) return;
    await trade.closeAllPositions(this.#symbol);
    await (above ? trade.marketBuy(this.#symbol, volume) : trade.marketSell(this.#symbol, volume));
  }
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function test({ agent, simulator, pass }: Sandbox, symbol: string): Promise<readonly EquityPoint[]> {
  const strategy = new MovingAverages(agent, symbol);
  const from = new Date((await agent.marketData.getTick(symbol)).time.getTime() - 1);
  const { ready } = agent.marketData.subscribe([symbol], (tick) => strategy.tick(tick));
  await ready;
  await simulator.market.ended;
  await pass(1_000);
  await agent.trade.closeAllPositions();
  await agent.waitForSync();
  if (strategy.failures[0] !== undefined) throw strategy.failures[0];

  const info = await agent.account.getInfo();
  strategy.equity.push({ time: (await agent.marketData.getTick(symbol)).time, equity: info.equity });
  const positions = await agent.history.positions({ from }).toArray();
  const results = positions.map((one) => one.profit + one.commission + one.swap + one.fee);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const won = results.filter((result) => result > 0);
  let peak = Number.NEGATIVE_INFINITY;
  let drawdown = 0;
  for (const { equity } of strategy.equity) {
    peak = Math.max(peak, equity);
    drawdown = Math.max(drawdown, peak - equity);
  }
  console.log(`trades      ${positions.length}, ${won.length} won`);
  console.log(`profit      ${sum(results).toFixed(2)} ${info.currency} (won ${sum(won).toFixed(2)})`);
  console.log(`drawdown    ${drawdown.toFixed(2)} ${info.currency}`);
  console.log(`balance     ${info.balance.toFixed(2)} ${info.currency}`);
  return strategy.equity;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quotes: { type: "string" },
      symbol: { type: "string" },
      seed: { type: "string", default: "4" },
      svg: { type: "string" },
    },
  });
  const { quotes, svg } = values;
  const symbol = values.symbol ?? (quotes === undefined ? "EURUSD" : symbolOfFileName(basename(quotes)));
  if (symbol === undefined)
    throw new Error("Cannot tell the symbol from the file's name: give --symbol NAME");
  const text =
    quotes === undefined ? await madeUpRecording(Number(values.seed)) : await readFile(quotes, "utf8");
  const started = performance.now();
  let curve: readonly EquityPoint[] = [];
  const source = recordedMarket(text, { symbol, ...(quotes === undefined ? {} : { source: quotes }) });
  await inSandbox({ source, latencyMs: 50 }, async (sandbox) => {
    curve = await test(sandbox, symbol);
  });
  const marketMs = (curve.at(-1)?.time.getTime() ?? 0) - (curve[0]?.time.getTime() ?? 0);
  const realMs = performance.now() - started;
  console.log(
    `${(marketMs / 3_600_000).toFixed(1)} hours of ${symbol} in ${(realMs / 1_000).toFixed(1)} s, ` +
      `${Math.round(marketMs / realMs)} times as fast as real time`,
  );
  console.log(drawText(curve));
  if (svg === undefined) return;
  await writeFile(svg, drawSvg(curve, `Equity, moving averages ${fast}/${slow} on ${symbol}`));
  console.log(`drawn       ${svg}`);
}

await runExample(main);
