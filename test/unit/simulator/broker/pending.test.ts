import { describe, expect, test } from "vitest";
import type { TradeRequest } from "../../../../src/domain/terminal.ts";
import { openDesk, WEDNESDAY } from "./desk.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BROKER_NOW = WEDNESDAY + 2 * HOUR;

const pending = (
  kind: TradeRequest["kind"],
  price: number,
  more: Partial<TradeRequest> = {},
): TradeRequest => ({
  action: "pending",
  symbol: "EURUSD",
  volume: 0.1,
  price,
  ...(kind === undefined ? {} : { kind }),
  ...more,
});

describe("SimulatedTerminal pending orders", () => {
  // EURUSD stands at 1.10000 / 1.10020.
  test.each([
    ["buyLimit", 1.099, [1.09895, 1.09905], [1.0988, 1.09899], 1.09899],
    ["sellLimit", 1.101, [1.10095, 1.10115], [1.10103, 1.10123], 1.10103],
    ["buyStop", 1.101, [1.10075, 1.10095], [1.10085, 1.10105], 1.10105],
    ["sellStop", 1.099, [1.09905, 1.09925], [1.09897, 1.09917], 1.09897],
  ] as const)(
    "a %s waits until its price is reached, then fills at the market",
    async (kind, price, before, at, filled) => {
      const { terminal, send, transactions, clock } = openDesk();
      const result = await send(pending(kind, price, { stopLoss: 0, comment: "wait", magic: "5" }));
      expect(result).toMatchObject({ retcode: 10009, order: "1000001", deal: "0" });
      expect(terminal.orders()).toMatchObject([
        { ticket: "1000001", kind, state: "placed", price, volumeCurrent: 0.1, doneBrokerMs: 0, magic: "5" },
      ]);
      terminal.quote("EURUSD", before[0], before[1]);
      expect(terminal.positions()).toEqual([]);
      transactions.length = 0;
      terminal.quote("EURUSD", at[0], at[1]);
      expect(terminal.orders()).toEqual([]);
      expect(terminal.positions()).toMatchObject([
        {
          ticket: "1000001",
          side: kind.startsWith("buy") ? "buy" : "sell",
          priceOpen: filled,
          magic: "5",
          comment: "wait",
        },
      ]);
      expect(terminal.historyOrders("0")).toMatchObject([
        { ticket: "1000001", kind, state: "filled", price },
      ]);
      await clock.advance(0);
      expect(transactions.map((t) => t.type)).toEqual(["dealAdd", "orderDelete", "historyAdd"]);
    },
  );

  test.each([
    ["buyStopLimit", 1.101, 1.1, [1.1009, 1.1011], [1.0998, 1.1]],
    ["sellStopLimit", 1.099, 1.1, [1.0989, 1.0991], [1.1, 1.1002]],
  ] as const)(
    "a %s becomes a limit order at its price, which fills at the limit",
    async (kind, price, priceStopLimit, reach, fill) => {
      const { terminal, send } = openDesk();
      expect(await send(pending(kind, price, { priceStopLimit }))).toMatchObject({ retcode: 10009 });
      terminal.quote("EURUSD", reach[0], reach[1]);
      expect(terminal.orders()).toMatchObject([
        {
          kind: kind === "buyStopLimit" ? "buyLimit" : "sellLimit",
          price: priceStopLimit,
          priceStopLimit: 0,
        },
      ]);
      terminal.quote("EURUSD", fill[0], fill[1]);
      expect(terminal.positions()).toMatchObject([{ priceOpen: priceStopLimit }]);
    },
  );

  test.each([
    ["buyLimit", 1.1003, 0, 10015],
    ["buyStop", 1.1001, 0, 10015],
    ["sellLimit", 1.0999, 0, 10015],
    ["sellStop", 1.1001, 0, 10015],
    ["buyLimit", 1.099_001_5, 0, 10015],
    ["buyLimit", 0, 0, 10015],
    ["buyStopLimit", 1.101, 0, 10015],
    ["buyStopLimit", 1.101, 1.102, 10015],
    ["sellStopLimit", 1.099, 1.098, 10015],
    ["buy", 1.099, 0, 10035],
  ] as const)("a %s at %d with limit %d is refused with %i", async (kind, price, priceStopLimit, retcode) => {
    const { terminal, send } = openDesk();
    expect(await send(pending(kind, price, { priceStopLimit }))).toMatchObject({ retcode });
    expect(terminal.orders()).toEqual([]);
  });

  test("stops of a pending order are measured from its own price", async () => {
    const { send } = openDesk({}, { stopsLevel: 50 });
    const order = pending("buyLimit", 1.09, { stopLoss: 1.0895, takeProfit: 1.0905 });
    expect(await send(order)).toMatchObject({ retcode: 10009 });
    expect(await send({ ...order, stopLoss: 1.0896 })).toMatchObject({ retcode: 10016 });
    expect(await send({ ...order, stopLoss: 1.0895, takeProfit: 1.0904 })).toMatchObject({ retcode: 10016 });
  });

  test("modifying changes price, stops and expiration; nothing new is no change; a gone order is invalid", async () => {
    const { terminal, send, transactions } = openDesk();
    await send(pending("buyLimit", 1.09));
    transactions.length = 0;
    const change: TradeRequest = {
      action: "modify",
      order: "1000001",
      price: 1.095,
      stopLoss: 1.09,
      takeProfit: 1.12,
      timeInForce: "specified",
      expirationBrokerMs: BROKER_NOW + HOUR,
    };
    expect(await send(change)).toMatchObject({ retcode: 10009, order: "1000001" });
    expect(transactions.map((t) => t.type)).toEqual(["orderUpdate", "request"]);
    expect(terminal.orders()).toMatchObject([
      {
        price: 1.095,
        stopLoss: 1.09,
        takeProfit: 1.12,
        timeInForce: "specified",
        expirationBrokerMs: BROKER_NOW + HOUR,
      },
    ]);
    expect(await send(change)).toMatchObject({ retcode: 10025 });
    expect(await send({ ...change, price: 1.2 })).toMatchObject({ retcode: 10015 });
    expect(await send({ ...change, order: "42" })).toMatchObject({ retcode: 10013 });
  });

  test("removing moves the order to the history as cancelled; removing it again is invalid", async () => {
    const { terminal, send } = openDesk();
    await send(pending("buyLimit", 1.09));
    expect(await send({ action: "remove", order: "1000001" })).toMatchObject({ retcode: 10009 });
    expect(terminal.orders()).toEqual([]);
    expect(terminal.historyOrders("0")).toMatchObject([{ state: "cancelled", volumeCurrent: 0.1 }]);
    expect(await send({ action: "remove", order: "1000001" })).toMatchObject({ retcode: 10013 });
  });

  test("a frozen order can be neither changed nor removed: 10029", async () => {
    const { terminal, send } = openDesk({}, { freezeLevel: 10 });
    await send(pending("buyLimit", 1.09));
    terminal.quote("EURUSD", 1.0899, 1.0901);
    expect(await send({ action: "remove", order: "1000001" })).toMatchObject({ retcode: 10029 });
    expect(await send({ action: "modify", order: "1000001", price: 1.08 })).toMatchObject({ retcode: 10029 });
  });

  test.each([
    ["specified", BROKER_NOW + 90 * 60_000, BROKER_NOW + 90 * 60_000],
    ["day", 0, Math.floor(BROKER_NOW / DAY) * DAY + DAY],
    ["specifiedDay", BROKER_NOW + DAY, Math.floor(BROKER_NOW / DAY) * DAY + 2 * DAY],
  ] as const)(
    "an order good for %s expires at its broker time, not before",
    async (timeInForce, expirationBrokerMs, expires) => {
      const { terminal, send, clock, transactions } = openDesk();
      await send(pending("buyLimit", 1.09, { timeInForce, expirationBrokerMs }));
      expect(terminal.orders()).toMatchObject([{ expirationBrokerMs: expires }]);
      transactions.length = 0;
      await clock.advance(expires - terminal.brokerMs() - 1);
      expect(terminal.orders()).toHaveLength(1);
      await clock.advance(1);
      expect(terminal.orders()).toEqual([]);
      expect(terminal.historyOrders("0")).toMatchObject([{ state: "expired", doneBrokerMs: expires }]);
      expect(transactions.map((t) => t.type)).toEqual(["orderDelete", "historyAdd"]);
    },
  );

  test.each([
    ["specified", BROKER_NOW],
    ["specified", 0],
    ["specifiedDay", BROKER_NOW - 1],
  ] as const)(
    "an order good for %s until %d is refused with 10022",
    async (timeInForce, expirationBrokerMs) => {
      const { send } = openDesk();
      expect(await send(pending("buyLimit", 1.09, { timeInForce, expirationBrokerMs }))).toMatchObject({
        retcode: 10022,
      });
    },
  );

  test("an expiration that the symbol does not allow is refused with 10022", async () => {
    const { send } = openDesk({}, { timeInForce: ["gtc"] });
    expect(await send(pending("buyLimit", 1.09, { timeInForce: "day" }))).toMatchObject({ retcode: 10022 });
  });

  test("an order for which there is no money when its price is reached is cancelled, saying so", async () => {
    const { terminal, send } = openDesk();
    expect(await send(pending("buyLimit", 1.09, { volume: 10 }))).toMatchObject({ retcode: 10009 });
    terminal.quote("EURUSD", 1.0897, 1.0899);
    expect(terminal.positions()).toEqual([]);
    expect(terminal.historyOrders("0")).toMatchObject([{ state: "cancelled", comment: "No money" }]);
  });

  test("orders are not activated while the market is closed", async () => {
    const { terminal, send, clock } = openDesk();
    await send(pending("buyLimit", 1.09));
    await clock.advance(3 * DAY);
    terminal.quote("EURUSD", 1.08, 1.0802);
    expect(terminal.orders()).toHaveLength(1);
  });

  test("a history order of an older ticket that ends later takes its place by ticket", async () => {
    const { terminal, send } = openDesk();
    await send(pending("buyLimit", 1.09));
    await send({ action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1 });
    await send({ action: "remove", order: "1000001" });
    expect(terminal.historyOrders("0").map((order) => order.ticket)).toEqual(["1000001", "1000002"]);
    expect(terminal.historyOrders("1000001").map((order) => order.ticket)).toEqual(["1000002"]);
  });
});

describe("SimulatedTerminal filling", () => {
  const buy: TradeRequest = { action: "deal", symbol: "EURUSD", kind: "buy", volume: 1 };
  const thin = (lots: () => number): { liquidityLots: () => number } => ({ liquidityLots: lots });

  test("FOK: too little on offer rejects the order whole, and it stands rejected in the history", async () => {
    const { terminal, send } = openDesk({ execution: thin(() => 0.99) });
    expect(await send({ ...buy, filling: "fok" })).toMatchObject({
      retcode: 10006,
      order: "1000001",
      deal: "0",
    });
    expect(terminal.positions()).toEqual([]);
    expect(terminal.historyOrders("0")).toMatchObject([{ state: "rejected", volumeCurrent: 1 }]);
  });

  test("IOC: fills what is on offer and cancels the rest", async () => {
    const { terminal, send } = openDesk({ execution: thin(() => 0.436) });
    expect(await send({ ...buy, filling: "ioc" })).toMatchObject({ retcode: 10010, volume: 0.43 });
    expect(terminal.positions()).toMatchObject([{ volume: 0.43 }]);
    expect(terminal.orders()).toEqual([]);
    expect(terminal.historyOrders("0")).toMatchObject([
      { state: "cancelled", volumeInitial: 1, volumeCurrent: 0.57 },
    ]);
  });

  test("IOC: nothing on offer is a rejection", async () => {
    const { terminal, send } = openDesk({ execution: thin(() => 0) });
    expect(await send({ ...buy, filling: "ioc" })).toMatchObject({ retcode: 10006 });
    expect(terminal.positions()).toEqual([]);
  });

  test("RETURN: the rest waits and fills tick by tick into one position at the average price", async () => {
    const { terminal, send } = openDesk({ execution: thin(() => 0.4) }, { execution: "exchange" });
    const result = await send({ ...buy, filling: "return" });
    expect(result).toMatchObject({ retcode: 10010, volume: 0.4 });
    expect(terminal.orders()).toMatchObject([{ state: "partial", volumeCurrent: 0.6 }]);
    terminal.quote("EURUSD", 1.1008, 1.101);
    expect(terminal.orders()).toMatchObject([{ volumeCurrent: 0.2 }]);
    terminal.quote("EURUSD", 1.101, 1.1012);
    expect(terminal.orders()).toEqual([]);
    expect(terminal.positions()).toMatchObject([{ ticket: result.order, volume: 1, priceOpen: 1.10072 }]);
    expect(terminal.historyDeals("1000001").map((deal) => deal.volume)).toEqual([0.4, 0.4, 0.2]);
    expect(terminal.historyOrders("0")).toMatchObject([{ state: "filled", volumeCurrent: 0 }]);
  });

  test("RETURN: the rest of a close is cancelled when the position is gone, and never opens one", async () => {
    let lots = 1;
    const { terminal, send, open } = openDesk({ execution: thin(() => lots) }, { execution: "exchange" });
    const position = await open("buy", 1, { filling: "return", stopLoss: 1.09 });
    lots = 0.3;
    await send({ ...buy, kind: "sell", position, filling: "return" });
    expect(terminal.positions()).toMatchObject([{ volume: 0.7 }]);
    lots = 0;
    terminal.quote("EURUSD", 1.0898, 1.09);
    expect(terminal.positions()).toEqual([]);
    expect(terminal.orders()).toEqual([]);
    expect(terminal.historyOrders("1000001")[0]).toMatchObject({ state: "cancelled", volumeCurrent: 0.7 });
  });

  test("RETURN: what the rest of a close is to close cannot be closed by another order too: 10039", async () => {
    let lots = 0.3;
    const { terminal, send, open } = openDesk({ execution: thin(() => lots) }, { execution: "exchange" });
    lots = 1;
    const position = await open("buy", 1, { filling: "return" });
    const hedge = await open("sell", 1, { filling: "return" });
    lots = 0.3;
    const close = { ...buy, kind: "sell", position, filling: "return" } as const;
    await send({ ...close, volume: 0.6 });
    expect(terminal.positions()).toMatchObject([{ volume: 0.7 }, { volume: 1 }]);
    expect(await send({ ...close, volume: 0.5 })).toMatchObject({ retcode: 10039 });
    for (const [one, by] of [
      [position, hedge],
      [hedge, position],
    ] as const) {
      const both = await send({ action: "closeBy", position: one, positionBy: by });
      expect(both).toMatchObject({ retcode: 10039, comment: "Close order already exists" });
    }
    expect(await send({ ...close, volume: 0.4 })).toMatchObject({ retcode: 10010, volume: 0.3 });
    lots = 1;
    terminal.quote("EURUSD", 1.1001, 1.1003);
    expect(terminal.positions()).toMatchObject([{ side: "sell", volume: 1 }]);
    expect(terminal.orders()).toEqual([]);
    expect(terminal.historyDeals("1000003").map((deal) => deal.volume)).toEqual([0.3, 0.3, 0.3, 0.1]);
  });

  test("RETURN: nothing on offer yet leaves the order placed, and it fills later", async () => {
    let lots = 0;
    const { terminal, send } = openDesk({ execution: thin(() => lots) }, { execution: "exchange" });
    expect(await send({ ...buy, filling: "return" })).toMatchObject({
      retcode: 10008,
      order: "1000001",
      deal: "0",
    });
    expect(terminal.orders()).toMatchObject([{ kind: "buy", state: "placed", volumeCurrent: 1 }]);
    lots = 5;
    terminal.quote("EURUSD", 1.1001, 1.1003);
    expect(terminal.positions()).toMatchObject([{ ticket: "1000001", priceOpen: 1.1003, volume: 1 }]);
  });

  test("a pending order of FOK or IOC gets no second chance for what is not on offer", async () => {
    const { terminal, send } = openDesk({ execution: thin(() => 0.04) });
    await send(pending("buyLimit", 1.09, { filling: "fok" }));
    await send(pending("buyLimit", 1.09, { filling: "ioc" }));
    terminal.quote("EURUSD", 1.0897, 1.0899);
    expect(terminal.orders()).toEqual([]);
    expect(terminal.historyOrders("0")).toMatchObject([
      { state: "cancelled", volumeCurrent: 0.1 },
      { state: "cancelled", volumeCurrent: 0.06 },
    ]);
  });

  test("BOC is for pending orders of symbols that allow it", async () => {
    const { send } = openDesk({}, { execution: "exchange", filling: ["fok", "boc"] });
    expect(await send({ ...buy, filling: "boc" })).toMatchObject({ retcode: 10030 });
    expect(await send(pending("buyLimit", 1.09, { filling: "boc" }))).toMatchObject({ retcode: 10009 });
    expect(await send(pending("buyLimit", 1.09, { filling: "ioc" }))).toMatchObject({ retcode: 10030 });
  });

  test("pending orders count for the volume limit, and are cancelled where opening is no longer allowed", async () => {
    const { terminal, send } = openDesk({}, { volumeLimit: 0.15 });
    await send(pending("buyLimit", 1.09));
    expect(await send(pending("buyLimit", 1.08))).toMatchObject({ retcode: 10034 });
    expect(await send({ ...buy, volume: 0.1 })).toMatchObject({ retcode: 10034 });
    Object.assign(terminal.server.state.symbols.get("EURUSD")?.spec ?? {}, { tradeMode: "closeOnly" });
    terminal.quote("EURUSD", 1.0897, 1.0899);
    expect(terminal.historyOrders("0")).toMatchObject([
      { state: "cancelled", comment: "Position close only" },
    ]);
  });

  test("a pending order over the limit of positions is cancelled when it is reached", async () => {
    const { terminal, send } = openDesk({ account: { maxPositions: 1 } });
    await send(pending("buyLimit", 1.09));
    await send({ ...buy, volume: 0.1 });
    terminal.quote("EURUSD", 1.0897, 1.0899);
    expect(terminal.positions()).toHaveLength(1);
    expect(terminal.historyOrders("0")[0]).toMatchObject({
      state: "cancelled",
      comment: "Positions limit reached",
    });
  });

  test("a limit order fills partially, never worse than its price, and stays for the rest", async () => {
    const { terminal, send } = openDesk({
      execution: { liquidityLots: () => 0.06, slippagePoints: () => 30 },
    });
    await send(pending("buyLimit", 1.09));
    terminal.quote("EURUSD", 1.0897, 1.0899);
    expect(terminal.orders()).toMatchObject([{ state: "partial", volumeCurrent: 0.04 }]);
    terminal.quote("EURUSD", 1.0898, 1.09);
    expect(terminal.orders()).toEqual([]);
    expect(terminal.historyDeals("1000001").map((deal) => [deal.volume, deal.price])).toEqual([
      [0.06, 1.09],
      [0.04, 1.09],
    ]);
  });

  test("slippage moves the price of market orders and stop losses against the trader", async () => {
    const { terminal, open } = openDesk({ execution: { slippagePoints: () => 3 } });
    await open("buy", 0.1, { stopLoss: 1.095 });
    expect(terminal.positions()[0]?.priceOpen).toBe(1.10023);
    terminal.quote("EURUSD", 1.095, 1.0952);
    expect(terminal.historyDeals("0").at(-1)?.price).toBe(1.09497);
  });
});

describe("SimulatedTerminal close by", () => {
  test("two opposite positions close each other at one price, and the rest stays", async () => {
    const { terminal, open, send } = openDesk();
    const long = await open("buy", 0.5);
    const short = await open("sell", 0.3);
    const request: TradeRequest = { action: "closeBy", position: long, positionBy: short };
    expect(await send(request)).toMatchObject({ retcode: 10009, volume: 0.3, price: 1.1 });
    expect(terminal.positions()).toMatchObject([{ ticket: long, volume: 0.2 }]);
    expect(terminal.historyDeals("1000003")).toMatchObject([
      { entry: "outBy", kind: "sell", position: long, volume: 0.3, price: 1.1, profit: -6 },
      { entry: "outBy", kind: "buy", position: short, volume: 0.3, price: 1.1, profit: 0 },
    ]);
    expect(terminal.historyOrders("1000002")).toMatchObject([
      { kind: "closeBy", position: long, positionBy: short, state: "filled" },
    ]);
    expect(terminal.account().balance).toBe(9994);
  });

  test("positions of one side, of two symbols or gone ones do not close each other", async () => {
    const { open, send } = openDesk();
    const one = await open("buy", 0.1);
    const two = await open("buy", 0.1);
    const other = await open("sell", 0.1, { symbol: "GBPUSD" });
    expect(await send({ action: "closeBy", position: one, positionBy: two })).toMatchObject({
      retcode: 10013,
    });
    expect(await send({ action: "closeBy", position: one, positionBy: other })).toMatchObject({
      retcode: 10013,
    });
    expect(await send({ action: "closeBy", position: one, positionBy: "9" })).toMatchObject({
      retcode: 10036,
    });
    expect(await send({ action: "closeBy", position: one })).toMatchObject({ retcode: 10013 });
  });
});
