// Runs a TypeScript script of build/ on a Node that cannot strip types itself: node build/run.mjs build/x.ts [arguments]
import { resolve } from "node:path";
import { runnerImport } from "vite";

const [script, ...rest] = process.argv.slice(2);
if (script === undefined) {
  console.error("Cannot run: no script given. Usage: node build/run.mjs build/<script>.ts [arguments]");
  process.exit(2);
}
process.argv = [process.argv[0] ?? "node", resolve(script), ...rest];
await runnerImport(resolve(script), { configFile: false, logLevel: "warn" });
