import { afterEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../../../src/protocol/v1/messages.ts";
import { commandTag } from "../../../../src/protocol/v1/signing.ts";
import { marketIntent } from "./rig.ts";
import { pendingIntent, type Simulated, simulated } from "./simulated.ts";

let world: Simulated | undefined;
afterEach(() => world?.dispose());

async function begin(...options: Parameters<typeof simulated>): Promise<Simulated> {
  world = await simulated(...options);
  return world;
}

function executed(outcome: Outcome | undefined): Extract<Outcome, { state: "executed" }> {
  if (outcome?.state !== "executed") throw new Error(`Not executed: ${JSON.stringify(outcome)}`);
  return outcome;
}

function orderChanges(at: Simulated): string[] {
  return at.client.events.flatMap((event) => (event.type === "order" ? [event.change] : []));
}

/** Answers that do not come, from now on, with or without the execution. */
function silence(at: Simulated, when: "before" | "after"): void {
  at.terminal.setHooks({ [when]: () => "silence" });
}

async function placed(at: Simulated, id = "p", changes: object = {}): Promise<string> {
  return executed(await at.send(id, pendingIntent(changes))).order;
}

async function opened(at: Simulated, id: string, side: "buy" | "sell", volume = 0.1): Promise<string> {
  return executed(await at.send(id, { ...marketIntent, side, volume })).position;
}

describe("intent pending", () => {
  it("is executed when the order stands: its ticket, no position, no deal, and the ledger tells it before", async () => {
    const at = await begin();
    const outcome = executed(await at.send("p", pendingIntent({ comment: "mine", stopLoss: 1.08 })));
    expect(outcome).toMatchObject({ position: "0", deal: "0", volume: 0.1, deals: [] });
    const [order] = at.terminal.orders();
    const tag = commandTag(Uint8Array.from(Buffer.from(at.client.key, "hex")), "p");
    expect(order).toMatchObject({ ticket: outcome.order, kind: "buyLimit", price: 1.09, stopLoss: 1.08 });
    expect(order?.comment).toBe(`mine${tag}`);
    expect(at.client.events.map((event) => event.type)).toEqual(["order", "outcome"]);
    expect(orderChanges(at)).toEqual(["placed"]);
  });

  it("is unknown while 10008 names no order: it may stand or not", async () => {
    const at = await begin();
    at.terminal.setHooks({ before: () => ({ retcode: 10008 }) });
    expect(await at.send("p", pendingIntent(), 30_000)).toMatchObject({ state: "unknown" });
    expect(at.terminal.orders()).toEqual([]);
  });

  it("tells its fill as filled, with deal and position", async () => {
    const at = await begin();
    const order = await placed(at);
    at.terminal.quote("EURUSD", 1.0895, 1.0897);
    await at.rig.clock.advance(50);
    expect(orderChanges(at)).toEqual(["placed", "filled"]);
    const deal = at.client.events.find((event) => event.type === "deal");
    expect(deal?.type === "deal" && deal.deal.order).toBe(order);
  });

  it("tells its expiry as expired", async () => {
    const at = await begin();
    const expirationBrokerMs = at.terminal.brokerMs() + 5_000;
    await placed(at, "p", { timeInForce: "specified", expirationBrokerMs });
    await at.rig.clock.advance(6_000);
    expect(orderChanges(at)).toEqual(["placed", "expired"]);
  });

  it("is rejected with the server's return code if its price is on the wrong side", async () => {
    const at = await begin();
    const outcome = await at.send("p", pendingIntent({ price: 1.2 }));
    expect(outcome).toMatchObject({ state: "rejected", retcode: 10015 });
    expect(at.terminal.orders()).toEqual([]);
  });

  it.each([
    ["an unknown symbol", { symbol: "EURUS" }],
    ["a volume off the step", { volume: 0.105 }],
    ["a price off the grid", { price: 1.090001 }],
    ["no price", { price: 0 }],
    ["a kind that does not exist", { orderKind: "buy" }],
  ])("is refused for %s, and nothing is sent", async (_, changes) => {
    const at = await begin();
    const outcome = await at.send("p", { ...pendingIntent(), ...changes });
    expect(outcome).toMatchObject({ state: "refused", code: "BAD_REQUEST" });
    expect(at.terminal.historyOrders("0").length + at.terminal.orders().length).toBe(0);
  });

  it("is refused LIMIT above the agent's volume limit", async () => {
    const at = await begin({}, { limits: { maxVolumeLots: 1 } });
    expect(await at.send("p", pendingIntent({ volume: 2 }))).toMatchObject({ code: "LIMIT" });
  });

  it.each(["comment", "magic", "none"] as const)(
    "is found in the book if its answer never came, with tag %s",
    async (tag) => {
      const at = await begin();
      silence(at, "after");
      expect(await at.send("p", pendingIntent({ tag }), 100)).toBeUndefined();
      await at.rig.clock.advance(11_000);
      const outcome = executed(at.client.last("p"));
      expect(outcome.order).toBe(at.terminal.orders()[0]?.ticket);
      expect(outcome).toMatchObject({ position: "0", volume: 0.1 });
    },
  );

  it("stays unknown if neither an answer nor an order came", async () => {
    const at = await begin();
    silence(at, "before");
    await at.send("p", pendingIntent(), 30_000);
    expect(at.client.last("p")?.state).toBe("unknown");
  });

  it("is executed although it was cancelled before anybody knew that it stood", async () => {
    const at = await begin();
    silence(at, "after");
    await at.send("p", pendingIntent());
    const order = at.terminal.orders()[0]?.ticket ?? "";
    at.terminal.server.execute({ action: "remove", order });
    await at.rig.clock.advance(11_000);
    expect(executed(at.client.last("p")).order).toBe(order);
  });

  it("is settled at start from what the book shows", async () => {
    const at = await begin();
    silence(at, "after");
    await at.send("p", pendingIntent());
    await at.rig.restart();
    const client = await at.rig.client();
    const hello = await client.hello();
    expect(hello.outcomes).toMatchObject([
      { id: "p", state: "executed", order: at.terminal.orders()[0]?.ticket },
    ]);
  });

  it("does not let a market order of unknown outcome take the fill of another pending order for its own", async () => {
    const at = await begin();
    await placed(at, "p", { tag: "none" });
    silence(at, "before");
    await at.send("m", { ...marketIntent, tag: "none" }, 20);
    at.terminal.quote("EURUSD", 1.0895, 1.0897);
    await at.rig.clock.advance(40_000);
    expect(at.client.last("m")?.state).toBe("unknown");
  });
});

describe("intent modifyOrder", () => {
  it("changes what is named and keeps the rest", async () => {
    const at = await begin();
    const order = await placed(at, "p", { stopLoss: 1.08 });
    const outcome = executed(await at.send("m", { kind: "modifyOrder", order, price: 1.095 }));
    expect(outcome).toMatchObject({ retcode: 10009, order, position: "0", deal: "0", deals: [] });
    expect(at.terminal.orders()).toMatchObject([{ ticket: order, price: 1.095, stopLoss: 1.08 }]);
    expect(orderChanges(at)).toEqual(["placed", "modified"]);
    expect(at.client.events.at(-1)?.type).toBe("outcome");
  });

  it("is executed by 10025: it is as was asked", async () => {
    const at = await begin();
    const order = await placed(at);
    const outcome = executed(await at.send("m", { kind: "modifyOrder", order, price: 1.09 }));
    expect(outcome).toMatchObject({ retcode: 10025, order });
  });

  it("is rejected without being sent if the order is gone", async () => {
    const at = await begin();
    const outcome = await at.send("m", { kind: "modifyOrder", order: "77", price: 1.09 });
    expect(outcome).toMatchObject({ state: "rejected", retcode: 10013 });
  });

  it("changes an order's life, and takes the expiration away with gtc", async () => {
    const at = await begin();
    const expirationBrokerMs = at.terminal.brokerMs() + 60_000;
    const order = await placed(at, "p", { timeInForce: "specified", expirationBrokerMs });
    executed(await at.send("m", { kind: "modifyOrder", order, timeInForce: "gtc" }));
    expect(at.terminal.orders()).toMatchObject([{ timeInForce: "gtc", expirationBrokerMs: 0 }]);
  });

  it("is read off the order if its answer never came", async () => {
    const at = await begin();
    const order = await placed(at);
    silence(at, "after");
    await at.send("m", { kind: "modifyOrder", order, price: 1.095 }, 11_000);
    expect(executed(at.client.last("m")).order).toBe(order);
  });

  it("stays unknown while the order is as it was, and is executed when it is as was asked", async () => {
    const at = await begin();
    const order = await placed(at);
    silence(at, "before");
    await at.send("m", { kind: "modifyOrder", order, price: 1.095 }, 30_000);
    expect(at.client.last("m")?.state).toBe("unknown");
    at.terminal.server.execute({ action: "modify", order, price: 1.095 });
    await at.rig.clock.advance(1_000);
    expect(at.client.last("m")?.state).toBe("executed");
  });

  it("leaves the order to the command that placed it", async () => {
    const at = await begin();
    silence(at, "after");
    await at.send("p", pendingIntent({ tag: "none" }), 20);
    const order = at.terminal.orders()[0]?.ticket ?? "";
    at.terminal.setHooks({});
    executed(await at.send("m", { kind: "modifyOrder", order, price: 1.095 }));
    await at.rig.clock.advance(11_000);
    expect(executed(at.client.last("p")).order).toBe(order);
  });
});

describe("intent modifyPosition", () => {
  it("sets a stop and keeps the other", async () => {
    const at = await begin();
    const position = await opened(at, "o", "buy");
    executed(await at.send("m1", { kind: "modifyPosition", position, stopLoss: 1.09 }));
    const outcome = executed(await at.send("m2", { kind: "modifyPosition", position, takeProfit: 1.12 }));
    expect(outcome).toMatchObject({ position, order: "0", deal: "0", deals: [] });
    expect(at.terminal.positions()).toMatchObject([{ stopLoss: 1.09, takeProfit: 1.12 }]);
    const changes = at.client.events.flatMap((event) => (event.type === "position" ? [event.change] : []));
    expect(changes).toEqual(["opened", "modified", "modified"]);
  });

  it("is executed by 10025, and rejected by 10036 if the position is gone", async () => {
    const at = await begin();
    const position = await opened(at, "o", "buy");
    const same = executed(await at.send("m", { kind: "modifyPosition", position, stopLoss: 0 }));
    expect(same.retcode).toBe(10025);
    const gone = await at.send("g", { kind: "modifyPosition", position: "77", stopLoss: 1 });
    expect(gone).toMatchObject({ state: "rejected", retcode: 10036 });
  });

  it("is rejected with the server's code for a stop on the wrong side", async () => {
    const at = await begin();
    const position = await opened(at, "o", "buy");
    const outcome = await at.send("m", { kind: "modifyPosition", position, stopLoss: 1.2 });
    expect(outcome).toMatchObject({ state: "rejected", retcode: 10016 });
  });

  it.each(["after", "before"] as const)("is read off the position at start (%s)", async (when) => {
    const at = await begin();
    const position = await opened(at, "o", "buy");
    silence(at, when);
    await at.send("m", { kind: "modifyPosition", position, stopLoss: 1.09 });
    await at.rig.restart();
    const client = await at.rig.session();
    const { outcome } = await client.get<{ outcome: Outcome }>("outcome", { id: "m" });
    expect(outcome.state).toBe(when === "after" ? "executed" : "unknown");
  });
});

describe("intent cancel", () => {
  it("deletes the order, and the ledger tells it before the outcome", async () => {
    const at = await begin();
    const order = await placed(at);
    const outcome = executed(await at.send("c", { kind: "cancel", order }));
    expect(outcome).toMatchObject({ order, position: "0", deal: "0", volume: 0, deals: [] });
    expect(at.terminal.orders()).toEqual([]);
    expect(orderChanges(at)).toEqual(["placed", "cancelled"]);
    expect(at.client.events.at(-1)?.type).toBe("outcome");
  });

  it("is rejected if the order is gone", async () => {
    const at = await begin();
    expect(await at.send("c", { kind: "cancel", order: "77" })).toMatchObject({ state: "rejected" });
  });

  it("without an answer is executed if the order ended as cancelled, and rejected if it was filled", async () => {
    const at = await begin();
    const first = await placed(at, "p1");
    const second = await placed(at, "p2");
    silence(at, "after");
    await at.send("c1", { kind: "cancel", order: first });
    silence(at, "before");
    await at.send("c2", { kind: "cancel", order: second }, 11_000);
    expect(executed(at.client.last("c1")).order).toBe(first);
    expect(at.client.last("c2")?.state).toBe("unknown");
    at.terminal.quote("EURUSD", 1.0895, 1.0897);
    await at.rig.clock.advance(1_000);
    expect(at.client.last("c2")?.state).toBe("rejected");
  });
});

describe("intent closeBy", () => {
  it("closes two opposite positions by each other and names the first", async () => {
    const at = await begin();
    const position = await opened(at, "b", "buy", 0.3);
    const positionBy = await opened(at, "s", "sell", 0.1);
    const outcome = executed(await at.send("c", { kind: "closeBy", position, positionBy }));
    expect(outcome).toMatchObject({ retcode: 10009, position, volume: 0.1 });
    expect(outcome.deals.map((deal) => deal.entry)).toEqual(["outBy", "outBy"]);
    expect(at.terminal.positions()).toMatchObject([{ ticket: position, volume: 0.2 }]);
  });

  it("is found by its order if its answer never came", async () => {
    const at = await begin();
    const position = await opened(at, "b", "buy");
    const positionBy = await opened(at, "s", "sell");
    silence(at, "after");
    await at.send("c", { kind: "closeBy", position, positionBy }, 11_000);
    expect(executed(at.client.last("c"))).toMatchObject({ position, volume: 0.1 });
    expect(at.terminal.positions()).toEqual([]);
  });

  it("is rejected if a position is gone, and refused for one and the same", async () => {
    const at = await begin();
    const position = await opened(at, "b", "buy");
    const gone = await at.send("c1", { kind: "closeBy", position, positionBy: "77" });
    expect(gone).toMatchObject({ state: "rejected", retcode: 10036 });
    const same = await at.send("c2", { kind: "closeBy", position, positionBy: position });
    expect(same).toMatchObject({ state: "refused", code: "BAD_REQUEST" });
  });
});

describe("close, closeBy and cancel", () => {
  it("are never refused for a limit; the others are", async () => {
    const at = await begin({}, { limits: { commandsPerSecond: 5 } });
    const b = await opened(at, "b", "buy", 0.2);
    const s = await opened(at, "s", "sell");
    const order = await placed(at);
    for (let i = 0; i < 12; i++) at.client.write(at.client.order(`x${i}`));
    await at.rig.clock.advance(1);
    const cancel = await at.send("cancel", { kind: "cancel", order }, 1);
    const modify = await at.send("m", { kind: "modifyPosition", position: b, stopLoss: 1.05 }, 1);
    const by = await at.send("by", { kind: "closeBy", position: b, positionBy: s }, 100);
    expect([cancel, by, at.client.last("cancel")].some((o) => o?.state === "refused")).toBe(false);
    expect(modify).toMatchObject({ state: "refused", code: "RATE_LIMITED" });
    expect(at.client.last("cancel")?.state).toBe("executed");
    expect(at.client.last("by")?.state).toBe("executed");
  });
});
