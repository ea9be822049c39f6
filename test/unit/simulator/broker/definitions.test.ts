import { describe, expect, test } from "vitest";
import {
  type AccountSettings,
  SimulatedTerminal,
  type SymbolSpec,
  symbolSpec,
} from "../../../../src/simulator/broker/mod.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";

/** Settings as plain JavaScript may give them. */
const odd = (value: unknown): never => value as never;

describe("symbolSpec refuses a contract that cannot be traded, naming property, value and what was expected", () => {
  test.each([
    [{ calcMode: odd("options") }, 'calcMode is "options", expected forex, forexNoLeverage, futures'],
    [{ swapMode: odd("reopenBid") }, "opening positions anew is not simulated"],
    [{ tradeMode: odd("open") }, 'tradeMode is "open", expected disabled'],
    [{ execution: odd("fast") }, 'execution is "fast", expected request'],
    [{ filling: [odd("all")] }, 'filling is ["all"], expected some of fok, ioc'],
    [{ timeInForce: [] }, "timeInForce is [], expected one or more of gtc"],
    [{ timeInForce: [odd("week")] }, "expected one or more of gtc"],
    [{ digits: 11 }, "digits is 11, expected a whole number from 0 to 10"],
    [{ digits: 2.5 }, "digits is 2.5"],
    [{ tickSize: 0 }, "tickSize is 0, expected a whole number of points"],
    [{ digits: 2, tickSize: 0.015 }, "tickSize is 0.015"],
    [{ digits: 2, tickSize: 0.001 }, "tickSize is 0.001"],
    [{ contractSize: -1 }, "contractSize is -1, expected a number above 0"],
    [{ volumeMin: 0 }, "volumeMin is 0, expected a number above 0"],
    [{ volumeStep: 0 }, "volumeStep is 0, expected at least 0.00000001 lots"],
    [{ volumeMin: 2, volumeMax: 1 }, "volumeMax is 1, expected at least volumeMin, which is 2"],
    [{ volumeLimit: -1 }, "volumeLimit is -1, expected 0 or more"],
    [{ marginHedged: Number.NaN }, "marginHedged is null, expected 0 or more"],
    [{ stopsLevel: 1.5 }, "stopsLevel is 1.5, expected a whole number of points, 0 or more"],
    [{ freezeLevel: -1 }, "freezeLevel is -1"],
    [{ swapLong: Number.POSITIVE_INFINITY }, "swapLong is null, expected a number"],
    [{ commissionPerLot: odd(undefined) }, "commissionPerLot is undefined, expected a number"],
    [{ swapTripleDay: 7 }, "swapTripleDay is 7, expected 0 (Sunday) to 6 (Saturday)"],
    [{ swapRatios: [1, 1, 3] }, "swapRatios is [1,1,3], expected seven factors of 0 or more, or none"],
    [{ swapRatios: [0, 1, 1, -1, 1, 1, 0] }, "expected seven factors of 0 or more, or none"],
    [{ tradeSessions: [{ fromMinute: 60, toMinute: 60 }] }, "from before to"],
    [{ quoteSessions: [{ fromMinute: 0, toMinute: 10_081 }] }, "expected spans from 0 to 10080 minutes"],
    [{ calcMode: "futures" }, "marginInitial is 0, expected a number above 0 for futures"],
    [
      { calcMode: "futures", marginInitial: 5, tickValue: 0 },
      "tickValue is 0, expected a number above 0 for futures",
    ],
    [{ calcMode: "cfdIndex", tickValue: -1 }, "expected a number above 0 for cfdIndex"],
    [{ marginMaintenance: 5 }, "marginMaintenance is 5, expected 0 without marginInitial"],
    [{ marginRate: -1 }, "marginRate is -1, expected 0 or more"],
    [{ marginRates: { buyLimit: { initial: -1 } } }, "expected factors of 0 or more for buyLimit"],
    [{ marginRates: { sell: { initial: 1, maintenance: -1 } } }, "expected factors of 0 or more for sell"],
  ] as [Partial<SymbolSpec>, string][])("%j: %s", (overrides, message) => {
    const define = (): SymbolSpec => symbolSpec("EURUSD", overrides);
    expect(define).toThrow(RangeError);
    expect(define).toThrow('Cannot define symbol "EURUSD": ');
    expect(define).toThrow(message);
  });

  test("a name of nothing is none", () => {
    expect(() => symbolSpec(" ")).toThrow('Cannot define symbol " ": name is " ", expected a name');
  });

  test("a path of one's own stays, the group's name gets the symbol's", () => {
    expect(symbolSpec("EURUSD", { path: "Majors\\Euro" }).path).toBe("Majors\\Euro");
    expect(symbolSpec("EURUSD", { path: "Majors" }).path).toBe("Majors\\EURUSD");
  });
});

describe("SimulatedTerminal refuses an account that cannot be traded", () => {
  const open = (account: Partial<AccountSettings>, symbols = [symbolSpec("EURUSD")]): SimulatedTerminal =>
    new SimulatedTerminal({ clock: new VirtualClock(), account, symbols });

  test.each([
    [{ leverage: 0 }, "leverage is 0, expected a number above 0"],
    [{ balance: Number.NaN }, "balance is null, expected a number"],
    [{ currencyDigits: 2.5 }, "currencyDigits is 2.5, expected a whole number from 0 to 8"],
    [{ marginMode: odd("fifo") }, 'marginMode is "fifo", expected hedging, netting, exchange'],
  ] as [Partial<AccountSettings>, string][])("%j: %s", (account, message) => {
    expect(() => open(account)).toThrow(`Cannot open the account: ${message}`);
  });

  test("two symbols of one name, and a contract that was changed after its definition", () => {
    expect(() => open({}, [symbolSpec("EURUSD"), symbolSpec("EURUSD")])).toThrow(
      "two symbols are named EURUSD",
    );
    const changed = { ...symbolSpec("EURUSD"), contractSize: 0 };
    expect(() => open({}, [changed])).toThrow('Cannot define symbol "EURUSD": contractSize is 0');
  });

  test("leveraged symbols on an exchange account, naming what an exchange has", () => {
    expect(() => open({ marginMode: "exchange" })).toThrow(
      "Cannot trade EURUSD on an account of margin mode exchange: its calcMode is forex, expected stocks or futures",
    );
    const stock = symbolSpec("SBER", { calcMode: "stocks" });
    expect(open({ marginMode: "exchange" }, [stock]).account().marginMode).toBe("exchange");
  });

  test("an account without a deposit has no deal", () => {
    expect(open({ balance: 0 }).historyDeals("0")).toEqual([]);
  });
});
