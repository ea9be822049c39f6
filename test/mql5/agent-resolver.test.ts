import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DealRecord, OrderRecord } from "../../src/domain/records.ts";
import type { Outcome } from "../../src/protocol/v1/messages.ts";
import { result } from "../kit/raw-client.ts";
import { AgentBench } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

/** By what an interrupted command is known again. */
interface Evidence {
  readonly symbol?: string;
  readonly side?: "buy" | "sell";
  readonly volume?: number;
  readonly magic?: string;
  readonly position?: string;
  readonly commentTag?: string;
  readonly magicTag?: boolean;
  readonly afterOrder?: string;
  readonly afterDeal?: string;
}

const tag = "~0123456789";
let bench: AgentBench;
let now = 0;

function order(ticket: number, changes: Partial<OrderRecord> = {}): OrderRecord {
  return {
    ticket: String(ticket),
    symbol: "EURUSD",
    kind: "buy",
    state: "filled",
    volumeInitial: 0.1,
    volumeCurrent: 0,
    price: 1.1,
    priceStopLimit: 0,
    stopLoss: 0,
    takeProfit: 0,
    timeInForce: "gtc",
    filling: "fok",
    magic: "0",
    comment: "",
    reason: "expert",
    position: String(ticket),
    positionBy: "0",
    setupBrokerMs: now,
    doneBrokerMs: now,
    expirationBrokerMs: 0,
    ...changes,
  };
}

function deal(ticket: number, orderTicket: number, changes: Partial<DealRecord> = {}): DealRecord {
  return {
    ticket: String(ticket),
    order: String(orderTicket),
    position: String(orderTicket),
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
    reason: "expert",
    timeBrokerMs: now,
    ...changes,
  };
}

/** A journal with commands that were sent when the agent died. */
async function interrupted(commands: Readonly<Record<string, Evidence>>): Promise<void> {
  const c = Buffer.from(bench.keys.client.publicKey).toString("hex");
  const records = Object.entries(commands).map(([id, evidence], i) => {
    const ev = {
      symbol: "EURUSD",
      side: "buy",
      volume: 0.1,
      magic: "0",
      position: "0",
      commentTag: "",
      magicTag: false,
      afterOrder: "100",
      afterDeal: "100",
      brokerMs: now,
      ...evidence,
    };
    return { k: "command", c, id, in: "dead", d: `d-${id}`, e: 1_000, i, r: i, t: i, u: i, ev, s: 0 };
  });
  await bench.writeJournal([...bench.journalHead(), ...records]);
}

/** What the expert says of a command when it is asked. */
async function outcomes(...ids: readonly string[]): Promise<readonly Outcome[]> {
  const raw = await bench.raw(`asks-${Math.random()}`);
  await raw.hello();
  const found: Outcome[] = [];
  for (const id of ids)
    found.push(result<{ outcome: Outcome }>(await raw.request("outcome", { id, peek: true })).outcome);
  return found;
}

async function states(...ids: readonly string[]): Promise<readonly string[]> {
  return (await outcomes(...ids)).map((one) => one.state);
}

describe("the expert's search for interrupted commands", { timeout: 120_000 }, () => {
  beforeEach(async (context) => {
    requireHost(context);
    bench = await AgentBench.create();
    now = Math.floor(bench.terminal.brokerMs() / 1_000) * 1_000;
    Object.assign(bench.tables, { orders: [], historyOrders: [], historyDeals: [] });
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
  });

  it("executed: one order of its own tag, with the deals that it made", async () => {
    await interrupted({ tagged: { commentTag: tag }, magic: { magicTag: true, magic: "777777777777" } });
    bench.tables.historyOrders = [
      order(201, { comment: `mine${tag}` }),
      order(202, { comment: "~other-tags" }),
      order(203, { magic: "777777777777", volumeInitial: 0.2, volumeCurrent: 0.1, state: "partial" }),
      order(204, { comment: "x", symbol: "GBPUSD" }),
    ];
    bench.tables.historyDeals = [
      deal(301, 201, { comment: `mine${tag}`, volume: 0.04, price: 1.1 }),
      deal(302, 201, { comment: `mine${tag}`, volume: 0.06, price: 1.2 }),
      deal(303, 203, { magic: "777777777777" }),
    ];
    await bench.start();
    const [tagged, magic] = await outcomes("tagged", "magic");
    expect(tagged).toMatchObject({
      state: "executed",
      retcode: 10009,
      order: "201",
      volume: 0.1,
      price: 1.16,
    });
    expect(magic).toMatchObject({ state: "executed", retcode: 10009, order: "203", position: "203" });
  });

  it("executed without a tag only if one order fits that nothing else claims", async () => {
    await interrupted({
      plain: { volume: 0.3 },
      twin: { volume: 0.5, symbol: "GBPUSD" },
      twice: { volume: 0.5, symbol: "GBPUSD" },
      many: { volume: 0.7, symbol: "GBPUSD" },
    });
    bench.tables.historyOrders = [
      order(211, { volumeInitial: 0.3 }),
      order(212, { volumeInitial: 0.3, reason: "client" }),
      order(213, { volumeInitial: 0.3, setupBrokerMs: now - 10_000 }),
      order(214, { volumeInitial: 0.5, symbol: "GBPUSD" }),
      order(215, { volumeInitial: 0.7, symbol: "GBPUSD" }),
      order(216, { volumeInitial: 0.7, symbol: "GBPUSD" }),
    ];
    bench.tables.historyDeals = [
      deal(311, 211, { volume: 0.3 }),
      deal(312, 214, { volume: 0.5, symbol: "GBPUSD" }),
    ];
    await bench.start();
    expect(await states("plain", "twin", "twice", "many")).toEqual([
      "executed",
      "unknown",
      "unknown",
      "unknown",
    ]);
  });

  it("rejected: one order that ended without a fill; unknown: none, or one that is still active", async () => {
    await interrupted({
      dead: { commentTag: "~dead-order" },
      refused: { commentTag: "~refusedone" },
      active: { commentTag: "~activeone1" },
      started: { commentTag: "~started-01" },
      none: { commentTag: "~nobody-has" },
    });
    bench.tables.historyOrders = [
      order(221, { comment: "~dead-order", state: "cancelled", volumeCurrent: 0.1 }),
      order(222, { comment: "~refusedone", state: "rejected", volumeCurrent: 0.1 }),
    ];
    bench.tables.orders = [
      order(223, { comment: "~activeone1", state: "placed", volumeCurrent: 0.1 }),
      order(224, { comment: "~started-01", state: "partial", volumeCurrent: 0.04 }),
    ];
    await bench.start();
    const [dead, refused, active, started, none] = await outcomes(
      "dead",
      "refused",
      "active",
      "started",
      "none",
    );
    expect(dead).toMatchObject({ state: "rejected", retcode: 10007 });
    expect(refused).toMatchObject({ state: "rejected", retcode: 10006 });
    expect(active?.state).toBe("unknown");
    expect(started).toMatchObject({ state: "executed", retcode: 10010 });
    expect(none?.state).toBe("unknown");
  });

  it("a close is known by the deal that goes out of its position; an opening is never taken for one", async () => {
    await interrupted({
      close: { side: "sell", position: "400" },
      opening: { side: "sell", volume: 0.2 },
    });
    bench.tables.historyDeals = [
      deal(321, 231, { kind: "sell", entry: "out", position: "400" }),
      deal(322, 232, { kind: "sell", entry: "out", position: "401", volume: 0.2 }),
    ];
    bench.tables.historyOrders = [order(232, { kind: "sell", volumeInitial: 0.2, position: "401" })];
    await bench.start();
    const [close, opening] = await outcomes("close", "opening");
    expect(close).toMatchObject({ state: "executed", order: "231", position: "400" });
    expect(opening?.state).toBe("unknown");
  });

  it("goes on looking: what shows up later settles it, in the ledger, too", async () => {
    await interrupted({ later: { commentTag: tag }, filled: { commentTag: "~fill-later" } });
    bench.tables.orders = [order(242, { comment: "~fill-later", state: "partial", volumeCurrent: 0.05 })];
    bench.tables.historyDeals = [deal(340, 242, { comment: "~fill-later", volume: 0.05 })];
    await bench.start();
    expect(await states("later")).toEqual(["unknown"]);
    const raw = await bench.live("hears");
    bench.tables.historyOrders = [order(241, { comment: tag })];
    bench.tables.historyDeals = [deal(341, 241, { comment: tag })];
    bench.changed({ type: "dealAdd", deal: "341" });
    const outcome = await bench.outcome(raw, "later");
    expect(outcome).toMatchObject({ state: "executed", order: "241", deal: "341" });
  });

  it("an order whose deals do not show up is executed all the same after five seconds", async () => {
    await interrupted({ slow: { commentTag: tag } });
    await bench.start();
    const raw = await bench.live("hears");
    bench.tables.historyOrders = [order(251, { comment: tag })];
    bench.changed({ type: "historyAdd", order: "251" });
    const outcome = await bench.outcome(raw, "slow");
    expect(outcome).toMatchObject({ state: "executed", order: "251", deal: "0", deals: [] });
  });

  it("after a restart nothing that was settled is settled again otherwise", async () => {
    await interrupted({ once: { commentTag: tag } });
    bench.tables.historyOrders = [order(261, { comment: tag })];
    bench.tables.historyDeals = [deal(361, 261, { comment: tag })];
    await bench.start();
    const [first] = await outcomes("once");
    await bench.stop();
    bench.tables.historyOrders = [];
    bench.tables.historyDeals = [];
    await bench.start();
    expect(await outcomes("once")).toEqual([first]);
  });
});
