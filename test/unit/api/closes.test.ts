import { describe, expect, test } from "vitest";
import { openingOf } from "../../../src/api/trade-results.ts";
import type { DealRecord } from "../../../src/domain/records.ts";
import type { ExecutedOutcome } from "../../../src/protocol/v1/messages.ts";
import { type ConnectorWorld, connectedWorld } from "../../kit/connector-world.ts";
import { symbolRecord, testKeys } from "../../kit/fake-agent.ts";
import { fakeDeal } from "../../kit/fake-terminal.ts";

/** Publishes the execution of the last command without its deals, as an agent does whose terminal shows them late. */
function executeBare({ fake }: ConnectorWorld, change: Partial<ExecutedOutcome>): void {
  const [id, entry] = [...fake.journal].at(-1) ?? [];
  if (id === undefined || entry === undefined || entry === "tombstone") throw new Error("No command is open");
  const times = { epoch: fake.epoch, receivedMs: fake.agentMs, sentMs: fake.agentMs, doneMs: fake.agentMs };
  const tickets = { order: "900", deal: "901", position: "900" };
  const numbers = { retcode: 10009, comment: "", volume: 0.1, price: 1.1001, deals: [], moreDeals: false };
  entry.outcome = {
    id,
    digest: entry.digest,
    state: "executed",
    ...times,
    ...tickets,
    ...numbers,
    ...change,
  };
  const client = Buffer.from(testKeys.clientPublic).toString("hex");
  fake.publish({ type: "outcome", client, outcome: entry.outcome });
}

describe("an open circuit breaker", () => {
  const options = { errorHandling: { circuitBreaker: { failureThreshold: 2, recoveryTimeoutMs: 60_000 } } };

  test("lets closes and cancels pass, one by one and all at once, and stops opens and changes", async () => {
    const { agent, fake, settle, failure } = await connectedWorld({ options });
    const first = await settle(agent.trade.marketBuy("EURUSD", 0.1));
    const second = await settle(agent.trade.marketBuy("EURUSD", 0.1));
    const hedge = await settle(agent.trade.marketSell("EURUSD", 0.1));
    const order = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
    await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.07));
    for (let i = 0; i < 2; i++) {
      fake.answers.push({ kind: "silence" });
      await failure(agent.trade.marketBuy("EURUSD", 0.1, { timeoutMs: 100 }));
    }
    const before = fake.executed.length;
    expect(await failure(agent.trade.buyLimit("EURUSD", 0.1, 1.08))).toMatchObject({ code: "CIRCUIT_OPEN" });
    await settle(agent.trade.cancelOrder(order.ticket));
    await settle(agent.trade.closeBy(first.ticket, hedge.ticket));
    await settle(agent.trade.closePosition(second.ticket));
    await settle(agent.trade.cancelAllOrders());
    expect(fake.executed.slice(before).map(({ kind }) => kind)).toEqual([
      "cancel",
      "closeBy",
      "close",
      "cancel",
    ]);
    expect([fake.orders.size, fake.positions.size]).toEqual([0, 0]);
    expect(await failure(agent.trade.marketBuy("EURUSD", 0.1))).toMatchObject({ code: "CIRCUIT_OPEN" });
  });
});

describe("closePosition by a volume", () => {
  test("keeps the symbol's grid where its specification is known", async () => {
    const { agent, fake, settle, failure } = await connectedWorld();
    const trade = await settle(agent.trade.marketBuy("EURUSD", 0.3));
    expect(await failure(agent.trade.closePosition(trade.ticket, 0.015))).toMatchObject({
      message: expect.stringContaining("no multiple of step 0.01"),
    });
    expect(fake.executed).toHaveLength(1);
  });

  test.each([
    ["of a position that the mirror does not hold", false],
    ["of a symbol whose specification was never asked for", true],
  ])("%s leaves the grid to the broker, and waits for no question", async (_, publish) => {
    const { agent, fake, clock, settle } = await connectedWorld();
    const position = fake.openPosition("EURUSD", "buy", 0.3, publish);
    await clock.advance(10);
    const closed = await settle(agent.trade.closePosition(position.ticket, 0.1 + 0.1 + 0.1 - 0.2));
    expect(fake.executed).toMatchObject([{ kind: "close", volume: 0.1 }]);
    expect(closed).toMatchObject({ volume: 0.1, requestedVolume: 0.1, partial: false });
    expect(fake.requests.some(({ op }) => op === "symbols")).toBe(false);
  });

  test("leaves it to the broker too where the terminal has not told the symbol's step", async () => {
    const { agent, fake, settle } = await connectedWorld();
    fake.symbols.set("EURUSD", symbolRecord("EURUSD", { volumeStep: 0 }));
    await settle(agent.marketData.getSymbolInfo("EURUSD"));
    const position = fake.openPosition("EURUSD", "buy", 0.3);
    await settle(agent.trade.closePosition(position.ticket, 0.1));
    expect(fake.positions.get(position.ticket)?.volume).toBe(0.2);
  });

  test.each([0, -0.1, Number.NaN, 1e-9, "0.1"])(
    "refuses %o, which the agent could take for all of it, although no specification is known",
    async (volume) => {
      const { agent, fake, failure } = await connectedWorld();
      const position = fake.openPosition("EURUSD", "buy", 0.3, false);
      expect(await failure(agent.trade.closePosition(position.ticket, volume as number))).toMatchObject({
        name: "InvalidRequestError",
        remedy: "Leave it out to close all of it",
      });
      expect(fake.commands).toEqual([]);
    },
  );
});

describe("closeBy", () => {
  test("of positions that the mirror does not hold tells what was closed, and not that a part is missing", async () => {
    const { agent, fake, clock, settle } = await connectedWorld();
    const known = fake.openPosition("EURUSD", "buy", 0.3);
    await clock.advance(10);
    const unheard = fake.openPosition("EURUSD", "sell", 0.1, false);
    const closed = await settle(agent.trade.closeBy(known.ticket, unheard.ticket));
    expect(closed).toMatchObject({
      type: "buy",
      volume: 0.1,
      requestedVolume: 0.1,
      partial: false,
      openPrice: 1.1001,
    });
    const other = fake.openPosition("EURUSD", "sell", 0.2, false);
    expect(await settle(agent.trade.closeBy(other.ticket, known.ticket))).toMatchObject({
      ticketText: other.ticket,
      symbol: "EURUSD",
      type: "sell",
      volume: 0.2,
      requestedVolume: 0.2,
      openPrice: 1.1,
      comment: "",
    });
    expect(fake.positions.size).toBe(0);
  });
});

describe("an execution whose deals the terminal has not shown yet", () => {
  test("of a market order takes the present as the time it was opened", async () => {
    const world = await connectedWorld();
    const { agent, fake, clock, settle } = world;
    fake.answers.push({ kind: "silence" });
    const trading = agent.trade.marketBuy("EURUSD", 0.1, { comment: "c", magic: 5 });
    await clock.advance(1_000);
    executeBare(world, {});
    const trade = await settle(trading);
    expect(trade).toMatchObject({
      ticket: 900,
      volume: 0.1,
      price: 1.1001,
      comment: "c",
      magic: 5,
      profit: 0,
    });
    expect(Math.abs(trade.openTime.getTime() - clock.wallMs())).toBeLessThan(2_000);
    expect(trade.openTimeBrokerMs - trade.openTime.getTime()).toBe(7_200_000);
  });

  test("of a market order takes the time of its position where that was heard first", async () => {
    const world = await connectedWorld();
    const { agent, fake, clock, settle } = world;
    fake.answers.push({ kind: "silence" });
    const trading = agent.trade.marketBuy("EURUSD", 0.1, { comment: "mine" });
    await clock.advance(50);
    const position = { ...fake.openPosition(), comment: "the broker's" };
    fake.publish({ type: "position", change: "modified", position });
    await clock.advance(3_000);
    executeBare(world, { position: position.ticket });
    expect(await settle(trading)).toMatchObject({
      openTimeBrokerMs: position.openBrokerMs,
      comment: "the broker's",
    });
  });

  test("of a close tells symbol, direction and magic number of the position from the history", async () => {
    const world = await connectedWorld();
    const { agent, fake, clock, settle } = world;
    const position = fake.openPosition("EURUSD", "sell", 0.1, false);
    fake.deals.splice(0, 1, ...fake.deals.map((deal) => ({ ...deal, magic: "77" })));
    fake.answers.push({ kind: "silence" });
    const closing = agent.trade.closePosition(position.ticket);
    await clock.advance(50);
    executeBare(world, { position: position.ticket });
    expect(await settle(closing)).toMatchObject({
      symbol: "EURUSD",
      type: "sell",
      magic: 77,
      openPrice: 1.1,
      openTimeBrokerMs: position.openBrokerMs,
    });
  });
});

test("a close that nobody can tell anything of is a success without a symbol, and not a failure", async () => {
  const world = await connectedWorld();
  const { agent, fake, clock, settle } = world;
  fake.refuseRequest = (op): string | undefined => (op === "history.deals" ? "NOT_SUPPORTED" : undefined);
  fake.answers.push({ kind: "silence" });
  const closing = agent.trade.closePosition(55);
  await clock.advance(50);
  executeBare(world, { position: "55", volume: 0.1 });
  const closed = await settle(closing);
  expect(closed).toMatchObject({ ticket: 55, symbol: "", magic: 0, volume: 0.1, retcodeName: "DONE" });
  expect(closed.openPrice).toBeNaN();
});

test("a pending order that the ledger has not shown yet tells what was sent", async () => {
  const world = await connectedWorld();
  const { agent, fake, clock, settle } = world;
  fake.answers.push({ kind: "silence" });
  const placing = agent.trade.sellStop("EURUSD", 0.1, 1.08, { comment: "mine", timeoutMs: 5_000 });
  await clock.advance(50);
  executeBare(world, { retcode: 10008, order: "700", deal: "0", position: "0" });
  expect(await settle(placing)).toMatchObject({
    ticket: 700,
    comment: "mine",
    price: 1.08,
    type: "sellStop",
  });
});

describe("openingOf", () => {
  const deal = (record: Partial<DealRecord>): DealRecord => ({ ...fakeDeal("5", "1"), ...record });

  test("averages what opened the position, and passes over what closed a part of it", () => {
    const deals = [
      deal({ kind: "sell", volume: 1, price: 100, magic: "4" }),
      deal({ kind: "buy", entry: "out", volume: 1, price: 500 }),
      deal({ kind: "sell", volume: 3, price: 104 }),
    ];
    expect(openingOf(deals)).toMatchObject({ price: 103, side: "sell", magic: "4", symbol: "EURUSD" });
    expect(openingOf(deals.slice(1, 2))).toBeUndefined();
  });

  test("of a deal without a volume is its price, and not no number", () => {
    expect(openingOf([deal({ volume: 0, price: 1.5 })])?.price).toBe(1.5);
  });
});
