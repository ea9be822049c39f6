/**
 * Pending orders from the first to the last: placed, changed, filled by the market, cancelled; many in one batch; and
 * what a refusal tells. Runs on a simulated account in virtual time.
 *
 *     node examples/orders.js
 */
import { OrderType, TradeRejectedError } from "../mod.ts";
import { inSandbox, madeUpMarket, runExample, type Sandbox } from "./sandbox.ts";

async function trade({ agent, pass }: Sandbox): Promise<void> {
  agent.on("trade", (event) => console.log(`  ${event.type} ${event.ticketText} at ${event.price}`));
  const { bid, ask } = await agent.marketData.getPrice("EURUSD");

  // The builder: each step returns a new order, and `send` works once.
  const entry = agent.trade.order("EURUSD").buy(0.2).comment("dip");
  const dip = await entry
    .limit(ask - 0.005)
    .stopLoss(ask - 0.01)
    .takeProfit(ask + 0.01)
    .send();
  console.log(`placed ${dip.type} ${dip.ticketText} at ${dip.price}`);

  // Half an hour is enough for a price this near.
  const near = await agent.trade.buyLimit("EURUSD", 0.1, ask - 0.0002, { magic: 7 });
  // An expiration is a moment of the terminal's time, which in a simulated market is not this machine's.
  const { time } = await agent.marketData.getPrice("EURUSD");
  const breakout = await agent.trade.pendingOrder({
    symbol: "EURUSD",
    type: OrderType.SELL_STOP,
    volume: 0.1,
    price: bid - 0.02,
    expiration: new Date(time.getTime() + 3_600_000),
  });
  await agent.trade.modifyOrder(dip.ticket, { price: dip.price - 0.001 });
  console.log(
    `moved ${dip.ticketText} to ${agent.mirror.orders.find((one) => one.ticket === dip.ticket)?.price}`,
  );

  await pass(30 * 60_000);
  const filled = agent.mirror.positions.find((position) => position.magic === 7);
  console.log(filled === undefined ? `${near.ticketText} still waits` : `filled at ${filled.openPrice}`);

  const results = await agent.trade.batchOrders([
    { kind: "cancel", ticket: dip.ticket },
    { kind: "modifyOrder", ticket: breakout.ticket, price: bid - 0.03 },
    { symbol: "GBPUSD", type: "buy", volume: 0.1 },
    { symbol: "GBPUSD", type: "buy", volume: 0.015 },
  ]);
  for (const { index, status, ...result } of results) {
    console.log(`batch ${index}: ${status}${"reason" in result ? `: ${result.reason.message}` : ""}`);
  }

  try {
    await agent.trade.buyLimit("EURUSD", 0.1, ask + 0.01);
  } catch (error) {
    if (!(error instanceof TradeRejectedError)) throw error;
    console.log(`refused: ${error.retcodeName} ${error.retcode}. ${error.remedy}`);
  }

  await agent.trade.cancelAllOrders();
  const closed = await agent.trade.closeAllPositions();
  console.log(`closed ${closed.length} positions, ${agent.mirror.orders.length} orders left`);
}

await runExample(() => inSandbox({ source: madeUpMarket(42, "EURUSD", "GBPUSD"), latencyMs: 30 }, trade));
