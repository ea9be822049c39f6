import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MT5Connector, type MT5ConnectorConfig } from "../../mod.ts";
import { type Build, build } from "./build.ts";

let programs: Build;
let folder: string;
beforeAll(async () => {
  programs = await build();
  folder = await mkdtemp(join(tmpdir(), "mt5-e2e-"));
}, 120_000);
afterAll(async () => {
  await programs.remove();
  await rm(folder, { recursive: true, force: true });
});

const cli = "src/cli/main.js";
const vectors: string = fileURLToPath(new URL("../vectors/quotes/", import.meta.url));

/** The transcript without what differs from run to run. */
function shape(transcript: string): string[] {
  return transcript
    .split("\n")
    .filter((line) => line !== "")
    .map((line) =>
      line
        .replace(/-?\d[\d.,:TZ-]*/g, "#")
        .replace(/\s+/g, " ")
        .trim(),
    );
}

describe("first trade", () => {
  test("prints what the README shows, and exits 0", async () => {
    const run = await programs.run("examples/first-trade.js");
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    const transcript = /```\n(First trade on a synthetic market\n[\s\S]*?)```/.exec(readme)?.[1] ?? "";
    expect(shape(run.stdout)).toEqual(shape(transcript));
    expect(run.stdout).toMatch(/positions left open {2}0/);
  });

  test("trades on a recording", async () => {
    const run = await programs.run("examples/first-trade.js", [
      "--quotes",
      join(vectors, "EURUSD-ticks-histdata.csv"),
    ]);
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("recorded quotes: EURUSD-ticks-histdata.csv");
    expect(run.stdout).toMatch(/positions left open {2}0/);
  });

  test("says which file is missing, and leaves with a failure", async () => {
    const run = await programs.run("examples/first-trade.js", ["--quotes", join(folder, "none.csv")]);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain("none.csv is not there or not readable");
    expect(run.stderr).toContain("Remedy: Check the path after --quotes");
  });
});

describe("mt5-connector simulate", () => {
  test("writes a configuration for its owner only with which a connector trades, and stops on SIGINT", async () => {
    const file = join(folder, "simulator.json");
    let mode = 0;
    let ticket = "";
    const run = await programs.run(cli, ["simulate", "--config-out", file], {
      onOutput: once("configuration for", async (stop) => {
        try {
          mode = (await stat(file)).mode & 0o777;
          const mt5 = new MT5Connector(JSON.parse(await readFile(file, "utf8")) as MT5ConnectorConfig);
          await mt5.connect();
          ticket = (await mt5.getAgent("simulator").trade.marketBuy("EURUSD", 0.1)).ticketText;
          await mt5.disconnect();
        } finally {
          stop();
        }
      }),
    });
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    expect(mode).toBe(0o600);
    expect(ticket).toMatch(/^\d+$/);
    expect(run.stdout).not.toContain(
      (JSON.parse(await readFile(file, "utf8")) as Config).agents[0].credentials.clientKey,
    );
  });

  test("with --data keeps keys and journal: after a restart the same caller's id is answered, not executed again", async () => {
    const data = join(folder, "data");
    const file = join(folder, "kept.json");
    const tickets: string[] = [];
    const keys: string[] = [];
    for (let round = 0; round < 2; round++) {
      const run = await programs.run(cli, ["simulate", "--config-out", file, "--data", data], {
        onOutput: once("configuration for", async (stop) => {
          try {
            const config = JSON.parse(await readFile(file, "utf8")) as MT5ConnectorConfig;
            keys.push((JSON.parse(await readFile(file, "utf8")) as Config).agents[0].credentials.clientKey);
            const mt5 = new MT5Connector(config);
            await mt5.connect();
            tickets.push(
              (await mt5.getAgent("simulator").trade.marketBuy("EURUSD", 0.1, { id: "once" })).ticketText,
            );
            await mt5.disconnect();
          } finally {
            stop();
          }
        }),
      });
      expect(run.stderr).toBe("");
      expect(run.code).toBe(0);
    }
    expect(keys[1]).toBe(keys[0]);
    expect(tickets).toHaveLength(2);
    expect(tickets[1]).toBe(tickets[0]);
  });

  test("never replaces a file that it did not write", async () => {
    const file = join(folder, "mine.json");
    await writeFile(file, '{"precious":"keys"}');
    const run = await programs.run(cli, ["simulate", "--config-out", file]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("a file that the simulator did not write is there already");
    expect(await readFile(file, "utf8")).toBe('{"precious":"keys"}');
  });

  test.each([
    [["simulate", "--ports", "1,2"], "not three ports"],
    [["simulate", "--ports", "7001,7001,7002"], "a port is named twice"],
    [["simulate", "--ports", "7001,7002,70000"], "not three ports"],
    [["simulate", "--speed", "fast"], "neither a number above 0 nor max"],
    [["simulate", "--speed", "0"], "neither a number above 0 nor max"],
    [["simulate", "--seed", "x"], "not a whole number"],
    [["simulate", "--balance", "0"], "not a number above 0"],
    [["simulate", "--quotes", "missing.csv"], "is not there or not readable"],
    [["simulate", "--nonsense"], "Unknown option"],
    [["dance"], "no such command"],
  ])("%j is refused with a remedy and exit code 2", async (programArguments, message) => {
    const run = await programs.run(cli, programArguments, { cwd: folder });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
    expect(run.stderr).toMatch(/Remedy: \S/);
  });

  test("a bad line in a recording stops it with the file, the line and what was expected", async () => {
    const file = join(folder, "EURUSD-bad.csv");
    const lines = (await readFile(join(vectors, "EURUSD-ticks-histdata.csv"), "utf8")).split("\n");
    lines[4] = "20200101 17003x,1.1,1.2,0";
    await writeFile(file, lines.join("\n"));
    const run = await programs.run(cli, [
      "simulate",
      "--quotes",
      file,
      "--speed",
      "max",
      "--config-out",
      join(folder, "bad.json"),
    ]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("EURUSD-bad.csv");
    expect(run.stderr).toContain("line 5");
    expect(run.stderr).toMatch(/Remedy: \S/);
  });

  test("a taken port is named, with a remedy", async () => {
    const file = join(folder, "taken.json");
    await programs.run(cli, ["simulate", "--config-out", file], {
      onOutput: once("configuration for", async (stop) => {
        try {
          const { ports } = (JSON.parse(await readFile(file, "utf8")) as Config).agents[0].connection;
          const second = await programs.run(cli, [
            "simulate",
            "--ports",
            `${ports.command},0,0`,
            "--config-out",
            join(folder, "second.json"),
          ]);
          expect(second.code).toBe(2);
          expect(second.stderr).toContain(String(ports.command));
          expect(second.stderr).toMatch(/Remedy: \S/);
        } finally {
          stop();
        }
      }),
    });
  });

  test("--version and --help answer with exit code 0", async () => {
    const version = await programs.run(cli, ["--version"]);
    expect(version.code).toBe(0);
    expect(version.stdout).toContain("mt5-connector/0.1.0");
    const help = await programs.run(cli, ["simulate", "--help"]);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain("--quotes <file>");
  });
});

interface Config {
  readonly agents: readonly [
    {
      readonly connection: { readonly ports: { readonly command: number } };
      readonly credentials: { readonly clientKey: string };
    },
  ];
}

/** Runs an action once, when the output first holds a text; a failure of it fails the test through `failed`. */
function once(
  text: string,
  action: (stop: () => void) => Promise<void>,
): (output: string, stop: () => void) => void {
  let done = false;
  return (output, stop) => {
    if (done || !output.includes(text)) return;
    done = true;
    void action(stop);
  };
}
