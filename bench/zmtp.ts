// ZMTP against zeromq.js and libzmq: npm run build && npm run bench -- zmtp [--quick] [--json FILE] [--only TEXT]
// Separate processes, loopback, CURVE, the public API on both sides; the receiver keeps every message. Runs are
// interleaved, and what counts is their median. zeromq.js counts with the best of its configurations.
import { existsSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { nodeCrypto } from "../src/adapters/node-crypto.ts";
import {
  type Flow,
  flow,
  type Latency,
  median,
  residentMiB,
  roundTrip,
  throughput,
  type Weights,
} from "./zmtp/measure.ts";
import {
  libzmqProgram,
  type PeerConfig,
  type Runtime,
  runtimeProgram,
  type Side,
  versions,
  type Work,
} from "./zmtp/sides.ts";

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

const { values } = parseArgs({
  options: { quick: { type: "boolean" }, json: { type: "string" }, only: { type: "string" } },
});
const quick = values.quick === true;
const rounds = quick ? 3 : 5;

/** What zeromq.js may choose from. It allows one send at a time, so that all of them await each. */
const configs: Readonly<Record<string, PeerConfig>> = {
  "high-water marks 1,000 (its default)": {},
  "high-water marks 100,000": { sendHighWaterMark: 100_000, receiveHighWaterMark: 100_000 },
  "no high-water marks, 2 I/O threads": { sendHighWaterMark: 0, receiveHighWaterMark: 0, ioThreads: 2 },
};
/** A publisher that may drop would be measured for dropping. */
const unlimited: PeerConfig = { sendHighWaterMark: 0, receiveHighWaterMark: 0 };
const pubSubConfigs: Readonly<Record<string, PeerConfig>> = {
  "no high-water marks": unlimited,
  "no high-water marks, 2 I/O threads": { ...unlimited, ioThreads: 2 },
  "no sender's mark, receiver's 1,000": { sendHighWaterMark: 0, receiveHighWaterMark: 1_000 },
};

const sizes = [
  { title: "100 B", size: 100, warm: 20_000, count: quick ? 150_000 : 400_000 },
  { title: "1 KiB", size: 1_024, warm: 10_000, count: quick ? 60_000 : 200_000 },
  { title: "64 KiB", size: 65_536, warm: 500, count: quick ? 3_000 : 6_000 },
] as const;
const latencyWork: Work = { size: 100, warm: 2_000, count: quick ? 5_000 : 20_000 };

const rows: Row[] = [];

function note(row: Omit<Row, "ratio" | "runs">): void {
  const whole: Row = { ...row, ratio: row.ours / row.peer, runs: rounds };
  rows.push(whole);
  const figures = `${format(row.ours)} ${row.unit} against ${format(row.peer)} of ${row.peerName}`;
  console.log(`${row.name.padEnd(34)} ${whole.ratio.toFixed(2).padStart(6)}x   ${figures}`);
}

const format = (value: number): string =>
  value >= 1_000 ? Math.round(value).toLocaleString("en-US") : value.toFixed(1);

const wanted = (name: string): boolean => values.only === undefined || name.includes(values.only);

/** Measures every contender once in each round, so that all of them see the same moods of the machine. */
async function interleaved<T>(
  contenders: Readonly<Record<string, () => Promise<T>>>,
): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries(contenders)) results.get(name)?.push(await measure());
  }
  return results;
}

/** The best of zeromq.js's configurations by a figure of merit: larger is better. */
function best<T>(
  results: ReadonlyMap<string, readonly T[]>,
  names: readonly string[],
  merit: (runs: readonly T[]) => number,
): readonly [string, readonly T[]] {
  const ranked = names.map((name) => [name, results.get(name) ?? []] as const);
  const [first] = ranked.sort(([, a], [, b]) => merit(b) - merit(a));
  if (first === undefined) throw new Error("No configuration was measured");
  return first;
}

async function streams(
  pattern: "push-pull" | "pub-sub",
  from: "PUSH" | "PUB",
  to: "PULL" | "SUB",
  candidates: Readonly<Record<string, PeerConfig>>,
): Promise<void> {
  for (const { title, ...work } of sizes) {
    const name = `${pattern} ${title}`;
    if (!wanted(name)) continue;
    const config: PeerConfig = pattern === "pub-sub" ? { sendHighWaterMark: 0 } : {};
    const runtimes = title === "64 KiB" ? [] : foreignRuntimes;
    const results = await interleaved<number>({
      ours: () =>
        throughput({ library: "ours", role: from, config }, { library: "ours", role: to, config }, work),
      ...Object.fromEntries(
        Object.entries(candidates).map(([label, peer]) => [
          label,
          () =>
            throughput(
              { library: "zeromq.js", role: from, config: peer },
              { library: "zeromq.js", role: to, config: peer },
              work,
            ),
        ]),
      ),
      ...Object.fromEntries(
        runtimes.map((runtime) => [
          runtime,
          () =>
            throughput(
              { library: "ours", role: from, runtime, config },
              { library: "ours", role: to, runtime, config },
              work,
            ),
        ]),
      ),
    });
    const [label, runs] = best(results, Object.keys(candidates), median);
    const peer = median(runs);
    const peerName = `zeromq.js, ${label}`;
    note({ name, unit: "messages/s", ours: median(results.get("ours") ?? []), peer, peerName });
    for (const runtime of runtimes) {
      note({
        name: `${name} on ${runtime}`,
        unit: "messages/s",
        ours: median(results.get(runtime) ?? []),
        peer,
        peerName,
      });
    }
    if (title === "64 KiB") {
      note({ name: `${name}, AEAD alone`, unit: "messages/s", ours: aeadCeiling(work.size), peer, peerName });
    }
  }
}

async function latency(): Promise<void> {
  if (!wanted("round-trip p50") && !wanted("round-trip p99")) return;
  const pair = (
    library: "ours" | "zeromq.js",
    config: PeerConfig,
    runtime: Runtime = "node",
  ): Promise<Latency> =>
    roundTrip(
      { library, role: "REQ", config, runtime },
      { library, role: "REP", config, runtime },
      latencyWork,
    );
  const results = await interleaved<Latency>({
    ours: () => pair("ours", {}),
    ...Object.fromEntries(
      Object.entries(configs).map(([label, config]) => [label, () => pair("zeromq.js", config)]),
    ),
    ...Object.fromEntries(foreignRuntimes.map((runtime) => [runtime, () => pair("ours", {}, runtime)])),
  });
  for (const quantile of ["p50", "p99"] as const) {
    const of = (runs: readonly Latency[]): number => median(runs.map((run) => run[quantile]));
    const [label, runs] = best(results, Object.keys(configs), (candidate) => -of(candidate));
    const peer = of(runs);
    const peerName = `zeromq.js, ${label}`;
    note({ name: `round-trip ${quantile}`, unit: "µs", ours: of(results.get("ours") ?? []), peer, peerName });
    for (const runtime of foreignRuntimes) {
      note({
        name: `round-trip ${quantile} on ${runtime}`,
        unit: "µs",
        ours: of(results.get(runtime) ?? []),
        peer,
        peerName,
      });
    }
  }
}

/** The same libzmq process at the other end: ours, zeromq.js at its best, and libzmq itself in our place. */
async function withLibzmq(): Promise<void> {
  const into = "into libzmq";
  const streamsOf: readonly (readonly [
    string,
    (side: Side, work: Work) => Promise<Flow>,
    "PUSH" | "PULL",
  ])[] = [
    [into, (side, work) => flow(side, { library: "libzmq", role: "PULL" }, work), "PUSH"],
    ["from libzmq", (side, work) => flow({ library: "libzmq", role: "PUSH" }, side, work), "PULL"],
  ];
  for (const { title, ...work } of sizes.filter(({ size }) => size < 65_536)) {
    for (const [what, measure, role] of streamsOf) {
      const name = `${what} ${title}`;
      if (!wanted(name)) continue;
      const results = await interleaved<Flow>({
        ours: () => measure({ library: "ours", role }, work),
        ...Object.fromEntries(
          Object.entries(configs).map(([label, config]) => [
            label,
            () => measure({ library: "zeromq.js", role, config }, work),
          ]),
        ),
        libzmq: () => measure({ library: "libzmq", role }, work),
      });
      const rate = (runs: readonly Flow[]): number => median(runs.map((run) => run.rate));
      const ours = rate(results.get("ours") ?? []);
      const [label, runs] = best(results, Object.keys(configs), rate);
      const peer = rate(runs);
      const peerName = `zeromq.js, ${label}`;
      note({ name, unit: "messages/s", ours, peer, peerName });
      const native = rate(results.get("libzmq") ?? []);
      note({ name: `${name}, against C`, unit: "messages/s", ours, peer: native, peerName: "libzmq in C" });
      if (what === into) receiversLimit(name, results, label, peer, peerName);
    }
  }
  if (!wanted("round-trip with libzmq")) return;
  const requests = (library: Side["library"]): Promise<Latency> =>
    roundTrip({ library, role: "REQ" }, { library: "libzmq", role: "REP" }, latencyWork);
  const results = await interleaved<Latency>({
    ours: () => requests("ours"),
    peer: () => requests("zeromq.js"),
    libzmq: () => requests("libzmq"),
  });
  for (const quantile of ["p50", "p99"] as const) {
    const of = (key: string): number => median((results.get(key) ?? []).map((run) => run[quantile]));
    const name = `round-trip with libzmq ${quantile}`;
    note({ name, unit: "µs", ours: of("ours"), peer: of("peer"), peerName: "zeromq.js" });
    note({
      name: `${name}, against C`,
      unit: "µs",
      ours: of("ours"),
      peer: of("libzmq"),
      peerName: "libzmq in C",
    });
  }
}

/**
 * What the receiver in C could take at most: a thread of it opens all boxes. Where it has a processor nearly all the
 * time, the row above measures it and not the senders.
 */
function receiversLimit(
  name: string,
  results: ReadonlyMap<string, readonly Flow[]>,
  label: string,
  peer: number,
  peerName: string,
): void {
  const of = (key: string, figure: keyof Flow): number =>
    median((results.get(key) ?? []).map((run) => run[figure]));
  note({
    name: `${name}, C receiver's limit`,
    unit: "messages/s",
    ours: of("ours", "limit"),
    peer,
    peerName,
  });
  const shares = [
    ["ours", "ours"],
    ["zeromq.js", label],
    ["C", "libzmq"],
  ].map(([title = "", key = ""]) => `${title} ${Math.round(of(key, "busy") * 100)} %`);
  console.log(`${" ".repeat(44)}its busiest thread at work for: ${shares.join(", ")}`);
}

async function memory(): Promise<void> {
  const name = "memory of 300 connections";
  if (!wanted(name)) return;
  const work = { size: 100, warm: 0, count: 100 };
  const results = await interleaved<Weights>({
    held: () => residentMiB("ours", "zeromq.js", work),
    served: () => residentMiB("zeromq.js", "ours", work),
    peer: () => residentMiB("zeromq.js", "zeromq.js", work),
  });
  const of = (key: string, end: keyof Weights): number =>
    median((results.get(key) ?? []).map((weights) => weights[end]));
  const unit = "MiB";
  const peerName = "zeromq.js";
  note({ name, unit, ours: of("held", "holding"), peer: of("peer", "holding"), peerName });
  const peer = of("peer", "attending");
  note({ name: `${name}, served`, unit, ours: of("served", "attending"), peer, peerName });
}

/** Messages of a size that one thread can seal in a second, or open if that is slower; nothing else. */
function aeadCeiling(size: number): number {
  const box = nodeCrypto.secretBox.traffic(new Uint8Array(32).fill(1), new Uint8Array(16).fill(2));
  const buffer = new Uint8Array(8 + 16 + size).fill(7);
  const rate = (work: () => void): number => {
    let done = 0;
    const beganMs = performance.now();
    while (performance.now() - beganMs < 500) {
      work();
      done++;
    }
    return (done / (performance.now() - beganMs)) * 1_000;
  };
  const seals = rate(() => box.seal(buffer, 0, 8, size));
  const both = rate(() => {
    box.seal(buffer, 0, 8, size);
    if (!box.open(buffer, 0, 8, size + 16)) throw new Error("A box cannot be opened");
  });
  return Math.min(seals, 1 / (1 / both - 1 / seals));
}

if (!existsSync(new URL("../dist/src/adapters/zmtp.js", import.meta.url))) {
  console.error("Cannot measure: the package is not built. Run: npm run build");
  process.exit(2);
}
const foreignRuntimes = (["bun", "deno"] as const).filter((runtime) => runtimeProgram(runtime) !== undefined);
console.log(
  `${versions()}, ${availableParallelism()} CPUs, medians of ${rounds} interleaved runs, CURVE, loopback`,
);
console.log("zeromq.js, best of:", Object.keys(configs).join("; "));
console.log("in pub-sub, best of:", Object.keys(pubSubConfigs).join("; "));
await streams("push-pull", "PUSH", "PULL", configs);
await streams("pub-sub", "PUB", "SUB", pubSubConfigs);
await latency();
if (libzmqProgram() === undefined)
  console.log("into and from libzmq: not measured, no C compiler or no libzmq here");
else await withLibzmq();
await memory();
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
