import { afterEach, expect, test } from "vitest";
import { parseSid, parseTerminals } from "../../../src/adapters/gateway-terminal.ts";
import { keepTerminal } from "../../../src/cli/gateway-terminal.ts";
import {
  startupIni,
  type TerminalHost,
  TerminalKeeper,
  type TerminalProcess,
  terminalPath,
} from "../../../src/gateway/terminal-keeper.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { testLog } from "./kit.ts";

const account = { login: "123456", password: "s;e=c#r[e]t é", server: "YourBroker-Server" };
const exe = "C:\\Program Files\\MetaTrader 5\\terminal64.exe";

/** A machine whose terminals are told to come and go. */
class FakeHost implements TerminalHost {
  readonly running: TerminalProcess[] = [];
  readonly started: { path: string; parameters: readonly string[] }[] = [];
  readonly files = new Map<string, Uint8Array>();
  readonly written: string[] = [];
  failure: Error | undefined;
  #exits = new Map<number, (code: number | null) => void>();
  #pid = 100;

  terminals = async (): Promise<readonly TerminalProcess[]> => [...this.running];
  isAlive = (pid: number): boolean => this.running.some((process) => process.pid === pid);
  remove = async (file: string): Promise<void> => void this.files.delete(file);
  writeSecret = async (file: string, bytes: Uint8Array): Promise<void> => {
    this.files.set(file, bytes);
    this.written.push(new TextDecoder("utf-16le").decode(bytes));
  };
  start: TerminalHost["start"] = async (path, parameters) => {
    if (this.failure !== undefined) throw this.failure;
    this.started.push({ path, parameters });
    const pid = this.appear(path);
    return { pid, exited: new Promise((resolve) => this.#exits.set(pid, resolve)) };
  };
  appear(path: string): number {
    const pid = this.#pid++;
    this.running.push({ pid, path });
    return pid;
  }
  end(code: number | null): void {
    const [process] = this.running.splice(0, 1);
    if (process !== undefined) this.#exits.get(process.pid)?.(code);
  }
}

const keepers: TerminalKeeper[] = [];
afterEach(() => Promise.all(keepers.splice(0).map((keeper) => keeper.stop())));

function keep(host: FakeHost, chart?: string) {
  const clock = new VirtualClock();
  const log = testLog();
  const keeper = new TerminalKeeper({
    host,
    clock,
    log,
    path: "C:/Program Files/MetaTrader 5/terminal64.exe",
    account,
    iniFile: "start.ini",
    chart,
  });
  keepers.push(keeper);
  return { clock, keeper, log };
}

test("TerminalKeeper starts the terminal with a start-up file, and removes the file when the agent has connected", async () => {
  const host = new FakeHost();
  const { clock, keeper } = keep(host);
  await clock.advance(10);
  expect(host.started).toEqual([{ path: exe, parameters: ['/config:"start.ini"'] }]);
  expect(host.files.has("start.ini")).toBe(true);
  keeper.started();
  await clock.advance(10);
  expect(host.files.has("start.ini")).toBe(false);
});

test("TerminalKeeper does not take a connection before the terminal runs for the terminal's, and clears what a killed gateway left", async () => {
  const host = new FakeHost();
  host.files.set("start.ini", new Uint8Array());
  let release: () => void = () => undefined;
  const { terminals } = host;
  host.terminals = async () => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return terminals();
  };
  const { clock, keeper } = keep(host);
  await clock.advance(1);
  expect(host.files.size).toBe(0);
  release();
  host.terminals = terminals;
  keeper.started();
  await clock.advance(10);
  expect(host.started).toHaveLength(1);
  expect(host.files.has("start.ini")).toBe(true);
  keeper.started();
  await clock.advance(10);
  expect(host.files.size).toBe(0);
});

test("TerminalKeeper tells of a start-up file that cannot be removed, and tries again", async () => {
  const host = new FakeHost();
  const { clock, keeper, log } = keep(host);
  await clock.advance(10);
  const { remove } = host;
  host.remove = async () => {
    throw new Error("EBUSY");
  };
  keeper.started();
  await clock.advance(10);
  expect(
    log.lines.some((line) => line.startsWith("ERROR The start-up file with the password cannot be removed")),
  ).toBe(true);
  host.remove = remove;
  await keeper.stop();
  expect(host.files.size).toBe(0);
});

test("TerminalKeeper prefers the relaunched terminal of its own folder to another that was started meanwhile", async () => {
  const host = new FakeHost();
  const { clock, log } = keep(host);
  await clock.advance(10);
  host.end(0);
  host.appear("D:\\other\\terminal64.exe");
  const own = host.appear(exe);
  await clock.advance(2_000);
  expect(log.lines.some((line) => line.includes(`relaunched by its update ${own}`))).toBe(true);
});

test("TerminalKeeper removes the start-up file after two minutes, and when it stops", async () => {
  const host = new FakeHost();
  const first = keep(host);
  await first.clock.advance(121_000);
  expect(host.files.size).toBe(0);
  const other = new FakeHost();
  const second = keep(other);
  await second.clock.advance(10);
  await second.keeper.stop();
  expect(other.files.size).toBe(0);
});

test("TerminalKeeper starts a terminal again that ended, later each time, and asks for the chart once only", async () => {
  const host = new FakeHost();
  const { clock } = keep(host, "EURUSD");
  await clock.advance(10);
  host.end(1);
  await clock.advance(50_000);
  expect(host.started).toHaveLength(2);
  expect(host.written[0]).toContain("[StartUp]\r\nExpert=MT5Connector\\MT5Connector\r\nSymbol=EURUSD");
  expect(host.written[1]).not.toContain("[StartUp]");
  host.end(1);
  await clock.advance(48_000);
  expect(host.started).toHaveLength(2);
  await clock.advance(2_000);
  expect(host.started).toHaveLength(3);
});

test("TerminalKeeper waits little again after a terminal that ran for long", async () => {
  const host = new FakeHost();
  const { clock } = keep(host);
  await clock.advance(10);
  host.end(1);
  await clock.advance(50_000);
  await clock.advance(400_000);
  host.end(1);
  await clock.advance(45_000 + 1_500 + 2_100);
  expect(host.started).toHaveLength(3);
});

test("TerminalKeeper lets LiveUpdate relaunch the terminal, from wherever, and starts none of its own", async () => {
  const host = new FakeHost();
  const { clock, log } = keep(host);
  await clock.advance(10);
  host.end(0);
  await clock.advance(7_000);
  host.appear("C:\\Users\\me\\AppData\\Roaming\\MetaQuotes\\terminal64.exe");
  await clock.advance(120_000);
  expect(host.started).toHaveLength(1);
  expect(log.lines.some((line) => line.includes("relaunched by its update"))).toBe(true);
  host.end(null);
  await clock.advance(10_000);
  expect(host.started).toHaveLength(2);
});

test("TerminalKeeper takes over a terminal of the same folder that runs already, whatever its letters' case", async () => {
  const host = new FakeHost();
  host.appear(exe.toUpperCase());
  const { clock } = keep(host);
  await clock.advance(60_000);
  expect(host.started).toEqual([]);
  expect(host.written).toEqual([]);
});

test("TerminalKeeper goes on when the terminal cannot be started, and leaves no password behind", async () => {
  const host = new FakeHost();
  host.failure = new Error("ENOENT");
  const { clock, log } = keep(host);
  await clock.advance(10_000);
  expect(host.files.size).toBe(0);
  expect(log.lines.filter((line) => line.includes("cannot be started")).length).toBeGreaterThan(1);
  expect(log.lines.join()).not.toContain(account.password);
  host.failure = undefined;
  await clock.advance(60_000);
  expect(host.started).toHaveLength(1);
});

test("startupIni is UTF-16 with a mark, and holds the credentials as they are", () => {
  const bytes = startupIni(account);
  expect([...bytes.slice(0, 2)]).toEqual([0xff, 0xfe]);
  expect(new TextDecoder("utf-16le").decode(bytes)).toBe(
    `[Common]\r\nLogin=123456\r\nPassword=${account.password}\r\nServer=YourBroker-Server\r\nKeepPrivate=1\r\n` +
      "[Experts]\r\nAllowLiveTrading=1\r\nAllowDllImport=1\r\nEnabled=1\r\nAccount=0\r\nProfile=0\r\n",
  );
});

test.each([
  [{ ...account, login: "12a" }, undefined],
  [{ ...account, password: "a\r\nLogin=1" }, undefined],
  [{ ...account, server: "a\u0000" }, undefined],
  [account, "EUR\nUSD"],
])("startupIni refuses values that would break the file, without quoting them", (broken, chart) => {
  expect(() => startupIni(broken, chart)).toThrow(/^Cannot use the (login|password|server|chart)/);
});

test.each([
  ["C:\\Program Files\\MetaTrader 5\\terminal64.exe", exe],
  ["C:/Program Files/MetaTrader 5/terminal64.exe", exe],
  ['"C:/Program Files/MetaTrader 5/terminal64.exe"', exe],
  ["C:\\Program Files\\MetaTrader 5\\", exe],
  ["C:/Program Files/MetaTrader 5", exe],
])("terminalPath reads %s", (path, expected) => {
  expect(terminalPath(path)).toBe(expected);
});

test("parseTerminals reads PowerShell's list in Base64: none, one, many, and a path that it may not tell", () => {
  const base64 = (text: string): string => `${Buffer.from(text, "utf8").toString("base64")}\r\n`;
  expect(parseTerminals(base64("[]"))).toEqual([]);
  expect(parseTerminals(base64('[{"ProcessId":7,"ExecutablePath":"C:\\\\Jürgen\\\\t.exe"}]'))).toEqual([
    { pid: 7, path: "C:\\Jürgen\\t.exe" },
  ]);
  expect(parseTerminals(base64('{"ProcessId":9,"ExecutablePath":"x"}'))).toEqual([{ pid: 9, path: "x" }]);
  expect(
    parseTerminals(
      base64('[{"ProcessId":7,"ExecutablePath":null},null,{"ProcessId":8,"ExecutablePath":"x"},{}]'),
    ),
  ).toEqual([
    { pid: 7, path: "" },
    { pid: 8, path: "x" },
  ]);
  expect(() => parseTerminals("no answer")).toThrow(SyntaxError);
});

test("parseSid takes the number behind any name, and nothing else", () => {
  expect(parseSid('"machine\\\\a, b","S-1-5-21-1-2-3-1001"\r\n')).toBe("S-1-5-21-1-2-3-1001");
  for (const text of ["", "machine\\user", '"S-1-5-18","x"'])
    expect(() => parseSid(text)).toThrow("names no user");
});

test("keepTerminal fails clearly where there is no MetaTrader", () => {
  expect(() =>
    keepTerminal(
      { ...account, path: exe },
      { folder: ".", log: testLog(), chart: undefined, platform: "linux" },
    ),
  ).toThrow(/Windows only/);
});
