import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DealRecord, OrderRecord } from "../../src/domain/records.ts";
import type { Outcome } from "../../src/protocol/v1/messages.ts";
import { result } from "../kit/raw-client.ts";
import { AgentBench } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

/** By what an interrupted command is known again. */
interface Evidence {
  readonly orderKind?: string;
  readonly positionBy?: string;
  readonly target?: "order" | "position" | "cancel";
  readonly targetTicket?: string;
  /** Bits of what is to change: price 1, stop limit 2, stop loss 4, take profit 8, time in force 16, expiration 32. */
  readonly wants?: number;
  readonly price?: number;
  readonly priceStopLimit?: number;
  readonly stopLoss?: number;
  readonly takeProfit?: number;
  readonly lifetime?: number;
  readonly expirationBrokerMs?: number;
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
/** The newest deal that the journal has seen; without it the history is not believed. */
let seen: DealRecord;

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

describe("the expert's search for interrupted commands", { timeout: 300_000 }, () => {
  beforeEach(async (context) => {
    requireHost(context);
    bench = await AgentBench.create();
    now = Math.floor(bench.terminal.brokerMs() / 1_000) * 1_000;
    seen = deal(100, 99, { timeBrokerMs: now - 9_000_000, reason: "client" });
    Object.assign(bench.tables, { orders: [], historyOrders: [], historyDeals: [seen] });
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
    bench.tables.historyDeals = [seen];
    await bench.start();
    expect(await outcomes("once")).toEqual([first]);
  });

  it("a pending order is executed if its order stands or has stood in the book, however it ended", async () => {
    const kinds = ["buyLimit", "sellStop", "buyStopLimit", "sellStopLimit", "buyStop", "sellLimit"] as const;
    const side = (kind: string): "buy" | "sell" => (kind.startsWith("buy") ? "buy" : "sell");
    const tags = kinds.map((kind, i) => [kind, `~pending-${String(i).padStart(2, "0")}`] as const);
    await interrupted(
      Object.fromEntries(
        tags.map(([kind, commentTag]) => [kind, { orderKind: kind, side: side(kind), commentTag }]),
      ),
    );
    const made = (index: number, changes: Partial<OrderRecord>): OrderRecord => {
      const [kind, comment] = tags[index] ?? ["buyLimit", ""];
      return order(500 + index, { kind, comment, price: 1.05, volumeCurrent: 0.1, ...changes });
    };
    bench.tables.orders = [
      made(0, { state: "placed" }),
      // It has been triggered, and is a limit order since.
      made(2, { state: "placed", kind: "buyLimit" }),
      made(4, { state: "requestAdd" }),
    ];
    bench.tables.historyOrders = [
      made(1, { state: "expired" }),
      made(3, { state: "cancelled", kind: "sellLimit" }),
      made(5, { state: "rejected" }),
    ];
    await bench.start();
    const found = await outcomes(...kinds);
    expect(found.map((one) => one.state)).toEqual([
      "executed",
      "executed",
      "executed",
      "executed",
      "unknown",
      "rejected",
    ]);
    expect(found[0]).toMatchObject({
      retcode: 10009,
      order: "500",
      position: "0",
      volume: 0.1,
      price: 1.05,
    });
  });

  it("a market order is never taken for a pending one that looks alike", async () => {
    await interrupted({ market: { volume: 0.3 } });
    bench.tables.historyOrders = [order(511, { kind: "buyLimit", volumeInitial: 0.3 })];
    bench.tables.historyDeals = [deal(611, 511, { volume: 0.3 })];
    await bench.start();
    expect(await states("market")).toEqual(["unknown"]);
  });

  it("a change is executed if the order or position is as was asked, else nobody can tell", async () => {
    const at = now + 60_000;
    const stands = order(520, {
      kind: "buyLimit",
      state: "placed",
      volumeCurrent: 0.1,
      price: 1.05,
      priceStopLimit: 1.04,
      stopLoss: 1.01,
      takeProfit: 1.2,
      timeInForce: "specified",
      expirationBrokerMs: at,
    });
    const all = { price: 1.05, priceStopLimit: 1.04, stopLoss: 1.01, takeProfit: 1.2, lifetime: 2 };
    const asked = {
      target: "order",
      targetTicket: "520",
      wants: 63,
      ...all,
      expirationBrokerMs: at,
    } as const;
    const day = Math.floor(at / 86_400_000) * 86_400_000;
    await interrupted({
      same: asked,
      price: { ...asked, price: 1.06 },
      stopLimit: { ...asked, priceStopLimit: 1.03 },
      stop: { ...asked, stopLoss: 1.02 },
      profit: { ...asked, takeProfit: 1.3 },
      lifetime: { ...asked, lifetime: 0 },
      expiration: { ...asked, expirationBrokerMs: at + 5_000 },
      onlyStop: { ...asked, wants: 4, price: 0, lifetime: 0 },
      finished: { ...asked, targetTicket: "521", wants: 1 },
      ofDay: { ...asked, targetTicket: "522", wants: 32, expirationBrokerMs: day + 3_600_000 },
      gone: { ...asked, targetTicket: "599" },
      position: { target: "position", targetTicket: "700", position: "700", wants: 12, stopLoss: 1.01 },
      other: { target: "position", targetTicket: "700", position: "700", wants: 8, takeProfit: 1.4 },
      closed: { target: "position", targetTicket: "799", position: "799", wants: 12 },
    });
    bench.tables.orders = [
      stands,
      { ...stands, ticket: "522", timeInForce: "specifiedDay", expirationBrokerMs: day },
    ];
    bench.tables.historyOrders = [{ ...stands, ticket: "521", state: "filled", doneBrokerMs: now }];
    bench.tables.positions = [
      {
        ticket: "700",
        identifier: "700",
        symbol: "EURUSD",
        side: "buy",
        volume: 0.1,
        priceOpen: 1.1,
        priceCurrent: 1.1,
        stopLoss: 1.01,
        takeProfit: 0,
        profit: 0,
        swap: 0,
        magic: "0",
        comment: "",
        reason: "expert",
        openBrokerMs: now,
        updateBrokerMs: now,
      },
    ];
    await bench.start();
    const executed = ["same", "onlyStop", "finished", "ofDay", "position"];
    const open = [
      "price",
      "stopLimit",
      "stop",
      "profit",
      "lifetime",
      "expiration",
      "gone",
      "other",
      "closed",
    ];
    expect(await states(...executed)).toEqual(executed.map(() => "executed"));
    expect(await states(...open)).toEqual(open.map(() => "unknown"));
    const [same, position] = await outcomes("same", "position");
    expect(same).toMatchObject({ order: "520", deal: "0", position: "0", deals: [] });
    expect(position).toMatchObject({ order: "0", position: "700" });
  });

  it("a cancel is executed if its order ended as cancelled, rejected if it ended otherwise, unknown while it stands", async () => {
    const cancel = (targetTicket: string): Evidence => ({ target: "cancel", targetTicket });
    await interrupted({
      cancelled: cancel("531"),
      filled: cancel("532"),
      expired: cancel("533"),
      stands: cancel("534"),
      gone: cancel("599"),
    });
    const limit = { kind: "buyLimit", volumeCurrent: 0.1 } as const;
    bench.tables.orders = [order(534, { ...limit, state: "placed" })];
    bench.tables.historyOrders = [
      order(531, { ...limit, state: "cancelled" }),
      order(532, { ...limit, state: "filled" }),
      order(533, { ...limit, state: "expired" }),
    ];
    await bench.start();
    expect(await states("cancelled", "filled", "expired", "stands", "gone")).toEqual([
      "executed",
      "rejected",
      "rejected",
      "unknown",
      "unknown",
    ]);
    expect((await outcomes("cancelled"))[0]).toMatchObject({ order: "531" });
    const raw = await bench.live("hears");
    bench.tables.historyOrders = [
      ...(bench.tables.historyOrders ?? []),
      order(534, { ...limit, state: "cancelled" }),
    ];
    bench.tables.orders = [];
    bench.changed({ type: "orderDelete", order: "534" });
    expect(await bench.outcome(raw, "stands")).toMatchObject({ state: "executed", order: "534" });
  });

  it("a close-by is known by its order, and its volume is that of the position that was closed", async () => {
    await interrupted({ by: { orderKind: "closeBy", position: "800", positionBy: "801", volume: 0.1 } });
    bench.tables.historyOrders = [
      order(541, { kind: "closeBy", position: "801", positionBy: "800" }),
      order(542, { kind: "closeBy", position: "800", positionBy: "801" }),
    ];
    const by = { entry: "outBy", reason: "expert" } as const;
    bench.tables.historyDeals = [
      deal(641, 542, { ...by, kind: "sell", position: "800" }),
      deal(642, 542, { ...by, position: "801" }),
    ];
    await bench.start();
    const [found] = await outcomes("by");
    expect(found).toMatchObject({
      state: "executed",
      order: "542",
      position: "800",
      volume: 0.1,
      price: 1.1,
    });
  });

  it("waits for the history that its journal has seen before it concludes anything, or binds", async () => {
    await interrupted({ once: { commentTag: tag } });
    bench.tables.historyDeals = [];
    await bench.start({ serves: false });
    await bench.program.line(
      "MT5Connector waits: The terminal's history is not there yet: it does not show deal 100",
    );
    expect(bench.program.printed.some((line) => line.startsWith("MT5Connector serves"))).toBe(false);
    bench.tables.historyOrders = [order(271, { comment: tag })];
    bench.tables.historyDeals = [seen, deal(371, 271, { comment: tag })];
    bench.refresh();
    await bench.serves();
    expect(await states("once")).toEqual(["executed"]);
  });
});
