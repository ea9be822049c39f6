import { describe, expect, test } from "vitest";
import type { TradeTransaction } from "../../../../src/domain/terminal.ts";
import { alwaysOpen, SimulatedTerminal, symbolSpec } from "../../../../src/simulator/broker/mod.ts";
import { agentFaults } from "../../../../src/simulator/faults/agent.ts";
import { type BrokerFaults, brokerFaults } from "../../../../src/simulator/faults/broker.ts";
import { faultyTerminal } from "../../../../src/simulator/faults/terminal.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";

interface Desk {
  readonly clock: VirtualClock;
  readonly terminal: SimulatedTerminal;
  readonly faults: BrokerFaults;
  readonly heard: TradeTransaction[];
  buy(): void;
  types(): string;
}

function desk(): Desk {
  const clock = new VirtualClock({ wallStartMs: Date.UTC(2024, 0, 10, 8) });
  const open = { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen };
  const terminal = new SimulatedTerminal({ clock, symbols: [symbolSpec("EURUSD", open)], latencyMs: 5 });
  terminal.quote("EURUSD", 1.1, 1.1002);
  const faults = brokerFaults(terminal);
  const heard: TradeTransaction[] = [];
  terminal.listen({ tick: () => undefined, transaction: (transaction) => heard.push(transaction) });
  return {
    clock,
    terminal,
    faults,
    heard,
    buy: () => {
      terminal.orderSendAsync({ action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1, deviation: 10 });
    },
    types: () => heard.map((transaction) => transaction.type).join(" "),
  };
}

const plain = "orderAdd dealAdd orderDelete historyAdd request";

describe("brokerFaults", () => {
  test("counts what was executed, whatever the agent is told", async () => {
    const made = desk();
    made.faults.answer("after", { retcode: 10012 });
    made.buy();
    await made.clock.advance(50);
    expect(made.faults.executed).toHaveLength(1);
    expect(made.heard.at(-1)?.result?.retcode).toBe(10012);
    expect(made.terminal.positions()).toHaveLength(1);
  });

  test("before: the request is not executed", async () => {
    const made = desk();
    made.faults.answer("before", { retcode: 10006 });
    made.buy();
    await made.clock.advance(50);
    expect(made.faults.executed).toHaveLength(0);
    expect(made.heard.at(-1)?.result?.retcode).toBe(10006);
    made.buy();
    await made.clock.advance(50);
    expect(made.faults.executed).toHaveLength(1);
  });

  test("silence: no answer comes", async () => {
    const made = desk();
    const fault = made.faults.answer("after", "silence");
    made.buy();
    await made.clock.advance(50);
    expect(made.types()).not.toContain("request");
    expect(fault.fired).toBe(1);
  });

  test.each([
    ["drop", { kind: "drop" } as const, ""],
    [
      "duplicate",
      { kind: "duplicate" } as const,
      plain
        .split(" ")
        .flatMap((type) => [type, type])
        .join(" "),
    ],
    // The answer is no part of the batch, so it overtakes.
    ["split", { kind: "split", gapMs: 3 } as const, "orderAdd request dealAdd orderDelete historyAdd"],
    ["delay", { kind: "delay", delayMs: 9 } as const, plain],
  ])("transactions: %s", async (_name, action, expected) => {
    const made = desk();
    made.faults.transactions(action);
    made.buy();
    await made.clock.advance(100);
    expect(made.types()).toBe(expected);
  });

  test("transactions: shuffle gives all of them in another order, the same for the same seed", async () => {
    const orders: string[] = [];
    for (const seed of [3, 3]) {
      const made = desk();
      made.faults.transactions({ kind: "shuffle", seed });
      for (let i = 0; i < 4; i++) made.buy();
      await made.clock.advance(100);
      orders.push(made.types());
      expect(made.heard).toHaveLength(20);
    }
    expect(orders[0]).toBe(orders[1]);
    expect(orders[0]).not.toBe(`${plain} ${plain} ${plain} ${plain}`);
  });

  test("overflow: what happens meanwhile is never told", async () => {
    const made = desk();
    const fault = made.faults.overflow();
    made.buy();
    await made.clock.advance(50);
    expect(made.heard).toHaveLength(0);
    fault.heal();
    await made.clock.advance(50);
    expect(made.types()).not.toContain("dealAdd");
    expect(fault.fired).toBeGreaterThan(0);
    expect(made.terminal.lostTransactions).toBeGreaterThanOrEqual(5);
    made.buy();
    await made.clock.advance(50);
    expect(made.types()).toContain("dealAdd");
  });

  test("disconnect: the terminal is connected again when all of them are healed", () => {
    const made = desk();
    const [first, second] = [made.faults.disconnect(), made.faults.disconnect()];
    first.heal();
    first.heal();
    expect(made.terminal.info().connected).toBe(false);
    second.heal();
    expect(made.terminal.info().connected).toBe(true);
  });
});

describe("faultyTerminal", () => {
  test("unsynchronised: the tables are empty, then there again", async () => {
    const made = desk();
    made.buy();
    await made.clock.advance(50);
    const { terminal, unsynchronised, otherAccount } = faultyTerminal(made.terminal, made.clock);
    expect(terminal.positions()).toHaveLength(1);
    const fault = unsynchronised({ connected: false, loggedIn: false });
    expect(terminal.positions()).toHaveLength(0);
    expect(terminal.historyDeals("0")).toHaveLength(0);
    expect(terminal.info().connected).toBe(false);
    expect(terminal.account().login).toBe("0");
    fault.heal();
    expect(terminal.positions()).toHaveLength(1);
    expect(terminal.account().login).not.toBe("0");
    const switched = otherAccount("99");
    expect(terminal.account().login).toBe("99");
    switched.heal();
    expect(terminal.account().login).not.toBe("99");
  });
});

describe("agentFaults", () => {
  test("acts at the chosen passing of a point, and a stall lasts until it is healed", async () => {
    const seen: string[] = [];
    const faults = agentFaults((point) => seen.push(point));
    const struck: (string | undefined)[] = [];
    const info = { client: "c", id: "x" };
    faults.at("sent", ({ id }) => void struck.push(id), { skip: 1 });
    for (let i = 0; i < 3; i++) void faults.hooks.at("sent", info);
    expect(struck).toEqual(["x"]);
    expect(seen).toEqual(["sent", "sent", "sent"]);
    const stall = faults.stallAt("journalled", { match: ({ id }) => id === "x" });
    expect(faults.hooks.at("journalled", { client: "c", id: "y" })).toBeUndefined();
    const stalled = faults.hooks.at("journalled", info);
    expect(stalled).toBeInstanceOf(Promise);
    stall.heal();
    await stalled;
    expect(stall.fired).toBe(1);
  });
});
