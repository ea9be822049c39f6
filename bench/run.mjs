// Runs a benchmark: npm run bench -- <name> [--quick] [--json FILE]
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const [name, ...rest] = process.argv.slice(2);
const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
if (name === undefined || !existsSync(script)) {
  console.error(`Cannot run the benchmark "${name}": there is no bench/${name}.ts`);
  process.exit(2);
}
process.argv = [process.argv[0] ?? "node", script, ...rest];
await runnerImport(script, { configFile: false, logLevel: "warn" });
