import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import {
  type MT5Agent,
  type MT5Connector,
  OutcomeUnknownError,
  TradeRejectedError,
} from "../../../src/connector/mod.ts";
import { decodeBody } from "../../../src/protocol/v1/codec.ts";
import type { AgentPoint } from "../../../src/simulator/agent/agent-options.ts";
import type { AgentCase, AgentWorld } from "./world.ts";

async function connected(world: AgentWorld): Promise<{ mt5: MT5Connector; agent: MT5Agent }> {
  const mt5 = world.connector();
  await world.settle(mt5.connect());
  return { mt5, agent: mt5.getAgent("main") };
}

/** Whether a message on `events` is the outcome of a command. */
function isOutcome(frames: readonly Uint8Array[]): boolean {
  const [topic, body] = frames;
  if (topic?.[0] !== "l".charCodeAt(0) || body === undefined) return false;
  return decodeBody(body)["type"] === "outcome";
}

/** One order under a fault must end executed once, with the truth told and the mirror equal to the broker. */
async function executedOnce(
  world: AgentWorld,
  agent: MT5Agent,
  order: Promise<{ ticketText: string }>,
): Promise<void> {
  const trade = await world.settle(order, 60_000);
  equal(world.broker.executed.length, 1);
  deepEqual(world.broker.positions(), [trade.ticketText]);
  const positions = await world.settle(agent.positions.getAll(), 60_000);
  deepEqual(
    positions.map((position) => position.ticketText),
    [trade.ticketText],
  );
}

/** Kills the agent at a point in the middle of an order and starts it again. */
function restartCase(point: AgentPoint): AgentCase {
  return {
    name: `agent restarted at ${point}: one execution, and the true outcome is told`,
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const kill = world.killAt(point);
      const order = agent.trade.marketBuy("EURUSD", 0.1);
      order.catch(() => undefined);
      await world.until(() => kill.fired, `the kill at ${point}`);
      await world.pass(200);
      await world.restart();
      await executedOnce(world, agent, order);
    },
  };
}

/** The connector against an agent, in fair and in foul weather. */
export const connectorCases: readonly AgentCase[] = [
  {
    name: "buy, see the position, close it, and the account knows",
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const updates: string[] = [];
      agent.on("positionUpdate", (update) => updates.push(update.change));
      const opened = await world.settle(agent.trade.marketBuy("EURUSD", 0.1, { comment: "case" }));
      deepEqual(world.broker.positions(), [opened.ticketText]);
      const closed = await world.settle(agent.trade.closePosition(opened.ticket));
      equal(closed.ticketText, opened.ticketText);
      deepEqual(world.broker.positions(), []);
      const info = await world.settle(agent.account.getInfo());
      equal(info.balance, world.broker.balance());
      ok(updates.includes("opened") && updates.includes("closed"), updates.join());
    },
  },
  {
    name: "a rejected order is a TradeRejectedError with its retcode",
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      await rejects(world.settle(agent.trade.marketBuy("EURUSD", 90)), (error: unknown) => {
        ok(error instanceof TradeRejectedError);
        equal(error.retcode, 10019);
        equal(error.retcodeName, "NO_MONEY");
        ok(error.remedy.length > 0);
        return true;
      });
      equal(world.broker.positions().length, 0);
    },
  },
  {
    name: "a dropped command is noticed and sent again: one execution",
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const drop = world.messages.add({
        channel: "command",
        direction: "send",
        action: { kind: "drop" },
        times: 1,
      });
      const order = agent.trade.marketBuy("EURUSD", 0.1);
      await executedOnce(world, agent, order);
      equal(drop.fired, 1);
    },
  },
  {
    name: "a doubled command is executed once",
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const double = world.messages.add({
        channel: "command",
        direction: "send",
        action: { kind: "duplicate" },
        times: 1,
      });
      await executedOnce(world, agent, agent.trade.marketBuy("EURUSD", 0.1));
      equal(double.fired, 1);
    },
  },
  {
    name: "a dropped outcome is fetched from the ledger: one execution, told",
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const drop = world.messages.add({
        channel: "events",
        direction: "receive",
        action: { kind: "drop" },
        match: isOutcome,
        times: 1,
      });
      await executedOnce(world, agent, agent.trade.marketBuy("EURUSD", 0.1));
      equal(drop.fired, 1);
    },
  },
  {
    name: "a dropped reply on sync is asked again",
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const drop = world.messages.add({
        channel: "sync",
        direction: "receive",
        action: { kind: "drop" },
        times: 1,
      });
      const symbols = await world.settle(agent.marketData.getAllSymbols(), 60_000);
      ok(symbols.length > 0);
      equal(drop.fired, 1);
    },
  },
  {
    name: "the command connection cut in mid-frame of an order: one execution",
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      await world.settle(agent.marketData.getSymbolInfo("EURUSD"));
      const cut = world.links.cutAfter("send", 100, { port: world.ports.command });
      await executedOnce(world, agent, agent.trade.marketBuy("EURUSD", 0.1));
      equal(cut.fired, 1);
    },
  },
  {
    name: "the events connection cut in mid-frame of the outcome: one execution, told after the gap is filled",
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      await world.settle(agent.marketData.getSymbolInfo("EURUSD"));
      const cut = world.links.cutAfter("receive", 150, { port: world.ports.events });
      await executedOnce(world, agent, agent.trade.marketBuy("EURUSD", 0.1));
      equal(cut.fired, 1);
    },
  },
  {
    name: "all connections cut while the order is on its way: one execution, told after the reconnect",
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      await world.settle(agent.marketData.getSymbolInfo("EURUSD"));
      const order = agent.trade.marketBuy("EURUSD", 0.1);
      order.catch(() => undefined);
      equal(world.links.cut(), 3);
      await executedOnce(world, agent, order);
    },
  },
  ...(["commandReceived", "beforeJournal", "sent", "beforeOutcome", "outcomeJournalled"] as const).map(
    restartCase,
  ),
  {
    name: "agent restarted between journal and send: not sent again; the outcome is unknown, not failed",
    async run(world): Promise<void> {
      const { agent } = await connected(world);
      const kill = world.killAt("journalled");
      const order = agent.trade.marketBuy("EURUSD", 0.1, { id: "between" });
      const told = rejects(order, OutcomeUnknownError);
      await world.until(() => kill.fired, "the kill");
      await world.restart();
      await world.settle(told, 60_000);
      equal(world.broker.executed.length, 0);
      const outcome = await world.settle(agent.trade.outcome("between"), 60_000);
      equal(outcome.state, "unknown");
    },
  },
  {
    name: "a caller's id sent again by a second connector is executed once, and both are told the same",
    async run(world): Promise<void> {
      const first = await connected(world);
      const one = await world.settle(first.agent.trade.marketBuy("EURUSD", 0.1, { id: "caller-1" }));
      await world.settle(first.mt5.disconnect());
      const second = await connected(world);
      const two = await world.settle(second.agent.trade.marketBuy("EURUSD", 0.1, { id: "caller-1" }));
      equal(two.ticketText, one.ticketText);
      equal(world.broker.executed.length, 1);
    },
  },
];
