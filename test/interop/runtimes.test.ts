import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(import.meta.url);

/** Where a runtime's package keeps its program: in its platform package until its install script has moved it. */
function program(runtime: "bun" | "deno"): string {
  const home = dirname(require.resolve(`${runtime}/package.json`));
  const places = {
    bun: ["../@oven/bun-linux-x64/bin/bun", "bin/bun.exe"],
    deno: ["deno", "../@deno/linux-x64-glibc/deno"],
  };
  const found = places[runtime].map((place) => join(home, place)).find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${runtime} is installed without its program`);
  return found;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

function run(command: string, ...parameters: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 110_000,
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

const smoke = "test/runtime/smoke.ts";

describe("the library's sources as they are, without a build", () => {
  it.each([
    { runtime: "bun", parameters: [smoke] },
    {
      runtime: "deno",
      parameters: ["run", "--no-prompt", "--allow-net", "--allow-env", "--allow-read", smoke],
    },
  ] as const)(
    "sockets, transport contract and refusals hold under $runtime",
    { timeout: 120_000 },
    async ({ runtime, parameters }) => {
      const { code, output } = await run(program(runtime), ...parameters);
      expect(output).toMatch(/\n\d{2,} passed, 0 failed\n/);
      expect(code).toBe(0);
    },
  );

  it("every entry can be imported in Deno without any permission", { timeout: 60_000 }, async () => {
    const { code, output } = await run(program("deno"), "run", "--no-prompt", "test/runtime/import-all.ts");
    expect(output).toContain("imported without permission");
    expect(code).toBe(0);
  });

  it("canary: the native socket still aborts Bun, so that the native transport refuses it", async () => {
    const { code, signal, output } = await run(program("bun"), "test/runtime/bun-canary.mjs");
    // the day this fails, Bun can create the socket: lift the refusal in src/adapters/zeromq-transport.ts
    expect(output).not.toContain("alive");
    expect(output).toContain("unsupported uv function");
    expect(signal ?? code).toBe("SIGABRT");
  });
});
