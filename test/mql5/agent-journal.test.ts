import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/protocol/v1/messages.ts";
import { type RawClient, result } from "../kit/raw-client.ts";
import { AgentBench, answered, journalText } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

const market = JSON.stringify({
  kind: "market",
  symbol: "EURUSD",
  side: "buy",
  volume: 0.1,
  stopLoss: 0,
  takeProfit: 0,
  deviation: 10,
  magic: "0",
  comment: "",
  filling: "auto",
  tag: "comment",
});

let bench: AgentBench;

const told = (outcome: Outcome): string => (outcome.state === "refused" ? outcome.code : outcome.state);

async function alert(): Promise<string> {
  const found = await bench.program.message((one) => one.t === "alert");
  await bench.program.ended;
  return found.t === "alert" ? found.text : "";
}

/** The expert's handle stays on a file that is not the journal any more: what it appends there is not in the journal. */
async function disturb(): Promise<void> {
  await rename(bench.journalPath, `${bench.journalPath}.aside`);
  await writeFile(bench.journalPath, "");
}

async function peek(raw: RawClient, id: string): Promise<Outcome | null> {
  return result<{ outcome: Outcome | null }>(await raw.request("outcome", { id, peek: true })).outcome;
}

describe("the expert's journal", { timeout: 300_000 }, () => {
  beforeEach(async (context) => {
    requireHost(context);
    bench = await AgentBench.create();
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
  });

  it("refuses JOURNAL what it could not write, sends nothing of it, and takes the next command on a mended journal", async () => {
    await bench.start();
    const raw = await bench.live();
    await disturb();
    raw.sendCommand(raw.command("lost", market));
    expect(told(await bench.outcome(raw, "lost"))).toBe("JOURNAL");
    expect(bench.terminal.positions()).toEqual([]);
    raw.sendCommand(raw.command("kept", market));
    expect(told(await bench.outcome(raw, "kept"))).toBe("executed");
    await bench.stop();
    const names = (await bench.journal()).filter((one) => one.k === "command").map((one) => one.id);
    expect(names).toEqual(["kept"]);
  });

  it("takes no commands while the journal can neither be written nor replaced, and goes on when it can", async () => {
    await bench.start();
    const raw = await bench.live();
    await mkdir(`${bench.journalPath}.new`);
    await disturb();
    raw.sendCommand(raw.command("stuck", market));
    await bench.program.line("MT5Connector: the journal cannot be written; commands wait");
    raw.sendCommand(raw.command("next", market));
    expect(told(await bench.outcome(raw, "next"))).toBe("BUSY");
    const asked = await raw.request("outcome", { id: "never" });
    expect(!asked.reply.ok && asked.reply.error.code).toBe("JOURNAL");
    expect(bench.terminal.positions()).toEqual([]);
    await rm(`${bench.journalPath}.new`, { recursive: true });
    expect(told(await bench.outcome(raw, "stuck"))).toBe("JOURNAL");
    raw.sendCommand(raw.command("after", market));
    expect(told(await bench.outcome(raw, "after"))).toBe("executed");
    expect(bench.terminal.positions().length).toBe(1);
  });

  it("tells an outcome that cannot be written, and writes it as soon as that is possible", async () => {
    await bench.start();
    const raw = await bench.live();
    let arrived = 0;
    await mkdir(`${bench.journalPath}.new`);
    bench.tables.orderSendAsync = () => {
      arrived++;
      return { sent: true, requestId: 900, retcode: 10008, comment: "" };
    };
    raw.sendCommand(raw.command("told", market));
    await bench.until(() => arrived === 1, "the request");
    await disturb();
    bench.changed(answered(900, 10013));
    expect(told(await bench.outcome(raw, "told"))).toBe("rejected");
    await bench.program.line("MT5Connector: an outcome could not be written to the journal yet");
    await bench.program.line("MT5Connector: the journal cannot be written");
    await rm(`${bench.journalPath}.new`, { recursive: true });
    await bench.until(
      async () => (await bench.journal().catch(() => [])).some((one) => one.k === "outcome" && one.st === 2),
      "the outcome in the journal",
    );
  });

  it("keeps tombstones, acknowledgements and floors over restarts, and an id that is void is never executed", async () => {
    await bench.start();
    const raw = await bench.live();
    const asked = result<{ outcome: Outcome }>(await raw.request("outcome", { id: "dead" }));
    expect(asked.outcome.state).toBe("void");
    raw.sendCommand(raw.command("dead", market));
    expect(told(await bench.outcome(raw, "dead"))).toBe("VOID");
    raw.sendCommand(raw.command("good", market));
    expect(told(await bench.outcome(raw, "good"))).toBe("executed");
    result(await raw.request("outcome.ack", { ids: ["good", "dead", "nobody"] }));
    result(await raw.request("outcome.ack", { ids: ["good"] }));
    await bench.kill();
    await bench.start();
    const again = await bench.live("again");
    again.sendCommand(again.command("dead", market));
    expect(told(await bench.outcome(again, "dead"))).toBe("VOID");
    expect((await peek(again, "good"))?.state).toBe("executed");
  });

  it("drops what is older than the retention, raises its floor durably, and calls what lies below it unknown", async () => {
    const c = Buffer.from(bench.keys.client.publicKey).toString("hex");
    const week = 7 * 24 * 3_600_000;
    const entry = (id: string, t: number, i: number): readonly object[] => [
      { k: "command", c, id, in: "x", d: "d", e: 1_000, i, r: 0, t, u: 1_600_000_000_000, ev: {}, s: 0 },
      {
        k: "outcome",
        c,
        id,
        st: 2,
        s: 0,
        rc: 10013,
        or: "0",
        a: true,
        o: { id, digest: "d", state: "rejected" },
      },
    ];
    await bench.writeJournal([
      ...bench.journalHead({ lastMs: week + 500_000 }),
      ...entry("old", 0, 5),
      ...entry("older", 1, 7),
      ...entry("young", week + 400_000, 9),
      { k: "ack", c, id: "young" },
    ]);
    await bench.start();
    const raw = await bench.live();
    expect((await peek(raw, "old"))?.state).toBe("rejected");
    await bench.until(async () => (await peek(raw, "old")) === null, "the retention");
    expect(await peek(raw, "older")).toBe(null);
    expect((await peek(raw, "young"))?.state).toBe("rejected");
    const below = await raw.request("outcome", { id: "old", epoch: 1_000, issuedAt: 7 });
    expect(result<{ outcome: Outcome }>(below).outcome).toMatchObject({ state: "unknown", retcode: 0 });
    raw.sendCommand(raw.command("old", market, { epoch: 1_000, issuedAt: 5 }));
    expect(told(await bench.outcome(raw, "old"))).toBe("EXPIRED_ID");
    await bench.stop();
    const floor = (await bench.journal()).findLast((one) => one.k === "floor");
    expect(floor).toMatchObject({ e: 1_000, i: 8 });
    await bench.start();
    const later = await bench.raw("later");
    expect((await later.hello()).journalSinceUtcMs).toBe(1_600_000_000_000);
  });

  it("compacts a journal that has grown, and says the same afterwards", async () => {
    const c = Buffer.from(bench.keys.client.publicKey).toString("hex");
    const acks = Array.from({ length: 45_000 }, (_, i) => ({ k: "ack", c, id: `nobody-${i}` }));
    await bench.writeJournal([...bench.journalHead(), ...acks]);
    const before = (await readFile(bench.journalPath)).length;
    expect(before).toBeGreaterThan(4_194_304);
    await bench.start();
    const raw = await bench.live();
    expect(result<{ outcome: Outcome }>(await raw.request("outcome", { id: "x" })).outcome.state).toBe(
      "void",
    );
    expect((await readFile(bench.journalPath)).length).toBeLessThan(10_000);
    await bench.stop();
    await bench.start();
    expect((await peek(await bench.live("again"), "x"))?.state).toBe("void");
  });

  it.each([
    ["of another account", [{ k: "journal", v: 1, login: "9", server: "elsewhere" }], "belongs to account 9"],
    ["of another version", [{ k: "journal", v: 2, login: "9", server: "x" }], "written by another version"],
    ["with a record that it does not know", [{ k: "riddle" }], "written by another version"],
    ["with a record that is no object", [[1]], "written by another version"],
  ])("does not start on a journal %s, and says so", async (_title, records, remedy) => {
    await bench.writeJournal(records);
    await bench.start({ serves: false });
    expect(await alert()).toContain(remedy);
  });

  it.each([
    ["text that is no journal", "hello\nworld\n"],
    ["a checksum that is wrong", journalText(['{"k":"riddle"}']).replace(/^./, "x")],
    ["a line without its parts", "00000000 abcdefg\n"],
  ])("does not start on %s", async (_title, text) => {
    await writeFile(bench.journalPath, text);
    await bench.start({ serves: false });
    expect(await alert()).toContain("damaged in what was durable");
  });

  it("does not start when the journal is gone and its replacement is damaged", async () => {
    await writeFile(`${bench.journalPath}.new`, "half");
    await bench.start({ serves: false });
    expect(await alert()).toContain("its replacement is damaged");
  });

  it("does not start where the journal cannot be opened, or a torn end cannot be cut off", async () => {
    await mkdir(bench.journalPath);
    await bench.start({ serves: false });
    expect(await alert()).toContain("MT5Connector cannot start");
    await rm(bench.journalPath, { recursive: true });
    await bench.writeJournal(bench.journalHead());
    const whole = await readFile(bench.journalPath, "utf8");
    await writeFile(bench.journalPath, `${whole}torn`);
    await mkdir(`${bench.journalPath}.new`);
    await bench.start({ serves: false });
    expect(await alert()).toContain("torn end");
  });
});
