import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DealRecord, OrderRecord } from "../../src/domain/records.ts";
import { unpackTicks } from "../../src/protocol/v1/bulk.ts";
import { type RawClient, refusal, result } from "../kit/raw-client.ts";
import { AgentBench } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

let bench: AgentBench;
let raw: RawClient;
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
    reason: "client",
    position: "0",
    positionBy: "0",
    setupBrokerMs: now,
    doneBrokerMs: now,
    expirationBrokerMs: 0,
    ...changes,
  };
}

function deal(ticket: number, changes: Partial<DealRecord> = {}): DealRecord {
  return {
    ticket: String(ticket),
    order: "0",
    position: "0",
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
    timeBrokerMs: now,
    ...changes,
  };
}

interface Page {
  readonly orders?: readonly OrderRecord[];
  readonly deals?: readonly DealRecord[];
  readonly more: string | null;
}

/** Tickets of all pages, and how many pages there were. */
async function tickets(op: string, args: object): Promise<{ all: readonly string[]; pages: number }> {
  const all: string[] = [];
  let pages = 0;
  let cursor: string | null = null;
  do {
    const page: Page = result(await raw.request(op, cursor === null ? args : { ...args, cursor }));
    all.push(...(page.orders ?? page.deals ?? []).map((one) => one.ticket));
    cursor = page.more;
    pages++;
  } while (cursor !== null);
  return { all, pages };
}

const asked = async (op: string, args: object): Promise<readonly string[]> => (await tickets(op, args)).all;
const code = async (op: string, args: object): Promise<string> => refusal(await raw.request(op, args));

describe("the expert's history", { timeout: 300_000 }, () => {
  beforeEach(async (context) => {
    requireHost(context);
    bench = await AgentBench.create();
    now = Math.floor(bench.terminal.brokerMs() / 1_000) * 1_000;
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
  });

  it("gives orders and deals by time, by order and by position, of a symbol if wanted, in the order of their time", async () => {
    bench.tables.historyOrders = [
      order(3, { doneBrokerMs: now - 1_000, position: "9" }),
      order(1, { doneBrokerMs: now - 3_000, position: "8" }),
      order(4, { doneBrokerMs: now - 3_000, positionBy: "8", symbol: "GBPUSD" }),
      order(2, { doneBrokerMs: now - 3_000 }),
    ];
    bench.tables.historyDeals = [
      deal(13, { timeBrokerMs: now - 1_000, order: "3", position: "9" }),
      deal(11, { timeBrokerMs: now - 3_000, order: "1", position: "8" }),
      deal(12, { timeBrokerMs: now - 3_000, order: "1", position: "8", symbol: "GBPUSD" }),
    ];
    await bench.start();
    raw = await bench.live();
    const always = { fromBrokerMs: 0, toBrokerMs: now };
    expect(await asked("history.orders", always)).toEqual(["1", "2", "4", "3"]);
    expect(await asked("history.orders", { ...always, symbol: "GBPUSD" })).toEqual(["4"]);
    const early = { fromBrokerMs: now - 3_000, toBrokerMs: now - 3_000 };
    expect(await asked("history.orders", early)).toEqual(["1", "2", "4"]);
    expect(await asked("history.orders", { ticket: "2" })).toEqual(["2"]);
    expect(await asked("history.orders", { position: "8" })).toEqual(["1", "4"]);
    expect(await asked("history.orders", { ticket: "77" })).toEqual([]);
    expect(await asked("history.deals", always)).toEqual(["11", "12", "13"]);
    expect(await asked("history.deals", { ticket: "1" })).toEqual(["11", "12"]);
    expect(await asked("history.deals", { position: "8", symbol: "EURUSD" })).toEqual(["11"]);
    for (const args of [
      {},
      { fromBrokerMs: 1 },
      { ...always, ticket: "1" },
      { ticket: "1", position: "1" },
      { ticket: 1 },
      { position: "9223372036854775808" },
      { ...always, fromBrokerMs: -1 },
      { ...always, symbol: 5 },
      { ...always, cursor: "a b" },
    ])
      for (const op of ["history.orders", "history.deals"])
        expect([op, args, await code(op, args)]).toEqual([op, args, "BAD_REQUEST"]);
    expect(await code("history.deals", { ...always, cursor: "gone.1" })).toBe("BAD_CURSOR");
    bench.terminal.setConnected(false);
    bench.refresh();
    await bench.program.synced();
    expect(await code("history.orders", always)).toBe("HISTORY_LOADING");
    expect(await code("ticks", { symbol: "EURUSD", ...always })).toBe("HISTORY_LOADING");
  });

  it("gives a long history page by page", async () => {
    const many = Array.from({ length: 1_500 }, (_, i) =>
      deal(1_000 + i, { timeBrokerMs: now - 7_200_000 + i, comment: "x".repeat(31) }),
    );
    bench.tables.historyDeals = many;
    await bench.start();
    raw = await bench.live();
    const { all, pages } = await tickets("history.deals", { fromBrokerMs: 0, toBrokerMs: now });
    expect(pages).toBeGreaterThan(1);
    expect(all).toEqual(many.map((one) => one.ticket));
  });

  it("gives ticks page by page, each once, even where very many share a millisecond, and only those of the span", async () => {
    await bench.start();
    raw = await bench.live();
    const symbol = "GBPUSD";
    const start = now + 60_000;
    const count = 150_000;
    // 100,000 ticks of one millisecond, more than a page holds, between others.
    const timeOf = (i: number): number => (i < 10_000 ? start + i : i < 110_000 ? start + 10_000 : start + i);
    for (let at = 0; at < count; at += 10_000) {
      const v = Array.from({ length: 10_000 }, (_, i) => [timeOf(at + i), at + i + 1, 0, 0, 0, 0, 6]);
      bench.program.send({ t: "ticks", symbol, v });
    }
    await bench.program.synced();
    const bids: number[] = [];
    let cursor: string | null = null;
    let pages = 0;
    const args = { symbol, fromBrokerMs: start + 5, toBrokerMs: start + 149_000 };
    do {
      const page = await raw.request("ticks", cursor === null ? args : { ...args, cursor });
      const { n, more }: { n: number; more: string | null } = result(page);
      const ticks = unpackTicks(page.bulk ?? new Uint8Array(0));
      expect(ticks.length).toBe(n);
      expect(n).toBeLessThanOrEqual(65_536);
      for (const tick of ticks) bids.push(tick.bid);
      cursor = more;
      pages++;
    } while (cursor !== null);
    expect(pages).toBe(3);
    expect(bids.length).toBe(149_000 + 1 - 5);
    expect(bids.every((bid, i) => bid === i + 6)).toBe(true);
    const none = await raw.request("ticks", { symbol, fromBrokerMs: 1, toBrokerMs: 2 });
    expect(result<{ n: number }>(none).n).toBe(0);
    expect(none.bulk).toBe(undefined);
    expect(await code("ticks", { symbol, fromBrokerMs: 0 })).toBe("BAD_REQUEST");
    expect(await code("ticks", { ...args, cursor: "1.2" })).toBe("BAD_CURSOR");
    expect(await code("ticks", { ...args, cursor: "1.2.x" })).toBe("BAD_CURSOR");
    expect(await code("ticks", { ...args, symbol: "NONE" })).toBe("UNKNOWN_SYMBOL");
  });
});
