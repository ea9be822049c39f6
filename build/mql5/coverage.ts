import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { cacheFolder } from "./compile.ts";

const run = promisify(execFile);
const unzip = promisify(gunzip);

/** How often the lines of a source were run, over all programs. */
export interface FileCoverage {
  /** Path as the translated program names it: `mql5/Include/...`. */
  readonly path: string;
  /** Lines that hold code. */
  readonly lines: number;
  readonly covered: number;
  /** Numbers of the lines that never ran. */
  readonly missed: readonly number[];
}

interface GcovReport {
  readonly files: readonly {
    readonly file: string;
    readonly lines: readonly { readonly line_number: number; readonly count: number }[];
  }[];
}

async function report(folder: string, program: string): Promise<GcovReport> {
  const scratch = await mkdtemp(join(tmpdir(), "mql5-coverage-"));
  try {
    await copyFile(join(folder, "program.gcda"), join(scratch, "program.gcda"));
    await copyFile(join(cacheFolder(), program, "program.gcno"), join(scratch, "program.gcno"));
    await run("gcov", ["--json-format", "program.gcda"], { cwd: scratch, maxBuffer: 1 << 26 });
    const name = (await readdir(scratch)).find((one) => one.endsWith(".gcov.json.gz"));
    if (name === undefined) throw new Error(`Cannot read coverage: gcov wrote nothing for ${folder}`);
    return JSON.parse((await unzip(await readFile(join(scratch, name)))).toString("utf8"));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Sums up what the programs of the flavour `coverage` have left in a folder, for the shipped `.mqh`. */
export async function readCoverage(folder: string): Promise<readonly FileCoverage[]> {
  const counts = new Map<string, Map<number, number>>();
  for (const name of await readdir(folder)) {
    const program = name.split(".")[0] ?? "";
    for (const { file, lines } of (await report(join(folder, name), program)).files) {
      if (!/^mql5\/Include\/.*\.mqh$/.test(file)) continue;
      const own = counts.get(file) ?? new Map<number, number>();
      counts.set(file, own);
      for (const line of lines) own.set(line.line_number, (own.get(line.line_number) ?? 0) + line.count);
    }
  }
  return [...counts].sort().map(([path, lines]): FileCoverage => {
    const missed = [...lines].filter(([, count]) => count === 0).map(([line]) => line);
    return {
      path,
      lines: lines.size,
      covered: lines.size - missed.length,
      missed: missed.sort((a, b) => a - b),
    };
  });
}
