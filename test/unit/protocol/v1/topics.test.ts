import { describe, expect, it } from "vitest";
import {
  accountTopic,
  clientTopic,
  ledgerTopic,
  parseTopic,
  pulseTopic,
  tickTopic,
} from "../../../../src/protocol/v1/topics.ts";

const text = (frame: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(frame);
const bytes = (name: string): Uint8Array => new TextEncoder().encode(name);
const key = "ab".repeat(32);

describe("topics", () => {
  it("end in a zero byte", () => {
    expect(text(ledgerTopic())).toBe("ledger\0");
    expect(text(pulseTopic())).toBe("pulse\0");
    expect(text(accountTopic())).toBe("account\0");
    expect(text(clientTopic(key))).toBe(`client.${key}\0`);
    expect(text(tickTopic("EURUSD.£"))).toBe("tick.EURUSD.£\0");
  });

  it("of one symbol are no prefix of another's", () => {
    const long = text(tickTopic("EURUSDm"));
    expect(long.startsWith(text(tickTopic("EURUSD")))).toBe(false);
  });
});

describe("parseTopic", () => {
  it.each([
    [ledgerTopic(), { kind: "ledger" }],
    [pulseTopic(), { kind: "pulse" }],
    [accountTopic(), { kind: "account" }],
    [clientTopic(key), { kind: "client", client: key }],
    [tickTopic("tick.x"), { kind: "tick", symbol: "tick.x" }],
    [tickTopic("@ES"), { kind: "tick", symbol: "@ES" }],
    [tickTopic("\ufeffX"), { kind: "tick", symbol: "\ufeffX" }],
  ])("reads %#", (frame, topic) => {
    expect(parseTopic(frame)).toEqual(topic);
  });

  it.each([
    ["nothing", new Uint8Array(0)],
    ["a lone zero", bytes("\0")],
    ["no zero at the end", bytes("ledger")],
    ["an unknown name", bytes("books\0")],
    ["a tick without a symbol", bytes("tick.\0")],
    ["a client that is no key", bytes("client.abc\0")],
    ["a byte order mark before the name", bytes("\ufeffledger\0")],
    ["bytes that are no UTF-8", Uint8Array.of(0xff, 0)],
  ])("refuses %s", (_, frame) => {
    expect(parseTopic(frame)).toBeUndefined();
  });
});
