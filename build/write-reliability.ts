/** Runs the fault matrix and the recovery benchmark and writes what they show into docs/reliability.md. */
import { readFile, writeFile } from "node:fs/promises";
import { withMarkedPart } from "../test/faults/kit/marked-part.ts";
import { type CellResult, runCell, stages } from "../test/faults/matrix/bench.ts";
import { matrixFaults } from "../test/faults/matrix/faults.ts";
import { operations } from "../test/faults/matrix/operations.ts";
import { cellName, matrixTable } from "../test/faults/matrix/table.ts";
import { measureRecovery, recoveryTable } from "../test/faults/recovery/recovery.ts";
import { safeguardTable } from "./mutants.ts";

const path = new URL("../docs/reliability.md", import.meta.url);
const results = new Map<string, CellResult>();
for (const fault of matrixFaults) {
  for (const stage of stages) {
    for (const operation of operations) {
      results.set(cellName(fault.name, stage, operation.name), await runCell(operation, fault, stage));
    }
  }
}
let text = withMarkedPart(await readFile(path, "utf8"), "matrix", matrixTable(results));
text = withMarkedPart(text, "safeguards", safeguardTable());
if (!process.argv.includes("--quick")) {
  const [virtual, tcp] = [await measureRecovery("virtual"), await measureRecovery("tcp")];
  text = withMarkedPart(text, "recovery", recoveryTable(virtual, tcp));
}
await writeFile(path, text);
