/**
 * Everything that an account tells by itself: ticks, orders, fills, positions, the account's equity, the connection.
 * Without a configuration it starts a simulated account of its own; then it trades once, so that there is something to
 * tell.
 *
 *     node examples/events.js
 *     node examples/events.js my-config.json     only watches
 */
import { readFile } from "node:fs/promises";
import { type MT5Agent, MT5Connector, type MT5ConnectorConfig, MT5Error } from "../mod.ts";
import { withSimulators } from "./simulators.ts";

const watchMs = 2_000;

function watch(agent: MT5Agent): void {
  agent.on("connectionStatus", (status) => console.log(`status      ${status.state}`));
  agent.on("trade", (event) => {
    const late = event.recovered ? ", told afterwards" : "";
    switch (event.type) {
      case "orderPlaced":
      case "orderModified":
      case "orderCancelled":
      case "orderExpired":
        console.log(`${event.type} ${event.ticketText} ${event.symbol} at ${event.price}${late}`);
        break;
      case "orderFilled":
      case "orderPartiallyFilled":
        console.log(`filled      ${event.side} ${event.volume} ${event.symbol} at ${event.price}${late}`);
        break;
      default:
        console.log(`${event.type} position ${event.positionTicketText} at ${event.price}${late}`);
    }
  });
  agent.on("positionUpdate", (position) => {
    console.log(`position    ${position.ticketText} ${position.change}, ${position.volume} lots`);
  });
  agent.account.onBalanceChange((balance) => console.log(`balance     ${balance.toFixed(2)}`));
  agent.account.onMarginChange(({ freeMargin }) => console.log(`free margin ${freeMargin.toFixed(2)}`));
}

async function run(config: MT5ConnectorConfig, trades: boolean): Promise<void> {
  const mt5 = new MT5Connector(config);
  mt5.on("error", (error, agentId) => console.error(`[${agentId ?? "connector"}] ${error.message}`));
  mt5.on("reconnecting", (agentId, attempt) => console.warn(`${agentId}: attempt ${attempt}`));
  try {
    for (const agent of mt5.getAllAgents()) watch(agent);
    await mt5.connect();
    const [agent] = mt5.getAllAgents();
    if (agent === undefined) return;
    await agent.waitForSync();
    const symbol = (await agent.marketData.getAllSymbols())[0]?.name ?? "EURUSD";
    let ticks = 0;
    const subscription = agent.marketData.subscribe([symbol], (tick) => {
      if (ticks++ < 3)
        console.log(`tick        ${tick.time.toISOString()} ${symbol} ${tick.bid}/${tick.ask}`);
    });
    await subscription.ready;
    if (trades) {
      const opened = await agent.trade.order(symbol).buy(0.1).comment("events").send();
      await agent.trade.closePosition(opened.ticket);
    }
    await new Promise((resolve) => setTimeout(resolve, watchMs));
    const { freshness, account } = agent.mirror;
    console.log(
      `mirror      live ${freshness.live}, equity ${account?.equity.toFixed(2)}, ${ticks} ticks heard`,
    );
    subscription.unsubscribe();
  } finally {
    await mt5.disconnect();
  }
}

try {
  const file = process.argv[2];
  if (file === undefined) await withSimulators(1, (config) => run(config, true));
  else await run(JSON.parse(await readFile(file, "utf8")) as MT5ConnectorConfig, false);
} catch (error) {
  console.error(error instanceof Error ? `Error: ${error.message}` : error);
  if (error instanceof MT5Error) console.error(`Remedy: ${error.remedy}`);
  process.exitCode = 1;
}
