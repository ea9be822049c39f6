import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TradeRequest } from "../../src/domain/terminal.ts";
import type { Outcome } from "../../src/protocol/v1/messages.ts";
import { refusal, result } from "../kit/raw-client.ts";
import { AgentBench, answered, type BenchOptions } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

const market = {
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
};
const close = {
  kind: "close",
  position: "1",
  volume: 0,
  deviation: 10,
  comment: "",
  filling: "auto",
  tag: "comment",
};

const pending = {
  ...market,
  kind: "pending",
  orderKind: "buyLimit",
  price: 1.05,
  priceStopLimit: 0,
  timeInForce: "gtc",
  expirationBrokerMs: 0,
};

const open: AgentBench[] = [];

async function serving(options: BenchOptions = {}): Promise<AgentBench> {
  const bench = await AgentBench.serving(options);
  open.push(bench);
  return bench;
}

const told = (outcome: Outcome): string => (outcome.state === "refused" ? outcome.code : outcome.state);

describe("the expert's command channel", { timeout: 300_000 }, () => {
  beforeEach((context) => {
    requireHost(context);
  });
  afterEach(async () => {
    for (const bench of open.splice(0)) await bench[Symbol.asyncDispose]();
  });

  it("refuses intents that are wrong as BAD_REQUEST, with a reason, and sends nothing of them", async () => {
    const sent: TradeRequest[] = [];
    const bench = await serving();
    bench.tables.orderSendAsync = (request) => {
      sent.push(request);
      return { sent: false, requestId: 0, retcode: 10013, comment: "" };
    };
    const raw = await bench.live();
    const wrong: readonly (readonly [object | string, string])[] = [
      ["", "Cannot read the intent"],
      ["[]", "Cannot read the intent"],
      [{}, "kind"],
      [{ ...market, kind: "swap" }, "kind"],
      [{ ...market, volume: -1 }, "volume"],
      [{ ...market, volume: 0 }, "volume"],
      [{ ...market, volume: "0.1" }, "volume"],
      [{ ...market, volume: 0.105 }, "step"],
      [{ ...market, volume: 0.001 }, "bounds"],
      [{ ...market, symbol: "NONE" }, "NONE"],
      [{ ...market, symbol: "" }, "symbol"],
      [{ ...market, symbol: 5 }, "symbol"],
      [{ ...market, side: "up" }, "side"],
      [{ ...market, stopLoss: 1.000005 }, "stopLoss"],
      [{ ...market, takeProfit: 1.000005 }, "takeProfit"],
      [{ ...market, takeProfit: -1 }, "takeProfit"],
      [{ ...market, deviation: -1 }, "deviation"],
      [{ ...market, deviation: 1.5 }, "deviation"],
      [{ ...market, magic: 5 }, "magic"],
      [{ ...market, magic: "9223372036854775808" }, "magic"],
      [{ ...market, comment: "x".repeat(32) }, "comment"],
      [{ ...market, comment: "\u0001" }, "comment"],
      [{ ...market, filling: "now" }, "filling"],
      [{ ...market, filling: "" }, "filling"],
      [{ ...market, tag: "here" }, "tag"],
      [{ ...market, tag: "" }, "tag"],
      [{ ...close, position: "0" }, "position"],
      [{ ...close, position: 7 }, "position"],
      [{ ...pending, orderKind: "buy" }, "orderKind"],
      [{ ...pending, orderKind: 1 }, "orderKind"],
      [{ ...pending, price: 0 }, "price"],
      [{ ...pending, price: -1 }, "price"],
      [{ ...pending, price: 1.050005 }, "price"],
      [{ ...pending, priceStopLimit: 1.050005 }, "priceStopLimit"],
      [{ ...pending, timeInForce: "ever" }, "timeInForce"],
      [{ ...pending, timeInForce: 5 }, "timeInForce"],
      [{ ...pending, expirationBrokerMs: -1 }, "expirationBrokerMs"],
      [{ ...pending, volume: 0 }, "volume"],
      [{ ...pending, tag: "x" }, "tag"],
      [{ kind: "cancel" }, "order"],
      [{ kind: "cancel", order: "0" }, "order"],
      [{ kind: "closeBy", position: "1" }, "positionBy"],
      [{ kind: "closeBy", position: "1", positionBy: "1" }, "itself"],
      [{ kind: "modifyOrder" }, "order"],
      [{ kind: "modifyOrder", order: "1", price: "x" }, "price"],
      [{ kind: "modifyOrder", order: "1", priceStopLimit: -1 }, "priceStopLimit"],
      [{ kind: "modifyOrder", order: "1", stopLoss: -1 }, "stopLoss"],
      [{ kind: "modifyOrder", order: "1", takeProfit: -1 }, "takeProfit"],
      [{ kind: "modifyOrder", order: "1", timeInForce: "x" }, "timeInForce"],
      [{ kind: "modifyOrder", order: "1", expirationBrokerMs: "x" }, "expirationBrokerMs"],
      [{ kind: "modifyPosition", position: "x" }, "position"],
    ];
    for (const [index, [intent, reason]] of wrong.entries()) {
      const id = `w-${index}`;
      raw.sendCommand(raw.command(id, typeof intent === "string" ? intent : JSON.stringify(intent)));
      const outcome = await bench.outcome(raw, id);
      expect([id, told(outcome)]).toEqual([id, "BAD_REQUEST"]);
      expect(outcome.state === "refused" && outcome.reason).toContain(reason);
    }
    expect(sent).toEqual([]);
  });

  it("refuses members that are wrong under the command's name, in the order of the protocol", async () => {
    const bench = await serving();
    const raw = await bench.live();
    const wrong: readonly (readonly [string, object])[] = [
      ["session", { session: 5 }],
      ["epoch", { epoch: 0 }],
      ["issuedAt", { issuedAt: -1 }],
      ["notAfter", { notAfter: "soon" }],
      ["intent", { intent: 5 }],
      ["op", { op: "ping" }],
      ["v", { v: 2 }],
    ];
    for (const [name, change] of wrong) {
      const id = `b-${name}`;
      raw.sendCommand({ ...raw.command(id, JSON.stringify(market)), ...change });
      const outcome = await bench.outcome(raw, id);
      expect([name, told(outcome)]).toEqual([name, name === "session" ? "NO_SESSION" : "BAD_REQUEST"]);
      if (name === "session") raw.commandCounter--;
    }
    const intent = JSON.stringify(market);
    const now = raw.agentMs();
    const cases: readonly (readonly [string, object, string])[] = [
      ["c-floor", { epoch: raw.epoch - 1 }, "EXPIRED_ID"],
      ["c-late", { issuedAt: now - 10, notAfter: now - 5 }, "EXPIRED"],
      ["c-early", { issuedAt: now + 60_000, notAfter: now + 60_001 }, "STALE"],
      ["c-long", { notAfter: now + 70_000 }, "BAD_REQUEST"],
      ["c-long", { issuedAt: now - 5 }, "BAD_REQUEST"],
      ["c-ahead", { n: 5_000 }, "COUNTER"],
      ["c-again", { n: 1 }, "REPLAYED"],
    ];
    for (const [id, change, wanted] of cases) {
      const nth = raw.outcomes(id).length + 1;
      raw.sendCommand(raw.command(id, intent, change));
      expect([id, told(await bench.outcome(raw, id, nth))]).toEqual([id, wanted]);
    }
  });

  it("holds orders to its limits, but never a close: LIMIT, RATE_LIMITED", async () => {
    const bench = await serving({ settings: ["max_volume_lots=0.5", "commands_per_second=1"] });
    const raw = await bench.live();
    raw.sendCommand(raw.command("big", JSON.stringify({ ...market, volume: 0.6 })));
    expect(told(await bench.outcome(raw, "big"))).toBe("LIMIT");
    for (let i = 0; i < 4; i++)
      raw.sendCommand(raw.command(`r-${i}`, JSON.stringify({ ...market, volume: 9 })));
    expect(told(await bench.outcome(raw, "r-3"))).toBe("RATE_LIMITED");
    raw.sendCommand(raw.command("gone", JSON.stringify(close)));
    const gone = await bench.outcome(raw, "gone");
    expect(gone.state === "rejected" && gone.retcode).toBe(10036);
  });

  it("tags by magic, takes any filling, and closes what it opened so", async () => {
    const bench = await serving();
    const raw = await bench.live();
    const sent: TradeRequest[] = [];
    bench.tables.orderSendAsync = (request) => {
      sent.push(request);
      return bench.terminal.orderSendAsync(request);
    };
    raw.sendCommand(
      raw.command(
        "t-1",
        JSON.stringify({ ...market, tag: "magic", filling: "ioc", stopLoss: 1.05, takeProfit: 1.2 }),
      ),
    );
    const opened = await bench.outcome(raw, "t-1");
    expect(opened.state).toBe("executed");
    expect(BigInt(sent[0]?.magic ?? "0") > 1n << 40n).toBe(true);
    const position = opened.state === "executed" ? opened.position : "";
    raw.sendCommand(raw.command("t-2", JSON.stringify({ ...close, position, volume: 0.055 })));
    expect(told(await bench.outcome(raw, "t-2"))).toBe("BAD_REQUEST");
    raw.sendCommand(raw.command("t-3", JSON.stringify({ ...close, position, tag: "magic" })));
    expect((await bench.outcome(raw, "t-3")).state).toBe("executed");
    expect(bench.terminal.positions()).toEqual([]);
  });

  it("tells what the terminal refused at once: rejected if that is certain, else unknown", async () => {
    const bench = await serving();
    const raw = await bench.live();
    for (const [id, retcode, state] of [
      ["s-1", 10027, "rejected"],
      ["s-2", 10031, "unknown"],
      ["s-3", 0, "unknown"],
    ] as const) {
      bench.tables.orderSendAsync = () => ({ sent: false, requestId: 0, retcode, comment: "no" });
      raw.sendCommand(raw.command(id, JSON.stringify(market)));
      const outcome = await bench.outcome(raw, id);
      expect([id, outcome.state]).toEqual([id, state]);
    }
    bench.terminal.setConnected(false);
    bench.refresh();
    await bench.program.synced();
    raw.sendCommand(raw.command("s-4", JSON.stringify(market)));
    const apart = await bench.outcome(raw, "s-4");
    expect(apart.state === "rejected" && apart.retcode).toBe(10031);
  });

  it("rejects a market order of a symbol without a quote by 10021", async () => {
    const bench = await serving();
    const raw = await bench.live();
    raw.sendCommand(raw.command("q-1", JSON.stringify({ ...market, symbol: "GBPUSD" })));
    const outcome = await bench.outcome(raw, "q-1");
    expect(outcome.state === "rejected" && outcome.retcode).toBe(10021);
  });

  it("hands the terminal at most 128 unanswered commands; the others wait in order, are told EXPIRED when their time is up, and go when their turn comes", async () => {
    const bench = await serving();
    const raw = await bench.live();
    let requestId = 0;
    const sent: number[] = [];
    bench.tables.orderSendAsync = () => {
      sent.push(++requestId);
      return { sent: true, requestId, retcode: 10008, comment: "" };
    };
    const now = raw.agentMs();
    for (let i = 1; i <= 300; i++) {
      const command = raw.command(
        `f-${i}`,
        JSON.stringify(market),
        i === 200 ? { issuedAt: now, notAfter: now + 400 } : {},
      );
      raw.sendCommand(command);
      if (i === 150) raw.sendCommand({ ...command, n: ++raw.commandCounter });
    }
    await bench.until(() => sent.length === 128, "128 requests");
    await bench.until(
      () => raw.pulses.some((pulse) => pulse.sessions.some((one) => one.command >= 301)),
      "the counter",
    );
    expect(sent.length).toBe(128);
    await bench.until(() => raw.agentMs() > now + 500, "the time of one");
    for (let turn = 1; turn <= 299; turn++) {
      await bench.until(() => sent.length >= turn, `request ${turn}`);
      bench.changed(answered(turn, 10013));
      expect(sent.length - turn).toBeLessThanOrEqual(128);
    }
    await bench.until(() => raw.outcomes("f-300").length > 0, "the last");
    expect(told(raw.outcomes("f-200")[0] as Outcome)).toBe("EXPIRED");
    for (const i of [1, 128, 129, 199, 201, 300])
      expect(told(await bench.outcome(raw, `f-${i}`))).toBe("rejected");
    expect(raw.outcomes("f-150").every((outcome) => outcome.state === "rejected")).toBe(true);
    expect(sent.length).toBe(299);
  });

  it("refuses JOURNAL when the journal has no room, except for closes", async () => {
    const bench = await AgentBench.create({ settings: ["journal_max_entries=1000"] });
    open.push(bench);
    const c = Buffer.from(bench.keys.client.publicKey).toString("hex");
    const tombs = Array.from({ length: 1_000 }, (_, i) => ({
      k: "tombstone",
      c,
      id: `v-${i}`,
      e: 1_000,
      i,
      t: i,
      u: i,
      st: 4,
      s: 0,
      rc: 0,
      or: "0",
      o: { id: `v-${i}`, digest: "", state: "void", sinceUtcMs: 0 },
    }));
    await bench.writeJournal([...bench.journalHead(), ...tombs]);
    await bench.start();
    const raw = await bench.live();
    raw.sendCommand(raw.command("j-1", JSON.stringify(market)));
    expect(told(await bench.outcome(raw, "j-1"))).toBe("JOURNAL");
    raw.sendCommand(raw.command("j-2", JSON.stringify(close)));
    expect((await bench.outcome(raw, "j-2")).state).toBe("rejected");
    raw.sendCommand(raw.command("v-5", JSON.stringify(market)));
    expect(told(await bench.outcome(raw, "v-5"))).toBe("VOID");
    const asked = result<{ outcome: Outcome }>(await raw.request("outcome", { id: "v-6" }));
    expect(asked.outcome.state).toBe("void");
    const below = result<{ outcome: Outcome }>(
      await raw.request("outcome", { id: "x", epoch: 1, issuedAt: 0 }),
    );
    expect(["unknown", "void"]).toContain(below.outcome.state);
    expect(refusal(await raw.request("outcome", { id: "b d" }))).toBe("BAD_REQUEST");
  });

  it("rejects changes, cancels and closes-by of what is gone, with the terminal's own codes", async () => {
    const bench = await serving();
    const raw = await bench.live();
    const gone: readonly (readonly [object, number])[] = [
      [{ kind: "cancel", order: "5" }, 10013],
      [{ kind: "modifyOrder", order: "5", price: 1 }, 10013],
      [{ kind: "modifyPosition", position: "5", stopLoss: 1 }, 10036],
      [{ kind: "closeBy", position: "5", positionBy: "6" }, 10036],
    ];
    for (const [index, [intent, retcode]] of gone.entries()) {
      raw.sendCommand(raw.command(`g-${index}`, JSON.stringify(intent)));
      expect(await bench.outcome(raw, `g-${index}`)).toMatchObject({ state: "rejected", retcode });
    }
  });

  it("changes every term of a pending order, and leaves those that are missing as they are", async () => {
    const bench = await serving();
    const raw = await bench.live();
    const sent: TradeRequest[] = [];
    bench.tables.orderSendAsync = (request) => {
      sent.push(request);
      return bench.terminal.orderSendAsync(request);
    };
    const until = Math.floor(bench.terminal.brokerMs() / 1_000) * 1_000 + 3_600_000;
    raw.sendCommand(raw.command("p-1", JSON.stringify({ ...pending, filling: "ioc", stopLoss: 1.01 })));
    const placed = await bench.outcome(raw, "p-1");
    const order = placed.state === "executed" ? placed.order : "";
    const change = async (id: string, terms: object): Promise<void> => {
      raw.sendCommand(raw.command(id, JSON.stringify({ kind: "modifyOrder", order, ...terms })));
      expect(await bench.outcome(raw, id)).toMatchObject({ state: "executed", order });
    };
    await change("p-2", {
      price: 1.04,
      takeProfit: 1.2,
      timeInForce: "specified",
      expirationBrokerMs: until,
    });
    expect(bench.terminal.orders()[0]).toMatchObject({
      price: 1.04,
      stopLoss: 1.01,
      takeProfit: 1.2,
      timeInForce: "specified",
      expirationBrokerMs: until,
    });
    await change("p-3", { timeInForce: "gtc", stopLoss: 0 });
    expect(bench.terminal.orders()[0]).toMatchObject({ price: 1.04, stopLoss: 0, timeInForce: "gtc" });
    raw.sendCommand(raw.command("p-4", JSON.stringify({ kind: "modifyOrder", order, price: 1.040005 })));
    expect(told(await bench.outcome(raw, "p-4"))).toBe("BAD_REQUEST");
    expect(sent.map((request) => request.action)).toEqual(["pending", "modify", "modify"]);
  });

  it("reads each command that waited afresh: nothing of the one before is left in it", async () => {
    const bench = await serving({ symbols: ["EURUSD", "USDJPY"] });
    const raw = await bench.live();
    result(await raw.request("tick", { symbol: "USDJPY" }));
    await bench.program.message((one) => one.t === "symbolSelect" && one.name === "USDJPY");
    bench.terminal.quote("USDJPY", 150.001, 150.003);
    const sent: TradeRequest[] = [];
    bench.tables.orderSendAsync = (request) => {
      sent.push(request);
      return { sent: true, requestId: sent.length, retcode: 10008, comment: "" };
    };
    for (let i = 1; i <= 128; i++) raw.sendCommand(raw.command(`f-${i}`, JSON.stringify(market)));
    const fine = { ...pending, price: 1.05001, stopLoss: 1.01001 };
    raw.sendCommand(raw.command("fine", JSON.stringify(fine)));
    raw.sendCommand(raw.command("coarse", JSON.stringify({ ...market, symbol: "USDJPY" })));
    await bench.until(() => sent.length === 128, "128 requests");
    for (let turn = 1; turn <= 128; turn++) bench.changed(answered(turn, 10013));
    await bench.until(() => sent.length === 130, "the two that waited");
    expect(sent[128]).toMatchObject({ action: "pending", price: 1.05001 });
    expect(sent[129]).toMatchObject({ action: "deal", symbol: "USDJPY" });
    expect(sent[129]?.stopLoss ?? 0).toBe(0);
  });
});
