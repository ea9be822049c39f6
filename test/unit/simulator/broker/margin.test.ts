import { describe, expect, test } from "vitest";
import { type MarginEntry, marginOf, symbolMarginMinor } from "../../../../src/simulator/broker/margin.ts";
import { type SymbolSpec, symbolSpec } from "../../../../src/simulator/broker/mod.ts";
import { rawProfit } from "../../../../src/simulator/broker/profit.ts";
import { openDesk } from "./desk.ts";

const spec = (more: Partial<SymbolSpec>): SymbolSpec => symbolSpec("EURUSD", more);

describe("marginOf follows the formulas of ENUM_SYMBOL_CALC_MODE (MQL5 reference, Symbol properties)", () => {
  test.each([
    ["forex: lots × contract / leverage", { calcMode: "forex" }, 2, 1.1, 2000],
    [
      "a set initial margin takes the place of the formula: lots × initial",
      { calcMode: "forex", marginInitial: 500 },
      2,
      1.1,
      1000,
    ],
    ["forex without leverage: lots × contract", { calcMode: "forexNoLeverage" }, 2, 1.1, 200_000],
    ["futures: lots × initial", { calcMode: "futures", marginInitial: 6600 }, 3, 4000, 19_800],
    ["CFD: lots × contract × price", { calcMode: "cfd", contractSize: 10 }, 2, 185.5, 3710],
    [
      "leveraged CFD: lots × contract × price / leverage",
      { calcMode: "cfdLeverage", contractSize: 100 },
      1,
      2031.5,
      2031.5,
    ],
    [
      "index CFD: lots × contract × price × tick value / tick size",
      { calcMode: "cfdIndex", contractSize: 1, digits: 1, tickValue: 0.25, tickSize: 0.5 },
      2,
      16_000,
      16_000,
    ],
    ["stocks: lots × contract × price", { calcMode: "stocks", contractSize: 1 }, 7, 190, 1330],
  ] as [string, Partial<SymbolSpec>, number, number, number][])("%s", (_, more, lots, price, expected) => {
    expect(marginOf(spec(more), lots, price, 100)).toBeCloseTo(expected, 8);
  });
});

describe("rawProfit follows the formulas of ENUM_SYMBOL_CALC_MODE", () => {
  test.each([
    ["forex: difference × contract × lots", { calcMode: "forex" }, "buy", 0.5, 1.1, 1.1011, 55],
    ["a sell earns when the price falls", { calcMode: "forex" }, "sell", 0.5, 1.1, 1.0989, 55],
    [
      "futures: difference in ticks × tick value × lots",
      { calcMode: "futures", digits: 2, tickSize: 0.25, tickValue: 12.5, marginInitial: 1 },
      "buy",
      2,
      4000,
      4010.5,
      1050,
    ],
    [
      "stocks: difference × contract × lots",
      { calcMode: "stocks", contractSize: 1 },
      "sell",
      10,
      190,
      192.5,
      -25,
    ],
  ] as [string, Partial<SymbolSpec>, "buy" | "sell", number, number, number, number][])(
    "%s",
    (_, more, side, lots, open, close, expected) => {
      expect(rawProfit(spec(more), side, lots, open, close)).toBeCloseTo(expected, 8);
    },
  );
});

describe("symbolMarginMinor on hedging accounts (MetaTrader 5 help, Margin calculation: retail Forex)", () => {
  const account = { leverage: 100, marginMode: "hedging", currencyDigits: 2 } as const;
  const entry = (side: "buy" | "sell", lots: number, marginRate: number): MarginEntry => ({
    side,
    volumeUnits: lots * 1e8,
    priceOpen: marginRate,
    marginRate,
  });

  test("nothing open needs no margin", () => {
    expect(symbolMarginMinor(spec({}), [], [], account)).toBe(0);
  });

  test("one leg: its volume at the average rate", () => {
    const entries = [entry("buy", 1, 1.1), entry("buy", 3, 1.2)];
    expect(symbolMarginMinor(spec({}), entries, [], account)).toBe(4 * 1000 * 117.5);
  });

  test("two legs: the larger one's rest, and the hedged volume at its own contract size", () => {
    const entries = [entry("buy", 2, 1.1), entry("sell", 0.5, 1.2)];
    // 1.5 lots at 1.1, and 0.5 hedged lots at the average of all, (2 × 1.1 + 0.5 × 1.2) / 2.5 = 1.12.
    expect(symbolMarginMinor(spec({}), entries, [], account)).toBe(165_000 + 56_000);
    expect(symbolMarginMinor(spec({ marginHedged: 50_000 }), entries, [], account)).toBe(165_000 + 28_000);
  });

  test("hedged volume needs no margin if the contract says so", () => {
    const entries = [entry("buy", 1, 1.1), entry("sell", 1, 1.1)];
    expect(symbolMarginMinor(spec({ marginHedged: 0 }), entries, [], account)).toBe(0);
  });
});

describe("SimulatedTerminal in other currencies", () => {
  test("margin in another currency is converted at the ask for a buy, at the bid for a sell, when it opens", async () => {
    const { terminal, open } = openDesk({ account: { currency: "USD" } });
    await open("buy", 1, { symbol: "EURJPY" });
    expect(terminal.account().margin).toBe(1100.2);
    terminal.quote("EURUSD", 1.3, 1.3002);
    expect(terminal.account().margin).toBe(1100.2);
    await open("sell", 1, { symbol: "GBPUSD" });
    expect(terminal.account().margin).toBe(1100.2 + 1270);
  });

  test("a yen account counts whole yen", async () => {
    const { terminal, open, send } = openDesk({
      account: { currency: "JPY", currencyDigits: 0, balance: 1_000_000 },
    });
    const position = await open("buy", 0.13);
    terminal.quote("EURUSD", 1.1012, 1.1014);
    // 0.001 × 13,000 = 13 dollars, sold at 145.
    expect(terminal.positions()[0]?.profit).toBe(1885);
    await send({ action: "deal", symbol: "EURUSD", kind: "sell", volume: 0.13, position });
    expect(terminal.account().balance).toBe(1_001_885);
  });

  test("a currency in between is found: pounds to yen over the dollar", async () => {
    const { terminal, open } = openDesk({ account: { currency: "GBP" } });
    await open("buy", 0.1, { symbol: "USDJPY" });
    terminal.quote("USDJPY", 146.02, 146.04);
    // 10,000 yen at the own price of 146.02 are 68.484 dollars, which the ask of 1.2702 makes 53.92 pounds.
    expect(terminal.positions()[0]?.profit).toBe(53.92);
  });

  test("symbols convert by their currencies, whatever their names: suffixes, letters that are not ASCII", async () => {
    const symbols = ["EURUSD.£", "USDJPY-欧"].map((name) => symbolSpec(name));
    const { terminal, send } = openDesk({ symbols, account: { currency: "EUR" } });
    const buy = { action: "deal", symbol: "USDJPY-欧", kind: "buy", volume: 1 } as const;
    terminal.quote("USDJPY-欧", 149, 149);
    expect(terminal.orderCheck(buy)).toMatchObject({
      retcode: 10021,
      comment: "No quotes to convert into EUR",
    });
    terminal.quote("EURUSD.£", 1.25, 1.25);
    expect(await send(buy)).toMatchObject({ retcode: 10009 });
    terminal.quote("USDJPY-欧", 150, 150);
    // 100,000 yen at 150 are 666.67 dollars, and these at 1.25 are 533.33 euros; the margin is 1,000 dollars.
    expect(terminal.positions()).toMatchObject([{ symbol: "USDJPY-欧", profit: 533.33 }]);
    expect(terminal.account()).toMatchObject({ margin: 800, profit: 533.33 });
  });

  test("tick value and margin of a lot are shown in the account's currency", () => {
    const { terminal } = openDesk();
    expect(terminal.symbol("EURUSD")).toMatchObject({
      tickValue: 1,
      marginPerLot: 1100.2,
      spread: 20,
      point: 1e-5,
    });
    expect(terminal.symbol("USDJPY")?.tickValue).toBeCloseTo(100 / 145.02, 10);
    expect(terminal.symbol("USDJPY")?.marginPerLot).toBe(1000);
    expect(terminal.symbol("NOPE")).toBeUndefined();
  });
});
