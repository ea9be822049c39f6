import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { type Case, cases, companions, rootLines } from "./lint-cases.ts";
import { type Finding, lintTree } from "./lint-tree.ts";

const files = new Map<string, string>(companions);
for (const { path, code } of cases) files.set(path, code);
files.set("mod.ts", rootLines.map(({ code }) => code).join("\n"));

const byPath = new Map<string, Finding[]>();
for (const finding of lintTree(files)) {
  byPath.set(finding.path, [...(byPath.get(finding.path) ?? []), finding]);
}
const findings = (path: string): readonly Finding[] => byPath.get(path) ?? [];

/** Rules of the house. A fixture that must pass may still displease others, such as those on unused names. */
const house: ReadonlySet<string> = new Set([
  "plugin",
  ...cases.flatMap(({ rule }) => (rule === undefined ? [] : [rule])),
]);
const ofHouse = (path: string): readonly Finding[] => findings(path).filter(({ rule }) => house.has(rule));

/** What the linter got wrong about a case, or undefined. */
function fault({ path, code, rule, said = "" }: Case): string | undefined {
  const found = ofHouse(path).filter((finding) => rule === undefined || finding.rule === rule);
  const text = found.map((finding) => `${finding.rule}: ${finding.message}`).join("; ");
  if (rule === undefined) return found.length === 0 ? undefined : `${path}: ${code} was refused: ${text}`;
  return found.length > 0 && text.includes(said) ? undefined : `${path}: ${code} passed ${rule} ${said}`;
}

const places: readonly string[] = [...new Set(cases.map(({ path }) => dirname(path)))];

describe("linter: what the house forbids is refused by the rule meant for it, and nothing else is", () => {
  it.each(places)("%s", (place) => {
    const here = cases.filter(({ path }) => dirname(path) === place);
    expect(here.flatMap((one) => fault(one) ?? [])).toEqual([]);
  });

  it.each(rootLines.map((one, index) => ({ ...one, line: index + 1 })))("mod.ts: $code", ({ rule, line }) => {
    const rules = ofHouse("mod.ts").filter((finding) => finding.line === line);
    expect(rules.map((finding) => finding.rule)).toEqual(rule === undefined ? [] : [rule]);
  });

  it("each case stands in a file of its own", () => {
    const paths = cases.map(({ path }) => path);
    expect(paths.filter((path, index) => paths.indexOf(path) !== index || companions.has(path))).toEqual([]);
  });
});
