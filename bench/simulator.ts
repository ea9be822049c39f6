/**
 * The simulator under load: a million ticks and ten thousand orders of all kinds in one run, and the same ticks without
 * orders. Prints rate and peak memory; fails if the heap grows by more than the history of the orders takes.
 * Run it with `npm run bench -- simulator [--quick] [--json FILE]`.
 */
import { writeFile } from "node:fs/promises";
import { type LoadResult, runLoad } from "./simulator/load.ts";

/** An order leaves a record in the history, and one or two deals. */
const mostBytesPerOrder = 4_096;
const mostBytesPerTick = 8;

const quick = process.argv.includes("--quick");
const ticks = quick ? 100_000 : 1_000_000;
const orders = quick ? 1_000 : 10_000;
const file = process.argv[process.argv.indexOf("--json") + 1];

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const describe = (name: string, result: LoadResult): void => {
  const perSecond = Math.round(result.ticks / (result.elapsedMs / 1000));
  const answers = [...result.answers].sort(([a], [b]) => a - b).map(([code, count]) => `${code}: ${count}`);
  console.log(`${name}: ${result.ticks} ticks, ${result.orders} orders, ${result.deals} deals`);
  console.log(
    `  ${(result.elapsedMs / 1000).toFixed(1)} s, ${perSecond} ticks/s, answers ${answers.join(", ") || "none"}`,
  );
  console.log(
    `  peak heap ${megabytes(result.peakHeapBytes)}, peak resident ${megabytes(result.peakResidentBytes)}`,
  );
  console.log(
    `  heap slope ${result.bytesPerTick.toFixed(2)} bytes a tick, ${Math.round(result.bytesPerOrder)} an order`,
  );
};

const quiet = await runLoad({ ticks, orders: 0 });
describe("ticks alone", quiet);
const busy = await runLoad({ ticks, orders });
describe("with orders", busy);
if (process.argv.includes("--json") && file !== undefined) {
  const plain = (result: LoadResult): object => ({ ...result, answers: Object.fromEntries(result.answers) });
  await writeFile(file, `${JSON.stringify({ quiet: plain(quiet), busy: plain(busy) }, null, 2)}\n`);
}
console.log(`at most ${mostBytesPerTick} bytes a tick without orders, ${mostBytesPerOrder} an order`);
if (quiet.bytesPerTick > mostBytesPerTick || busy.bytesPerOrder > mostBytesPerOrder) process.exitCode = 1;
