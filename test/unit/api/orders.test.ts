import { describe, expect, test } from "vitest";
import {
  LimitExceededError,
  OrderType,
  PartialFailureError,
  RateLimitError,
  type TradeEvent,
} from "../../../src/connector/mod.ts";
import { connectedWorld } from "../../kit/connector-world.ts";
import { symbolRecord } from "../../kit/fake-agent.ts";

const everyLife = { timeInForce: ["gtc", "day", "specified", "specifiedDay"] as const };

describe("pending orders", () => {
  test("pendingOrder sends what was asked, on the symbol's grid, and the mirror and the events show it", async () => {
    const { agent, fake, settle } = await connectedWorld();
    fake.symbols.set("EURUSD", symbolRecord("EURUSD", everyLife));
    const events: TradeEvent[] = [];
    agent.on("trade", (event) => events.push(event));
    const order = await settle(
      agent.trade.pendingOrder({
        symbol: "EURUSD",
        type: OrderType.BUY_LIMIT,
        volume: 0.1,
        price: 1.080_001,
        stopLoss: 1.07,
        takeProfit: 1.1,
        expiration: new Date("2024-01-11T12:00:00.900Z"),
        comment: "grid",
        magic: 7,
        filling: "return",
        tag: "none",
      }),
    );
    expect(fake.executed).toEqual([
      {
        kind: "pending",
        symbol: "EURUSD",
        orderKind: "buyLimit",
        volume: 0.1,
        price: 1.08,
        priceStopLimit: 0,
        stopLoss: 1.07,
        takeProfit: 1.1,
        timeInForce: "specified",
        expirationBrokerMs: Date.UTC(2024, 0, 11, 14, 0, 0),
        magic: "7",
        comment: "grid",
        filling: "return",
        tag: "none",
      },
    ]);
    expect(order).toMatchObject({
      type: "buyLimit",
      price: 1.08,
      volume: 0.1,
      timeInForce: "specified",
      expiration: new Date("2024-01-11T12:00:00.000Z"),
      retcodeName: "PLACED",
      magic: 7,
    });
    expect(agent.mirror.orders.map((one) => one.ticketText)).toEqual([order.ticketText]);
    expect(events.map((event) => [event.type, event.ticketText])).toEqual([
      ["orderPlaced", order.ticketText],
    ]);
    expect((await settle(agent.orders.getAll())).map((one) => one.type)).toEqual(["buyLimit"]);
    expect(await settle(agent.orders.get(order.ticket))).toMatchObject({ price: 1.08 });
  });

  test.each([
    ["buyLimit", 1.08],
    ["sellLimit", 1.12],
    ["buyStop", 1.12],
    ["sellStop", 1.08],
  ] as const)("%s places an order of its type", async (kind, price) => {
    const { agent, fake, settle } = await connectedWorld();
    const order = await settle(agent.trade[kind]("EURUSD", 0.1, price, { comment: "x" }));
    expect(order).toMatchObject({ type: kind, price, comment: "x", timeInForce: "gtc" });
    expect(fake.executed).toMatchObject([{ kind: "pending", orderKind: kind, price, expirationBrokerMs: 0 }]);
  });

  test.each([
    ["buyStopLimit", 1.12, 1.11],
    ["sellStopLimit", 1.08, 1.09],
  ] as const)("%s carries both prices", async (kind, price, limit) => {
    const { agent, fake, settle } = await connectedWorld();
    const order = await settle(agent.trade[kind]("EURUSD", 0.1, price, limit));
    expect(order).toMatchObject({ type: kind, price, stopLimitPrice: limit });
    expect(fake.executed).toMatchObject([{ orderKind: kind, price, priceStopLimit: limit }]);
  });

  test.each([
    [{ type: "buy" as never }, "type buy is not a pending order's"],
    [{ symbol: "" }, "no symbol is given"],
    [{ price: 0 }, "price is not given"],
    [{ price: -1 }, "price -1 is not a price"],
    [{ stopLimitPrice: 1.1 }, "stopLimitPrice does not belong to a buyLimit order"],
    [{ type: "buyStopLimit" as const }, "stopLimitPrice is not given"],
    [{ stopLoss: 1.09 }, "stopLoss 1.09 is not below its price 1.08"],
    [{ takeProfit: 1.07 }, "takeProfit 1.07 is not above its price 1.08"],
    [{ type: "sellLimit" as const, takeProfit: 1.09 }, "takeProfit 1.09 is not below its price 1.08"],
    [{ type: "sellLimit" as const, stopLoss: 1.07 }, "stopLoss 1.07 is not above its price 1.08"],
    [{ timeInForce: "specified" as const }, "timeInForce specified needs an expiration"],
    [{ timeInForce: "day" as const, expiration: new Date() }, "timeInForce day takes no expiration"],
    [{ timeInForce: "never" as never }, "timeInForce never does not exist"],
    [{ timeInForce: "day" as const }, "EURUSD does not take timeInForce day"],
    [{ expiration: new Date(Number.NaN) }, "expiration is no date"],
    [{ timeoutMs: 60_001 }, "timeoutMs 60001 is not from 1 to 60000"],
    [{ expiration: new Date(0) }, "its expiration has passed"],
  ])("pendingOrder refuses %o before anything is sent", async (change, message) => {
    const { agent, fake, failure } = await connectedWorld();
    const params = { symbol: "EURUSD", type: "buyLimit", volume: 0.1, price: 1.08, ...change } as const;
    const error = await failure(agent.trade.pendingOrder(params));
    expect(error).toMatchObject({ name: "InvalidRequestError", message: expect.stringContaining(message) });
    expect(fake.commands).toEqual([]);
  });

  test("pendingOrder repeated under its own id after a lost connection is placed once", async () => {
    const { agent, fake, clock, settle } = await connectedWorld();
    const placing = agent.trade.buyLimit("EURUSD", 0.1, 1.08, { id: "mine" });
    await clock.advance(1.5);
    fake.cut();
    const order = await settle(placing);
    const again = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08, { id: "mine" }));
    expect(again.ticketText).toBe(order.ticketText);
    expect(fake.orders.size).toBe(1);
  });
});

test("an expiration is judged by the terminal's clock, which a simulated market sets", async () => {
  const { agent, fake, settle, failure } = await connectedWorld();
  fake.symbols.set("EURUSD", symbolRecord("EURUSD", everyLife));
  // The terminal's day is 2024-01-10; this side's clock is a year ahead.
  fake.clock.wallMs = (): number => Date.UTC(2025, 0, 10);
  const later = { expiration: new Date("2024-01-11T00:00:00Z") };
  await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08, later));
  const before = { expiration: new Date("2024-01-09T00:00:00Z") };
  expect(await failure(agent.trade.buyLimit("EURUSD", 0.1, 1.08, before))).toMatchObject({
    message: expect.stringContaining("its expiration has passed"),
  });
});

describe("changes", () => {
  test("modifyOrder sends only what is to change", async () => {
    const { agent, fake, settle } = await connectedWorld();
    fake.symbols.set("EURUSD", symbolRecord("EURUSD", everyLife));
    const { ticket } = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08, { stopLoss: 1.07 }));
    const changes: string[] = [];
    agent.on("trade", (event) => changes.push(event.type));
    await settle(agent.trade.modifyOrder(ticket, { price: 1.081_004, stopLoss: null }));
    await settle(agent.trade.modifyOrder(ticket, { expiration: new Date("2024-01-11T00:00:00Z") }));
    await settle(agent.trade.modifyOrder(ticket, { timeInForce: "gtc" }));
    const order = String(ticket);
    expect(fake.executed.slice(1)).toEqual([
      { kind: "modifyOrder", order, price: 1.081, stopLoss: 0 },
      {
        kind: "modifyOrder",
        order,
        timeInForce: "specified",
        expirationBrokerMs: Date.UTC(2024, 0, 11, 2),
      },
      { kind: "modifyOrder", order, timeInForce: "gtc", expirationBrokerMs: 0 },
    ]);
    expect(changes).toEqual(["orderModified", "orderModified", "orderModified"]);
    expect(agent.mirror.orders[0]).toMatchObject({ price: 1.081, timeInForce: "gtc" });
  });

  test.each([
    [{}, "nothing is to change"],
    [{ price: 0 }, "price is not given"],
    [{ stopLimitPrice: 1.1 }, "stopLimitPrice does not belong to a buyLimit order"],
    [{ stopLoss: 1.2 }, "stopLoss 1.2 is not below its price 1.08"],
    [{ timeInForce: "gtc" as const, expiration: new Date(4e12) }, "timeInForce gtc takes no expiration"],
    [{ timeInForce: "specified" as const }, "timeInForce specified needs an expiration"],
  ])("modifyOrder refuses %o before anything is sent", async (change, message) => {
    const { agent, fake, settle, failure } = await connectedWorld();
    const { ticket } = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
    const error = await failure(agent.trade.modifyOrder(ticket, change));
    expect(error).toMatchObject({ name: "InvalidRequestError", message: expect.stringContaining(message) });
    expect(fake.commands.length).toBe(1);
  });

  test("modifyOrder changes the limit price of a stop-limit order", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const { ticket } = await settle(agent.trade.buyStopLimit("EURUSD", 0.1, 1.12, 1.11));
    await settle(agent.trade.modifyOrder(ticket, { stopLimitPrice: 1.105 }));
    expect(fake.executed.at(-1)).toEqual({
      kind: "modifyOrder",
      order: String(ticket),
      priceStopLimit: 1.105,
    });
  });

  test("an order or position that is not there is refused with its name", async () => {
    const { agent, failure } = await connectedWorld();
    expect(await failure(agent.trade.modifyOrder(5, { price: 1.1 }))).toMatchObject({
      code: "ORDER_NOT_FOUND",
    });
    expect(await failure(agent.trade.modifyPosition(5, { stopLoss: 1 }))).toMatchObject({
      code: "POSITION_NOT_FOUND",
    });
    expect(await failure(agent.orders.get(5))).toMatchObject({ code: "ORDER_NOT_FOUND" });
    expect(await failure(agent.trade.cancelOrder(5))).toMatchObject({
      name: "TradeRejectedError",
      retcodeName: "INVALID_ORDER",
      certain: true,
    });
  });

  test("what the mirror has not heard of yet is looked up at the terminal", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const position = fake.openPosition("EURUSD", "buy", 0.1, false);
    const { ticket } = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
    const order = fake.orders.get(String(ticket));
    if (order === undefined) throw new Error("no order");
    fake.orders.set("900", { ...order, ticket: "900" });
    await settle(agent.trade.modifyPosition(position.ticket, { stopLoss: 1.05 }));
    await settle(agent.trade.modifyOrder(900, { price: 1.079 }));
    expect(fake.positions.get(position.ticket)?.stopLoss).toBe(1.05);
    expect(fake.orders.get("900")?.price).toBe(1.079);
  });

  test("modifyPosition changes one stop and checks it against the other", async () => {
    const { agent, fake, settle, failure } = await connectedWorld();
    const trade = await settle(agent.trade.marketBuy("EURUSD", 0.1, { takeProfit: 1.12 }));
    await settle(agent.trade.modifyPosition(trade.ticket, { stopLoss: 1.090_004 }));
    expect(fake.executed.at(-1)).toEqual({
      kind: "modifyPosition",
      position: trade.ticketText,
      stopLoss: 1.09,
    });
    expect(agent.mirror.positions[0]).toMatchObject({ stopLoss: 1.09, takeProfit: 1.12 });
    expect(await failure(agent.trade.modifyPosition(trade.ticket, { stopLoss: 1.13 }))).toMatchObject({
      message: expect.stringContaining("stopLoss 1.13 is not below takeProfit 1.12"),
    });
    expect(await failure(agent.trade.modifyPosition(trade.ticket, {}))).toMatchObject({
      message: expect.stringContaining("nothing is to change"),
    });
    await settle(agent.trade.modifyPosition(trade.ticket, { takeProfit: null }));
    expect(agent.mirror.positions[0]?.takeProfit).toBeUndefined();
  });

  test("cancelOrder deletes an order, and the events tell", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const { ticket } = await settle(agent.trade.sellStop("EURUSD", 0.1, 1.08));
    const events: string[] = [];
    agent.on("trade", (event) => events.push(`${event.type} ${event.ticketText}`));
    await settle(agent.trade.cancelOrder(ticket));
    expect(events).toEqual([`orderCancelled ${ticket}`]);
    expect(fake.orders.size).toBe(0);
    expect(agent.mirror.orders).toEqual([]);
  });

  test("a modification whose outcome cannot be told is unknown, and never a failure", async () => {
    const { agent, fake, settle, failure } = await connectedWorld();
    const { ticket } = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
    fake.answers.push({ kind: "unknown", retcode: 10012 });
    expect(await failure(agent.trade.modifyOrder(ticket, { price: 1.07 }))).toMatchObject({
      name: "OutcomeUnknownError",
      retcodeName: "TIMEOUT",
    });
  });
});

describe("closing", () => {
  test("closeBy closes a position by an opposite one", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const buy = await settle(agent.trade.marketBuy("EURUSD", 0.3));
    const sell = await settle(agent.trade.marketSell("EURUSD", 0.1));
    const closed = await settle(agent.trade.closeBy(buy.ticket, sell.ticket));
    expect(fake.executed.at(-1)).toEqual({
      kind: "closeBy",
      position: buy.ticketText,
      positionBy: sell.ticketText,
    });
    expect(closed).toMatchObject({
      ticketText: buy.ticketText,
      volume: 0.1,
      partial: false,
      openPrice: buy.openPrice,
      type: "buy",
    });
    expect(agent.mirror.positions.map((one) => [one.ticketText, one.volume])).toEqual([
      [buy.ticketText, 0.2],
    ]);
  });

  test("closeBy refuses what cannot be before anything is sent", async () => {
    const { agent, fake, settle, failure } = await connectedWorld();
    fake.symbols.set("GBPUSD", symbolRecord("GBPUSD"));
    const first = await settle(agent.trade.marketBuy("EURUSD", 0.1));
    const second = await settle(agent.trade.marketBuy("EURUSD", 0.1));
    const other = await settle(agent.trade.marketSell("GBPUSD", 0.1));
    const sent = fake.commands.length;
    for (const [by, message] of [
      [first, "both are the same"],
      [second, "both are buy positions"],
      [other, "one is EURUSD, the other GBPUSD"],
    ] as const) {
      expect(await failure(agent.trade.closeBy(first.ticket, by.ticket))).toMatchObject({
        message: expect.stringContaining(message),
      });
    }
    expect(fake.commands.length).toBe(sent);
  });

  test("a close of a position that the mirror does not hold tells its opening price from the history", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const position = fake.openPosition("EURUSD", "sell", 0.2, false);
    const closed = await settle(agent.trade.closePosition(position.ticket));
    expect(closed).toMatchObject({ type: "sell", openPrice: position.priceOpen, symbol: "EURUSD" });
  });

  test("a close is a success also where the opening price cannot be told", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const position = fake.openPosition("EURUSD", "sell", 0.2, false);
    fake.refuseRequest = (op): string | undefined => (op === "history.deals" ? "NOT_SUPPORTED" : undefined);
    const closed = await settle(agent.trade.closePosition(position.ticket));
    expect(closed).toMatchObject({ openPrice: Number.NaN, type: "sell", retcodeName: "DONE" });
    const second = fake.openPosition("EURUSD", "buy", 0.2, false);
    fake.refuseRequest = (): undefined => undefined;
    fake.deals.length = 0;
    expect((await settle(agent.trade.closePosition(second.ticket))).openPrice).toBeNaN();
  });

  test("closeAllPositions closes those of a symbol, and passes over what was closed meanwhile", async () => {
    const { agent, fake, settle } = await connectedWorld();
    fake.symbols.set("GBPUSD", symbolRecord("GBPUSD"));
    const first = await settle(agent.trade.marketBuy("EURUSD", 0.1));
    await settle(agent.trade.marketBuy("GBPUSD", 0.1));
    const second = await settle(agent.trade.marketSell("EURUSD", 0.2));
    fake.answers.push({ kind: "reject", retcode: 10036 });
    const results = await settle(agent.trade.closeAllPositions("EURUSD"));
    expect(results.map((one) => one.ticketText)).toEqual([second.ticketText]);
    expect(first.ticketText).not.toBe(second.ticketText);
    expect(agent.mirror.positions.map((one) => one.symbol)).toContain("GBPUSD");
  });

  test("closeAllPositions tells what failed beside what was closed", async () => {
    const { agent, fake, settle, failure } = await connectedWorld();
    const first = await settle(agent.trade.marketBuy("EURUSD", 0.1));
    const second = await settle(agent.trade.marketBuy("EURUSD", 0.2));
    fake.answers.push({ kind: "reject", retcode: 10018 });
    const error = await failure(agent.trade.closeAllPositions());
    if (!(error instanceof PartialFailureError)) throw error;
    expect(error.failures).toMatchObject([
      { ticketText: first.ticketText, error: { retcodeName: "MARKET_CLOSED" } },
    ]);
    expect(error.results).toMatchObject([{ ticketText: second.ticketText }]);
    expect(error.message).toContain("Cannot close all positions: 1 of 2 failed");
  });

  test("cancelAllOrders deletes pending orders, and an order that was filled meanwhile is a failure", async () => {
    const { agent, fake, settle, failure } = await connectedWorld();
    fake.symbols.set("GBPUSD", symbolRecord("GBPUSD"));
    await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
    await settle(agent.trade.buyLimit("GBPUSD", 0.1, 1.08));
    await settle(agent.trade.cancelAllOrders("GBPUSD"));
    expect([...fake.orders.values()].map((order) => order.symbol)).toEqual(["EURUSD"]);
    fake.answers.push({ kind: "reject", retcode: 10035 });
    expect(await failure(agent.trade.cancelAllOrders())).toMatchObject({ code: "PARTIAL_FAILURE" });
    await settle(agent.trade.cancelAllOrders());
    expect(fake.orders.size).toBe(0);
  });

  test("while events are down, closeAllPositions and cancelAllOrders ask the terminal what there is", async () => {
    const { agent, fake, clock, settle } = await connectedWorld();
    await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
    fake.refuseConnection = (channel) =>
      channel === "events" ? { code: "unreachable", message: "refused" } : undefined;
    fake.cut("events");
    await clock.advance(100);
    const unheard = fake.openPosition("EURUSD", "buy", 0.1, false);
    const closed = await settle(agent.trade.closeAllPositions("EURUSD"));
    expect(closed.map((one) => one.ticketText)).toEqual([unheard.ticket]);
    await settle(agent.trade.cancelAllOrders());
    expect(fake.orders.size).toBe(0);
  });
});

test("batchOrders gives one result each, in order, whatever the others do", async () => {
  const { agent, fake, settle } = await connectedWorld();
  const open = await settle(agent.trade.marketBuy("EURUSD", 0.3));
  const hedge = await settle(agent.trade.marketSell("EURUSD", 0.1));
  const order = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
  const unwanted = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.07));
  const results = await settle(
    agent.trade.batchOrders([
      { symbol: "EURUSD", type: "buy", volume: 0.1 },
      { symbol: "EURUSD", type: "sellLimit", volume: 0.1, price: 1.12 },
      { symbol: "NOPE", type: "buy", volume: 0.1 },
      { kind: "modifyPosition", ticket: open.ticket, stopLoss: 1.05 },
      { kind: "modifyOrder", ticket: order.ticket, price: 1.079 },
      { kind: "closeBy", ticket: open.ticket, by: hedge.ticket },
      { kind: "close", ticket: open.ticket, volume: 0.1 },
      { kind: "cancel", ticket: unwanted.ticket },
      { symbol: "EURUSD", type: "buy", volume: 0.015 },
    ]),
  );
  expect(results.map((one) => [one.index, one.status])).toEqual([
    [0, "fulfilled"],
    [1, "fulfilled"],
    [2, "rejected"],
    [3, "fulfilled"],
    [4, "fulfilled"],
    [5, "fulfilled"],
    [6, "fulfilled"],
    [7, "fulfilled"],
    [8, "rejected"],
  ]);
  expect(results[2]).toMatchObject({ reason: { code: "UNKNOWN_SYMBOL" } });
  expect(results[8]).toMatchObject({ reason: { name: "InvalidRequestError" } });
  expect(results[1]).toMatchObject({ value: { type: "sellLimit" } });
  expect(fake.positions.get(open.ticketText)?.volume).toBe(0.1);
});

test("batchOrders takes an entry by its kind where one is given", async () => {
  const { agent, fake, settle } = await connectedWorld();
  const results = await settle(
    agent.trade.batchOrders([
      { kind: "market", symbol: "EURUSD", type: "buy", volume: 0.1 },
      { kind: "pending", symbol: "EURUSD", type: "buyLimit", volume: 0.1, price: 1.08 },
      { kind: "pending", symbol: "EURUSD", type: "buy" as never, volume: 0.1, price: 1.08 },
    ]),
  );
  expect(fake.executed.map(({ kind }) => kind)).toEqual(["market", "pending"]);
  expect(results).toMatchObject([
    { status: "fulfilled" },
    { status: "fulfilled" },
    { status: "rejected", reason: { message: expect.stringContaining("is not a pending order's") } },
  ]);
});

test("batchOrders sends its commands in the batch's order, whatever each has to look up first", async () => {
  const { agent, fake, settle } = await connectedWorld();
  const position = await settle(agent.trade.marketBuy("EURUSD", 0.3));
  const order = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
  const before = fake.executed.length;
  const results = await settle(
    agent.trade.batchOrders([
      { kind: "modifyOrder", ticket: order.ticket, price: 1.079 },
      { symbol: "EURUSD", type: "sellLimit", volume: 0.1, price: 1.12 },
      { kind: "modifyPosition", ticket: position.ticket, stopLoss: 1.05 },
      { kind: "cancel", ticket: order.ticket },
      { symbol: "EURUSD", type: "buy", volume: 0.1 },
      { kind: "close", ticket: position.ticket },
    ]),
  );
  expect(results.map((one) => one.status)).toEqual(Array(6).fill("fulfilled"));
  const kinds = ["modifyOrder", "pending", "modifyPosition", "cancel", "market", "close"];
  expect(fake.executed.slice(before).map((intent) => intent.kind)).toEqual(kinds);
});

test("batchOrders does not let a close wait for an entry that has to ask the agent first", async () => {
  const { agent, fake, settle } = await connectedWorld();
  const position = await settle(agent.trade.marketBuy("EURUSD", 0.3));
  const before = fake.executed.length;
  const [missing, closed] = await settle(
    agent.trade.batchOrders([
      { kind: "modifyOrder", ticket: 5, price: 1.079 },
      { kind: "close", ticket: position.ticket },
    ]),
  );
  expect(missing).toMatchObject({ status: "rejected", reason: { code: "ORDER_NOT_FOUND" } });
  expect(closed?.status).toBe("fulfilled");
  expect(fake.executed.slice(before).map((intent) => intent.kind)).toEqual(["close"]);
});

describe("limits", () => {
  test("pending orders count for maxPositions; closes, cancels and changes never do", async () => {
    const { agent, settle, failure } = await connectedWorld({ limits: { maxPositions: 2 } });
    const trade = await settle(agent.trade.marketBuy("EURUSD", 0.1));
    const order = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
    expect(await failure(agent.trade.sellLimit("EURUSD", 0.1, 1.12))).toBeInstanceOf(LimitExceededError);
    await settle(agent.trade.modifyOrder(order.ticket, { price: 1.07 }));
    await settle(agent.trade.modifyPosition(trade.ticket, { stopLoss: 1.05 }));
    await settle(agent.trade.cancelOrder(order.ticket));
    await settle(agent.trade.sellLimit("EURUSD", 0.1, 1.12));
    await settle(agent.trade.closePosition(trade.ticket));
  });

  test("maxVolume and maxOrdersPerSecond hold for pending orders, and never for closes and cancels", async () => {
    const { agent, settle, failure } = await connectedWorld({
      limits: { maxVolume: 1, maxOrdersPerSecond: 2 },
    });
    expect(await failure(agent.trade.buyLimit("EURUSD", 1.1, 1.08))).toMatchObject({ code: "MAX_VOLUME" });
    const order = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
    const trade = await settle(agent.trade.marketBuy("EURUSD", 0.1));
    expect(await failure(agent.trade.buyLimit("EURUSD", 0.1, 1.08))).toBeInstanceOf(RateLimitError);
    await settle(agent.trade.cancelOrder(order.ticket));
    await settle(agent.trade.closePosition(trade.ticket));
  });
});

describe("the builder", () => {
  test("a market order step by step is the same as at once", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const signal = new AbortController().signal;
    const trade = await settle(
      agent.trade
        .order("EURUSD")
        .buy(0.1)
        .stopLoss(1.09)
        .takeProfit(1.12)
        .comment("built")
        .magic(5)
        .deviation(3)
        .filling("ioc")
        .tag("none")
        .id("built-1")
        .timeout(5_000)
        .signal(signal)
        .expiration(new Date("2024-01-10T09:00:00Z"))
        .send(),
    );
    expect(trade).toMatchObject({ id: "built-1", stopLoss: 1.09, takeProfit: 1.12, magic: 5 });
    expect(fake.executed[0]).toMatchObject({ deviation: 3, filling: "ioc", tag: "none", comment: "built" });
  });

  test("limit, stop and stopLimit make pending orders of both directions", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const from = agent.trade.order("EURUSD");
    await settle(from.buy(0.1).deviation(5).limit(1.08).timeInForce("gtc").send());
    await settle(from.sell(0.1).limit(1.12).send());
    await settle(from.buy(0.1).stop(1.12).send());
    await settle(from.sell(0.1).stop(1.08).send());
    await settle(from.buy(0.1).stopLimit(1.12, 1.11).comment("last").send());
    await settle(from.sell(0.1).stopLimit(1.08, 1.09).send());
    expect(fake.executed.map((intent) => "orderKind" in intent && intent.orderKind)).toEqual([
      "buyLimit",
      "sellLimit",
      "buyStop",
      "sellStop",
      "buyStopLimit",
      "sellStopLimit",
    ]);
  });

  test("a builder is sent once, and steps make new ones", async () => {
    const { agent, fake, settle, failure } = await connectedWorld();
    const order = agent.trade.order("EURUSD").buy(0.1);
    await settle(order.send());
    expect(await failure(order.send())).toMatchObject({
      message: expect.stringContaining("was sent already"),
    });
    const limit = order.limit(1.08);
    await settle(limit.send());
    expect(await failure(limit.send())).toMatchObject({ name: "InvalidRequestError" });
    expect(fake.executed.length).toBe(2);
  });

  test("check asks the terminal's verdict of what would be sent", async () => {
    const { agent, fake, settle } = await connectedWorld();
    fake.market.check = { ...fake.market.check, retcode: 10019, comment: "No money" };
    expect(await settle(agent.trade.order("EURUSD").buy(40).check())).toMatchObject({
      accepted: false,
      retcodeName: "NO_MONEY",
      freeMargin: 9_900,
    });
    fake.market.check = { ...fake.market.check, retcode: 0, comment: "Done" };
    expect(await settle(agent.trade.order("EURUSD").sell(0.1).limit(1.2).check())).toMatchObject({
      accepted: true,
      retcodeName: "OK",
    });
    const asked = fake.requests.filter((request) => request.op === "order.check");
    const intents = asked.map((request) => JSON.parse(String(request.args?.["intent"])) as { kind: string });
    expect(intents.map((intent) => intent.kind)).toEqual(["market", "pending"]);
    expect(fake.executed).toEqual([]);
  });
});

describe("calculations", () => {
  test("calcMargin takes the price of its side, or the one that is given", async () => {
    const { agent, fake, settle, failure } = await connectedWorld();
    fake.tick("EURUSD", 1.1);
    const base = { symbol: "EURUSD", volume: 0.1 } as const;
    expect(await settle(agent.trade.calcMargin({ ...base, type: "buy" }))).toBeCloseTo(110.01, 6);
    expect(await settle(agent.trade.calcMargin({ ...base, type: "sell" }))).toBeCloseTo(110, 6);
    expect(await settle(agent.trade.calcMargin({ ...base, type: "sell", price: 2 }))).toBeCloseTo(200, 6);
    expect(await failure(agent.trade.calcMargin({ ...base, type: "hold" as never }))).toMatchObject({
      message: expect.stringContaining("type hold is no direction"),
    });
  });

  test("calcProfit asks between two prices", async () => {
    const { agent, settle, failure } = await connectedWorld();
    const params = { symbol: "EURUSD", type: "sell", volume: 0.1, openPrice: 1.1, closePrice: 1.09 } as const;
    expect(await settle(agent.trade.calcProfit(params))).toBeCloseTo(100, 6);
    expect(await failure(agent.trade.calcProfit({ ...params, openPrice: 0 }))).toMatchObject({
      message: expect.stringContaining("openPrice is not given"),
    });
  });
});

describe("modifyOrder", () => {
  test("holds a sell order's stops against its own sides", async () => {
    const { agent, fake, settle, failure } = await connectedWorld();
    const { ticket } = await settle(agent.trade.sellLimit("EURUSD", 0.1, 1.12));
    expect(await failure(agent.trade.modifyOrder(ticket, { takeProfit: 1.13 }))).toMatchObject({
      message: expect.stringContaining("takeProfit 1.13 is not below its price 1.12"),
    });
    await settle(agent.trade.modifyOrder(ticket, { stopLoss: 1.13, takeProfit: 1.1 }));
    expect(fake.executed.slice(1)).toEqual([
      { kind: "modifyOrder", order: String(ticket), stopLoss: 1.13, takeProfit: 1.1 },
    ]);
  });

  test("holds a stop-limit order's stops against the price at which it will be executed", async () => {
    const { agent, fake, settle, failure } = await connectedWorld();
    const { ticket } = await settle(agent.trade.buyStopLimit("EURUSD", 0.1, 1.12, 1.11));
    expect(await failure(agent.trade.modifyOrder(ticket, { stopLoss: 1.115 }))).toMatchObject({
      message: expect.stringContaining("stopLoss 1.115 is not below its price 1.11"),
    });
    await settle(agent.trade.modifyOrder(ticket, { stopLoss: 1.115, stopLimitPrice: 1.118 }));
    expect(fake.executed.at(-1)).toMatchObject({ priceStopLimit: 1.118, stopLoss: 1.115 });
  });
});

test("modifyPosition changes a take profit alone, and takes both stops away", async () => {
  const { agent, fake, settle } = await connectedWorld();
  const { ticket, ticketText } = await settle(agent.trade.marketBuy("EURUSD", 0.1, { stopLoss: 1.05 }));
  await settle(agent.trade.modifyPosition(ticket, { takeProfit: 1.2 }));
  await settle(agent.trade.modifyPosition(ticket, { stopLoss: null, takeProfit: 0 }));
  expect(fake.executed.slice(1)).toEqual([
    { kind: "modifyPosition", position: ticketText, takeProfit: 1.2 },
    { kind: "modifyPosition", position: ticketText, stopLoss: 0, takeProfit: 0 },
  ]);
});

test("a pending order that its caller aborts while it cannot be sent is certainly not placed", async () => {
  const { agent, fake, clock, settle, failure } = await connectedWorld();
  await settle(agent.marketData.getSymbolInfo("EURUSD"));
  fake.refuseConnection = () => ({ code: "unreachable", message: "gone" });
  fake.cut();
  await clock.advance(1);
  const aborting = new AbortController();
  const waiting = failure(agent.trade.buyLimit("EURUSD", 0.1, 1.08, { signal: aborting.signal }));
  aborting.abort();
  expect(await waiting).toMatchObject({ code: "NOT_EXECUTED", certain: true });
  expect(fake.commands).toEqual([]);
});

test("orders.getAll reads those of one symbol", async () => {
  const { agent, fake, settle } = await connectedWorld();
  fake.symbols.set("GBPUSD", symbolRecord("GBPUSD"));
  await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08));
  const { ticketText } = await settle(agent.trade.buyLimit("GBPUSD", 0.1, 1.08));
  const found = await settle(agent.orders.getAll({ symbol: "GBPUSD" }));
  expect(found.map((order) => order.ticketText)).toEqual([ticketText]);
  expect(await settle(agent.orders.getAll())).toHaveLength(2);
});
