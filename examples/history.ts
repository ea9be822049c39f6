/**
 * What an account did: orders and deals of the past page by page, positions put together from all their deals, and the
 * statistics that a trader asks for first. Runs on a simulated account in virtual time.
 *
 *     node examples/history.js
 */
import { inSandbox, madeUpMarket, runExample, type Sandbox } from "./sandbox.ts";

/** Something to look back at: a trade every few minutes, in both directions. */
async function makeHistory({ agent, pass }: Sandbox): Promise<void> {
  for (let round = 0; round < 8; round++) {
    const { ticket } = await (round % 2 === 0
      ? agent.trade.marketBuy("EURUSD", 0.2)
      : agent.trade.marketSell("EURUSD", 0.2));
    await pass(2 * 60_000);
    await agent.trade.closePosition(ticket, 0.1);
    await pass(2 * 60_000);
    await agent.trade.closePosition(ticket);
  }
}

async function look(sandbox: Sandbox): Promise<void> {
  const { agent } = sandbox;
  const from = new Date((await agent.marketData.getTick("EURUSD")).time.getTime() - 1_000);
  await makeHistory(sandbox);

  let deals = 0;
  for await (const deal of agent.history.deals({ from, symbol: "EURUSD" })) {
    if (deals++ < 3)
      console.log(`deal ${deal.ticketText} ${deal.type} ${deal.entry} ${deal.volume} at ${deal.price}`);
  }
  const orders = await agent.history.orders({ from }).toArray();
  console.log(`${deals} deals of ${orders.length} orders`);

  const positions = await agent.history.positions({ from }).toArray();
  let won = 0;
  let profit = 0;
  let best = Number.NEGATIVE_INFINITY;
  let worst = Number.POSITIVE_INFINITY;
  for (const position of positions) {
    const result = position.profit + position.commission + position.swap + position.fee;
    profit += result;
    if (result > 0) won++;
    best = Math.max(best, result);
    worst = Math.min(worst, result);
  }
  const [first] = positions;
  console.log(
    `first position: ${first?.type} ${first?.volume} from ${first?.openPrice?.toFixed(5)} to ${first?.closePrice?.toFixed(5)} ` +
      `in ${first?.deals.length} deals`,
  );
  console.log(
    `${positions.length} positions, ${won} won, best ${best.toFixed(2)}, worst ${worst.toFixed(2)}`,
  );

  // The deals' sum is what the balance has changed by: nothing is lost in between.
  const { balance, currency } = await agent.account.getInfo();
  console.log(`profit ${profit.toFixed(2)} ${currency}, balance ${balance.toFixed(2)}`);
  if (Math.abs(balance - 10_000 - profit) > 0.005) throw new Error("The deals do not add up to the balance");
}

await runExample(() => inSandbox({ source: madeUpMarket(7, "EURUSD") }, look));
