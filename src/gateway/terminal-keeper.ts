import { toError } from "../connector/errors.ts";
import type { Clock, Timer } from "../transport/clock.ts";
import type { GatewayLog } from "./gateway-log.ts";

/** A running terminal. */
export interface TerminalProcess {
  readonly pid: number;
  /** Of its executable; empty if that cannot be told. */
  readonly path: string;
}

/** What the keeper needs of the machine. */
export interface TerminalHost {
  /** All MetaTrader terminals that run now. */
  terminals(): Promise<readonly TerminalProcess[]>;
  /** Starts a program with parameters that are quoted already; `exited` resolves with its exit code. Rejects if it cannot be started. */
  start(
    path: string,
    parameters: readonly string[],
  ): Promise<{ readonly pid: number; readonly exited: Promise<number | null> }>;
  /** Whether a process still runs. */
  isAlive(pid: number): boolean;
  /** Writes a file that its owner alone can read, from the first byte. */
  writeSecret(file: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file, if it is there. */
  remove(file: string): Promise<void>;
}

/** The account with which a terminal is started. */
export interface TerminalAccount {
  readonly login: string;
  readonly password: string;
  readonly server: string;
}

/** How a terminal is kept. */
export interface TerminalKeeperOptions {
  readonly host: TerminalHost;
  readonly clock: Clock;
  readonly log: GatewayLog;
  readonly path: string;
  readonly account: TerminalAccount;
  /** Where the start-up file may stand for the moments of a start. */
  readonly iniFile: string;
  /** Symbol of a chart to be opened with the agent, at the first start only: charts outlive the terminal. */
  readonly chart?: string | undefined;
}

/** Time in which LiveUpdate's own relaunch is waited for. */
const relaunchMs = 45_000;
const lookMs = 1_500;
/** Longest time that the start-up file stands, if the agent never connects. */
const iniMs = 120_000;
const firstBackoffMs = 2_000;
const longestBackoffMs = 60_000;
/** A terminal that ran so long was no failed start. */
const steadyMs = 300_000;

/**
 * Keeps a terminal running: starts it with the account's credentials in a start-up file that is removed once it has
 * served; takes over one that runs already, because two of one folder cannot; lets LiveUpdate end and relaunch it.
 */
export class TerminalKeeper {
  readonly #options: TerminalKeeperOptions;
  readonly #path: string;
  readonly #keeping: Promise<void>;
  #stopped = false;
  #starts = 0;
  #iniTimer: Timer | undefined;
  #iniStands = false;
  /** The terminal of this start runs, so whoever connects now may have read the file. */
  #launched = false;
  #wake: () => void = () => undefined;

  /** Begins at once. */
  constructor(options: TerminalKeeperOptions) {
    this.#options = options;
    this.#path = terminalPath(options.path);
    this.#keeping = this.#keep();
  }

  /** The account's agent has connected, so the terminal has read its start-up file. */
  started(): void {
    if (this.#launched) void this.#removeIni();
  }

  /** Ends the keeping; the terminal goes on, as its positions do. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#keeping;
    await this.#removeIni();
  }

  async #keep(): Promise<void> {
    const { clock, log, host } = this.#options;
    let backoffMs = firstBackoffMs;
    // A gateway that was killed may have left one.
    this.#iniStands = true;
    await this.#removeIni(false);
    while (!this.#stopped) {
      const startMs = clock.nowMs();
      try {
        const running = (await host.terminals()).find(({ path }) => isSamePath(path, this.#path));
        if (running === undefined) await this.#runOnce();
        else {
          log.info("MetaTrader runs already and is taken over", { pid: running.pid });
          await this.#watch(running.pid);
        }
      } catch (error) {
        log.error("MetaTrader cannot be started", { path: this.#path, error: toError(error) });
      }
      if (this.#stopped) return;
      if (clock.nowMs() - startMs > steadyMs) backoffMs = firstBackoffMs;
      log.warning("MetaTrader is started again", { inMs: backoffMs });
      await this.#wait(backoffMs);
      backoffMs = Math.min(longestBackoffMs, backoffMs * 2);
    }
  }

  /** Starts the terminal and resolves when it, and whatever it was relaunched as, has ended. */
  async #runOnce(): Promise<void> {
    const { host, clock, log, iniFile, account, chart } = this.#options;
    const before = new Set((await host.terminals()).map(({ pid }) => pid));
    this.#iniStands = true;
    this.#launched = false;
    await host.writeSecret(iniFile, startupIni(account, this.#starts++ === 0 ? chart : undefined));
    this.#iniTimer = clock.setTimer(() => void this.#removeIni(), iniMs);
    try {
      const { pid, exited } = await host.start(this.#path, [`/config:"${iniFile}"`]);
      log.info("MetaTrader started", { pid, path: this.#path });
      before.add(pid);
      this.#launched = true;
      const code = await this.#until(exited);
      if (this.#stopped) return;
      log.warning("MetaTrader ended", { pid, code });
    } catch (error) {
      await this.#removeIni();
      throw error;
    }
    const relaunched = await this.#findRelaunched(before);
    await this.#removeIni();
    if (relaunched === undefined) return;
    log.info("MetaTrader was relaunched by its update", { pid: relaunched.pid });
    await this.#watch(relaunched.pid);
  }

  /** LiveUpdate ends the terminal with code 0 and starts it anew some seconds later, perhaps from another folder. */
  async #findRelaunched(before: ReadonlySet<number>): Promise<TerminalProcess | undefined> {
    const { host, clock } = this.#options;
    const deadlineMs = clock.nowMs() + relaunchMs;
    while (!this.#stopped && clock.nowMs() < deadlineMs) {
      const fresh = (await host.terminals()).filter(({ pid }) => !before.has(pid));
      const found = fresh.find(({ path }) => isSamePath(path, this.#path)) ?? fresh[0];
      if (found !== undefined) return found;
      await this.#wait(lookMs);
    }
    return undefined;
  }

  async #watch(pid: number): Promise<void> {
    while (!this.#stopped && this.#options.host.isAlive(pid)) await this.#wait(lookMs);
    if (!this.#stopped) this.#options.log.warning("MetaTrader ended", { pid });
  }

  async #removeIni(tell = true): Promise<void> {
    this.#iniTimer?.cancel();
    if (!this.#iniStands) return;
    this.#iniStands = false;
    const { host, iniFile, log } = this.#options;
    try {
      await host.remove(iniFile);
      if (tell) log.info("The start-up file with the password is removed");
    } catch (error) {
      this.#iniStands = true;
      log.error("The start-up file with the password cannot be removed: remove it by hand", {
        file: iniFile,
        error: toError(error),
      });
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimer(resolve, ms);
      this.#wake = (): void => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** The exit code, or undefined when the keeping ends first. */
  #until(exited: Promise<number | null>): Promise<number | null | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = (): void => resolve(undefined);
      exited.then(resolve, reject);
    });
  }
}

/** The path of a terminal's executable as Windows writes it, from either kind of slashes, with or without quotes. */
export function terminalPath(path: string): string {
  const plain = path
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .replaceAll("/", "\\")
    .replace(/\\+$/, "");
  return /\.exe$/i.test(plain) ? plain : `${plain}\\terminal64.exe`;
}

/**
 * The start-up file (MetaTrader's help, "Start with a configuration file"), in UTF-16 as the terminal's own files.
 * The password is kept by the terminal, or an update's relaunch could not log in.
 * @throws RangeError for a value that would break the file
 */
export function startupIni({ login, password, server }: TerminalAccount, chart?: string): Uint8Array {
  for (const [name, value] of Object.entries({ login, password, server, chart: chart ?? "" })) {
    if (/\p{Cc}/u.test(value)) throw new RangeError(`Cannot use the ${name}: it holds a control character`);
  }
  if (!/^\d+$/.test(login)) throw new RangeError("Cannot use the login: it is no account number");
  const lines = [
    "[Common]",
    `Login=${login}`,
    `Password=${password}`,
    `Server=${server}`,
    "KeepPrivate=1",
    "[Experts]",
    "AllowLiveTrading=1",
    "AllowDllImport=1",
    "Enabled=1",
    "Account=0",
    "Profile=0",
    ...(chart === undefined
      ? []
      : ["[StartUp]", "Expert=MT5Connector\\MT5Connector", `Symbol=${chart}`, "Period=M1"]),
  ];
  const text = `\ufeff${lines.map((line) => `${line}\r\n`).join("")}`;
  const bytes = new DataView(new ArrayBuffer(text.length * 2));
  for (let index = 0; index < text.length; index++) bytes.setUint16(index * 2, text.charCodeAt(index), true);
  return new Uint8Array(bytes.buffer);
}

function isSamePath(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
