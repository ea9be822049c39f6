import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  openSimulation,
  type Simulation,
  type SimulationOptions,
} from "../../../../src/simulator/broker/mod.ts";
import { generatedMarket, recordedMarket } from "../../../../src/simulator/market/mod.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";

const recording = (name: string): string =>
  readFileSync(new URL(`../../../vectors/quotes/${name}`, import.meta.url), "utf8");

/** Buys on the fifth tick, closes on the fifteenth, and gives all that the terminal knows in the end. */
async function run(options: SimulationOptions, clock: VirtualClock): Promise<string> {
  const simulation: Simulation = await openSimulation(options);
  const { market, terminal } = simulation;
  const symbol = market.symbols[0] ?? "";
  terminal.selectSymbol(symbol);
  let ticks = 0;
  const heard: unknown[] = [];
  terminal.listen({
    tick(name) {
      if (name !== symbol) return;
      ticks++;
      if (ticks === 5) terminal.orderSendAsync({ action: "deal", symbol, kind: "buy", volume: 0.1 });
      const position = terminal.positions()[0]?.ticket;
      if (ticks === 15 && position !== undefined) {
        terminal.orderSendAsync({ action: "deal", symbol, kind: "sell", volume: 0.1, position });
      }
    },
    transaction: (transaction) => heard.push(transaction),
  });
  market.start();
  await clock.runUntil(() => market.state.state === "ended", 86_400_000);
  await clock.advance(1000);
  const end = { account: terminal.account(), deals: terminal.historyDeals("0"), heard };
  await simulation.close();
  return JSON.stringify(end);
}

describe("openSimulation", () => {
  test.each([
    ["EURUSD-ticks-histdata.csv", "EURUSD"],
    ["USDJPY-ticks-truefx.csv", "USDJPY"],
    ["EURUSDm_mt5_export.csv", "EURUSDm"],
  ])("a recording is traded: %s", async (name, symbol) => {
    const clock = new VirtualClock();
    const source = recordedMarket(recording(name), { source: name });
    const end = JSON.parse(await run({ market: { source, clock, speed: "max" }, latencyMs: 5 }, clock));
    expect(end.deals.slice(1)).toMatchObject([
      { symbol, entry: "in", volume: 0.1 },
      { symbol, entry: "out", volume: 0.1 },
    ]);
    expect(end.account.balance).toBeCloseTo(10_000 + end.deals[2].profit, 8);
    expect(end.account.balance).not.toBe(10_000);
  });

  test("the same seed gives the same run byte for byte, whatever the speed", async () => {
    const runs: string[] = [];
    for (const speed of ["max", 1, 25, "max"] as const) {
      const clock = new VirtualClock();
      const source = generatedMarket({ seed: 11, maxTicks: 400 });
      runs.push(await run({ market: { source, clock, speed }, latencyMs: [5, 80], seed: 11 }, clock));
    }
    expect(JSON.parse(runs[0] ?? "").deals).toHaveLength(3);
    expect(new Set(runs).size).toBe(1);
  });

  test("after the last tick orders still execute, at the last price", async () => {
    const clock = new VirtualClock();
    const source = generatedMarket({ seed: 1, maxTicks: 50 });
    const simulation = await openSimulation({ market: { source, clock, speed: "max" }, latencyMs: 30 });
    simulation.market.start();
    await clock.runUntil(simulation.market.ended, 1000);
    await clock.advance(5000);
    const order = { action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1 } as const;
    expect(simulation.terminal.orderSendAsync(order).sent).toBe(true);
    await clock.advance(30);
    const ask = simulation.terminal.tick("EURUSD")?.ask;
    expect(simulation.terminal.positions()).toMatchObject([{ priceOpen: ask }]);
    await simulation.close();
  });
});
