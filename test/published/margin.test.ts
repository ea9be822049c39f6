import { afterEach, describe, expect, test } from "vitest";
import type { AccountSettings, SymbolSpec } from "../../src/simulator/broker/mod.ts";
import { type Bench, book, openBench } from "./kit.ts";

let bench: Bench | undefined;
afterEach(() => bench?.terminal.dispose());

/** A position of the example, opened at its price, and the margin that its source gives. */
interface Example {
  readonly source: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly lots: number;
  readonly price: number;
  readonly account: Partial<AccountSettings>;
  readonly spec?: Partial<SymbolSpec>;
  /** Other quotes that the conversion needs. */
  readonly others?: Readonly<Record<string, number>>;
  readonly margin: number;
}

const examples: readonly Example[] = [
  {
    source: "RMIB, FAQ, How the margin is calculated: 1 lot EURUSD, 1:100, account in euros",
    symbol: "EURUSD",
    side: "buy",
    lots: 1,
    price: 1.2345,
    account: { currency: "EUR", leverage: 100 },
    margin: 1000,
  },
  {
    source: "RMIB, FAQ, How the margin is calculated: the same in dollars at 1.2345",
    symbol: "EURUSD",
    side: "buy",
    lots: 1,
    price: 1.2345,
    account: { leverage: 100 },
    margin: 1234.5,
  },
  {
    source: "PropNumberOne, How to calculate minimum margin: 1 lot EURUSD at 1.2000, 1:100",
    symbol: "EURUSD",
    side: "buy",
    lots: 1,
    price: 1.2,
    account: { leverage: 100 },
    margin: 1200,
  },
  {
    source: "SGT Markets, Margin Call vs Stop Out Level: 0.1 lot EURUSD at 1.1500, 1:400",
    symbol: "EURUSD",
    side: "buy",
    lots: 0.1,
    price: 1.15,
    account: { leverage: 400 },
    margin: 28.75,
  },
  {
    source: "EBH Forex, Common Knowledge: 0.2 lot USDCHF at 1:30 (666 dollars, cents left out)",
    symbol: "USDCHF",
    side: "buy",
    lots: 0.2,
    price: 0.91,
    account: { leverage: 30 },
    margin: 666.67,
  },
  {
    source: "MQL5 forum, stop-out of the Championship: 5 lots GBPUSD at 1:100",
    symbol: "GBPUSD",
    side: "buy",
    lots: 5,
    price: 1.58772,
    account: { leverage: 100 },
    margin: 7938.6,
  },
  {
    source: "Anzo Capital, margin calculator: 5 lots CADCHF at 0.75695, 1:100, USDCHF at 1.01883",
    symbol: "CADCHF",
    side: "buy",
    lots: 5,
    price: 0.75695,
    account: { leverage: 100 },
    others: { USDCHF: 1.01883 },
    margin: 3714.8,
  },
  {
    source: "Chaport help, margin calculation: 0.1 lot gold at 1944, 100 ounces, 1:100",
    symbol: "XAUUSD",
    side: "buy",
    lots: 0.1,
    price: 1944,
    account: { leverage: 100 },
    spec: { calcMode: "cfdLeverage", contractSize: 100, digits: 2 },
    margin: 194.4,
  },
  {
    source: "Equiti, margin on Rolling Indices on MT5: 500 lots US500Roll at 4201, margin rate 0.2 %",
    symbol: "US500Roll",
    side: "buy",
    lots: 500,
    price: 4201,
    account: { leverage: 100 },
    spec: { calcMode: "cfd", contractSize: 1, digits: 2, marginRate: 0.002 },
    margin: 4201,
  },
  {
    source: "Equiti, margin on Rolling Indices on MT5: 300 lots at margin rate 0.5 %",
    symbol: "US500Roll",
    side: "sell",
    lots: 300,
    price: 4201,
    account: { leverage: 100 },
    spec: { calcMode: "cfd", contractSize: 1, digits: 2, marginRates: { sell: { initial: 0.005 } } },
    margin: 6301.5,
  },
  {
    source: "Equiti, margin on Commodities on MT5: 4 lots USOILRoll at 95.50, 1,000 barrels, margin rate 1 %",
    symbol: "USOILRoll",
    side: "buy",
    lots: 4,
    price: 95.5,
    account: { leverage: 500 },
    spec: {
      calcMode: "cfd",
      contractSize: 1000,
      digits: 2,
      currencyMargin: "USD",
      currencyProfit: "USD",
      marginRate: 0.01,
    },
    margin: 3820,
  },
  {
    source: "Swed Markets, indices: 5 lots EU50 at 3451.95 euros, 2 %, EURUSD at 1.20887",
    symbol: "EU50.F",
    side: "buy",
    lots: 5,
    price: 3451.95,
    account: {},
    spec: { contractSize: 1, digits: 2, marginRate: 0.02, currencyMargin: "EUR", currencyProfit: "EUR" },
    others: { EURUSD: 1.20887 },
    margin: 417.3,
  },
  {
    source: `${book.symbolProperties}: forex without leverage, lots × contract size × rate`,
    symbol: "EURUSD",
    side: "sell",
    lots: 0.3,
    price: 1.1,
    account: { currency: "EUR", leverage: 500 },
    spec: { calcMode: "forexNoLeverage", marginRate: 0.5 },
    margin: 15_000,
  },
  {
    source: `${book.symbolProperties}: index CFD, × tick price / tick size`,
    symbol: "DE40",
    side: "buy",
    lots: 2,
    price: 16_000,
    account: { leverage: 500 },
    spec: { calcMode: "cfdIndex", contractSize: 1, digits: 1, tickSize: 0.5, tickValue: 0.25 },
    margin: 16_000,
  },
  {
    source: `${book.symbolProperties}: futures, lots × initial margin × rate, whatever the leverage`,
    symbol: "ES",
    side: "buy",
    lots: 3,
    price: 4800.25,
    account: { leverage: 500 },
    spec: {
      calcMode: "futures",
      digits: 2,
      tickSize: 0.25,
      tickValue: 12.5,
      marginInitial: 11_000,
      marginRate: 0.5,
    },
    margin: 16_500,
  },
  {
    source: `${book.symbolProperties}: exchange futures hold the maintenance margin`,
    symbol: "ES",
    side: "buy",
    lots: 3,
    price: 4800.25,
    account: { marginMode: "exchange" },
    spec: {
      calcMode: "futures",
      execution: "exchange",
      digits: 2,
      tickSize: 0.25,
      tickValue: 12.5,
      marginInitial: 11_000,
      marginMaintenance: 9000,
    },
    margin: 27_000,
  },
  {
    source: `${book.symbolProperties}: exchange stocks, lots × contract size × price × rate (the exchange's discount)`,
    symbol: "SBER",
    side: "sell",
    lots: 20,
    price: 250.5,
    account: { marginMode: "exchange", leverage: 50 },
    spec: {
      calcMode: "stocks",
      execution: "exchange",
      contractSize: 10,
      digits: 2,
      marginRates: { buy: { initial: 0.25 }, sell: { initial: 0.4, maintenance: 0.3 } },
    },
    margin: 15_030,
  },
  {
    source: `${book.marginRequirements}: an initial margin set for any symbol determines the margin`,
    symbol: "EURUSD",
    side: "buy",
    lots: 2,
    price: 1.1,
    account: { currency: "EUR", leverage: 100 },
    spec: { marginInitial: 750 },
    margin: 1500,
  },
];

describe("published margins", () => {
  test.each(examples)("$source", async ({ symbol, side, lots, price, account, spec, others, margin }) => {
    bench = openBench({ [symbol]: price, ...others }, account, {
      [symbol]: {
        volumeMax: 1000,
        ...(spec?.execution === "exchange" ? { filling: ["fok", "ioc"] } : {}),
        ...spec,
      },
    });
    await bench.trade(symbol, side, lots);
    expect(bench.terminal.account().margin).toBe(margin);
  });

  test("OrderCalcMargin gives the initial margin, as a position must be able to pay it", async () => {
    bench = openBench(
      { ES: 4800 },
      { balance: 10_000 },
      {
        ES: { calcMode: "futures", digits: 2, tickValue: 1, marginInitial: 11_000, marginMaintenance: 9000 },
      },
    );
    expect(bench.terminal.calcMargin("buy", "ES", 1, 4800)).toBe(11_000);
    await expect(bench.trade("ES", "buy", 1)).rejects.toThrow(/10019 No money/);
    bench.terminal.server.cash(1000);
    await bench.trade("ES", "buy", 1);
    expect(bench.terminal.account()).toMatchObject({ margin: 9000, freeMargin: 2000 });
  });
});

describe("published margins of opposite positions", () => {
  const open = async (
    spec: Partial<SymbolSpec>,
    buys: number,
    sells: number,
    account: Partial<AccountSettings>,
  ) => {
    bench = openBench({ EURUSD: 1.1 }, account, { EURUSD: spec });
    await bench.trade("EURUSD", "buy", buys);
    await bench.trade("EURUSD", "sell", sells);
    return bench.terminal.account().margin;
  };

  test("Admirals, margin requirements on Hedges: 1 lot against 1 lot EURUSD at 1:500 need 200 euros in all", async () => {
    expect(await open({}, 1, 1, { currency: "EUR", leverage: 500 })).toBe(200);
  });

  test("Admirals, margin requirements on Hedges: the uncovered half lot of 1 against 1.5 counts in full", async () => {
    expect(await open({}, 1, 1.5, { currency: "EUR", leverage: 500 })).toBe(300);
  });

  test("Grand Capital, changes of hedged margin: a hedged CFD counts as one lot at the average of both prices", async () => {
    const spec = { calcMode: "cfd", contractSize: 10, digits: 2 } as const;
    bench = openBench({ US30: 100 }, {}, { US30: spec });
    await bench.trade("US30", "buy", 1);
    bench.terminal.quote("US30", 110, 110);
    await bench.trade("US30", "sell", 1);
    expect(bench.terminal.account().margin).toBe(1050);
  });

  test("Taurex, hedged orders: of 5 lots bought and 3 sold only 2 need margin where hedged margin is 0", async () => {
    expect(await open({ marginHedged: 0 }, 5, 3, { currency: "EUR", leverage: 100 })).toBe(2000);
  });

  test("Prompt Trade, margin calculation on MT5: 3 lots sold and 2 bought leave 1 lot uncovered, at the sells' average price", async () => {
    const spec = { calcMode: "cfdLeverage", contractSize: 100, digits: 2, marginHedged: 0 } as const;
    bench = openBench({ XAUUSD: 2000 }, { leverage: 100 }, { XAUUSD: spec });
    for (const [price, side] of [
      [2000, "sell"],
      [2010, "sell"],
      [2020, "sell"],
      [1500, "buy"],
      [1600, "buy"],
    ] as const) {
      bench.terminal.quote("XAUUSD", price, price);
      await bench.trade("XAUUSD", side, 1);
    }
    expect(bench.terminal.account().margin).toBe(2010);
  });

  test(`${book.marginRequirements}: with an initial margin the hedged margin is an amount of money`, async () => {
    expect(await open({ marginInitial: 800, marginHedged: 300 }, 2, 1, { currency: "EUR" })).toBe(800 + 300);
  });

  test(`${book.marginRequirements}: by the larger leg the hedged margin is ignored and the larger side counts`, async () => {
    const rates = { buy: { initial: 1 }, sell: { initial: 2 } };
    const spec = { hedgedByLargerLeg: true, marginHedged: 0, marginRates: rates };
    expect(await open(spec, 3, 2, { currency: "EUR", leverage: 100 })).toBe(4000);
  });
});

describe(`published margins of pending orders (${book.marginForex}), 1 lot EURUSD being 1,000 euros`, () => {
  const all = { initial: 1 };
  const rates: SymbolSpec["marginRates"] = {
    buyLimit: all,
    sellLimit: all,
    buyStop: all,
    sellStop: all,
    buyStopLimit: all,
    sellStopLimit: all,
  };
  const place = async (
    marginMode: "netting" | "hedging",
    position: readonly ["buy" | "sell", number] | undefined,
    orders: readonly (readonly ["buyLimit" | "sellLimit" | "buyStop" | "sellStop", number])[],
  ): Promise<number> => {
    bench = openBench(
      { EURUSD: 1.1 },
      { currency: "EUR", leverage: 100, marginMode },
      {
        EURUSD: { marginRates: rates },
      },
    );
    if (position !== undefined) await bench.trade("EURUSD", ...position);
    for (const [kind, volume] of orders) {
      const price = kind === "buyLimit" || kind === "sellStop" ? 1.09 : 1.11;
      await bench.send({ action: "pending", symbol: "EURUSD", kind, volume, price });
    }
    return bench.terminal.account().margin;
  };

  test("netting: an opposite order of no more than the position adds nothing", async () => {
    for (const kind of ["sellLimit", "sellStop"] as const) {
      expect(await place("netting", ["buy", 1], [[kind, 1]])).toBe(1000);
    }
  });

  test("netting: an order in the position's direction is added", async () => {
    for (const kind of ["buyLimit", "buyStop"] as const) {
      expect(await place("netting", ["buy", 1], [[kind, 0.5]])).toBe(1500);
    }
  });

  test("netting: of a position and a larger opposite order the higher margin counts", async () => {
    expect(await place("netting", ["buy", 1], [["sellLimit", 1.7]])).toBe(1700);
  });

  test("netting: of opposite limit orders the higher direction counts, stop orders are charged each", async () => {
    expect(
      await place("netting", undefined, [
        ["buyLimit", 1],
        ["buyLimit", 0.4],
        ["sellLimit", 1.2],
      ]),
    ).toBe(1400);
    expect(
      await place("netting", undefined, [
        ["buyStop", 1],
        ["sellStop", 0.4],
      ]),
    ).toBe(1400);
  });

  test(`hedging (${book.marginRequirements}): the orders' margin is a part of its own`, async () => {
    expect(
      await place(
        "hedging",
        ["buy", 1],
        [
          ["sellLimit", 1],
          ["sellStop", 0.5],
        ],
      ),
    ).toBe(2500);
  });

  test("the margin goes with the order: cancelled, expired, changed or turned into a position", async () => {
    expect(
      await place("hedging", undefined, [
        ["buyLimit", 1],
        ["buyLimit", 0.5],
      ]),
    ).toBe(1500);
    const { terminal, send, clock } = bench as Bench;
    const [first, second] = terminal.orders();
    await send({ action: "remove", order: second?.ticket ?? "" });
    expect(terminal.account().margin).toBe(1000);
    await send({ action: "modify", order: first?.ticket ?? "", price: 1.08, timeInForce: "day" });
    await clock.advance(24 * 3_600_000);
    expect([terminal.orders().length, terminal.account().margin]).toEqual([0, 0]);
    await place("netting", undefined, [["buyLimit", 1]]);
    bench?.terminal.quote("EURUSD", 1.089, 1.089);
    expect(bench?.terminal.orders()).toEqual([]);
    expect(bench?.terminal.account()).toMatchObject({ margin: 1000 });
  });

  test("a pending order for whose margin there is no money is refused with 10019, by check as well", async () => {
    await place("hedging", ["buy", 1], []);
    const { terminal, send } = bench as Bench;
    terminal.server.cash(-998_500);
    const order = {
      action: "pending",
      symbol: "EURUSD",
      kind: "buyLimit",
      volume: 0.6,
      price: 1.09,
    } as const;
    expect(terminal.orderCheck(order)).toMatchObject({ retcode: 10019 });
    await expect(send(order)).rejects.toThrow(/10019/);
    expect(terminal.orderCheck({ ...order, volume: 0.5 })).toMatchObject({
      retcode: 0,
      margin: 1500,
      freeMargin: 0,
    });
    await send({ ...order, volume: 0.5 });
    expect(terminal.account()).toMatchObject({ margin: 1500, freeMargin: 0 });
  });
});

describe("published stop outs", () => {
  test("TradersWay, What is your stop out level: 1 lot at 1:500 on 1,000 dollars stops out at an equity of 80", async () => {
    bench = openBench({ USDCHF: 0.9 }, { balance: 1000, leverage: 500, stopOut: 40 });
    await bench.trade("USDCHF", "buy", 1);
    expect(bench.terminal.account().margin).toBe(200);
    // 820 francs at 0.8918 are a loss of 919.49 dollars; 830 at 0.8917 are one of 930.81.
    bench.terminal.quote("USDCHF", 0.8918, 0.8918);
    expect(bench.terminal.account().equity).toBe(80.51);
    expect(bench.terminal.positions()).toHaveLength(1);
    bench.terminal.quote("USDCHF", 0.8917, 0.8917);
    expect(bench.terminal.positions()).toEqual([]);
    expect(bench.terminal.historyDeals("0").at(-1)).toMatchObject({ reason: "stopOut" });
  });

  test("Exness, What can close my orders automatically: 50 over 10 are 500 %, 6 over 10 are 60 %, 0 over 10 close", async () => {
    bench = openBench(
      { EURUSD: 1 },
      { balance: 50, leverage: 100, currency: "EUR", stopOut: 0 },
      {
        EURUSD: { calcMode: "forex" },
      },
    );
    await bench.trade("EURUSD", "buy", 0.01);
    expect(bench.terminal.account()).toMatchObject({ margin: 10, marginLevel: 500 });
    for (const [price, level] of [
      [0.957_85, 60],
      [0.953_3, 10],
    ] as const) {
      bench.terminal.quote("EURUSD", price, price);
      expect(bench.terminal.account().marginLevel).toBeCloseTo(level, 0);
      expect(bench.terminal.positions()).toHaveLength(1);
    }
    bench.terminal.quote("EURUSD", 0.952, 0.952);
    expect(bench.terminal.positions()).toEqual([]);
  });

  test("AvaFutures, stop out on MT5: the largest loss first, until the level is above the stop out", async () => {
    bench = openBench({ EURUSD: 1.1, GBPUSD: 1.3 }, { balance: 4000, leverage: 100, stopOut: 90 });
    await bench.trade("EURUSD", "buy", 1);
    await bench.trade("GBPUSD", "buy", 1);
    bench.terminal.quote("EURUSD", 1.092, 1.092);
    expect(bench.terminal.positions()).toHaveLength(2);
    bench.terminal.quote("GBPUSD", 1.289, 1.289);
    expect(bench.terminal.positions()).toMatchObject([{ symbol: "EURUSD" }]);
    expect(bench.terminal.account().marginLevel).toBeGreaterThan(90);
  });

  test("orders that reserve margin are deleted before any position is closed, the largest first", async () => {
    const marginRates = { buyLimit: { initial: 1 } };
    bench = openBench(
      { EURUSD: 1.1 },
      { balance: 3000, leverage: 100, currency: "EUR", stopOut: 100 },
      {
        EURUSD: { marginRates },
      },
    );
    await bench.trade("EURUSD", "buy", 1);
    const order = { action: "pending", symbol: "EURUSD", kind: "buyLimit", price: 1 } as const;
    await bench.send({ ...order, volume: 0.5 });
    await bench.send({ ...order, volume: 1 });
    expect(bench.terminal.account().margin).toBe(2500);
    bench.terminal.quote("EURUSD", 1.092, 1.092);
    expect(bench.terminal.positions()).toHaveLength(1);
    expect(bench.terminal.orders()).toMatchObject([{ volumeCurrent: 0.5 }]);
    expect(bench.terminal.historyOrders("0").at(-1)?.comment).toMatch(/^\[so \d+\.\d\d%\//);
  });
});
