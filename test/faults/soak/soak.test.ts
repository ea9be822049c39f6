import { expect, test } from "vitest";
import { soak } from "./soak.ts";

/** A short run is noisy. The limit of 1 KB per 1,000 orders is held by `npm run soak`. */
const mostBytesPerOrder = 25;

/** The first sample stands where all that is kept by design is full: ids told, the ledger's ring. */
const run = { seed: "soak", agents: 1, ordersPerRound: 400, rounds: 18, every: 6, judged: 1 };

test("soak, short: no order leaves anything on the heap", { timeout: 180_000 }, async () => {
  const result = await soak(run);
  process.stdout.write(
    `\nsoak: ${result.bytesPerOrder.toFixed(1)} bytes per order, ${result.faults} faults struck\n`,
  );
  expect(result.orders).toBe(7_200);
  expect(result.executions).toBeGreaterThan(7_000);
  expect(result.faults).toBeGreaterThan(0);
  expect(result.bytesPerOrder).toBeLessThan(mostBytesPerOrder);
});

test("soak, short: what every second order leaves behind is found", { timeout: 180_000 }, async () => {
  const left: object[] = [];
  const result = await soak({
    ...run,
    rounds: 9,
    every: 3,
    onOpened: (ticket) => left.push({ ticket, bytes: new Uint8Array(300) }),
  });
  process.stdout.write(`\nsoak with a leak: ${result.bytesPerOrder.toFixed(1)} bytes per order\n`);
  expect(left.length).toBeGreaterThan(1_500);
  expect(result.bytesPerOrder).toBeGreaterThan(mostBytesPerOrder);
});
