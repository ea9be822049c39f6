import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { programsBelow } from "../../build/mql5/check.ts";
import { mqlRoot } from "../../build/mql5/compile.ts";
import { describeFault } from "../../build/mql5/fault.ts";
import { lints } from "../../build/mql5/lints/index.ts";
import { oldestBuild, signatures } from "../../build/mql5/signatures.ts";
import { translate } from "../../build/mql5/translate.ts";

const here = dirname(fileURLToPath(import.meta.url));
const bad = join(here, "fixtures", "lint");
const good = join(here, "fixtures", "good");
const fixtures = readdirSync(bad).sort();

/** Rules that also see what another rule is about: a refused construct leaves the grammar or the types in doubt. */
const bystanders = new Set(["L11", "L12", "L15", "L18", "L21"]);

describe("the lints", () => {
  it("has at least one failing fixture for each of its 24 rules", () => {
    expect(lints.map((lint) => lint.rule)).toEqual(
      Array.from({ length: 24 }, (_, index) => `L${String(index + 1).padStart(2, "0")}`),
    );
    for (const { rule } of lints) expect(fixtures.some((name) => name.startsWith(`${rule}-`))).toBe(true);
  });

  it.each(fixtures)("refuses %s by the rule that it names", async (name) => {
    const translation = await translate(join(bad, name), bad);
    const rules = translation.ok ? [] : [...new Set(translation.faults.map((fault) => fault.rule as string))];
    expect(rules).toContain(name.slice(0, 3));
    expect(rules.filter((rule) => rule !== name.slice(0, 3) && !bystanders.has(rule))).toEqual([]);
  });

  it.each(readdirSync(good))("accepts %s", async (name) => {
    const translation = await translate(join(good, name), good);
    expect(translation.ok ? [] : translation.faults.map(describeFault)).toEqual([]);
  });

  it("accepts every program that ships, and every one of the tests", async () => {
    const programs = [...(await programsBelow(mqlRoot)), ...(await programsBelow(join(here, "experts")))];
    expect(programs.length).toBeGreaterThan(0);
    for (const program of programs) {
      const translation = await translate(program, mqlRoot);
      expect(translation.ok ? [] : translation.faults.map(describeFault)).toEqual([]);
    }
  });

  it("knows a page for each function, and none that is newer than the oldest build", () => {
    for (const signature of signatures) {
      expect(signature.page).toMatch(/^[a-z]+\/[a-z0-9]+$/);
      expect(signature.sinceBuild).toBeLessThanOrEqual(oldestBuild);
    }
  });
});
