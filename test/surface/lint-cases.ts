import { exceptions, type Folder, folders, importLaw } from "../../build/import-law.ts";

/** One line of code in a file of its own, with the rule that must refuse it, or none. */
export interface Case {
  readonly path: string;
  readonly code: string;
  readonly rule?: string;
  /** A part of what the linter must say. */
  readonly said?: string;
}

const imports = "lint/style/noRestrictedImports";
const globals = "lint/style/noRestrictedGlobals";
const plugin = "plugin";
const from = (specifier: string): string => `import { a } from "${specifier}";`;
const returns = (expression: string): string => `export const f = (): unknown => ${expression};`;

/** A fragment of a case; the place is a folder (the file's name does not matter) or a file. */
type Line = readonly [place: string, code: string, rule?: string, said?: string];

const inEveryFolder = (folder: Folder): readonly Line[] => {
  const src = `src/${folder}`;
  const outside: readonly [] | readonly [string, string] =
    folder === "adapters" || folder === "cli" ? [] : [imports, "Import law"];
  const packages = importLaw[folder].packages ?? [];
  return [
    [src, from("node:fs"), ...outside],
    [`${src}/a/b`, from("node:fs/promises"), ...outside],
    [src, from("fs"), imports],
    [src, from("vitest"), imports],
    [src, from("@trading-org/mt5-connector"), imports],
    [src, from("../../test/kit/x.ts"), imports],
    [src, from("../../build/x.ts"), imports],
    [src, from("../unlisted/x.ts"), imports],
    [src, from("./a/own.ts")],
    [`${src}/a/b`, from("../../own.ts")],
    [src, from(`./one/../../${folder}/x.ts`), plugin, "shortest path"],
    [src, from(`./../${folder}/x.ts`), plugin, "shortest path"],
    [`${src}/a/b/c/d`, from("../x.ts"), imports, "levels deep"],
    folder === "cli" ? [`${src}/a`, from("../../../mod.ts")] : [src, from("../../mod.ts"), imports],
    ...packages.map((name): Line => [src, from(name.replace("**", "x.js").replace("*", "net"))]),
  ];
};

const inLibrary = (folder: Folder): readonly Line[] => {
  const src = `src/${folder}`;
  return [
    [src, returns("console.log(1)"), "lint/suspicious/noConsole"],
    [src, returns("process.env"), globals],
    [src, returns('Buffer.from("")'), globals],
    [src, returns("setTimeout(f, 1)"), globals],
    [src, returns("Date.now()"), plugin, "handed in"],
    [src, returns("performance.now()"), plugin, "handed in"],
    [src, returns("new Date()"), plugin, "handed in"],
    [src, returns("Math.random()"), plugin, "handed in"],
    [src, "export const f = (ms: number): Date => new Date(ms);"],
    [src, returns("import(`../x.ts`)"), plugin, "run time"],
    [src, `export type T = import("../x.ts").T;`, plugin, "import type statement"],
    [src, returns('require("fs")'), "lint/style/noCommonJs"],
    [src, "let n = 0; export const f = (): number => n++;", plugin, "module-level state"],
    [src, "export const all: Map<string, number> = new Map();", plugin, "module-level state"],
    [src, "export const all: string[] = [];", plugin, "module-level state"],
    [src, `export const all: ReadonlyMap<string, number> = new Map([["a", 1]]);`],
    [src, "const f = (): void => undefined; f();", plugin, "side effects"],
    [src, "export const x: unknown = await Promise.resolve();", plugin, "side effects"],
    [src, "export class C { static { f(); } }", plugin, "side effects"],
    [src, "export const f = async (): Promise<unknown> => await Promise.resolve();"],
    [src, "export function f(): number { let n = 0; const m = new Map([[1, 1]]); n += m.size; return n; }"],
  ];
};

const elsewhere: readonly Line[] = [
  ["src/adapters", returns('import("zeromq")')],
  ["src/adapters", returns('import("../cli/main.ts")'), imports],
  ["src/adapters", returns("console.log(1)"), "lint/suspicious/noConsole"],
  ["src/cli", returns("console.log(1)")],
  ["src/transport/clock.ts", returns("Date.now() + performance.now() + Number(setTimeout(f, 1))")],
  ["src/connector/events.ts", from("node:events"), imports],
  ...exceptions.flatMap(({ file, packages }) => packages.map((name): Line => [file, from(name)])),
  ["src/loose.ts", from("./domain/x.ts")],
  ["src/loose2.ts", from("valibot"), imports],
  ["examples", from("../src/api/x.ts"), imports],
  ["examples", from("../src/simulator/mod.ts")],
  ["src/domain", "export default 1;", "lint/style/noDefaultExport"],
  ["src/domain", "export enum E { A }", "lint/style/noEnum"],
  ["src/domain", "export const enum E { A }", "lint/suspicious/noConstEnum"],
  ["src/domain", "export declare namespace N { type A = 1; }"],
  ["src/domain", "export class C { constructor(readonly a: number) {} }", "lint/style/noParameterProperties"],
  ["src/domain", "export const f = (a: any): unknown => a;", "lint/suspicious/noExplicitAny"],
  [
    "src/domain",
    "export function f(): void { try { f(); } catch {} }",
    "lint/suspicious/noEmptyBlockStatements",
  ],
  ["src/domain", "const g = async (): Promise<void> => {}; g();", "lint/nursery/noFloatingPromises"],
  ["src/domain", `export function f(): never { throw "no"; }`, "lint/style/useThrowOnlyError"],
  ["src/domain", `import { a } from "./extension-target";`, "lint/correctness/useImportExtensions"],
  [
    "src/domain/cycle-a.ts",
    `import { b } from "./cycle-b.ts"; export const a = b;`,
    "lint/suspicious/noImportCycles",
  ],
  ["src/domain/cycle-c.ts", `import type { D } from "./cycle-d.ts"; export type C = D;`],
  ["src/domain", `export * from "./x.ts";`, "lint/performance/noReExportAll"],
  ["src/domain/camelCase.ts", "export const a = 1;", "lint/style/useFilenamingConvention"],
  ["test/unit", `it.skip("x", () => {});`, "lint/suspicious/noSkippedTests"],
  ["test/unit", `it.only("x", () => {});`, "lint/suspicious/noFocusedTests"],
];

const library: readonly Folder[] = folders.filter((folder) => folder !== "adapters" && folder !== "cli");

/** What the linter must refuse, and what it must let pass. */
export const cases: readonly Case[] = [
  ...folders.flatMap(inEveryFolder),
  ...library.flatMap(inLibrary),
  ...elsewhere,
].map(([place, code, rule, said], index) => ({
  path: place.endsWith(".ts") ? place : `${place}/case-${index}${place === "test/unit" ? ".test" : ""}.ts`,
  code,
  ...(rule === undefined ? {} : { rule }),
  ...(said === undefined ? {} : { said }),
}));

/** What some cases need beside them. */
export const companions: ReadonlyMap<string, string> = new Map([
  ["src/domain/extension-target.ts", "export const a = 1;"],
  ["src/domain/cycle-b.ts", `import { a } from "./cycle-a.ts"; export const b = a;`],
  ["src/domain/cycle-d.ts", `import type { C } from "./cycle-c.ts"; export type D = C;`],
]);

/** The lines of a `mod.ts`. */
export const rootLines: readonly { code: string; rule?: string }[] = [
  { code: `import { a } from "./src/adapters/x.ts";` },
  { code: `export { b } from "./src/connector/mod.ts";` },
  { code: `export { c } from "./src/adapters/x.ts";`, rule: plugin },
  { code: `export type { D } from "./src/adapters/x.ts";`, rule: plugin },
  { code: `import { e } from "./src/cli/main.ts";`, rule: imports },
  { code: `import { f } from "./src/gateway/mod.ts";`, rule: imports },
  { code: `import { g } from "./src/simulator/mod.ts";`, rule: imports },
  { code: `import { h } from "./src/zmtp/mod.ts";`, rule: imports },
  { code: `import { i } from "node:net";`, rule: imports },
];
