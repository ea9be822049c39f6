import { describe, expect, it } from "vitest";
import { readReply } from "../../../../src/protocol/v1/reply-schemas.ts";
import { readArgs, readCommand, readIntent } from "../../../../src/protocol/v1/request-schemas.ts";

const market = {
  kind: "market",
  symbol: "EURUSD",
  side: "buy",
  volume: 0.1,
  stopLoss: 0,
  takeProfit: 0,
  deviation: 0,
  magic: "0",
  comment: "",
  filling: "auto",
  tag: "comment",
};

function fault(change: object): string {
  const read = readIntent(JSON.stringify({ ...market, ...change }));
  return read.ok ? "none" : read.message;
}

describe("readIntent", () => {
  it.each([
    [{ volume: null }, '"volume" must be', ", not null"],
    [{ volume: [1] }, '"volume" must be', ", not a list"],
    [{ volume: {} }, '"volume" must be', ", not an object"],
    [{ volume: true }, '"volume" must be', ", not true"],
    [{ symbol: 5 }, '"symbol" must be', ", not this number"],
    [{ volume: undefined }, '"volume" is missing', ""],
    [{ kind: "later" }, '"kind" must be', "market"],
  ])("names the member and the kind of what it holds: %j", (change, start, end) => {
    expect(fault(change)).toContain(start);
    expect(fault(change)).toContain(end);
  });

  it("repeats no value, for it may be a secret or a megabyte", () => {
    expect(fault({ volume: "hunter2" })).not.toContain("hunter2");
  });

  it("tells text that is no JSON from an intent that is none", () => {
    expect(readIntent("{")).toMatchObject({
      ok: false,
      message: expect.stringContaining("Cannot read the intent"),
    });
    expect(readIntent("[]")).toMatchObject({ ok: false });
  });
});

describe("readCommand", () => {
  it("refuses a command of another revision by its number, before anything else", () => {
    expect(readCommand({ v: 2 })).toEqual({
      ok: false,
      code: "REVISION",
      message: "Cannot serve revision 2: this agent speaks revision 1",
    });
    expect(readCommand({ v: "2" })).toMatchObject({ ok: false, code: "BAD_REQUEST" });
  });
});

describe("what came from inside of this process", () => {
  it("is named by its type where JSON has none, and as a whole where it has no members", () => {
    expect(readArgs("tick", { symbol: 5n })).toMatchObject({
      ok: false,
      message: expect.stringContaining("not bigint"),
    });
    expect(() => readReply(5)).toThrow("Cannot read a reply: it - ");
  });
});
