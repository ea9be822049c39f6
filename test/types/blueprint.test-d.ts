/**
 * The blueprint's usage examples and its example configuration, compiled as a user would write them. Nothing here runs;
 * `tsc` is the test.
 */
import {
  type AccountAPI,
  type AccountInfo,
  type AgentMetrics,
  type BarData,
  type BatchResult,
  type CommandOutcome,
  type ConnectionStatus,
  type ConnectorMetrics,
  type ConnectorStatus,
  type ErrorCounts,
  type GroupResult,
  type MarketDataAPI,
  MT5Agent,
  MT5Connector,
  type MT5ConnectorConfig,
  type OrderResult,
  OrderType,
  type PositionsAPI,
  type PriceData,
  type Subscription,
  type SymbolInfo,
  type TickData,
  type TickSubscription,
  Timeframe,
  type TradeAPI,
  type TradeResult,
  TradeType,
} from "../../mod.ts";

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function assertSame<A, B>(_same: Same<A, B>): void {}

/** Basic trading workflow. */
export async function basic(): Promise<void> {
  const mt5 = new MT5Connector({
    agents: [
      {
        id: "primary-account",
        connection: { host: "localhost", ports: { command: 5555, events: 5556, sync: 5557 } },
        credentials: { serverKey: process.env.MT5_SERVER_KEY, clientKey: process.env.MT5_CLIENT_KEY },
      },
    ],
    options: {
      reconnect: { enabled: true, maxAttempts: 5, backoffMs: 1000 },
      logging: { level: "info", destination: "console" },
    },
  });
  await mt5.connect();
  const account = mt5.getAgent("primary-account");
  const trade = await account.trade.marketOrder({
    symbol: "EURUSD",
    type: TradeType.BUY,
    volume: 0.1,
    stopLoss: 1.095,
    takeProfit: 1.105,
    comment: "Automated trade via SDK",
    magic: 12345,
  });
  console.log(`Trade executed: ${trade.ticket} at ${trade.price}`);
  assertSame<typeof trade, TradeResult>(true);
  assertSame<TradeResult["ticket"], number>(true);
}

/** Several accounts at the same time. */
export async function several(mt5: MT5Connector): Promise<void> {
  const accounts = {
    production: mt5.getAgent("prod-account"),
    staging: mt5.getAgent("staging-account"),
    backup: mt5.getAgent("backup-account"),
  };
  const trades = await Promise.allSettled([
    accounts.production.trade.marketBuy("EURUSD", 1.0),
    accounts.staging.trade.marketBuy("EURUSD", 0.1),
    accounts.backup.trade.marketBuy("EURUSD", 0.5),
  ]);
  trades.forEach((result, index) => {
    const accountName = Object.keys(accounts)[index];
    if (result.status === "fulfilled")
      console.log(`${accountName}: Trade successful - ${result.value.ticket}`);
    else console.error(`${accountName}: Trade failed - ${result.reason.message}`);
  });
}

/** Events. */
export function events(mt5: MT5Connector, account: MT5Agent): void {
  mt5.on("connectionStatus", (status) => {
    assertSame<typeof status, ConnectorStatus>(true);
    console.log(`MT5 Connector status: ${status.state}`);
  });
  mt5.on("connected", () => undefined);
  mt5.on("disconnected", () => undefined);
  mt5.on("agentConnected", (agentId) => agentId.length);
  mt5.on("agentDisconnected", (agentId, reason) => console.warn(`Warning: ${agentId} ${reason}`));
  mt5.on("error", (error, agentId) => console.error(error.message, agentId));
  mt5.on("reconnecting", (agentId, attempt) => console.log(agentId, attempt.toFixed()));
  account.on("trade", (event) => {
    switch (event.type) {
      case "orderPlaced":
        console.log(`Order placed: ${event.ticket}`);
        break;
      case "orderFilled":
        console.log(`Order filled: ${event.ticket} at ${event.price}`);
        break;
      case "orderCancelled":
        console.log(`Order cancelled: ${event.ticket}`);
        break;
    }
  });
  account.on("orderFilled", (fillDetails) => console.log(`[${account.id}] Order was filled!`, fillDetails));
  account.on("disconnected", (reason) => reason.length);
  account.on("tick", (tick) => assertSame<typeof tick, TickData>(true));
  account.on("orderUpdate", (order) => console.log(order.change, order.ticket));
  account.on("positionUpdate", (position) => console.log(position.change, position.profit));
  account.on("error", (error) => console.error(error.message));
  account.marketData.subscribe(["EURUSD", "GBPUSD"], (tick) => {
    console.log(`${tick.symbol}: ${tick.bid}/${tick.ask} at ${tick.time}`);
  });
  // @ts-expect-error an event that does not exist
  mt5.on("agentConected", () => undefined);
  // @ts-expect-error an argument of another type
  mt5.on("reconnecting", (agentId: number) => agentId);
}

/** The example configuration. */
export const config: MT5ConnectorConfig = {
  agents: [
    {
      id: "primary-live",
      displayName: "Primary Live Account",
      connection: { host: "127.0.0.1", ports: { command: 5555, events: 5556, sync: 5557 }, timeout: 10000 },
      credentials: {
        serverKey: process.env.MT5_PRIMARY_SERVER_KEY,
        clientKey: process.env.MT5_PRIMARY_CLIENT_KEY,
      },
      metadata: {
        accountNumber: 12345678,
        broker: "IC Markets",
        environment: "live",
        description: "Main production trading account",
      },
      limits: { maxOrdersPerSecond: 10, maxPositions: 50, maxVolume: 100.0 },
    },
    {
      id: "backup-live",
      displayName: "Backup Live Account",
      connection: { host: "127.0.0.1", ports: { command: 5558, events: 5559, sync: 5560 } },
      credentials: {
        serverKey: process.env.MT5_BACKUP_SERVER_KEY,
        clientKey: process.env.MT5_BACKUP_CLIENT_KEY,
      },
      metadata: { accountNumber: 87654321, broker: "Pepperstone", environment: "live" },
    },
  ],
  options: {
    reconnect: { enabled: true, maxAttempts: 5, backoffMs: 1000, maxBackoffMs: 30000 },
    logging: { level: "info", destination: "console" },
    monitoring: { healthCheck: { enabled: true, intervalMs: 30000 } },
    security: { encryptionLevel: "high" },
  },
};

/** The ideal usage example. */
export async function ideal(given: MT5ConnectorConfig): Promise<void> {
  const mt5 = new MT5Connector(given);
  await mt5.connect();
  const primaryAccount: MT5Agent = mt5.getAgent("account-prod-01");
  const result = await primaryAccount.trade.marketBuy("EURUSD", 0.1);
  console.log(`Trade executed with ticket: ${result.ticket}`);
  primaryAccount.on("orderFilled", (fillDetails) => {
    console.log(`[${primaryAccount.id}] Order was filled!`, fillDetails);
  });
  mt5.on("agentDisconnected", (agentId) => console.warn(`Warning: Agent ${agentId} has disconnected.`));
}

/** The calendar, and the figures. */
export async function figures(mt5: MT5Connector, agent: MT5Agent): Promise<void> {
  const range = { from: new Date(0), to: new Date() };
  for await (const event of agent.marketData.calendar({ ...range, currency: "USD" })) {
    const actual: number | undefined = event.actual;
    const importance: "none" | "low" | "moderate" | "high" = event.importance;
    console.log(actual, importance, event.unit, event.multiplier, event.period?.getTime());
    // @ts-expect-error numbers are plain: there is no scaled one beside them
    event.actualMillionths;
  }
  // @ts-expect-error the calendar needs an end
  agent.marketData.calendar({ from: new Date() });
  const { throughput, errorsByClass }: AgentMetrics = agent.getMetrics();
  assertSame<typeof throughput.commandsPerSecond, number>(true);
  assertSame<keyof ErrorCounts, keyof typeof errorsByClass>(true);
  const { enabled }: ConnectorMetrics = mt5.getMetrics();
  console.log(enabled);
  // @ts-expect-error a key that no query has
  await agent.account.getInfo({ timeout: 1 });
  // @ts-expect-error one selection only needs a ticket, a position or a span of time
  agent.history.deals({ symbol: "EURUSD" });
}

/** The classes and namespaces that the blueprint names. */
export async function contract(mt5: MT5Connector, agent: MT5Agent): Promise<void> {
  assertSame<ReturnType<MT5Connector["connect"]>, Promise<void>>(true);
  assertSame<ReturnType<MT5Connector["disconnect"]>, Promise<void>>(true);
  await mt5.reconnect();
  await mt5.reconnect("primary");
  const agents: MT5Agent[] = [...mt5.getAllAgents(), ...mt5.getConnectedAgents()];
  const known: boolean = mt5.hasAgent("primary");
  const metrics = mt5.getMetrics();
  const status: ConnectorStatus = mt5.getStatus();
  const trade: TradeAPI = agent.trade;
  const account: AccountAPI = agent.account;
  const marketData: MarketDataAPI = agent.marketData;
  const positions: PositionsAPI = agent.positions;
  const connection: ConnectionStatus = agent.connectionStatus;
  if (connection.state === "degraded") console.log(connection.works.trading, connection.reasons.join());
  if (connection.state === "reconnecting") console.log(connection.attempt);
  const heartbeat: Date = agent.lastHeartbeat;
  const open = await positions.getAll();
  for (const position of open) await trade.closePosition(position.ticket, position.volume);
  const info: AccountInfo = await account.getInfo();
  const symbol: SymbolInfo = await marketData.getSymbolInfo("EURUSD");
  const subscription: TickSubscription = marketData.subscribe(["EURUSD"], (tick) => tick.bid);
  await subscription.ready;
  marketData.unsubscribe(subscription);
  const outcome: CommandOutcome = await trade.outcome("id");
  if (outcome.state === "executed") console.log(outcome.price);
  const direction: TradeType.BUY | TradeType.SELL = TradeType.SELL;
  const kind: OrderType = OrderType.BUY_LIMIT;
  console.log(agents, known, metrics, status, heartbeat, info, symbol, direction, kind, MT5Agent.name);
  // @ts-expect-error a direction that does not exist
  await trade.marketOrder({ symbol: "EURUSD", type: "hold", volume: 1 });
  // @ts-expect-error results are read-only
  info.balance = 1;
}

/** The rest of the trading interface, as its users write it. */
export async function trading(mt5: MT5Connector, agent: MT5Agent): Promise<void> {
  const { trade, history, orders, marketData, account } = agent;
  const order: OrderResult = await trade.pendingOrder({
    symbol: "EURUSD",
    type: OrderType.SELL_STOP_LIMIT,
    volume: 0.1,
    price: 1.08,
    stopLimitPrice: 1.081,
    expiration: new Date(),
  });
  const placed: OrderResult[] = [
    await trade.buyLimit("EURUSD", 0.1, 1.08),
    await trade.sellLimit("EURUSD", 0.1, 1.12, { stopLoss: 1.13 }),
    await trade.buyStop("EURUSD", 0.1, 1.12),
    await trade.sellStop("EURUSD", 0.1, 1.08),
  ];
  assertSame<ReturnType<TradeAPI["modifyOrder"]>, Promise<void>>(true);
  assertSame<ReturnType<TradeAPI["cancelOrder"]>, Promise<void>>(true);
  assertSame<ReturnType<TradeAPI["batchOrders"]>, Promise<BatchResult[]>>(true);
  assertSame<ReturnType<TradeAPI["closeAllPositions"]>, Promise<TradeResult[]>>(true);
  assertSame<ReturnType<TradeAPI["cancelAllOrders"]>, Promise<void>>(true);
  await trade.modifyOrder(order.ticket, { price: 1.09 });
  const built: TradeResult = await trade.order("EURUSD").buy(0.1).stopLoss(1.08).takeProfit(1.12).send();
  const pending: OrderResult = await trade.order("EURUSD").sell(0.1).limit(1.12).timeInForce("day").send();
  for (const result of await trade.batchOrders([
    { symbol: "EURUSD", type: "buy", volume: 0.1 },
    { symbol: "EURUSD", type: "buyLimit", volume: 0.1, price: 1.08 },
    { kind: "close", ticket: built.ticket },
  ])) {
    if (result.status === "rejected") console.error(result.reason.message);
  }
  const bars: BarData[] = await marketData.getBars("EURUSD", Timeframe.H1, new Date(), new Date());
  const last: BarData[] = await marketData.getLastBars("EURUSD", "M1", 10);
  const price: PriceData = await marketData.getPrice("EURUSD");
  for await (const deal of history.deals({ from: new Date() })) console.log(deal.profit);
  for (const position of await history.positions({ from: new Date() }).toArray())
    console.log(position.closePrice);
  const watching: Subscription[] = [
    account.onBalanceChange((balance) => balance.toFixed()),
    account.onEquityChange((equity) => equity.toFixed()),
    account.onMarginChange((margin) => margin.freeMargin),
    marketData.subscribeDepth(["EURUSD"], (depth) => depth.bids[0]?.price),
  ];
  for (const subscription of watching) marketData.unsubscribe(subscription);
  const fleet = mt5.group(["a", "b"], { strategy: "round-robin" });
  const results: GroupResult<TradeResult>[] = await fleet.marketBuy("EURUSD", 0.1);
  await fleet.read((reader) => reader.account.getBalance());
  // @ts-expect-error a read cannot trade
  await fleet.read((reader) => reader.trade.marketBuy("EURUSD", 0.1));
  // @ts-expect-error a market order has no price
  await trade.marketOrder({ symbol: "EURUSD", type: "buy", volume: 0.1, price: 1 });
  // @ts-expect-error a timeframe that does not exist
  await marketData.getLastBars("EURUSD", "M7", 1);
  console.log(placed, pending, bars, last, price, results, await orders.getAll());
}
