import { expect, test } from "vitest";
import { defaultFlavour } from "../../mql5/kit/peers.ts";
import { stages } from "../matrix/bench.ts";
import { matrixFaults } from "../matrix/faults.ts";
import { operations } from "../matrix/operations.ts";
import { allCells, leftOut, nativeCells } from "./cells.ts";
import { describeCells } from "./suite.ts";

describeCells("fault matrix against the expert's own sources", nativeCells, {
  flavour: defaultFlavour,
  timeScale: 4,
  atOnce: 8,
});

test("cells that the expert's world cannot express are named, with a reason, and nothing else is left out", () => {
  const left = Object.entries(leftOut);
  for (const [, reason] of left) expect(reason.length).toBeGreaterThan(20);
  expect(allCells.length + left.length).toBe(matrixFaults.length * stages.length * operations.length);
  const native = new Set(nativeCells);
  for (const cell of allCells)
    expect(native.has(cell) || !["market", "close"].includes(cell.operation.name), cell.name).toBe(true);
});
