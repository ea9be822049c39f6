import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Folder, folders, importLaw, maxDepth } from "../../build/import-law.ts";
import { generatedFiles } from "../../build/import-law-biome.ts";
import { lintTree } from "./lint-tree.ts";

const root: URL = new URL("../../", import.meta.url);

/** The ways to name another module. `typeOnly` ones leave nothing in the compiled code. */
const forms: readonly { name: string; typeOnly: boolean; write: (specifier: string) => string }[] = [
  { name: "import", typeOnly: false, write: (to) => `import { a } from "${to}";` },
  { name: "import with a type in it", typeOnly: false, write: (to) => `import { type B } from "${to}";` },
  { name: "import for its effect", typeOnly: false, write: (to) => `import "${to}";` },
  { name: "export from", typeOnly: false, write: (to) => `export { c } from "${to}";` },
  { name: "export all", typeOnly: false, write: (to) => `export * as d from "${to}";` },
  { name: "import type", typeOnly: true, write: (to) => `import type { E } from "${to}";` },
  { name: "export type", typeOnly: true, write: (to) => `export type { F } from "${to}";` },
];

interface Edge {
  readonly from: Folder;
  readonly to: Folder;
}

const edges: readonly Edge[] = folders.flatMap((from) =>
  folders.filter((to) => to !== from).map((to) => ({ from, to })),
);
const depths: readonly number[] = Array.from({ length: maxDepth }, (_, index) => index + 1);
const fixture = ({ from, to }: Edge, depth: number): string =>
  `src/${from}/${"sub/".repeat(depth - 1)}to-${to}.ts`;

const files = new Map<string, string>();
for (const edge of edges) {
  for (const depth of depths) {
    const specifier = `${"../".repeat(depth)}${edge.to}/x.ts`;
    files.set(fixture(edge, depth), forms.map((form) => form.write(specifier)).join("\n"));
  }
}
const refusals = lintTree(files).filter(({ message }) => message.startsWith("Import law"));

describe("import law: each edge between two folders of src, at each depth and in each form", () => {
  it.each(edges)("$from to $to is refused or passes as the law says", (edge) => {
    const { values, types = [] } = importLaw[edge.from];
    const expected = forms.filter(
      ({ typeOnly }) => !values.includes(edge.to) && !(typeOnly && types.includes(edge.to)),
    );
    for (const depth of depths) {
      const path = fixture(edge, depth);
      const lines = new Set(refusals.filter((finding) => finding.path === path).map(({ line }) => line));
      const refused = forms.filter((_, index) => lines.has(index + 1));
      expect(
        refused.map(({ name }) => name),
        path,
      ).toEqual(expected.map(({ name }) => name));
    }
  });
});

describe("import law: the data and what is made from it", () => {
  it.each([...generatedFiles()])("%s is what `npm run law` writes", (path, content) => {
    expect(readFileSync(new URL(path, root), "utf8")).toBe(content);
  });

  it("every folder of src stands in the law", () => {
    const present = readdirSync(new URL("src/", root), { withFileTypes: true });
    const unknown = present.filter(
      (entry) => !(entry.isDirectory() && folders.some((f) => f === entry.name)),
    );
    expect(unknown.map((entry) => entry.name)).toEqual([]);
  });

  it("what the design settles about layers holds in the matrix", () => {
    const all = (folder: Folder): readonly Folder[] => [
      ...importLaw[folder].values,
      ...(importLaw[folder].types ?? []),
    ];
    expect(all("domain")).toEqual([]);
    expect(all("transport")).toEqual([]);
    expect(all("zmtp")).toEqual(["transport"]);
    expect(all("protocol")).toEqual(["domain"]);
    expect(all("simulator")).toEqual(["domain", "protocol", "transport", "security"]);
    for (const folder of ["connector", "api"] as const) {
      for (const above of ["zmtp", "simulator", "adapters", "gateway", "cli"] as const) {
        expect(all(folder), `${folder} to ${above}`).not.toContain(above);
      }
    }
    for (const folder of folders) expect(all(folder), `${folder} to cli`).not.toContain("cli");
  });
});
