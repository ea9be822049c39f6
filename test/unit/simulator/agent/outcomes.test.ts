import { afterEach, describe, expect, it } from "vitest";
import { retcodes } from "../../../../src/domain/retcodes.ts";
import type { Behaviour } from "../../../kit/fake-terminal.ts";
import { Rig, type TestClient } from "./rig.ts";

let rig: Rig;
afterEach(() => rig?.agent.kill());

async function begin(behaviour: Behaviour = {}): Promise<TestClient> {
  rig = new Rig();
  rig.terminal.behaviour = behaviour;
  await rig.start();
  return rig.session();
}

describe("outcomes", () => {
  it.each(retcodes.filter((info) => info.certainty === "no"))("is rejected for $code $name", async (info) => {
    const client = await begin({ execute: false, retcode: info.code });
    const [outcome] = await client.trade("a");
    expect(outcome).toMatchObject({ state: "rejected", retcode: info.code });
  });

  it.each(retcodes.filter((info) => info.certainty === "unknown" && info.code !== 10008))(
    "is unknown for $code $name without a trace, and executed with one",
    async (info) => {
      const client = await begin({ execute: false, retcode: info.code });
      await client.trade("a");
      expect(client.last("a")).toMatchObject({ state: "unknown", retcode: info.code });
      rig.terminal.behaviour = { execute: true, retcode: info.code, bareAnswer: true };
      await client.trade("b", {}, {}, 500);
      expect(client.last("b")).toMatchObject({
        state: "executed",
        retcode: 10009,
        deals: [{ order: "1000" }],
      });
    },
  );

  it("is rejected for a local refusal that is certain, and unknown for one that is not", async () => {
    const client = await begin();
    rig.terminal.script.push({ refuseLocally: 10027 }, { refuseLocally: 10024 });
    await client.trade("a");
    await client.trade("b");
    expect(client.last("a")).toMatchObject({ state: "rejected", retcode: 10027 });
    expect(client.last("b")).toMatchObject({ state: "unknown", retcode: 10024 });
  });

  it("is rejected, not sent, while the terminal is not connected", async () => {
    const client = await begin();
    rig.terminal.terminalRecord = { ...rig.terminal.terminalRecord, connected: false };
    await client.trade("a");
    expect(client.last("a")).toMatchObject({ state: "rejected", retcode: 10031, sentMs: 0 });
    expect(rig.terminal.requests).toEqual([]);
  });

  it("is unknown, not failed, when sending throws", async () => {
    const client = await begin({ throws: true, retcode: undefined });
    await client.trade("a");
    expect(client.last("a")).toMatchObject({ state: "executed" });
    rig.terminal.behaviour = { throws: true, execute: false, retcode: undefined };
    await client.trade("b");
    expect(client.last("b")).toMatchObject({ state: "unknown", retcode: 0 });
  });

  it("becomes unknown when no answer comes within the time, and executed when a late one does", async () => {
    const client = await begin({ executeAfterMs: 12_000, comment: "rewritten" });
    await client.trade("a", {}, {}, 9_900);
    expect(client.outcomes("a")).toEqual([]);
    await rig.clock.advance(200);
    expect(client.last("a")).toMatchObject({ state: "unknown", retcode: 0 });
    await rig.clock.advance(3_000);
    expect(client.outcomes("a").map((outcome) => outcome.state)).toEqual(["unknown", "executed"]);
    expect(rig.agent.stats().openCommands).toBe(0);
  });

  it("becomes rejected when a late answer says so", async () => {
    const client = await begin({ execute: false, executeAfterMs: 12_000, retcode: 10019 });
    await client.trade("a", {}, {}, 13_000);
    expect(client.outcomes("a").map((outcome) => outcome.state)).toEqual(["unknown", "rejected"]);
  });

  it("finds an executed command by its tag when the answer never comes", async () => {
    const client = await begin({ retcode: undefined });
    await client.trade("a", {}, {}, 10_100);
    expect(client.outcomes("a")).toMatchObject([{ state: "executed", order: "1000", deal: "5000" }]);
  });

  it("takes 10008 for no outcome of a market order, and waits for what follows", async () => {
    const client = await begin({ execute: false, retcode: 10008 });
    await client.trade("a", {}, {}, 500);
    expect(client.outcomes("a")).toEqual([]);
    rig.terminal.answer(1, { retcode: 10009, order: "7", deal: "0", volume: 0 });
    await rig.clock.advance(6_000);
    expect(client.last("a")).toMatchObject({ state: "executed", order: "7", deals: [] });
  });

  it("hears an answer that comes before the send returns", async () => {
    const client = await begin({ synchronous: true });
    const [outcome] = await client.trade("a");
    expect(outcome).toMatchObject({ state: "executed", deals: [{ ticket: "5000" }] });
  });

  it("waits for the deals of an executed command, and publishes them before", async () => {
    const client = await begin({ dealsAfterMs: 300, deals: 3 });
    await client.trade("a", {}, { volume: 0.3 }, 250);
    expect(client.outcomes("a")).toEqual([]);
    await rig.clock.advance(300);
    expect(client.last("a")).toMatchObject({ state: "executed", deals: [{}, {}, {}], moreDeals: false });
    const types = client.events.map((event) => event.type);
    expect(types.slice(-6)).toEqual(["order", "deal", "deal", "deal", "position", "outcome"]);
  });

  it("follows its deals and its position also when the tables are looked at seldom", async () => {
    rig = new Rig({ limits: { scanGapMs: 100 } });
    await rig.start();
    const client = await rig.session();
    await client.trade("a", {}, {}, 10);
    await client.trade("b", {}, {}, 500);
    const names = client.events.map((event) =>
      event.type === "deal"
        ? `deal of ${event.deal.order}`
        : event.type === "outcome"
          ? event.outcome.id
          : event.type,
    );
    expect(names).toHaveLength(8);
    expect(names.indexOf("b")).toBeGreaterThan(names.lastIndexOf("position"));
    expect(names.lastIndexOf("position")).toBeGreaterThan(names.indexOf("deal of 1001"));
  });

  it("publishes an executed outcome without deals when they do not come within 5 s", async () => {
    const client = await begin({ dealsAfterMs: 60_000 });
    await client.trade("a", {}, {}, 4_900);
    expect(client.outcomes("a")).toEqual([]);
    await rig.clock.advance(200);
    expect(client.last("a")).toMatchObject({ state: "executed", order: "1000", deals: [] });
  });

  it("keeps the answer over a crash while it waits for the deals", async () => {
    const client = await begin({ dealsAfterMs: 60_000 });
    await client.trade("a", {}, {}, 100);
    await rig.restart();
    const again = await rig.session();
    expect(await again.get("outcome", { id: "a" })).toMatchObject({
      outcome: { state: "executed", order: "1000" },
    });
  });

  it("lists 32 deals and says that there are more", async () => {
    const client = await begin({ deals: 40 });
    const [outcome] = await client.trade("a", {}, { volume: 4 });
    expect(outcome).toMatchObject({ state: "executed", moreDeals: true, volume: 4 });
    expect(outcome?.state === "executed" && outcome.deals).toHaveLength(32);
  });

  it("tells a partial fill with its volume", async () => {
    const client = await begin({ filledLots: 0.04 });
    const [outcome] = await client.trade("a");
    expect(outcome).toMatchObject({ state: "executed", retcode: 10010, volume: 0.04 });
  });

  it("gives times of the agent clock in order", async () => {
    const client = await begin({ executeAfterMs: 30 });
    await rig.clock.advance(500);
    const [outcome] = await client.trade("a", {}, {}, 100);
    if (outcome?.state !== "executed") throw new Error("not executed");
    expect(outcome.receivedMs).toBeGreaterThan(500);
    expect(outcome.sentMs).toBeGreaterThanOrEqual(outcome.receivedMs);
    expect(outcome.doneMs).toBeGreaterThanOrEqual(outcome.sentMs + 30);
  });
});

describe("outcome lookups", () => {
  it("answers pending while there is no outcome, and what there is afterwards", async () => {
    const client = await begin({ answerAfterMs: 300 });
    await client.trade("a");
    expect(await client.get("outcome", { id: "a" })).toMatchObject({
      outcome: { state: "pending", id: "a" },
    });
    await rig.clock.advance(400);
    expect(await client.get("outcome", { id: "a" })).toMatchObject({ outcome: { state: "executed" } });
  });

  it("answers void for an unknown id, durably, and refuses the command VOID when it comes", async () => {
    const client = await begin();
    const body = client.order("a");
    expect(await client.get("outcome", { id: "a" })).toMatchObject({
      outcome: { state: "void", digest: "" },
    });
    client.write(body);
    await rig.clock.advance(20);
    expect(client.last("a")).toMatchObject({ state: "refused", code: "VOID" });
    await rig.restart();
    const again = await rig.session();
    await again.trade("a");
    expect(again.last("a")).toMatchObject({ state: "refused", code: "VOID" });
    expect(rig.terminal.requests).toEqual([]);
  });

  it("answers nothing before the tombstone is durable", async () => {
    const client = await begin();
    rig.store.capacityBytes = 0;
    expect(await client.code("outcome", { id: "a" })).toBe("JOURNAL");
    // Told VOID or not: the id stays void in this run.
    await client.trade("a");
    expect(client.last("a")).toMatchObject({ state: "refused", code: "VOID" });
    expect(await client.code("outcome", { id: "a" })).toBe("JOURNAL");
    rig.store.capacityBytes = Number.POSITIVE_INFINITY;
    expect(await client.get("outcome", { id: "a" })).toMatchObject({ outcome: { state: "void" } });
  });

  it("writes nothing with peek", async () => {
    const client = await begin();
    const before = rig.store.bytes.length;
    expect(await client.get("outcome", { id: "a", peek: true })).toEqual({ outcome: null });
    expect(rig.store.bytes.length).toBe(before);
    await client.trade("a");
    expect(client.last("a")).toMatchObject({ state: "executed" });
  });

  it("answers unknown below the floor", async () => {
    const client = await begin();
    const args = { id: "a", epoch: client.epoch - 1, issuedAt: 5 };
    expect(await client.get("outcome", args)).toMatchObject({ outcome: { state: "unknown", retcode: 0 } });
    const now = { id: "b", epoch: client.epoch, issuedAt: 5 };
    expect(await client.get("outcome", now)).toMatchObject({ outcome: { state: "void" } });
  });

  it("answers only for the client's own ids", async () => {
    const client = await begin();
    await client.trade("a");
    const other = await rig.session(2);
    expect(await other.get("outcome", { id: "a" })).toMatchObject({ outcome: { state: "void" } });
    expect(await client.get("outcome", { id: "a" })).toMatchObject({ outcome: { state: "executed" } });
  });

  it("lists unacknowledged outcomes in hello until they are acknowledged", async () => {
    const client = await begin();
    await client.trade("a");
    rig.terminal.behaviour = { execute: false, retcode: 10019 };
    await client.trade("b");
    await client.get("outcome", { id: "void" });
    const hello = await client.hello();
    expect(hello.outcomes.map((outcome) => outcome.id)).toEqual(["a", "b"]);
    expect(hello.moreOutcomes).toBe(false);
    await client.get("outcome.ack", { ids: ["a", "nobody"] });
    expect((await client.hello()).outcomes.map((outcome) => outcome.id)).toEqual(["b"]);
    await rig.clock.advance(10);
    await rig.restart();
    const again = await rig.client();
    expect((await again.hello()).outcomes.map((outcome) => outcome.id)).toEqual(["b"]);
    expect((await again.hello("read")).outcomes).toEqual([]);
  });

  it("passes over an acknowledgement of what is unknown", async () => {
    const client = await begin({ retcode: undefined, execute: false });
    await client.trade("a", {}, {}, 10_100);
    expect(client.last("a")).toMatchObject({ state: "unknown" });
    await client.get("outcome.ack", { ids: ["a"] });
    rig.terminal.answer(1, { retcode: 10019 });
    await rig.clock.advance(100);
    expect((await client.hello()).outcomes).toMatchObject([{ id: "a", state: "rejected" }]);
  });

  it("gives outcomes of another instance only once that has no session", async () => {
    const client = await begin();
    await client.trade("a");
    const other = await rig.client();
    expect((await other.hello("trade", "other")).outcomes).toEqual([]);
    expect(await other.get("outcomes")).toEqual({ outcomes: [], more: null });
    await client.get("bye");
    expect(await other.get("outcomes")).toMatchObject({ outcomes: [{ id: "a" }], more: null });
  });

  it("says in hello that there are more outcomes, and pages them", async () => {
    const client = await begin();
    rig.agent.kill();
    await rig.start({ limits: { maxOutcomesInHello: 2, maxReplyBytes: 70_000 } });
    const again = await rig.session();
    for (const id of ["a", "b", "c"]) await again.trade(id);
    const hello = await again.hello();
    expect(hello.outcomes.map((outcome) => outcome.id)).toEqual(["a", "b"]);
    expect(hello.moreOutcomes).toBe(true);
    expect(((await again.get("outcomes"))["outcomes"] as unknown[]).length).toBe(3);
    expect(client.key).toBe(again.key);
  });
});
