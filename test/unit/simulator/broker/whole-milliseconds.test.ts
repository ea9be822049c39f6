import { expect, test } from "vitest";
import { SimulatedTerminal, symbolSpec } from "../../../../src/simulator/broker/mod.ts";
import type { Clock } from "../../../../src/transport/clock.ts";

/** A clock between two milliseconds, as the market's is while it runs. */
const between: Clock = {
  nowMs: () => 0.5,
  wallMs: () => Date.UTC(2024, 0, 10, 8) + 0.75,
  setTimer(callback) {
    queueMicrotask(callback);
    return { cancel: () => undefined };
  },
};

test("SimulatedTerminal gives whole milliseconds from a clock with fractions", async () => {
  const terminal = new SimulatedTerminal({ clock: between, symbols: [symbolSpec("EURUSD")] });
  terminal.selectSymbol("EURUSD");
  terminal.quote("EURUSD", 1.1, 1.1002);
  terminal.orderSendAsync({ action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1, price: 1.1002 });
  await Promise.resolve();
  await Promise.resolve();
  const stamps = [
    terminal.brokerMs(),
    terminal.utcMs(),
    terminal.tick("EURUSD")?.timeBrokerMs,
    ...terminal.historyDeals("0").map((deal) => deal.timeBrokerMs),
    ...terminal.historyOrders("0").flatMap((order) => [order.setupBrokerMs, order.doneBrokerMs]),
    ...terminal.positions().flatMap((position) => [position.openBrokerMs, position.updateBrokerMs]),
  ];
  expect(terminal.positions()).toHaveLength(1);
  expect(stamps.filter((stamp) => !Number.isInteger(stamp))).toEqual([]);
  terminal.dispose();
});
