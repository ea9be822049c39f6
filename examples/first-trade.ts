/**
 * The main job, end to end: starts the simulator in its own process, connects through CURVE, streams ticks, opens a
 * position, shows it live, closes it, and prints what it measured.
 *
 *     npm start                          on a synthetic market
 *     npm start -- --quotes FILE         on recorded quotes
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MT5Connector, type MT5ConnectorConfig, MT5Error, type TickData } from "../mod.ts";

/** A simulator in its own process. It ends with its standard input, so it never outlives this one. */
interface SimulatorProcess {
  /** Its process id, address, market and symbols, as it says them. */
  readonly line: string;
  readonly config: MT5ConnectorConfig;
  readonly symbol: string;
}

/** Why the first trade is broken off. */
class Stopped extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

const usage = `Usage: npm start -- [options]

  --quotes FILE   trade on recorded quotes: MT5 tick export, HistData ASCII ticks, or timestamp,bid,ask
  --symbol NAME   symbol of the recording (default: what its file name starts with)
  --speed N       1 is real time, 60 a minute in a second, max as fast as possible
  --seed N        seed of the synthetic market (default: 42)
  --help          this text`;

const limitMs = 20_000;
const ticksToShow = 5;

/** Starts the simulator. `ended` is called when it ends before `stop` has asked it to. */
function startSimulator(
  folder: string,
  simulatorArguments: readonly string[],
  ended: (how: string) => void,
): { readonly ready: Promise<SimulatorProcess>; stop(): Promise<void> } {
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
  let stopping = false;
  const exited = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      if (!stopping) ended(signal ?? `code ${code}`);
      resolve();
    });
    child.once("error", (error) => {
      ended(error.message);
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    child.stdin?.end();
    await exited;
  };
  const ready = (async (): Promise<SimulatorProcess> => {
    if (child.stdout === null) throw new Error("Cannot start the simulator: no output");
    const lines = createInterface({ input: child.stdout });
    for await (const said of lines) {
      if (!said.startsWith("ready ")) continue;
      child.stdout.resume();
      const config = JSON.parse(await readFile(configFile, "utf8")) as MT5ConnectorConfig;
      const line = `process ${child.pid}, ${said.slice("ready ".length)}`;
      return { line, config, symbol: /symbols? ([^\s,]+)/.exec(said)?.[1] ?? "EURUSD" };
    }
    // What ended it says so through `ended`.
    return new Promise<never>(() => undefined);
  })();
  return { ready, stop };
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

/** What is told of a trade that is broken off. */
interface Progress {
  /** A position was opened and not closed yet. */
  position: string | undefined;
}

async function trade(simulator: SimulatorProcess, stopped: AbortSignal, progress: Progress): Promise<void> {
  const { symbol } = simulator;
  const { options } = simulator.config;
  // What goes wrong is told below, by errors; warnings of the loss of a simulator that was stopped are no news.
  const logging = { level: "error", destination: "console" } as const;
  const mt5 = new MT5Connector({ ...simulator.config, options: { ...options, logging } });
  mt5.on("error", (error: Error) => {
    // The end of the simulator is told once, by whoever saw it end.
    if (!stopped.aborted) console.error(`error       ${error.message}`);
  });
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
    progress.position = opened.ticketText;
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
    progress.position = undefined;
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

function readArguments(): { quotes?: string; symbol?: string; speed?: string; seed: string } {
  const { values } = parseArgs({
    options: {
      quotes: { type: "string" },
      symbol: { type: "string" },
      speed: { type: "string" },
      seed: { type: "string", default: "42" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) throw new Stopped(usage, 0);
  return values;
}

async function main(): Promise<void> {
  const values = readArguments();
  const simulatorArguments: string[] = ["--seed", values.seed];
  if (values.quotes !== undefined) {
    // Recordings of quiet hours are played faster, and silences are skipped, so that there is something to see.
    simulatorArguments.push("--quotes", values.quotes, "--max-gap", "1000", "--loop");
  }
  if (values.symbol !== undefined) simulatorArguments.push("--symbol", values.symbol);
  simulatorArguments.push("--speed", values.speed ?? (values.quotes === undefined ? "1" : "10"));
  console.log(
    `First trade on ${values.quotes === undefined ? "a synthetic market" : `recorded quotes: ${basename(values.quotes)}`}`,
  );
  const stopped = new AbortController();
  const broken = new Promise<never>((_, reject) => {
    stopped.signal.addEventListener("abort", () => reject(stopped.signal.reason as Error));
  });
  // It may be broken off while nothing waits for it.
  broken.catch(() => undefined);
  const progress: Progress = { position: undefined };
  const stop = (why: string, exitCode: number): void => {
    const { position } = progress;
    const left = position === undefined ? "" : `; position ${position} was open and ends with the simulator`;
    stopped.abort(new Stopped(`${why}${left}`, exitCode));
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    stop(`Stopped by ${signal}`, 128 + constants.signals[signal]);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  const limit = setTimeout(
    () => stop(`Cannot finish the first trade: not done within ${limitMs / 1000} s`, 1),
    limitMs,
  );
  const folder = await mkdtemp(join(tmpdir(), "mt5-first-trade-"));
  const simulator = startSimulator(folder, simulatorArguments, (how) => {
    // A mistake in the call the simulator has explained itself.
    if (how === "code 2") stopped.abort(new Stopped("", 2));
    else stop(`Cannot finish the first trade: the simulator ended (${how})`, 1);
  });
  try {
    const running = await Promise.race([simulator.ready, broken]);
    console.log(`simulator   ${running.line}`);
    const done = trade(running, stopped.signal, progress);
    // Broken off, it may still fail; why it was broken off is what is told.
    done.catch(() => undefined);
    await Promise.race([done, broken]);
  } finally {
    clearTimeout(limit);
    await simulator.stop();
    await rm(folder, { recursive: true, force: true });
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

try {
  await main();
} catch (error) {
  if (error instanceof Stopped) {
    if (error.exitCode === 0) console.log(error.message);
    else if (error.message !== "") console.error(error.message);
    // The connection that is left ends with the simulator; nothing else is to be waited for.
    process.exit(error.exitCode);
  }
  const badUsage = error instanceof TypeError && "code" in error && /PARSE_ARGS/.test(String(error.code));
  console.error(error instanceof Error ? `Error: ${error.message}` : error);
  if (badUsage) console.error(usage);
  if (error instanceof MT5Error) console.error(`Remedy: ${error.remedy}`);
  process.exitCode = badUsage ? 2 : 1;
}
