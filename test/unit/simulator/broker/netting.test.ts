import { describe, expect, test } from "vitest";
import type { TradeRequest } from "../../../../src/domain/terminal.ts";
import { type Desk, openDesk } from "./desk.ts";

const deal = (kind: "buy" | "sell", volume: number, more: Partial<TradeRequest> = {}): TradeRequest => ({
  action: "deal",
  symbol: "EURUSD",
  kind,
  volume,
  ...more,
});

const openNetting = (account: Partial<Parameters<typeof openDesk>[0]> = {}): Desk =>
  openDesk({ account: { marginMode: "netting" }, ...account });

describe("SimulatedTerminal netting", () => {
  test("deals of one side add up to one position at the average price, with the stops of the latest order", async () => {
    const { terminal, send } = openNetting();
    await send(deal("buy", 0.1, { stopLoss: 1.05 }));
    terminal.quote("EURUSD", 1.103, 1.1032);
    await send(deal("buy", 0.2, { takeProfit: 1.2 }));
    expect(terminal.positions()).toMatchObject([
      { ticket: "1000001", volume: 0.3, priceOpen: 1.1022, stopLoss: 0, takeProfit: 1.2, profit: 24 },
    ]);
    expect(terminal.historyDeals("1000001").map((d) => [d.entry, d.position])).toEqual([
      ["in", "1000001"],
      ["in", "1000001"],
    ]);
  });

  test("an opposite deal reduces, and one of equal volume closes", async () => {
    const { terminal, send } = openNetting();
    await send(deal("buy", 0.3));
    terminal.quote("EURUSD", 1.1012, 1.1014);
    await send(deal("sell", 0.1));
    expect(terminal.positions()).toMatchObject([{ volume: 0.2, priceOpen: 1.1002 }]);
    expect(terminal.account().balance).toBe(10_010);
    await send(deal("sell", 0.2));
    expect(terminal.positions()).toEqual([]);
    expect(terminal.account()).toMatchObject({ balance: 10_030, margin: 0 });
  });

  test("a larger opposite deal turns the position round: one deal in/out, new ticket, same identifier", async () => {
    const { terminal, send } = openNetting();
    await send(deal("buy", 0.1, { stopLoss: 1.05, magic: "1" }));
    terminal.quote("EURUSD", 1.1012, 1.1014);
    await send(deal("sell", 0.4, { magic: "2" }));
    expect(terminal.positions()).toMatchObject([
      {
        ticket: "1000002",
        identifier: "1000001",
        side: "sell",
        volume: 0.3,
        priceOpen: 1.1012,
        stopLoss: 0,
        magic: "2",
      },
    ]);
    expect(terminal.historyDeals("1000002")).toMatchObject([
      { entry: "inOut", kind: "sell", volume: 0.4, profit: 10, position: "1000001", order: "1000002" },
    ]);
    expect(await send(deal("buy", 0.3, { position: "1000002" }))).toMatchObject({ retcode: 10009 });
    expect(terminal.positions()).toEqual([]);
  });

  test("stops are set by symbol, and close by is invalid", async () => {
    const { terminal, send } = openNetting();
    await send(deal("buy", 0.1));
    expect(await send({ action: "sltp", symbol: "EURUSD", stopLoss: 1.09 })).toMatchObject({
      retcode: 10009,
    });
    expect(await send({ action: "sltp", symbol: "GBPUSD", stopLoss: 1.09 })).toMatchObject({
      retcode: 10036,
    });
    expect(await send({ action: "closeBy", position: "1000001", positionBy: "1" })).toMatchObject({
      retcode: 10013,
    });
    terminal.quote("EURUSD", 1.0899, 1.0901);
    expect(terminal.positions()).toEqual([]);
    expect(terminal.historyDeals("0").at(-1)).toMatchObject({ reason: "stopLoss", entry: "out" });
  });

  test("turning round needs money for the rest only, reducing needs none", async () => {
    const { terminal, send } = openNetting({
      account: { marginMode: "netting", balance: 1200, stopOut: 10 },
    });
    await send(deal("buy", 1));
    expect(await send(deal("sell", 2.2))).toMatchObject({ retcode: 10019 });
    expect(await send(deal("sell", 2))).toMatchObject({ retcode: 10009 });
    terminal.quote("EURUSD", 1.108, 1.1082);
    expect(terminal.account().freeMargin).toBeLessThan(0);
    expect(await send(deal("buy", 0.5))).toMatchObject({ retcode: 10009 });
    expect(terminal.positions()).toMatchObject([{ side: "sell", volume: 0.5 }]);
  });

  test("a pending order that is reached reduces the position", async () => {
    const { terminal, send } = openNetting();
    await send(deal("buy", 0.3));
    await send({ action: "pending", symbol: "EURUSD", kind: "sellLimit", volume: 0.1, price: 1.11 });
    terminal.quote("EURUSD", 1.11, 1.1102);
    expect(terminal.positions()).toMatchObject([{ volume: 0.2 }]);
  });
});
