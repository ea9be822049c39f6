import { parseArgs } from "node:util";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "soak" },
    agents: { type: "string", default: "50" },
    orders: { type: "string", default: "400" },
    // Fewer leave the fit to the noise of single samples.
    rounds: { type: "string", default: "48" },
    every: { type: "string", default: "1" },
    disturbed: { type: "string", default: "0.2" },
  },
});

const startMs = performance.now();
let round = 0;
const result = await soak({
  seed: values.seed,
  agents: Number(values.agents),
  ordersPerRound: Number(values.orders),
  rounds: Number(values.rounds),
  disturbed: Number(values.disturbed),
  every: Number(values.every),
  onSample: ({ orders, heapBytes }) => {
    round++;
    const seconds = ((performance.now() - startMs) / 1_000).toFixed(0);
    console.log(`${round}\t${orders} orders\t${(heapBytes / 1_048_576).toFixed(2)} MiB\t${seconds} s`);
  },
});
const { samples: _, ...sums } = result;
console.log(JSON.stringify(sums));
const perThousand = result.bytesPerOrder * 1_000;
console.log(`${perThousand.toFixed(0)} bytes per 1,000 orders over the second half; at most 1,024 allowed`);
if (perThousand >= 1_024) process.exitCode = 1;
