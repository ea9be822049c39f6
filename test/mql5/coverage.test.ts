import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { compileProgram } from "../../build/mql5/compile.ts";
import { type FileCoverage, readCoverage } from "../../build/mql5/coverage.ts";
import { coverageFolder, defaultFlavour, requireHost } from "./kit/peers.ts";
import { Program } from "./kit/program.ts";

const experts = join(dirname(fileURLToPath(import.meta.url)), "experts");
const wantedPercent = 90;

/** After the other suites have left their counts, everything that ships is judged; else what one program runs. */
const whole = coverageFolder !== undefined && defaultFlavour !== "coverage";
const partly = ["ByteQueue", "Inbox", "Message", "Network", "Subscriptions"];

function percent(files: readonly FileCoverage[]): number {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  return (100 * files.reduce((sum, file) => sum + file.covered, 0)) / lines;
}

async function ownCounts(): Promise<readonly FileCoverage[]> {
  const folder = await mkdtemp(join(tmpdir(), "mql5-counts-"));
  try {
    const binary = await compileProgram(join(experts, "UnitProbe.mq5"), "coverage");
    await using program = new Program(binary, { coverageFolder: folder });
    await program.ended;
    const files = await readCoverage(folder);
    return files.filter((file) => partly.some((name) => file.path.endsWith(`/${name}.mqh`)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("coverage of the experts' sources", { timeout: 120_000 }, () => {
  beforeEach((context) => {
    requireHost(context, "coverage");
  });

  it(`is over ${wantedPercent} percent of the lines of ${whole ? "all shipped .mqh" : "the buffers"}`, async () => {
    const files = whole ? await readCoverage(coverageFolder ?? "") : await ownCounts();
    const report = files.map(
      (file) => `${file.path} ${percent([file]).toFixed(1)} %, missed ${file.missed.join(" ")}`,
    );
    if (whole) console.log([...report, `all ${percent(files).toFixed(1)} %`].join("\n"));
    expect(files.length).toBeGreaterThanOrEqual(partly.length);
    expect(percent(files), report.join("\n")).toBeGreaterThan(wantedPercent);
  });
});
