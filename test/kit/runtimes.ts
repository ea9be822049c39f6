import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(import.meta.url);

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Where a runtime's package keeps its program: in its platform package until its install script has moved it. */
export function runtimeProgram(runtime: "bun" | "deno"): string {
  const home = dirname(require.resolve(`${runtime}/package.json`));
  const places = {
    bun: ["../@oven/bun-linux-x64/bin/bun", "bin/bun.exe"],
    deno: ["deno", "../@deno/linux-x64-glibc/deno"],
  };
  const found = places[runtime].map((place) => join(home, place)).find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${runtime} is installed without its program`);
  return found;
}

/** Runs a program of the repository's sources to its end, or ends it after `limitMs`. */
export function runSource(
  runtime: "bun" | "deno",
  parameters: readonly string[],
  limitMs: number,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(runtimeProgram(runtime), parameters, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: limitMs,
      env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, output }));
  });
}
