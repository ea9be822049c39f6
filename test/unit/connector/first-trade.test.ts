import { expect, test } from "vitest";
import { connectedWorld } from "../../kit/connector-world.ts";

test("connect, marketBuy, closePosition and subscribe work in virtual time, and disconnect leaves nothing", async () => {
  const { agent, clock, fake, mt5, settle, timers } = await connectedWorld();
  expect(agent.connectionStatus.state).toBe("connected");
  const opened = await settle(agent.trade.marketBuy("EURUSD", 0.1, { stopLoss: 1.09, comment: "first" }));
  expect(opened).toMatchObject({ symbol: "EURUSD", type: "buy", volume: 0.1, price: 1.1001, stopLoss: 1.09 });
  expect(agent.mirror.positions.map((position) => position.ticketText)).toEqual([opened.ticketText]);
  const ticks: number[] = [];
  const subscription = agent.marketData.subscribe(["EURUSD"], (tick) => ticks.push(tick.bid));
  await settle(subscription.ready);
  fake.tick("EURUSD", 1.2, 1.3);
  await clock.advance(10);
  expect(ticks).toEqual([1.2, 1.3]);
  const closed = await settle(agent.trade.closePosition(opened.ticket));
  expect(closed).toMatchObject({ ticket: opened.ticket, openPrice: 1.1001, price: 1.1, profit: 1.5 });
  expect(fake.executed).toHaveLength(2);
  await settle(mt5.disconnect());
  expect(timers.pending).toBe(0);
  expect(fake.openConnections).toBe(0);
});
