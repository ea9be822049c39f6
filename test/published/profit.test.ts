import { afterEach, describe, expect, test } from "vitest";
import type { AccountSettings, SymbolSpec } from "../../src/simulator/broker/mod.ts";
import { type Bench, book, openBench } from "./kit.ts";

let bench: Bench | undefined;
afterEach(() => bench?.terminal.dispose());

/** A round trip of the example and the profit that its source gives, in the account's currency. */
interface Example {
  readonly source: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly lots: number;
  readonly open: number;
  readonly close: number;
  readonly account?: Partial<AccountSettings>;
  readonly spec?: Partial<SymbolSpec>;
  readonly others?: Readonly<Record<string, number | readonly [number, number]>>;
  readonly profit: number;
}

const yen = { currency: "JPY", currencyDigits: 0 };
const examples: readonly Example[] = [
  {
    source: "XM help center, How do I calculate profit: 0.01 lot EURUSD from 1.29887 to 1.29906",
    symbol: "EURUSD",
    side: "buy",
    lots: 0.01,
    open: 1.29887,
    close: 1.29906,
    profit: 0.19,
  },
  {
    source: "Stellux, Profit and Loss Calculation: 1 lot EURUSD from 1.2000 to 1.2050",
    symbol: "EURUSD",
    side: "buy",
    lots: 1,
    open: 1.2,
    close: 1.205,
    profit: 500,
  },
  {
    source:
      "Amalga, profit calculation, example 1: 0.1 lot EURGBP sold at 0.84979, closed at 0.84872, in pounds",
    symbol: "EURGBP",
    side: "sell",
    lots: 0.1,
    open: 0.84979,
    close: 0.84872,
    account: { currency: "GBP" },
    profit: 10.7,
  },
  {
    source: "Amalga, profit calculation, example 1: the same in dollars, GBPUSD at 1.18479 (12.67725)",
    symbol: "EURGBP",
    side: "sell",
    lots: 0.1,
    open: 0.84979,
    close: 0.84872,
    others: { GBPUSD: 1.18479, EURUSD: 1.00682 },
    profit: 12.68,
  },
  {
    source: "Amalga, profit calculation, example 2: 0.1 lot USDJPY from 136.740 to 137.180, in yen",
    symbol: "USDJPY",
    side: "buy",
    lots: 0.1,
    open: 136.74,
    close: 137.18,
    account: yen,
    profit: 4400,
  },
  {
    source:
      "Forex4you, How do I get profit from trades: 400,000 EURJPY from 131.57 to 132.16, USDJPY 107.19/107.24",
    symbol: "EURJPY",
    side: "buy",
    lots: 4,
    open: 131.57,
    close: 132.16,
    others: { USDJPY: [107.19, 107.24], EURUSD: 1.227 },
    profit: 2200.67,
  },
  {
    source: "MQL5 forum, calculation modes: 1 lot EURJPY from 155 to 156 earns 100,000 yen",
    symbol: "EURJPY",
    side: "buy",
    lots: 1,
    open: 155,
    close: 156,
    account: yen,
    profit: 100_000,
  },
  {
    source: "MQL5 forum, calculation modes: 1 lot XAUUSD (100 ounces) from 2500 to 2510 earns 1,000 dollars",
    symbol: "XAUUSD",
    side: "buy",
    lots: 1,
    open: 2500,
    close: 2510,
    spec: { calcMode: "cfd", contractSize: 100, digits: 2, marginRate: 0.01 },
    profit: 1000,
  },
  {
    source:
      "MetroTrade, price movements: 2 lots MES from 4786.25 to 4790.00, a tick of 0.25 being 1.25 dollars",
    symbol: "MES",
    side: "buy",
    lots: 2,
    open: 4786.25,
    close: 4790,
    spec: {
      calcMode: "futures",
      digits: 2,
      tickSize: 0.25,
      tickValue: 1.25,
      contractSize: 5,
      marginInitial: 1500,
    },
    profit: 37.5,
  },
  {
    source:
      "FXDD, MT5 Futures Contract Specifications: E-mini S&P 500, 0.25 is 12.50 dollars, four ticks lost",
    symbol: "EPE",
    side: "sell",
    lots: 1,
    open: 5000,
    close: 5001,
    spec: {
      calcMode: "futures",
      digits: 2,
      tickSize: 0.25,
      tickValue: 12.5,
      contractSize: 50,
      marginInitial: 11_000,
    },
    profit: -50,
  },
  {
    source: "FXDD, MT5 Futures Contract Specifications: 30yr US Treasury Bonds, 0.03125 is 31.25 dollars",
    symbol: "USA",
    side: "buy",
    lots: 3,
    open: 118.03125,
    close: 118.125,
    spec: {
      calcMode: "futures",
      digits: 5,
      tickSize: 0.03125,
      tickValue: 31.25,
      contractSize: 1000,
      marginInitial: 4000,
    },
    profit: 281.25,
  },
  {
    source: `${book.calcProfit}: index CFD, difference × contract size × lots, no tick price`,
    symbol: "DE40",
    side: "sell",
    lots: 2,
    open: 16_000,
    close: 15_990.5,
    spec: { calcMode: "cfdIndex", contractSize: 25, digits: 1, tickSize: 0.5, tickValue: 0.25 },
    profit: 475,
  },
  {
    source: `${book.calcProfit}: exchange stocks, difference × contract size × lots`,
    symbol: "SBER",
    side: "sell",
    lots: 20,
    open: 250.5,
    close: 251.25,
    account: { marginMode: "exchange" },
    spec: { calcMode: "stocks", execution: "exchange", contractSize: 10, digits: 2 },
    profit: -150,
  },
];

describe("published profits", () => {
  test.each(examples)(
    "$source",
    async ({ symbol, side, lots, open, close, account, spec, others, profit }) => {
      bench = openBench(
        { [symbol]: open, ...others },
        { balance: 1e7, ...account },
        { [symbol]: spec ?? {} },
      );
      const { order } = await bench.trade(symbol, side, lots);
      bench.terminal.quote(symbol, close, close);
      expect(bench.terminal.calcProfit(side, symbol, lots, open, close)).toBe(profit);
      expect(bench.terminal.account().profit).toBe(profit);
      await bench.trade(symbol, side === "buy" ? "sell" : "buy", lots, order);
      expect(bench.terminal.historyDeals("0").at(-1)).toMatchObject({ profit });
      expect(bench.terminal.account()).toMatchObject({ profit: 0, margin: 0 });
    },
  );
});
