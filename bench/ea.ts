// The expert on the test host against the simulator's agent and a REP of libzmq: npm run bench -- ea [--quick] [--json FILE]
// The expert's timer has MT5's granularity of 16 ms. Same client, loopback, CURVE, a process each; rounds are interleaved,
// and what counts is their median. Exits with 1 if the expert's median round trip is 2 ms or more.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compileProgram, mqlRoot } from "../build/mql5/compile.ts";
import { nodeCrypto } from "../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../src/adapters/node-network.ts";
import { zmtpTransport } from "../src/adapters/zmtp-transport.ts";
import { tickTopic } from "../src/protocol/v1/topics.ts";
import { encodeKey } from "../src/security/keys.ts";
import { alwaysOpen, SimulatedTerminal, symbolSpec } from "../src/simulator/broker/mod.ts";
import { systemClock } from "../src/transport/clock.ts";
import type { Channel } from "../src/transport/transport.ts";
import { RawClient, result } from "../test/kit/raw-client.ts";
import { TerminalFeed } from "../test/mql5/kit/feed.ts";
import { Program } from "../test/mql5/kit/program.ts";

/** A line of the result. */
interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  /** Ours divided by the peer's. */
  readonly ratio: number;
  readonly runs: number;
}

/** Somebody who is asked. */
interface Contender {
  ask(op: string): Promise<void>;
  /** Has this many ticks made, and resolves when the client has them all; undefined where there are no ticks. */
  readonly ticks: ((count: number) => Promise<void>) | undefined;
  close(): Promise<void>;
}

type Ports = Readonly<Record<Channel, number>>;

const { values } = parseArgs({ options: { quick: { type: "boolean" }, json: { type: "string" } } });
const quick = values.quick === true;
const rounds = quick ? 3 : 5;
const asks = quick ? 500 : 2_000;
const warm = 200;
const ticksPerRound = quick ? 20_000 : 100_000;
/** Ticks under way at a time: well below what a terminal keeps. */
const ticksAtOnce = 2_000;
const wantedP50Us = 2_000;

const keys = {
  server: nodeCrypto.keyAgreement.generateKeyPair(),
  client: nodeCrypto.keyAgreement.generateKeyPair(),
};
const transport = zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto });

/** A client with a session that hears ticks. */
async function agentClient(ports: Ports): Promise<RawClient> {
  const raw = new RawClient({
    transport,
    clock: systemClock,
    host: "127.0.0.1",
    ports,
    serverPublicKey: keys.server.publicKey,
    secretKey: keys.client.secretKey,
    instance: "bench",
  });
  await raw.openAll();
  await raw.hello();
  raw.channel("events").subscribe(tickTopic("EURUSD"));
  result(await raw.request("subscribe", { symbols: ["EURUSD"] }));
  return raw;
}

function contender(raw: RawClient, make: (count: number) => void, close: () => Promise<void>): Contender {
  let heard = 0;
  const taken = (): number => {
    for (const batch of raw.ticks.splice(0)) {
      heard += batch.ticks.length;
      if (batch.skipped > 0) throw new Error(`Ticks were skipped: ${batch.skipped}`);
    }
    return heard;
  };
  return {
    async ask(op): Promise<void> {
      result(await raw.request(op));
    },
    async ticks(count): Promise<void> {
      const end = taken() + count;
      let made = heard;
      const limit = performance.now() + 60_000;
      while (taken() < end) {
        if (performance.now() > limit) throw new Error(`Waited for ${end - heard} of ${count} ticks`);
        for (; made < end && made - heard < ticksAtOnce; made += 500) make(Math.min(500, end - made));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    close,
  };
}

async function expert(): Promise<Contender> {
  const binary = await compileProgram(join(mqlRoot, "Experts", "MT5Connector", "MT5Connector.mq5"));
  const files = await mkdtemp(join(tmpdir(), "mt5c-bench-ea-"));
  await mkdir(join(files, "Files"), { recursive: true });
  const settings = [
    "[agent]",
    ...["command_port=0", "events_port=0", "sync_port=0", "requests_per_second=1000000"],
    `secret_key=${encodeKey(keys.server.secretKey)}`,
    "[client]",
    `key=${encodeKey(keys.client.publicKey)}`,
  ];
  await writeFile(join(files, "Files", "mt5-connector.ini"), settings.join("\n"));
  const terminal = new SimulatedTerminal({
    clock: systemClock,
    symbols: [symbolSpec("EURUSD", { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen })],
    account: { balance: 10_000 },
  });
  terminal.quote("EURUSD", 1.1, 1.1002);
  const program = new Program(binary, { files, timerGranularityMs: 16 });
  const feed = new TerminalFeed(program, terminal);
  const [command = 0, events = 0, sync = 0] = (await program.line("MT5Connector serves "))
    .split(" ")
    .slice(2)
    .map(Number);
  const raw = await agentClient({ command, events, sync });
  const make = (count: number): void => {
    const now = terminal.brokerMs();
    const v = Array.from({ length: count }, (_, i) => [now, 1.1 + (i % 10) / 10_000, 1.1012, 0, 0, 0, 6]);
    program.send({ t: "ticks", symbol: "EURUSD", v });
  };
  return contender(raw, make, async () => {
    await raw.close();
    await program.stop();
    feed.stop();
    terminal.dispose();
    await rm(files, { recursive: true, force: true });
  });
}

/** Starts a process to measure against and waits for its ports. */
async function peer(role: "simulator" | "echo"): Promise<{ child: ChildProcess; ports: Ports }> {
  const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const parameters = [role, encodeKey(keys.server.secretKey), encodeKey(keys.client.publicKey)];
  const child = spawn(process.execPath, [path("../build/run.mjs"), path("ea/peer.ts"), ...parameters], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ports = await new Promise<Ports>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`The ${role} ended with ${code}`)));
    if (child.stdout === null) throw new Error("A child without output");
    createInterface({ input: child.stdout }).once("line", (line) =>
      resolve((JSON.parse(line) as { ports: Ports }).ports),
    );
  });
  child.removeAllListeners("exit");
  return { child, ports };
}

async function ended(child: ChildProcess): Promise<void> {
  const end = new Promise((resolve) => child.once("exit", resolve));
  child.stdin?.end();
  await end;
}

async function simulator(): Promise<Contender> {
  const { child, ports } = await peer("simulator");
  const raw = await agentClient(ports);
  return contender(
    raw,
    (count) => child.stdin?.write(`${count}\n`),
    async () => {
      await raw.close();
      await ended(child);
    },
  );
}

/** The same frames through the same client, signed by nobody and understood by nobody. */
async function echo(): Promise<Contender> {
  const { child, ports } = await peer("echo");
  const waiting: (() => void)[] = [];
  let up: () => void = () => undefined;
  let closing = false;
  const opened = new Promise<void>((resolve) => {
    up = resolve;
  });
  const channel = transport.connect(
    "sync",
    {
      host: "127.0.0.1",
      port: ports.sync,
      serverPublicKey: keys.server.publicKey,
      clientSecretKey: keys.client.secretKey,
    },
    {
      up,
      writable: () => undefined,
      message: () => waiting.shift()?.(),
      down: (fault) => {
        if (!closing) throw new Error(`${fault.code}: ${fault.message}`);
      },
    },
  );
  await opened;
  const body = new Uint8Array(140);
  const mac = new Uint8Array(32);
  return {
    ask: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        channel.send([new Uint8Array(0), body, mac]);
      }),
    ticks: undefined,
    async close(): Promise<void> {
      closing = true;
      await channel.close();
      await ended(child);
    },
  };
}

/** Microseconds of each round trip, shortest first. */
async function trips(one: Contender, op: string): Promise<readonly number[]> {
  for (let i = 0; i < warm; i++) await one.ask(op);
  const found: number[] = [];
  for (let i = 0; i < asks; i++) {
    const beganMs = performance.now();
    await one.ask(op);
    found.push((performance.now() - beganMs) * 1_000);
  }
  return found.sort((a, b) => a - b);
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

const rows: Row[] = [];

function note(row: Omit<Row, "ratio" | "runs">): void {
  const whole: Row = { ...row, ratio: row.ours / row.peer, runs: rounds };
  rows.push(whole);
  const format = (value: number): string => Math.round(value).toLocaleString("en-US");
  console.log(
    `${row.name.padEnd(22)} ${whole.ratio.toFixed(2).padStart(6)}x   ${format(row.ours)} ${row.unit} against ${format(row.peer)} of ${row.peerName}`,
  );
}

const contenders = {
  expert: await expert(),
  "the simulator's agent": await simulator(),
  "a libzmq REP echo": await echo(),
};
const measured = new Map<string, number[]>();
const add = (name: string, value: number): void => {
  measured.set(name, [...(measured.get(name) ?? []), value]);
};
try {
  for (let round = 0; round < rounds; round++) {
    for (const [name, one] of Object.entries(contenders)) {
      for (const op of ["ping", "account"]) {
        const sorted = await trips(one, op);
        add(`${name} ${op} p50`, quantile(sorted, 0.5));
        add(`${name} ${op} p99`, quantile(sorted, 0.99));
      }
      if (one.ticks === undefined) continue;
      const beganMs = performance.now();
      await one.ticks(ticksPerRound);
      add(`${name} ticks`, (ticksPerRound / (performance.now() - beganMs)) * 1_000);
    }
  }
} finally {
  for (const one of Object.values(contenders)) await one.close();
}
const of = (name: string): number => median(measured.get(name) ?? []);
console.log(`${availableParallelism()} CPUs, medians of ${rounds} interleaved rounds, timer of 16 ms`);
for (const op of ["ping", "account"]) {
  for (const part of ["p50", "p99"]) {
    for (const peerName of ["the simulator's agent", "a libzmq REP echo"])
      note({
        name: `${op} ${part}`,
        unit: "µs",
        ours: of(`expert ${op} ${part}`),
        peer: of(`${peerName} ${op} ${part}`),
        peerName,
      });
  }
}
note({
  name: "ticks",
  unit: "ticks/s",
  ours: of("expert ticks"),
  peer: of("the simulator's agent ticks"),
  peerName: "the simulator's agent",
});
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
for (const op of ["ping", "account"]) {
  if (of(`expert ${op} p50`) < wantedP50Us) continue;
  console.error(`The expert's ${op} takes ${of(`expert ${op} p50`).toFixed(0)} µs in the median: too long`);
  process.exitCode = 1;
}
