import { describe, expect, test } from "vitest";
import type { TradeRequest } from "../../../../src/domain/terminal.ts";
import { SimulatedTerminal, type SymbolSpec, symbolSpec } from "../../../../src/simulator/broker/mod.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";
import { openDesk, WEDNESDAY } from "./desk.ts";

const buy: TradeRequest = { action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1 };
const SATURDAY = WEDNESDAY + 3 * 86_400_000;

describe("SimulatedTerminal refusals", () => {
  const cases: readonly [string, number, TradeRequest, Partial<SymbolSpec>][] = [
    ["no symbol", 10013, { action: "deal", kind: "buy", volume: 0.1 }, {}],
    ["an unknown symbol", 10013, { ...buy, symbol: "EURUSDm" }, {}],
    ["no side", 10013, { action: "deal", symbol: "EURUSD", volume: 0.1 }, {}],
    ["a pending kind in a deal", 10013, { ...buy, kind: "buyLimit" }, {}],
    ["no volume", 10014, { action: "deal", symbol: "EURUSD", kind: "buy" }, {}],
    ["a negative volume", 10014, { ...buy, volume: -1 }, {}],
    ["a volume that is no number", 10014, { ...buy, volume: Number.NaN }, {}],
    ["a volume under the minimum", 10014, { ...buy, volume: 0.05 }, { volumeMin: 0.1 }],
    ["a volume over the maximum", 10014, { ...buy, volume: 1.1 }, { volumeMax: 1 }],
    ["a volume off the step", 10014, { ...buy, volume: 0.015 }, {}],
    ["a volume off the step by a trifle", 10014, { ...buy, volume: 0.010_000_01 }, {}],
    ["no price under instant execution", 10015, buy, { execution: "instant" }],
    ["a stop loss above the bid of a buy", 10016, { ...buy, stopLoss: 1.1001 }, {}],
    ["a stop loss at the bid of a buy", 10016, { ...buy, stopLoss: 1.1 }, {}],
    ["a take profit under the bid of a buy", 10016, { ...buy, takeProfit: 1.09 }, {}],
    ["a stop loss within the stops level", 10016, { ...buy, stopLoss: 1.0999 }, { stopsLevel: 20 }],
    ["a stop loss off the grid", 10016, { ...buy, stopLoss: 1.095_001 }, {}],
    ["a negative stop loss", 10016, { ...buy, stopLoss: -1.09 }, {}],
    ["a stop loss under the ask of a sell", 10016, { ...buy, kind: "sell", stopLoss: 1.1001 }, {}],
    ["trading disabled", 10017, buy, { tradeMode: "disabled" }],
    ["a symbol that is closed all week", 10018, buy, { tradeSessions: [] }],
    ["more than the margin allows", 10019, { ...buy, volume: 9.1 }, {}],
    ["a filling that the symbol lacks", 10030, { ...buy, filling: "ioc" }, { filling: ["fok"] }],
    ["RETURN under market execution", 10030, { ...buy, filling: "return" }, {}],
    ["more than the volume limit", 10034, { ...buy, volume: 0.6 }, { volumeLimit: 0.5 }],
    ["a market kind in a pending order", 10035, { ...buy, action: "pending", price: 1.09 }, {}],
    ["a position that is gone", 10036, { ...buy, position: "123" }, {}],
    ["buying what is short only", 10043, buy, { tradeMode: "shortOnly" }],
    ["selling what is long only", 10042, { ...buy, kind: "sell" }, { tradeMode: "longOnly" }],
    ["opening what is close only", 10044, buy, { tradeMode: "closeOnly" }],
  ];
  test.each(cases)(
    "%s is refused with %i, by check and send alike, and changes nothing",
    async (_, code, request, spec) => {
      const { terminal, send } = openDesk({}, spec);
      expect(terminal.orderCheck(request).retcode).toBe(code);
      const result = await send(request);
      expect(result).toMatchObject({ retcode: code, deal: "0", order: "0", volume: 0 });
      expect(result.comment).not.toBe("");
      expect(terminal.positions()).toEqual([]);
      expect(terminal.orders()).toEqual([]);
      expect(terminal.historyDeals("0")).toHaveLength(1);
      expect(terminal.account().balance).toBe(10_000);
    },
  );

  test("a check that finds nothing answers 0 and executes nothing", async () => {
    const { terminal, clock } = openDesk();
    expect(terminal.orderCheck(buy)).toMatchObject({ retcode: 0, comment: "Done", bid: 1.1, ask: 1.1002 });
    await clock.advance(1000);
    expect(terminal.positions()).toEqual([]);
  });

  test("a symbol without quotes is refused with 10021", async () => {
    const clock = new VirtualClock({ wallStartMs: WEDNESDAY });
    const terminal = new SimulatedTerminal({ clock });
    expect(terminal.orderCheck(buy).retcode).toBe(10021);
  });

  test("a symbol whose profit cannot be converted for want of quotes is refused with 10021, saying so", () => {
    const clock = new VirtualClock({ wallStartMs: WEDNESDAY });
    const symbols = [symbolSpec("USDJPY")];
    const terminal = new SimulatedTerminal({ clock, symbols, account: { currency: "EUR" } });
    terminal.quote("USDJPY", 145, 145.02);
    const request = { ...buy, symbol: "USDJPY" };
    expect(terminal.orderCheck(request)).toMatchObject({
      retcode: 10021,
      comment: "No quotes to convert into EUR",
    });
  });

  test("the weekend is refused with 10018, also to closing", async () => {
    const { clock, open, send } = openDesk();
    const position = await open("buy", 0.1);
    await clock.advance(SATURDAY - WEDNESDAY);
    expect(await send({ ...buy, kind: "sell", position })).toMatchObject({ retcode: 10018 });
    expect(await send({ action: "sltp", symbol: "EURUSD", position, stopLoss: 1 })).toMatchObject({
      retcode: 10018,
    });
  });

  test("closing passes where opening is refused", async () => {
    const { terminal, open, send } = openDesk({}, { volumeMin: 0.1 });
    const position = await open("buy", 0.5);
    Object.assign(terminal.server.state.symbols.get("EURUSD")?.spec ?? {}, {
      tradeMode: "closeOnly",
      volumeMin: 1,
    });
    expect(await send({ ...buy, kind: "sell", volume: 0.5 })).toMatchObject({ retcode: 10044 });
    expect(await send({ ...buy, kind: "sell", volume: 0.5, position })).toMatchObject({ retcode: 10009 });
  });

  test("closing more than there is is refused with 10038, and the same side again with 10013", async () => {
    const { open, send } = openDesk();
    const position = await open("buy", 0.5);
    expect(await send({ ...buy, kind: "sell", volume: 0.6, position })).toMatchObject({ retcode: 10038 });
    expect(await send({ ...buy, kind: "buy", volume: 0.5, position })).toMatchObject({ retcode: 10013 });
    expect(await send({ ...buy, symbol: "GBPUSD", kind: "sell", volume: 0.5, position })).toMatchObject({
      retcode: 10013,
    });
  });

  test("a position that the stop loss took meanwhile answers a close with 10036", async () => {
    const { terminal, open, transactions, clock } = openDesk({ latencyMs: 50 });
    const position = await open("buy", 0.5, { stopLoss: 1.09 });
    terminal.orderSendAsync({ ...buy, kind: "sell", volume: 0.5, position });
    terminal.quote("EURUSD", 1.0899, 1.0901);
    await clock.advance(50);
    expect(transactions.at(-1)).toMatchObject({ type: "request", result: { retcode: 10036 } });
    expect(terminal.historyDeals("1000002")).toHaveLength(1);
  });

  test("of two closes of one position under way only one executes", async () => {
    const { terminal, open, transactions, clock } = openDesk({ latencyMs: [10, 30] });
    const position = await open("buy", 0.5);
    transactions.length = 0;
    terminal.orderSendAsync({ ...buy, kind: "sell", volume: 0.5, position });
    terminal.orderSendAsync({ ...buy, kind: "sell", volume: 0.5, position });
    await clock.advance(100);
    const codes = transactions.flatMap((t) => (t.result === undefined ? [] : [t.result.retcode]));
    expect(codes).toEqual([10009, 10036]);
    expect(terminal.positions()).toEqual([]);
  });

  test("limits of positions and of pending orders are refused with 10040 and 10033", async () => {
    const { open, send } = openDesk({ account: { maxPositions: 1, maxPendingOrders: 1 } });
    const position = await open("buy", 0.1);
    expect(await send(buy)).toMatchObject({ retcode: 10040 });
    const pending: TradeRequest = { ...buy, action: "pending", kind: "buyLimit", price: 1.09 };
    expect(await send(pending)).toMatchObject({ retcode: 10009 });
    expect(await send(pending)).toMatchObject({ retcode: 10033 });
    expect(await send({ ...buy, kind: "sell", position })).toMatchObject({ retcode: 10009 });
  });

  test("FIFO accounts refuse closing the newer position with 10045", async () => {
    const { open, send } = openDesk({ account: { fifoClose: true } });
    const older = await open("buy", 0.1);
    const newer = await open("buy", 0.1);
    expect(await send({ ...buy, kind: "sell", position: newer })).toMatchObject({ retcode: 10045 });
    expect(await send({ ...buy, kind: "sell", position: older })).toMatchObject({ retcode: 10009 });
    expect(await send({ ...buy, kind: "sell", position: newer })).toMatchObject({ retcode: 10009 });
  });

  test("accounts that prohibit hedging refuse an opposite position with 10046", async () => {
    const { open, send } = openDesk({ account: { hedgeProhibited: true } });
    await open("buy", 0.1);
    expect(await send({ ...buy, kind: "sell" })).toMatchObject({ retcode: 10046 });
    expect(await send(buy)).toMatchObject({ retcode: 10009 });
  });

  test("a frozen position can be neither changed nor closed: 10029", async () => {
    const { terminal, open, send } = openDesk({}, { freezeLevel: 10 });
    const position = await open("buy", 0.1, { stopLoss: 1.095 });
    terminal.quote("EURUSD", 1.0951, 1.0953);
    expect(await send({ ...buy, kind: "sell", position })).toMatchObject({ retcode: 10029 });
    const stops = { action: "sltp", symbol: "EURUSD", position, stopLoss: 1.09 } as const;
    expect(await send(stops)).toMatchObject({ retcode: 10029 });
    terminal.quote("EURUSD", 1.0952, 1.0954);
    expect(await send(stops)).toMatchObject({ retcode: 10009 });
  });

  test("what the terminal forbids is refused at once and never sent", async () => {
    const { terminal, transactions, clock } = openDesk();
    const expectRefused = (retcode: number): void => {
      expect(terminal.orderSendAsync(buy)).toMatchObject({ sent: false, retcode });
      expect(terminal.orderCheck(buy)).toMatchObject({ retcode });
    };
    terminal.setPermissions({ terminalTradeAllowed: false });
    expectRefused(10027);
    terminal.setPermissions({ terminalTradeAllowed: true, expertTradeAllowed: false });
    expectRefused(10027);
    terminal.setPermissions({ expertTradeAllowed: true });
    terminal.setConnected(false);
    expectRefused(10031);
    terminal.setConnected(true);
    terminal.server.changeAccount({ tradeAllowed: false });
    expect(terminal.info().accountTradeAllowed).toBe(false);
    expectRefused(10017);
    terminal.server.changeAccount({ tradeAllowed: true, expertAllowed: false });
    expectRefused(10026);
    terminal.server.changeAccount({ expertAllowed: true });
    await clock.advance(100);
    expect([terminal.positions().length, transactions.length]).toEqual([0, 0]);
    expect(terminal.orderSendAsync(buy).sent).toBe(true);
  });
});

describe("SimulatedTerminal instant execution", () => {
  const request: TradeRequest = { ...buy, price: 1.1002, deviation: 5 };

  test("executes at the current price within the deviation", async () => {
    const { terminal, clock, transactions } = openDesk({ latencyMs: 20 }, { execution: "instant" });
    terminal.orderSendAsync(request);
    terminal.quote("EURUSD", 1.10005, 1.10025);
    await clock.advance(20);
    expect(transactions.at(-1)?.result).toMatchObject({ retcode: 10009, price: 1.10025 });
  });

  test("answers with a requote and the new prices beyond the deviation, and executes nothing", async () => {
    const { terminal, clock, transactions } = openDesk({ latencyMs: 20 }, { execution: "instant" });
    terminal.orderSendAsync(request);
    terminal.quote("EURUSD", 1.10006, 1.10026);
    await clock.advance(20);
    expect(transactions).toMatchObject([
      { type: "request", result: { retcode: 10004, bid: 1.10006, ask: 1.10026, order: "0", deal: "0" } },
    ]);
    expect(terminal.positions()).toEqual([]);
  });
});
