import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** What Biome says about one line. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  /** `lint/<group>/<rule>`, or `plugin` for a GritQL plugin. */
  readonly rule: string;
  readonly message: string;
}

interface Report {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly location: { readonly path: string; readonly start: { readonly line: number } };
    readonly message: string;
  }[];
}

/** Lints `files` (path to content) under the repository's own Biome configuration, in a tree of their own. */
export function lintTree(files: ReadonlyMap<string, string>): readonly Finding[] {
  const tree = mkdtempSync(join(tmpdir(), "mt5-connector-lint-"));
  try {
    for (const path of ["biome.json", "package.json", ".gitignore", "build/lint"]) {
      cpSync(join(root, path), join(tree, path), { recursive: true });
    }
    for (const [path, content] of files) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), content);
    }
    const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
    const run = spawnSync(
      process.execPath,
      [biome, "lint", "--reporter=json", "--max-diagnostics=none", "--colors=off", "."],
      { cwd: tree, encoding: "utf8", maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
    );
    if (!run.stdout.startsWith("{")) throw new Error(`Cannot lint: Biome printed no report: ${run.stderr}`);
    const report = JSON.parse(run.stdout) as Report;
    return report.diagnostics.map(({ category, location, message }) => ({
      path: location.path,
      line: location.start.line,
      rule: category,
      message,
    }));
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}
