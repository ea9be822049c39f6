import { expect, test } from "vitest";
import { stages } from "../matrix/bench.ts";
import { matrixFaults } from "../matrix/faults.ts";
import { operations } from "../matrix/operations.ts";
import { chosenCases, chosenCells } from "./choice.ts";
import { pairwise } from "./pairwise.ts";

test("pairwise keeps every pair of tags that comes together, in fewer items, and repeats", () => {
  const items = ["a", "b"].flatMap((x) => ["1", "2", "3"].flatMap((y) => ["p", "q"].map((z) => [x, y, z])));
  const pairs = (chosen: readonly (readonly string[])[]): Set<string> =>
    new Set(chosen.flatMap(([x, y, z]) => [`${x}${y}`, `${x}${z}`, `${y}${z}`]));
  const chosen = pairwise(items, (tags) => tags);
  expect(pairs(chosen)).toEqual(pairs(items));
  expect(chosen.length).toBe(6);
  expect(pairwise(items, (tags) => tags)).toEqual(chosen);
  expect(pairwise([["alone"], ["alone"]], (tags) => tags)).toEqual([["alone"]]);
});

test("the cells chosen for sanitizers and wine meet each fault in each stage, and each operation in both", () => {
  const meets = (name: string, stage: string): boolean =>
    chosenCells.some(
      (cell) => cell.stage === stage && (cell.fault.name === name || cell.operation.name === name),
    );
  for (const { name } of [...matrixFaults, ...operations])
    for (const stage of stages) expect(meets(name, stage), `${name}, ${stage}`).toBe(true);
  for (const fault of matrixFaults)
    for (const operation of operations)
      expect(chosenCells.some((cell) => cell.fault === fault && cell.operation === operation)).toBe(true);
  expect(chosenCases.length).toBeGreaterThan(20);
});
