import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { compileProgram } from "../../build/mql5/compile.ts";
import { defaultFlavour, requireHost } from "./kit/peers.ts";
import { Program, type ProgramOptions } from "./kit/program.ts";

const here = dirname(fileURLToPath(import.meta.url));
const experts = join(here, "experts");

async function start(mode: string, options: ProgramOptions = {}): Promise<Program> {
  const binary = await compileProgram(join(experts, "HostProbe.mq5"), defaultFlavour);
  return new Program(binary, { ...options, inputs: { InpMode: mode, ...options.inputs } });
}

const ready = (program: Program): Promise<unknown> => program.message((one) => one.t === "init");

const eurusd = { name: "EURUSD", digits: 5, filling: ["fok", "ioc"], selected: true };

function tick(timeBrokerMs: number, bid = 1.1): readonly number[] {
  return [timeBrokerMs, bid, bid + 0.0001, 0, 0, 0, 6];
}

describe("the MQL5 host", { timeout: 120_000 }, () => {
  beforeEach((context) => {
    requireHost(context);
  });

  it("ends a program at an index outside its array, without OnDeinit, as the terminal does", async () => {
    await using program = await start("bounds");
    expect(await program.ended).toEqual({ code: 70, signal: null });
    expect(program.messages.at(-1)).toEqual({ t: "critical", text: "array out of range: index 3, size 1" });
    expect(program.printed.some((line) => line.startsWith("deinit"))).toBe(false);
  });

  it("ends a program at a division by zero", async () => {
    await using program = await start("divide");
    expect(await program.ended).toEqual({ code: 70, signal: null });
    expect(program.messages.at(-1)).toEqual({ t: "critical", text: "zero divide" });
  });

  it("fills memory that nobody wrote with rubbish: locals, globals, members, new elements", async () => {
    await using program = await start("poison");
    const poison = await program.line("fixed");
    const [, fixed, , grown, , object, , global] = poison.split(" ");
    expect([fixed, grown, object, global].every((value) => value !== "0")).toBe(true);
    expect(grown).toBe("205");
    expect(await program.line("regrown")).toBe("regrown 7205");
    await program.stop();
  });

  it("takes inputs from outside and keeps their defaults otherwise", async () => {
    await using program = await start("", { inputs: { InpNumber: -7, InpFlag: true } });
    expect(await program.line("init")).toBe("init 1 ticks 0 number -7 flag true ratio 0.50");
    await program.stop();
  });

  it("calls OnDeinit with INITFAILED and ends when OnInit refuses", async () => {
    await using program = await start("refuse");
    expect((await program.ended).code).toBe(1);
    expect(await program.line("deinit")).toContain("deinit 8 ");
  });

  it("keeps files in the sandbox, shuts others out, and has on disk what was flushed, even after a crash", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mql5-host-"));
    try {
      await using program = await start("files", { files: folder });
      await program.line("files done");
      expect(program.printed.filter((line) => line.startsWith("FAILED"))).toEqual([]);
      await program.kill();
      expect([...(await readFile(join(folder, "Files", "folder", "journal.bin")))]).toEqual([1, 2, 3]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("answers getters from its copy of the tables", async () => {
    const records = [
      {
        t: "account",
        v: { login: "8812345678901", currency: "EUR", balance: 1000.5, marginMode: "hedging" },
      },
      { t: "symbols", v: [eurusd] },
      {
        t: "ticks",
        symbol: "EURUSD",
        v: [tick(1_700_000_000_000), tick(1_700_000_000_001), tick(1_700_000_000_001, 1.2)],
      },
      {
        t: "positions",
        v: [{ ticket: "18446744073709551615", symbol: "EURUSD", side: "sell", volume: 0.25 }],
      },
    ];
    await using idle = await start("getters");
    await ready(idle);
    for (const record of records) idle.send(record);
    idle.send({ t: "deinit", v: 3 });
    await idle.message((one) => one.t === "print" && one.text.startsWith("init 2"));
    await idle.message((one) => one.t === "print" && one.text.startsWith("position "));
    const lines = idle.printed;
    expect(lines).toContain("account 8812345678901 EUR 1000.50");
    expect(lines).toContain("margin mode ACCOUNT_MARGIN_MODE_RETAIL_HEDGING");
    expect(lines).toContain("symbol 5 3 true 1.20000");
    expect(lines).toContain("ticks 2");
    expect(lines).toContain("position 18446744073709551615 EURUSD POSITION_TYPE_SELL 0.25");
    await idle.stop();
  });

  it("sends requests and loads history over the pipe, exactly as the program filled them", async () => {
    await using program = await start("trade");
    const calls: [string, unknown][] = [];
    program.answer((name, value) => {
      calls.push([name, value]);
      if (name === "orderSendAsync") return { sent: true, requestId: 7, retcode: 0, comment: "" };
      return { orders: [], deals: [{ ticket: "9", entry: "inOut", profit: -1.25 }] };
    });
    await ready(program);
    program.send({ t: "symbols", v: [eurusd] });
    program.send({ t: "ticks", symbol: "EURUSD", v: [tick(1)] });
    await program.line("trade done");
    expect(calls).toEqual([
      [
        "orderSendAsync",
        {
          action: "deal",
          symbol: "EURUSD",
          kind: "sell",
          volume: 0.1,
          filling: "ioc",
          timeInForce: "gtc",
          magic: "18446744073709551615",
          comment: "probe",
        },
      ],
      ["historySelect", { fromBrokerMs: 0, toBrokerMs: 2_000_000_000_999 }],
    ]);
    expect(program.printed).toContain("async true 10008 7");
    expect(program.printed).toContain("deal 9 DEAL_ENTRY_INOUT -1.25");
    await program.stop();
  });

  it("drops ticks while one is handled, and all but the newest 1,024 transactions", async () => {
    await using program = await start("slow");
    await ready(program);
    program.send({ t: "symbols", v: [eurusd] });
    program.send({ t: "ticks", symbol: "EURUSD", v: [tick(1)] });
    await program.line("busy");
    for (let i = 0; i < 5; i++) program.send({ t: "ticks", symbol: "EURUSD", v: [tick(2 + i)] });
    for (let i = 1; i <= 3_000; i++)
      program.send({ t: "transaction", v: { type: "orderUpdate", order: String(i) } });
    program.send({
      t: "transaction",
      v: {
        type: "request",
        order: "3001",
        request: { action: "deal", magic: "18446744073709551615" },
        result: { retcode: 10_009, requestId: 4 },
      },
    });
    program.send({ t: "positions", v: [{ ticket: "1" }] });
    expect(await program.line("request")).toBe("request 4 18446744073709551615 1024 1978 3001");
    await program.stop();
    expect(program.printed.filter((line) => line.startsWith("tick "))).toEqual(["tick 1"]);
  });

  it("gives timer events no faster than the granularity, and drops those that came due meanwhile", async () => {
    await using program = await start("timer", { timerGranularityMs: 50 });
    const at = async (index: number): Promise<number> =>
      Number((await program.line(`timer ${index} `)).split(" ")[2]);
    const [set, first, second, third] = [await at(0), await at(1), await at(2), await at(3)];
    // The first one takes 100 ms: what comes due at 100 and 150 is lost, the next is due at 200.
    expect(first - set).toBeGreaterThanOrEqual(50);
    expect(second - set).toBeGreaterThanOrEqual(200);
    expect(third - set).toBeGreaterThanOrEqual(250);
    await program.stop();
  });

  it("keeps globals over a change of the chart and starts afresh otherwise", async () => {
    await using program = await start("");
    await ready(program);
    program.send({ t: "symbols", v: [eurusd] });
    program.send({ t: "ticks", symbol: "EURUSD", v: [tick(1)] });
    await program.line("tick 1");
    program.send({ t: "deinit", v: 3 });
    expect(await program.line("init 2")).toContain("init 2 ticks 1 ");
    expect(await program.line("deinit 3")).toContain("ticks 1 transactions 0 stopped true");
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it("stops a program that declares a DLL function otherwise than it is, or one that the DLL lacks", async () => {
    const messages: string[] = [];
    for (const name of ["WrongImport.mq5", "MissingImport.mq5"]) {
      const binary = await compileProgram(join(here, "fixtures", "host", name), "plain");
      await using program = new Program(binary);
      expect((await program.ended).code).toBe(70);
      const last = program.messages.at(-1);
      messages.push(last?.t === "critical" ? last.text : "");
    }
    expect(messages).toEqual([
      "import socket is declared int(int,int,int), but is ulong(int,int,int)",
      "cannot find 'NoSuchFunction' in 'ws2_32.dll'",
    ]);
  });

  it("stops a program at its first DLL call when those are not allowed", async () => {
    const binary = await compileProgram(join(here, "fixtures", "host", "Random.mq5"), "plain");
    await using program = new Program(binary, { dllsAllowed: false });
    expect((await program.ended).code).toBe(70);
    expect(program.messages).toEqual([
      { t: "print", text: "started" },
      { t: "critical", text: "DLL calls are not allowed: bcrypt.dll BCryptGenRandom" },
    ]);
  });
});
