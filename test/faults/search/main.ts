import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { faultKinds, faultSchedule, type ScheduledFault } from "../../../src/simulator/faults/schedule.ts";
import { runSearch } from "./run.ts";
import { minimise, report, searchFaults } from "./search.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    base: { type: "string", default: randomUUID().slice(0, 8) },
    from: { type: "string", default: "1" },
    runs: { type: "string", default: "Infinity" },
    minutes: { type: "string", default: "Infinity" },
    trace: { type: "boolean", default: false },
    schedule: { type: "string" },
    dense: { type: "boolean", default: false },
    without: { type: "string" },
    failures: { type: "string", default: "1" },
  },
});

if (values.seed !== undefined) {
  const schedule =
    values.schedule === undefined
      ? faultSchedule(values.seed)
      : (JSON.parse(values.schedule) as readonly ScheduledFault[]);
  if (values.trace) {
    const first = await runSearch(values.seed, schedule);
    const shortest = first.faults.length > 0 ? await minimise(first) : first;
    await runSearch(values.seed, shortest.schedule, (line) => console.log(line));
  }
  const result = await runSearch(values.seed, schedule);
  const again = await runSearch(values.seed, schedule);
  console.log(
    `digest ${result.digest}${again.digest === result.digest ? ", twice the same" : `, then ${again.digest}`}`,
  );
  if (result.faults.length === 0) {
    console.log(`seed ${values.seed} holds`);
    for (const fault of result.schedule) console.log(`  ${JSON.stringify(fault)}`);
  } else {
    console.log(report(result));
    console.log(`\nminimised: ${report(await minimise(result))}`);
    process.exitCode = 1;
  }
} else {
  console.log(`search: seeds ${values.base}/${values.from} and on`);
  let seen = 0;
  const summary = await searchFaults({
    base: values.base,
    from: Number(values.from),
    runs: Number(values.runs),
    budgetMs: Number(values.minutes) * 60_000,
    ...(values.without === undefined
      ? {}
      : { kinds: faultKinds.filter((kind) => values.without?.split(",").includes(kind) !== true) }),
    ...(values.dense ? { count: [6, 20] as const } : {}),
    maxFailures: Number(values.failures),
    onRun: ({ seed, faults }) => {
      if (faults.length > 0) console.log(`${seed}: ${faults[0]}`);
      if (++seen % 500 === 0) console.log(`${seen} runs`);
    },
  });
  const { failures, ...sums } = summary;
  console.log(JSON.stringify(sums));
  for (const failure of failures.slice(0, 3)) console.log(`\n${report(await minimise(failure))}`);
  if (failures.length > 0) process.exitCode = 1;
}
