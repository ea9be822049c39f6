/**
 * A stop loss that follows the price, moved by this program. Runs on a simulated account in virtual time.
 *
 *     node examples/trailing-stop.js
 */
import { inSandbox, madeUpMarket, runExample, type Sandbox } from "./sandbox.ts";

const distance = 0.0004;

async function trail({ agent, pass }: Sandbox): Promise<void> {
  const closed = new Promise<string>((resolve) => {
    agent.on("trade", (event) => {
      if (event.type === "stopLossHit") resolve(`stop loss hit at ${event.price}`);
    });
  });
  const { ask } = await agent.marketData.getPrice("EURUSD");
  const opened = await agent.trade.marketBuy("EURUSD", 0.5, { stopLoss: ask - 2 * distance });
  console.log(`bought at ${opened.price}, stop loss ${opened.stopLoss}`);

  let moves = 0;
  const trailing = await agent.trade.trailingStop(opened.ticket, {
    distance,
    step: 0.00005,
    onMove: (stopLoss) => console.log(`  moved to ${stopLoss}, move ${++moves}`),
  });
  // It ends with the position, or says why it had to stop earlier.
  const end = await Promise.race([trailing.ended, pass(6 * 3_600_000)]);
  if (end === undefined) throw new Error("The position is still open after six hours");
  console.log(`ended: ${end.reason}; ${await closed}`);
  const history = await agent.history.getPosition(opened.ticket);
  console.log(`profit ${history?.profit.toFixed(2)} after ${moves} moves`);
}

await runExample(() => inSandbox({ source: madeUpMarket(2, "EURUSD"), latencyMs: 20 }, trail));
