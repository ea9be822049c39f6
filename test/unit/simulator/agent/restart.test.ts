import { afterEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../../../src/protocol/v1/messages.ts";
import type { AgentPoint } from "../../../../src/simulator/agent/agent-options.ts";
import { JournalAccountError } from "../../../../src/simulator/agent/journal-store.ts";
import { fakeDeal, fakeOrder } from "../../../kit/fake-terminal.ts";
import { Rig, type TestClient } from "./rig.ts";

let rig: Rig;
afterEach(() => rig?.agent.kill());

async function begin(): Promise<TestClient> {
  rig = new Rig();
  await rig.start();
  return rig.session();
}

/** Starts an agent that dies when it passes the point. */
async function beginDying(point: AgentPoint): Promise<TestClient> {
  rig = new Rig();
  await rig.start({
    hooks: {
      at: (passed): void => {
        if (passed === point) rig.agent.kill();
      },
    },
  });
  return rig.session();
}

async function lookUp(client: TestClient, id: string): Promise<Outcome> {
  return (await client.get<{ outcome: Outcome }>("outcome", { id })).outcome;
}

describe("agent.kill at each point of a command", () => {
  const points: readonly [AgentPoint, number, string][] = [
    ["commandReceived", 0, "void"],
    ["beforeJournal", 0, "void"],
    ["journalled", 0, "unknown"],
    ["sent", 1, "executed"],
    ["resultReceived", 1, "executed"],
    ["beforeOutcome", 1, "executed"],
    ["outcomeJournalled", 1, "executed"],
    ["outcomePublished", 1, "executed"],
  ];

  it.each(points)("%s: %i execution, then %s after the restart", async (point, executions, state) => {
    const client = await beginDying(point);
    const body = client.order("a");
    client.write(body);
    await rig.clock.advance(100);
    const told = client.outcomes("a");
    const published = rig.transport.published.length;
    await rig.clock.advance(5_000);
    expect(rig.transport.published.length).toBe(published);
    await rig.restart({ hooks: { at: () => undefined } });
    const again = await rig.session();
    expect(rig.terminal.executions).toHaveLength(executions);
    expect((await lookUp(again, "a")).state).toBe(state);
    for (const outcome of told) expect(outcome.state).toBe(state);
    // The command is repeated as it is: whatever the agent says, it is not executed again.
    again.write({ ...body, session: again.session, n: 1 });
    await rig.clock.advance(100);
    expect(rig.terminal.executions).toHaveLength(executions);
  });

  it("beforeTombstone and tombstoned: the id is void for ever once it was told", async () => {
    for (const point of ["beforeTombstone", "tombstoned"] as const) {
      const client = await beginDying(point);
      const body = client.body("outcome", { id: "a" });
      expect(await client.send(body)).toBeUndefined();
      await rig.restart({ hooks: { at: () => undefined } });
      const again = await rig.session();
      expect(await lookUp(again, "a")).toMatchObject({ state: "void" });
    }
  });

  it("leaves nothing on the clock: no timer of a killed agent does anything", async () => {
    const client = await begin();
    rig.terminal.behaviour = { retcode: undefined, execute: false };
    await client.trade("a");
    const { length } = rig.store.bytes;
    rig.agent.kill();
    await rig.clock.advance(100_000);
    expect(rig.store.bytes.length).toBe(length);
    expect(rig.agent.stats().refusals).toEqual({});
  });

  it("loses or tears what was not durable, and is never confused by it", async () => {
    for (let surviving = 0; surviving < 600; surviving += 7) {
      const client = await beginDying("beforeOutcome");
      rig.store.survivingBytes = surviving;
      await client.trade("a");
      await rig.restart({ hooks: { at: () => undefined } });
      const again = await rig.session();
      expect((await lookUp(again, "a")).state).toBe("executed");
      rig.agent.kill();
    }
  });
});

describe("agent.start", () => {
  it("settles what is open before it binds", async () => {
    const client = await begin();
    rig.terminal.behaviour = { answerAfterMs: 1_000 };
    await client.trade("a");
    rig.agent.kill();
    const seen: number[] = [];
    const listen = rig.transport.listen.bind(rig.transport);
    rig.transport.listen = (options, events) => {
      seen.push(rig.store.flushes);
      return listen(options, events);
    };
    const before = rig.store.flushes;
    await rig.start();
    // The epoch and the outcome.
    expect(seen).toEqual([before + 2]);
  });

  it("waits for a terminal that is not connected, and binds nothing before", async () => {
    rig = new Rig();
    const { terminalRecord } = rig.terminal;
    rig.terminal.terminalRecord = { ...terminalRecord, connected: false };
    const started = rig.make().start();
    await rig.clock.advance(5_000);
    expect(rig.transport.published).toEqual([]);
    expect(rig.store.bytes).toHaveLength(0);
    rig.terminal.terminalRecord = terminalRecord;
    await rig.clock.runUntil(started, 1_000);
    expect(rig.agent.stats().epoch).toBeGreaterThan(0);
  });

  it("rejects when it is stopped or killed meanwhile, and gives the journal up", async () => {
    for (const end of ["stop", "kill"] as const) {
      rig = new Rig();
      rig.terminal.terminalRecord = { ...rig.terminal.terminalRecord, connected: false };
      const started = rig.make().start();
      const refused = expect(started).rejects.toThrow("Cannot start the agent");
      await rig.clock.advance(10);
      if (end === "stop") await rig.agent.stop();
      else rig.agent.kill();
      await rig.clock.advance(1_000);
      await refused;
      rig.terminal.terminalRecord = { ...rig.terminal.terminalRecord, connected: true };
      await rig.start();
    }
  });

  it("rejects when a port is taken, and gives the journal up", async () => {
    rig = new Rig();
    await rig.start();
    const { ports } = rig;
    const other = new Rig({ agent: { transport: rig.transport } });
    await expect(other.make({ ports }).start()).rejects.toThrow("is taken");
    const started = await other.make().start();
    expect(started.ports.sync).toBeGreaterThan(0);
    other.agent.kill();
  });

  it("rejects on another account's journal", async () => {
    await begin();
    rig.agent.kill();
    rig.terminal.accountRecord = { ...rig.terminal.accountRecord, login: "2" };
    await expect(rig.make().start()).rejects.toThrow(JournalAccountError);
  });

  it("starts once", async () => {
    await begin();
    await expect(rig.agent.start()).rejects.toThrow("it is serving");
  });
});

describe("agent.stop", () => {
  it("waits for the answers that are due, takes no more commands, and leaves nothing open", async () => {
    const client = await begin();
    rig.terminal.behaviour = { answerAfterMs: 500 };
    await client.trade("a");
    const stopped = rig.agent.stop();
    client.write(client.order("b"));
    await rig.clock.advance(100);
    expect(client.outcomes("a")).toEqual([]);
    await rig.clock.runUntil(stopped, 5_000);
    await rig.clock.advance(10);
    expect(client.last("a")).toMatchObject({ state: "executed" });
    expect(rig.terminal.requests).toHaveLength(1);
    await rig.start();
    const again = await rig.session();
    expect((await lookUp(again, "a")).state).toBe("executed");
    expect((await lookUp(again, "b")).state).toBe("void");
  });

  it("does not wait for ever", async () => {
    const client = await begin();
    rig.terminal.behaviour = { retcode: undefined, execute: false };
    await client.trade("a");
    await rig.clock.runUntil(rig.agent.stop(), 5_500);
    await rig.start();
    const again = await rig.session();
    expect((await lookUp(again, "a")).state).toBe("unknown");
  });
});

describe("a stall at a point", () => {
  it("between journal and send: nothing else happens meanwhile, then everything in order", async () => {
    rig = new Rig();
    let release: () => void = () => {};
    const stall = new Promise<void>((resolve) => {
      release = resolve;
    });
    await rig.start({
      hooks: { at: (point, info) => (point === "journalled" && info.id === "a" ? stall : undefined) },
    });
    const client = await rig.session();
    client.write(client.order("a", {}, { comment: "a", tag: "none" }));
    client.write(client.order("b", {}, { comment: "b", tag: "none" }));
    await rig.clock.advance(3_000);
    expect(rig.terminal.requests).toEqual([]);
    expect(client.pulses.filter((pulse) => pulse.sessions.some((s) => s.command > 0))).toEqual([]);
    release();
    await rig.clock.advance(100);
    expect(rig.terminal.requests.map((request) => request.comment)).toEqual(["a", "b"]);
    expect(client.last("b")).toMatchObject({ state: "executed" });
  });

  it("beyond notAfter: the command is not sent any more", async () => {
    rig = new Rig();
    let release: () => void = () => {};
    const stall = new Promise<void>((resolve) => {
      release = resolve;
    });
    await rig.start({ hooks: { at: (point) => (point === "journalled" ? stall : undefined) } });
    const client = await rig.session();
    client.write(client.order("a"));
    await rig.clock.advance(20_000);
    release();
    await rig.clock.advance(100);
    expect(rig.terminal.requests).toEqual([]);
    expect(client.last("a")).toMatchObject({ state: "refused", code: "EXPIRED" });
  });
});

describe("resolving", () => {
  /** A command whose answer was lost with the agent; `intent` says how it can be known again. */
  async function lost(intent: object): Promise<void> {
    const client = await begin();
    rig.terminal.tellsTransactions = false;
    rig.terminal.behaviour = { execute: false, retcode: undefined };
    await client.trade("a", {}, intent);
    rig.agent.kill();
    rig.terminal.tellsTransactions = true;
  }
  const untagged = { tag: "none", magic: "77", comment: "mine" };
  const like = { action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1, magic: "77" } as const;

  async function verdict(): Promise<Outcome> {
    await rig.start();
    return lookUp(await rig.session(), "a");
  }

  it("takes the one order that carries the tag, among others that look alike", async () => {
    await lost({ magic: "77" });
    const comment = rig.terminal.requests[0]?.comment ?? "";
    expect(comment).toMatch(/^~[\w-]{10}$/);
    rig.terminal.tradeElsewhere({ ...like, comment: "another" });
    rig.terminal.tradeElsewhere({ ...like, comment });
    expect(await verdict()).toMatchObject({ state: "executed", order: "1001", retcode: 10009 });
  });

  it("takes the one order that carries the magic tag", async () => {
    await lost({ tag: "magic" });
    const magic = rig.terminal.requests[0]?.magic ?? "";
    expect(BigInt(magic)).toBeGreaterThan(1_000_000n);
    rig.terminal.tradeElsewhere({ ...like, magic: "0" });
    rig.terminal.tradeElsewhere({ ...like, magic });
    expect(await verdict()).toMatchObject({ state: "executed", order: "1001" });
  });

  it("does not fall back on the fingerprint where there is a tag", async () => {
    await lost({ magic: "77" });
    rig.terminal.tradeElsewhere(like);
    expect(await verdict()).toMatchObject({ state: "unknown", retcode: 0 });
  });

  it("without a tag takes the one order with the fingerprint", async () => {
    await lost(untagged);
    rig.terminal.tradeElsewhere(like);
    expect(await verdict()).toMatchObject({ state: "executed", order: "1000" });
  });

  it.each([
    ["symbol", { symbol: "GBPUSD" }, {}],
    ["side", { kind: "sell" }, {}],
    ["volume", { volume: 0.2 }, {}],
    ["magic", { magic: "78" }, {}],
    ["reason", {}, { reason: "client" }],
    ["time", {}, { setupBrokerMs: 1_600_000_000_000, timeBrokerMs: 1_600_000_000_000 }],
    ["entry", { position: "5" }, {}],
  ] as const)("without a tag does not take one of another %s", async (_, request, changes) => {
    await lost(untagged);
    rig.terminal.tradeElsewhere(
      { ...like, ...request } as Parameters<typeof rig.terminal.tradeElsewhere>[0],
      changes,
    );
    const outcome = await verdict();
    expect(outcome.state).toBe("unknown");
  });

  it("does not take an order from before the command", async () => {
    const client = await begin();
    rig.terminal.tradeElsewhere(like);
    rig.terminal.behaviour = { execute: false, retcode: undefined };
    await client.trade("a", {}, untagged);
    rig.agent.kill();
    expect(await verdict()).toMatchObject({ state: "unknown" });
  });

  it("with two candidates stays unknown", async () => {
    await lost(untagged);
    rig.terminal.tradeElsewhere(like);
    rig.terminal.tradeElsewhere(like);
    expect(await verdict()).toMatchObject({ state: "unknown" });
  });

  it("with one candidate that two commands could have made leaves both unknown", async () => {
    const client = await begin();
    rig.terminal.behaviour = { execute: false, retcode: undefined };
    await client.trade("a", {}, untagged);
    await client.trade("b", {}, untagged);
    rig.agent.kill();
    rig.terminal.tradeElsewhere(like);
    await rig.start();
    const again = await rig.session();
    expect((await lookUp(again, "a")).state).toBe("unknown");
    expect((await lookUp(again, "b")).state).toBe("unknown");
  });

  it("does not take an order that another command accounts for", async () => {
    const client = await begin();
    rig.terminal.script.push({ execute: false, retcode: undefined });
    await client.trade("a", {}, untagged);
    await client.trade("b", {}, untagged);
    expect(client.last("b")).toMatchObject({ state: "executed", order: "1000" });
    rig.agent.kill();
    expect(await verdict()).toMatchObject({ state: "unknown" });
  });

  it("an order that ended without a fill is rejected", async () => {
    await lost(untagged);
    const at = rig.terminal.brokerMs();
    const order = { ...fakeOrder("2000"), magic: "77", setupBrokerMs: at, doneBrokerMs: at } as const;
    rig.terminal.orderHistory.push({ ...order, state: "cancelled", volumeCurrent: 0.1 });
    expect(await verdict()).toMatchObject({ state: "rejected", retcode: 10007 });
  });

  it("an order that is still active leaves it unknown, and its end settles it", async () => {
    await lost(untagged);
    const at = rig.terminal.brokerMs();
    const order = { ...fakeOrder("2000"), magic: "77", setupBrokerMs: at, doneBrokerMs: 0 } as const;
    rig.terminal.orderTable = [{ ...order, state: "started", volumeCurrent: 0.1 }];
    expect(await verdict()).toMatchObject({ state: "unknown" });
    const client = await rig.session();
    rig.terminal.orderTable = [];
    rig.terminal.orderHistory.push({ ...order, state: "filled", doneBrokerMs: at });
    rig.terminal.dealHistory.push({ ...fakeDeal("6000", "2000"), magic: "77", timeBrokerMs: at });
    await rig.clock.advance(1_000);
    expect(client.last("a")).toMatchObject({ state: "executed", order: "2000", deals: [{ ticket: "6000" }] });
  });

  it("goes on at run time: a request that was on its way settles its command when it arrives", async () => {
    await lost({});
    expect(await verdict()).toMatchObject({ state: "unknown" });
    const client = await rig.session();
    rig.terminal.tradeElsewhere({ ...like, magic: "0", comment: rig.terminal.requests[0]?.comment ?? "" });
    await rig.clock.advance(1_000);
    expect(client.last("a")).toMatchObject({ state: "executed", order: "1000" });
    expect((await client.hello()).outcomes).toMatchObject([{ id: "a", state: "executed" }]);
  });

  it("a close is known by its position, going out", async () => {
    const client = await begin();
    await client.trade("open", {}, { magic: "77" });
    rig.terminal.behaviour = { execute: false, retcode: undefined };
    await client.trade("a", {}, { kind: "close", position: "1000", volume: 0, tag: "none", comment: "" });
    rig.agent.kill();
    rig.terminal.tradeElsewhere({ ...like, kind: "sell", position: "1000" });
    expect(await verdict()).toMatchObject({ state: "executed", position: "1000" });
  });

  it("a stop loss does not pass for a close", async () => {
    const client = await begin();
    await client.trade("open", {}, { magic: "77" });
    rig.terminal.behaviour = { execute: false, retcode: undefined };
    await client.trade("a", {}, { kind: "close", position: "1000", volume: 0, tag: "none", comment: "" });
    rig.agent.kill();
    rig.terminal.tradeElsewhere({ ...like, kind: "sell", position: "1000" }, { reason: "stopLoss" });
    expect(await verdict()).toMatchObject({ state: "unknown" });
  });

  it("what closes a position and inherits its comment does not confuse the command that opened it", async () => {
    await lost({});
    const comment = rig.terminal.requests[0]?.comment ?? "";
    rig.terminal.tradeElsewhere({ ...like, magic: "0", comment });
    rig.terminal.tradeElsewhere({ ...like, magic: "0", kind: "sell", position: "1000", comment });
    expect(await verdict()).toMatchObject({ state: "executed", order: "1000" });
  });
});
