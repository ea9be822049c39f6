import { afterEach, describe, expect, it } from "vitest";
import { unpackBars, unpackTicks } from "../../../../src/protocol/v1/bulk.ts";
import type {
  BarsResult,
  CalendarResult,
  DealsResult,
  OrderCheckResult,
  OrdersResult,
  TickRangeResult,
} from "../../../../src/protocol/v1/messages.ts";
import { marketIntent } from "./rig.ts";
import { pendingIntent, type Simulated, simulated } from "./simulated.ts";

let world: Simulated | undefined;
afterEach(() => world?.dispose());

async function begin(...options: Parameters<typeof simulated>): Promise<Simulated> {
  world = await simulated(...options);
  return world;
}

/** The result of a request and its bulk. */
async function bulkOf(
  at: Simulated,
  op: string,
  args: object,
): Promise<{ result: object; bulk: Uint8Array }> {
  const body = at.client.body(op, args);
  const reply = await at.client.send(body);
  if (reply?.ok !== true) throw new Error(JSON.stringify(reply));
  const frames = at.client.replies.get(String(body["rid"]))?.frames ?? [];
  return { result: reply.result, bulk: frames.at(-1) ?? new Uint8Array(0) };
}

describe("history.orders and history.deals", () => {
  it("select by time, ticket, position and symbol, oldest first", async () => {
    const at = await begin();
    const first = await at.send("a", marketIntent);
    await at.rig.clock.advance(5_000);
    const middle = at.terminal.brokerMs();
    await at.send("b", { ...marketIntent, symbol: "GBPUSD" });
    if (first?.state !== "executed") throw new Error("Not executed");
    await at.send("c", { ...marketIntent, kind: "close", position: first.position, volume: 0 });
    const all = { fromBrokerMs: 0, toBrokerMs: at.terminal.brokerMs() };
    const { deals } = await at.client.get<DealsResult>("history.deals", all);
    expect(deals.map((deal) => deal.entry)).toEqual(["in", "in", "in", "out"]);
    const { orders } = await at.client.get<OrdersResult>("history.orders", all);
    expect(orders.map((order) => order.symbol)).toEqual(["EURUSD", "GBPUSD", "EURUSD"]);
    const later = await at.client.get<OrdersResult>("history.orders", { ...all, fromBrokerMs: middle });
    expect(later.orders).toEqual(orders.slice(1));
    const { position, order } = first;
    const ofPosition = await at.client.get<DealsResult>("history.deals", { position });
    expect(ofPosition.deals.map((deal) => deal.entry)).toEqual(["in", "out"]);
    const ofOrder = await at.client.get<DealsResult>("history.deals", { ticket: order });
    expect(ofOrder.deals).toEqual(first.deals);
    expect((await at.client.get<OrdersResult>("history.orders", { ticket: order })).orders).toHaveLength(1);
    const pounds = await at.client.get<OrdersResult>("history.orders", { ...all, symbol: "GBPUSD" });
    expect(pounds.orders).toHaveLength(1);
    expect((await at.client.get<DealsResult>("history.deals", { position: "77" })).deals).toEqual([]);
  });

  it("come in pages of one frozen result", async () => {
    const at = await begin({}, { limits: { maxReplyBytes: 18_000 } });
    for (let i = 0; i < 12; i++) await at.send(`o${i}`, { ...marketIntent, volume: 0.01 }, 20);
    const tickets: string[] = [];
    let pages = 0;
    for (let cursor: string | null | undefined; cursor !== null; pages++) {
      const args = { fromBrokerMs: 0, toBrokerMs: 9e12, ...(cursor === undefined ? {} : { cursor }) };
      const page: DealsResult = await at.client.get<DealsResult>("history.deals", args);
      tickets.push(...page.deals.map((deal) => deal.ticket));
      cursor = page.more;
      await at.send(`x${pages}`, marketIntent, 20);
    }
    expect(pages).toBeGreaterThan(1);
    expect(tickets).toHaveLength(13);
    expect(new Set(tickets).size).toBe(13);
  });

  it.each([{}, { fromBrokerMs: 0 }, { ticket: "1", position: "1" }, { ticket: "x" }])(
    "refuse %j",
    async (args) => {
      const at = await begin();
      expect(await at.client.code("history.orders", args)).toBe("BAD_REQUEST");
    },
  );

  it("are refused HISTORY_LOADING while the terminal has no connection", async () => {
    const at = await begin();
    at.terminal.setConnected(false);
    for (const op of ["history.orders", "history.deals"]) {
      expect(await at.client.code(op, { ticket: "1" })).toBe("HISTORY_LOADING");
    }
    const bars = { symbol: "EURUSD", timeframe: "M1", count: 1 };
    expect(await at.client.code("bars", bars)).toBe("HISTORY_LOADING");
    const span = { symbol: "EURUSD", fromBrokerMs: 0, toBrokerMs: 1 };
    expect(await at.client.code("ticks", span)).toBe("HISTORY_LOADING");
  });
});

describe("bars and ticks", () => {
  it("come as bulk, oldest first, by count and by range", async () => {
    const at = await begin({}, { limits: { leaseMs: 3_600_000 } });
    const start = at.terminal.brokerMs();
    for (let i = 1; i <= 5; i++) {
      await at.rig.clock.advance(59_000);
      at.terminal.quote("EURUSD", 1.1 + i / 1_000, 1.1002 + i / 1_000);
    }
    const { result, bulk } = await bulkOf(at, "bars", { symbol: "EURUSD", timeframe: "M1", count: 3 });
    const bars = unpackBars(bulk);
    expect(result as BarsResult).toEqual({ symbol: "EURUSD", timeframe: "M1", n: 3, more: null });
    expect(bars.at(-1)).toMatchObject({ close: 1.105, tickVolume: 1, spread: 20 });
    const [first] = bars;
    if (first === undefined) throw new Error("No bars");
    const one = { fromBrokerMs: first.timeBrokerMs, toBrokerMs: first.timeBrokerMs };
    const ranged = await bulkOf(at, "bars", { symbol: "EURUSD", timeframe: "M1", ...one });
    expect(unpackBars(ranged.bulk)).toEqual([first]);
    const span = { symbol: "EURUSD", fromBrokerMs: start + 1, toBrokerMs: at.terminal.brokerMs() };
    const ticks = await bulkOf(at, "ticks", span);
    expect((ticks.result as TickRangeResult).n).toBe(5);
    expect(unpackTicks(ticks.bulk).map((tick) => tick.bid)).toEqual([1.101, 1.102, 1.103, 1.104, 1.105]);
  });

  it("refuse symbols, timeframes and spans that do not exist", async () => {
    const at = await begin();
    const count = { timeframe: "M1", count: 1 };
    expect(await at.client.code("bars", { symbol: "eurusd", ...count })).toBe("UNKNOWN_SYMBOL");
    expect(await at.client.code("bars", { symbol: "EURUSD", ...count, timeframe: "M7" })).toBe("BAD_REQUEST");
    expect(await at.client.code("bars", { symbol: "EURUSD", timeframe: "M1" })).toBe("BAD_REQUEST");
    const tooMany = { symbol: "EURUSD", ...count, count: 100_001 };
    expect(await at.client.code("bars", tooMany)).toBe("BAD_REQUEST");
    expect(await at.client.code("ticks", { symbol: "EURUSD" })).toBe("BAD_REQUEST");
  });

  it("are cut into pages of 65,536", async () => {
    const at = await begin({ tickHistory: 100_000 });
    for (let i = 0; i < 70_000; i++) at.terminal.quote("EURUSD", 1.1 + (i % 2) / 1_000, 1.102);
    const span = { symbol: "EURUSD", fromBrokerMs: 0, toBrokerMs: at.terminal.brokerMs() };
    const first = await bulkOf(at, "ticks", span);
    const { n, more } = first.result as TickRangeResult;
    expect(n).toBe(65_536);
    const second = await bulkOf(at, "ticks", { ...span, cursor: more });
    expect(second.result).toMatchObject({ n: 70_001 - 65_536, more: null });
    expect(first.bulk.length + second.bulk.length).toBe(70_001 * 60);
  });
});

describe("order.check, calc.margin and calc.profit", () => {
  const check = (at: Simulated, intent: object): Promise<OrderCheckResult> =>
    at.client.get<OrderCheckResult>("order.check", { intent: JSON.stringify(intent) });

  it("tells the account as it would be, and trades nothing", async () => {
    const at = await begin();
    const result = await check(at, { ...marketIntent, volume: 1 });
    expect(result.retcode).toBe(0);
    await at.send("o", { ...marketIntent, volume: 1 });
    const account = at.terminal.account();
    expect(result.margin).toBeCloseTo(account.margin, 2);
    expect(result.freeMargin).toBeCloseTo(result.equity - result.margin, 2);
    const position = at.terminal.positions()[0]?.ticket;
    const closed = await check(at, { ...marketIntent, kind: "close", position, volume: 0 });
    expect(closed).toMatchObject({ retcode: 0, margin: 0, marginLevel: 0 });
    expect(at.terminal.positions()).toHaveLength(1);
  });

  it("tells the server's refusals", async () => {
    const at = await begin({ account: { balance: 100 } });
    expect((await check(at, { ...marketIntent, volume: 50 })).retcode).toBe(10019);
    expect((await check(at, pendingIntent({ price: 1.2 }))).retcode).toBe(10015);
    expect((await check(at, { kind: "cancel", order: "77" })).retcode).toBe(10013);
    expect(await at.client.code("order.check", { intent: "{}" })).toBe("BAD_REQUEST");
  });

  it("reckon as the terminal does", async () => {
    const at = await begin();
    const trade = { symbol: "EURUSD", side: "buy", volume: 0.5 };
    const { margin } = await at.client.get<{ margin: number }>("calc.margin", { ...trade, price: 1.1 });
    expect(margin).toBe(at.terminal.calcMargin("buy", "EURUSD", 0.5, 1.1));
    const prices = { priceOpen: 1.1, priceClose: 1.101 };
    const { profit } = await at.client.get<{ profit: number }>("calc.profit", { ...trade, ...prices });
    expect(profit).toBe(50);
    const short = { ...trade, side: "sell", ...prices };
    expect(await at.client.get("calc.profit", short)).toEqual({ profit: -50 });
    expect(await at.client.code("calc.margin", { ...trade, symbol: "EURUS", price: 1 })).toBe(
      "UNKNOWN_SYMBOL",
    );
    expect(await at.client.code("calc.margin", { ...trade, price: -1 })).toBe("BAD_REQUEST");
  });
});

describe("calendar", () => {
  const january = { fromBrokerMs: Date.UTC(2024, 0, 1), toBrokerMs: Date.UTC(2024, 0, 31) };

  it("gives plain numbers of what is published, null of what is not yet, by currency and country", async () => {
    const at = await begin();
    const { events } = await at.client.get<CalendarResult>("calendar", january);
    const now = at.terminal.brokerMs();
    expect(events.some((event) => event.timeBrokerMs > now)).toBe(true);
    for (const { timeBrokerMs, actual, unit } of events) {
      expect(actual === null).toBe(timeBrokerMs > now);
      if (actual !== null && unit === "percent") expect(Math.abs(actual)).toBeLessThan(20);
    }
    const british = await at.client.get<CalendarResult>("calendar", { ...january, country: "GB" });
    expect(new Set(british.events.map((event) => event.currency))).toEqual(new Set(["GBP"]));
    const euro = await at.client.get<CalendarResult>("calendar", { ...january, currency: "EUR" });
    expect(new Set(euro.events.map((event) => event.country))).toEqual(new Set(["EU", "DE"]));
  });

  it("comes in pages of one frozen result", async () => {
    const at = await begin({}, { limits: { maxReplyBytes: 18_000 } });
    const ids: string[] = [];
    let pages = 0;
    for (let cursor: string | null | undefined; cursor !== null; pages++) {
      const args = { ...january, ...(cursor === undefined ? {} : { cursor }) };
      const page: CalendarResult = await at.client.get<CalendarResult>("calendar", args);
      ids.push(...page.events.map((event) => event.id));
      cursor = page.more;
    }
    expect(pages).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is refused while the terminal is not connected, and by a terminal that has none", async () => {
    const at = await begin();
    at.terminal.setConnected(false);
    expect(await at.client.code("calendar", january)).toBe("HISTORY_LOADING");
    at.terminal.setConnected(true);
    Object.assign(at.terminal, { calendar: undefined });
    expect(await at.client.code("calendar", january)).toBe("NOT_SUPPORTED");
  });
});
