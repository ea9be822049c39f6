import type { Flavour } from "../../../build/mql5/compile.ts";
import { Bench, type CellResult, holdMs, type MatrixFault, type Stage, stages } from "../matrix/bench.ts";
import { matrixFaults } from "../matrix/faults.ts";
import { type Operation, operations } from "../matrix/operations.ts";
import { cellName } from "../matrix/table.ts";
import skips from "./ea-skips.json" with { type: "json" };
import { createExpertWorld } from "./expert-world.ts";
import { pairwise } from "./pairwise.ts";

/** One cell of the expert's matrix. */
export interface ExpertCell {
  readonly name: string;
  readonly fault: MatrixFault;
  readonly stage: Stage;
  readonly operation: Operation;
}

/** Operations of which every cell is run; of the others a choice. */
const whole: ReadonlySet<string> = new Set(["market", "close"]);

/** Cells that cannot be expressed, each with its reason. */
export const leftOut: Readonly<Record<string, string>> = skips;

/** All cells, but for those that are left out. */
export const allCells: readonly ExpertCell[] = matrixFaults
  .flatMap((fault) =>
    stages.flatMap((stage) =>
      operations.map((operation) => ({
        name: cellName(fault.name, stage, operation.name),
        fault,
        stage,
        operation,
      })),
    ),
  )
  .filter(({ name }) => !(name in leftOut));

/** Cells in which each two of operation, fault and stage that come together do so. */
export const choose = (cells: readonly ExpertCell[]): readonly ExpertCell[] =>
  pairwise(cells, ({ operation, fault, stage }) => [operation.name, fault.name, stage]);

/** What is run natively: everything of "First trade", and a choice of the rest. */
export const nativeCells: readonly ExpertCell[] = [
  ...allCells.filter(({ operation }) => whole.has(operation.name)),
  ...choose(allCells.filter(({ operation }) => !whole.has(operation.name))),
];

/** How a cell is run. */
export interface CellOptions {
  readonly flavour: Flavour;
  /** By how much the time is faster than the machine's. */
  readonly timeScale: number;
}

/** Runs one cell against a fresh expert. */
export async function runExpertCell(cell: ExpertCell, options: CellOptions): Promise<CellResult> {
  const slowly = cell.stage === "send to outcome" ? { brokerLatencyMs: holdMs + 300 } : {};
  const world = await createExpertWorld({ seed: cell.name, ...options, ...slowly });
  try {
    await world.client.connect();
    return await new Bench(world).run(cell.operation, (bench) => cell.fault.inject(bench, cell.stage));
  } finally {
    await world.close();
  }
}

/** Real time cannot promise that a fault finds its moment on a busy machine; a run in which it did not shows nothing. */
const maxRuns = 3;

/** Runs a cell again while its fault missed its stage. Two executions are an error in any run. */
async function runUntilStruck(cell: ExpertCell, options: CellOptions): Promise<CellResult> {
  for (let run = 1; ; run++) {
    const result = await runExpertCell(cell, options).catch((error: unknown) => {
      // Under wine, time runs faster than a busy machine can follow.
      if (run < maxRuns && String(error).includes("Not settled within")) return undefined;
      throw error;
    });
    if (result === undefined) continue;
    if (result.executions > 1) throw new Error(`${cell.name}: ${result.executions} executions`);
    const hasStruck = result.struckIn[0] === cell.stage && result.allStruck;
    const isUndisturbed = result.companionTold === "executed";
    if (run === maxRuns || (hasStruck && isUndisturbed)) return result;
    process.stdout.write(
      `${cell.name}: run ${run} struck in ${result.struckIn.join(", ") || "no stage"}, companion ${result.companionTold}\n`,
    );
  }
}

/** Starts cells, so many at a time, and gives the promise of each one's result by its name. */
export function runCells(
  cells: readonly ExpertCell[],
  atOnce: number,
  options: CellOptions,
): ReadonlyMap<string, Promise<CellResult>> {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  const inTurn = async (cell: ExpertCell): Promise<CellResult> => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free--;
    try {
      return await runUntilStruck(cell, options);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
  return new Map(
    cells.map((cell) => {
      const result = inTurn(cell);
      // Whoever waits for it is told; until somebody does, it is no unhandled one.
      result.catch(() => undefined);
      return [cell.name, result];
    }),
  );
}
