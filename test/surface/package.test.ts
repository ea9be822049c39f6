import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const root: string = fileURLToPath(new URL("../../", import.meta.url));
const tree: string = mkdtempSync(join(tmpdir(), "mt5-connector-pack-"));
let packed: readonly string[] = [];

beforeAll(() => {
  const kept = [
    "package.json",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "SECURITY.md",
    "docs",
    "mql5",
    "src",
    "test",
  ];
  for (const path of kept) {
    if (existsSync(join(root, path))) cpSync(join(root, path), join(tree, path), { recursive: true });
  }
  // type errors are the check stage's business; tsc emits in spite of them
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", join(tree, "dist")], {
    cwd: root,
  });
  const run = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: tree,
    encoding: "utf8",
    timeout: 60_000,
  });
  const report = JSON.parse(run.stdout) as readonly {
    readonly files: readonly { readonly path: string }[];
  }[];
  packed = report.flatMap(({ files }) => files.map(({ path }) => path));
}, 90_000);

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe("npm package", () => {
  it("holds the compiled library, the agent's sources, the docs and the usual papers, and nothing else", () => {
    const allowed = [
      /^dist\/(mod|src\/.+)\.(js|js\.map|d\.ts)$/,
      /^mql5\/.+\.(mq5|mqh|ini|md)$/,
      /^docs\/.+\.md$/,
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/,
    ];
    expect(packed.filter((path) => !allowed.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(packed).toContain("dist/mod.js");
    expect(packed).toContain("LICENSE");
  });

  it("holds every file that exports and bin name", () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    for (const target of [...targets, ...Object.values(manifest.bin)]) {
      expect(packed).toContain(target.replace("./", ""));
    }
  });

  it("holds no test and no example", () => {
    expect(
      packed.filter((path) => /(^|\/)(test|tests|bench|examples|fixtures)\/|\.test\./.test(path)),
    ).toEqual([]);
  });

  it("has no source map whose sources are missing", () => {
    const maps = packed.filter((path) => path.endsWith(".js.map"));
    expect(maps.length).toBeGreaterThan(0);
    for (const path of maps) {
      const map = JSON.parse(readFileSync(join(tree, path), "utf8")) as {
        sources: string[];
        sourcesContent?: (string | null)[];
      };
      expect(map.sourcesContent, path).toHaveLength(map.sources.length);
      expect(map.sourcesContent, path).not.toContain(null);
    }
  });

  it("imports no TypeScript file", () => {
    for (const path of packed.filter((name) => name.endsWith(".js"))) {
      const code = readFileSync(join(tree, path), "utf8");
      expect(/from\s+"\.[^"]*\.ts"/.exec(code)?.[0], path).toBeUndefined();
    }
  });
});
