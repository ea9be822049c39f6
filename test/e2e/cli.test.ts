import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { x25519 } from "@noble/curves/ed25519.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MT5Connector, type MT5ConnectorConfig } from "../../mod.ts";
import { decodeKey, encodeKey } from "../../src/security/keys.ts";
import { type Build, build, type Run } from "./build.ts";

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
    expect(run.stderr).toMatch(/Remedy: Check the path after --quotes\n$/);
  });

  test("--help tells its options, and an unknown one is refused with them", async () => {
    const help = await programs.run("examples/first-trade.js", ["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("--quotes FILE");
    const unknown = await programs.run("examples/first-trade.js", ["--bogus"]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("--quotes FILE");
  });

  test("shows a recording's prices with their own digits, and asks for the symbol that no name tells", async () => {
    const file = join(folder, "my-quotes.csv");
    const lines = Array.from({ length: 60 }, (_, i) => `${1_600_100_000_000 + i * 200},86.65${i % 9},86.728`);
    await writeFile(file, lines.join("\n"));
    const unnamed = await programs.run("examples/first-trade.js", ["--quotes", file]);
    expect(unnamed.code).toBe(2);
    expect(unnamed.stderr).toContain("its name does not start with a symbol\nRemedy: Give --symbol NAME");
    const named = await programs.run("examples/first-trade.js", ["--quotes", file, "--symbol", "007"]);
    expect(named).toMatchObject({ code: 0, stderr: "" });
    expect(named.stdout).toMatch(/ {2}007 {2}86\.65\d \/ 86\.728\n/);
    expect(named.stdout).toContain("opened      buy 0.10 007 at 86.728,");
  });
});

describe("first trade, broken off", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "says so on %s, names what was open, and leaves no file",
    async (signal) => {
      const temporary = await mkdtemp(join(folder, "broken-"));
      const run = await programs.run("examples/first-trade.js", [], {
        temporary,
        onOutput: (output, stop) => {
          if (output.includes("\nopened ")) stop(signal);
        },
      });
      expect(run.stderr).toMatch(
        new RegExp(`^Stopped by ${signal}; position \\d+ was open and ends with the simulator\\n$`),
      );
      expect(run.code).toBe(signal === "SIGINT" ? 130 : 143);
      expect(await readdir(temporary)).toEqual([]);
    },
  );

  test("tells the death of its simulator at once, and nothing else", async () => {
    const temporary = await mkdtemp(join(folder, "killed-"));
    let killed = false;
    const run = await programs.run("examples/first-trade.js", [], {
      temporary,
      onOutput: (output) => {
        const child = Number(/process (\d+)/.exec(output)?.[1]);
        if (killed || !output.includes("\nopened ")) return;
        killed = true;
        process.kill(child, "SIGKILL");
      },
    });
    expect(run.stderr).toMatch(
      /^Cannot finish the first trade: the simulator ended \(SIGKILL\); position \d+ was open and ends with the simulator\n$/,
    );
    expect(run.code).toBe(1);
    expect((await readdir(temporary)).filter((name) => name.startsWith("mt5-first-trade-"))).toEqual([]);
  });
});

describe("the README's program", () => {
  test("compiles strictly, trades on the simulator that it recommends, and ends by itself", async () => {
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    const section = readme.slice(readme.indexOf("## In your program"));
    const text = /```ts\n([\s\S]*?)```/.exec(section)?.[1] ?? "";
    const command = /^node dist\/(src\/cli\/main\.js) (simulate .*)$/m.exec(section);
    const place = await mkdtemp(join(folder, "readme-"));
    const program = await programs.consumer("readme", text);
    let run: Run | undefined;
    const simulator = await programs.run(command?.[1] ?? "", command?.[2]?.split(" ") ?? [], {
      cwd: place,
      onOutput: once("configuration for", async (stop) => {
        try {
          run = await programs.run(program, [], { cwd: place });
        } finally {
          stop();
        }
      }),
    });
    expect(simulator).toMatchObject({ code: 0, stderr: "" });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run?.stdout).toMatch(/^EURUSD 1\.\d+ 1\.\d+$/m);
    expect(run?.stdout).toMatch(/^bought at 1\.\d+, closed at 1\.\d+$/m);
  });
});

describe("mt5-connector keys", () => {
  test("generate writes a pair for its owner only and prints the public key alone; show prints the same", async () => {
    const made = await programs.run(cli, ["keys", "generate", "--name", "strategy-1"], { cwd: folder });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const file = join(folder, "strategy-1.keys.json");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const pair = JSON.parse(await readFile(file, "utf8")) as Record<
      "name" | "publicKey" | "secretKey",
      string
    >;
    expect(encodeKey(x25519.getPublicKey(decodeKey(pair.secretKey)))).toBe(pair.publicKey);
    const z85 = encodeKey(decodeKey(pair.publicKey), "z85");
    expect(made.stdout).toContain(`  base64  ${pair.publicKey}\n  Z85     ${z85}\n`);
    for (const encoding of ["base64", "z85", "hex"] as const)
      expect(made.stdout).not.toContain(encodeKey(decodeKey(pair.secretKey), encoding));
    const shown = await programs.run(cli, ["keys", "show", "--public", file]);
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain(shown.stdout);
    expect(shown.stdout).toContain(z85);
  });

  test("generate never replaces a file", async () => {
    const file = join(folder, "precious.json");
    await writeFile(file, "keys");
    const run = await programs.run(cli, ["keys", "generate", "--out", file]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("a file is there already");
    expect(await readFile(file, "utf8")).toBe("keys");
  });

  test("show says nothing of a damaged file's content", async () => {
    const file = join(folder, "damaged.json");
    await writeFile(file, '{"secretKey": topsecret}');
    const run = await programs.run(cli, ["keys", "show", "--public", file]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/Cannot read a pair from .*damaged\.json.*\nRemedy: \S/);
    expect(run.stderr + run.stdout).not.toContain("topsecret");
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

  test("with --data a ticket of an earlier run names nothing, also after a kill", async () => {
    const data = join(folder, "tickets");
    const file = join(folder, "tickets.json");
    const tickets: number[] = [];
    let refusal: unknown;
    for (const signal of ["SIGKILL", "SIGKILL", "SIGINT"] as const) {
      await programs.run(cli, ["simulate", "--config-out", file, "--data", data], {
        onOutput: once("configuration for", async (stop) => {
          try {
            const mt5 = new MT5Connector(JSON.parse(await readFile(file, "utf8")) as MT5ConnectorConfig);
            await mt5.connect();
            const { trade } = mt5.getAgent("simulator");
            tickets.push((await trade.marketBuy("EURUSD", 0.1)).ticket);
            if (tickets.length > 1)
              refusal = await trade.closePosition(tickets[0] ?? 0).catch((error) => error);
            await mt5.disconnect();
          } finally {
            stop(signal);
          }
        }),
      });
    }
    expect(tickets).toEqual(
      [1_000_001, 1_001_000_001, 2_001_000_001].map((first) =>
        expect.toSatisfy((ticket) => ticket >= first && ticket < first + 100),
      ),
    );
    expect(refusal).toMatchObject({ name: "TradeRejectedError", retcodeName: "POSITION_CLOSED" });
  });

  test("mixed-up ports are named among the causes of a refused connection, which the simulator counts", async () => {
    const file = join(folder, "mixed.json");
    let refusal: unknown;
    const run = await programs.run(cli, ["simulate", "--config-out", file], {
      onOutput: once("configuration for", async (stop) => {
        try {
          const config = JSON.parse(await readFile(file, "utf8"));
          const { ports } = config.agents[0].connection;
          config.agents[0].connection.ports = { ...ports, command: ports.sync, sync: ports.command };
          config.options.logging = { level: "silent", destination: "console" };
          const mt5 = new MT5Connector(config);
          refusal = await mt5.connect().catch((error: unknown) => error);
        } finally {
          stop();
        }
      }),
    });
    expect(refusal).toMatchObject({ remedy: expect.stringMatching(/ports.*(mixed up|swapped)/) });
    expect(run.stdout).toMatch(/^refused: (command|sync) HANDSHAKE_PROTOCOL, \d+ times$/m);
  });

  test("never replaces the configuration of a simulator that runs, and takes its place once that has ended", async () => {
    const place = await mkdtemp(join(folder, "clash-"));
    const file = join(place, "mt5-simulator.json");
    let second: Run | undefined;
    let before = "";
    let after = "";
    const first = await programs.run(cli, ["simulate"], {
      cwd: place,
      onOutput: once("configuration for", async (stop) => {
        try {
          before = await readFile(file, "utf8");
          second = await programs.run(cli, ["simulate"], { cwd: place });
          after = await readFile(file, "utf8");
        } finally {
          stop();
        }
      }),
    });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(second?.code).toBe(2);
    expect(second?.stderr).toContain("the simulator that it belongs to still runs");
    expect(after).toBe(before);
    const { ports } = (JSON.parse(before) as Config).agents[0].connection;
    const again = ["simulate", "--ports", `${ports.command},${ports.events},${ports.sync}`];
    const third = await programs.run(cli, again, {
      cwd: place,
      onOutput: once("configuration for", async (stop) => stop()),
    });
    expect(third).toMatchObject({ code: 0, stderr: "" });
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
    [["simulate", "--quotes", "."], "is a folder"],
    [["simulate", "--quotes", "nothing-US500.csv"], "is not there"],
    [["simulate", "--symbol", "X", "--loop"], "Cannot use --symbol and --loop: there is no recording"],
    [["simulate", "--max-gap", "5"], "Cannot use --max-gap: there is no recording"],
    [["simulate", "--speed", "-1"], 'Cannot read --speed "-1"'],
    [["simulate", "--balance", "-5"], 'Cannot read --balance "-5"'],
    [["simulate", "--latency", "-5"], 'Cannot read --latency "-5"'],
    [["simulate", "--host", "192.0.2.1"], "EADDRNOTAVAIL"],
    [["simulate", "--nonsense"], "Remedy: See mt5-connector simulate --help"],
    [["keys", "generate", "--name", "a/b"], "not 1 to 64 letters"],
    [["keys", "burn"], "no such action"],
    [["keys", "show"], "no file is named"],
    [["dance"], "no such command"],
  ])("%j is refused with a remedy and exit code 2", async (programArguments, message) => {
    const run = await programs.run(cli, programArguments, { cwd: folder });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
    expect(run.stderr).toMatch(/Remedy: \S/);
  });

  test("an empty recording, and a folder that is not there, are told without a word about quotes that have ended", async () => {
    await writeFile(join(folder, "EURUSD-empty.csv"), "");
    const empty = await programs.run(cli, ["simulate", "--quotes", "EURUSD-empty.csv"], { cwd: folder });
    expect(empty.code).toBe(2);
    expect(empty.stderr).toMatch(/holds no ticks\nRemedy: Name a file that holds ticks/);
    const nowhere = await programs.run(cli, ["simulate", "--config-out", "nowhere/x.json"], { cwd: folder });
    expect(nowhere).toMatchObject({ code: 2, stdout: "" });
    expect(nowhere.stderr).toMatch(/Remedy: \S/);
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
      readonly connection: { readonly ports: Readonly<Record<"command" | "events" | "sync", number>> };
      readonly credentials: { readonly clientKey: string };
    },
  ];
}

/** Runs an action once, when the output first holds a text; a failure of it fails the test through `failed`. */
function once(
  text: string,
  action: (stop: (signal?: NodeJS.Signals) => void) => Promise<void>,
): (output: string, stop: (signal?: NodeJS.Signals) => void) => void {
  let done = false;
  return (output, stop) => {
    if (done || !output.includes(text)) return;
    done = true;
    void action(stop);
  };
}
