import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toDealInfo } from "../../../src/api/convert.ts";
import { positionOf } from "../../../src/api/history-positions.ts";
import { BrokerTimeZone, newYorkCloseTime } from "../../../src/domain/broker-time.ts";
import type { DealRecord } from "../../../src/domain/records.ts";
import { connectedWorld } from "../../kit/connector-world.ts";

const zone = new BrokerTimeZone(newYorkCloseTime);
const start = new Date("2024-01-01T00:00:00Z");

describe("history", () => {
  test("orders and deals are found by time, order, position and symbol", async () => {
    const { agent, clock, settle } = await connectedWorld();
    const first = await settle(agent.trade.marketBuy("EURUSD", 0.1, { magic: 5, comment: "a" }));
    await clock.advance(60_000);
    const middle = new Date(clock.wallMs());
    await clock.advance(60_000);
    await settle(agent.trade.closePosition(first.ticket));
    const second = await settle(agent.trade.marketSell("EURUSD", 0.2));
    expect(await settle(agent.history.orders({ from: start }).toArray())).toHaveLength(3);
    const late = await settle(agent.history.deals({ from: middle, symbol: "EURUSD" }).toArray());
    expect(late.map((deal) => [deal.entry, deal.volume])).toEqual([
      ["out", 0.1],
      ["in", 0.2],
    ]);
    expect(await settle(agent.history.deals({ from: middle, symbol: "GBPUSD" }).toArray())).toEqual([]);
    expect(await settle(agent.history.deals({ from: start, to: middle }).toArray())).toMatchObject([
      { positionTicketText: first.ticketText, type: "buy", magic: 5, comment: "a", commission: -0.35 },
    ]);
    const byOrder = await settle(agent.history.orders({ ticket: second.orderTicketText }).toArray());
    expect(byOrder.map((order) => [order.ticketText, order.type, order.state])).toEqual([
      [second.orderTicketText, "sell", "filled"],
    ]);
    const byPosition = await settle(agent.history.deals({ position: first.ticket }).toArray());
    expect(byPosition.map((deal) => deal.entry)).toEqual(["in", "out"]);
  });

  test("pages come as they are wanted, and a cursor that ran out loses and repeats nothing", async () => {
    const { agent, fake, settle } = await connectedWorld();
    for (let i = 0; i < 25; i++) fake.openPosition("EURUSD", "buy", 0.1, false);
    fake.market.pageSize = 4;
    const told: string[] = [];
    const reading = (async (): Promise<void> => {
      for await (const deal of agent.history.deals({ from: start })) {
        told.push(deal.ticketText);
        if (told.length % 7 === 0) fake.market.forgetCursors();
      }
    })();
    await settle(reading);
    expect(told).toEqual(fake.deals.map((deal) => deal.ticket));
    expect(fake.requests.filter((request) => request.op === "history.deals").length).toBeGreaterThan(6);
  });

  test("a listing whose cursors never hold is given up with the agent's reason", async () => {
    const { agent, fake, failure } = await connectedWorld();
    for (let i = 0; i < 3; i++) fake.openPosition("EURUSD", "buy", 0.1, false);
    fake.refuseRequest = (op): string | undefined => (op === "history.orders" ? "BAD_CURSOR" : undefined);
    expect(await failure(agent.history.orders({ from: start }).toArray())).toMatchObject({
      code: "BAD_CURSOR",
    });
  });

  test("positions are put together from all their deals, also those before the span", async () => {
    const { agent, clock, settle } = await connectedWorld();
    const trade = await settle(agent.trade.marketBuy("EURUSD", 0.3));
    await clock.advance(60_000);
    const middle = new Date(clock.wallMs());
    await settle(agent.trade.closePosition(trade.ticket, 0.1));
    const [open] = await settle(agent.history.positions({ from: middle }).toArray());
    expect(open).toMatchObject({
      ticketText: trade.ticketText,
      type: "buy",
      volume: 0.3,
      openVolume: 0.2,
      openPrice: 1.1001,
      closePrice: 1.1,
      closeTime: undefined,
      profit: 1.5,
    });
    await settle(agent.trade.closePosition(trade.ticket));
    const closed = await settle(agent.history.getPosition(trade.ticket));
    expect(closed).toMatchObject({ openVolume: 0, closeReason: "expert", profit: 3 });
    expect(closed?.closeTime).toBeInstanceOf(Date);
    expect(closed?.deals.length).toBe(3);
    expect(await settle(agent.history.getPosition(987))).toBeUndefined();
  });

  test("positions passes over what belongs to no position, and over charges that are no trade", async () => {
    const { agent, fake, clock, settle } = await connectedWorld();
    const trade = await settle(agent.trade.marketBuy("EURUSD", 0.1));
    await clock.advance(10);
    await settle(agent.trade.closePosition(trade.ticket));
    const [first] = fake.deals;
    if (first === undefined) throw new Error("Nothing was traded");
    fake.deals.push({ ...first, ticket: "800", order: "0", position: "0", kind: "balance" });
    fake.deals.push({ ...first, ticket: "801", order: "0", position: "555", kind: "charge" });
    const positions = await settle(agent.history.positions({ from: start }).toArray());
    expect(positions.map(({ ticketText }) => ticketText)).toEqual([trade.ticketText]);
  });

  test("deals of one position come once each, in order, although its cursor runs out", async () => {
    const { agent, fake, clock, settle } = await connectedWorld();
    const trade = await settle(agent.trade.marketBuy("EURUSD", 0.5));
    for (let i = 0; i < 4; i++) {
      await clock.advance(1_000);
      await settle(agent.trade.closePosition(trade.ticket, 0.1));
    }
    fake.market.pageSize = 2;
    const told: string[] = [];
    const reading = (async (): Promise<void> => {
      for await (const deal of agent.history.deals({ position: trade.ticket })) {
        told.push(deal.ticketText);
        if (told.length === 2) fake.market.forgetCursors();
      }
    })();
    await settle(reading);
    expect(told).toEqual(fake.deals.map(({ ticket }) => ticket));
    expect(told).toHaveLength(5);
  });

  test("a span that is none is refused before anything is asked", async () => {
    const { agent } = await connectedWorld();
    const bad = new Date(Number.NaN);
    expect(() => agent.history.deals({ from: bad })).toThrow("from is no date");
    expect(() => agent.history.orders({ from: start, to: new Date(0) })).toThrow("to is before from");
    expect(() => agent.history.deals({ ticket: 0 })).toThrow("0 is no ticket");
  });

  test("an iteration ends with its caller's abort between two items of a page", async () => {
    const { agent, settle } = await connectedWorld();
    for (let opened = 0; opened < 2; opened++) await settle(agent.trade.marketBuy("EURUSD", 0.1));
    for (const kind of ["orders", "deals", "positions"] as const) {
      const aborting = new AbortController();
      const pages: AsyncIterable<unknown> = agent.history[kind](
        { from: new Date(0) },
        { signal: aborting.signal },
      );
      let count = 0;
      const reading = (async (): Promise<unknown> => {
        for await (const _ of pages) {
          count++;
          aborting.abort();
        }
        return undefined;
      })().catch((error: unknown) => error);
      expect(await settle(reading), kind).toMatchObject({ name: "ConnectionError", code: "ABORTED" });
      expect(count, kind).toBe(1);
    }
  });

  test("history that is still loading is asked for again until the deadline, then refused by name", async () => {
    const { agent, fake, clock, settle, failure } = await connectedWorld();
    fake.market.makeBars(3, fake.brokerMs - 600_000);
    fake.market.loading = 3;
    expect(await settle(agent.marketData.getLastBars("EURUSD", "M1", 2))).toHaveLength(2);
    fake.market.loading = 1_000;
    const startMs = clock.nowMs();
    const error = await failure(agent.marketData.getLastBars("EURUSD", "M1", 2, { timeoutMs: 3_000 }));
    expect(error).toMatchObject({ name: "RequestRefusedError", code: "HISTORY_LOADING" });
    expect(clock.nowMs() - startMs).toBeLessThanOrEqual(3_000);
    const aborting = new AbortController();
    const asked = agent.marketData.getLastBars("EURUSD", "M1", 2, { signal: aborting.signal });
    const outcome = failure(asked);
    aborting.abort();
    expect(await outcome).toMatchObject({ code: "ABORTED" });
  });
});

describe("positionOf", () => {
  const base: DealRecord = {
    ticket: "1",
    order: "1",
    position: "9",
    symbol: "EURUSD",
    kind: "buy",
    entry: "in",
    volume: 1,
    price: 100,
    profit: 0,
    commission: -1,
    swap: 0.25,
    fee: -0.5,
    stopLoss: 0,
    takeProfit: 0,
    magic: "3",
    comment: "c",
    reason: "expert",
    timeBrokerMs: 1_700_000_000_000,
  };
  const position = (...deals: Partial<DealRecord>[]): ReturnType<typeof positionOf> =>
    positionOf(deals.map((deal) => toDealInfo({ ...base, ...deal }, zone)));

  test("averages what was opened and closed, and adds up what it cost", () => {
    expect(
      position(
        { volume: 1, price: 100 },
        { volume: 3, price: 104 },
        { kind: "sell", entry: "out", volume: 4, price: 110, profit: 28, reason: "takeProfit" },
      ),
    ).toMatchObject({
      type: "buy",
      volume: 4,
      openVolume: 0,
      openPrice: 103,
      closePrice: 110,
      profit: 28,
      commission: -3,
      swap: 0.75,
      fee: -1.5,
      closeReason: "takeProfit",
    });
  });

  test("a turned netting position closes what was open and opens the rest", () => {
    expect(
      position(
        { volume: 1, price: 100 },
        { kind: "sell", entry: "inOut", volume: 3, price: 110, profit: 10 },
      ),
    ).toMatchObject({ type: "buy", volume: 3, openVolume: 2, closePrice: 110, closeTime: undefined });
  });

  test("a position that a sell opened is a sell, also where only its close is known", () => {
    const opened = { kind: "sell", volume: 1, price: 110 } as const;
    expect(position(opened)).toMatchObject({
      type: "sell",
      openVolume: 1,
      openPrice: 110,
      closeTime: undefined,
    });
    expect(position({ kind: "buy", entry: "out", volume: 1, price: 100 })).toMatchObject({ type: "sell" });
  });

  test("without the deals that opened it there is no opening price, and the direction is the closing deal's other", () => {
    expect(position({ kind: "sell", entry: "out", volume: 1, price: 110 })).toMatchObject({
      type: "buy",
      openPrice: undefined,
      closePrice: 110,
    });
    expect(position({ kind: "balance", position: "0" })).toBeUndefined();
  });

  test("sum of the deals' profit is the position's, and what was opened less closed is open, for any flow", async () => {
    const volumes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.property(volumes, fc.integer({ min: 0, max: 100 }), (opens, share) => {
        const total = opens.reduce((sum, lots) => sum + lots, 0);
        const closed = Math.floor((total * share) / 100);
        const deals: Partial<DealRecord>[] = opens.map((lots) => ({ volume: lots / 100, price: 100 + lots }));
        if (closed > 0)
          deals.push({ kind: "sell", entry: "out", volume: closed / 100, price: 90, profit: closed });
        const made = position(...deals);
        expect(made?.openVolume).toBeCloseTo((total - closed) / 100, 8);
        expect(made?.profit).toBe(closed);
      }),
    );
  });
});
