import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Apart from the prefix of the expert's tests, whose programs may run at the same time. */
const prefix = join(tmpdir(), "mt5-connector-gateway-wine");
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  WINEDEBUG: "-all",
  // what the host does not need is not there; our players instead of wine's own programs
  WINEDLLOVERRIDES: "mscoree,mshtml=;whoami.exe,icacls.exe,powershell.exe=n",
  WINEPREFIX: prefix,
};

/** What a player writes of what it was asked to do. */
export interface Played {
  readonly player: "terminal64" | "powershell" | "whoami" | "icacls";
  readonly arguments?: readonly string[];
  readonly pid?: number;
  readonly path?: string;
  readonly commandLine?: string;
  readonly config?: string;
  /** Bytes of the start-up file in hex. */
  readonly ini?: string;
  readonly bytesBefore?: number;
}

/** A path of this machine as Windows programs under wine see it. */
export function windowsPath(path: string): string {
  return `Z:${path.replaceAll("/", "\\")}`;
}

/** A folder for a terminal, blanks and all, as Windows and as this machine name it. */
export interface TerminalFolder {
  readonly windows: string;
  readonly here: string;
}

/** Makes the gateway's program for Windows, the players, and a Windows to run them in. Another run may be using it, too. */
export async function prepareMachine(
  scratch: string,
): Promise<{ readonly exe: string; readonly terminal: TerminalFolder }> {
  const name = `Meta Trader 5 ${basename(scratch)}`;
  const terminal = {
    windows: `C:\\Program Files\\${name}`,
    here: join(prefix, "drive_c/Program Files", name),
  };
  const exe = join(scratch, "mt5-connector.exe");
  const players = join(scratch, "players.exe");
  const shim = join(scratch, "bcryptprimitives.dll");
  const bun = ["build", "--compile", "--target=bun-windows-x64", "src/cli/main.ts", "--outfile", exe];
  const source = "test/interop/gateway/windows";
  const compiler = "x86_64-w64-mingw32-g++-posix";
  await Promise.all([
    run("node_modules/.bin/bun", bun),
    run(compiler, [
      "-O1",
      "-s",
      "-static",
      "-o",
      players,
      `${source}/players.cpp`,
      "-lshell32",
      "-ladvapi32",
    ]),
    run(compiler, ["-O1", "-s", "-shared", "-o", shim, `${source}/bcryptprimitives.cpp`, "-ladvapi32"]),
    run("wine", ["wineboot", "-i"], { env: environment }).then(() =>
      run("wineserver", ["-w"], { env: environment }),
    ),
  ]);
  const system = join(prefix, "drive_c/windows/system32");
  await mkdir(terminal.here, { recursive: true });
  const places = [
    ...["terminal64", "liveupdate"].map((name) => join(terminal.here, `${name}.exe`)),
    ...["whoami", "icacls", "WindowsPowerShell/v1.0/powershell"].map((name) => join(system, `${name}.exe`)),
    join(scratch, "launcher.exe"),
  ];
  await Promise.all([
    copyFile(shim, join(system, "bcryptprimitives.dll")),
    ...places.map((place) => copyFile(players, place)),
  ]);
  return { exe, terminal };
}

/** The gateway as a Windows program, with what it prints and what the players around it were asked to do. */
export class WindowsGateway {
  readonly #folder: string;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  readonly ended: Promise<number | null>;
  #isOver = false;

  /** Starts it; `folder` is where the players write and are told to stop. */
  constructor(folder: string, exe: string, parameters: readonly string[]) {
    this.#folder = folder;
    const child = spawn("wine", [join(folder, "launcher.exe"), windowsPath(exe), ...parameters], {
      env: { ...environment, GATEWAY_PLAYERS: windowsPath(folder) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on("line", (line) => {
        this.#lines.push(line.trimEnd());
        this.#wake();
      });
    }
    // not "close": what wine keeps running holds the pipes too
    this.ended = once(child, "exit").then(([code]) => {
      this.#isOver = true;
      this.#wake();
      return code as number | null;
    });
  }

  get output(): string {
    return this.#lines.join("\n");
  }

  /** Resolves with the `count`th line that holds the text. */
  async line(text: string, count = 1): Promise<string> {
    for (;;) {
      const found = this.#lines.filter((line) => line.includes(text))[count - 1];
      if (found !== undefined) return found;
      if (this.#isOver)
        throw new Error(`The gateway ended without a line ${count} of "${text}":\n${this.output}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Tells the terminal or the launcher something: `quit`, `update`, `stop`. */
  tell(what: "quit" | "update" | "stop"): Promise<void> {
    return writeFile(join(this.#folder, what), "");
  }

  /** Resolves when one player has been asked to do `count` things. */
  async playedLines(player: Played["player"], count: number): Promise<void> {
    const changed = watch(this.#folder);
    try {
      while ((await this.played(player)).length < count) await once(changed, "change");
    } finally {
      changed.close();
    }
  }

  /** Everything that one player was asked to do so far. */
  async played(player: Played["player"]): Promise<readonly Played[]> {
    const text = await readFile(join(this.#folder, "players.jsonl"), "utf8");
    // the last piece is empty, or a line that is being written
    const all = text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Played);
    return all.filter((one) => one.player === player);
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
