import { describe, expect, test } from "vitest";
import {
  alwaysOpen,
  SimulatedTerminal,
  type SymbolSpec,
  symbolSpec,
} from "../../../../src/simulator/broker/mod.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";
import { WEDNESDAY } from "./desk.ts";

const DAY = 86_400_000;
const SATURDAY = WEDNESDAY + 3 * DAY;

/** A symbol that trades all week, and EURUSD, which does not. */
async function weekend(
  specs: Partial<SymbolSpec> = {},
): Promise<{ clock: VirtualClock; terminal: SimulatedTerminal }> {
  const clock = new VirtualClock({ wallStartMs: WEDNESDAY });
  const crypto = {
    calcMode: "cfd",
    contractSize: 1,
    digits: 2,
    swapMode: "disabled",
    tradeSessions: alwaysOpen,
  } as const;
  const terminal = new SimulatedTerminal({
    clock,
    symbols: [symbolSpec("EURUSD", specs), symbolSpec("COIN", crypto)],
    account: { balance: 30_000, leverage: 100, stopOut: 50 },
  });
  terminal.quote("EURUSD", 1.1, 1.1);
  terminal.quote("COIN", 20_000, 20_000);
  return { clock, terminal };
}

describe("SimulatedTerminal stop out and sessions", () => {
  test("what cannot be traded now is left, and the largest loss among the rest is closed", async () => {
    const { clock, terminal } = await weekend();
    terminal.server.execute({ action: "deal", symbol: "EURUSD", kind: "buy", volume: 5 });
    terminal.quote("EURUSD", 1.08, 1.08);
    terminal.server.execute({ action: "deal", symbol: "COIN", kind: "buy", volume: 0.7 });
    await clock.advance(SATURDAY - WEDNESDAY);
    terminal.quote("COIN", 2_000, 2_000);
    expect(terminal.positions()).toMatchObject([{ symbol: "EURUSD", profit: -10_000 }]);
    expect(terminal.historyDeals("0").at(-1)).toMatchObject({ symbol: "COIN", reason: "stopOut" });
  });

  test("while nothing can be traded nothing is closed, whatever the level; it is made good when the market opens", async () => {
    const { clock, terminal } = await weekend({ marginRates: { buyLimit: { initial: 1 } } });
    terminal.server.execute({ action: "deal", symbol: "EURUSD", kind: "buy", volume: 5 });
    const order = { action: "pending", symbol: "EURUSD", kind: "buyLimit", volume: 0.1, price: 0.9 } as const;
    terminal.server.execute(order);
    terminal.server.execute({ ...order, volume: 0.3 });
    terminal.server.execute({ ...order, volume: 0.2 });
    await clock.advance(SATURDAY - WEDNESDAY);
    terminal.server.cash(-29_000);
    expect(terminal.account().marginLevel).toBeLessThan(50);
    expect([terminal.positions().length, terminal.orders().length]).toEqual([1, 3]);
    await clock.advance(2 * DAY);
    terminal.quote("EURUSD", 1.1, 1.1);
    expect([terminal.positions().length, terminal.orders().length]).toEqual([0, 0]);
    const ended = terminal.historyOrders("0").filter(({ kind }) => kind === "buyLimit");
    expect(ended.every(({ state, comment }) => state === "cancelled" && comment.startsWith("[so "))).toBe(
      true,
    );
  });

  test("orders alone are deleted when what they reserve is more than the equity bears", () => {
    const clock = new VirtualClock({ wallStartMs: WEDNESDAY });
    const marginRates = { buyLimit: { initial: 1 }, sellLimit: { initial: 1 } };
    const terminal = new SimulatedTerminal({ clock, symbols: [symbolSpec("EURUSD", { marginRates })] });
    terminal.quote("EURUSD", 1.1, 1.1);
    terminal.server.execute({ action: "pending", symbol: "EURUSD", kind: "buyLimit", volume: 2, price: 1 });
    terminal.server.execute({
      action: "pending",
      symbol: "EURUSD",
      kind: "sellLimit",
      volume: 1,
      price: 1.2,
    });
    terminal.server.cash(-9_000);
    expect(terminal.orders()).toMatchObject([{ kind: "sellLimit" }]);
    expect(terminal.account()).toMatchObject({ equity: 1_000, margin: 1_100 });
  });
});
