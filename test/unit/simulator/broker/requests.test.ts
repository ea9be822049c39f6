import { describe, expect, test } from "vitest";
import type { TradeRequest } from "../../../../src/domain/terminal.ts";
import { SimulatedTerminal, symbolSpec } from "../../../../src/simulator/broker/mod.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";
import { openDesk, WEDNESDAY } from "./desk.ts";

describe("SimulatedTerminal answers a request that lacks something by the code that names it", () => {
  test.each([
    ["an action that there is not", 10013, { action: "hedge" as "deal" }],
    [
      "a pending order without symbol",
      10013,
      { action: "pending", kind: "buyLimit", price: 1.09, volume: 1 },
    ],
    ["a pending order without kind", 10013, { action: "pending", symbol: "EURUSD", price: 1.09, volume: 1 }],
    [
      "a pending order without volume",
      10014,
      { action: "pending", symbol: "EURUSD", kind: "buyLimit", price: 1.09 },
    ],
    [
      "a pending order without price",
      10015,
      { action: "pending", symbol: "EURUSD", kind: "buyLimit", volume: 1 },
    ],
    [
      "a stop-limit order without its limit",
      10015,
      { action: "pending", symbol: "EURUSD", kind: "buyStopLimit", volume: 1, price: 1.12 },
    ],
    ["stops of no position", 10013, { action: "sltp", stopLoss: 1 }],
    [
      "stops of no position, but a symbol, on a hedging account",
      10013,
      { action: "sltp", symbol: "EURUSD", stopLoss: 1 },
    ],
    ["a change of no order", 10013, { action: "modify", price: 1.09 }],
    ["a removal of no order", 10013, { action: "remove" }],
    ["a close by of nothing", 10013, { action: "closeBy" }],
    ["a close by of one", 10013, { action: "closeBy", position: "1" }],
  ] as [string, number, TradeRequest][])("%s: %i", async (_, retcode, request) => {
    const { terminal, send } = openDesk();
    expect(terminal.orderCheck(request)).toMatchObject({ retcode });
    expect(await send(request)).toMatchObject({ retcode, order: "0", deal: "0" });
    expect(terminal.orders()).toEqual([]);
  });

  test("stops under another symbol's name are invalid; none at all are taken off one by one", async () => {
    const { terminal, send, open } = openDesk();
    const position = await open("buy", 0.1, { stopLoss: 1.09, takeProfit: 1.12 });
    expect(await send({ action: "sltp", symbol: "GBPUSD", position, stopLoss: 1 })).toMatchObject({
      retcode: 10013,
    });
    expect(await send({ action: "sltp", position, takeProfit: 1.12 })).toMatchObject({ retcode: 10009 });
    expect(terminal.positions()).toMatchObject([{ stopLoss: 0, takeProfit: 1.12 }]);
    expect(terminal.orderCheck({ action: "sltp", position })).toMatchObject({ retcode: 0, margin: 110.02 });
  });

  test("a stop-limit order is changed with its limit; without a price, or with an expiration that is over, it is not", async () => {
    const { terminal, send, clock } = openDesk();
    const { order } = await send({
      action: "pending",
      symbol: "EURUSD",
      kind: "sellStopLimit",
      volume: 0.1,
      price: 1.09,
      priceStopLimit: 1.095,
    });
    const change = { action: "modify", order, price: 1.08 } as const;
    expect(await send(change)).toMatchObject({ retcode: 10015 });
    expect(await send({ action: "modify", order, priceStopLimit: 1.09 })).toMatchObject({ retcode: 10015 });
    const over = { timeInForce: "specified", expirationBrokerMs: terminal.brokerMs() } as const;
    expect(await send({ ...change, priceStopLimit: 1.085, ...over })).toMatchObject({ retcode: 10022 });
    expect(terminal.orderCheck({ ...change, priceStopLimit: 1.085 })).toMatchObject({ retcode: 0 });
    const later = { timeInForce: "specified", expirationBrokerMs: terminal.brokerMs() + 5_000 } as const;
    expect(await send({ ...change, priceStopLimit: 1.085, stopLoss: 1.095, ...later })).toMatchObject({
      retcode: 10009,
    });
    expect(terminal.orders()).toMatchObject([{ price: 1.08, priceStopLimit: 1.085, stopLoss: 1.095 }]);
    await clock.advance(5_000);
    expect(terminal.orders()).toEqual([]);
  });

  test("a trade from elsewhere is refused while the broker does not let the account trade: 10017", () => {
    const { terminal } = openDesk();
    terminal.server.changeAccount({ tradeAllowed: false });
    const request = { action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1 } as const;
    expect(terminal.server.execute(request, "mobile")).toMatchObject({ retcode: 10017 });
  });

  test("long-only and short-only symbols are traded on their side", async () => {
    for (const [tradeMode, kind] of [
      ["longOnly", "buy"],
      ["shortOnly", "sell"],
    ] as const) {
      const { open } = openDesk({}, { tradeMode });
      expect(await open(kind, 0.1)).toBe("1000001");
    }
  });

  test("the volume limit counts positions and orders of one direction, not of the other", async () => {
    const { send, open } = openDesk({ account: { balance: 100_000 } }, { volumeLimit: 2 });
    await open("sell", 1.5);
    await send({ action: "pending", symbol: "EURUSD", kind: "sellLimit", volume: 0.5, price: 1.12 });
    await open("buy", 1.5);
    const limit = { action: "pending", symbol: "EURUSD", kind: "buyLimit", price: 1.09 } as const;
    expect(await send({ ...limit, volume: 0.6 })).toMatchObject({ retcode: 10034 });
    expect(await send({ ...limit, volume: 0.5 })).toMatchObject({ retcode: 10009 });
    expect(await send({ action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1 })).toMatchObject({
      retcode: 10034,
    });
  });
});

describe("SimulatedTerminal checks", () => {
  test("a check of a close tells the margin that it frees, or that it takes where a hedge falls away", async () => {
    const { terminal, open } = openDesk({}, { marginHedged: 0 });
    const long = await open("buy", 1);
    expect(terminal.account().margin).toBe(1100.2);
    const close = { action: "deal", symbol: "EURUSD", kind: "sell", position: long } as const;
    expect(terminal.orderCheck({ ...close, volume: 0.4 })).toMatchObject({ retcode: 0, margin: 660.12 });
    expect(terminal.orderCheck({ ...close, volume: 1 })).toMatchObject({
      retcode: 0,
      margin: 0,
      marginLevel: 0,
    });
    await open("sell", 1);
    expect(terminal.account().margin).toBe(0);
    expect(terminal.orderCheck({ ...close, volume: 1 })).toMatchObject({ retcode: 0, margin: 1100 });
  });

  test("where no quotes convert margin or profit, calculations are undefined and orders refused with 10021", () => {
    const clock = new VirtualClock({ wallStartMs: WEDNESDAY });
    const marginRates = { buyLimit: { initial: 1 } };
    const terminal = new SimulatedTerminal({
      clock,
      symbols: [symbolSpec("USDJPY", { marginRates })],
      account: { currency: "EUR" },
    });
    terminal.quote("USDJPY", 145, 145.02);
    expect(terminal.calcMargin("buy", "USDJPY", 1, 145)).toBeUndefined();
    expect(terminal.calcProfit("buy", "USDJPY", 1, 145, 146)).toBeUndefined();
    expect(terminal.calcProfit("buy", "USDJPY", 1, 145, 145)).toBe(0);
    const order = { action: "pending", symbol: "USDJPY", kind: "buyLimit", volume: 1, price: 140 } as const;
    expect(terminal.orderCheck(order)).toMatchObject({
      retcode: 10021,
      comment: "No quotes to convert into EUR",
    });
  });

  test("a change that makes an order reserve more than there is is refused with 10019", async () => {
    const stock = {
      calcMode: "cfd",
      contractSize: 1,
      digits: 2,
      marginRates: { sellLimit: { initial: 1 } },
    } as const;
    const { terminal, send } = openDesk({
      symbols: [symbolSpec("US500", stock)],
      account: { balance: 10_000 },
    });
    terminal.quote("US500", 4_000, 4_001);
    const { order } = await send({
      action: "pending",
      symbol: "US500",
      kind: "sellLimit",
      volume: 2,
      price: 4_900,
    });
    expect(terminal.account().margin).toBe(9_800);
    const change = { action: "modify", order, price: 5_001 } as const;
    expect(terminal.orderCheck(change)).toMatchObject({ retcode: 10019 });
    expect(await send(change)).toMatchObject({ retcode: 10019 });
    expect(terminal.orders()).toMatchObject([{ price: 4_900 }]);
    expect(await send({ ...change, price: 5_000 })).toMatchObject({ retcode: 10009 });
    expect(terminal.account().margin).toBe(10_000);
  });

  test("a futures symbol shows the value of its tick, in the account's currency", () => {
    const spec = symbolSpec("FDAX", {
      calcMode: "futures",
      digits: 1,
      tickSize: 0.5,
      tickValue: 12.5,
      marginInitial: 20_000,
      marginRate: 0.5,
      currencyProfit: "EUR",
      currencyMargin: "EUR",
    });
    const { terminal } = openDesk({ symbols: [spec, symbolSpec("EURUSD")] });
    expect(terminal.symbol("FDAX")?.tickValue).toBeCloseTo(13.75, 10);
    expect(terminal.symbol("FDAX")).toMatchObject({ marginPerLot: 11_002, marginInitial: 20_000 });
  });
});

describe("TradeServer", () => {
  test("a tick of a foreign symbol is not its own, and cash that is no number is a mistake", () => {
    const { terminal } = openDesk();
    const tick = { symbol: "NOPE", utcMs: 0, bid: 1, ask: 1, last: 0, volume: 0, flags: 0 };
    expect(terminal.server.onTick(tick)).toBe(false);
    expect(() => terminal.server.cash(Number.NaN)).toThrow("Cannot book cash: the amount is NaN");
    expect(terminal.historyDeals("0")).toHaveLength(1);
  });

  test("a commission in a currency that nothing converts stops the order before it changes anything", () => {
    const execution = {
      commission: (_: unknown, __: unknown, ___: unknown, convert: (n: number, c: string) => number) =>
        convert(-1, "XXX"),
    };
    const { terminal } = openDesk({ execution });
    const request = { action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1 } as const;
    expect(() => terminal.server.execute(request)).toThrow("Cannot convert a commission from XXX into USD");
    expect([terminal.positions(), terminal.orders()]).toEqual([[], []]);
  });

  test("of two orders that expire only the one whose time has come does", async () => {
    const { terminal, send, clock } = openDesk();
    const order = {
      action: "pending",
      symbol: "EURUSD",
      kind: "buyLimit",
      volume: 0.1,
      price: 1.09,
    } as const;
    const at = (ms: number): Partial<TradeRequest> => ({
      timeInForce: "specified",
      expirationBrokerMs: terminal.brokerMs() + ms,
    });
    await send({ ...order, ...at(10_000) });
    await send({ ...order, ...at(5_000) });
    await send(order);
    await clock.advance(5_000);
    expect(terminal.orders().map(({ ticket }) => ticket)).toEqual(["1000001", "1000003"]);
    await clock.advance(5_000);
    expect(terminal.orders().map(({ ticket }) => ticket)).toEqual(["1000003"]);
  });

  test("an order that is reached while nothing is on offer stays as it is, and fills when something is", async () => {
    let lots = 0;
    const { terminal, send, transactions, clock } = openDesk({ execution: { liquidityLots: () => lots } });
    await send({ action: "pending", symbol: "EURUSD", kind: "buyLimit", volume: 0.5, price: 1.09 });
    transactions.length = 0;
    terminal.quote("EURUSD", 1.089, 1.0899);
    await clock.advance(0);
    expect([terminal.orders()[0]?.state, transactions.length]).toEqual(["placed", 0]);
    lots = 1;
    terminal.quote("EURUSD", 1.0888, 1.0897);
    expect(terminal.positions()).toMatchObject([{ volume: 0.5, priceOpen: 1.0897 }]);
  });
});

describe("SimulatedTerminal without its broker", () => {
  test("orders and their history stand still while the connection is broken, however often that is said", async () => {
    const { terminal, send } = openDesk();
    const order = {
      action: "pending",
      symbol: "EURUSD",
      kind: "buyLimit",
      volume: 0.1,
      price: 1.09,
    } as const;
    await send(order);
    terminal.setConnected(false);
    terminal.server.execute(order);
    terminal.setConnected(false);
    terminal.server.execute({ action: "remove", order: "1000001" });
    expect(terminal.orders()).toMatchObject([{ ticket: "1000001" }]);
    expect(terminal.historyOrders("0")).toEqual([]);
    terminal.setConnected(true);
    expect(terminal.orders()).toMatchObject([{ ticket: "1000002" }]);
    expect(terminal.historyOrders("0")).toMatchObject([{ ticket: "1000001", state: "cancelled" }]);
  });

  test("nothing is known of a symbol that there is not", () => {
    const { terminal } = openDesk();
    expect(terminal.copyTicks("NOPE", 0, 10)).toEqual([]);
    expect(terminal.copyTicksRange("NOPE", 0, 10)).toEqual([]);
    expect(terminal.copyRates("NOPE", "M1", { count: 3 })).toEqual([]);
    expect(terminal.calcMargin("buy", "NOPE", 1, 1)).toBeUndefined();
  });

  test("a book needs a quote", () => {
    const terminal = new SimulatedTerminal({ clock: new VirtualClock({ wallStartMs: WEDNESDAY }) });
    expect(terminal.addBook("EURUSD")).toBe(true);
    expect(terminal.marketBook("EURUSD")).toEqual([]);
  });

  test("an expert that is busy by the time its transactions are due hears them later", async () => {
    const { terminal, clock, transactions } = openDesk();
    terminal.server.execute({ action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1 });
    terminal.setBusy(true);
    await clock.advance(10);
    expect(transactions).toEqual([]);
    terminal.setBusy(false);
    await clock.advance(0);
    expect(transactions.map(({ type }) => type)).toEqual([
      "orderAdd",
      "dealAdd",
      "orderDelete",
      "historyAdd",
    ]);
  });

  test("a return code that no server has is answered without a comment", async () => {
    const { terminal, send } = openDesk();
    terminal.setHooks({ before: () => ({ retcode: 10_099 }) });
    expect(await send({ action: "remove", order: "1" })).toMatchObject({ retcode: 10_099, comment: "" });
  });
});
