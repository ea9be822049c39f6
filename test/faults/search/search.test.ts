import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { runSearch } from "./run.ts";
import { minimise, report, searchFaults } from "./search.ts";

/** FAULT_SEED runs the seeds of an earlier run again. */
const base = process.env["FAULT_SEED"] ?? randomUUID().slice(0, 8);
const runs = 2_000;
const budgetMs = 30_000;
const leastRuns = 25;

describe("fault search", () => {
  test(`random schedules from seed ${base}: never twice, never lost, never falsely certain`, {
    timeout: 120_000,
  }, async () => {
    const { failures, ...sums } = await searchFaults({ base, runs, budgetMs });
    process.stdout.write(`\nfault search, FAULT_SEED=${base}: ${JSON.stringify(sums)}\n`);
    const [failure] = failures;
    if (failure !== undefined) throw new Error(report(await minimise(failure)));
    expect(sums.runs).toBeGreaterThanOrEqual(leastRuns);
    expect(sums.struck).toBeGreaterThan(sums.runs);
    expect(sums.executions).toBeGreaterThan(sums.runs);
  });

  test("the same seed gives the same run, byte for byte: links, ledger and results", async () => {
    const digests = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      const first = await runSearch(`twice/${seed}`);
      const second = await runSearch(`twice/${seed}`);
      expect(second).toEqual(first);
      digests.add(first.digest);
    }
    expect(digests.size).toBe(8);
  });
});
