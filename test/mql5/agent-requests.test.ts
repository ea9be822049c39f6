import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeBody } from "../../src/protocol/v1/codec.ts";
import type {
  ChallengeResult,
  Outcome,
  SnapshotResult,
  SymbolsResult,
} from "../../src/protocol/v1/messages.ts";
import { type RawClient, refusal, result } from "../kit/raw-client.ts";
import { AgentBench, type BenchOptions } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

const open: AgentBench[] = [];

async function serving(options: BenchOptions = {}): Promise<AgentBench> {
  const bench = await AgentBench.serving(options);
  open.push(bench);
  return bench;
}

/** Waits for a line of the expert's log that holds a text. */
async function said(bench: AgentBench, text: string): Promise<string> {
  const found = await bench.program.message((one) => one.t === "print" && one.text.includes(text));
  return found.t === "print" ? found.text : "";
}

async function code(raw: RawClient, op: string, args: object = {}): Promise<string> {
  return refusal(await raw.request(op, args));
}

describe("the expert's sync channel", { timeout: 300_000 }, () => {
  beforeEach((context) => {
    requireHost(context);
  });
  afterEach(async () => {
    for (const bench of open.splice(0)) await bench[Symbol.asyncDispose]();
  });

  it("refuses arguments that are missing or wrong as BAD_REQUEST, operations that it lacks as NOT_SUPPORTED, others as UNKNOWN_OP", async () => {
    const raw = await (await serving()).live();
    const wrong: readonly (readonly [string, object])[] = [
      ["barrier", { token: "with space" }],
      ["challenge", {}],
      ["hello", { challenge: "x" }],
      ["tick", {}],
      ["ledger.since", { epoch: 1 }],
      ["ledger.since", { epoch: 1, seq: -1 }],
      ["subscribe", {}],
      ["subscribe", { symbols: [] }],
      ["subscribe", { symbols: "EURUSD" }],
      ["subscribe", { symbols: [7] }],
      ["unsubscribe", { symbols: ["\u0001"] }],
      ["outcome", {}],
      ["outcome", { id: "a", peek: 1 }],
      ["outcome", { id: "a", epoch: 0 }],
      ["outcome", { id: "a", issuedAt: -1 }],
      ["outcome.ack", {}],
      ["outcome.ack", { ids: ["a b"] }],
      ["outcome.ack", { ids: Array.from({ length: 257 }, (_, i) => `i${i}`) }],
      ["positions", { cursor: 5 }],
      ["positions", { cursor: "a b" }],
      ["symbols", { names: [""] }],
      ["snapshot", { since: { brokerMs: 1 } }],
      ["snapshot", { since: { brokerMs: -1, orders: [] } }],
    ];
    for (const [op, args] of wrong)
      expect([op, args, await code(raw, op, args)]).toEqual([op, args, "BAD_REQUEST"]);
    for (const op of [
      "order.check",
      "calc.margin",
      "calc.profit",
      "calendar",
      "depth.subscribe",
      "depth.unsubscribe",
    ])
      expect([op, await code(raw, op)]).toEqual([op, "NOT_SUPPORTED"]);
    expect(await code(raw, "positionz")).toBe("UNKNOWN_OP");
    expect(await code(raw, "positions", { cursor: "gone.5" })).toBe("BAD_CURSOR");
    expect(await code(raw, "positions", { cursor: "gone" })).toBe("BAD_CURSOR");
    expect(await code(raw, "positions", { symbol: "NONE" })).toBe("UNKNOWN_SYMBOL");
    expect(await code(raw, "symbols", { names: ["NONE"] })).toBe("UNKNOWN_SYMBOL");
    expect(await code(raw, "tick", { symbol: "NONE" })).toBe("UNKNOWN_SYMBOL");
    expect(await code(raw, "subscribe", { symbols: ["EURUSD", "NONE"] })).toBe("UNKNOWN_SYMBOL");
  });

  it("refuses bodies that are no requests, and counts each refusal under its code in the log", async () => {
    const bench = await serving();
    const raw = await bench.live();
    const send = async (body: object): Promise<string> => refusal(await raw.sendSync("", encodeBody(body)));
    expect(await send({ v: 2, op: "ping" })).toBe("REVISION");
    expect(await send({ v: 1, op: "ping" })).toBe("BAD_REQUEST");
    const text = new TextEncoder().encode("[1");
    expect(refusal(await raw.sendSync("", text))).toBe("BAD_REQUEST");
    const answered = new Promise((resolve) => {
      raw.sendSync("", new TextEncoder().encode("[]")).then(resolve, resolve);
    });
    await answered;
    const rid = "again";
    expect(refusal(await raw.sendSync(rid, encodeBody({ v: 1, op: "ping", rid, session: 5 })))).toBe(
      "BAD_REQUEST",
    );
    raw.syncCounter += 3;
    result(await raw.request("ping"));
    await bench.stop();
    const line = await said(bench, "refused since its start");
    expect(line).toContain("BAD_REQUEST 4");
    expect(line).toContain("REVISION 1");
    expect(line).toContain("lost requests 3");
  });

  it("refuses commands by code in the log, too: BAD_REQUEST, MAC", async () => {
    const bench = await serving();
    const raw = await bench.live();
    raw.channel("command").send([new Uint8Array(3)]);
    raw.channel("command").send([new TextEncoder().encode("{]"), new Uint8Array(32)]);
    raw.sendCommand(raw.command("m-1", "{}"), true);
    raw.sendCommand({ v: 1, op: "trade" });
    const command = raw.command("m-2", "{}", { n: 1 });
    raw.sendCommand(command);
    await bench.outcome(raw, "m-2");
    await bench.stop();
    const line = await said(bench, "refused since its start");
    expect(line).toContain("MAC 1");
    expect(line).toContain("BAD_REQUEST");
  });

  it("limits the requests of a client: RATE_LIMITED, and serves again a little later", async () => {
    const bench = await serving({ settings: ["requests_per_second=20"] });
    const raw = await bench.live();
    const replies = await Promise.all(Array.from({ length: 60 }, () => raw.request("ping")));
    expect(replies.some(({ reply }) => !reply.ok && reply.error.code === "RATE_LIMITED")).toBe(true);
    await bench.until(async () => (await raw.request("ping")).reply.ok, "a ping");
  });

  it("gives long results page by page of one frozen state; two results a session, then BAD_CURSOR", async () => {
    const symbols = Array.from({ length: 1_500 }, (_, i) => `PAIR${String(i).padStart(4, "0")}`);
    const bench = await serving({ symbols: ["EURUSD", ...symbols] });
    const raw = await bench.live();
    const names: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = result<SymbolsResult & { more: string | null }>(
        await raw.request("symbols", cursor === undefined ? {} : { cursor }),
      );
      names.push(...page.symbols.map((one) => one.name));
      cursor = page.more ?? undefined;
      pages++;
    } while (cursor !== undefined);
    expect(pages).toBeGreaterThan(1);
    expect(names).toEqual(["EURUSD", ...symbols]);
    const more = async (): Promise<string> =>
      result<{ more: string | null }>(await raw.request("symbols")).more ?? "";
    const [first, second, third] = [await more(), await more(), await more()];
    expect(await code(raw, "symbols", { cursor: first })).toBe("BAD_CURSOR");
    expect(await code(raw, "orders", { cursor: third })).toBe("BAD_CURSOR");
    expect(await code(raw, "symbols", { cursor: `${third.split(".")[0]}.99999` })).toBe("BAD_CURSOR");
    expect(await code(raw, "symbols", { cursor: `${third.split(".")[0]}.x` })).toBe("BAD_CURSOR");
    for (const good of [second, third]) result(await raw.request("symbols", { cursor: good }));
    const other = await bench.live("raw-2");
    expect(await code(other, "symbols", { cursor: third })).toBe("BAD_CURSOR");
    result(await raw.request("bye"));
    expect(await code(raw, "symbols", { cursor: third })).toBe("NO_SESSION");
    // A client has 16 sessions at most; one of its own stands already.
    const many: RawClient[] = [];
    for (let i = 0; i < 16; i++) {
      const one = await bench.raw(`many-${i}`);
      many.push(one);
      if (i < 15) await one.hello();
      else expect(await one.hello().catch(String)).toContain("SESSIONS");
    }
    // A second hello of the same instance ends the earlier session.
    const again = await bench.raw("many-0");
    await again.hello();
    expect(await code(many[0] ?? raw, "ping")).toBe("NO_SESSION");
  });

  it("names symbols that differ by case or suffix, and bounds subscriptions", async () => {
    const symbols = [
      "EURUSD",
      "EURUSDm",
      "eurusd",
      "XAU",
      ...Array.from({ length: 1_100 }, (_, i) => `S${i}`),
    ];
    const bench = await serving({ symbols });
    const raw = await bench.live();
    const { reply } = await raw.request("tick", { symbol: "EURUSD.r" });
    expect(!reply.ok && reply.error.candidates).toEqual(["EURUSD", "eurusd"]);
    const many = symbols.slice(4, 4 + 1_024);
    result(await raw.request("subscribe", { symbols: many }));
    expect(await code(raw, "subscribe", { symbols: ["EURUSD"] })).toBe("BAD_REQUEST");
    result(await raw.request("subscribe", { symbols: [many[0], many[0]] }));
    result(await raw.request("unsubscribe", { symbols: [...many.slice(0, 10), "NONE"] }));
    result(await raw.request("subscribe", { symbols: ["EURUSD", "XAU"] }));
    const quiet = await raw.request("tick", { symbol: "XAU" });
    expect(quiet.reply.ok && quiet.bulk).toBe(undefined);
    expect(await code(raw, "subscribe", { symbols: symbols.slice(0, 1_025) })).toBe("BAD_REQUEST");
  });

  it("says NOT_READY while the terminal is not connected or shows another account, and comes back", async () => {
    const bench = await serving();
    const raw = await bench.live();
    bench.terminal.setConnected(false);
    bench.refresh();
    await bench.program.synced();
    expect(await code(raw, "snapshot")).toBe("NOT_READY");
    expect(await code(raw, "challenge", { instance: "x" })).toBe("NOT_READY");
    result(await raw.request("ping"));
    bench.terminal.setConnected(true);
    bench.refresh();
    const account = bench.terminal.account();
    for (const login of ["77", "0"]) {
      bench.program.send({ t: "account", v: { ...account, login } });
      await bench.program.synced();
      expect(await code(raw, "snapshot")).toBe("NOT_READY");
    }
    bench.program.send({ t: "account", v: account });
    await bench.program.synced();
    result<SnapshotResult>(await raw.request("snapshot"));
  });

  it("keeps 16 challenges of a client, the newest of an instance, each for its instance only", async () => {
    const raw = await (await serving()).raw();
    const challenge = async (instance: string): Promise<string> =>
      result<ChallengeResult>(await raw.request("challenge", { instance })).challenge;
    const hello = (one: string, instance: string, name = "t"): Promise<string> =>
      raw
        .request("hello", { challenge: one, instance, role: "read", name, version: "0" })
        .then(({ reply }) => (reply.ok ? "ok" : reply.error.code));
    const first = await challenge("a-0");
    const other = await challenge("other");
    expect(await hello(other, "another")).toBe("CHALLENGE");
    for (let i = 1; i <= 16; i++) await challenge(`a-${i}`);
    expect(await hello(first, "a-0")).toBe("CHALLENGE");
    const old = await challenge("b");
    const fresh = await challenge("b");
    expect(await hello(old, "b")).toBe("CHALLENGE");
    expect(await hello(fresh, "b", "\ud83d\ude00 name")).toBe("ok");
    expect(await hello(fresh, "b", "\u0007")).toBe("BAD_REQUEST");
    expect(await hello(fresh, "b", "x".repeat(129))).toBe("BAD_REQUEST");
  });

  it("gives the ledger part by part, and LEDGER_GONE for another epoch, the future and what has left the ring", async () => {
    const bench = await serving();
    const raw = await bench.live();
    // Refusals for good are events of the ledger that cost the broker nothing.
    const count = 3_000;
    for (let i = 0; i < count; i++) raw.sendCommand(raw.command(`l-${i}-${"x".repeat(50)}`, "{}"));
    await bench.until(() => raw.ledger.length >= count, "the refusals");
    const seqs: number[] = [];
    let complete = false;
    while (!complete) {
      const part = result<{ events: { seq: number }[]; complete: boolean }>(
        await raw.request("ledger.since", { epoch: raw.epoch, seq: seqs.at(-1) ?? 0 }),
      );
      seqs.push(...part.events.map((event) => event.seq));
      complete = part.complete;
    }
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => i + 1));
    expect(await code(raw, "ledger.since", { epoch: raw.epoch, seq: seqs.length + 1 })).toBe("LEDGER_GONE");
    expect(await code(raw, "ledger.since", { epoch: raw.epoch + 1, seq: 0 })).toBe("LEDGER_GONE");
  });

  it("lists unacknowledged outcomes of an earlier run in pages, and forgets those that are acknowledged", async () => {
    const bench = await AgentBench.create();
    open.push(bench);
    const c = Buffer.from(bench.keys.client.publicKey).toString("hex");
    const count = 1_500;
    const records = Array.from({ length: count }, (_, i) => {
      const id = `o-${i}`;
      const o = { id, digest: "d", state: "executed", comment: "x".repeat(400), retcode: 10009 };
      return [
        { k: "command", c, id, in: "dead", d: "d", e: 1_000, i, r: i, t: i, u: i, ev: {}, s: 0 },
        { k: "outcome", c, id, st: 1, s: 0, rc: 10009, or: "0", o },
      ];
    }).flat();
    await bench.writeJournal([...bench.journalHead(), ...records]);
    await bench.start();
    const raw = await bench.raw();
    const hello = await raw.hello();
    expect(hello.outcomes.length).toBe(256);
    expect(hello.moreOutcomes).toBe(true);
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const args: object = cursor === null ? {} : { cursor };
      const page: { outcomes: Outcome[]; more: string | null } = result(await raw.request("outcomes", args));
      ids.push(...page.outcomes.map((outcome) => outcome.id));
      cursor = page.more;
    } while (cursor !== null);
    expect(ids).toEqual(Array.from({ length: count }, (_, i) => `o-${i}`));
    for (let at = 0; at < count; at += 250)
      result(await raw.request("outcome.ack", { ids: ids.slice(at, at + 250) }));
    expect(result<{ outcomes: Outcome[] }>(await raw.request("outcomes")).outcomes).toEqual([]);
    // An acknowledgement is written within a second, and by an orderly end.
    await bench.stop();
    await bench.start();
    const after = await bench.raw();
    expect((await after.hello()).outcomes).toEqual([]);
    const old = result<{ outcome: Outcome }>(await after.request("outcome", { id: "o-3" }));
    expect(old.outcome.state).toBe("executed");
    const below = await after.request("outcome", { id: "never", epoch: 1, issuedAt: 0 });
    expect(result<{ outcome: Outcome }>(below).outcome.state).toBe("void");
  });
});
