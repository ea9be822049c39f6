import { expect, test } from "vitest";
import { runLoad } from "../../bench/simulator/load.ts";

test("a market without orders keeps nothing of its ticks but what its rings hold", {
  timeout: 60_000,
}, async () => {
  const { ticks, bytesPerTick } = await runLoad({ ticks: 60_000, orders: 0 });
  expect(ticks).toBe(60_000);
  // A tick that is kept takes some hundred bytes; minute bars and noise are a few.
  expect(bytesPerTick).toBeLessThan(16);
});

test("every order is answered, and leaves no more than its history", { timeout: 60_000 }, async () => {
  const { orders, answers, deals, bytesPerOrder } = await runLoad({ ticks: 60_000, orders: 1_500 });
  expect(orders).toBe(1_500);
  expect([...answers.values()].reduce((sum, count) => sum + count, 0)).toBe(1_500);
  expect(answers.get(10009)).toBeGreaterThan(1_200);
  expect(deals).toBeGreaterThan(500);
  expect(bytesPerOrder).toBeLessThan(4_096);
});
