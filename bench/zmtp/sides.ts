import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { nodeCrypto } from "../../src/adapters/node-crypto.ts";
import { z85Encode } from "../../src/zmtp/crypto/encoding.ts";

/** Who runs one side of a measurement. */
export type Library = "ours" | "zeromq.js" | "libzmq";
/** Where our side or the peer runs. */
export type Runtime = "node" | "bun" | "deno";

/** How zeromq.js is set up. */
export interface PeerConfig {
  readonly sendHighWaterMark?: number;
  readonly receiveHighWaterMark?: number;
  readonly ioThreads?: number;
}

/** One side of a measurement. */
export interface Side {
  readonly library: Library;
  readonly role: "PUSH" | "PULL" | "PUB" | "SUB" | "REQ" | "REP" | "hold" | "attend";
  readonly runtime?: Runtime;
  readonly config?: PeerConfig;
}

/** How much one measurement does. */
export interface Work {
  readonly size: number;
  readonly warm: number;
  readonly count: number;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const limitMs = 120_000;

function keyPair(): readonly [string, string] {
  const { secretKey, publicKey } = nodeCrypto.keyAgreement.generateKeyPair();
  return [z85Encode(secretKey), z85Encode(publicKey)];
}

const [serverSecret, serverPublic] = keyPair();
const [clientSecret, clientPublic] = keyPair();
const keys = { serverSecret, serverPublic, clientSecret, clientPublic };

const packages: Readonly<Record<Runtime, readonly string[]>> = {
  node: [],
  bun: ["@oven/bun-linux-x64/bin/bun", "bun/bin/bun.exe"],
  deno: ["@deno/linux-x64-glibc/deno"],
};

/** The program of a runtime: this Node, or one that is installed as a package or on the path. */
export function runtimeProgram(runtime: Runtime): string | undefined {
  if (runtime === "node") return process.execPath;
  const installed = packages[runtime]
    .map((path) => join(root, "node_modules", path))
    .find((path) => existsSync(path));
  if (installed !== undefined) return installed;
  return spawnSync(runtime, ["--version"], { stdio: "ignore" }).status === 0 ? runtime : undefined;
}

let compiled: string | undefined;

/** Compiles the libzmq side; undefined if there is no compiler or no libzmq. */
export function libzmqProgram(): string | undefined {
  if (compiled !== undefined) return compiled;
  const out = join(mkdtempSync(join(tmpdir(), "bench-zmtp-")), "peer");
  const source = join(root, "bench/zmtp/peer.c");
  const done = spawnSync("cc", ["-O2", "-o", out, source, "-lzmq"], { stdio: "ignore" });
  compiled = done.status === 0 ? out : undefined;
  return compiled;
}

/** The versions that the results are about. */
export function versions(): string {
  const manifest = createRequire(import.meta.url).resolve("zeromq/package.json");
  const { version } = createRequire(import.meta.url)("zeromq/package.json") as { version: string };
  return `Node ${process.versions.node}, zeromq.js ${version} in ${dirname(manifest).replace(root, "")}`;
}

/** A side that runs. */
export class Running {
  readonly #child: ChildProcess;
  readonly #lines: Record<string, unknown>[] = [];
  #wake: () => void = () => undefined;
  #ended = false;
  #stderr = "";

  constructor(side: Side, work: Work, more: Readonly<Record<string, unknown>> = {}) {
    const { endpoint = "-" } = more as { endpoint?: string };
    const task = JSON.stringify({ ...side, ...work, keys, ...more });
    const [program, ...parameters] =
      side.library === "libzmq"
        ? [
            libzmqProgram() ?? "",
            side.role,
            endpoint,
            ...[work.size, work.warm, work.count].map(String),
            ...[serverSecret, serverPublic, clientSecret, clientPublic],
          ]
        : [...runner(side.runtime ?? "node"), join(root, "bench/zmtp/worker.mjs"), task];
    this.#child = spawn(program ?? "", parameters, { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-1_000);
    });
    this.#child.stdin?.on("error", () => undefined);
    this.#child.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on("line", (line) => {
        this.#lines.push(JSON.parse(line) as Record<string, unknown>);
        this.#wake();
      });
    }
  }

  /** The next line that has this field. */
  async says<T>(field: string): Promise<T> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, limitMs);
    try {
      for (;;) {
        const at = this.#lines.findIndex((line) => field in line);
        if (at >= 0) return this.#lines.splice(at, 1)[0] as T;
        if (this.#ended || late)
          throw new Error(`No ${field} from a side of the measurement: ${this.#stderr}`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  tell(): void {
    this.#child.stdin?.write("go\n");
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    const gone = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGKILL");
    await gone;
  }
}

function runner(runtime: Runtime): string[] {
  const program = runtimeProgram(runtime);
  if (program === undefined) throw new Error(`Cannot measure on ${runtime}: it is not installed`);
  if (runtime === "deno") return [program, "run", "-A", "--node-modules-dir=manual", "--no-lock", "-q"];
  return runtime === "node" ? [program, "--expose-gc"] : [program];
}
