import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Binary, compileProgram, mqlRoot } from "../../build/mql5/compile.ts";
import { nodeCrypto } from "../../src/adapters/node-crypto.ts";
import { encodeKey } from "../../src/security/keys.ts";
import { alwaysOpen, SimulatedTerminal, symbolSpec } from "../../src/simulator/broker/mod.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { TerminalFeed } from "./kit/feed.ts";
import { defaultFlavour, requireHost } from "./kit/peers.ts";
import { Program, type ProgramOptions } from "./kit/program.ts";

const expert = join(mqlRoot, "Experts", "MT5Connector", "MT5Connector.mq5");
const secret = encodeKey(nodeCrypto.keyAgreement.generateKeyPair().secretKey);
const client = encodeKey(nodeCrypto.keyAgreement.generateKeyPair().publicKey);
const good: string = `[agent]\ncommand_port=0\nevents_port=0\nsync_port=0\nsecret_key=${secret}\n[client]\nkey=${client}\n`;

describe("the MT5Connector expert", { timeout: 300_000 }, () => {
  const open: (() => Promise<unknown>)[] = [];
  let binary: Binary | undefined;
  let files = "";
  let terminal: SimulatedTerminal;

  beforeEach(async (context) => {
    requireHost(context);
    files = await mkdtemp(join(tmpdir(), "mt5c-agent-"));
    await mkdir(join(files, "Files"), { recursive: true });
    terminal = new SimulatedTerminal({
      clock: systemClock,
      symbols: [symbolSpec("EURUSD", { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen })],
      account: { balance: 10_000 },
      latencyMs: 5,
    });
  });

  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
    terminal.dispose();
    await rm(files, { recursive: true, force: true });
  });

  async function start(
    settings: string | Uint8Array | undefined,
    options: ProgramOptions = {},
  ): Promise<Program> {
    if (settings !== undefined) await writeFile(join(files, "Files", "mt5-connector.ini"), settings);
    binary ??= await compileProgram(expert, defaultFlavour);
    const program = new Program(binary, { files, ...options });
    const feed = new TerminalFeed(program, terminal);
    open.push(async () => {
      feed.stop();
      await program[Symbol.asyncDispose]();
    });
    return program;
  }

  async function alert(program: Program): Promise<string> {
    const said = await program.message((one) => one.t === "alert");
    return said.t === "alert" ? said.text : "";
  }

  async function journal(): Promise<string> {
    const folder = join(files, "Files", "MT5Connector");
    const name = (await readdir(folder)).find((one) => one.endsWith(".log"));
    return join(folder, name ?? "missing");
  }

  async function epoch(program: Program): Promise<number> {
    return Number((await program.line("MT5Connector serves ")).split(" ").at(-1));
  }

  it.each([
    ["without a settings file", undefined, "create it in MQL5\\Files"],
    ["without a secret key", `[agent]\n[client]\nkey=${client}\n`, "secret_key is missing"],
    ["without a client", `[agent]\nsecret_key=${secret}\n`, "there is no [client]"],
    ["with a key that is none", `[agent]\nsecret_key=abc\n`, "line 2: secret_key must be a key of 32 bytes"],
    ["with a port that is none", `[agent]\nsync_port=70000\n`, "line 2: sync_port must be a whole number"],
    ["with a setting that is unknown", `[agent]\ncolour=red\n`, "line 2: unknown setting"],
    ["with an empty settings file", "", "empty, too large or not UTF-8"],
    ["with a file that is not UTF-8", Buffer.from([0xff, 0xfe, 0x5b, 0x00]), "empty, too large or not UTF-8"],
    ["with a line that says nothing", "[agent]\nhello\n", "line 2: neither a section nor name=value"],
    [
      "with a limit that is none",
      "[agent]\nmax_volume_lots=much\n",
      "line 2: max_volume_lots must be a number",
    ],
    ["with a role that is none", `${good}role=boss\n`, "role must be trade or read"],
    ["with a client's setting that is unknown", `${good}colour=red\n`, "unknown setting of [client]"],
    [
      "with a client's key that is none",
      "[client]\nkey=abc\n",
      "line 2: key must be a public key of 32 bytes",
    ],
    ["with a client without a key", `${good}[client]\nname=x\n`, "a [client] has no key"],
    ["with too many clients", "[client]\n".repeat(65), "line 65: too many clients"],
    [
      "with a host that is no address",
      good.replace("[agent]", "[agent]\nhost=localhost"),
      "host must be an address",
    ],
    [
      "with a number that is none",
      "[agent]\nslice_ms=1.5\n",
      "line 2: slice_ms must be a whole number from 1 to 100",
    ],
    [
      "with a limit of two points",
      "[agent]\nmax_volume_lots=1.0.5\n",
      "line 2: max_volume_lots must be a number",
    ],
    ["with a client listed twice", `${good}[client]\nkey=${client}\n`, "this client is listed twice"],
  ])("does not start %s, says what to do, and prints no secret", async (_title, settings, remedy) => {
    const program = await start(settings);
    expect(await alert(program)).toContain(remedy);
    expect((await program.ended).code).toBe(1);
    expect(JSON.stringify(program.messages)).not.toContain(secret);
  });

  it("takes every setting, keys in base64, Z85 and hex, comments, and a byte order mark", async () => {
    const key = (): Uint8Array => nodeCrypto.keyAgreement.generateKeyPair().publicKey;
    const program = await start(
      [
        "\ufeff[agent]\r",
        "; a comment",
        "# another",
        `secret_key = ${secret.replace(/=$/, "")} `,
        ...["host=127.0.0.1", "command_port=0", "events_port=0", "sync_port=0", "broker_zone=", "id=mine"],
        ...["max_volume_lots=1.5", "commands_per_second=10", "requests_per_second=10"],
        ...["journal_max_entries=2000", "journal_retention_hours=24", "timer_ms=5", "slice_ms=5"],
        ...["", "[client]", "name=a", `key=${encodeKey(key(), "z85")}`, "role=read"],
        ...["[client]", "name=b", `key=${encodeKey(key(), "hex")}`, "role=trade"],
        ...["[client]", `key=${client}`],
      ].join("\n"),
    );
    await program.line("MT5Connector serves ");
  });

  it("says which port is taken, and lets go of the others", async () => {
    const first = await start(good);
    const port = (await first.line("MT5Connector serves ")).split(" ")[2];
    await mkdir(join(files, "other", "Files"), { recursive: true });
    await writeFile(
      join(files, "other", "Files", "mt5-connector.ini"),
      good.replace("command_port=0", `command_port=${port}`),
    );
    const second = await start(undefined, { files: join(files, "other") });
    expect(await alert(second)).toContain(`port ${port} of 127.0.0.1 cannot be opened`);
  });

  it("does not start where DLL imports are off, and says where to allow them", async () => {
    const program = await start(good, { dllsAllowed: false });
    expect(await alert(program)).toContain("allow them in the expert's properties");
    expect((await program.ended).code).toBe(1);
  });

  it("waits for the terminal's connection before it binds", async () => {
    terminal.setConnected(false);
    const program = await start(good);
    await program.line("MT5Connector waits: The terminal is not connected");
    expect(program.printed.some((line) => line.startsWith("MT5Connector serves"))).toBe(false);
  });

  it("keeps epoch and sockets through a change of the chart", async () => {
    const program = await start(good);
    await program.line("MT5Connector serves ");
    program.send({ t: "deinit", v: 3 });
    await program.message((one) => one.t === "deinit" && one.code === 3);
    await program.message(() => program.messages.filter((one) => one.t === "init").length === 2);
    await program.stop();
    expect(program.printed.filter((line) => line.startsWith("MT5Connector serves"))).toHaveLength(1);
  });

  it("begins anew, with a new epoch, when its inputs change", async () => {
    const program = await start(good);
    const one = await epoch(program);
    program.send({ t: "deinit", v: 5 });
    await program.message(() => program.printed.filter((line) => line.includes("serves")).length === 2);
    const two = Number(
      program.printed
        .findLast((line) => line.includes("serves"))
        ?.split(" ")
        .at(-1),
    );
    expect(two).toBeGreaterThan(one);
  });

  it("refuses a journal that another agent holds", async () => {
    const first = await start(good);
    await epoch(first);
    const second = await start(good);
    expect(await alert(second)).toContain("another agent holds the journal");
  });

  it("raises the epoch at each start, and ignores a torn end that it cuts off before it writes", async () => {
    const first = await start(good);
    const one = await epoch(first);
    await first.stop();
    const path = await journal();
    await appendFile(path, '1a2b3c4d 4 4 {"k":"comm');
    const second = await start(good);
    expect(await epoch(second)).toBeGreaterThan(one);
    await second.stop();
    const after = await readFile(path, "latin1");
    expect(after).not.toContain("1a2b3c4d");
    expect(after.endsWith("\n")).toBe(true);
    const third = await start(good);
    expect(await epoch(third)).toBeGreaterThan(one + 1);
  });

  it("does not start on a journal whose durable records are damaged", async () => {
    const first = await start(good);
    await epoch(first);
    await first.stop();
    const path = await journal();
    const bytes = await readFile(path);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const second = await start(good);
    expect(await alert(second)).toContain("damaged in what was durable");
  });

  it("starts on the replacement if it was killed between two steps of replacing its journal", async () => {
    const first = await start(good);
    const one = await epoch(first);
    await first.stop();
    const path = await journal();
    await writeFile(`${path}.new`, await readFile(path));
    await rm(path);
    const second = await start(good);
    expect(await epoch(second)).toBeGreaterThan(one);
  });
});
