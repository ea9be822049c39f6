import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { requireHost } from "../../mql5/kit/peers.ts";
import { type CellResult, stages } from "../matrix/bench.ts";
import { expectedOf } from "../matrix/expected.ts";
import { matrixFaults } from "../matrix/faults.ts";
import { operations } from "../matrix/operations.ts";
import { cellName } from "../matrix/table.ts";
import { type CellOptions, type ExpertCell, leftOut, runCells } from "./cells.ts";

/** How cells are run as tests. */
export interface CellSuite extends CellOptions {
  /** How many worlds live at a time: each is a process, a broker and a connector. */
  readonly atOnce: number;
}

const notRun = "not run";

function cellText(name: string, results: ReadonlyMap<string, CellResult>): string {
  const result = results.get(name);
  if (result === undefined) return name in leftOut ? "left out" : notRun;
  const later = result.finally === "" ? "" : `, later ${result.finally}`;
  return `${result.executions} · ${result.told}${later}`;
}

/** The cells that have been run, as a Markdown table: executions at the broker, and what the caller was told. */
function expertTable(results: ReadonlyMap<string, CellResult>): string {
  const head = ["fault", "operation", ...stages];
  const rows = matrixFaults.flatMap(({ name: fault }) =>
    operations.map(({ name: operation }) => {
      const cells = stages.map((stage) => cellText(cellName(fault, stage, operation), results));
      return {
        line: `| ${[fault, operation, ...cells].join(" | ")} |`,
        ran: cells.some((text) => text !== notRun),
      };
    }),
  );
  return [
    `| ${head.join(" | ")} |`,
    `|${head.map(() => "---").join("|")}|`,
    ...rows.filter(({ ran }) => ran).map(({ line }) => line),
  ].join("\n");
}

/** Cells of the matrix as tests, against the expert's own sources. */
export function describeCells(title: string, cells: readonly ExpertCell[], options: CellSuite): void {
  const results = new Map<string, CellResult>();
  let begun = false;
  let runs: ReadonlyMap<string, Promise<CellResult>> = new Map();

  describe(title, { timeout: 600_000 }, () => {
    beforeEach((context) => {
      requireHost(context, options.flavour);
      if (begun) return;
      begun = true;
      // Cells wait more than they work, so they are all begun at once; of those that a filter leaves out, none is.
      const tasks = context.task.suite?.tasks ?? [];
      const wanted = new Set(tasks.flatMap((task) => (task.mode === "run" ? [task.name] : [])));
      runs = runCells(
        cells.filter((cell) => wanted.has(testName(cell))),
        options.atOnce,
        options,
      );
    });
    afterAll(async () => {
      await Promise.allSettled(runs.values());
      if (results.size > 0) process.stdout.write(`\n${title}\n\n${expertTable(results)}\n\n`);
    });

    for (const cell of cells) {
      const { executions, told, finally: later } = expectedOf(cell.fault.name, cell.stage);
      test(testName(cell), async () => {
        const result = await runs.get(cell.name);
        if (result === undefined) throw new Error("The cell was not begun");
        results.set(cell.name, result);
        expect(result.struckIn[0], "the fault strikes in its stage").toBe(cell.stage);
        expect(result.allStruck, "all parts of the fault strike").toBe(true);
        expect(result).toMatchObject({
          executions,
          told,
          finally: later,
          companionExecutions: 1,
          companionTold: "executed",
        });
      });
    }
  });
}

function testName({ name, fault, stage }: ExpertCell): string {
  const { executions, told } = expectedOf(fault.name, stage);
  return `${name}: ${executions} execution, caller told ${told}`;
}
