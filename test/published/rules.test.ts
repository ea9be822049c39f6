import { afterEach, describe, expect, test } from "vitest";
import type { FillingMode, SymbolExecution } from "../../src/domain/records.ts";
import { type Bench, book, openBench } from "./kit.ts";

let bench: Bench | undefined;
afterEach(() => bench?.terminal.dispose());

type Allowed = "always" | "if set" | "never";
const fillPolicies: readonly [SymbolExecution, Readonly<Record<"fok" | "ioc" | "return", Allowed>>][] = [
  ["instant", { fok: "always", ioc: "always", return: "always" }],
  ["request", { fok: "always", ioc: "always", return: "always" }],
  ["market", { fok: "if set", ioc: "if set", return: "never" }],
  ["exchange", { fok: "if set", ioc: "if set", return: "always" }],
];

describe("fill policies (MQL5 reference, Order Properties, table of execution types and fill policies)", () => {
  test.each(fillPolicies)("%s execution: %j", (execution, policies) => {
    for (const filling of [[], ["fok"], ["ioc"], ["fok", "ioc"]] as const) {
      bench = openBench({ EURUSD: 1.1 }, {}, { EURUSD: { execution, filling } });
      const order = { action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1, price: 1.1 } as const;
      for (const [mode, allowed] of Object.entries(policies) as [FillingMode, Allowed][]) {
        const fits =
          allowed === "always" || (allowed === "if set" && (filling as readonly string[]).includes(mode));
        const { retcode } = bench.terminal.orderCheck({ ...order, filling: mode });
        expect([mode, filling, retcode]).toEqual([mode, filling, fits ? 0 : 10030]);
      }
      const pending = {
        ...order,
        action: "pending",
        kind: "buyLimit",
        price: 1.05,
        filling: "return",
      } as const;
      expect(bench.terminal.orderCheck(pending)).toMatchObject({ retcode: 0 });
      bench.terminal.dispose();
    }
  });
});

describe("stops of a netting position (MetaTrader 5 Help, General Principles, inheritance of Stop Loss and Take Profit)", () => {
  const deal = (kind: "buy" | "sell", volume: number, stopLoss = 0, takeProfit = 0): Promise<unknown> =>
    (bench as Bench).send({ action: "deal", symbol: "EURUSD", kind, volume, stopLoss, takeProfit });
  const stops = (): unknown =>
    bench?.terminal.positions().map((position) => [position.stopLoss, position.takeProfit]);
  const open = (): void => {
    bench = openBench({ EURUSD: 1.1 }, { marginMode: "netting" });
  };

  test("increasing it: the latest order's stops count", async () => {
    open();
    await deal("buy", 1, 1.05, 1.15);
    await deal("buy", 1, 1.06, 1.16);
    expect(stops()).toEqual([[1.06, 1.16]]);
  });

  test("increasing it by an order without stops: they are taken off", async () => {
    open();
    await deal("buy", 1, 1.05, 1.15);
    await deal("buy", 1);
    expect(stops()).toEqual([[0, 0]]);
  });

  test("a pending order that is reached counts as the latest", async () => {
    open();
    await deal("buy", 1, 1.05, 1.15);
    const limit = { action: "pending", symbol: "EURUSD", kind: "buyLimit", volume: 1, price: 1.09 } as const;
    await bench?.send({ ...limit, stopLoss: 1.04, takeProfit: 1.2 });
    bench?.terminal.quote("EURUSD", 1.089, 1.089);
    expect(stops()).toEqual([[1.04, 1.2]]);
  });

  test("closing a part of it: they stay", async () => {
    open();
    await deal("buy", 1, 1.05, 1.15);
    await deal("sell", 0.4, 1.2, 1.01);
    expect(stops()).toEqual([[1.05, 1.15]]);
  });

  test("turning it round: the latest order's count", async () => {
    open();
    await deal("buy", 1, 1.05, 1.15);
    await deal("sell", 2, 1.2, 1.01);
    expect(stops()).toEqual([[1.2, 1.01]]);
  });
});

describe(`close orders (${book.returnCodes}, TRADE_RETCODE_CLOSE_ORDER_EXIST)`, () => {
  test("a position whose volume is being closed by orders is closed by no more: 10039", async () => {
    let lots = 10;
    bench = openBench(
      { EURUSD: 1.1 },
      {},
      { EURUSD: { execution: "exchange" } },
      { liquidityLots: () => lots },
    );
    const { order: position } = await bench.trade("EURUSD", "buy", 1);
    lots = 0;
    const close = { action: "deal", symbol: "EURUSD", kind: "sell", position, filling: "return" } as const;
    const placed = bench.terminal.server.execute({ ...close, volume: 0.7 });
    expect(placed).toMatchObject({ retcode: 10008 });
    expect(bench.terminal.orderCheck({ ...close, volume: 0.4 })).toMatchObject({ retcode: 10039 });
    expect(bench.terminal.orderCheck({ ...close, volume: 0.3 })).toMatchObject({ retcode: 0 });
  });
});
