import { expect, test } from "vitest";
import { defaultFlavour } from "../../mql5/kit/peers.ts";
import { stages } from "../matrix/bench.ts";
import { matrixFaults } from "../matrix/faults.ts";
import { expertCells, expertOperations, leftOut } from "./cells.ts";
import { describeCells } from "./suite.ts";

describeCells("fault matrix against the expert's own sources", expertCells, {
  flavour: defaultFlavour,
  timeScale: 4,
  atOnce: 8,
});

test("cells that the expert's world cannot express are named, with a reason, and nothing else is left out", () => {
  const left = Object.entries(leftOut);
  for (const [, reason] of left) expect(reason.length).toBeGreaterThan(20);
  expect(expertCells.length + left.length).toBe(
    matrixFaults.length * stages.length * expertOperations.length,
  );
});
