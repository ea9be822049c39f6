import { expect, test } from "vitest";
import { connectedWorld } from "../../kit/connector-world.ts";

test("cancelling an order that is not active says so, and where to look", async () => {
  const { agent, fake, failure } = await connectedWorld();
  fake.answers.push({ kind: "reject", retcode: 10013 });
  const error = await failure(agent.trade.cancelOrder(999));
  expect(error).toMatchObject({ name: "TradeRejectedError", certain: true, retcode: 10013 });
  expect(error).toMatchObject({ message: "Cannot cancel order 999: it is not active" });
  expect(error).toMatchObject({ remedy: expect.stringContaining("history") });
});

test("an active order whose cancel is called invalid keeps the server's reason", async () => {
  const { agent, fake, settle, failure } = await connectedWorld();
  const { ticket } = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
  fake.answers.push({ kind: "reject", retcode: 10013 });
  const error = await failure(agent.trade.cancelOrder(ticket));
  expect(error).toMatchObject({ retcode: 10013, message: expect.not.stringContaining("not active") });
});

test("a stop-limit order shows both of its prices, other orders one", async () => {
  const { agent, settle } = await connectedWorld();
  await settle(agent.trade.buyStopLimit("EURUSD", 0.1, 1.12, 1.11));
  await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
  const orders = await settle(agent.orders.getAll());
  expect(orders.map(({ price, stopLimitPrice }) => [price, stopLimitPrice])).toEqual([
    [1.12, 1.11],
    [1.08, undefined],
  ]);
});
