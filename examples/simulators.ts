import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { AgentConfig, MT5ConnectorConfig } from "../mod.ts";

/**
 * Starts simulated accounts, each in a process of its own on free ports of the loopback, runs something with the
 * configuration that reaches them, and stops them again. They end with this process in any case.
 */
export async function withSimulators(
  count: number,
  run: (config: MT5ConnectorConfig) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mt5-simulators-"));
  const processes: ChildProcess[] = [];
  try {
    const agents: AgentConfig[] = [];
    for (let index = 0; index < count; index++) {
      const file = join(folder, `config-${index}.json`);
      const child = startProcess(file, 42 + index);
      processes.push(child);
      await ready(child);
      const { agents: made } = JSON.parse(await readFile(file, "utf8")) as MT5ConnectorConfig;
      for (const agent of made) agents.push({ ...agent, id: `account-${index + 1}` });
    }
    await run({ agents });
  } finally {
    await Promise.all(processes.map(stop));
    await rm(folder, { recursive: true, force: true });
  }
}

function startProcess(configFile: string, seed: number): ChildProcess {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const program = fileURLToPath(new URL(`../src/cli/main.${extension}`, import.meta.url));
  const own = extension === "ts" ? process.execArgv : [];
  const options = [
    "--ports",
    "0,0,0",
    "--config-out",
    configFile,
    "--seed",
    String(seed),
    "--exit-with-stdin",
  ];
  return spawn(process.execPath, [...own, program, "simulate", ...options], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

async function ready(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error("Cannot start a simulator: it has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith("ready ")) continue;
    child.stdout.resume();
    return;
  }
  throw new Error("Cannot start a simulator: it ended before it was ready");
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.stdin?.end();
  await exited;
}
