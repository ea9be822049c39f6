import { expect, test } from "vitest";
import { connectedWorld } from "../../kit/connector-world.ts";

test.each(["EURUDS", "eurusd"])(
  "closing or cancelling all of %s, which is no symbol, is refused, not done for nothing",
  async (name) => {
    const { agent, fake, settle, failure } = await connectedWorld();
    await settle(agent.trade.marketBuy("EURUSD", 0.1));
    await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
    expect(await failure(agent.trade.closeAllPositions(name))).toMatchObject({ code: "UNKNOWN_SYMBOL" });
    expect(await failure(agent.trade.cancelAllOrders(name))).toMatchObject({ code: "UNKNOWN_SYMBOL" });
    expect([fake.positions.size, fake.orders.size]).toEqual([1, 1]);
  },
);

test("closing and cancelling all of a symbol of which there is nothing ends with nothing done", async () => {
  const { agent, settle } = await connectedWorld();
  expect(await settle(agent.trade.closeAllPositions("EURUSD"))).toEqual([]);
  await expect(settle(agent.trade.cancelAllOrders("EURUSD"))).resolves.toBeUndefined();
});
