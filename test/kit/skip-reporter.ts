import { readFileSync } from "node:fs";
import type { Reporter, TestModule, Vitest } from "vitest/node";
import { judgeSkips, type SkippedTest, type SkipRule } from "./skips.ts";

/** Says at the end of a run what it skipped and why, and fails it for a skip that `test/skips.json` does not allow. */
export class SkipReporter implements Reporter {
  readonly #exact: boolean;
  #vitest: Vitest | undefined;

  /** `exact` also pins the counts: only for whole projects, and where every peer is required. */
  constructor({ exact }: { readonly exact: boolean }) {
    this.#exact = exact;
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // with -t, whatever does not match is skipped: that says nothing about the tests
    if (this.#vitest?.config.testNamePattern !== undefined) return;
    const skipped: SkippedTest[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const result = test.result();
        const note = result.state === "skipped" ? result.note : undefined;
        skipped.push({ name: `${module.relativeModuleId} > ${test.fullName}`, note });
      }
    }
    const rules = JSON.parse(readFileSync(new URL("../skips.json", import.meta.url), "utf8")) as Record<
      string,
      SkipRule
    >;
    const ran = modules.map((module) => module.relativeModuleId);
    const { summary, faults } = judgeSkips(skipped, rules, this.#exact ? ran : undefined);
    for (const line of summary) console.log(` ${line}`);
    for (const fault of faults) console.error(` Skip not allowed: ${fault}`);
    if (faults.length > 0) process.exitCode = 1;
  }
}
