import { x25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import type { OrderRecord, SymbolRecord } from "../../../../src/domain/records.ts";
import type { FillingChoice, Intent } from "../../../../src/protocol/v1/messages.ts";
import {
  buildCloseBy,
  buildModifyOrder,
  buildModifyPosition,
  planCloseBy,
  planModifyOrder,
  planModifyPosition,
} from "../../../../src/simulator/agent/change-intents.ts";
import { listClients } from "../../../../src/simulator/agent/clients.ts";
import { Depth } from "../../../../src/simulator/agent/depth.ts";
import { normalPrice, opposite, pricesFault } from "../../../../src/simulator/agent/intent-checks.ts";
import { buildRequest, chooseFilling, planIntent } from "../../../../src/simulator/agent/intents.ts";
import type { JournalEntry, Target } from "../../../../src/simulator/agent/journal-entry.ts";
import { isOfKind } from "../../../../src/simulator/agent/order-kind.ts";
import { PositionEnds } from "../../../../src/simulator/agent/position-ends.ts";
import { Refusals } from "../../../../src/simulator/agent/refusals.ts";
import { symbolCandidates } from "../../../../src/simulator/agent/symbols.ts";
import { judgeTarget } from "../../../../src/simulator/agent/targets.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";
import { FakeTerminal, fakeDeal, fakeOrder, fakePosition, fakeSymbol } from "../../../kit/fake-terminal.ts";
import { marketIntent } from "./rig.ts";

const dayMs = 86_400_000;
const name = { clientPublicKey: new Uint8Array(32), id: "x" };

function terminal(): FakeTerminal {
  return new FakeTerminal(new VirtualClock());
}

function pending(ticket: string, change: Partial<OrderRecord> = {}): OrderRecord {
  return { ...fakeOrder(ticket), kind: "buyLimit", state: "placed", price: 1.08, doneBrokerMs: 0, ...change };
}

describe("chooseFilling", () => {
  it.each<[string, FillingChoice, Partial<SymbolRecord>, string]>([
    ["what the command says", "ioc", { execution: "instant" }, "ioc"],
    ["fok with instant execution", "auto", { execution: "instant", filling: ["ioc"] }, "fok"],
    ["fok with request execution", "auto", { execution: "request", filling: [] }, "fok"],
    ["fok where it is allowed", "auto", { execution: "market", filling: ["ioc", "fok"] }, "fok"],
    ["ioc where fok is not", "auto", { execution: "market", filling: ["ioc"] }, "ioc"],
    ["return on an exchange that allows neither", "auto", { execution: "exchange", filling: [] }, "return"],
    [
      "fok where nothing is allowed, for the server to refuse",
      "auto",
      { execution: "market", filling: [] },
      "fok",
    ],
  ])("takes %s", (_, choice, symbol, filling) => {
    expect(chooseFilling(choice, { ...fakeSymbol("EURUSD"), ...symbol })).toBe(filling);
  });
});

describe("prices of a symbol", () => {
  it("are held to the point where the tick size is not known, and to nothing where neither is", () => {
    const untold = { ...fakeSymbol("X"), tickSize: 0, point: 0.01, digits: 2 };
    expect(pricesFault({ price: 1.005 }, ["price"], untold)).toContain("no multiple of the tick size 0.01");
    expect(normalPrice(1.004, untold)).toBe(1);
    const unknown = { ...untold, point: 0 };
    expect(pricesFault({ price: 1.005 }, ["price"], unknown)).toBeUndefined();
    expect(normalPrice(1.00512, unknown)).toBe(1.00512);
  });

  it("opposite is the other side", () => {
    expect([opposite("buy"), opposite("sell")]).toEqual(["sell", "buy"]);
  });
});

describe("requests built from a plan", () => {
  it("a symbol that has gone since, or that has no quote, is refused before anything is sent", () => {
    const fake = terminal();
    const intent: Intent = { ...marketIntent, side: "buy" };
    const plan = planIntent(fake, intent, name, 10);
    if (!plan.ok) throw new Error(plan.reason);
    const evidence = { ...plan.traits, afterOrder: "0", afterDeal: "0", brokerMs: 0 };
    fake.tickTable.clear();
    expect(buildRequest(fake, intent, evidence)).toMatchObject({
      ok: false,
      comment: "Symbol EURUSD has no quote",
    });
    fake.symbolTable.clear();
    expect(buildRequest(fake, intent, evidence)).toMatchObject({
      ok: false,
      comment: "Symbol EURUSD does not exist",
    });
  });

  it("a close of no multiple of the volume step is refused; one of an unknown position is the terminal's to refuse", () => {
    const fake = terminal();
    fake.positionTable = [{ ...fakePosition("7"), symbol: "EURUSD", side: "sell", magic: "5" }];
    const close: Intent = {
      kind: "close",
      position: "7",
      volume: 0.015,
      deviation: 0,
      comment: "",
      filling: "auto",
      tag: "magic",
    };
    expect(planIntent(fake, close, name, 10)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("0.015"),
    });
    expect(planIntent(fake, { ...close, volume: 0, tag: "comment" }, name, 10)).toMatchObject({
      ok: true,
      traits: { side: "buy", volume: fakePosition("7").volume, magic: "5" },
    });
    expect(planIntent(fake, { ...close, position: "8", volume: 0, tag: "comment" }, name, 10)).toMatchObject({
      ok: true,
      traits: { symbol: "", side: "buy", volume: 0, magic: "0", position: "8" },
    });
  });

  it("a change of an order or a position holds prices to the grid, and takes only what is asked for", () => {
    const fake = terminal();
    fake.orderTable = [pending("5", { symbol: "EURUSD" })];
    fake.positionTable = [{ ...fakePosition("7"), symbol: "EURUSD" }];
    expect(planModifyOrder(fake, { kind: "modifyOrder", order: "5", price: 1.0800001 })).toMatchObject({
      ok: false,
    });
    expect(
      planModifyPosition(fake, { kind: "modifyPosition", position: "7", stopLoss: 1.0800001 }),
    ).toMatchObject({
      ok: false,
    });
    const some = planModifyOrder(fake, {
      kind: "modifyOrder",
      order: "5",
      takeProfit: 1.2,
      priceStopLimit: 1.1,
    });
    expect(some).toMatchObject({
      traits: { target: { want: { takeProfit: 1.2, priceStopLimit: 1.1 } } },
    });
    const all = { price: 1.07, stopLoss: 1.06, timeInForce: "specified", expirationBrokerMs: dayMs } as const;
    expect(planModifyOrder(fake, { kind: "modifyOrder", order: "5", ...all })).toMatchObject({
      traits: { symbol: "EURUSD", target: { what: "order", ticket: "5", want: all } },
    });
    expect(planModifyOrder(fake, { kind: "modifyOrder", order: "6", price: 1.0800001 })).toMatchObject({
      ok: true,
      traits: { symbol: "", target: { want: { price: 1.0800001 } } },
    });
    expect(
      planModifyPosition(fake, { kind: "modifyPosition", position: "8", takeProfit: 1.2 }),
    ).toMatchObject({
      ok: true,
      traits: { symbol: "", target: { want: { takeProfit: 1.2 } } },
    });
  });

  it("a change is built for what it names only", () => {
    const traits = {
      symbol: "",
      side: "buy",
      volume: 0,
      position: "0",
      magic: "0",
      commentTag: "",
      magicTag: false,
    } as const;
    expect(() => buildModifyOrder(terminal(), traits)).toThrow("none is named");
    expect(() => buildModifyPosition(terminal(), traits)).toThrow("none is named");
  });

  it("a close by of positions that are gone is planned as asked, and refused when it is built", () => {
    const fake = terminal();
    const closeBy = { kind: "closeBy", position: "7", positionBy: "8" } as const;
    expect(planCloseBy(fake, closeBy)).toMatchObject({
      traits: { symbol: "", volume: 0, position: "7", positionBy: "8", orderKind: "closeBy" },
    });
    expect(planCloseBy(fake, { ...closeBy, positionBy: "7" })).toMatchObject({ ok: false });
    fake.positionTable = [{ ...fakePosition("7"), symbol: "EURUSD", volume: 0.3 }];
    expect(planCloseBy(fake, closeBy)).toMatchObject({ traits: { symbol: "EURUSD", volume: 0 } });
    expect(buildCloseBy(fake, closeBy)).toMatchObject({ ok: false, comment: "Position 8 is not open" });
  });
});

describe("judgeTarget", () => {
  const entry = {
    client: "c",
    id: "x",
    digest: "",
    epoch: 1,
    receivedMs: 0,
    sentMs: 0,
  } as unknown as JournalEntry;
  const order = (want: object, active?: OrderRecord, finished?: OrderRecord): string | undefined => {
    const fake = terminal();
    if (active !== undefined) fake.orderTable = [active];
    if (finished !== undefined) fake.orderHistory = [finished];
    const target: Target = { what: "order", ticket: "5", want };
    return judgeTarget(fake, entry, target, 0)?.state;
  };

  it("takes an order that is as was asked for executed, active or finished, and says nothing of another", () => {
    expect(order({ price: 1.08 }, pending("5"))).toBe("executed");
    expect(order({ price: 1.08 }, undefined, pending("5", { state: "filled" }))).toBe("executed");
    expect(order({ price: 1.08 }, undefined, pending("6", { state: "filled" }))).toBeUndefined();
    expect(order({ price: 1.09 }, pending("5"))).toBeUndefined();
    expect(order({ price: 1.08 })).toBeUndefined();
    expect(order({ timeInForce: "gtc" }, pending("5", { timeInForce: "day" }))).toBeUndefined();
    expect(order({ timeInForce: "day" }, pending("5", { timeInForce: "day" }))).toBe("executed");
  });

  it("compares the moment of an expiry by its second, and that of a day by the day", () => {
    const until = (timeInForce: OrderRecord["timeInForce"], expirationBrokerMs: number): OrderRecord =>
      pending("5", { timeInForce, expirationBrokerMs });
    const asked = { expirationBrokerMs: 3 * dayMs + 5_400 };
    expect(order(asked, until("specified", 3 * dayMs + 5_000))).toBe("executed");
    expect(order(asked, until("specified", 3 * dayMs + 6_000))).toBeUndefined();
    expect(order(asked, until("specifiedDay", 3 * dayMs))).toBe("executed");
    expect(order(asked, until("specifiedDay", 5 * dayMs))).toBeUndefined();
    expect(order(asked, until("specifiedDay", 3 * dayMs - 1))).toBeUndefined();
    expect(order(asked, until("gtc", 0))).toBe("executed");
  });

  it("takes a cancelled order for executed, one that ended otherwise for rejected, and knows nothing of the rest", () => {
    const cancel = (state?: OrderRecord["state"]): string | undefined => {
      const fake = terminal();
      if (state !== undefined) fake.orderHistory = [pending("5", { state })];
      return judgeTarget(fake, entry, { what: "cancel", ticket: "5" }, 0)?.state;
    };
    expect([cancel("cancelled"), cancel("filled"), cancel("expired"), cancel("rejected"), cancel()]).toEqual([
      "executed",
      "rejected",
      "rejected",
      "rejected",
      undefined,
    ]);
  });

  it("takes a position whose stops are as was asked for executed", () => {
    const position = (want: object, open: boolean): string | undefined => {
      const fake = terminal();
      if (open) fake.positionTable = [{ ...fakePosition("7"), stopLoss: 1.05, takeProfit: 1.2 }];
      return judgeTarget(fake, entry, { what: "position", ticket: "7", want }, 0)?.state;
    };
    expect(position({ stopLoss: 1.05 }, true)).toBe("executed");
    expect(position({ stopLoss: 1.05, takeProfit: 1.3 }, true)).toBeUndefined();
    expect(position({ stopLoss: 1.05 }, false)).toBeUndefined();
  });
});

describe("isOfKind", () => {
  it("knows a stop-limit order after it was triggered, on its own side only", () => {
    const traits = (orderKind: string): Parameters<typeof isOfKind>[1] =>
      ({ orderKind, side: "buy" }) as unknown as Parameters<typeof isOfKind>[1];
    const kinds = ["buyLimit", "sellLimit", "buyStopLimit", "sellStopLimit"] as const;
    const matches = (orderKind: string): string[] =>
      kinds.filter((kind) => isOfKind(pending("1", { kind }), traits(orderKind)));
    expect(matches("buyStopLimit")).toEqual(["buyLimit", "buyStopLimit"]);
    expect(matches("sellStopLimit")).toEqual(["sellLimit", "sellStopLimit"]);
    expect(matches("buyLimit")).toEqual(["buyLimit"]);
  });
});

describe("PositionEnds", () => {
  const position = { ...fakePosition("7"), identifier: "7", volume: 1 };
  const out = (volume: number): Parameters<PositionEnds["deal"]>[0] => ({
    ...fakeDeal("9", "3"),
    position: "7",
    entry: "out",
    volume,
  });

  it("closes a vanished position once its deals have taken out what was left, by what its record showed", () => {
    const ends = new PositionEnds(1_000);
    ends.deal({ ...out(1), entry: "in" });
    ends.deal(out(0.6));
    // The record shows 0.2 of it: 0.4 are still to be shown.
    ends.present({ ...position, volume: 0.8 }, position);
    expect(ends.isClosed({ ...position, volume: 0.8 }, 0)).toBe(false);
    ends.deal(out(0.4));
    expect(ends.isClosed({ ...position, volume: 0.8 }, 10)).toBe(true);
  });

  it("closes a position without deals when it was looked for long enough, and starts anew when it is back", () => {
    const ends = new PositionEnds(1_000);
    expect(ends.isClosed(position, 0)).toBe(false);
    ends.present(position, position);
    expect(ends.isClosed(position, 900)).toBe(false);
    expect(ends.isClosed(position, 1_899)).toBe(false);
    expect(ends.isClosed(position, 1_900)).toBe(true);
  });

  it("forgets deals of positions that it sees for the first time, and of those that nobody knows", () => {
    const ends = new PositionEnds(1_000);
    ends.deal(out(1));
    ends.present(position, undefined);
    expect(ends.isClosed(position, 0)).toBe(false);
    ends.deal(out(1));
    ends.keepOnly(new Set(["7"]));
    expect(ends.isClosed(position, 1)).toBe(true);
    ends.deal(out(1));
    ends.keepOnly(new Set());
    expect(ends.isClosed(position, 2)).toBe(false);
  });
});

describe("listClients", () => {
  const serverSecretKey = new Uint8Array(32).fill(1);
  const publicKey = x25519.getPublicKey(new Uint8Array(32).fill(2));
  const rates = { requestsPerSecond: 1, commandsPerSecond: 1 };

  it("refuses a key that is none, and one that is listed twice; a client without a role may trade", () => {
    const list = (...keys: Uint8Array[]): ReturnType<typeof listClients> =>
      listClients({ serverSecretKey, clients: keys.map((key) => ({ publicKey: key })) }, rates);
    expect(() => list(new Uint8Array(31))).toThrow("must be 32 bytes");
    expect(() => list(publicKey, publicKey)).toThrow("is listed twice");
    expect([...list(publicKey).values()]).toMatchObject([{ role: "trade" }]);
  });
});

it("Refusals names a handshake that took too long as the protocol does", () => {
  const refusals = new Refusals(undefined);
  refusals.handshake("sync", "1.2.3.4", { code: "handshake-timeout", message: "slow" }, 5);
  refusals.handshake("sync", "1.2.3.4", { code: "authentication", message: "no" }, 5);
  expect(refusals.counts()).toEqual({ "sync HANDSHAKE_TIMEOUT": 1, "sync HANDSHAKE_AUTHENTICATION": 1 });
});

it("symbolCandidates lists at most 16 names, by case or suffix, then by two changed letters", () => {
  const fake = terminal();
  for (let index = 0; index < 20; index++) fake.addSymbol(`eurusd.${index}`);
  fake.addSymbol("EURUSDlonger");
  fake.addSymbol("EUR");
  expect(symbolCandidates(fake, "EURUSD")).toHaveLength(16);
  expect(symbolCandidates(fake, "EURUSDlonge")).toEqual(["EURUSD", "EURUSDlonger"]);
  expect(symbolCandidates(fake, "EURUDS")[0]).toBe("EURUSD");
  expect(symbolCandidates(fake, "EUX")).toEqual([]);
  expect(symbolCandidates(fake, "X".repeat(65))).toEqual([]);
});

it("Depth releases a book with its last subscriber, and tells nothing of books that nobody wants", () => {
  const fake = terminal();
  const released: string[] = [];
  fake.releaseBook = (...symbols: string[]): void => void released.push(...symbols);
  let drains = 0;
  const depth = new Depth({
    terminal: fake,
    epoch: 1,
    now: () => 0,
    publish: () => undefined,
    askDrain: () => drains++,
  });
  depth.hint("EURUSD");
  expect(drains).toBe(0);
  depth.subscribe("EURUSD");
  depth.subscribe("EURUSD");
  expect(drains).toBe(2);
  depth.unsubscribe("EURUSD");
  expect(released).toEqual([]);
  depth.unsubscribe("EURUSD");
  depth.unsubscribe("EURUSD");
  expect(released).toEqual(["EURUSD"]);
});
