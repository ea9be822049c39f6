/**
 * The gateway against a minimal python3-zmq REP server and a zeromq.js REP server doing the same JSON work, in the same
 * run and with the same client: percentiles, requests per second, ratios, and the floors of v4.3.
 * Run it with `node build/run.mjs bench/gateway.ts`.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Request } from "../src/adapters/zmtp.ts";
import { bundledCli, removeBundledCli } from "../test/interop/gateway/bundle.ts";

const rounds = 3;
const pingsPerRound = 2_000;
const opensPerRound = 100;
/** Enough for half a second, so that one stall of the machine does not make the result. */
const pingsAtOnce = 12_000;
const clients = 8;

interface Peer {
  readonly name: string;
  readonly endpoint: string;
  readonly child: ChildProcess;
  readonly ping: number[];
  readonly open: number[];
  readonly perSecond: number[];
}

async function start(name: string, command: string, parameters: readonly string[]): Promise<Peer> {
  const child = spawn(command, parameters, { stdio: ["pipe", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("no output");
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on("line", (line) => {
      const ready = /^ready on (\S+)/.exec(line)?.[1];
      if (ready !== undefined) resolve(ready);
    });
  });
  return { name, endpoint, child, ping: [], open: [], perSecond: [] };
}

class Client {
  readonly #socket = new Request({ lingerMs: 0 });

  constructor(endpoint: string) {
    this.#socket.connect(endpoint);
  }

  async ask(action: string, more: object = {}): Promise<Record<string, unknown>> {
    const timestamp = new Date().toISOString();
    await this.#socket.send(JSON.stringify({ uuid: crypto.randomUUID(), action, ...more, timestamp }));
    const [frame] = await this.#socket.receive();
    return JSON.parse(new TextDecoder().decode(frame)) as Record<string, unknown>;
  }

  async open(): Promise<Record<string, unknown>> {
    const stamp = `${new Date().toISOString().slice(0, 19)}Z`;
    const order = {
      symbol: "EURUSD",
      type: "BUY",
      volume: 0.01,
      price: 0.0,
      sl: 0.0,
      tp: 0.0,
      comment: "bench",
    };
    return this.ask("OPEN", { ...order, risk_signature: `RISK_PASS:7a3f9e8b:${stamp}` });
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

async function timed(
  count: number,
  into: number[],
  work: () => Promise<Record<string, unknown>>,
): Promise<void> {
  for (let index = 0; index < count; index++) {
    const startMs = performance.now();
    const { status } = await work();
    into.push(performance.now() - startMs);
    if (status !== "ok" && status !== "FILLED") throw new Error(`status ${String(status)}`);
  }
}

async function round(peer: Peer, warm: boolean): Promise<void> {
  const client = new Client(peer.endpoint);
  const ignored: number[] = [];
  await timed(50, ignored, () => client.ask("PING"));
  await timed(pingsPerRound, warm ? ignored : peer.ping, () => client.ask("PING"));
  for (let index = 0; index < opensPerRound; index++) {
    let ticket: unknown;
    await timed(1, warm ? ignored : peer.open, async () => {
      const reply = await client.open();
      ticket = reply["ticket"];
      return reply;
    });
    await client.ask("CLOSE", { ticket, symbol: "EURUSD", volume: 0.01 });
  }
  await client.close();
  const many = Array.from({ length: clients }, () => new Client(peer.endpoint));
  await Promise.all(many.map((each) => each.ask("PING")));
  const startMs = performance.now();
  await Promise.all(many.map((each) => timed(pingsAtOnce / clients, ignored, () => each.ask("PING"))));
  if (!warm) peer.perSecond.push((pingsAtOnce / (performance.now() - startMs)) * 1000);
  await Promise.all(many.map((each) => each.close()));
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const python = ["/usr/bin/python3", "python3"].find(
  (path) => spawnSync(path, ["-c", "import zmq"]).status === 0,
);
const run = "build/run.mjs";
const peers: Peer[] = [];
try {
  const serve = ["gateway", "--simulate", "--host", "127.0.0.1", "--port", "0", "--exit-with-stdin"];
  peers.push(await start("gateway", process.execPath, [await bundledCli(), ...serve]));
  peers.push(await start("zeromq.js", process.execPath, [run, "bench/gateway/rep.ts"]));
  if (python !== undefined) peers.push(await start("python3", python, ["test/interop/gateway/server.py"]));
  for (let index = 0; index <= rounds; index++) for (const peer of peers) await round(peer, index === 0);
  const [own] = peers as [Peer];
  const row = (name: string, value: (peer: Peer) => number, unit: string, digits: number): void => {
    const cells = peers.map((peer) => {
      const ratio = peer === own ? "" : ` (gateway ${(value(own) / value(peer)).toFixed(2)}x)`;
      return `${peer.name} ${value(peer).toFixed(digits)} ${unit}${ratio}`;
    });
    console.log(`${name.padEnd(22)}${cells.join("   ")}`);
  };
  for (const [name, share] of [
    ["p50", 0.5],
    ["p95", 0.95],
    ["p99", 0.99],
  ] as const) {
    row(`PING ${name}`, (peer) => percentile(peer.ping, share), "ms", 3);
  }
  for (const [name, share] of [
    ["p50", 0.5],
    ["p95", 0.95],
    ["p99", 0.99],
  ] as const) {
    row(`OPEN ${name}`, (peer) => percentile(peer.open, share), "ms", 3);
  }
  row(`PING/s, ${clients} clients`, (peer) => percentile(peer.perSecond, 0.5), "/s", 0);
  console.log(
    "The gateway's OPEN trades on a simulated account behind CURVE and two journals on disk; its peers answer from memory.",
  );
  const floor = (name: string, value: number, limit: number): void =>
    console.log(`${name}: ${value.toFixed(2)} ms, floor ${limit} ms: ${value < limit ? "met" : "SHORT"}`);
  floor("PING p99", percentile(own.ping, 0.99), 10);
  floor("OPEN p95", percentile(own.open, 0.95), 50);
} finally {
  for (const { child } of peers) child.stdin?.end();
  await Promise.all(peers.map(({ child }) => (child.exitCode === null ? once(child, "exit") : undefined)));
  await removeBundledCli();
}
