import { describe, expect, test } from "vitest";
import {
  fixedSpread,
  limitedLiquidity,
  spreadMarkup,
  symbolSpec,
  turnoverCommission,
  uniformLiquidity,
  uniformSlippage,
  volumeSlippage,
} from "../../../../src/simulator/broker/mod.ts";
import { openDesk, WEDNESDAY } from "./desk.ts";

const BROKER_NOW = WEDNESDAY + 2 * 3_600_000;

describe("SimulatedTerminal market orders", () => {
  test("a buy is accepted at once, executed at the ask in a later turn, and told in MetaTrader's order", async () => {
    const { terminal, clock, transactions } = openDesk();
    const accepted = terminal.orderSendAsync({
      action: "deal",
      symbol: "EURUSD",
      kind: "buy",
      volume: 0.3,
      magic: "77",
      comment: "first",
    });
    expect(accepted).toEqual({ sent: true, requestId: 1, retcode: 10008, comment: "Order placed" });
    expect(terminal.positions()).toEqual([]);
    await clock.advance(0);
    expect(transactions.map((t) => t.type)).toEqual([
      "orderAdd",
      "dealAdd",
      "orderDelete",
      "historyAdd",
      "request",
    ]);
    expect(transactions.at(-1)?.result).toEqual({
      retcode: 10009,
      deal: "1000002",
      order: "1000001",
      volume: 0.3,
      price: 1.1002,
      bid: 1.1,
      ask: 1.1002,
      comment: "Request executed",
      requestId: 1,
      retcodeExternal: 0,
    });
    expect(terminal.positions()).toEqual([
      {
        ticket: "1000001",
        identifier: "1000001",
        symbol: "EURUSD",
        side: "buy",
        volume: 0.3,
        priceOpen: 1.1002,
        priceCurrent: 1.1,
        stopLoss: 0,
        takeProfit: 0,
        profit: -6,
        swap: 0,
        magic: "77",
        comment: "first",
        reason: "expert",
        openBrokerMs: BROKER_NOW,
        updateBrokerMs: BROKER_NOW,
      },
    ]);
    expect(terminal.historyOrders("0")).toMatchObject([
      {
        ticket: "1000001",
        kind: "buy",
        state: "filled",
        volumeCurrent: 0,
        position: "1000001",
        doneBrokerMs: BROKER_NOW,
      },
    ]);
    expect(terminal.historyDeals("1000001")).toMatchObject([
      {
        ticket: "1000002",
        order: "1000001",
        position: "1000001",
        kind: "buy",
        entry: "in",
        volume: 0.3,
        price: 1.1002,
      },
    ]);
  });

  test("nothing happens before the latency has passed", async () => {
    const { terminal, clock, transactions } = openDesk({ latencyMs: 40 });
    terminal.orderSendAsync({ action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1 });
    await clock.advance(39);
    expect([terminal.positions().length, transactions.length]).toEqual([0, 0]);
    await clock.advance(1);
    expect(terminal.positions()).toHaveLength(1);
  });

  test("equity, margin, free margin and margin level follow the price", async () => {
    const { terminal, open } = openDesk();
    await open("buy", 1);
    expect(terminal.account()).toMatchObject({
      balance: 10_000,
      profit: -20,
      equity: 9980,
      margin: 1100.2,
      freeMargin: 8879.8,
    });
    terminal.quote("EURUSD", 1.1102, 1.1104);
    expect(terminal.account()).toMatchObject({
      balance: 10_000,
      profit: 1000,
      equity: 11_000,
      margin: 1100.2,
    });
    expect(terminal.account().marginLevel).toBeCloseTo((11_000 / 1100.2) * 100, 9);
  });

  test("closing a part takes its profit and leaves the rest", async () => {
    const { terminal, open, send } = openDesk();
    const position = await open("buy", 0.5);
    terminal.quote("EURUSD", 1.1052, 1.1054);
    const close = { action: "deal", symbol: "EURUSD", kind: "sell", position } as const;
    expect(await send({ ...close, volume: 0.2 })).toMatchObject({
      retcode: 10009,
      volume: 0.2,
      price: 1.1052,
    });
    expect(terminal.positions()).toMatchObject([{ ticket: position, volume: 0.3, profit: 150 }]);
    expect(terminal.historyDeals("1000002")).toMatchObject([
      { entry: "out", kind: "sell", volume: 0.2, profit: 100, position },
    ]);
    await send({ ...close, volume: 0.3 });
    expect(terminal.positions()).toEqual([]);
    expect(terminal.account()).toMatchObject({
      balance: 10_250,
      equity: 10_250,
      margin: 0,
      marginLevel: 0,
      profit: 0,
    });
  });

  test("on a hedging account an opposite order without a ticket opens a second position", async () => {
    const { terminal, open } = openDesk();
    await open("buy", 1);
    await open("sell", 1);
    expect(terminal.positions().map((p) => p.side)).toEqual(["buy", "sell"]);
    expect(terminal.account().margin).toBe(1100.1);
  });

  test("profit in yen becomes dollars at the price of the close", async () => {
    const { terminal, open, send } = openDesk();
    const position = await open("buy", 1, { symbol: "USDJPY" });
    terminal.quote("USDJPY", 146.02, 146.04);
    await send({ action: "deal", symbol: "USDJPY", kind: "sell", volume: 1, position });
    expect(terminal.historyDeals("1000002")).toMatchObject([{ profit: 684.84 }]);
    expect(terminal.account().balance).toBe(10_684.84);
  });

  test("a cross's profit is converted by another pair: a profit at its ask, a loss at its bid", async () => {
    const { terminal, open, send } = openDesk();
    const position = await open("buy", 1, { symbol: "EURJPY" });
    expect(terminal.positions()[0]?.profit).toBe(-20.69);
    terminal.quote("EURJPY", 160.53, 160.56);
    expect(terminal.positions()[0]?.profit).toBe(689.56);
    terminal.quote("USDJPY", 150, 150.02);
    expect(terminal.positions()[0]?.profit).toBe(666.58);
    await send({ action: "deal", symbol: "EURJPY", kind: "sell", volume: 1, position });
    expect(terminal.account().balance).toBe(10_666.58);
  });

  test("commission is charged with every deal", async () => {
    const { terminal, open, send } = openDesk({}, { commissionPerLot: 3.5 });
    const position = await open("buy", 0.5);
    expect(terminal.account().balance).toBe(9998.25);
    await send({ action: "deal", symbol: "EURUSD", kind: "sell", volume: 0.5, position });
    expect(terminal.account().balance).toBe(9986.5);
    expect(terminal.historyDeals("1000001").map((deal) => deal.commission)).toEqual([-1.75, -1.75]);
  });

  test("a comment is cut at 31 characters, and the broker may write it anew", async () => {
    const comment = "a comment of more than thirty-one characters";
    const plain = openDesk();
    await plain.open("buy", 0.1, { comment });
    expect(plain.terminal.positions()[0]?.comment).toBe("a comment of more than thirty-o");
    const rewriting = openDesk({ rewriteComment: (text) => `broker: ${text}` });
    await rewriting.open("buy", 0.1, { comment });
    expect(rewriting.terminal.positions()[0]?.comment).toBe("broker: a comment of more than ");
  });

  test("tickets beyond 2^53 stay exact and in order", async () => {
    const { terminal, open } = openDesk({ firstTicket: "9007199254740993" });
    const first = await open("buy", 0.1);
    const second = await open("buy", 0.1);
    expect([first, second]).toEqual(["9007199254740993", "9007199254740994"]);
    expect(terminal.historyOrders(first).map((order) => order.ticket)).toEqual([second]);
  });

  test("the initial deposit and later ones are balance deals", () => {
    const { terminal } = openDesk();
    terminal.server.cash(500.55, "Deposit");
    terminal.server.cash(-100, "Withdrawal");
    terminal.server.cash(50, "Bonus credit", "credit");
    expect(terminal.historyDeals("0")).toMatchObject([
      { kind: "balance", profit: 10_000, comment: "Initial deposit" },
      { kind: "balance", profit: 500.55, order: "0", position: "0" },
      { kind: "balance", profit: -100 },
      { kind: "credit", profit: 50 },
    ]);
    expect(terminal.account()).toMatchObject({ balance: 10_400.55, credit: 50, equity: 10_450.55 });
  });
});

describe("SimulatedTerminal stops", () => {
  test.each([
    ["buy", 1.0952, 1.0951, 1.0953, "stopLoss", "[sl 1.09520]", 1.0951],
    ["sell", 1.1052, 1.1051, 1.1053, "stopLoss", "[sl 1.10520]", 1.1053],
  ] as const)(
    "a %s with a stop loss is closed at the market once it is reached",
    async (kind, level, bid, ask, reason, comment, price) => {
      const { terminal, open } = openDesk();
      const position = await open(kind, 1, { stopLoss: level, magic: "9" });
      const side = kind === "buy" ? -1 : 1;
      terminal.quote("EURUSD", bid - side * 0.0002, ask - side * 0.0002);
      expect(terminal.positions()).toHaveLength(1);
      terminal.quote("EURUSD", bid, ask);
      expect(terminal.positions()).toEqual([]);
      expect(terminal.historyDeals("1000002")).toMatchObject([
        { entry: "out", reason, comment, price, position, magic: "9" },
      ]);
      expect(terminal.historyOrders("1000001")).toMatchObject([
        { reason, comment, state: "filled", position },
      ]);
    },
  );

  test("a take profit is met by the bid for a buy and by the ask for a sell", async () => {
    const { terminal, open } = openDesk();
    await open("buy", 1, { takeProfit: 1.102 });
    await open("sell", 1, { takeProfit: 1.098 });
    terminal.quote("EURUSD", 1.1018, 1.102);
    expect(terminal.positions()).toHaveLength(2);
    terminal.quote("EURUSD", 1.102, 1.1022);
    expect(terminal.positions().map((p) => p.side)).toEqual(["sell"]);
    terminal.quote("EURUSD", 1.0979, 1.0981);
    expect(terminal.positions()).toHaveLength(1);
    terminal.quote("EURUSD", 1.0977, 1.0979);
    expect(terminal.positions()).toEqual([]);
    expect(terminal.historyDeals("1000003").map((deal) => [deal.reason, deal.price])).toEqual([
      ["takeProfit", 1.102],
      ["takeProfit", 1.0979],
    ]);
  });

  test("a gap over the stop loss closes at the price after the gap", async () => {
    const { terminal, open } = openDesk();
    await open("buy", 1, { stopLoss: 1.095 });
    terminal.quote("EURUSD", 1.08, 1.0802);
    expect(terminal.account().balance).toBe(10_000 - 2020);
  });

  test("stops do not work while the market is closed", async () => {
    const { terminal, open, clock } = openDesk();
    await open("buy", 0.1, { stopLoss: 1.095 });
    await clock.advance(3 * 86_400_000);
    terminal.quote("EURUSD", 1.08, 1.0802);
    expect(terminal.positions()).toHaveLength(1);
    await clock.advance(2 * 86_400_000);
    terminal.quote("EURUSD", 1.08, 1.0802);
    expect(terminal.positions()).toHaveLength(0);
  });

  test("changing the stops changes the position and is told; the same stops again are no change", async () => {
    const { terminal, open, send, transactions } = openDesk();
    const position = await open("buy", 0.1);
    transactions.length = 0;
    const request = { action: "sltp", symbol: "EURUSD", position, stopLoss: 1.09, takeProfit: 1.12 } as const;
    expect(await send(request)).toMatchObject({ retcode: 10009 });
    expect(transactions.map((t) => t.type)).toEqual(["position", "request"]);
    expect(terminal.positions()).toMatchObject([{ stopLoss: 1.09, takeProfit: 1.12 }]);
    expect(await send(request)).toMatchObject({ retcode: 10025 });
    expect(await send({ ...request, stopLoss: 1.2 })).toMatchObject({ retcode: 10016 });
  });
});

describe("SimulatedTerminal stop out", () => {
  test("the largest loss is closed first, until the margin level is above the stop out level", async () => {
    const { terminal, open } = openDesk({ account: { balance: 3000 } });
    const small = await open("buy", 0.5);
    await open("buy", 2);
    terminal.quote("EURUSD", 1.0941, 1.0943);
    expect(terminal.positions()).toHaveLength(2);
    expect(terminal.account().marginLevel).toBeLessThan(100);
    terminal.quote("EURUSD", 1.0925, 1.0927);
    expect(terminal.positions().map((p) => p.ticket)).toEqual([small]);
    const deal = terminal.historyDeals("0").at(-1);
    expect(deal).toMatchObject({ reason: "stopOut", entry: "out", volume: 2, profit: -1540 });
    expect(deal?.comment).toMatch(/^\[so \d+\.\d\d%\/1075\.00\/2750\.50\]$/);
    expect(terminal.account().marginLevel).toBeGreaterThan(50);
  });
});

describe("SimulatedTerminal stop out in other settings", () => {
  test("by money: when the equity is down to the amount", async () => {
    const { terminal, open } = openDesk({ account: { stopOutMode: "money", stopOut: 9000 } });
    await open("buy", 1);
    terminal.quote("EURUSD", 1.09021, 1.09041);
    expect(terminal.positions()).toHaveLength(1);
    terminal.quote("EURUSD", 1.0902, 1.0904);
    expect(terminal.positions()).toEqual([]);
    expect(terminal.account().balance).toBe(9000);
  });

  test("fully hedged positions without margin are closed once the equity is below zero", async () => {
    const { terminal, open } = openDesk({ account: { balance: 2000 } }, { marginHedged: 0 });
    await open("buy", 1);
    await open("sell", 1);
    expect(terminal.account().margin).toBe(0);
    terminal.quote("EURUSD", 1.09, 1.1098);
    expect(terminal.positions()).toHaveLength(2);
    terminal.quote("EURUSD", 1.09, 1.1102);
    expect(terminal.historyDeals("1000001").slice(2)).toMatchObject([
      { reason: "stopOut" },
      { reason: "stopOut" },
    ]);
    expect(terminal.account()).toMatchObject({ balance: -40, equity: -40 });
  });

  test("a withdrawal can bring the stop out about", async () => {
    const { terminal, open } = openDesk();
    await open("buy", 1);
    terminal.server.cash(-9000);
    expect(terminal.positions()).toHaveLength(1);
    terminal.server.cash(-500);
    expect(terminal.positions()).toEqual([]);
  });
});

describe("execution models", () => {
  test("fixedSpread and spreadMarkup set what the broker quotes", () => {
    const fixed = openDesk({ execution: fixedSpread(7) });
    expect(fixed.terminal.copyTicks("EURUSD", 0, 1)).toMatchObject([{ bid: 1.1, ask: 1.10007 }]);
    const wider = openDesk({ execution: spreadMarkup(5) });
    expect(wider.terminal.copyTicks("USDJPY", 0, 1)).toMatchObject([{ bid: 145, ask: 145.025 }]);
  });

  test("parts are put together by spreading", async () => {
    const execution = { ...volumeSlippage(10), ...limitedLiquidity(0.5), ...turnoverCommission(0.000_02) };
    const { terminal, send } = openDesk({ execution });
    await send({ action: "deal", symbol: "EURUSD", kind: "buy", volume: 2, filling: "ioc" });
    expect(terminal.positions()).toMatchObject([{ volume: 0.5, priceOpen: 1.1004 }]);
    expect(terminal.historyDeals("1000001")).toMatchObject([{ commission: -1.1 }]);
  });

  test("slippage keeps to the symbol's ticks", async () => {
    let points = 0;
    const spec = symbolSpec("ES", {
      calcMode: "futures",
      digits: 2,
      tickSize: 0.25,
      tickValue: 12.5,
      marginInitial: 100,
    });
    const { terminal, open } = openDesk({ symbols: [spec], execution: { slippagePoints: () => points } });
    terminal.quote("ES", 4800, 4800.25);
    const priceAt = async (slipped: number): Promise<number | undefined> => {
      points = slipped;
      await open("buy", 1, { symbol: "ES" });
      return terminal.positions().at(-1)?.priceOpen;
    };
    expect([await priceAt(0), await priceAt(10), await priceAt(20), await priceAt(-25)]).toEqual([
      4800.25, 4800.25, 4800.5, 4800,
    ]);
  });

  test("uniformSlippage and uniformLiquidity stay between their bounds", async () => {
    const { terminal, send } = openDesk({
      execution: { ...uniformSlippage(-1, 2), ...uniformLiquidity(0.1, 0.2) },
    });
    for (let i = 0; i < 40; i++) {
      await send({ action: "deal", symbol: "EURUSD", kind: "buy", volume: 1, filling: "ioc" });
    }
    const deals = terminal.historyDeals("1000001");
    expect([...new Set(deals.map((deal) => deal.price))].sort()).toEqual([1.10019, 1.1002, 1.10021, 1.10022]);
    for (const deal of deals) expect(deal.volume >= 0.1 && deal.volume <= 0.2).toBe(true);
  });
});

describe("TradeServer calculations", () => {
  test("margin and profit of what is not traded yet, in the account's currency", () => {
    const { server } = openDesk().terminal;
    expect(server.calcMargin("buy", "EURUSD", 0.5, 1.2)).toBe(550.1);
    expect(server.calcProfit("sell", "USDJPY", 1, 145, 144)).toBe(694.44);
    expect(server.calcProfit("buy", "NOPE", 1, 1, 2)).toBeUndefined();
    expect(server.calcMargin("buy", "NOPE", 1, 1)).toBeUndefined();
  });
});

describe("SimulatedTerminal ticks", () => {
  test("ticks of selected symbols are told, and can be copied from a time on, none lost", async () => {
    const { terminal, clock, ticks } = openDesk();
    expect([terminal.tick("EURUSD"), ticks.length]).toEqual([undefined, 0]);
    expect(terminal.selectSymbol("EURUSD")).toBe(true);
    expect(terminal.selectSymbol("NOPE")).toBe(false);
    await clock.advance(10);
    terminal.quote("EURUSD", 1.1001, 1.1003);
    terminal.quote("EURUSD", 1.1002, 1.1003);
    terminal.quote("GBPUSD", 1.2701, 1.2703);
    expect(ticks).toEqual(["EURUSD", "EURUSD"]);
    expect(terminal.tick("EURUSD")).toEqual({
      timeBrokerMs: BROKER_NOW + 10,
      bid: 1.1002,
      ask: 1.1003,
      last: 0,
      volume: 0,
      volumeReal: 0,
      flags: 2,
    });
    expect(terminal.copyTicks("EURUSD", 0, 100).map((tick) => tick.bid)).toEqual([1.1, 1.1001, 1.1002]);
    expect(terminal.copyTicks("EURUSD", BROKER_NOW + 10, 100).map((tick) => tick.bid)).toEqual([
      1.1001, 1.1002,
    ]);
    expect(terminal.copyTicks("EURUSD", 0, 2).map((tick) => tick.bid)).toEqual([1.1, 1.1001]);
    expect(terminal.copyTicks("EURUSD", BROKER_NOW + 11, 100)).toEqual([]);
  });

  test("the tick history is bounded and keeps the newest", () => {
    const { terminal } = openDesk({ tickHistory: 1000 });
    for (let i = 0; i < 5000; i++) terminal.quote("EURUSD", 1 + i / 1e5, 1.1 + i / 1e5);
    const ticks = terminal.copyTicks("EURUSD", 0, 10_000);
    expect(ticks).toHaveLength(1000);
    expect(ticks[0]?.bid).toBe(1 + 4000 / 1e5);
    expect(ticks.at(-1)?.bid).toBe(1 + 4999 / 1e5);
  });

  test("the tick history keeps its first ticks while it grows", () => {
    const { terminal } = openDesk({ tickHistory: 5000 });
    for (let i = 1; i < 3000; i++) terminal.quote("EURUSD", 1 + i / 1e5, 1.1 + i / 1e5);
    const ticks = terminal.copyTicks("EURUSD", 0, 10_000);
    expect(ticks.map((tick) => tick.bid)).toEqual([
      1.1,
      ...Array.from({ length: 2999 }, (_, i) => 1 + (i + 1) / 1e5),
    ]);
  });
});
