import { describe, expect, it } from "vitest";
import {
  isSyncOp,
  readArgs,
  readCommand,
  readCommandHead,
  readIntent,
  readSyncRequest,
  syncOps,
} from "../../../../src/protocol/v1/request-schemas.ts";

const request = { v: 1, op: "ping", rid: "1", session: "s", n: 1, epoch: 7, at: 0 };
const command = {
  v: 1,
  op: "trade",
  session: "s",
  n: 1,
  epoch: 7,
  issuedAt: 0,
  notAfter: 5,
  id: "a",
  intent: "{}",
};
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

function codeOf(read: { readonly ok: boolean; readonly code?: string }): string {
  return read.ok ? "ok" : (read.code ?? "");
}

describe("readSyncRequest", () => {
  it("takes a request and ignores members that it does not know", () => {
    expect(readSyncRequest({ ...request, extra: 1 })).toEqual({ ok: true, value: request });
  });

  it("takes challenge and hello without session", () => {
    expect(codeOf(readSyncRequest({ v: 1, op: "challenge", rid: "1" }))).toBe("ok");
    expect(codeOf(readSyncRequest({ v: 1, op: "hello", rid: "1" }))).toBe("ok");
  });

  it.each(["session", "n", "epoch", "at", "op", "rid", "v"])("refuses a request without %s", (member) => {
    expect(codeOf(readSyncRequest({ ...request, [member]: undefined }))).toBe("BAD_REQUEST");
  });

  it.each([
    ["rid", ""],
    ["rid", "x".repeat(65)],
    ["rid", "with space"],
    ["rid", "zero\0"],
    ["rid", "ä"],
    ["n", 0],
    ["n", 1.5],
    ["n", 2 ** 53],
    ["n", "1"],
    ["at", -1],
    ["at", 0.5],
    ["epoch", 0],
    ["args", []],
    ["args", "x"],
  ])("refuses %s %j", (member, value) => {
    expect(codeOf(readSyncRequest({ ...request, [member]: value }))).toBe("BAD_REQUEST");
  });

  it("names another revision before anything else", () => {
    expect(codeOf(readSyncRequest({ v: 2 }))).toBe("REVISION");
    expect(codeOf(readSyncRequest({ v: 1.5 }))).toBe("BAD_REQUEST");
  });

  it("does not repeat what was sent in its message", () => {
    const read = readSyncRequest({ ...request, rid: "secret secret" });
    expect(read.ok ? "" : read.message).toContain('"rid"');
    expect(read.ok ? "" : read.message).not.toContain("secret");
  });
});

describe("readArgs", () => {
  it.each([
    ["barrier", { token: "t" }],
    ["positions", {}],
    ["positions", { symbol: "EURUSD.£", cursor: "c.1" }],
    ["symbols", { names: ["a"] }],
    ["snapshot", { since: { brokerMs: 0, orders: ["9223372036854775807"] } }],
    ["ledger.since", { epoch: 1, seq: 0 }],
    ["subscribe", { symbols: ["a"] }],
    ["outcome", { id: "a", peek: true, epoch: 1, issuedAt: 0 }],
    ["outcome.ack", { ids: [] }],
    ["hello", { challenge: "c", instance: "i", role: "read", name: "n", version: "" }],
  ] as const)("takes %s %j", (op, args) => {
    expect(readArgs(op, args)).toEqual({ ok: true, value: args });
  });

  it.each([
    ["barrier", {}],
    ["barrier", undefined],
    ["positions", { symbol: 1 }],
    ["symbols", { names: "a" }],
    ["symbols", { names: Array.from({ length: 1_025 }, () => "a") }],
    ["snapshot", { since: { brokerMs: 0, orders: Array.from({ length: 1_001 }, () => "1") } }],
    ["snapshot", { since: { brokerMs: 0, orders: ["01"] } }],
    ["snapshot", { since: { brokerMs: 0 } }],
    ["ledger.since", { epoch: 1, seq: -1 }],
    ["subscribe", { symbols: [] }],
    ["subscribe", { symbols: ["a\0b"] }],
    ["subscribe", { symbols: ["\udc00"] }],
    ["outcome", { id: "a b" }],
    ["outcome.ack", { ids: Array.from({ length: 257 }, () => "a") }],
    ["hello", { challenge: "c", instance: "i", role: "admin", name: "n", version: "" }],
  ] as const)("refuses %s %j", (op, args) => {
    expect(codeOf(readArgs(op, args))).toBe("BAD_REQUEST");
  });

  it.each([
    ["tick", {}, '"symbol" is missing'],
    ["tick", { symbol: 7 }, '"symbol" must be a symbol\'s name: text of 1 to 64 characters, not this number'],
    ["tick", { symbol: "" }, '"symbol" must be a symbol\'s name: text of 1 to 64 characters'],
    ["subscribe", { symbols: "EURUSD" }, '"symbols" must be a list of 1 to 1024 symbols, not this text'],
    ["subscribe", { symbols: ["a", null] }, '"symbols.1" must be a symbol\'s name'],
    ["hello", { role: "admin" }, '"challenge" is missing'],
    ["outcome", { id: "a", peek: 1 }, '"peek" must be true or false, not this number'],
    ["bars", { symbol: "a", timeframe: "M7" }, '"timeframe" must be one of "M1", "M2"'],
    ["bars", { symbol: "a", timeframe: "M1" }, "it needs fromBrokerMs and toBrokerMs, or a count"],
    ["history.deals", {}, "it needs fromBrokerMs and toBrokerMs, or a ticket, or a position"],
    [
      "calendar",
      { fromBrokerMs: 0, toBrokerMs: 1, currency: "usd" },
      '"currency" must be three capital letters',
    ],
    ["snapshot", { since: 5 }, '"since" must be an object, not this number'],
  ] as const)("says plainly what is wrong with %s %j", (op, args, text) => {
    const read = readArgs(op, args);
    expect(read.ok ? "" : read.message).toContain(text);
  });

  it("tells of every operation which member it lacks, never a pattern or a member's own name as its type", () => {
    for (const op of syncOps) {
      const read = readArgs(op, {});
      if (read.ok) continue;
      expect(read.message, op).toMatch(/(?:"[a-zA-Z]+" is missing|it needs .*)$/);
    }
  });

  it("knows the operations by their own names only", () => {
    expect(isSyncOp("outcome.ack")).toBe(true);
    expect(isSyncOp("toString")).toBe(false);
    expect(isSyncOp("__proto__")).toBe(false);
  });
});

describe("readCommand and readCommandHead", () => {
  it("take a command", () => {
    expect(readCommand(command)).toEqual({ ok: true, value: command });
  });

  it.each([
    ["id", ""],
    ["id", "x".repeat(65)],
    ["id", "a b"],
    ["id", "ä"],
    ["n", -1],
    ["notAfter", "5"],
    ["intent", {}],
    ["op", "order"],
    ["session", 5],
  ])("refuse %s %j, and the head reads the rest", (member, value) => {
    expect(codeOf(readCommand({ ...command, [member]: value }))).toBe("BAD_REQUEST");
    const { v: _, op: __, ...members } = command;
    const expected = { ...members, ...(member === "op" ? {} : { [member]: undefined }) };
    expect(readCommandHead({ ...command, [member]: value })).toEqual(expected);
  });

  it("read a head of anything", () => {
    expect(
      Object.values(readCommandHead({ id: { toString: 1 } })).every((value) => value === undefined),
    ).toBe(true);
  });
});

describe("readIntent", () => {
  it("takes both kinds", () => {
    expect(readIntent(JSON.stringify(market))).toEqual({ ok: true, value: market });
    const close = {
      kind: "close",
      position: "5",
      volume: 0,
      deviation: 0,
      comment: "",
      filling: "ioc",
      tag: "none",
    };
    expect(readIntent(JSON.stringify(close))).toEqual({ ok: true, value: close });
    expect(codeOf(readIntent(JSON.stringify({ ...close, position: "0" })))).toBe("BAD_REQUEST");
  });

  it("takes the largest magic and a comment of 31 characters outside of ASCII", () => {
    const changes = { magic: "9223372036854775807", comment: `${"€".repeat(29)}😀` };
    expect(readIntent(JSON.stringify({ ...market, ...changes }))).toMatchObject({ ok: true, value: changes });
  });

  it.each([
    ["kind", "pending"],
    ["side", "long"],
    ["volume", 0],
    ["volume", -1],
    ["volume", "0.1"],
    ["stopLoss", -1],
    ["takeProfit", null],
    ["deviation", 1.5],
    ["magic", "9223372036854775808"],
    ["magic", "-1"],
    ["magic", "007"],
    ["magic", 7],
    ["comment", "x".repeat(32)],
    ["comment", "line\n"],
    ["comment", "\ud83d"],
    ["filling", "boc"],
    ["tag", "both"],
  ])("refuses %s %j", (member, value) => {
    expect(codeOf(readIntent(JSON.stringify({ ...market, [member]: value })))).toBe("BAD_REQUEST");
  });

  it.each(["", "[]", "{", "null"])("refuses the text %j", (text) => {
    expect(codeOf(readIntent(text))).toBe("BAD_REQUEST");
  });
});
