import { describe, expect, test } from "vitest";
import { createWorld } from "./world.ts";

describe("the world of the fault tests", () => {
  test("trades, and connector and broker agree", async () => {
    const world = await createWorld();
    await world.client.connect();
    const { trade } = world.client.agent(world.site);
    const opened = await world.time.settle(trade.marketBuy("EURUSD", 0.1, { id: "one" }));
    await world.agree();
    expect(world.executions("one")).toBe(1);
    await world.time.settle(trade.closePosition(opened.ticketText, undefined, { id: "two" }));
    await world.agree();
    expect(world.executions("two")).toBe(1);
    expect(world.traffic.chunks).toBeGreaterThan(10);
    await world.close();
  });

  test("two runs with one seed are the same, byte for byte", async () => {
    const digests: string[] = [];
    for (const seed of ["a", "a", "b"]) {
      const world = await createWorld({ seed });
      world.client.book(world.site).onLine = (line): void => world.traffic.note(line);
      await world.client.connect();
      await world.time.settle(world.client.agent(world.site).trade.marketBuy("EURUSD", 0.1));
      world.links.cut();
      await world.time.pass(5_000);
      await world.agree();
      await world.close();
      digests.push(world.traffic.digest());
    }
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
  });
});
