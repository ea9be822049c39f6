import { describe, expect, it } from "vitest";
import type { DealRecord, OrderRecord } from "../../../../src/domain/records.ts";
import type { Evidence, JournalEntry } from "../../../../src/simulator/agent/journal-entry.ts";
import { type JournalRecord, JournalState } from "../../../../src/simulator/agent/journal-records.ts";
import { MemoryJournalStore } from "../../../../src/simulator/agent/memory-journal.ts";
import { Readiness } from "../../../../src/simulator/agent/readiness.ts";
import { RefusedIds } from "../../../../src/simulator/agent/refused-ids.ts";
import { Resolver, type Verdict } from "../../../../src/simulator/agent/resolver.ts";
import { World } from "../../../../src/simulator/agent/world.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";
import { FakeTerminal, fakeDeal, fakeOrder } from "../../../kit/fake-terminal.ts";
import { Rig } from "./rig.ts";

describe("Agent", () => {
  it("has figures before it is started, all of them 0 but the clock's", () => {
    const { agentMs: _, ...stats } = new Rig().make().stats();
    const numbers = Object.values(stats).filter((value) => typeof value === "number");
    expect(numbers.length).toBeGreaterThan(10);
    expect(new Set(numbers)).toEqual(new Set([0]));
  });

  it("that was killed is not started, and stops without ado, again and again", async () => {
    const rig = new Rig();
    const agent = await rig.start();
    agent.kill();
    agent.kill();
    await agent.stop();
    const late = rig.make();
    const starting = late.start().catch((error: unknown) => error);
    late.kill();
    await rig.clock.advance(10);
    expect(await starting).toMatchObject({ message: expect.stringContaining("killed") });
    expect(rig.faults).toEqual([]);
  });

  it("answers nothing that has no body, and names what it cannot read by the rid that it can", async () => {
    const rig = new Rig();
    await rig.start();
    const client = await rig.session();
    expect(await client.send({ rid: "undefined" }, { frames: [] })).toBeUndefined();
    const bad = { v: 1, op: 5, rid: "mine", args: {} };
    expect(await client.send(bad)).toMatchObject({ rid: "mine", ok: false, error: { code: "BAD_REQUEST" } });
    expect(await client.send({ v: 1, op: "ping", rid: "" }, {})).toMatchObject({ ok: false, rid: "" });
  });

  it("takes no command that is no JSON, has no mac or another's, and counts each", async () => {
    const rig = new Rig();
    await rig.start();
    const client = await rig.session();
    client.command?.send([new Uint8Array([123])]);
    client.command?.send([new Uint8Array([123]), new Uint8Array(32)]);
    client.write(client.order("a"), new Uint8Array(32));
    await rig.clock.advance(10);
    expect(rig.refusals.map(({ channel, code }) => `${channel} ${code}`)).toEqual([
      "command BAD_REQUEST",
      "command BAD_REQUEST",
      "command MAC",
    ]);
    expect(rig.terminal.requests).toEqual([]);
  });

  it("refuses what has no id without an outcome, for there is nothing to name it by", async () => {
    const rig = new Rig();
    await rig.start();
    const client = await rig.session();
    client.write(client.order("x", { id: 5 }));
    client.write(client.order("y", { session: undefined }));
    await rig.clock.advance(10);
    expect(client.outcomes("x")).toEqual([]);
    expect(client.last("y")).toMatchObject({ state: "refused", code: "NO_SESSION" });
    expect(rig.refusals).toHaveLength(2);
  });
});

describe("World", () => {
  const make = (clock: VirtualClock, faults: string[]): World =>
    new World({
      clock,
      hooks: undefined,
      stallMs: 1_000,
      onFault: (fault, where): void => void faults.push(`${where}: ${(fault as Error).message}`),
    });

  it("that is dead runs, schedules and reports nothing", async () => {
    const clock = new VirtualClock();
    const faults: string[] = [];
    const world = make(clock, faults);
    let ran = 0;
    const run = (): void => void ran++;
    world.timer("t", run, 5);
    world.kill();
    world.timer("t", run, 5).cancel();
    world.enter("e", run);
    world.fault(new Error("late"), "f");
    world.freeze()();
    await clock.advance(10);
    expect([ran, faults]).toEqual([0, []]);
  });

  it("that is frozen twice is resumed by who froze it, and runs what came meanwhile in order", () => {
    const faults: string[] = [];
    const world = make(new VirtualClock(), faults);
    const ran: number[] = [];
    const resume = world.freeze();
    const second = world.freeze();
    let again = (): void => undefined;
    world.enter("a", () => {
      ran.push(1);
      again = world.freeze();
    });
    world.enter("b", () => ran.push(2));
    world.enter("c", () => {
      throw new Error("bad");
    });
    second();
    expect(ran).toEqual([]);
    resume();
    expect(ran).toEqual([1]);
    again();
    expect([ran, faults]).toEqual([[1, 2], ["c: bad"]]);
  });
});

describe("MemoryJournalStore", () => {
  it("keeps nothing of a write or a swap whose file was given up meanwhile", async () => {
    const clock = new VirtualClock();
    const store = new MemoryJournalStore({ clock, flushMs: 10 });
    const opened = await store.open();
    if (opened.state !== "open") throw new Error("held");
    const appended = opened.file.append(new Uint8Array([1]));
    const replaced = opened.file.replace(new Uint8Array([2]));
    opened.file.abandon();
    await clock.advance(20);
    await Promise.all([appended, replaced]);
    expect([store.bytes.length, store.flushes]).toEqual([0, 0]);
  });

  it("fails a swap and a cut while the disk fails, and a swap that has no room beside the old bytes", async () => {
    const store = new MemoryJournalStore();
    const opened = await store.open();
    if (opened.state !== "open") throw new Error("held");
    const { file } = opened;
    await file.append(new Uint8Array([1, 2, 3]));
    store.capacityBytes = 5;
    await expect(file.replace(new Uint8Array(3))).rejects.toThrow("no space left");
    store.failure = new Error("I/O");
    await expect(file.replace(new Uint8Array(1))).rejects.toThrow("I/O");
    await expect((async () => await file.truncate(1))()).rejects.toThrow("I/O");
    expect([...store.bytes]).toEqual([1, 2, 3]);
  });
});

describe("JournalState", () => {
  const executed = (id: string, order: string): JournalRecord =>
    ({
      k: "outcome",
      c: "c",
      id,
      o: { id, digest: "", state: "executed", order, deals: [], retcode: 10009 },
    }) as unknown as JournalRecord;
  const command = (id: string): JournalRecord =>
    ({
      k: "command",
      c: "c",
      id,
      in: "i",
      d: "",
      e: 1,
      i: 1,
      r: 1,
      t: 1,
      u: 1,
      ev: { symbol: "EURUSD" },
    }) as unknown as JournalRecord;

  it("refuses another format, and a record that it does not know", () => {
    const state = new JournalState();
    expect(() => state.apply({ k: "journal", v: 2, login: "1", server: "s" } as never)).toThrow("format 2");
    expect(() => state.apply({ k: "later" } as never)).toThrow('a record "later"');
  });

  it("passes over outcomes and acknowledgements of commands that it has let go", () => {
    const state = new JournalState();
    state.apply(executed("gone", "5"));
    state.apply({ k: "ack", c: "c", ids: ["gone"] });
    expect([state.entries.size, state.unacknowledged.size]).toEqual([0, 0]);
  });

  it("says the same from the fewest records, with what was seen and in the order of settling", () => {
    const state = new JournalState();
    state.apply(command("a"));
    state.apply(command("b"));
    state.apply(command("a"));
    state.apply(executed("b", "6"));
    state.apply(executed("a", "5"));
    state.apply({ k: "ack", c: "c", ids: ["a"] });
    state.apply({ k: "seen", d: "77" });
    const records = state.records();
    expect(records.map((record) => record.k)).toEqual([
      "journal",
      "epoch",
      "floor",
      "seen",
      "command",
      "outcome",
      "command",
      "outcome",
    ]);
    const again = new JournalState();
    for (const record of records) again.apply(record);
    expect(again.seenDeal).toBe("77");
    expect([...again.entries.values()].map((entry) => [entry.id, entry.acknowledged])).toEqual([
      ["a", true],
      ["b", false],
    ]);
    expect(again.claims.size).toBe(2);
    for (const entry of [...again.entries.values()]) again.remove(entry);
    expect([again.entries.size, again.claims.size]).toEqual([0, 0]);
  });
});

describe("RefusedIds", () => {
  it("has no room beyond its limit but for ids that it holds, until their time is over", () => {
    let nowMs = 0;
    const refused = new RefusedIds(() => nowMs, 1_000);
    for (let index = 0; index < 65_536; index++) {
      refused.note("c", `i${index}`, { code: "LIMIT", reason: "", issuedAt: 5 });
    }
    expect([refused.hasRoom("c", "new"), refused.hasRoom("c", "i7")]).toEqual([false, true]);
    refused.note("c", "i7", { code: "ROLE", reason: "", issuedAt: 4 });
    expect(refused.find("c", "i7", 5)?.code).toBe("LIMIT");
    nowMs = 1_000;
    expect(refused.find("c", "i7", 5)).toBeUndefined();
    expect(refused.hasRoom("c", "new")).toBe(true);
  });
});

describe("Readiness", () => {
  it("is not there without a login, and waits for known deals until they are taken for archived", () => {
    let nowMs = 0;
    const terminal = new FakeTerminal(new VirtualClock());
    const readiness = new Readiness(terminal, () => nowMs, 5_000);
    readiness.bind();
    readiness.know("0");
    readiness.know("7");
    readiness.know("9");
    expect(readiness.fault()).toContain("does not show deal 9");
    terminal.dealHistory = [fakeDeal("7", "3")];
    expect(readiness.fault()).toBeUndefined();
    terminal.dealHistory = [];
    readiness.forget("9");
    expect(readiness.fault()).toContain("does not show deal 7");
    nowMs = 5_000;
    expect(readiness.fault()).toBeUndefined();
    terminal.accountRecord = { ...terminal.accountRecord, login: "0" };
    expect(readiness.fault()).toBe("The terminal is not logged in");
  });
});

describe("Resolver", () => {
  function evidence(change: Partial<Evidence> = {}): Evidence {
    return {
      symbol: "EURUSD",
      side: "buy",
      volume: 0.1,
      magic: "0",
      position: "0",
      commentTag: "",
      magicTag: false,
      afterOrder: "0",
      afterDeal: "0",
      brokerMs: 1_700_000_000_000,
      ...change,
    };
  }

  const entry = (change: Partial<Evidence> = {}): JournalEntry =>
    ({
      client: "c",
      id: "x",
      digest: "",
      epoch: 1,
      receivedMs: 0,
      sentMs: 0,
      evidence: evidence(change),
    }) as unknown as JournalEntry;

  interface Stage {
    readonly terminal: FakeTerminal;
    readonly resolver: Resolver;
    readonly one: JournalEntry;
    verdict(atOnce?: boolean): Verdict;
  }

  /** One command that is bound to order 5, with what the terminal shows of it. */
  function stage(
    change: Partial<Evidence>,
    shown: { active?: OrderRecord; finished?: OrderRecord; deals?: DealRecord[] },
  ): Stage {
    const terminal = new FakeTerminal(new VirtualClock());
    terminal.orderTable = shown.active === undefined ? [] : [shown.active];
    terminal.orderHistory = shown.finished === undefined ? [] : [shown.finished];
    terminal.dealHistory = shown.deals ?? [];
    const resolver = new Resolver({ terminal, now: () => 0, dealsWaitMs: 1_000, claimant: () => undefined });
    const one = entry(change);
    resolver.watch(one);
    resolver.watch(one);
    resolver.bind(one, "5");
    resolver.bind(one, "6");
    return { terminal, resolver, one, verdict: (atOnce = false) => resolver.verdict(one, atOnce) };
  }

  const order = (change: Partial<OrderRecord>): OrderRecord => ({
    ...fakeOrder("5"),
    kind: "buy",
    volumeInitial: 0.1,
    volumeCurrent: 0,
    ...change,
  });
  const deal = (volume: number): DealRecord => ({ ...fakeDeal("9", "5"), kind: "buy", entry: "in", volume });

  it("waits for the deals of an order that was filled, and is content with what is there at the end", () => {
    const { verdict } = stage({}, { finished: order({ state: "filled" }) });
    expect(verdict()).toEqual({ state: "open", lookAgainMs: 1_000 });
    expect(verdict(true)).toMatchObject({ state: "settled", outcome: { state: "executed", retcode: 10009 } });
  });

  it("waits while an order is still being filled, and tells a part at the end", () => {
    const active = order({ state: "partial", volumeCurrent: 0.06 });
    const { verdict } = stage({}, { active, deals: [deal(0.04)] });
    expect(verdict()).toMatchObject({ state: "open" });
    expect(verdict(true)).toMatchObject({ state: "settled", outcome: { state: "executed", retcode: 10010 } });
  });

  it("takes an order that ended without a deal for not executed, however it ended", () => {
    for (const state of ["cancelled", "rejected", "expired"] as const) {
      const { verdict } = stage({}, { finished: order({ state, volumeCurrent: 0.1 }) });
      expect(verdict()).toMatchObject({ state: "settled", outcome: { state: "rejected" } });
    }
    const { verdict } = stage({}, { active: order({ state: "started", volumeCurrent: 0.1 }) });
    expect(verdict()).toEqual({ state: "open" });
  });

  it("takes a pending order that stands or stood for executed, a rejected one not, and waits for another", () => {
    const pending = { orderKind: "buyLimit" } as const;
    const limit = (state: OrderRecord["state"]): OrderRecord =>
      order({ kind: "buyLimit", state, volumeCurrent: 0.1 });
    expect(stage(pending, { active: limit("placed") }).verdict()).toMatchObject({
      outcome: { state: "executed" },
    });
    expect(stage(pending, { finished: limit("rejected") }).verdict()).toMatchObject({
      outcome: { state: "rejected" },
    });
    expect(stage(pending, { active: limit("started") }).verdict()).toEqual({ state: "open" });
    expect(stage(pending, { deals: [deal(0.1)] }).verdict()).toMatchObject({
      outcome: { state: "executed" },
    });
  });

  it("knows nothing of an order that the terminal does not show, and forgets what is settled", () => {
    const { resolver, one, verdict } = stage({}, {});
    expect(verdict()).toEqual({ state: "open" });
    resolver.touch(one);
    resolver.unwatch(one);
    resolver.unwatch(one);
    resolver.touch(one);
    resolver.bind(one, "5");
    resolver.recall();
    expect([resolver.size, resolver.takeTouched()]).toEqual([0, []]);
  });

  it("binds no order to a command that makes none, and watches no tombstone", () => {
    const target = { what: "cancel", ticket: "5" } as const;
    const { resolver, one, terminal } = stage({ target }, {});
    terminal.orderHistory = [order({ state: "cancelled" })];
    expect(resolver.verdict(one, false)).toMatchObject({ outcome: { state: "executed" } });
    resolver.watch({ ...one, evidence: undefined } as unknown as JournalEntry);
    expect(resolver.size).toBe(1);
  });

  it("cannot tell which of two alike commands made an order, until the other is settled", () => {
    const terminal = new FakeTerminal(new VirtualClock());
    terminal.orderHistory = [order({ state: "filled" })];
    terminal.dealHistory = [deal(0.1)];
    const resolver = new Resolver({ terminal, now: () => 0, dealsWaitMs: 1_000, claimant: () => undefined });
    const [one, two] = [entry(), entry()];
    resolver.watch(one);
    resolver.watch(two);
    resolver.recall();
    expect(resolver.verdict(one, true)).toEqual({ state: "open" });
    resolver.takeTouched();
    resolver.unwatch(two);
    expect(resolver.takeTouched()).toEqual([one]);
    expect(resolver.verdict(one, true)).toMatchObject({ outcome: { state: "executed", order: "5" } });
  });
});
