import { afterEach, describe, expect, it } from "vitest";
import type { PositionsResult, SnapshotResult, SymbolsResult } from "../../../../src/protocol/v1/messages.ts";
import { fakeDeal, fakeOrder, fakePosition } from "../../../kit/fake-terminal.ts";
import { Rig, type RigOptions, type TestClient } from "./rig.ts";

let rig: Rig;
afterEach(() => rig?.agent.kill());

async function begin(options: RigOptions = {}): Promise<TestClient> {
  rig = new Rig(options);
  await rig.start();
  return rig.session();
}

function types(client: TestClient): string[] {
  return client.events.map((event) => ("change" in event ? `${event.type} ${event.change}` : event.type));
}

describe("shadow: differences become ledger events", () => {
  it("tells an order from placed to its end", async () => {
    const client = await begin();
    const limit = {
      ...fakeOrder("10"),
      kind: "buyLimit",
      state: "placed",
      volumeCurrent: 0.1,
      price: 1,
    } as const;
    rig.terminal.orderTable = [limit];
    await rig.clock.advance(300);
    rig.terminal.orderTable = [{ ...limit, price: 0.9 }];
    await rig.clock.advance(300);
    rig.terminal.orderTable = [{ ...limit, price: 0.9, state: "partial", volumeCurrent: 0.05 }];
    await rig.clock.advance(300);
    rig.terminal.orderTable = [];
    await rig.clock.advance(300);
    expect(types(client)).toEqual(["order placed", "order modified", "order partiallyFilled"]);
    rig.terminal.orderHistory.push({ ...limit, state: "expired" });
    await rig.clock.advance(300);
    expect(types(client).at(-1)).toBe("order expired");
    expect(types(client)).toHaveLength(4);
  });

  it.each([
    ["filled", "filled"],
    ["cancelled", "cancelled"],
    ["rejected", "rejected"],
    ["expired", "expired"],
    ["partial", "partiallyFilled"],
  ] as const)("tells a finished order in state %s as %s", async (state, change) => {
    const client = await begin();
    rig.terminal.orderHistory.push({ ...fakeOrder("10"), state });
    await rig.clock.advance(300);
    expect(types(client)).toEqual([`order ${change}`]);
  });

  it("finds an order that finishes long after a higher ticket", async () => {
    const client = await begin();
    const limit = { ...fakeOrder("10"), kind: "buyLimit", state: "placed" } as const;
    rig.terminal.orderTable = [limit];
    rig.terminal.orderHistory.push(fakeOrder("99"));
    await rig.clock.advance(60_000);
    rig.terminal.orderTable = [];
    rig.terminal.orderHistory.push({ ...limit, state: "cancelled" });
    await rig.clock.advance(300);
    expect(types(client)).toEqual(["order placed", "order filled", "order cancelled"]);
  });

  it("finds a deal and an order that appear late below a higher ticket, once", async () => {
    const client = await begin();
    rig.terminal.orderHistory.push(fakeOrder("12"));
    rig.terminal.dealHistory.push(fakeDeal("52", "12"));
    await rig.clock.advance(2_000);
    rig.terminal.orderHistory.push(fakeOrder("11"));
    rig.terminal.dealHistory.push(fakeDeal("51", "11"));
    await rig.clock.advance(30_000);
    const tickets = client.events.map((event) =>
      event.type === "deal" ? event.deal.ticket : event.type === "order" ? event.order.ticket : "",
    );
    expect(tickets).toEqual(["12", "52", "11", "51"]);
  });

  it("finds what no transaction hinted at", async () => {
    const client = await begin();
    rig.terminal.tellsTransactions = false;
    rig.terminal.tradeElsewhere({ action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1 });
    await rig.clock.advance(300);
    expect(types(client)).toEqual(["order filled", "deal made", "position opened"]);
  });

  it("tells position changes, but not a floating profit", async () => {
    const client = await begin();
    const position = fakePosition("7");
    rig.terminal.positionTable = [position];
    await rig.clock.advance(300);
    rig.terminal.positionTable = [{ ...position, profit: 5, priceCurrent: 1.2, updateBrokerMs: 5 }];
    await rig.clock.advance(300);
    expect(types(client)).toEqual(["position opened"]);
    for (const change of [{ stopLoss: 1 }, { takeProfit: 2 }, { swap: -1 }, { priceOpen: 1.11 }]) {
      rig.terminal.positionTable = rig.terminal.positionTable.map((record) => ({ ...record, ...change }));
      await rig.clock.advance(300);
    }
    expect(types(client)).toHaveLength(5);
  });

  it("tells closed only behind the deal that closed, and waits 5 s for it", async () => {
    const client = await begin();
    rig.terminal.positionTable = [fakePosition("7"), fakePosition("8")];
    await rig.clock.advance(300);
    rig.terminal.positionTable = [];
    await rig.clock.advance(2_000);
    expect(types(client)).toEqual(["position opened", "position opened"]);
    expect((await client.get<PositionsResult>("positions")).positions).toHaveLength(2);
    rig.terminal.dealHistory.push({ ...fakeDeal("50", "20"), position: "7", entry: "out" });
    await rig.clock.advance(300);
    expect(types(client).slice(2)).toEqual(["deal made", "position closed"]);
    await rig.clock.advance(4_000);
    expect(types(client).slice(4)).toEqual(["position closed"]);
  });

  it("does not take an earlier partial close for the close", async () => {
    const client = await begin();
    rig.terminal.positionTable = [fakePosition("7")];
    await rig.clock.advance(300);
    rig.terminal.positionTable = [{ ...fakePosition("7"), volume: 0.06 }];
    rig.terminal.dealHistory.push({ ...fakeDeal("50", "20"), position: "7", entry: "out", volume: 0.04 });
    await rig.clock.advance(300);
    rig.terminal.positionTable = [];
    await rig.clock.advance(2_000);
    expect(types(client).at(-1)).toBe("position modified");
    rig.terminal.positionTable = [{ ...fakePosition("7"), volume: 0.06 }];
    await rig.clock.advance(6_000);
    expect(types(client).at(-1)).toBe("position modified");
  });

  it("makes no difference of the tables of a terminal that is not connected", async () => {
    const client = await begin();
    rig.terminal.positionTable = [fakePosition("7")];
    await rig.clock.advance(300);
    const { terminalRecord } = rig.terminal;
    rig.terminal.terminalRecord = { ...terminalRecord, connected: false };
    rig.terminal.positionTable = [];
    await rig.clock.advance(10_000);
    rig.terminal.positionTable = [fakePosition("7")];
    rig.terminal.terminalRecord = terminalRecord;
    await rig.clock.advance(10_000);
    expect(types(client)).toEqual(["position opened"]);
  });

  it("tells balance and credit", async () => {
    const client = await begin();
    rig.terminal.accountRecord = { ...rig.terminal.accountRecord, balance: 1 };
    await rig.clock.advance(300);
    rig.terminal.accountRecord = { ...rig.terminal.accountRecord, credit: 2 };
    await rig.clock.advance(300);
    expect(client.events).toMatchObject([
      { type: "balance", balance: 1, credit: 0 },
      { type: "balance", balance: 1, credit: 2 },
    ]);
  });

  it("tells a deal that is corrected, and one that is withdrawn", async () => {
    const client = await begin();
    rig.terminal.dealHistory.push(fakeDeal("50", "20"));
    await rig.clock.advance(300);
    rig.terminal.dealHistory[0] = { ...fakeDeal("50", "20"), commission: -1 };
    rig.terminal.tell({ type: "dealUpdate", deal: "50" });
    await rig.clock.advance(300);
    rig.terminal.dealHistory = [];
    rig.terminal.tell({ type: "dealDelete", deal: "50" });
    await rig.clock.advance(300);
    expect(types(client)).toEqual(["deal made", "deal updated", "deal deleted"]);
    expect(client.events.at(-1)).toMatchObject({ deal: { commission: -1 } });
  });

  it("reports an event that cannot be written, and leaves no hole", async () => {
    const client = await begin();
    rig.terminal.dealHistory.push({ ...fakeDeal("50", "20"), price: Number.NaN }, fakeDeal("51", "20"));
    await rig.clock.advance(300);
    expect(client.events).toMatchObject([{ seq: 1, deal: { ticket: "51" } }]);
    expect(rig.faults).toHaveLength(1);
  });
});

describe("snapshot", () => {
  it("tells the ledger first, so that what it shows holds at its seq", async () => {
    const client = await begin();
    rig.terminal.positionTable = [fakePosition("7")];
    const reply = await client.ask("snapshot");
    expect(reply).toMatchObject({
      seq: 1,
      result: { positions: [{ ticket: "7" }], historyOrders: [], deals: [] },
    });
    expect(client.events).toMatchObject([{ seq: 1, type: "position", change: "opened" }]);
  });

  it("gives what was finished since a time, and the ends of the orders asked for", async () => {
    const client = await begin();
    const at = rig.terminal.brokerMs();
    rig.terminal.orderHistory.push(
      { ...fakeOrder("5"), doneBrokerMs: at - 10_000, state: "cancelled" },
      { ...fakeOrder("6"), doneBrokerMs: at - 10_000 },
      { ...fakeOrder("7"), doneBrokerMs: at },
    );
    rig.terminal.dealHistory.push(
      { ...fakeDeal("50", "6"), timeBrokerMs: at - 10_000 },
      { ...fakeDeal("51", "7"), timeBrokerMs: at },
    );
    const since = { brokerMs: at - 5_000, orders: ["5"] };
    const snapshot = await client.get<SnapshotResult>("snapshot", { since });
    expect(snapshot.historyOrders.map((order) => order.ticket)).toEqual(["5", "7"]);
    expect(snapshot.deals.map((deal) => deal.ticket)).toEqual(["51"]);
  });
});

describe("pages", () => {
  it("are of one frozen state and carry the seq of the first", async () => {
    const client = await begin({ limits: { maxReplyBytes: 20_000 } });
    rig.terminal.positionTable = Array.from({ length: 40 }, (_, i) => fakePosition(`${i + 1}`));
    const first = await client.ask("snapshot");
    if (!first.ok) throw new Error("refused");
    let page = first.result as unknown as SnapshotResult;
    const seen = [...page.positions];
    rig.terminal.positionTable = [fakePosition("99")];
    rig.terminal.accountRecord = { ...rig.terminal.accountRecord, balance: 5 };
    await rig.clock.advance(1_000);
    while (page.more !== null) {
      const reply = await client.ask("snapshot", { cursor: page.more });
      expect(reply.seq).toBe(first.seq);
      if (!reply.ok) throw new Error("refused");
      page = reply.result as unknown as SnapshotResult;
      seen.push(...page.positions);
    }
    expect(seen.map((position) => position.ticket)).toEqual(Array.from({ length: 40 }, (_, i) => `${i + 1}`));
  });

  it("can be asked again, live 30 s after each page, and serve the same request and session only", async () => {
    const client = await begin({ limits: { maxReplyBytes: 20_000 } });
    for (let i = 0; i < 40; i++) rig.terminal.addSymbol(`S${i}`);
    const { more } = await client.get<SymbolsResult>("symbols");
    const other = await rig.session(2);
    expect(await client.code("positions", { cursor: more })).toBe("BAD_CURSOR");
    expect(await client.code("symbols", { cursor: more, names: ["S1"] })).toBe("BAD_CURSOR");
    expect(await client.code("symbols", { cursor: "nonsense.0" })).toBe("BAD_CURSOR");
    expect(await other.code("symbols", { cursor: more })).toBe("BAD_CURSOR");
    for (let i = 0; i < 4; i++) {
      await rig.clock.advance(14_000);
      expect(await client.code("symbols", { cursor: more })).toBe("ok");
      await client.get("ping");
    }
    await rig.clock.advance(14_000);
    await client.get("ping");
    await rig.clock.advance(14_000);
    await client.get("ping");
    await rig.clock.advance(2_100);
    expect(await client.code("symbols", { cursor: more })).toBe("BAD_CURSOR");
    expect(rig.agent.stats().frozenResults).toBe(0);
  });

  it("freeze at most two results per session", async () => {
    const client = await begin({ limits: { maxReplyBytes: 20_000 } });
    for (let i = 0; i < 40; i++) rig.terminal.addSymbol(`S${i}`);
    const cursors: (string | null)[] = [];
    for (let i = 0; i < 3; i++) cursors.push((await client.get<SymbolsResult>("symbols")).more);
    expect(await client.code("symbols", { cursor: cursors[0] })).toBe("BAD_CURSOR");
    expect(await client.code("symbols", { cursor: cursors[1] })).toBe("ok");
    expect(await client.code("symbols", { cursor: cursors[2] })).toBe("ok");
  });
});

describe("ledger.since and barrier", () => {
  it("gives the events behind a position, as they were published", async () => {
    const client = await begin();
    await client.trade("a");
    const result = await client.get<{ events: unknown[]; complete: boolean }>("ledger.since", {
      epoch: client.epoch,
      seq: 1,
    });
    expect(result).toEqual({ events: client.events.slice(1), complete: true });
    const none = await client.get("ledger.since", { epoch: client.epoch, seq: client.events.length });
    expect(none).toEqual({ events: [], complete: true });
  });

  it("says LEDGER_GONE for another epoch, a position to come, and events that left the ring", async () => {
    const client = await begin({ limits: { ledgerRingEvents: 3 } });
    await client.trade("a");
    expect(client.events.length).toBe(4);
    const { epoch } = client;
    expect(await client.code("ledger.since", { epoch: epoch - 1, seq: 4 })).toBe("LEDGER_GONE");
    expect(await client.code("ledger.since", { epoch, seq: 5 })).toBe("LEDGER_GONE");
    expect(await client.code("ledger.since", { epoch, seq: 0 })).toBe("LEDGER_GONE");
    expect(await client.get("ledger.since", { epoch, seq: 1 })).toMatchObject({ events: [{}, {}, {}] });
    expect((await client.hello()).ledger.oldest).toBe(2);
  });

  it("gives what fits, and says that it is not all", async () => {
    const client = await begin({ limits: { maxReplyBytes: 17_600 } });
    for (const id of ["a", "b", "c"]) await client.trade(id);
    const seen: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      const result = await client.get<{ events: { seq: number }[]; complete: boolean }>("ledger.since", {
        epoch: client.epoch,
        seq: seen.length,
      });
      seen.push(...result.events);
      if (result.complete) break;
      expect(i).toBeLessThan(19);
    }
    expect(seen).toEqual(client.events);
  });

  it("puts the barrier behind all events, with the seq before it", async () => {
    const client = await begin();
    await client.trade("a");
    await client.get("barrier", { token: "t1" });
    await rig.clock.advance(5);
    expect(client.barriers).toMatchObject([{ token: "t1", seq: 4 }]);
    const since = await client.get<{ events: unknown[] }>("ledger.since", { epoch: client.epoch, seq: 0 });
    expect(since.events).toHaveLength(4);
  });

  it("publishes the ledger so that it is never dropped, and the rest so that it may be", async () => {
    const client = await begin();
    await client.trade("a");
    await rig.clock.advance(2_000);
    const kinds = new Set(
      rig.transport.published.map(
        ({ frames, droppable }) => `${new TextDecoder().decode(frames[0]).replace("\0", "")} ${droppable}`,
      ),
    );
    expect(kinds).toEqual(new Set(["ledger false", "pulse true", "account true"]));
  });
});

describe("pulse and account", () => {
  it("pulses every second with seq and counters of all sessions", async () => {
    const client = await begin();
    await client.trade("a");
    await client.get("ping");
    client.pulses.length = 0;
    await rig.clock.advance(3_000);
    expect(client.pulses).toHaveLength(3);
    expect(client.pulses[0]).toMatchObject({
      epoch: client.epoch,
      seq: 4,
      sessions: [{ session: client.session, command: 1, sync: 1 }],
      terminal: { connected: true },
    });
  });

  it("publishes the account when it has changed, at most every 250 ms", async () => {
    const client = await begin();
    await rig.clock.advance(1_000);
    const before = client.accounts.length;
    for (let i = 0; i < 100; i++) {
      rig.terminal.accountRecord = { ...rig.terminal.accountRecord, equity: 9_000 + i };
      await rig.clock.advance(10);
    }
    expect(client.accounts.length - before).toBe(4);
    await rig.clock.advance(2_000);
    expect(client.accounts.length - before).toBe(4);
    expect(client.accounts.at(-1)).toMatchObject({ epoch: client.epoch, account: { equity: 9_099 } });
  });
});

describe("symbols", () => {
  it("are matched exactly, and candidates differ by case or suffix, then by two letters at most", async () => {
    const client = await begin();
    for (const name of ["EURUSDm", "EURUSD.£", "EURGBP", "@ES"]) rig.terminal.addSymbol(name);
    const reply = await client.ask("symbols", { names: ["EURUSD", "eurusd"] });
    expect(reply).toMatchObject({
      ok: false,
      error: { code: "UNKNOWN_SYMBOL", candidates: ["EURUSD", "EURUSDm", "EURUSD.£"] },
    });
    expect(await client.get("symbols", { names: ["@ES", "EURUSD.£"] })).toMatchObject({
      symbols: [{ name: "@ES" }, { name: "EURUSD.£" }],
    });
    expect(await client.ask("tick", { symbol: "EURUSDx" })).toMatchObject({
      error: { candidates: ["EURUSD", "EURUSDm", "EURUSD.£"] },
    });
    expect(await client.ask("tick", { symbol: "EURUDS" })).toMatchObject({
      error: { candidates: ["EURUSD", "EURUSDm"] },
    });
  });

  it("give a tick in bulk, or none before the first quote", async () => {
    const client = await begin();
    rig.terminal.tickTable.set("GBPUSD", []);
    const body = client.body("tick", { symbol: "EURUSD" });
    await client.send(body);
    expect(client.replies.get(String(body["rid"]))?.frames[1]).toHaveLength(60);
    const silent = client.body("tick", { symbol: "GBPUSD" });
    await client.send(silent);
    expect(client.replies.get(String(silent["rid"]))?.frames).toHaveLength(1);
  });
});
