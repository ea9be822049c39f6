import { deepEqual, equal, ok } from "node:assert/strict";
import type {
  AccountInfo,
  AgentEvents,
  MT5Agent,
  MT5Connector,
  OutcomeEvent,
  TradeEvent,
} from "../../../src/connector/mod.ts";
import { OutcomeUnknownError } from "../../../src/connector/mod.ts";
import type { AgentCase, AgentWorld } from "./world.ts";

interface Connected {
  readonly mt5: MT5Connector;
  readonly agent: MT5Agent;
  /** Trade events so far. */
  readonly trades: readonly TradeEvent[];
  /** Waits for a trade event of a type and gives it. */
  trade(type: TradeEvent["type"]): Promise<TradeEvent>;
}

async function connected(world: AgentWorld): Promise<Connected> {
  const mt5 = world.connector();
  const agent = mt5.getAgent("main");
  const trades: TradeEvent[] = [];
  agent.on("trade", (event) => trades.push(event));
  await world.settle(mt5.connect());
  return {
    mt5,
    agent,
    trades,
    async trade(type): Promise<TradeEvent> {
      await world.until(() => trades.some((event) => event.type === type), type, 60_000);
      const found = trades.find((event) => event.type === type);
      if (found === undefined) throw new Error(`No ${type}`);
      return found;
    },
  };
}

/** The next time that an event of an agent is told. */
function next<Event extends keyof AgentEvents>(
  agent: MT5Agent,
  event: Event,
): Promise<AgentEvents[Event][0]> {
  return new Promise((resolve) => {
    agent.once(event, ((argument: AgentEvents[Event][0]) => resolve(argument)) as never);
  });
}

/** Every event of the interface, told of what the broker does (docs/api.md). */
export const eventCases: readonly AgentCase[] = [
  {
    name: "trade orderPlaced, orderModified, orderCancelled: a pending order's life is told, each step once",
    covers: [
      "trade orderPlaced",
      "trade orderModified",
      "trade orderCancelled",
      "agent trade",
      "agent orderUpdate",
    ],
    async run(world): Promise<void> {
      const { agent, trades, trade } = await connected(world);
      const updates: string[] = [];
      agent.on("orderUpdate", (update) => updates.push(update.change));
      const order = await world.settle(agent.trade.buyLimit("EURUSD", 0.1, 1.09, { magic: 7 }));
      await world.settle(agent.trade.modifyOrder(order.ticket, { price: 1.08 }));
      await world.settle(agent.trade.cancelOrder(order.ticket));
      const cancelled = await trade("orderCancelled");
      deepEqual(
        trades.map((event) => event.type),
        ["orderPlaced", "orderModified", "orderCancelled"],
      );
      deepEqual(updates, ["placed", "modified", "cancelled"]);
      deepEqual([cancelled.ticketText, cancelled.price, cancelled.magic], [order.ticketText, 1.08, 7]);
      ok(trades.every((event) => !event.recovered));
    },
  },
  {
    name: "trade orderFilled: a pending order that the price reaches is told once, with its price, deal and position",
    covers: ["trade orderFilled", "agent orderFilled", "agent dealUpdate", "agent positionUpdate"],
    async run(world): Promise<void> {
      const { agent, trades, trade } = await connected(world);
      const fills = next(agent, "orderFilled");
      const positions: string[] = [];
      agent.on("positionUpdate", (update) => positions.push(update.change));
      const order = await world.settle(agent.trade.buyLimit("EURUSD", 0.1, 1.09));
      world.broker.quote("EURUSD", 1.0895, 1.0897);
      const fill = await trade("orderFilled");
      deepEqual(await world.settle(fills), fill);
      deepEqual([fill.ticketText, fill.price, fill.volume], [order.ticketText, 1.0897, 0.1]);
      equal(trades.filter((event) => event.type === "orderFilled").length, 1);
      await world.until(() => positions.length > 0, "the position");
      deepEqual(positions, ["opened"]);
      equal(agent.mirror.positions[0]?.ticketText, fill.positionTicketText);
    },
  },
  {
    name: "trade orderPartiallyFilled: each part is told with its own volume, the last as orderFilled",
    covers: ["trade orderPartiallyFilled", "trade orderFilled"],
    async run(world): Promise<void> {
      const { agent, trades, trade } = await connected(world);
      await world.settle(agent.trade.buyLimit("EURUSD", 0.1, 1.09, { filling: "return" }));
      world.broker.setLiquidity(0.06);
      world.broker.quote("EURUSD", 1.0895, 1.0897);
      const part = await trade("orderPartiallyFilled");
      equal(part.volume, 0.06);
      world.broker.quote("EURUSD", 1.0894, 1.0896);
      const rest = await trade("orderFilled");
      equal(rest.volume, 0.04);
      equal(trades.filter((event) => event.type === "orderPartiallyFilled").length, 1);
    },
  },
  {
    name: "trade orderExpired: an order whose time runs out is told",
    covers: ["trade orderExpired"],
    async run(world): Promise<void> {
      const { agent, trade } = await connected(world);
      const info = agent.brokerTime;
      ok(info !== undefined);
      const expiration = new Date(world.clock.wallMs() + 3_000);
      const order = await world.settle(agent.trade.buyLimit("EURUSD", 0.1, 1.09, { expiration }));
      equal((await trade("orderExpired")).ticketText, order.ticketText);
      equal(agent.mirror.orders.length, 0);
    },
  },
  {
    name: "trade orderRejected: an order that the server takes and then rejects is told; nothing is open",
    covers: ["trade orderRejected"],
    async run(world): Promise<void> {
      const { agent, trade } = await connected(world);
      world.broker.setLiquidity(0);
      const order = agent.trade.marketBuy("EURUSD", 0.1, { filling: "fok" });
      order.catch(() => undefined);
      equal((await trade("orderRejected")).symbol, "EURUSD");
      await world.settle(
        order.catch(() => undefined),
        60_000,
      );
      deepEqual(world.broker.positions(), []);
    },
  },
  {
    name: "trade stopLossHit, takeProfitHit: a position that its stops close is told with the reason",
    covers: ["trade stopLossHit", "trade takeProfitHit"],
    async run(world): Promise<void> {
      const { agent, trade } = await connected(world);
      const low = await world.settle(agent.trade.marketBuy("EURUSD", 0.1, { stopLoss: 1.09 }));
      const high = await world.settle(agent.trade.marketBuy("GBPUSD", 0.1, { takeProfit: 1.26 }));
      world.broker.quote("EURUSD", 1.08, 1.0802);
      world.broker.quote("GBPUSD", 1.27, 1.2703);
      equal((await trade("stopLossHit")).positionTicketText, low.ticketText);
      const taken = await trade("takeProfitHit");
      deepEqual([taken.positionTicketText, taken.reason], [high.ticketText, "takeProfit"]);
      deepEqual(world.broker.positions(), []);
    },
  },
  {
    name: "trade stoppedOut: a stop out of the account is told, with its price and reason",
    covers: ["trade stoppedOut", "agent accountUpdate"],
    async run(world): Promise<void> {
      const { agent, trade } = await connected(world);
      const { ticketText } = await world.settle(agent.trade.marketBuy("EURUSD", 8));
      world.broker.quote("EURUSD", 1.092, 1.0922);
      const event = await trade("stoppedOut");
      deepEqual([event.positionTicketText, event.reason, event.price], [ticketText, "stopOut", 1.092]);
      deepEqual(world.broker.positions(), []);
      await world.until(() => agent.mirror.account?.margin === 0, "the account without margin", 10_000);
    },
  },
  {
    name: "agent positionUpdate: opened, modified, closed, each once and in this order",
    covers: ["agent positionUpdate"],
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const changes: string[] = [];
      agent.on("positionUpdate", (update) => changes.push(`${update.change} ${update.stopLoss ?? 0}`));
      const { ticket } = await world.settle(agent.trade.marketBuy("EURUSD", 0.1));
      await world.settle(agent.trade.modifyPosition(ticket, { stopLoss: 1.05 }));
      await world.settle(agent.trade.closePosition(ticket));
      await world.until(() => changes.length >= 3, "three updates");
      deepEqual(changes, ["opened 0", "modified 1.05", "closed 1.05"]);
    },
  },
  {
    name: "agent dealUpdate: a deal is told when it is made, when the broker corrects it, and when it is withdrawn",
    covers: ["agent dealUpdate"],
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const told: string[] = [];
      agent.on("dealUpdate", (update) => told.push(`${update.change} ${update.record.commission}`));
      const { dealTicketText } = await world.settle(agent.trade.marketBuy("EURUSD", 0.1));
      world.broker.correctDeal(dealTicketText, { commission: -3 });
      await world.until(() => told.length === 2, "the correction");
      world.broker.correctDeal(dealTicketText, undefined);
      await world.until(() => told.length === 3, "the withdrawal");
      deepEqual(told, ["made 0", "updated -3", "deleted -3"]);
    },
  },
  {
    name: "agent accountUpdate: a deposit is told, and the callbacks of account tell what changed",
    covers: ["agent accountUpdate"],
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const balances: number[] = [];
      agent.account.onBalanceChange((balance) => balances.push(balance));
      const accounts: AccountInfo[] = [];
      agent.on("accountUpdate", (account) => accounts.push(account));
      world.broker.deposit(500);
      await world.until(() => accounts.some((account) => account.balance === 10_500), "the deposit", 10_000);
      deepEqual(balances, [10_500]);
    },
  },
  {
    name: "agent tick: ticks of subscribed symbols come in order, to the event and to the callback alike",
    covers: ["agent tick"],
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const heard: number[] = [];
      const called: number[] = [];
      agent.on("tick", (tick) => heard.push(tick.bid));
      const subscription = agent.marketData.subscribe(["EURUSD"], (tick) => called.push(tick.bid));
      await world.settle(subscription.ready);
      const bids = [1.101, 1.102, 1.103, 1.104];
      for (const bid of bids) world.broker.quote("EURUSD", bid, bid + 0.0002);
      await world.until(() => called.length >= bids.length, "four ticks");
      deepEqual(called.slice(-4), bids);
      deepEqual(heard.slice(-4), bids);
      equal(subscription.lostTicks.get("EURUSD") ?? 0, 0);
    },
  },
  {
    name: "book: a subscription of market depth calls back with bids and asks, best first",
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const best: (number | undefined)[][] = [];
      const subscription = agent.marketData.subscribeDepth(["EURUSD"], ({ bids, asks }) =>
        best.push([bids[0]?.price, asks[0]?.price]),
      );
      await world.settle(subscription.ready);
      world.broker.quote("EURUSD", 1.2, 1.2002);
      await world.until(() => best.at(-1)?.[0] === 1.2, "the book");
      deepEqual(best.at(-1), [1.2, 1.2002]);
    },
  },
  {
    name: "agent outcome: the truth about a command that nobody waits for any more is told by its id",
    covers: ["agent outcome"],
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const outcome: Promise<OutcomeEvent> = next(agent, "outcome");
      world.broker.answerNext("after", "silence");
      const order = agent.trade.marketBuy("EURUSD", 0.1, { id: "left", timeoutMs: 300 });
      const error = await world.settle(order.catch((thrown: unknown) => thrown));
      ok(error instanceof OutcomeUnknownError);
      const told = await world.settle(outcome, 60_000);
      deepEqual([told.id, told.state], ["left", "executed"]);
      equal(world.broker.executed.length, 1);
    },
  },
  {
    name: "agent error, connector error: what no caller waits for is told to both, with its reason",
    covers: ["agent error", "connector error"],
    async run(world): Promise<void> {
      const { mt5, agent } = await connected(world);
      const told: string[] = [];
      agent.on("error", (error) => told.push(`agent: ${error.message}`));
      mt5.on("error", (error, id) => told.push(`${id}: ${error.message}`));
      const subscription = agent.marketData.subscribe(["EURUS"], () => undefined);
      subscription.ready.catch(() => undefined);
      await world.until(() => told.length >= 2, "both errors");
      ok(told.some((text) => text.startsWith("agent: ") && text.includes("EURUS")));
      ok(told.some((text) => text.startsWith("main: ") && text.includes("EURUS")));
    },
  },
  {
    name: "connector connected, agentConnected, agent connected: told once each when all is live, and when it is back",
    covers: [
      "connector connected",
      "connector agentConnected",
      "connector disconnected",
      "connector agentDisconnected",
      "connector connectionStatus",
      "connector reconnecting",
      "agent connected",
      "agent disconnected",
      "agent connectionStatus",
    ],
    async run(world): Promise<void> {
      const mt5 = world.connector();
      const agent = mt5.getAgent("main");
      const told: string[] = [];
      mt5.on("connected", () => told.push("all connected"));
      mt5.on("disconnected", () => told.push("none connected"));
      mt5.on("agentConnected", (id) => told.push(`${id} connected`));
      mt5.on("agentDisconnected", (id) => told.push(`${id} disconnected`));
      agent.on("connected", () => told.push("agent connected"));
      agent.on("disconnected", () => told.push("agent disconnected"));
      const states: string[] = [];
      agent.on("connectionStatus", (status) => states.push(status.state));
      await world.settle(mt5.connect());
      const connecting = ["main connected", "all connected", "agent connected"];
      deepEqual(told.toSorted(), connecting.toSorted());
      world.kill();
      await world.until(() => told.includes("agent disconnected"), "the loss", 60_000);
      await world.restart();
      await world.until(
        () => told.filter((text) => text === "agent connected").length === 2,
        "the return",
        60_000,
      );
      const loss = ["main disconnected", "none connected", "agent disconnected"];
      deepEqual(told.toSorted(), [...connecting, ...loss, ...connecting].toSorted());
      ok(states.includes("reconnecting"), states.join());
    },
  },
  {
    name: "agent connectionStatus: a terminal without its broker is degraded, with the reason, and recovers",
    covers: ["agent connectionStatus"],
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      world.broker.setConnected(false);
      await world.until(() => agent.connectionStatus.state === "degraded", "degraded", 20_000);
      const { connectionStatus: status } = agent;
      ok(status.state === "degraded" && status.reasons.join().includes("trade server"));
      world.broker.setConnected(true);
      await world.until(() => agent.connectionStatus.state === "connected", "connected", 20_000);
    },
  },
];
