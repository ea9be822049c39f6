import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { compileProgram } from "../../build/mql5/compile.ts";
import { type FileCoverage, readCoverage } from "../../build/mql5/coverage.ts";
import { coverageFolder, defaultFlavour, peersRequired, requireHost } from "./kit/peers.ts";
import { Program } from "./kit/program.ts";

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const wantedPercent = 90;
/** Small files hold little but what guards against missing memory. */
const wantedPercentOfFile = 75;
const minute = 60_000;

/** Which files the two probes run; they are judged where the whole would take too long. */
const probed = [
  ...["ByteQueue", "Inbox", "Message", "Network", "Subscriptions"],
  ...["PageItems", "Pager", "RefusedIds", "TextIndex", "TicketSet"],
];

/** Everything that runs the sources on the host; each program is built once, its counts are summed. */
const suites = [
  "test/contract/agent/ea.test.ts",
  ...[
    "agent",
    "agent-changes",
    "agent-claims",
    "agent-commands",
    "agent-history",
    "agent-journal",
    "agent-outages",
    "agent-pages",
    "agent-requests",
    "agent-resolver",
    "agent-shadow",
    "agent-symbols",
  ],
  ...["crypto", "hostile", "json", "sockets", "unit"],
].map((name) => (name.includes("/") ? name : `test/mql5/${name}.test.ts`));

function percent(files: readonly FileCoverage[]): number {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  return (100 * files.reduce((sum, file) => sum + file.covered, 0)) / lines;
}

const describeFile = (file: FileCoverage): string =>
  `${file.path} ${percent([file]).toFixed(1)} %, missed ${file.missed.join(" ")}`;

async function counted(work: (folder: string) => Promise<void>): Promise<readonly FileCoverage[]> {
  const folder = await mkdtemp(join(tmpdir(), "mql5-counts-"));
  try {
    await work(folder);
    return await readCoverage(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runProbes(folder: string): Promise<void> {
  for (const name of ["UnitProbe", "AgentProbe"]) {
    const binary = await compileProgram(join(here, "experts", `${name}.mq5`), "coverage");
    await using program = new Program(binary, { coverageFolder: folder });
    await program.ended;
  }
}

/** A run of its own: the suites are built otherwise there, and leave their counts. */
async function runSuites(folder: string): Promise<void> {
  const env: NodeJS.ProcessEnv = { ...process.env, MQL5_FLAVOUR: "coverage", MQL5_COVERAGE_DIR: folder };
  // What this run was told of itself is not the inner one's.
  for (const name of Object.keys(env))
    if (name.startsWith("VITEST") || name === "REQUIRE_PEERS" || name === "NODE_ENV") delete env[name];
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  try {
    await run(process.execPath, [vitest, "run", ...suites], {
      cwd: root,
      env,
      timeout: 12 * minute,
      maxBuffer: 1 << 26,
    });
  } catch (cause) {
    const output = cause instanceof Error && "stdout" in cause ? String(cause.stdout) : String(cause);
    throw new Error(`Cannot measure the coverage, a suite failed: ${output.slice(-8_000)}`, { cause });
  }
}

describe("coverage of the experts' sources", { timeout: 15 * minute }, () => {
  beforeEach((context) => {
    requireHost(context, "coverage");
  });

  it(`is over ${wantedPercent} percent of the lines that the probes are for`, async () => {
    const all = await counted(runProbes);
    const files = all.filter((file) => probed.some((name) => file.path.endsWith(`/${name}.mqh`)));
    expect(files.length).toBe(probed.length);
    expect(percent(files), files.map(describeFile).join("\n")).toBeGreaterThan(wantedPercent);
  });

  // Minutes of work: in CI, or where somebody asks for it by naming a folder.
  if (peersRequired || coverageFolder !== undefined)
    it(`is over ${wantedPercent} percent of all shipped lines, the expert's contract included, and of no file below ${wantedPercentOfFile}`, async () => {
      const ready = defaultFlavour === "coverage" ? undefined : coverageFolder;
      const files = await (ready === undefined ? counted(runSuites) : readCoverage(ready));
      const report = [...files.map(describeFile), `all ${percent(files).toFixed(2)} %`];
      console.log(report.join("\n"));
      expect(files.filter((file) => file.path.includes("/Agent/")).length).toBeGreaterThan(30);
      expect(percent(files)).toBeGreaterThan(wantedPercent);
      const low = files.filter((file) => percent([file]) < wantedPercentOfFile);
      expect(low.map(describeFile)).toEqual([]);
    });
});
