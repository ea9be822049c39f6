/**
 * Several accounts at the same time: coordinated trades with a result per account, reads that fail over, and one clean
 * exit. Without a configuration it starts three simulated accounts of its own.
 *
 *     node examples/multi-account.js
 *     node examples/multi-account.js my-config.json
 */
import { readFile } from "node:fs/promises";
import { MT5Connector, type MT5ConnectorConfig, MT5Error, PartialFailureError } from "../mod.ts";
import { withSimulators } from "./simulators.ts";

async function trade(config: MT5ConnectorConfig): Promise<void> {
  const mt5 = new MT5Connector(config);
  mt5.on("error", (error, agentId) => console.error(`[${agentId ?? "connector"}] ${error.message}`));
  const warn = (agentId: string, reason: string): void => console.warn(`${agentId} is gone: ${reason}`);
  mt5.on("agentDisconnected", warn);
  try {
    await mt5.connect();
    await coordinate(mt5);
  } finally {
    // What follows is wanted.
    mt5.off("agentDisconnected", warn);
    await mt5.disconnect();
  }
}

async function coordinate(mt5: MT5Connector): Promise<void> {
  const fleet = mt5.group(undefined, { strategy: "failover" });
  const symbol = await fleet.read(async (agent) => (await agent.marketData.getAllSymbols())[0]?.name ?? "");
  console.log(`${fleet.connected.length} accounts are connected, trading ${symbol}`);

  // Each account its own volume; what one of them refuses does not stop the others.
  const volumes = new Map(fleet.agents.map((agent, index) => [agent.id, 0.1 * (index + 1)]));
  for (const result of await fleet.marketBuy(symbol, (agent) => volumes.get(agent.id) ?? 0.1)) {
    if (result.status === "fulfilled") {
      const { ticketText, volume, price } = result.value;
      console.log(`${result.agentId}: bought ${volume} at ${price}, position ${ticketText}`);
    } else console.error(`${result.agentId}: ${result.reason.message}`);
  }

  const balances = await fleet.all((agent) => agent.account.getInfo());
  for (const one of balances) {
    if (one.status === "fulfilled") {
      console.log(`${one.agentId}: equity ${one.value.equity.toFixed(2)} ${one.value.currency}`);
    }
  }

  for (const result of await fleet.closeAllPositions()) {
    if (result.status === "fulfilled") console.log(`${result.agentId}: ${result.value.length} closed`);
    else if (result.reason instanceof PartialFailureError) {
      for (const failure of result.reason.failures) console.error(failure.ticketText, failure.error.message);
    } else console.error(`${result.agentId}: ${result.reason.message}`);
  }
}

try {
  const file = process.argv[2];
  if (file === undefined) await withSimulators(3, trade);
  else await trade(JSON.parse(await readFile(file, "utf8")) as MT5ConnectorConfig);
} catch (error) {
  console.error(error instanceof Error ? `Error: ${error.message}` : error);
  if (error instanceof MT5Error) console.error(`Remedy: ${error.remedy}`);
  process.exitCode = 1;
}
