import { describe, expect, it } from "vitest";
import { readCoverage } from "../../build/mql5/coverage.ts";
import { coverageFolder, defaultFlavour } from "./kit/peers.ts";

const wantedPercent = 90;

// Runs by itself after the other suites ran with MQL5_FLAVOUR=coverage and the same MQL5_COVERAGE_DIR.
describe.skipIf(coverageFolder === undefined || defaultFlavour === "coverage")(
  "coverage of the experts' sources",
  () => {
    it(`is over ${wantedPercent} percent of the lines of the shipped .mqh`, async () => {
      const files = await readCoverage(coverageFolder ?? "");
      const lines = files.reduce((sum, file) => sum + file.lines, 0);
      const covered = files.reduce((sum, file) => sum + file.covered, 0);
      for (const file of files)
        console.log(
          `${file.path} ${((100 * file.covered) / file.lines).toFixed(1)} % missed ${file.missed.join(" ")}`,
        );
      console.log(`all ${((100 * covered) / lines).toFixed(1)} % of ${lines}`);
      expect((100 * covered) / lines).toBeGreaterThan(wantedPercent);
    });
  },
);
