import { afterEach, describe, expect, it } from "vitest";
import { encodeBody } from "../../../../src/protocol/v1/codec.ts";
import type { Outcome } from "../../../../src/protocol/v1/messages.ts";
import { MemoryJournalStore } from "../../../../src/simulator/agent/memory-journal.ts";
import { clientHex, digestOf, Rig, type RigOptions, type TestClient } from "./rig.ts";

let rig: Rig;
afterEach(() => rig?.agent.kill());

async function begin(options: RigOptions = {}): Promise<TestClient> {
  rig = new Rig(options);
  await rig.start();
  return rig.session();
}

function code(outcome: Outcome | undefined): string {
  return outcome?.state === "refused" ? outcome.code : (outcome?.state ?? "nothing");
}

describe("commands, step 1: size, JSON, mac", () => {
  it("counts a wrong mac and does nothing else, not even use up the counter", async () => {
    const client = await begin();
    client.write(client.order("a"), new Uint8Array(32));
    await rig.clock.advance(20);
    expect(client.outcomes("a")).toEqual([]);
    expect(rig.agent.stats().refusals).toEqual({ "command MAC": 1 });
    client.commandN = 0;
    expect(code((await client.trade("a"))[0])).toBe("executed");
  });

  it("does not accept what another client or another channel has signed", async () => {
    const client = await begin();
    const other = await rig.session(2);
    const body = client.order("a");
    client.write(body, other.commandSigner.sign(encodeBody(body)));
    client.write(body, client.syncSigner.sign(encodeBody(body)));
    await rig.clock.advance(20);
    expect(rig.agent.stats().refusals).toEqual({ "command MAC": 2 });
    expect(rig.terminal.requests).toEqual([]);
  });

  it("counts what is no JSON before it looks at the mac", async () => {
    const client = await begin();
    client.command?.send([new TextEncoder().encode("{"), new Uint8Array(32)]);
    client.command?.send([new TextEncoder().encode("{}")]);
    await rig.clock.advance(20);
    expect(rig.agent.stats().refusals).toEqual({ "command BAD_REQUEST": 2 });
  });
});

describe("commands, step 2: session, client, role", () => {
  it("hints NO_SESSION for a session that is not there or another client's", async () => {
    const client = await begin();
    const other = await rig.session(2);
    await client.trade("a", { session: "gone" });
    await client.trade("b", { session: other.session });
    expect(code(client.last("a"))).toBe("NO_SESSION");
    expect(code(client.last("b"))).toBe("NO_SESSION");
    expect(client.hints[0]).toMatchObject({ session: "gone", n: 1, epoch: client.epoch });
    expect(client.events).toEqual([]);
    expect(rig.terminal.requests).toEqual([]);
  });

  it("refuses ROLE to a read session, in the ledger, and to a later copy in a trade session", async () => {
    rig = new Rig();
    await rig.start();
    const reader = await rig.session(1, "read", "reader");
    const body = reader.order("a");
    reader.write(body);
    await rig.clock.advance(20);
    expect(code(reader.last("a"))).toBe("ROLE");
    const trader = await rig.session(1, "trade", "trader");
    trader.write({ ...body, session: trader.session, n: 1 });
    await rig.clock.advance(20);
    expect(code(trader.last("a"))).toBe("ROLE");
    expect(rig.terminal.requests).toEqual([]);
  });

  it("answers an id that the journal knows although the session is gone", async () => {
    const client = await begin();
    const body = client.order("a");
    client.write(body);
    await rig.clock.advance(1_100);
    await client.get("bye");
    client.write({ ...body, session: "gone" });
    await rig.clock.advance(20);
    expect(client.outcomes("a").map(code)).toEqual(["executed", "executed"]);
  });
});

describe("commands, step 3: the counter is used up", () => {
  it("uses the next counter up even for a command that is malformed, and refuses it under its id", async () => {
    const client = await begin();
    await client.trade("a", { intent: 7 });
    expect(client.last("a")).toMatchObject({ state: "refused", code: "BAD_REQUEST", n: 1, digest: "" });
    expect(code((await client.trade("b"))[0])).toBe("executed");
  });

  it("uses the next counter up for an id that is known", async () => {
    const client = await begin();
    await client.trade("a");
    await client.trade("a", {}, { volume: 0.2 });
    expect(code(client.last("a"))).toBe("ID_REUSED");
    expect(code((await client.trade("b"))[0])).toBe("executed");
  });

  it("never says BAD_REQUEST of an id that was taken before", async () => {
    const client = await begin();
    rig.terminal.behaviour = { answerAfterMs: 200 };
    await client.trade("a");
    await client.trade("a", { notAfter: "broken" });
    expect(client.outcomes("a")).toEqual([]);
    await rig.clock.advance(300);
    expect(client.outcomes("a").map(code)).toEqual(["executed"]);
  });

  it("counts a malformed command without an id and goes on", async () => {
    const client = await begin();
    client.write({ ...client.order("x"), id: "has space" });
    await rig.clock.advance(20);
    expect(rig.agent.stats().refusals).toEqual({ "command BAD_REQUEST": 1 });
    expect(code((await client.trade("b"))[0])).toBe("executed");
  });
});

describe("commands, step 4: the journal", () => {
  it("executes a repeated command once and publishes its outcome again, at most once per second", async () => {
    const client = await begin();
    const body = client.order("a");
    for (let i = 0; i < 5; i++) client.write(body);
    await rig.clock.advance(50);
    expect(client.outcomes("a").map(code)).toEqual(["executed"]);
    await rig.clock.advance(1_000);
    client.write(body);
    client.write(body);
    await rig.clock.advance(50);
    expect(client.outcomes("a").map(code)).toEqual(["executed", "executed"]);
    expect(rig.terminal.executions).toHaveLength(1);
  });

  it("says nothing to a repeated command that is pending", async () => {
    const client = await begin();
    rig.terminal.behaviour = { answerAfterMs: 500 };
    const body = client.order("a");
    client.write(body);
    await rig.clock.advance(50);
    client.write(body);
    await rig.clock.advance(50);
    expect(client.outcomes("a")).toEqual([]);
  });

  it("knows an id while its entry is on its way to the disk, from another session too", async () => {
    rig = new Rig();
    const store = new MemoryJournalStore({ clock: rig.clock, flushMs: 20 });
    await rig.start({ journal: store });
    const one = await rig.session(1, "trade", "one");
    const two = await rig.session(1, "trade", "two");
    const body = one.order("a");
    one.write(body);
    two.write({ ...body, session: two.session, n: 1 });
    await rig.clock.advance(100);
    expect(rig.terminal.executions).toHaveLength(1);
    expect(one.outcomes("a").map(code)).toEqual(["executed"]);
  });

  it("keeps the ids of two clients apart", async () => {
    const client = await begin();
    const other = await rig.session(2);
    await client.trade("a");
    await other.trade("a");
    expect(rig.terminal.executions).toHaveLength(2);
    expect(client.outcomes("a")).toHaveLength(1);
    expect(other.outcomes("a")).toHaveLength(1);
  });

  it("refuses ID_REUSED before it looks at counter and age", async () => {
    const client = await begin();
    await client.trade("a");
    await client.trade("a", { n: 99, epoch: client.epoch - 1 }, { volume: 0.5 });
    expect(code(client.last("a"))).toBe("ID_REUSED");
  });
});

describe("commands, step 5: the counter", () => {
  it("hints COUNTER with what was expected, once for each missing counter", async () => {
    const client = await begin();
    client.commandN = 1;
    client.write(client.order("b"));
    client.write(client.order("c"));
    await rig.clock.advance(20);
    expect(client.hints).toMatchObject([{ id: "b", code: "COUNTER", expected: 1, n: 2 }]);
    expect(rig.agent.stats().refusals["command COUNTER"]).toBe(2);
    client.commandN = 0;
    for (const id of ["a", "b", "c"]) client.write(client.order(id));
    await rig.clock.advance(50);
    expect(["a", "b", "c"].map((id) => code(client.last(id)))).toContain("executed");
    expect(rig.terminal.executions).toHaveLength(3);
  });

  it("hints COUNTER again when the missing counter is another one", async () => {
    const client = await begin();
    await client.trade("x", { n: 5 });
    client.commandN = 0;
    await client.trade("a");
    await client.trade("y", { n: 5 });
    expect(client.hints.map((hint) => hint.expected)).toEqual([1, 2]);
  });

  it("hints REPLAYED for a counter that has been used", async () => {
    const client = await begin();
    await client.trade("a");
    await client.trade("b", { n: 1 });
    expect(code(client.last("b"))).toBe("REPLAYED");
    expect(rig.terminal.executions).toHaveLength(1);
  });

  it("judges the counter before the age", async () => {
    const client = await begin();
    await client.trade("a", { n: 7, epoch: 1, issuedAt: 0, notAfter: 0 });
    expect(code(client.last("a"))).toBe("COUNTER");
  });
});

describe("commands, step 6: floor and age", () => {
  it("refuses EXPIRED after notAfter, for certain and in the ledger, naming the copy", async () => {
    const client = await begin();
    await rig.clock.advance(5_000);
    await client.trade("a", { issuedAt: 100, notAfter: 200 });
    expect(client.events.at(-1)).toMatchObject({
      type: "outcome",
      client: clientHex(1),
      outcome: { state: "refused", code: "EXPIRED", digest: digestOf(), n: 1, issuedAt: 100, notAfter: 200 },
    });
  });

  it("takes a command exactly at notAfter", async () => {
    const client = await begin();
    await rig.clock.advance(100);
    // It arrives in this very millisecond.
    client.write(client.order("a", { issuedAt: 0, notAfter: client.agentMs() }));
    await rig.clock.advance(50);
    expect(code(client.last("a"))).toBe("executed");
  });

  it("refuses EXPIRED_ID below the floor, before it looks at the epoch", async () => {
    const client = await begin();
    await client.trade("a", { epoch: client.epoch - 1 });
    expect(code(client.last("a"))).toBe("EXPIRED_ID");
  });

  it("refuses EXPIRED of an epoch that the journal reaches back to", async () => {
    const client = await begin();
    const body = client.order("a");
    await rig.restart();
    const again = await rig.session();
    again.write({ ...body, session: again.session });
    await rig.clock.advance(20);
    expect(code(again.last("a"))).toBe("EXPIRED");
  });

  it("hints STALE more than 2,000 ms ahead, and takes what is less ahead", async () => {
    const client = await begin();
    const at = client.agentMs();
    await client.trade("a", { issuedAt: at + 2_500, notAfter: at + 3_000 });
    expect(code(client.last("a"))).toBe("STALE");
    await client.trade("b", { issuedAt: client.agentMs() + 1_900 });
    expect(code(client.last("b"))).toBe("executed");
  });

  it("refuses BAD_REQUEST a life longer than commandTtlMs", async () => {
    const client = await begin();
    const at = client.agentMs();
    await client.trade("a", { issuedAt: at, notAfter: at + 60_001 });
    expect(code(client.last("a"))).toBe("BAD_REQUEST");
  });

  it("lets an expired id be issued anew with new stamps, but no copy of the old ones", async () => {
    const client = await begin();
    await rig.clock.advance(1_000);
    await client.trade("a", { issuedAt: 100, notAfter: 200 });
    await client.trade("a", { issuedAt: 100, notAfter: 20_000 });
    expect(client.outcomes("a").map(code)).toEqual(["EXPIRED", "EXPIRED"]);
    await client.trade("a");
    expect(code(client.last("a"))).toBe("executed");
  });
});

describe("commands, step 7: intent, limits, permissions", () => {
  it.each([
    ["an unknown symbol", { symbol: "EURUSDm" }],
    ["another case of a symbol", { symbol: "eurusd" }],
    ["a volume off its step", { volume: 0.015 }],
    ["a volume below the minimum", { volume: 0.001 }],
    ["a volume above the maximum", { volume: 101 }],
    ["a stop off the tick size", { stopLoss: 1.000005 }],
    ["a comment of 32 characters", { comment: "x".repeat(32) }],
    ["an unknown kind", { kind: "pending" }],
    ["a volume of zero", { volume: 0 }],
    ["a magic beyond 63 bits", { magic: "9223372036854775808" }],
    ["a lone surrogate", { comment: "\ud800" }],
  ])("refuses BAD_REQUEST %s", async (_, intent) => {
    const client = await begin();
    await client.trade("a", {}, intent);
    expect(code(client.last("a"))).toBe("BAD_REQUEST");
    expect(rig.terminal.requests).toEqual([]);
    expect(rig.agent.stats().journalEntries).toBe(0);
  });

  it("refuses an intent that is no JSON, or nested too deep", async () => {
    const client = await begin();
    await client.trade("a", { intent: "{" });
    await client.trade("b", { intent: `${'{"a":'.repeat(40)}1${"}".repeat(40)}` });
    expect(code(client.last("a"))).toBe("BAD_REQUEST");
    expect(code(client.last("b"))).toBe("BAD_REQUEST");
  });

  it("refuses LIMIT above the largest volume", async () => {
    const client = await begin({ limits: { maxVolumeLots: 0.5 } });
    await client.trade("a", {}, { volume: 0.6 });
    expect(code(client.last("a"))).toBe("LIMIT");
  });

  it("refuses RATE_LIMITED, and the same to a copy that comes when the rate has recovered", async () => {
    const client = await begin({ limits: { commandsPerSecond: 1 } });
    await client.trade("a");
    await client.trade("b");
    const body = client.order("c");
    client.write(body);
    await rig.clock.advance(20);
    expect(code(client.last("c"))).toBe("RATE_LIMITED");
    await rig.clock.advance(3_000);
    const again = await rig.session(1, "trade", "second-process");
    again.write({ ...body, session: again.session, n: 1 });
    await rig.clock.advance(20);
    expect(code(again.last("c"))).toBe("RATE_LIMITED");
    expect(rig.terminal.executions).toHaveLength(2);
    // The caller may issue it anew.
    await again.trade("c", { n: 2 });
    expect(code(again.last("c"))).toBe("executed");
  });

  it("hints BUSY when too many commands wait, and never holds a close back", async () => {
    const client = await begin({ limits: { maxPendingCommands: 1, commandsPerSecond: 1 } });
    await client.trade("open");
    rig.terminal.behaviour = { retcode: undefined };
    await client.trade("a");
    await client.trade("b");
    expect(["RATE_LIMITED", "BUSY"]).toContain(code(client.last("b")));
    const close = { kind: "close", position: "1000", volume: 0 };
    for (let i = 0; i < 5; i++) await client.trade(`close-${i}`, {}, close);
    expect(rig.terminal.requests.filter((request) => request.position === "1000")).toHaveLength(1);
    expect(client.last("close-1")).toMatchObject({ state: "rejected", retcode: 10036 });
  });
});

describe("commands, steps 8 and 9: journal, then send", () => {
  it("sends nothing before the flush, and one flush serves all commands that wait", async () => {
    rig = new Rig();
    const store = new MemoryJournalStore({ clock: rig.clock, flushMs: 20 });
    await rig.start({ journal: store });
    const client = await rig.session();
    const before = store.flushes;
    for (let i = 0; i < 100; i++) client.write(client.order(`c${i}`));
    await rig.clock.advance(19);
    expect(rig.terminal.requests).toHaveLength(0);
    // The first command went to the disk alone; all that came meanwhile share the flush after it.
    await rig.clock.advance(2);
    expect(rig.terminal.requests).toHaveLength(1);
    await rig.clock.advance(18);
    expect(rig.terminal.requests).toHaveLength(1);
    await rig.clock.advance(2);
    expect(rig.terminal.requests).toHaveLength(100);
    expect(store.flushes - before).toBe(2);
  });

  it("sends in the order of the counters", async () => {
    const client = await begin();
    for (let i = 0; i < 20; i++) client.write(client.order(`c${i}`, {}, { comment: `${i}`, tag: "none" }));
    await rig.clock.advance(50);
    expect(rig.terminal.requests.map((request) => request.comment)).toEqual(
      Array.from({ length: 20 }, (_, i) => `${i}`),
    );
  });

  it("refuses JOURNAL when the disk is full, sends nothing, and refuses the same to a later copy", async () => {
    const client = await begin();
    rig.store.capacityBytes = rig.store.bytes.length + 50;
    const body = client.order("a");
    client.write(body);
    await rig.clock.advance(50);
    expect(code(client.last("a"))).toBe("JOURNAL");
    rig.store.capacityBytes = Number.POSITIVE_INFINITY;
    client.write({ ...body, n: 2 });
    await rig.clock.advance(50);
    expect(client.outcomes("a").map(code)).toEqual(["JOURNAL", "JOURNAL"]);
    expect(rig.terminal.requests).toEqual([]);
    await client.trade("a", { n: 3 });
    expect(code(client.last("a"))).toBe("executed");
  });

  it("leaves no trace of a command that it refused JOURNAL", async () => {
    const client = await begin();
    rig.store.capacityBytes = rig.store.bytes.length + 100;
    rig.store.survivingBytes = 1_000;
    await client.trade("a");
    expect(code(client.last("a"))).toBe("JOURNAL");
    rig.store.capacityBytes = Number.POSITIVE_INFINITY;
    await rig.restart();
    expect(rig.agent.stats().journalEntries).toBe(0);
  });

  it("promises nothing while the bytes of a failed write may come back", async () => {
    const client = await begin();
    rig.store.failure = new Error("I/O error");
    await client.trade("a");
    expect(client.outcomes("a")).toEqual([]);
    // What comes while the journal is known to be broken is not written at all, so it can be refused.
    await client.trade("b");
    expect(code(client.last("b"))).toBe("JOURNAL");
    rig.store.failure = undefined;
    await rig.clock.advance(2_000);
    expect(code(client.last("a"))).toBe("JOURNAL");
    expect(rig.terminal.requests).toEqual([]);
  });

  it("makes a tombstone of a command whose flush took longer than its life, and refuses it EXPIRED", async () => {
    rig = new Rig();
    const store = new MemoryJournalStore({ clock: rig.clock, flushMs: 300 });
    await rig.start({ journal: store });
    const client = await rig.session();
    const at = client.agentMs();
    const body = client.order("a", { issuedAt: at, notAfter: at + 100 });
    client.write(body);
    await rig.clock.advance(1_000);
    expect(code(client.last("a"))).toBe("EXPIRED");
    expect(rig.terminal.requests).toEqual([]);
    expect(await client.get("outcome", { id: "a" })).toMatchObject({ outcome: { state: "void" } });
    await client.trade("a");
    expect(rig.terminal.requests).toEqual([]);
  });

  it("publishes the outcome although the journal cannot take it, and writes it when it can", async () => {
    const client = await begin();
    rig.terminal.behaviour = { answerAfterMs: 100 };
    client.write(client.order("a"));
    await rig.clock.advance(50);
    rig.store.capacityBytes = rig.store.bytes.length;
    await rig.clock.advance(200);
    expect(code(client.last("a"))).toBe("executed");
    rig.store.capacityBytes = Number.POSITIVE_INFINITY;
    await rig.clock.advance(2_000);
    await rig.restart();
    const again = await rig.session();
    expect(await again.get("outcome", { id: "a" })).toMatchObject({ outcome: { state: "executed" } });
  });

  it("takes no new orders when the journal has no room, but closes", async () => {
    const client = await begin({ limits: { journalMaxEntries: 1 } });
    await client.trade("a");
    await client.trade("b");
    expect(code(client.last("b"))).toBe("JOURNAL");
    await client.trade("c", {}, { kind: "close", position: "1000", volume: 0 });
    expect(code(client.last("c"))).toBe("executed");
  });
});
