import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** What a program printed and how it ended. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The programs as npm users get them: compiled, in a folder of their own that resolves the same packages. */
export interface Build {
  readonly root: string;
  /** Runs a compiled program to its end, or ends it after `limitMs`. */
  run(program: string, programArguments?: readonly string[], options?: RunOptions): Promise<Run>;
  /** Compiles a text as a program of a package that depends on this one, strictly, and gives its path for `run`. */
  consumer(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

/** How a program is run. */
export interface RunOptions {
  readonly cwd?: string;
  readonly limitMs?: number;
  /** Called with each piece of output; `stop` asks the program to end as Ctrl+C does. */
  readonly onOutput?: (output: string, stop: (signal?: NodeJS.Signals) => void) => void;
  /** Where it makes its temporary files. @default the system's */
  readonly temporary?: string;
}

/** Compiles the package into a scratch folder. */
export async function build(): Promise<Build> {
  const folder = await mkdtemp(join(root, "dist-e2e-"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const compiled = await execute(
    join(root, "node_modules/typescript/bin/tsc"),
    ["-p", "tsconfig.build.json", "--outDir", join(folder, "dist")],
    { cwd: root, limitMs: 120_000 },
  );
  if (compiled.code !== 0) throw new Error(`Cannot compile: ${compiled.stdout}${compiled.stderr}`);
  return {
    root: folder,
    run: (program, programArguments = [], options = {}) =>
      execute(join(folder, "dist", program), programArguments, options),
    consumer: (name, text) => compileConsumer(folder, name, text),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A folder in which the package is installed as npm would, with one program that is compiled against its types. */
async function compileConsumer(folder: string, name: string, text: string): Promise<string> {
  const consumer = join(folder, "dist", "consumer");
  const installed = join(consumer, "node_modules/@trading-org/mt5-connector");
  await mkdir(installed, { recursive: true });
  await cp(join(root, "package.json"), join(installed, "package.json"));
  // Another program may have been compiled before.
  await rm(join(installed, "dist"), { force: true });
  await symlink(join(folder, "dist"), join(installed, "dist"));
  await writeFile(join(consumer, "package.json"), '{"type":"module"}');
  await writeFile(join(consumer, `${name}.ts`), text);
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    strict: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  };
  await writeFile(
    join(consumer, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: [`${name}.ts`] }),
  );
  const compiled = await execute(join(root, "node_modules/typescript/bin/tsc"), ["-p", consumer], {
    limitMs: 120_000,
  });
  if (compiled.code !== 0) throw new Error(`Cannot compile ${name}: ${compiled.stdout}${compiled.stderr}`);
  return `consumer/${name}.js`;
}

async function execute(
  program: string,
  programArguments: readonly string[],
  options: RunOptions,
): Promise<Run> {
  const child = spawn(process.execPath, [program, ...programArguments], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      NO_COLOR: "1",
      ...(options.temporary === undefined ? {} : { TMPDIR: options.temporary }),
    },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    stdout += piece;
    options.onOutput?.(stdout, (signal = "SIGINT") => child.kill(signal));
  });
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    stderr += piece;
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), options.limitMs ?? 30_000);
  await once(child, "close");
  clearTimeout(limit);
  return { code: child.exitCode, stdout, stderr };
}
