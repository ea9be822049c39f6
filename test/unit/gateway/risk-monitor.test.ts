import { expect, test } from "vitest";
import { type RiskLimits, RiskMonitor } from "../../../src/gateway/risk-monitor.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";

function monitor(limits: RiskLimits, initialBalance?: number) {
  const clock = new VirtualClock({ wallStartMs: Date.UTC(2026, 0, 15, 12) });
  const risk = new RiskMonitor(clock, limits, initialBalance);
  const see = (equity: number, positions: readonly { symbol: string; volume: number }[] = []) =>
    risk.update({ equity, positions, askedMs: clock.nowMs() });
  let number = 0;
  const admit = (volume: number, symbol = "EURUSD", uuid = `u${number++}`) =>
    risk.admit({ uuid, symbol, volume })?.code;
  return { clock, risk, see, admit };
}

test("RiskMonitor without limits admits everything, unseen", () => {
  const { risk, admit } = monitor({});
  expect(risk.needsSnapshot).toBe(false);
  expect(admit(1000)).toBeUndefined();
});

test("RiskMonitor refuses while the account that its limits need has not been seen", () => {
  const { admit, see } = monitor({ maxDailyLossPercent: 2 });
  expect(admit(0.01)).toBe("RISK_STATE_UNKNOWN");
  see(1000);
  expect(admit(0.01)).toBeUndefined();
});

test("RiskMonitor stops at the day's loss and starts afresh at midnight UTC", async () => {
  const { clock, admit, see } = monitor({ maxDailyLossPercent: 2 });
  see(100_000);
  see(98_001);
  expect(admit(1)).toBeUndefined();
  see(98_000);
  expect(admit(1)).toBe("RISK_DAILY_LOSS");
  await clock.advance(12 * 3_600_000);
  see(98_000);
  expect(admit(1)).toBeUndefined();
});

test("RiskMonitor measures drawdown from the peak, the initial balance included", () => {
  const { admit, see } = monitor({ maxDrawdownPercent: 10 }, 100_000);
  see(90_001);
  expect(admit(1)).toBeUndefined();
  see(90_000);
  expect(admit(1)).toBe("RISK_DRAWDOWN");
  see(120_000);
  see(108_000);
  expect(admit(1)).toBe("RISK_DRAWDOWN");
});

test("RiskMonitor limits the size of one order", () => {
  const { admit } = monitor({ maxOrderLots: 0.3 });
  expect(admit(0.1 + 0.2)).toBeUndefined();
  expect(admit(0.31)).toBe("RISK_ORDER_SIZE");
});

test("RiskMonitor counts open positions and orders on their way, in all and by symbol", () => {
  const { admit, see } = monitor({ maxExposureLots: 1, maxSymbolExposureLots: 0.6 });
  see(1000, [{ symbol: "EURUSD", volume: 0.4 }]);
  expect(admit(0.3)).toBe("RISK_EXPOSURE");
  expect(admit(0.2)).toBeUndefined();
  expect(admit(0.01)).toBe("RISK_EXPOSURE");
  expect(admit(0.4, "GBPUSD")).toBeUndefined();
  expect(admit(0.01, "USDJPY")).toBe("RISK_EXPOSURE");
});

test("RiskMonitor lets a filled order go only when a later snapshot shows it, a refused one at once, an unknown one never", async () => {
  const { clock, risk, admit, see } = monitor({ maxExposureLots: 1 });
  see(1000);
  expect(admit(1, "EURUSD", "a")).toBeUndefined();
  await clock.advance(10);
  risk.filled("a");
  see(1000);
  expect(admit(0.1)).toBe("RISK_EXPOSURE");
  await clock.advance(10);
  see(1000, []);
  expect(admit(1, "EURUSD", "b")).toBeUndefined();
  risk.notExecuted("b");
  expect(admit(1, "EURUSD", "c")).toBeUndefined();
  await clock.advance(10);
  see(1000, []);
  expect(admit(0.1)).toBe("RISK_EXPOSURE");
});

test("RiskMonitor limits the orders of any minute", async () => {
  const { clock, admit } = monitor({ maxOrdersPerMinute: 2 });
  expect(admit(1)).toBeUndefined();
  await clock.advance(30_000);
  expect(admit(1)).toBeUndefined();
  expect(admit(1)).toBe("RISK_ORDER_RATE");
  await clock.advance(30_000);
  expect(admit(1)).toBeUndefined();
  expect(admit(1)).toBe("RISK_ORDER_RATE");
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("RiskMonitor refuses the limit %d", (value) => {
  expect(() => monitor({ maxOrderLots: value })).toThrow(RangeError);
  expect(() => monitor({}, value)).toThrow(RangeError);
});
