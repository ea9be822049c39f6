import { describe, expect, test } from "vitest";
import type { TradeRequest, TradeTransaction } from "../../../../src/domain/terminal.ts";
import { openDesk } from "./desk.ts";

const buy: TradeRequest = { action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1 };

describe("SimulatedTerminal hooks", () => {
  test("an answer before execution is all that happens", async () => {
    const { terminal, send } = openDesk();
    terminal.setHooks({ before: () => ({ retcode: 10012 }) });
    expect(await send(buy)).toMatchObject({ retcode: 10012, order: "0", comment: "Request timed out" });
    expect(terminal.positions()).toEqual([]);
  });

  test("an answer after execution hides it: a timeout although the order was filled", async () => {
    const { terminal, send } = openDesk();
    terminal.setHooks({ after: () => ({ retcode: 10012, delayMs: 3000, comment: "late" }) });
    expect(await send(buy)).toMatchObject({
      retcode: 10012,
      order: "0",
      deal: "0",
      comment: "late",
      requestId: 1,
    });
    expect(terminal.positions()).toHaveLength(1);
  });

  test("silence before execution loses the request, after execution only its answer", async () => {
    const { terminal, clock, transactions } = openDesk();
    terminal.setHooks({
      before: (_, id) => (id === 1 ? "silence" : undefined),
      after: (_, id) => (id === 2 ? "silence" : undefined),
    });
    terminal.orderSendAsync(buy);
    terminal.orderSendAsync({ ...buy, volume: 0.2 });
    await clock.advance(60_000);
    expect(transactions.some((t) => t.type === "request")).toBe(false);
    expect(terminal.positions().map((position) => position.volume)).toEqual([0.2]);
  });

  test("transactions can be reversed, delayed and lost on their way", async () => {
    const { terminal, clock, transactions } = openDesk();
    terminal.setHooks({
      deliver: (batch) =>
        [...batch]
          .reverse()
          .filter((transaction) => transaction.type !== "orderAdd")
          .map((transaction) => ({ transaction, delayMs: transaction.type === "dealAdd" ? 500 : 0 })),
    });
    terminal.orderSendAsync(buy);
    await clock.advance(499);
    expect(transactions.map((t) => t.type)).toEqual(["historyAdd", "orderDelete", "request"]);
    await clock.advance(1);
    expect(transactions.at(-1)?.type).toBe("dealAdd");
  });

  test("a busy expert loses the oldest transactions once the queue is full", async () => {
    const { terminal, clock, transactions } = openDesk({ transactionQueue: 8 });
    terminal.setBusy(true);
    for (let i = 0; i < 3; i++) terminal.orderSendAsync(buy);
    await clock.advance(10);
    expect(transactions).toEqual([]);
    terminal.setBusy(false);
    await clock.advance(0);
    expect(transactions).toHaveLength(8);
    expect(terminal.lostTransactions).toBe(7);
    expect(transactions.filter((t) => t.type === "request").map((t) => t.result?.requestId)).toEqual([2, 3]);
  });

  test("the queue holds 1,024 transactions unless told otherwise", async () => {
    const { terminal, clock, transactions } = openDesk({}, { stopsLevel: 0 });
    terminal.setBusy(true);
    for (let i = 0; i < 210; i++) terminal.orderSendAsync({ ...buy, volume: 0.01 });
    await clock.advance(10);
    terminal.setBusy(false);
    await clock.advance(0);
    expect([transactions.length, terminal.lostTransactions]).toEqual([1024, 210 * 5 - 1024]);
  });

  test("without connection the tables stand still and nothing is told; the broker goes on", async () => {
    const { terminal, open, clock, transactions, ticks } = openDesk();
    await open("buy", 0.1, { stopLoss: 1.09 });
    const before = terminal.account();
    transactions.length = 0;
    ticks.length = 0;
    terminal.setConnected(false);
    expect(terminal.info().connected).toBe(false);
    await clock.advance(1000);
    terminal.quote("EURUSD", 1.0895, 1.0897);
    await clock.advance(1000);
    expect(terminal.positions()).toHaveLength(1);
    expect(terminal.account()).toEqual(before);
    expect(terminal.historyDeals("1000001")).toHaveLength(1);
    expect(terminal.tick("EURUSD")?.bid).toBe(1.1);
    expect(terminal.copyTicks("EURUSD", 0, 10)).toHaveLength(1);
    expect([transactions.length, ticks.length]).toEqual([0, 0]);
    terminal.setConnected(true);
    await clock.advance(1000);
    expect(terminal.positions()).toEqual([]);
    expect(terminal.historyDeals("1000001")).toHaveLength(2);
    expect(terminal.copyTicks("EURUSD", 0, 10)).toHaveLength(2);
    expect(transactions).toEqual([]);
  });

  test("a trade from elsewhere changes the tables and is told, without a request", async () => {
    const { terminal, clock, transactions } = openDesk();
    terminal.server.execute(buy, "mobile");
    expect(terminal.positions()).toMatchObject([{ reason: "mobile" }]);
    await clock.advance(0);
    const types: TradeTransaction["type"][] = transactions.map((t) => t.type);
    expect(types).toEqual(["orderAdd", "dealAdd", "orderDelete", "historyAdd"]);
  });

  test("dispose leaves no timer that acts", async () => {
    const { terminal, clock, transactions } = openDesk({ latencyMs: 10 });
    terminal.orderSendAsync(buy);
    terminal.dispose();
    await clock.advance(86_400_000);
    expect([terminal.positions().length, transactions.length]).toEqual([0, 0]);
  });
});
