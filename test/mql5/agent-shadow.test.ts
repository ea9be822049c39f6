import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DealRecord, OrderRecord, PositionRecord } from "../../src/domain/records.ts";
import type { SnapshotResult } from "../../src/protocol/v1/messages.ts";
import { type RawClient, result } from "../kit/raw-client.ts";
import { AgentBench } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

let bench: AgentBench;
let raw: RawClient;
let now = 0;

function order(ticket: number, changes: Partial<OrderRecord> = {}): OrderRecord {
  return {
    ticket: String(ticket),
    symbol: "EURUSD",
    kind: "buyLimit",
    state: "placed",
    volumeInitial: 0.3,
    volumeCurrent: 0.3,
    price: 1.05,
    priceStopLimit: 0,
    stopLoss: 0,
    takeProfit: 0,
    timeInForce: "specified",
    filling: "return",
    magic: "7",
    comment: "c",
    reason: "client",
    position: "0",
    positionBy: "0",
    setupBrokerMs: now,
    doneBrokerMs: 0,
    expirationBrokerMs: now + 60_000,
    ...changes,
  };
}

function deal(ticket: number, changes: Partial<DealRecord> = {}): DealRecord {
  return {
    ticket: String(ticket),
    order: "1",
    position: "1",
    symbol: "EURUSD",
    kind: "sell",
    entry: "out",
    volume: 0.1,
    price: 1.1,
    profit: 0,
    commission: 0,
    swap: 0,
    fee: 0,
    stopLoss: 0,
    takeProfit: 0,
    magic: "0",
    comment: "",
    reason: "client",
    timeBrokerMs: now,
    ...changes,
  };
}

function position(ticket: number, changes: Partial<PositionRecord> = {}): PositionRecord {
  return {
    ticket: String(ticket),
    identifier: String(ticket),
    symbol: "EURUSD",
    side: "buy",
    volume: 0.1,
    priceOpen: 1.1,
    priceCurrent: 1.1,
    stopLoss: 0,
    takeProfit: 0,
    profit: 0,
    swap: 0,
    magic: "0",
    comment: "",
    reason: "client",
    openBrokerMs: now,
    updateBrokerMs: now,
    ...changes,
  };
}

/** What the ledger has told: type, change and ticket. */
function told(): readonly string[] {
  return raw.ledger.flatMap((event) => {
    if (event.type === "order") return [`order ${event.change} ${event.order.ticket}`];
    if (event.type === "deal") return [`deal ${event.change} ${event.deal.ticket}`];
    if (event.type === "position") return [`position ${event.change} ${event.position.ticket}`];
    return event.type === "balance" ? ["balance"] : [];
  });
}

async function tells(...wanted: readonly string[]): Promise<void> {
  await bench.until(() => told().length >= wanted.length, wanted.join(", "));
  expect(told()).toEqual(wanted);
  raw.ledger.length = 0;
}

async function begin(): Promise<void> {
  await bench.start();
  raw = await bench.live();
  raw.ledger.length = 0;
}

describe("the expert's comparison of the terminal's tables", { timeout: 300_000 }, () => {
  beforeEach(async (context) => {
    requireHost(context);
    bench = await AgentBench.create();
    now = Math.floor(bench.terminal.brokerMs() / 1_000) * 1_000;
    Object.assign(bench.tables, { positions: [], orders: [], historyOrders: [], historyDeals: [] });
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
  });

  it("tells what becomes of orders: placed, modified, partiallyFilled, and each end by its state", async () => {
    bench.tables.orders = [order(10)];
    await begin();
    bench.tables.orders = [order(10, { price: 1.04 }), order(11), order(12)];
    bench.changed();
    await tells("order modified 10", "order placed 11", "order placed 12");
    bench.tables.orders = [
      order(10, { price: 1.04, volumeCurrent: 0.2, state: "partial" }),
      order(11),
      order(12),
    ];
    bench.changed();
    await tells("order partiallyFilled 10");
    bench.tables.orders = [];
    bench.tables.historyOrders = [
      order(10, { state: "expired", doneBrokerMs: now }),
      order(11, { state: "rejected", doneBrokerMs: now }),
      order(12, { state: "partial", doneBrokerMs: now }),
      order(13, { state: "cancelled", doneBrokerMs: now }),
      order(14, { state: "filled", doneBrokerMs: now }),
    ];
    bench.changed();
    await tells(
      "order expired 10",
      "order rejected 11",
      "order partiallyFilled 12",
      "order cancelled 13",
      "order filled 14",
    );
    const all = await raw.request("orders");
    expect(result<{ orders: OrderRecord[] }>(all).orders).toEqual([]);
  });

  it("gives orders, with symbol and without, and in a snapshot the ends of those that are tracked", async () => {
    bench.tables.orders = [order(20), order(21, { symbol: "GBPUSD" })];
    bench.tables.historyOrders = [
      order(22, { state: "cancelled", doneBrokerMs: now - 9_000_000, reason: "expert" }),
      order(23, { state: "filled", doneBrokerMs: now }),
    ];
    bench.tables.historyDeals = [deal(30), deal(31, { timeBrokerMs: now - 9_000_000 })];
    bench.tables.positions = [position(40), position(41, { symbol: "GBPUSD" })];
    await begin();
    const orders = await raw.request("orders", { symbol: "GBPUSD" });
    expect(result<{ orders: OrderRecord[] }>(orders).orders).toEqual([order(21, { symbol: "GBPUSD" })]);
    const since = { brokerMs: now - 1_000, orders: ["22"] };
    const snapshot = result<SnapshotResult>(await raw.request("snapshot", { since }));
    expect(snapshot.orders.map((one) => one.ticket)).toEqual(["20", "21"]);
    expect(snapshot.positions.map((one) => one.ticket)).toEqual(["40", "41"]);
    expect(snapshot.historyOrders.map((one) => one.ticket)).toEqual(["22", "23"]);
    expect(snapshot.deals.map((one) => one.ticket)).toEqual(["30"]);
    const bad = await raw.request("snapshot", { since: { brokerMs: 1, orders: [{}] } });
    expect(bad.reply.ok).toBe(false);
  });

  it("tells a deal that the broker corrected as updated", async () => {
    bench.tables.historyDeals = [deal(50)];
    await begin();
    bench.changed({ type: "dealUpdate", deal: "50" });
    await tells("deal updated 50");
    bench.changed({ type: "dealUpdate" });
    bench.tables.historyDeals = [deal(50), deal(51)];
    bench.changed({ type: "dealAdd", deal: "51" });
    await tells("deal made 51");
  });

  it("closes a position behind its deals only; one that vanishes without one is waited for, and may come back", async () => {
    bench.tables.positions = [position(60, { volume: 0.3 }), position(61), position(62)];
    await begin();
    bench.tables.positions = [position(60, { volume: 0.2 }), position(61)];
    bench.tables.historyDeals = [deal(70, { position: "60" }), deal(71, { position: "60" })];
    bench.changed();
    await tells("deal made 70", "deal made 71", "position modified 60");
    bench.tables.positions = [position(60, { volume: 0.1 }), position(61)];
    bench.changed();
    await tells("position modified 60");
    bench.tables.positions = [position(61), position(62, { swap: -1 })];
    bench.changed();
    await tells("position modified 62");
    bench.tables.historyDeals = [
      ...(bench.tables.historyDeals ?? []),
      deal(72, { position: "60" }),
      deal(73, { position: "99" }),
    ];
    bench.changed();
    await tells("deal made 72", "deal made 73", "position closed 60");
    bench.tables.positions = [position(62, { swap: -1 })];
    bench.changed();
    await tells("position closed 61");
    bench.tables.positions = [position(62, { swap: -1 }), position(63)];
    bench.changed();
    await tells("position opened 63");
  });

  it("believes no tables after a reconnect until the history is there again: nothing is closed meanwhile", async () => {
    bench.tables.historyDeals = [deal(80)];
    bench.tables.positions = [position(90)];
    await begin();
    bench.terminal.setConnected(false);
    bench.refresh();
    await bench.program.synced();
    expect((await raw.request("snapshot")).reply.ok).toBe(false);
    bench.tables.historyDeals = [];
    bench.tables.positions = [];
    bench.terminal.setConnected(true);
    bench.changed();
    await bench.program.synced();
    const early = (await raw.request("snapshot")).reply;
    expect(!early.ok && early.error.code).toBe("NOT_READY");
    bench.tables.historyDeals = [deal(80)];
    bench.tables.positions = [position(90), position(91)];
    bench.changed();
    await tells("position opened 91");
  });
});
