import { expect, test } from "vitest";
import { soak } from "./soak.ts";

/** So many rounds fill everything that is kept by design: ids told, the ledger's ring; and the engine has warmed up. */
const fillingRounds = 12;
const judgedRounds = 12;
/**
 * A short run is noisy: it finds an object that every order leaves behind. The limit of 1 KB per 1,000 orders is held
 * by `npm run soak`.
 */
const mostBytesPerOrder = 50;

const run = {
  seed: "soak",
  agents: 1,
  ordersPerRound: 400,
  rounds: fillingRounds + judgedRounds,
  judged: judgedRounds / (fillingRounds + judgedRounds),
};

test("soak, short: no order leaves anything on the heap", { timeout: 180_000 }, async () => {
  const result = await soak(run);
  process.stdout.write(
    `\nsoak: ${result.bytesPerOrder.toFixed(1)} bytes per order, ${result.faults} faults struck\n`,
  );
  expect(result.orders).toBe(9_600);
  expect(result.executions).toBeGreaterThan(9_000);
  expect(result.faults).toBeGreaterThan(0);
  expect(result.bytesPerOrder).toBeLessThan(mostBytesPerOrder);
});

test("soak, short: what every second order leaves behind is found", { timeout: 180_000 }, async () => {
  const left: object[] = [];
  const result = await soak({
    ...run,
    onOpened: (ticket) => left.push({ ticket, bytes: new Uint8Array(300) }),
  });
  process.stdout.write(`\nsoak with a leak: ${result.bytesPerOrder.toFixed(1)} bytes per order\n`);
  expect(left.length).toBeGreaterThan(4_000);
  expect(result.bytesPerOrder).toBeGreaterThan(mostBytesPerOrder);
});
