import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { safeguardTable } from "../../../build/mutants.ts";
import { markedPart } from "../kit/marked-part.ts";
import { type CellResult, runCell, stages } from "./bench.ts";
import { expectedOf } from "./expected.ts";
import { matrixFaults } from "./faults.ts";
import { operations } from "./operations.ts";
import { cellName, matrixTable } from "./table.ts";

const results = new Map<string, CellResult>();
const cells = matrixFaults.flatMap((fault) =>
  stages.flatMap((stage) => operations.map((operation) => ({ fault, stage, operation }))),
);

describe("fault matrix", () => {
  for (const { fault, stage, operation } of cells) {
    const name = cellName(fault.name, stage, operation.name);
    const { executions, told, finally: later } = expectedOf(fault.name, stage);
    test(`${name}: ${executions} execution, caller told ${told}`, async () => {
      const result = await runCell(operation, fault, stage);
      results.set(name, result);
      expect(result.struckIn[0], "the fault strikes in its stage").toBe(stage);
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

  test("docs/reliability.md shows this table and the safeguards (npm run reliability writes it anew)", () => {
    const docs = readFileSync(new URL("../../../docs/reliability.md", import.meta.url), "utf8");
    expect(results.size).toBe(cells.length);
    expect(markedPart(docs, "matrix")).toBe(matrixTable(results));
    expect(markedPart(docs, "safeguards")).toBe(safeguardTable());
  });

  afterAll(() => {
    process.stdout.write(`\n${matrixTable(results)}\n\n`);
  });
});
