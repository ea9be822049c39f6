import { expect, test } from "vitest";
import { soak } from "./soak.ts";

/** So many orders fill everything that is kept by design: ids told, tickets known, the ledger's ring. */
const fillingRounds = 20;
const judgedRounds = 10;
/**
 * A short run is noisy: it finds an object that every order leaves behind. The limit of 1 KB per 1,000 orders is held
 * by `npm run soak`.
 */
const mostBytesPerOrder = 50;

test("soak, short: no order leaves anything on the heap", { timeout: 180_000 }, async () => {
  const result = await soak({
    seed: "soak",
    agents: 1,
    ordersPerRound: 1_000,
    rounds: fillingRounds + judgedRounds,
    judged: judgedRounds / (fillingRounds + judgedRounds),
  });
  process.stdout.write(
    `\nsoak: ${result.bytesPerOrder.toFixed(1)} bytes per order, ${result.faults} faults struck\n`,
  );
  expect(result.orders).toBe(30_000);
  expect(result.executions).toBeGreaterThan(29_000);
  expect(result.faults).toBeGreaterThan(0);
  expect(result.bytesPerOrder).toBeLessThan(mostBytesPerOrder);
});
