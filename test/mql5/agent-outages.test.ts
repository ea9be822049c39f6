import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DealRecord, OrderRecord } from "../../src/domain/records.ts";
import type { RawClient } from "../kit/raw-client.ts";
import { AgentBench } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

const hourMs = 3_600_000;

let bench: AgentBench;
let raw: RawClient;
let begun = 0;

function order(ticket: number, doneBrokerMs: number): OrderRecord {
  return {
    ticket: String(ticket),
    symbol: "EURUSD",
    kind: "buyLimit",
    state: "filled",
    volumeInitial: 0.1,
    volumeCurrent: 0,
    price: 1.1,
    priceStopLimit: 0,
    stopLoss: 0,
    takeProfit: 0,
    timeInForce: "gtc",
    filling: "return",
    magic: "0",
    comment: "",
    reason: "client",
    position: String(ticket),
    positionBy: "0",
    setupBrokerMs: doneBrokerMs,
    doneBrokerMs,
    expirationBrokerMs: 0,
  };
}

function deal(ticket: number, timeBrokerMs: number): DealRecord {
  return {
    ticket: String(ticket),
    order: "1",
    position: "1",
    symbol: "EURUSD",
    kind: "buy",
    entry: "in",
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
    timeBrokerMs,
  };
}

/** The trade server's clock is so far ahead of where it was at the beginning. */
function clockAt(aheadMs: number): void {
  const started = performance.now();
  Object.defineProperty(bench.terminal, "brokerMs", {
    configurable: true,
    value: () => begun + aheadMs + Math.floor(performance.now() - started),
  });
  bench.refresh();
}

function told(): readonly string[] {
  return raw.ledger.flatMap((event) => {
    if (event.type === "order") return [`order ${event.change} ${event.order.ticket}`];
    return event.type === "deal" ? [`deal ${event.change} ${event.deal.ticket}`] : [];
  });
}

async function begin(deals: readonly DealRecord[]): Promise<void> {
  const { orders = [] } = bench.tables;
  Object.assign(bench.tables, { positions: [], orders, historyOrders: [], historyDeals: deals });
  await bench.start();
  raw = await bench.live();
  raw.ledger.length = 0;
}

describe("what the expert's ledger tells after an outage or a jump of the clock", {
  timeout: 300_000,
}, () => {
  beforeEach(async (context) => {
    requireHost(context);
    bench = await AgentBench.create();
    begun = Math.floor(bench.terminal.brokerMs() / 1_000) * 1_000;
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
  });

  it("fills made while the terminal was away for hours, though they show up one after another", async () => {
    await begin([deal(10, begun)]);
    bench.terminal.setConnected(false);
    bench.refresh();
    await bench.program.synced();
    clockAt(5 * hourMs);
    bench.terminal.setConnected(true);
    bench.tables.historyOrders = [order(21, begun + hourMs)];
    bench.tables.historyDeals = [deal(10, begun), deal(11, begun + hourMs)];
    bench.changed();
    await bench.until(() => told().length >= 2, "the first fill");
    expect(told()).toEqual(["order filled 21", "deal made 11"]);
    bench.tables.historyDeals = [...bench.tables.historyDeals, deal(12, begun + 2 * hourMs)];
    bench.changed();
    await bench.until(() => told().length >= 3, "the second fill");
    expect(told()).toEqual(["order filled 21", "deal made 11", "deal made 12"]);
  });

  it("fills made while no agent ran, that the terminal got after the agent had begun", async () => {
    await begin([deal(10, begun - 5 * hourMs)]);
    bench.tables.historyDeals = [deal(10, begun - 5 * hourMs), deal(11, begun - 3 * hourMs)];
    bench.changed();
    await bench.until(() => told().length >= 1, "the fill");
    expect(told()).toEqual(["deal made 11"]);
  });

  it("the end of an order that the last hour of the history does not show, once", async () => {
    bench.tables.orders = [order(30, 0), order(31, 0)].map((one) => ({
      ...one,
      state: "placed",
      volumeCurrent: 0.1,
    }));
    await begin([deal(10, begun)]);
    bench.tables.orders = [];
    bench.tables.historyOrders = [{ ...order(30, begun - 9 * hourMs), state: "cancelled" }];
    bench.changed();
    await bench.until(() => told().length >= 1, "the end");
    const seen = raw.pulses.length;
    await bench.until(() => raw.pulses.length > seen + 4, "further looks");
    expect(told()).toEqual(["order cancelled 30"]);
  });

  it("nothing twice when the clock falls back an hour", async () => {
    await begin([deal(9, begun - 5_400_000), deal(10, begun)]);
    clockAt(-hourMs);
    bench.tables.historyDeals = [...(bench.tables.historyDeals ?? []), deal(11, begun - hourMs + 1_000)];
    bench.changed();
    await bench.until(() => told().length >= 1, "the new fill");
    const seen = raw.pulses.length;
    await bench.until(() => raw.pulses.length > seen + 1, "another scan");
    expect(told()).toEqual(["deal made 11"]);
  });

  it("a position that a netting account turns round, at the same volume and price", async () => {
    const position = {
      ticket: "7",
      identifier: "7",
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
      openBrokerMs: begun,
      updateBrokerMs: begun,
    } as const;
    await begin([deal(10, begun)]);
    bench.tables.positions = [position];
    bench.changed();
    await bench.until(() => raw.ledger.some((event) => event.type === "position"), "the position");
    bench.tables.positions = [{ ...position, side: "sell" }];
    const turn = { ...deal(11, begun), position: "7", kind: "sell", entry: "inOut", volume: 0.2 } as const;
    bench.tables.historyDeals = [deal(10, begun), turn];
    bench.changed();
    await bench.until(() => raw.ledger.some((event) => event.type === "deal"), "the deal");
    const changes = (): readonly string[] =>
      raw.ledger.flatMap((event) =>
        event.type === "position" ? [`${event.change} ${event.position.side}`] : [],
      );
    await bench.until(() => changes().length >= 2, "the turn");
    expect(changes()).toEqual(["opened buy", "modified sell"]);
  });

  it("a chart that changes while the agent waits for the history neither stops it nor keeps its journal", async () => {
    const head = bench.journalHead();
    const c = Buffer.from(bench.keys.client.publicKey).toString("hex");
    const ev = { symbol: "EURUSD", side: "buy", volume: 0.1, magic: "0", position: "0", commentTag: "" };
    const after = { magicTag: false, afterOrder: "5", afterDeal: "5", brokerMs: begun };
    const ids = { c, id: "old", in: "dead", d: "d", e: 1_000, i: 0, r: 0, t: 0, u: 0, s: 0 };
    await bench.writeJournal([...head, { k: "command", ...ids, ev: { ...ev, ...after } }]);
    Object.assign(bench.tables, { historyOrders: [], historyDeals: [] });
    await bench.start({ serves: false });
    await bench.program.line("MT5Connector waits: ");
    bench.program.send({ t: "deinit", v: 3 });
    await bench.program.message((one) => one.t === "deinit" && one.code === 3);
    bench.tables.historyDeals = [deal(5, begun)];
    bench.refresh();
    await bench.serves();
    raw = await bench.live();
    expect(raw.ledger.length).toBeGreaterThan(0);
  });
});
