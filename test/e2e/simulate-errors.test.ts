import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openQuotesFile } from "../../src/cli/quotes-file.ts";
import { type Build, build, type Run } from "./build.ts";

let programs: Build;
let folder: string;
beforeAll(async () => {
  programs = await build();
  folder = await mkdtemp(join(tmpdir(), "mt5-simulate-"));
  await mkdir(join(folder, "EURUSD-quotes"));
  await writeFile(join(folder, "EURUSD-empty.csv"), "");
  await writeFile(join(folder, "EURUSD-header.csv"), "timestamp,bid,ask\n");
  await writeFile(join(folder, "my-quotes.csv"), recording(86.655, 86.728));
}, 120_000);
afterAll(async () => {
  await programs.remove();
  await rm(folder, { recursive: true, force: true });
});

function recording(bid: number, ask: number): string {
  return Array.from({ length: 20 }, (_, i) => `${1_600_100_000_000 + i * 100},${bid},${ask}\n`).join("");
}

function simulate(programArguments: readonly string[]): Promise<Run> {
  let stopped = false;
  return programs.run("src/cli/main.js", ["simulate", ...programArguments], {
    cwd: folder,
    onOutput: (output, stop) => {
      if (stopped || !output.includes("configuration for")) return;
      stopped = true;
      stop();
    },
  });
}

describe("simulate, called wrongly, says what is wrong and what to do, in two lines and with exit code 2", () => {
  test.each([
    [
      "a folder of quotes",
      ["--quotes", "EURUSD-quotes"],
      /EURUSD-quotes is a folder$/,
      /Name a file after --quotes$/,
    ],
    [
      "quotes that are not there",
      ["--quotes", "EURUSD-none.csv"],
      /EURUSD-none\.csv is not there/,
      /path after --quotes$/,
    ],
    [
      "an empty recording",
      ["--quotes", "EURUSD-empty.csv"],
      /EURUSD-empty\.csv: it holds no ticks$/,
      /a file that holds ticks/,
    ],
    [
      "a recording of a heading",
      ["--quotes", "EURUSD-header.csv"],
      /it holds no ticks$/,
      /a file that holds ticks/,
    ],
    [
      "a recording without a symbol",
      ["--quotes", "my-quotes.csv"],
      /my-quotes\.csv: its name/,
      /Give --symbol NAME/,
    ],
    ["an address of another machine", ["--host", "1.2.3.4"], /EADDRNOTAVAIL/, /--host ADDRESS: 127\.0\.0\.1/],
    ["a host that is no address", ["--host", "no.such.host.invalid"], /Cannot bind/, /--host ADDRESS/],
    [
      "a symbol without quotes",
      ["--symbol", "EURUSD"],
      /Cannot use --symbol: there is no recording/,
      /--quotes FILE/,
    ],
    ["a loop without quotes", ["--loop"], /Cannot use --loop: there is no recording/, /or leave out --loop$/],
    [
      "a gap without quotes",
      ["--loop", "--max-gap", "5"],
      /Cannot use --loop and --max-gap/,
      /--quotes FILE/,
    ],
    [
      "a speed below 0",
      ["--speed", "-1"],
      /Cannot read --speed "-1": neither a number above 0 nor max/,
      /60 for/,
    ],
    ["a balance below 0", ["--balance", "-5"], /Cannot read --balance "-5"/, /a number above 0$/],
    ["a latency below 0", ["--latency=-5"], /Cannot read --latency "-5"/, /from 0 to 60000$/],
    [
      "an option that there is not",
      ["--sped", "5"],
      /Unknown option `--sped`/,
      /mt5-connector simulate --help$/,
    ],
    ["an option without its value", ["--quotes"], /value is missing/, /mt5-connector simulate --help$/],
    [
      "a configuration in no folder",
      ["--config-out", "nowhere/x.json"],
      /nowhere\/x\.json/,
      /--config-out FILE$/,
    ],
  ])("%s", async (_, programArguments, message, remedy) => {
    const run = await simulate(programArguments);
    const lines = run.stderr.trimEnd().split("\n");
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^Error: /);
    expect(lines[0]).toMatch(message);
    expect(lines[1]).toMatch(/^Remedy: /);
    expect(lines[1]).toMatch(remedy);
    expect(await readdir(folder)).not.toContain("mt5-simulator.json");
  });
});

describe("simulate with a recording whose name tells no symbol", () => {
  test.each([
    ["my", 86.655, 86.728, 3],
    ["my", 86.5, 86.75, 2],
    ["EURUSD", 1.1, 1.2, 5],
    ["EURUSD", 1.123_456, 1.2, 6],
    ["tiny", 1.5e-7, 2e-7, 8],
    ["noise", 0.1 + 0.2, 0.4, 2],
  ])("%s takes its digits from prices such as %d and %d: %d", async (symbol, bid, ask, digits) => {
    await writeFile(join(folder, "digits.csv"), recording(bid, ask));
    const { spec, open } = await openQuotesFile(join(folder, "digits.csv"), { symbol, loop: true });
    expect(spec).toMatchObject({ name: symbol, digits, tickSize: 1 / 10 ** digits, swapMode: "disabled" });
    const source = open();
    expect(await source.nextBatch()).toMatchObject([
      { bid, ask },
      ...Array.from({ length: 19 }, () => ({ symbol })),
    ]);
    await source.close?.();
  });

  test("plays it under the symbol that is given", async () => {
    const file = join(folder, "named.json");
    const run = await simulate(["--quotes", "my-quotes.csv", "--symbol", "my", "--config-out", file]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/my-quotes\.csv, speed 1, symbols my\n/);
    expect(await readFile(file, "utf8")).toContain('"id": "simulator"');
  });
});

test.skipIf(process.platform === "win32")(
  "simulate refuses a pipe of quotes, which cannot be read twice",
  async () => {
    const pipe = join(folder, "EURUSD-pipe.csv");
    execFileSync("mkfifo", [pipe]);
    const run = await simulate(["--quotes", pipe]);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain(
      "EURUSD-pipe.csv is no file, and quotes are read twice\nRemedy: Check the path",
    );
  },
);

test("simulate, stopped while it is starting, closes what comes up and leaves no folder", async () => {
  const place = await mkdtemp(join(folder, "starting-"));
  const run = await programs.run(
    "src/cli/main.js",
    ["simulate", "--exit-with-stdin", "--config-out", "c.json"],
    {
      cwd: place,
      temporary: place,
    },
  );
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout).toContain("stopping: standard input ended");
  expect((await readdir(place)).filter((name) => name !== "c.json")).toEqual([]);
});
