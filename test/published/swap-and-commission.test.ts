import { afterEach, describe, expect, test } from "vitest";
import { type AccountSettings, type SymbolSpec, turnoverCommission } from "../../src/simulator/broker/mod.ts";
import { type Bench, book, openBench } from "./kit.ts";

let bench: Bench | undefined;
afterEach(() => bench?.terminal.dispose());

const DAY = 24 * 3_600_000;

/** A position held over nights from Monday on, and the swap that the source gives. */
interface Example {
  readonly source: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly lots: number;
  readonly price: number;
  readonly spec: Partial<SymbolSpec>;
  readonly account?: Partial<AccountSettings>;
  readonly others?: Readonly<Record<string, number>>;
  /** @default 1 */
  readonly nights?: number;
  readonly swap: number;
}

const share = { calcMode: "cfd", contractSize: 1, digits: 2, swapMode: "interest" } as const;
const examples: readonly Example[] = [
  {
    source: "Amalga, What is swap: 2 lots AUDUSD long at -5.47 points from Monday to Tuesday",
    symbol: "AUDUSD",
    side: "buy",
    lots: 2,
    price: 0.67,
    spec: { swapMode: "points", swapLong: -5.47 },
    swap: -10.94,
  },
  {
    source: "Ultima Markets, swap fee in points: 1 lot short at 2.17",
    symbol: "EURUSD",
    side: "sell",
    lots: 1,
    price: 1.1,
    spec: { swapMode: "points", swapShort: 2.17 },
    swap: 2.17,
  },
  {
    source: "Ultima Markets, swap fee in points: 1 lot long at -5.45",
    symbol: "EURUSD",
    side: "buy",
    lots: 1,
    price: 1.1,
    spec: { swapMode: "points", swapLong: -5.45 },
    swap: -5.45,
  },
  {
    source: "BuzzFX, swaps calculator: 5 lots EURUSD short at 0.15 in a euro account at 1.0895",
    symbol: "EURUSD",
    side: "sell",
    lots: 5,
    price: 1.0895,
    spec: { swapMode: "points", swapShort: 0.15 },
    account: { currency: "EUR" },
    swap: 0.69,
  },
  {
    source: "Ultima Markets, swap fee in percentage: a share short at -3.5 % and 235.82",
    symbol: "SHARE",
    side: "sell",
    lots: 1,
    price: 235.82,
    spec: { ...share, swapShort: -3.5 },
    swap: -0.02,
  },
  {
    source: "Ultima Markets, swap fee in percentage: a share long at -6.88 % and 235.94",
    symbol: "SHARE",
    side: "buy",
    lots: 1,
    price: 235.94,
    spec: { ...share, swapLong: -6.88 },
    swap: -0.05,
  },
  {
    source: "Deriv, swap calculator: 0.01 lot Volatility 75 at 400,000 and -7.5 % for one night",
    symbol: "V75",
    side: "buy",
    lots: 0.01,
    price: 400_000,
    spec: { ...share, swapLong: -7.5 },
    swap: -0.83,
  },
  {
    source: "iFOREX, swap points of indices: 2 contracts Ibovespa at 63690 reais, 9.567 % and 2.5 %",
    symbol: "BRAZIL",
    side: "buy",
    lots: 2,
    price: 63_690,
    spec: { ...share, currencyProfit: "BRL", currencyMargin: "BRL", swapLong: -12.067 },
    account: { currency: "BRL" },
    swap: -42.7,
  },
  {
    source: "Ultima Markets, swap fee in currency: 1 lot of an index long at -11.3195",
    symbol: "INDEX",
    side: "buy",
    lots: 1,
    price: 39_000,
    spec: { calcMode: "cfd", contractSize: 1, digits: 2, swapMode: "money", swapLong: -11.3195 },
    swap: -11.32,
  },
  {
    source: `${book.swapModes}: in the symbol's base currency`,
    symbol: "EURUSD",
    side: "buy",
    lots: 2,
    price: 1.25,
    spec: { swapMode: "moneyBase", swapLong: -4 },
    swap: -10,
  },
  {
    source: `${book.swapModes}: in the symbol's margin currency`,
    symbol: "DE40",
    side: "sell",
    lots: 3,
    price: 16_000,
    spec: {
      contractSize: 1,
      digits: 1,
      currencyProfit: "EUR",
      currencyMargin: "EUR",
      swapMode: "moneyMargin",
      swapShort: 0.8,
    },
    others: { EURUSD: 1.25 },
    swap: 3,
  },
  {
    source:
      "Vantage, why there is a triple swap: over Wednesday's night a currency pair is charged three times",
    symbol: "EURUSD",
    side: "buy",
    lots: 1,
    price: 1.1,
    spec: { swapMode: "points", swapLong: -7 },
    nights: 3,
    swap: -35,
  },
  {
    source:
      "Traders Trust, swap fees: over a week from Monday an index with triple swap on Fridays pays seven days",
    symbol: "US500",
    side: "buy",
    lots: 1,
    price: 5000,
    spec: { calcMode: "cfd", contractSize: 1, digits: 2, swapMode: "money", swapLong: -1, swapTripleDay: 5 },
    nights: 7,
    swap: -7,
  },
  {
    source: "Traders Trust, swap fees: over four nights from Monday that index pays four days",
    symbol: "US500",
    side: "buy",
    lots: 1,
    price: 5000,
    spec: { calcMode: "cfd", contractSize: 1, digits: 2, swapMode: "money", swapLong: -1, swapTripleDay: 5 },
    nights: 4,
    swap: -4,
  },
  {
    source: "Darwinex, swaps of XTIUSD: the same every weekday, with nothing more on Wednesday",
    symbol: "XTIUSD",
    side: "buy",
    lots: 1,
    price: 80,
    spec: { swapMode: "money", swapLong: -3, swapRatios: [0, 1, 1, 1, 1, 1, 0] },
    nights: 7,
    swap: -15,
  },
  {
    source:
      "MQL5 reference, Symbol Properties, SYMBOL_SWAP_SUNDAY and the other days: a ratio for each night, weekends too",
    symbol: "COIN",
    side: "buy",
    lots: 1,
    price: 20_000,
    spec: { ...share, swapMode: "money", swapLong: -1, swapRatios: [1, 1, 1, 1, 1, 1.5, 0.5] },
    nights: 7,
    swap: -7,
  },
];

describe("published swaps", () => {
  test.each(examples)(
    "$source",
    async ({ symbol, side, lots, price, spec, account, others, nights = 1, swap }) => {
      bench = openBench({ [symbol]: price, ...others }, account, { [symbol]: spec });
      await bench.trade(symbol, side, lots);
      await bench.clock.advance(nights * DAY);
      expect(bench.terminal.positions()).toMatchObject([{ swap }]);
      expect(bench.terminal.account()).toMatchObject({ profit: swap });
    },
  );

  test(`${book.swapModes}: interest on the open price does not follow the price, on the current price it does`, async () => {
    for (const [swapMode, swap] of [
      ["interestOpen", -1],
      ["interest", -2],
    ] as const) {
      bench = openBench({ SHARE: 100 }, {}, { SHARE: { ...share, swapMode, swapLong: -3.6 } });
      await bench.trade("SHARE", "buy", 100);
      bench.terminal.quote("SHARE", 200, 200);
      await bench.clock.advance(DAY);
      expect(bench.terminal.positions()).toMatchObject([{ swap }]);
      bench.terminal.dispose();
    }
  });

  test("swap by opening positions anew is refused where the symbol is defined", () => {
    const spec = { swapMode: "reopenCurrent" as "points" };
    expect(() => openBench({ EURUSD: 1 }, {}, { EURUSD: spec })).toThrow(
      /Cannot define symbol "EURUSD": swapMode is "reopenCurrent", expected .*opening positions anew is not simulated/,
    );
  });
});

describe("published commissions", () => {
  const roundTrip = async (lots: number, symbol = "EURUSD"): Promise<readonly number[]> => {
    const { order } = await (bench as Bench).trade(symbol, "buy", lots);
    await (bench as Bench).trade(symbol, "sell", lots, order);
    const deals = (bench as Bench).terminal.historyDeals("0").filter((deal) => deal.symbol === symbol);
    return deals.map((deal) => deal.commission);
  };

  test.each([
    [2.5, 8.75],
    [0.6, 2.1],
  ])(
    "FXTM, commission on trading accounts: %d lots EURUSD at 3.50 a lot and side, as MT5 splits it",
    async (lots, side) => {
      bench = openBench({ EURUSD: 1.0772 }, {}, { EURUSD: { commissionPerLot: 3.5 } });
      expect(await roundTrip(lots)).toEqual([-side, -side]);
      expect(bench.terminal.account().balance).toBe(1_000_000 - 2 * side);
    },
  );

  test.each([
    ["USDJPY", 105.255, 0.000_025, 6.25],
    ["USDJPY", 105.255, 0.000_04, 10],
    ["EURUSD", 1.2276, 0.000_025, 7.67],
    ["EURUSD", 1.2276, 0.000_04, 12.28],
  ] as const)(
    "ICE Markets, How is the commission calculated: 2.5 lots %s at %d, share %d a side",
    async (symbol, price, rate, side) => {
      bench = openBench({ [symbol]: price }, {}, {}, turnoverCommission(rate));
      expect(await roundTrip(2.5, symbol)).toEqual([-side, -side]);
    },
  );

  test.each([
    ["MT5 Standard: 1 lot Volatility 75 at 10,000", 10_000, 1],
    ["MT5 Zero Spread: 1 lot Spain 35 at 10,500", 10_500, 1.05],
  ])("Deriv, commission calculation on %s, 10 dollars per 100,000 a side", async (_, price, side) => {
    const spec = { calcMode: "cfd", contractSize: 1, digits: 2 } as const;
    bench = openBench({ INDEX: price }, {}, { INDEX: spec }, turnoverCommission(10 / 100_000));
    expect(await roundTrip(1, "INDEX")).toEqual([-side, -side]);
  });
});
