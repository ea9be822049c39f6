import { afterEach, describe, expect, it } from "vitest";
import { encodeBody } from "../../../../src/protocol/v1/codec.ts";
import type { SyncReply } from "../../../../src/protocol/v1/messages.ts";
import { MemoryJournalStore } from "../../../../src/simulator/agent/memory-journal.ts";
import { Rig, type RigOptions, type TestClient } from "./rig.ts";

let rig: Rig;
afterEach(() => rig?.agent.kill());

async function begin(options: RigOptions = {}): Promise<TestClient> {
  rig = new Rig(options);
  await rig.start();
  return rig.session();
}

function codeOf(reply: SyncReply | undefined): string {
  return reply === undefined ? "nothing" : reply.ok ? "ok" : reply.error.code;
}

const badMac = { mac: new Uint8Array(32) };

describe("requests: the order of the checks", () => {
  it("refuses BAD_REQUEST what is no request, with the rid if it can be read", async () => {
    const client = await begin();
    expect(codeOf(await client.send({ v: 1, op: 7, rid: "x" }, badMac))).toBe("BAD_REQUEST");
    expect(codeOf(await client.send({ v: 1, op: "ping", rid: "y" }))).toBe("BAD_REQUEST");
    const bytes = new TextEncoder().encode("no JSON");
    expect(codeOf(await client.send({ rid: "" }, { bytes }))).toBe("BAD_REQUEST");
    const lonely = encodeBody({ v: 1, op: "ping", rid: "z" });
    expect(codeOf(await client.send({ rid: "z" }, { frames: [lonely] }))).toBe("BAD_REQUEST");
  });

  it("refuses BAD_REQUEST before MAC, REVISION before both", async () => {
    const client = await begin();
    expect(codeOf(await client.send({ v: 2, op: 7, rid: "x" }, badMac))).toBe("REVISION");
    expect(codeOf(await client.send({ v: "1", op: "ping", rid: "x" }, badMac))).toBe("BAD_REQUEST");
  });

  it("refuses MAC before NO_SESSION and changes nothing", async () => {
    const client = await begin();
    const body = client.body("ping", {}, { session: "gone" });
    expect(codeOf(await client.send(body, badMac))).toBe("MAC");
    const good = client.body("ping", {}, { n: 1 });
    expect(codeOf(await client.send(good, badMac))).toBe("MAC");
    expect(codeOf(await client.send(good))).toBe("ok");
  });

  it("does not accept what was signed for the command channel", async () => {
    const client = await begin();
    const body = client.body("ping");
    const mac = client.commandSigner.sign(encodeBody(body));
    expect(codeOf(await client.send(body, { mac }))).toBe("MAC");
  });

  it("refuses NO_SESSION before EPOCH, also for another client's session", async () => {
    const client = await begin();
    const other = await rig.session(2);
    expect(await client.code("ping", {}, { session: "gone", epoch: 1 })).toBe("NO_SESSION");
    expect(await client.code("ping", {}, { session: other.session })).toBe("NO_SESSION");
  });

  it("refuses EPOCH before REPLAYED", async () => {
    const client = await begin();
    await client.get("ping");
    expect(await client.code("ping", {}, { epoch: 1, n: 1 })).toBe("EPOCH");
  });

  it("refuses REPLAYED before STALE, and allows and counts a gap", async () => {
    const client = await begin();
    await client.get("ping");
    await rig.clock.advance(5_000);
    expect(await client.code("ping", {}, { n: 1, at: 99_999_999 })).toBe("REPLAYED");
    expect(await client.code("ping", {}, { n: 50 })).toBe("ok");
    expect(await client.code("ping", {}, { n: 49 })).toBe("REPLAYED");
    expect(rig.agent.stats().requestGaps).toBe(1);
  });

  it("refuses STALE more than 30,000 ms old or 2,000 ms ahead, before ROLE", async () => {
    rig = new Rig({ limits: { leaseMs: 60_000 } });
    await rig.start();
    const client = await rig.session(1, "read");
    await rig.clock.advance(31_000);
    const now = client.agentMs();
    expect(await client.code("outcome", { id: "a" }, { at: now - 30_001 })).toBe("STALE");
    expect(await client.code("outcome", { id: "a" }, { at: now + 2_500 })).toBe("STALE");
    expect(await client.code("ping", {}, { at: client.agentMs() - 29_900 })).toBe("ok");
    expect(await client.code("ping", {}, { at: client.agentMs() + 1_900 })).toBe("ok");
  });

  it.each(["outcome", "outcomes", "outcome.ack"])("refuses ROLE %s in a read session", async (op) => {
    rig = new Rig();
    await rig.start();
    const client = await rig.session(1, "read");
    expect(await client.code(op, { nonsense: 1 })).toBe("ROLE");
  });

  it("refuses UNKNOWN_OP before it looks at the arguments", async () => {
    const client = await begin();
    expect(await client.code("toString")).toBe("UNKNOWN_OP");
    expect(await client.code("order.delete")).toBe("UNKNOWN_OP");
  });

  it("refuses BUSY beyond the session's waiting requests, and counts what waits down again", async () => {
    rig = new Rig({ limits: { maxPendingRequests: 2 } });
    await rig.start({ journal: new MemoryJournalStore({ clock: rig.clock, flushMs: 100 }) });
    const again = await rig.session();
    for (const id of ["a", "b"]) {
      const bytes = encodeBody(again.body("outcome", { id }));
      again.sync?.send([bytes, again.syncSigner.sign(bytes)]);
    }
    await rig.clock.advance(5);
    expect(await again.code("ping")).toBe("BUSY");
    await rig.clock.advance(500);
    expect(await again.code("ping")).toBe("ok");
  });

  it("refuses RATE_LIMITED beyond the client's rate, and recovers", async () => {
    const client = await begin({ limits: { requestsPerSecond: 5 } });
    const codes: string[] = [];
    for (let i = 0; i < 12; i++) codes.push(await client.code("ping"));
    expect(codes).toContain("RATE_LIMITED");
    await rig.clock.advance(1_000);
    expect(await client.code("ping")).toBe("ok");
  });

  it("refuses arguments last", async () => {
    const client = await begin();
    expect(await client.code("barrier", { token: "" })).toBe("BAD_REQUEST");
    expect(await client.code("barrier", { token: "with space" })).toBe("BAD_REQUEST");
    expect(await client.code("positions", { symbol: "XYZ" })).toBe("UNKNOWN_SYMBOL");
  });

  it("repeats the empty frame of a REQ socket", async () => {
    const client = await begin();
    const body = client.body("ping");
    const bytes = encodeBody(body);
    const frames = [new Uint8Array(0), bytes, client.syncSigner.sign(bytes)];
    expect(codeOf(await client.send(body, { frames }))).toBe("ok");
    expect(client.replies.get(String(body["rid"]))?.frames[0]).toHaveLength(0);
  });

  it("answers every refusal with epoch, seq and agentMs, and names it to the audit", async () => {
    const client = await begin();
    const reply = await client.ask("nonsense");
    expect(reply).toMatchObject({ v: 1, ok: false, epoch: client.epoch, seq: 0 });
    expect(rig.refusals.at(-1)).toMatchObject({
      channel: "sync",
      code: "UNKNOWN_OP",
      client: client.key,
      session: client.session,
      op: "nonsense",
    });
  });

  it("answers INTERNAL when the terminal fails, and goes on", async () => {
    const client = await begin();
    const { brokerMs } = rig.terminal;
    rig.terminal.brokerMs = (): number => {
      throw new Error("broken");
    };
    expect(await client.code("ping")).toBe("INTERNAL");
    rig.terminal.brokerMs = brokerMs;
    expect(await client.code("ping")).toBe("ok");
  });
});

describe("challenge and hello", () => {
  it("opens a session with what the protocol lists", async () => {
    const client = await begin({ agent: { brokerZone: "eet-us" } });
    expect(await client.hello()).toMatchObject({
      leaseMs: 15_000,
      agent: { name: "test", version: "0" },
      account: { login: "1001" },
      terminal: { connected: true },
      brokerZone: "eet-us",
      ledger: { oldest: 1 },
      outcomes: [],
      moreOutcomes: false,
      journalSinceUtcMs: 1_700_000_000_000,
      limits: {
        commandTtlMs: 60_000,
        journalRetentionMs: 604_800_000,
        maxMessageBytes: 1_048_576,
        maxPending: 256,
      },
    });
  });

  it("takes a challenge once, from its client, for its instance, for 10 s", async () => {
    const client = await begin();
    const other = await rig.client(2);
    const challenge = await client.challenge();
    expect(challenge).toMatch(/^[0-9a-f]{64}$/);
    expect(codeOf(await other.tryHello("trade", "i", challenge))).toBe("CHALLENGE");
    expect(codeOf(await client.tryHello("trade", "i", challenge))).toBe("ok");
    expect(codeOf(await client.tryHello("trade", "i", challenge))).toBe("CHALLENGE");
    const late = await client.challenge();
    await rig.clock.advance(10_001);
    expect(codeOf(await client.tryHello("trade", "i", late))).toBe("CHALLENGE");
    const foreign = await client.challenge("other");
    expect(codeOf(await client.tryHello("trade", "i", foreign))).toBe("CHALLENGE");
  });

  it("ends the earlier challenges of an instance, and only of that", async () => {
    const client = await begin();
    const first = await client.challenge("i");
    const other = await client.challenge("other");
    await client.challenge("i");
    expect(codeOf(await client.tryHello("trade", "i", first))).toBe("CHALLENGE");
    expect(codeOf(await client.tryHello("trade", "other", other))).toBe("ok");
  });

  it("keeps at most 16 challenges of a client open", async () => {
    const client = await begin();
    const first = await client.challenge("c0");
    for (let i = 1; i <= 16; i++) await client.challenge(`c${i}`);
    expect(codeOf(await client.tryHello("trade", "c0", first))).toBe("CHALLENGE");
  });

  it("refuses ROLE to a client that may only read", async () => {
    rig = new Rig({ roles: ["read"] });
    await rig.start();
    const client = await rig.client();
    expect(codeOf(await client.tryHello("trade"))).toBe("ROLE");
    expect(codeOf(await client.tryHello("read"))).toBe("ok");
  });

  it("refuses SESSIONS beyond a client's and the agent's limit", async () => {
    const client = await begin({ limits: { maxSessionsPerClient: 2, maxSessions: 3 } });
    expect(codeOf(await client.tryHello("trade", "b"))).toBe("ok");
    expect(codeOf(await client.tryHello("trade", "c"))).toBe("SESSIONS");
    const other = await rig.client(2);
    expect(codeOf(await other.tryHello("trade", "a"))).toBe("ok");
    expect(codeOf(await other.tryHello("trade", "b"))).toBe("SESSIONS");
  });

  it("ends the earlier session of the same client, instance and role, and no other", async () => {
    const client = await begin();
    const first = client.session;
    await client.hello("read");
    const reading = client.session;
    await client.hello("trade");
    expect(await client.code("ping", {}, { session: first })).toBe("NO_SESSION");
    expect(await client.code("ping", {}, { session: reading, n: 1 })).toBe("ok");
    expect(rig.agent.stats().sessions).toBe(2);
  });

  it("refuses NOT_READY while the terminal is not connected or logged in to another account", async () => {
    const client = await begin();
    const { terminalRecord, accountRecord } = rig.terminal;
    rig.terminal.terminalRecord = { ...terminalRecord, connected: false };
    expect(codeOf(await client.send({ v: 1, op: "challenge", rid: "c", args: { instance: "i" } }))).toBe(
      "NOT_READY",
    );
    expect(await client.code("snapshot")).toBe("NOT_READY");
    expect(await client.code("ping")).toBe("ok");
    rig.terminal.terminalRecord = terminalRecord;
    rig.terminal.accountRecord = { ...accountRecord, login: "2002" };
    expect(await client.code("snapshot")).toBe("NOT_READY");
    rig.terminal.accountRecord = accountRecord;
    expect(await client.code("snapshot")).toBe("ok");
  });
});

describe("leases", () => {
  it("end a session when nothing comes for 15 s, and a request renews it", async () => {
    const client = await begin();
    await rig.clock.advance(14_000);
    await client.get("ping");
    await rig.clock.advance(14_900);
    expect(await client.code("ping")).toBe("ok");
    await rig.clock.advance(15_100);
    expect(await client.code("ping")).toBe("NO_SESSION");
    expect(rig.agent.stats().sessions).toBe(0);
  });

  it("are renewed by commands, and by refused requests whose mac is right", async () => {
    const client = await begin();
    await rig.clock.advance(10_000);
    await client.trade("a");
    await rig.clock.advance(10_000);
    expect(await client.code("ping", {}, { n: 1, epoch: 1 })).toBe("EPOCH");
    await rig.clock.advance(10_000);
    expect(await client.code("ping")).toBe("ok");
  });

  it("are not renewed by a wrong mac", async () => {
    const client = await begin();
    await rig.clock.advance(10_000);
    await client.send(client.body("ping"), badMac);
    await rig.clock.advance(6_000);
    expect(await client.code("ping")).toBe("NO_SESSION");
  });

  it("do not run while the agent itself stands still", async () => {
    const client = await begin();
    await rig.clock.advance(5_000);
    const resume = rig.agent.freeze();
    await rig.clock.advance(60_000);
    resume();
    await rig.clock.advance(1);
    expect(await client.code("ping")).toBe("ok");
  });

  it("free subscriptions and frozen results with the session", async () => {
    const client = await begin({ limits: { maxReplyBytes: 20_000 } });
    for (let i = 0; i < 30; i++) rig.terminal.addSymbol(`S${i}`);
    await client.get("subscribe", { symbols: ["EURUSD"] });
    await client.get("symbols");
    expect(rig.agent.stats().frozenResults).toBe(1);
    await client.get("bye");
    expect(rig.agent.stats().frozenResults).toBe(0);
    const before = client.ticks.length;
    rig.terminal.addTick("EURUSD", 1.2, 1.3);
    await rig.clock.advance(50);
    expect(client.ticks.length).toBe(before);
  });
});
