import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a command without a terminal; its two outputs come as one. */
export function run(
  cwd: string,
  command: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 150_000,
      env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...environment },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** A tool that the repository has as a development dependency. */
export const tool = (name: string): string => join(root, "node_modules/.bin", name);

/** A new empty folder outside the repository. */
export const scratch = (name: string): string => mkdtempSync(join(tmpdir(), `mt5-connector-${name}-`));

const published = [
  "package.json",
  "deno.json",
  "jsr.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "mod.ts",
  "src",
  "mql5",
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
  "SECURITY.md",
];

/** A copy of what is published, so that building it disturbs nobody; it borrows the repository's dependencies. */
export function copyTree(): string {
  const tree = scratch("tree");
  for (const path of published) {
    if (existsSync(join(root, path))) cpSync(join(root, path), join(tree, path), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
  return tree;
}

/** What a user of the package writes: a real exchange over CURVE, and every entry's types. */
export function consumer(from: string, entries: readonly string[]): string {
  const types = entries.map((entry, at) => `import type * as entry${at} from "${from}${entry}";`).join("\n");
  const used = entries.map((_, at) => `keyof typeof entry${at}`).join(" | ");
  return `${types}
import { zeromqTransport } from "${from}/zeromq";
import { generateKeyPair, Pull, Push } from "${from}/zmtp";

/** Every entry's names, so that all declarations are read. */
export type Names = ${used};

// Its package is not installed here: what needs it must not be loaded by the import.
if (typeof zeromqTransport !== "function") throw new Error("No native transport");

const server = generateKeyPair();
const pull = new Pull({ security: { mechanism: "CURVE", role: "server", secretKey: server.secretKey } });
const push = new Push({ security: { mechanism: "CURVE", role: "client", serverKey: server.publicKey } });
push.connect(await pull.bind("tcp://127.0.0.1:*"));
const count: number = 1_000;
let received: number = 0;
const sending = (async (): Promise<void> => {
  for (let at = 0; at < count; at++) await push.send(["message", new Uint8Array(at)]);
})();
for await (const [name, body] of pull) {
  if (new TextDecoder().decode(name) !== "message" || body?.length !== received) throw new Error("Not what was sent");
  if (++received === count) break;
}
await sending;
await push.close();
await pull.close();
console.log(\`exchanged \${received} messages\`);
`;
}
