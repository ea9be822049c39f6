import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Binary } from "../../../build/mql5/compile.ts";
import { coverageFolder } from "./peers.ts";

const run = promisify(execFile);

/** One JSON line of the host. */
export type HostMessage =
  | { readonly t: "print" | "alert" | "critical"; readonly text: string }
  | { readonly t: "init" | "deinit"; readonly code: number }
  | { readonly t: "stopped" }
  | { readonly t: "synced"; readonly id: number }
  | { readonly t: "call"; readonly id: number; readonly name: string; readonly v: unknown }
  | { readonly t: "symbolSelect"; readonly name: string; readonly selected: boolean };

/** How a program is started. */
export interface ProgramOptions {
  readonly inputs?: Readonly<Record<string, string | number | boolean>>;
  /** Folder with `Files` and `Common`, the sandbox of the File functions. */
  readonly files?: string;
  readonly symbol?: string;
  readonly timerGranularityMs?: number;
  /** So many times faster than the machine's does the terminal's time pass; a whole number. @default 1 */
  readonly timeScale?: number;
  readonly dllsAllowed?: boolean;
  /** Where a program of the flavour `coverage` leaves its counts. */
  readonly coverageFolder?: string | undefined;
}

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A prefix of our own; no prompts for what the host does not need; no chatter. */
const wineEnvironment: NodeJS.ProcessEnv = {
  WINEDEBUG: "-all",
  WINEDLLOVERRIDES: "mscoree,mshtml=",
  WINEPREFIX: join(tmpdir(), "mt5-connector-wine"),
};

/** The genuine kernel32.dll opens files where a terminal has them: below `MQL5` in its data folder. */
function layOutDataFolder(files: string): void {
  const sandbox = join(files, "MQL5", "Files");
  if (existsSync(sandbox)) return;
  mkdirSync(join(files, "Files"), { recursive: true });
  mkdirSync(join(files, "MQL5"), { recursive: true });
  symlinkSync(join(files, "Files"), sandbox, "junction");
}

/** Ends what wine keeps running in our prefix after the last program, and waits until it is gone. */
export async function stopWine(): Promise<void> {
  if (process.platform === "win32") return;
  const env = { ...process.env, ...wineEnvironment };
  try {
    await run("wineserver", ["-k"], { env });
  } catch (cause) {
    // It says so with an exit code when nothing ran any more.
    if (!(cause instanceof Error && "code" in cause && typeof cause.code === "number")) throw cause;
  }
  await run("wineserver", ["-w"], { env });
}

/** A program on the test host. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #messages: HostMessage[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #ended: Promise<ProgramEnd>;
  #end: ProgramEnd | undefined;
  /** A killed program leaves no counts behind. */
  #graceful = false;
  #noise = "";
  #syncs = 0;
  #watcher: ((message: HostMessage) => void) | undefined;
  #onCall: ((name: string, value: unknown) => unknown) | undefined;

  constructor(binary: Binary, options: ProgramOptions = {}) {
    const args: string[] = [];
    if (options.files !== undefined) args.push("--files", options.files);
    if (options.symbol !== undefined) args.push("--symbol", options.symbol);
    if (options.timerGranularityMs !== undefined)
      args.push("--timer-granularity-ms", String(options.timerGranularityMs));
    if (options.timeScale !== undefined) args.push("--time-scale", String(options.timeScale));
    if (options.dllsAllowed !== undefined) args.push("--dlls-allowed", String(options.dllsAllowed));
    const env: NodeJS.ProcessEnv = { ...process.env };
    for (const [name, value] of Object.entries(options.inputs ?? {}))
      env[`MQL_INPUT_${name}`] = String(value);
    if (binary.flavour === "windows" && options.files !== undefined) layOutDataFolder(options.files);
    const wine = binary.flavour === "windows" && process.platform !== "win32";
    if (wine) Object.assign(env, wineEnvironment);
    const counts = options.coverageFolder ?? coverageFolder;
    if (counts !== undefined && binary.flavour === "coverage") {
      this.#graceful = true;
      env.GCOV_PREFIX = join(counts, `${basename(binary.folder)}.${process.pid}.${Date.now()}`);
      env.GCOV_PREFIX_STRIP = "99";
    }
    const command = wine ? "wine" : binary.path;
    this.#child = spawn(command, wine ? [binary.path, ...args] : args, {
      env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code, signal) => {
        this.#end = { code, signal };
        this.#wake();
        resolve(this.#end);
      });
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#noise += String(chunk);
    });
    // A program that has ended does not read any more; how it ended is told by `end`.
    this.#child.stdin?.on("error", () => undefined);
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on("line", (line) => this.#take(line));
  }

  /** Everything the host has said so far. */
  get messages(): readonly HostMessage[] {
    return this.#messages;
  }

  /** What came on the error stream: sanitizers report there. */
  get noise(): string {
    return this.#noise;
  }

  /** The lines that the program printed. */
  get printed(): readonly string[] {
    return this.#messages.flatMap((one) => (one.t === "print" ? [one.text] : []));
  }

  /** Resolves when the process has ended. */
  get ended(): Promise<ProgramEnd> {
    return this.#ended;
  }

  /** Answers the host's calls (orderSend, historySelect, ...). The program stands still until a promised answer is there. */
  answer(calls: (name: string, value: unknown) => unknown): void {
    this.#onCall = calls;
  }

  /** Hears every message from now on. */
  watch(listener: (message: HostMessage) => void): void {
    this.#watcher = listener;
  }

  /** Sends one message to the host. */
  send(message: Readonly<Record<string, unknown>>): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** The first message that fits; rejects if the program ends without it. */
  async message(fits: (message: HostMessage) => boolean): Promise<HostMessage> {
    for (;;) {
      const found = this.#messages.find(fits);
      if (found !== undefined) return found;
      if (this.#end !== undefined)
        throw new Error(
          `Cannot wait on: the program ended. ${JSON.stringify(this.#messages.slice(-5))} ${this.#noise}`,
        );
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** The first printed line that begins so. */
  async line(start: string): Promise<string> {
    const found = await this.message((one) => one.t === "print" && one.text.startsWith(start));
    return found.t === "print" ? found.text : "";
  }

  /** Resolves when the host has applied everything that was sent before. */
  async synced(): Promise<void> {
    const id = ++this.#syncs;
    this.send({ t: "sync", id });
    await this.message((one) => one.t === "synced" && one.id === id);
  }

  /** Asks the program to end as if the user removed it, and waits for that. */
  async stop(): Promise<ProgramEnd> {
    if (this.#end === undefined) this.send({ t: "deinit", v: 1 });
    return this.#ended;
  }

  /** Kills the program as a crash of the terminal would. */
  async kill(): Promise<ProgramEnd> {
    this.#child.kill("SIGKILL");
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    if (this.#end === undefined && !this.#graceful) this.#child.kill("SIGKILL");
    await this.#ended;
  }

  #take(line: string): void {
    const message: HostMessage = JSON.parse(line);
    this.#messages.push(message);
    this.#watcher?.(message);
    if (message.t === "call") this.#reply(message.id, this.#onCall?.(message.name, message.v));
    this.#wake();
  }

  #reply(id: number, value: unknown): void {
    const send = (v: unknown): void => this.send({ t: "reply", id, v: v ?? null });
    if (!(value instanceof Promise)) send(value);
    // An answer that fails must not leave the program waiting unseen.
    else
      value.then(send, (cause: unknown) => {
        this.#noise += `Cannot answer the program: ${String(cause)}\n`;
        this.#child.kill("SIGKILL");
      });
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
