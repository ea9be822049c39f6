import { afterEach, describe, expect, it } from "vitest";
import { unpackBook } from "../../../../src/protocol/v1/bulk.ts";
import { alwaysOpen, symbolSpec } from "../../../../src/simulator/broker/mod.ts";
import { type Simulated, simulated } from "./simulated.ts";

let world: Simulated | undefined;
afterEach(() => world?.dispose());

async function begin(): Promise<Simulated> {
  const always = { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen };
  const symbols = [
    symbolSpec("EURUSD", always),
    symbolSpec("GBPUSD", { ...always, calcMode: "cfd", execution: "market" }),
  ];
  world = await simulated({ symbols });
  return world;
}

describe("market depth", () => {
  it("flows after depth.subscribe: the whole book, sells before buys, best prices first", async () => {
    const at = await begin();
    await at.client.get("depth.subscribe", { symbols: ["EURUSD"] });
    await at.rig.clock.advance(60);
    const [first] = at.client.books;
    const levels = unpackBook(first?.bulk ?? new Uint8Array(0));
    expect(first?.head).toMatchObject({ symbol: "EURUSD", n: 10 });
    expect(levels.map((level) => level.side)).toEqual([
      ...Array.from({ length: 5 }, () => "sell"),
      ...Array.from({ length: 5 }, () => "buy"),
    ]);
    const prices = levels.map((level) => level.price);
    expect(prices.slice(0, 5)).toEqual([1.1002, 1.10021, 1.10022, 1.10023, 1.10024]);
    expect(prices.slice(5)).toEqual([1.1, 1.09999, 1.09998, 1.09997, 1.09996]);
    expect(levels).toEqual(at.terminal.marketBook("EURUSD"));
  });

  it("is conflated: of many books in a moment the newest is published", async () => {
    const at = await begin();
    await at.client.get("depth.subscribe", { symbols: ["EURUSD"] });
    await at.rig.clock.advance(60);
    for (let i = 1; i <= 100; i++) at.terminal.quote("EURUSD", 1.1 + i / 10_000, 1.2);
    await at.rig.clock.advance(200);
    expect(at.client.books.length).toBeLessThanOrEqual(3);
    const last = unpackBook(at.client.books.at(-1)?.bulk ?? new Uint8Array(0));
    expect(last[5]?.price).toBe(1.11);
  });

  it("is refused NO_DEPTH and UNKNOWN_SYMBOL, all or none", async () => {
    const at = await begin();
    expect(await at.client.code("depth.subscribe", { symbols: ["EURUSD", "GBPUSD"] })).toBe("NO_DEPTH");
    expect(await at.client.code("depth.subscribe", { symbols: ["EURUSD", "X"] })).toBe("UNKNOWN_SYMBOL");
    at.terminal.quote("EURUSD", 1.2, 1.3);
    await at.rig.clock.advance(200);
    expect(at.client.books).toEqual([]);
  });

  it("ends with depth.unsubscribe, and with the session", async () => {
    const at = await begin();
    await at.client.get("depth.subscribe", { symbols: ["EURUSD"] });
    await at.client.get("depth.unsubscribe", { symbols: ["EURUSD"] });
    expect(at.terminal.marketBook("EURUSD")).toBeUndefined();
    await at.client.get("depth.subscribe", { symbols: ["EURUSD"] });
    expect(at.terminal.marketBook("EURUSD")).toHaveLength(10);
    await at.client.get("bye");
    expect(at.terminal.marketBook("EURUSD")).toBeUndefined();
  });
});
