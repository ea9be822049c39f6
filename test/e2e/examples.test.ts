import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSource } from "../kit/runtimes.ts";
import { type Build, build, type Run } from "./build.ts";

const limitMs = 150_000;
const root: string = fileURLToPath(new URL("../../", import.meta.url));
/** What of the folder is no program, but used by some. */
const parts = ["equity-curve.ts", "made-up-quotes.ts", "sandbox.ts", "simulators.ts"];

/** What each program must have said at its end, besides nothing at all about errors. */
const programs: Readonly<Record<string, readonly RegExp[]>> = {
  "first-trade": [/positions left open {2}0/],
  "multi-account": [/3 accounts are connected/, /account-3: 1 closed/],
  events: [/orderFilled|filled/, /mirror {6}live true/],
  orders: [
    /orderModified/,
    /batch 3: rejected: .*0\.015/,
    /refused: INVALID_PRICE 10015/,
    /0 orders left\n$/,
  ],
  "market-data": [/ticks in an hour, 0 lost/, /Nonfarm Payrolls/],
  history: [/24 deals of 24 orders/, /8 positions/, /profit -?\d+\.\d\d USD/],
  risk: [/unknown key "stoploss"/, /NO_MONEY 10019/],
  "trailing-stop": [/moved to/, /ended: positionClosed; stop loss hit/],
  "exactly-once": [/twice: position .* executed 1 time/, /the truth about "in-the-dark": \w+/],
  backtest: [/trades {6}6, 3 won/, /times as fast as real time/, /\*/],
};

let compiled: Build;
const runs = new Map<string, Promise<Run>>();

/** What a program says in Node; it is run once. */
function inNode(name: string): Promise<Run> {
  const run =
    runs.get(name) ?? compiled.run(`examples/${name}.js`, [], { cwd: folder, temporary: folder, limitMs });
  runs.set(name, run);
  return run;
}

let folder: string;
beforeAll(async () => {
  compiled = await build();
  folder = await mkdtemp(join(tmpdir(), "mt5-examples-"));
}, limitMs);
afterAll(async () => {
  await compiled.remove();
  await rm(folder, { recursive: true, force: true });
});

test("every program in examples/ is run here, and there are ten", () => {
  const files = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"));
  const named = Object.keys(programs).map((name) => `${name}.ts`);
  expect(files.toSorted()).toEqual([...named, ...parts].toSorted());
  expect(named.length).toBeGreaterThanOrEqual(10);
});

describe("examples in Node, compiled", () => {
  test.each(Object.entries(programs))("%s", { timeout: limitMs }, async (name, said) => {
    const run = await inNode(name);
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    for (const text of said) expect(run.stdout).toMatch(text);
  });

  test("backtest plays a recording, draws its curve as SVG, and says the same again", {
    timeout: limitMs,
  }, async () => {
    const quotes = join(folder, "EURUSD-hour.csv");
    const lines = Array.from({ length: 400 }, (_, minute) => {
      const bid = 1.1 + Math.abs((minute % 120) - 60) / 10_000;
      return `${Date.UTC(2024, 0, 10, 8) + minute * 30_000},${bid.toFixed(5)},${(bid + 0.00004).toFixed(5)}`;
    });
    await writeFile(quotes, `timestamp,bid,ask\n${lines.join("\n")}\n`);
    const svg = join(folder, "equity.svg");
    const run = async (): Promise<string> => {
      const { code, stdout, stderr } = await compiled.run(
        "examples/backtest.js",
        ["--quotes", quotes, "--svg", svg],
        { limitMs },
      );
      expect([code, stderr]).toEqual([0, ""]);
      return stdout.replace(/in [\d.]+ s, \d+ times/, "");
    };
    const first = await run();
    expect(first).toMatch(/trades {6}[1-9]/);
    expect(await readFile(svg, "utf8")).toMatch(
      /^<svg [\s\S]*<polyline [^>]*points="80\.0,[\d.,\s]+"\/>\n<\/svg>\n$/,
    );
    expect(await run()).toBe(first);
  });

  test("backtest says what is wrong with a recording, and leaves with a failure", async () => {
    const { code, stderr } = await compiled.run("examples/backtest.js", [
      "--quotes",
      join(folder, "EURUSD.csv"),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain("EURUSD.csv");
  });
});

describe("examples elsewhere, their sources as they are", () => {
  const permissions = ["run", "--no-prompt", "--allow-env", "--allow-read"];
  test.each(
    (["bun", "deno"] as const).flatMap((runtime) =>
      (["orders", "exactly-once", "backtest"] as const).map((name) => [name, runtime] as const),
    ),
  )("%s under %s says what it says in Node", { timeout: 2 * limitMs }, async (name, runtime) => {
    const file = `examples/${name}.ts`;
    const run = await runSource(runtime, runtime === "deno" ? [...permissions, file] : [file], limitMs);
    const node = await inNode(name);
    const timeless = (text: string): string => text.replace(/in [\d.]+ s, \d+ times/, "");
    expect(timeless(run.output)).toBe(timeless(node.stdout));
    expect(run.code).toBe(0);
  });
});
