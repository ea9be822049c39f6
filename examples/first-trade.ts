/**
 * The main job, end to end: starts the simulator in its own process, connects through CURVE, streams ticks, opens a
 * position, shows it live, closes it, and prints what it measured.
 *
 *     npm start                          on a synthetic market
 *     npm start -- --quotes FILE         on recorded quotes
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MT5Connector, type MT5ConnectorConfig, MT5Error, type TickData } from "../mod.ts";

/** A simulator in its own process. It ends with its standard input, so it never outlives this one. */
interface SimulatorProcess {
  readonly config: MT5ConnectorConfig;
  readonly symbol: string;
  stop(): Promise<number | null>;
}

const limitMs = 20_000;
const ticksToShow = 5;

async function startSimulator(
  folder: string,
  simulatorArguments: readonly string[],
): Promise<SimulatorProcess> {
  const configFile = join(folder, "config.json");
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const program = fileURLToPath(new URL(`../src/cli/main.${extension}`, import.meta.url));
  const child: ChildProcess = spawn(
    process.execPath,
    [
      ...(extension === "ts" ? process.execArgv : []),
      program,
      "simulate",
      "--ports",
      "0,0,0",
      "--config-out",
      configFile,
      "--exit-with-stdin",
      ...simulatorArguments,
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once("exit", (code) => resolve(code));
    child.once("error", reject);
  });
  const stop = async (): Promise<number | null> => {
    child.stdin?.end();
    return await exited;
  };
  const ready = (async (): Promise<string> => {
    if (child.stdout === null) throw new Error("Cannot start the simulator: no output");
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith("ready ")) continue;
      child.stdout.resume();
      return line;
    }
    throw new Error(`Cannot start the simulator: it ended with code ${await exited}`);
  })();
  const line = await ready;
  console.log(`simulator   process ${child.pid}, ${line.slice("ready ".length)}`);
  const config = JSON.parse(await readFile(configFile, "utf8")) as MT5ConnectorConfig;
  const symbol = /symbols? ([^\s,]+)/.exec(line)?.[1] ?? "EURUSD";
  return { config, symbol, stop };
}

/** The value at a fraction of sorted samples, nearest rank. */
function percentile(samples: readonly number[], fraction: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN;
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

function nextTick(agent: ReturnType<MT5Connector["getAgent"]>, symbol: string): Promise<TickData> {
  return new Promise((resolve) => {
    const listen = (tick: TickData): void => {
      if (tick.symbol !== symbol) return;
      agent.off("tick", listen);
      resolve(tick);
    };
    agent.on("tick", listen);
  });
}

async function trade(simulator: SimulatorProcess): Promise<void> {
  const { symbol } = simulator;
  const mt5 = new MT5Connector(simulator.config);
  mt5.on("error", (error: Error) => console.error(`error       ${error.message}`));
  try {
    const connectStarted = performance.now();
    await mt5.connect();
    const connectMs = performance.now() - connectStarted;
    const agent = mt5.getAgent("simulator");
    const account = await agent.account.getInfo();
    console.log(
      `connected   in ${ms(connectMs)}: CURVE on three channels; account ${account.login}, ${account.marginMode}, ` +
        `${account.balance.toFixed(2)} ${account.currency}, 1:${account.leverage}`,
    );

    const info = await agent.marketData.getSymbolInfo(symbol);
    const price = (value: number): string => value.toFixed(info.digits);
    let ticks = 0;
    const subscription = agent.marketData.subscribe([symbol], () => {
      ticks++;
    });
    await subscription.ready;
    for (let shown = 0; shown < ticksToShow; shown++) {
      const tick = await nextTick(agent, symbol);
      console.log(
        `tick        ${tick.time.toISOString()}  ${symbol}  ${price(tick.bid)} / ${price(tick.ask)}`,
      );
    }

    const opened = await agent.trade.marketBuy(symbol, 0.1, { comment: "first trade" });
    console.log(
      `opened      buy ${opened.volume.toFixed(2)} ${symbol} at ${price(opened.price)}, position ${opened.ticketText}, ` +
        `in ${ms(opened.executionTime)}`,
    );
    for (let shown = 0; shown < ticksToShow; shown++) {
      await nextTick(agent, symbol);
      const [position] = (await agent.positions.getAll()).filter((p) => p.ticketText === opened.ticketText);
      if (position === undefined) throw new Error("The position is not there any more");
      console.log(
        `live        at ${price(position.currentPrice)}, profit ${position.profit.toFixed(2)} ${account.currency}`,
      );
    }
    const closed = await agent.trade.closePosition(opened.ticket);
    console.log(
      `closed      at ${price(closed.price)}, profit ${closed.profit.toFixed(2)} ${account.currency}, ` +
        `in ${ms(closed.executionTime)}`,
    );

    const queries: number[] = [];
    for (let i = 0; i < 200; i++) {
      const started = performance.now();
      await agent.marketData.getTick(symbol);
      queries.push(performance.now() - started);
    }
    const after = await agent.account.getInfo();
    const open = await agent.positions.getAll();
    subscription.unsubscribe();
    console.log("");
    console.log("summary");
    console.log(`  connect              ${ms(connectMs)}`);
    console.log(`  open                 ${ms(opened.executionTime)}`);
    console.log(`  close                ${ms(closed.executionTime)}`);
    console.log(
      `  query (200)          p50 ${ms(percentile(queries, 0.5))}, p99 ${ms(percentile(queries, 0.99))}`,
    );
    console.log(`  ticks received       ${ticks}`);
    console.log(
      `  balance              ${account.balance.toFixed(2)} -> ${after.balance.toFixed(2)} ${after.currency}`,
    );
    console.log(`  positions left open  ${open.length}`);
    if (open.length > 0) throw new Error("A position was left open");
  } finally {
    await mt5.disconnect();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quotes: { type: "string" },
      symbol: { type: "string" },
      speed: { type: "string" },
      seed: { type: "string", default: "42" },
    },
  });
  const simulatorArguments: string[] = ["--seed", values.seed];
  if (values.quotes !== undefined) {
    // Recordings of quiet hours are played faster, and silences are skipped, so that there is something to see.
    simulatorArguments.push("--quotes", values.quotes, "--max-gap", "1000", "--loop");
    if (values.symbol !== undefined) simulatorArguments.push("--symbol", values.symbol);
  }
  simulatorArguments.push("--speed", values.speed ?? (values.quotes === undefined ? "1" : "10"));
  console.log(
    `First trade on ${values.quotes === undefined ? "a synthetic market" : `recorded quotes: ${basename(values.quotes)}`}`,
  );
  const folder = await mkdtemp(join(tmpdir(), "mt5-first-trade-"));
  let simulator: SimulatorProcess | undefined;
  const limit = setTimeout(() => {
    console.error(`Cannot finish the first trade: not done within ${limitMs / 1000} s`);
    process.exitCode = 1;
    void simulator?.stop();
  }, limitMs);
  try {
    simulator = await startSimulator(folder, simulatorArguments);
    await trade(simulator);
  } finally {
    clearTimeout(limit);
    await simulator?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? `Error: ${error.message}` : error);
  if (error instanceof MT5Error) console.error(`Remedy: ${error.remedy}`);
  process.exitCode = 1;
}
