import { expect, test } from "vitest";
import { allCases } from "./cases.ts";
import { type Covered, everything } from "./coverage.ts";

const covered = new Map<Covered, string[]>();
for (const { name, covers = [] } of allCases) {
  for (const item of covers) covered.set(item, [...(covered.get(item) ?? []), name]);
}

test.each(everything)("the contract has a case for: %s", (item) => {
  expect(covered.get(item) ?? []).not.toEqual([]);
});

test("no case claims what is not in the tables, and each has a name of its own", () => {
  expect([...covered.keys()].filter((item) => !everything.includes(item))).toEqual([]);
  expect(new Set(allCases.map(({ name }) => name)).size).toBe(allCases.length);
});

test("every operation's, class's and trade event's name stands in the name of a case that covers it", () => {
  const unnamed = everything.filter((item) => {
    const [kind, ...rest] = item.split(" ");
    if (!["op", "retcode", "trade"].includes(kind ?? "")) return false;
    const wanted = rest.join(" ").toLowerCase();
    return !covered.get(item)?.some((name) => name.toLowerCase().includes(wanted));
  });
  expect(unnamed).toEqual([]);
});
