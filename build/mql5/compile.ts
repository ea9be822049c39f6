import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describeFault } from "./fault.ts";
import { signatureProof, terminalHeader } from "./terminal-header.ts";
import { translate } from "./translate.ts";

const run = promisify(execFile);
const projectRoot = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const hostFolder = join(projectRoot, "test", "mql5", "host");

/** The folder that mirrors a terminal's MQL5 folder. */
export const mqlRoot: string = join(projectRoot, "mql5");

/** How a host binary is built. */
export type Flavour = "plain" | "sanitized" | "coverage" | "windows";

interface Toolchain {
  readonly command: string;
  readonly flags: readonly string[];
  readonly link: readonly string[];
  readonly suffix: string;
}

const common = [
  "-std=c++20",
  "-fwrapv",
  "-fno-strict-aliasing",
  "-flifetime-dse=1",
  "-ftrivial-auto-var-init=pattern",
];

/** What MetaEditor warns about must be an error here; the host's own files get the same. */
const strict = [
  "-Wall",
  "-Wextra",
  "-Wconversion",
  "-Wsign-compare",
  "-Wshadow",
  "-Woverloaded-virtual",
  "-Wframe-larger-than=524288",
  "-Wno-unused-parameter",
  "-Wno-unused-function",
  "-Wno-address-of-packed-member",
  "-Werror",
];

const toolchains: Readonly<Record<Flavour, Toolchain>> = {
  plain: { command: "g++", flags: ["-O2"], link: ["-pthread"], suffix: "" },
  sanitized: {
    command: "g++",
    flags: [
      "-O1",
      // Line numbers for the reports; more would take a third of the time again.
      "-g1",
      "-fsanitize=address,undefined",
      "-fno-sanitize-recover=all",
      "-fno-sanitize=alignment,integer-divide-by-zero",
    ],
    link: ["-pthread", "-fsanitize=address,undefined"],
    suffix: "",
  },
  coverage: { command: "g++", flags: ["-O0", "--coverage"], link: ["-pthread", "--coverage"], suffix: "" },
  windows: {
    command: "x86_64-w64-mingw32-g++-posix",
    flags: ["-O2"],
    link: ["-static", "-lws2_32"],
    suffix: ".exe",
  },
};

/** Why a flavour cannot be built on this machine, or undefined if it can. */
export async function missingCompiler(flavour: Flavour = "plain"): Promise<string | undefined> {
  const { command } = toolchains[flavour];
  try {
    await run(command, ["--version"]);
    return undefined;
  } catch {
    return `${command} is not installed`;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function compiler(toolchain: Toolchain, args: readonly string[], cwd: string): Promise<void> {
  try {
    await run(toolchain.command, [...args], { cwd, maxBuffer: 64 * 1024 * 1024 });
  } catch (cause) {
    const output = cause instanceof Error && "stderr" in cause ? String(cause.stderr) : String(cause);
    throw new Error(`Cannot compile: ${output.slice(0, 20_000)}`, { cause });
  }
}

/** Where built programs are kept. */
export function cacheFolder(): string {
  const user = typeof process.getuid === "function" ? process.getuid() : "user";
  return join(tmpdir(), `mt5-connector-mql5-${user}`);
}

const staleLockMs = 10 * 60_000;
const lockPollMs = 100;

/** Holds a lock while `work` runs, so that two processes do not compile the same thing side by side. */
async function locked(lock: string, work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
      const age = await stat(lock).then(
        (found) => Date.now() - found.mtimeMs,
        () => 0,
      );
      // Whoever made it was killed: what it built is not trusted, only its lock is removed.
      if (age > staleLockMs) await rm(lock, { recursive: true, force: true });
      else await setTimeout(lockPollMs);
    }
  }
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** Builds into a folder of its own and moves it into place, so that nobody ever sees half a result. */
async function cached(key: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), key);
  if (await exists(join(folder, "done"))) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  await locked(`${folder}.lock`, async () => {
    if (await exists(join(folder, "done"))) return;
    const fresh = `${folder}.fresh`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    await build(fresh);
    await writeFile(join(fresh, "done"), "");
    await rename(fresh, folder);
  });
  return folder;
}

async function hostSources(): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(hostFolder)).filter((name) => /\.(hpp|cpp)$/.test(name)).sort();
  const out = new Map<string, string>();
  for (const name of names) out.set(name, await readFile(join(hostFolder, name), "utf8"));
  out.set("terminal.generated.hpp", terminalHeader());
  out.set("signatures.generated.cpp", signatureProof());
  return out;
}

function hash(parts: Iterable<string>): string {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part).update("\0");
  return digest.digest("hex").slice(0, 24);
}

async function hostObjects(flavour: Flavour): Promise<{ readonly folder: string; readonly key: string }> {
  const toolchain = toolchains[flavour];
  const sources = await hostSources();
  const version = (await run(toolchain.command, ["--version"])).stdout;
  const key = hash([version, flavour, ...common, ...strict, ...toolchain.flags, ...[...sources].flat()]);
  const folder = await cached(`host-${flavour}-${key}`, async (fresh) => {
    for (const [name, text] of sources) await writeFile(join(fresh, name), text);
    // Coverage and sanitizers are for the expert's own lines; the host only gets what linking needs.
    const flags = flavour === "coverage" ? ["-O1"] : toolchain.flags;
    const waiting = [...sources.keys()].filter((name) => name.endsWith(".cpp"));
    const work = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const args = [...common, ...strict, ...flags, "-I.", "-c", name, "-o", `${name}.o`];
        await compiler(toolchain, args, fresh);
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  });
  return { folder, key };
}

/** A program that is ready to run on the host. */
export interface Binary {
  readonly path: string;
  readonly flavour: Flavour;
  /** The folder that it was built in, where coverage notes lie. */
  readonly folder: string;
}

/** What this process has built: the sources are read once. */
const built = new Map<string, Promise<Binary>>();

/**
 * Translates, compiles and links an MQL5 program. A second call in one process costs nothing; in another one, with the
 * same sources, the translation only.
 */
export function compileProgram(
  entry: string,
  flavour: Flavour = "plain",
  root: string = mqlRoot,
): Promise<Binary> {
  const key = [entry, flavour, root].join("\0");
  const known = built.get(key) ?? buildProgram(entry, flavour, root);
  built.set(key, known);
  return known;
}

async function buildProgram(entry: string, flavour: Flavour, root: string): Promise<Binary> {
  const translation = await translate(entry, root);
  if (!translation.ok)
    throw new Error(`Cannot translate ${entry}:\n${translation.faults.map(describeFault).join("\n")}`);
  const toolchain = toolchains[flavour];
  const host = await hostObjects(flavour);
  const key = hash([host.key, translation.cpp]);
  const name = `program${toolchain.suffix}`;
  const folder = await cached(`program-${flavour}-${key}`, async (fresh) => {
    await writeFile(join(fresh, "program.cpp"), translation.cpp);
    const include = `-I${host.folder}`;
    const compile = [
      ...common,
      ...strict,
      ...toolchain.flags,
      include,
      "-c",
      "program.cpp",
      "-o",
      "program.o",
    ];
    await compiler(toolchain, compile, fresh);
    const objects = (await readdir(host.folder))
      .filter((one) => one.endsWith(".o"))
      .map((one) => join(host.folder, one));
    await compiler(toolchain, ["program.o", ...objects, "-o", name, ...toolchain.link], fresh);
  });
  return { path: join(folder, name), flavour, folder };
}
