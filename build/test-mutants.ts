/**
 * Takes out one safeguard after the other in a copy of the sources and runs the test that must notice:
 * `npm run test:mutants [-- text in the safeguard's name]`.
 */
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Mutant, mutants } from "./mutants.ts";

/** A run that takes longer has no verdict. */
const runLimitMs = 90_000;
const workers = 2;
const copied = [
  "src",
  "test",
  "build",
  "docs",
  "mod.ts",
  "package.json",
  "deno.json",
  "tsconfig.json",
  "vitest.config.ts",
];

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

const root = resolve(import.meta.dirname, "..");

async function makeCopy(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), "mutants-"));
  for (const name of copied) await cp(join(root, name), join(copy, name), { recursive: true });
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** Runs one test in a copy: what vitest says of it. */
async function statusOf(copy: string, test: Mutant["test"]): Promise<string> {
  const output = join(copy, "report.json");
  await rm(output, { force: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const pattern = test.name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const child = spawn(
    process.execPath,
    [
      vitest,
      "run",
      test.file,
      "-t",
      pattern,
      "--reporter=json",
      `--outputFile=${output}`,
      "--testTimeout=20000",
    ],
    { cwd: copy, stdio: "ignore" },
  );
  const limit = setTimeout(() => child.kill("SIGKILL"), runLimitMs);
  const ended = await new Promise<string>((done) => {
    child.once("exit", (code, signal) => done(signal === null ? String(code) : `killed by ${signal}`));
    child.once("error", (error) => done(error.message));
  });
  clearTimeout(limit);
  let report: Report;
  try {
    report = JSON.parse(await readFile(output, "utf8")) as Report;
  } catch {
    return `no report (${ended})`;
  }
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return results.find(({ title }) => title === test.name)?.status ?? "not found";
}

/** The sources with the safeguard taken out. Throws if they do not contain it exactly once. */
async function mutate(copy: string, mutant: Mutant): Promise<() => Promise<void>> {
  const path = join(copy, mutant.file);
  const source = await readFile(path, "utf8");
  const found = source.split(mutant.find).length - 1;
  if (found !== 1) {
    throw new Error(
      `${mutant.file} contains the text of "${mutant.safeguard}" ${found} times:\n${mutant.find}`,
    );
  }
  await writeFile(
    path,
    source.replace(mutant.find, () => mutant.replace),
  );
  return () => writeFile(path, source);
}

/** Undefined if the safeguard is proven; else what is wrong. */
async function judge(copy: string, mutant: Mutant): Promise<string | undefined> {
  const healthy = await statusOf(copy, mutant.test);
  if (healthy !== "passed") return `its test does not pass on the sources as they are: ${healthy}`;
  const restore = await mutate(copy, mutant);
  try {
    const status = await statusOf(copy, mutant.test);
    return status === "failed" ? undefined : `its test does not fail without it: ${status}`;
  } finally {
    await restore();
  }
}

const only = process.argv[2];
const queue = mutants.filter(({ safeguard }) => only === undefined || safeguard.includes(only));
const faults: string[] = [];
let proven = 0;

async function work(): Promise<void> {
  const copy = await makeCopy();
  try {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const { safeguard, test } = mutant;
      const fault = await judge(copy, mutant).catch(String);
      if (fault === undefined) proven++;
      else faults.push(`${safeguard}: ${fault}`);
      console.log(
        `${fault === undefined ? "needed" : "NOT PROVEN"}  ${safeguard}\n            ${fault ?? test.name}`,
      );
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

await mkdir(tmpdir(), { recursive: true });
await Promise.all(Array.from({ length: Math.min(workers, queue.length) }, work));
console.log(`\n${proven} safeguards are needed, ${faults.length} are not proven`);
if (faults.length > 0) process.exit(1);
