import { type FaultKind, faultSchedule } from "../../../src/simulator/faults/schedule.ts";
import { runSearch, type SearchResult } from "./run.ts";

/** Sums of a search. */
export interface SearchSummary {
  runs: number;
  commands: number;
  executions: number;
  unknown: number;
  stillUnknown: number;
  struck: number;
  readonly failures: SearchResult[];
}

/** Which seeds to run. */
export interface SearchOptions {
  /** Seeds are `base/1`, `base/2`, … */
  readonly base: string;
  readonly from?: number;
  readonly runs: number;
  /** No new run is begun after so many milliseconds. */
  readonly budgetMs?: number;
  /** Stop after so many failures. @default 1 */
  readonly maxFailures?: number;
  /** Kinds of faults to draw from. @default all */
  readonly kinds?: readonly FaultKind[];
  /** How many faults a schedule has. @default that of `faultSchedule` */
  readonly count?: readonly [min: number, max: number];
  readonly onRun?: (result: SearchResult) => void;
}

/** How to run one seed again. */
export function replayCommand(seed: string): string {
  return `npm run --silent search -- --seed ${seed}`;
}

/** Runs many seeds. */
export async function searchFaults(options: SearchOptions): Promise<SearchSummary> {
  const { base, from = 1, runs, budgetMs = Number.POSITIVE_INFINITY, maxFailures = 1 } = options;
  const startMs = performance.now();
  const summary: SearchSummary = {
    runs: 0,
    commands: 0,
    executions: 0,
    unknown: 0,
    stillUnknown: 0,
    struck: 0,
    failures: [],
  };
  for (let i = from; i < from + runs; i++) {
    if (performance.now() - startMs > budgetMs || summary.failures.length >= maxFailures) break;
    const seed = `${base}/${i}`;
    const { kinds, count } = options;
    const schedule = faultSchedule(seed, {
      ...(kinds === undefined ? {} : { kinds }),
      ...(count === undefined ? {} : { count }),
    });
    const result = await runSearch(seed, schedule);
    summary.runs++;
    summary.commands += result.commands;
    summary.executions += result.executions;
    summary.unknown += result.unknown;
    summary.stillUnknown += result.stillUnknown;
    summary.struck += result.struck;
    if (result.faults.length > 0) summary.failures.push(result);
    options.onRun?.(result);
  }
  return summary;
}

/** Leaves out faults as long as the run still fails. */
export async function minimise(failure: SearchResult): Promise<SearchResult> {
  let smallest = failure;
  for (let at = 0; at < smallest.schedule.length; ) {
    const schedule = smallest.schedule.filter((_, i) => i !== at);
    const again = await runSearch(failure.seed, schedule);
    if (again.faults.length > 0) smallest = again;
    else at++;
  }
  return smallest;
}

/** A failure in full, with how to see it again. */
export function report(failure: SearchResult): string {
  const whole = JSON.stringify(faultSchedule(failure.seed)) === JSON.stringify(failure.schedule);
  const schedule = whole ? "" : ` --schedule '${JSON.stringify(failure.schedule)}'`;
  return [
    `seed ${failure.seed} fails:`,
    ...failure.faults.map((fault) => `  ${fault}`),
    "faults:",
    ...failure.schedule.map((fault) => `  ${JSON.stringify(fault)}`),
    `again: ${replayCommand(failure.seed)}${schedule}`,
  ].join("\n");
}
