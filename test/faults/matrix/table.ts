import { type CellResult, stages } from "./bench.ts";
import { expectedOf } from "./expected.ts";
import { matrixFaults } from "./faults.ts";
import { operations } from "./operations.ts";

/** The name of a cell. */
export function cellName(fault: string, stage: string, operation: string): string {
  return `${fault}, ${stage}, ${operation}`;
}

function cellText(result: CellResult | undefined): string {
  if (result === undefined) return "not run";
  const { executions, told } = result;
  const later = result.finally === "" ? "" : `, later ${result.finally}`;
  return `${executions} · ${told}${later}`;
}

/** The matrix as a Markdown table: executions at the broker, and what the caller was told. */
export function matrixTable(results: ReadonlyMap<string, CellResult>): string {
  const head = ["fault", "operation", ...stages];
  const lines = [`| ${head.join(" | ")} |`, `|${head.map(() => "---").join("|")}|`];
  const notes: string[] = [];
  for (const { name: fault } of matrixFaults) {
    for (const { name: operation } of operations) {
      const cells = stages.map((stage) => cellText(results.get(cellName(fault, stage, operation))));
      lines.push(`| ${[fault, operation, ...cells].join(" | ")} |`);
    }
    for (const stage of stages) {
      const { why } = expectedOf(fault, stage);
      if (why !== undefined) notes.push(`- ${fault}, ${stage}: ${why}.`);
    }
  }
  return [...lines, "", ...notes].join("\n");
}
