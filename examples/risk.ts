/**
 * Trading by risk: the volume follows from what may be lost, margin is asked for before the order is sent, and limits
 * stop what should not be. Shows what each refusal is and what it says about your money. Runs on a simulated account.
 *
 *     node examples/risk.js
 */
import {
  InvalidRequestError,
  LimitExceededError,
  type MT5Agent,
  MT5Error,
  TradeRejectedError,
} from "../mod.ts";
import { inSandbox, madeUpMarket, runExample, type Sandbox } from "./sandbox.ts";

/** Lots at which a stop so far away loses so much of the account's currency, on the symbol's grid. */
async function volumeFor(agent: MT5Agent, symbol: string, risk: number, distance: number): Promise<number> {
  const { ask } = await agent.marketData.getPrice(symbol);
  const { minVolume, maxVolume, volumeStep } = await agent.marketData.getSymbolInfo(symbol);
  // The terminal reckons: it knows the contract, and converts currencies.
  const lossOfLot = -(await agent.trade.calcProfit({
    symbol,
    type: "buy",
    volume: 1,
    openPrice: ask,
    closePrice: ask - distance,
  }));
  const steps = Math.floor(risk / lossOfLot / volumeStep);
  return Math.min(maxVolume, Math.max(minVolume, Number((steps * volumeStep).toFixed(8))));
}

async function refused(what: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
    throw new Error(`${what} was not refused`);
  } catch (error) {
    if (!(error instanceof MT5Error)) throw error;
    const certain = "certain" in error ? `, certain ${String(error.certain)}` : "";
    console.log(`${what}: ${error.name} ${error.code}${certain}`);
    console.log(`  ${error.message}\n  ${error.remedy}`);
    const known = [InvalidRequestError, LimitExceededError, TradeRejectedError].some(
      (kind) => error instanceof kind,
    );
    if (!known) throw error;
  }
}

async function trade({ agent }: Sandbox): Promise<void> {
  const { equity } = await agent.account.getInfo();
  for (const [symbol, distance] of [
    ["EURUSD", 0.002],
    ["USDJPY", 0.3],
    ["XAUUSD", 8],
  ] as const) {
    const volume = await volumeFor(agent, symbol, equity * 0.01, distance);
    const { ask } = await agent.marketData.getPrice(symbol);
    const order = agent.trade
      .order(symbol)
      .buy(volume)
      .stopLoss(ask - distance);
    const verdict = await order.check();
    console.log(
      `${symbol}: ${volume} lots risk ${(equity * 0.01).toFixed(2)} over ${distance}; ` +
        `${verdict.retcodeName}, ${verdict.freeMargin.toFixed(2)} would stay free`,
    );
    if (verdict.accepted) await order.send();
  }
  const { margin, marginLevel } = await agent.account.getMargin();
  console.log(`margin ${margin.toFixed(2)}, level ${marginLevel.toFixed(0)} %`);

  await refused("a volume off the grid", () => agent.trade.marketBuy("EURUSD", 0.015));
  await refused("a stop loss on the wrong side", () =>
    agent.trade.marketBuy("EURUSD", 0.1, { stopLoss: 2, takeProfit: 1 }),
  );
  await refused("a misspelt option", () => agent.trade.marketBuy("EURUSD", 0.1, { stoploss: 1 } as object));
  await refused("more than the account can carry", () => agent.trade.marketBuy("EURUSD", 50));
  await agent.trade.closeAllPositions();
}

await runExample(() =>
  inSandbox({ source: madeUpMarket(11, "EURUSD", "USDJPY", "XAUUSD"), latencyMs: 20 }, trade),
);
