import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DealRecord, OrderRecord } from "../../src/domain/records.ts";
import type { SendAccepted } from "../../src/domain/terminal.ts";
import type { RawClient } from "../kit/raw-client.ts";
import { AgentBench, answered } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

const intent = {
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
  tag: "none",
};
const pending = {
  ...intent,
  kind: "pending",
  orderKind: "buyLimit",
  price: 1.05,
  priceStopLimit: 0,
  timeInForce: "gtc",
  expirationBrokerMs: 0,
};

let bench: AgentBench;
let raw: RawClient;
let sent: number;

function order(ticket: number, changes: Partial<OrderRecord> = {}): OrderRecord {
  const now = bench.terminal.brokerMs();
  return {
    ticket: String(ticket),
    symbol: "EURUSD",
    kind: "buy",
    state: "filled",
    volumeInitial: 0.1,
    volumeCurrent: 0,
    price: 1.1,
    priceStopLimit: 0,
    stopLoss: 0,
    takeProfit: 0,
    timeInForce: "gtc",
    filling: "fok",
    magic: "0",
    comment: "",
    reason: "expert",
    position: String(ticket),
    positionBy: "0",
    setupBrokerMs: now,
    doneBrokerMs: now,
    expirationBrokerMs: 0,
    ...changes,
  };
}

function deal(ticket: number, orderTicket: number, changes: Partial<DealRecord> = {}): DealRecord {
  return {
    ticket: String(ticket),
    order: String(orderTicket),
    position: String(orderTicket),
    symbol: "EURUSD",
    kind: "buy",
    entry: "in",
    volume: 0.1,
    price: 1.1,
    profit: 0,
    commission: 0,
    swap: 0,
    fee: 0,
    stopLoss: 0,
    takeProfit: 0,
    magic: "0",
    comment: "",
    reason: "expert",
    timeBrokerMs: bench.terminal.brokerMs(),
    ...changes,
  };
}

/** Sends commands that the trade server does not answer by itself; their requests are numbered from 1. */
async function sending(intents: Readonly<Record<string, object>>): Promise<void> {
  bench.tables.orderSendAsync = (): SendAccepted => {
    sent++;
    return { sent: true, requestId: sent, retcode: 10008, comment: "" };
  };
  for (const [id, one] of Object.entries(intents)) raw.sendCommand(raw.command(id, JSON.stringify(one)));
  const count = sent + Object.keys(intents).length;
  await bench.until(() => sent === count, "the requests");
}

/** The trade server's answer to a request, naming an order. */
function answer(requestId: number, retcode: number, orderTicket = "0"): void {
  const { result, ...rest } = answered(requestId, retcode);
  if (result === undefined) throw new Error("No result");
  bench.changed({ ...rest, result: { ...result, order: orderTicket } });
}

describe("what the expert takes for whose, and for certain", { timeout: 300_000 }, () => {
  beforeEach(async (context) => {
    requireHost(context);
    bench = await AgentBench.create();
    Object.assign(bench.tables, { positions: [], orders: [], historyOrders: [], historyDeals: [] });
    await bench.start();
    raw = await bench.live();
    sent = 0;
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
  });

  it("an order that ended without a fill is one command's: another that looks alike is not called rejected by it", async () => {
    await sending({ first: intent, second: intent });
    bench.tables.historyOrders = [order(201, { state: "rejected", volumeCurrent: 0.1 })];
    answer(1, 10006, "201");
    expect(await bench.outcome(raw, "first")).toMatchObject({ state: "rejected", retcode: 10006 });
    answer(2, 10012);
    expect((await bench.outcome(raw, "second")).state).toBe("unknown");
    bench.tables.historyOrders = [...bench.tables.historyOrders, order(202)];
    bench.tables.historyDeals = [deal(302, 202)];
    bench.changed({ type: "dealAdd", deal: "302" });
    expect(await bench.outcome(raw, "second", 2)).toMatchObject({ state: "executed", order: "202" });
  });

  it("one that was executed by an answer without an order may account for the only order there is", async () => {
    await sending({ first: intent, second: intent });
    bench.tables.historyOrders = [order(211)];
    bench.tables.historyDeals = [deal(311, 211)];
    answer(1, 10009);
    answer(2, 10012);
    expect((await bench.outcome(raw, "second")).state).toBe("unknown");
    expect((await bench.outcome(raw, "first")).state).toBe("executed");
    await bench.until(() => raw.pulses.length > 0, "a pulse");
    const seen = raw.pulses.length;
    await bench.until(() => raw.pulses.length > seen + 2, "two searches more");
    expect(raw.outcomes("second")).toHaveLength(1);
  });

  it("an order that a refusal names is not the refused command's", async () => {
    await sending({ first: intent, second: { ...intent, volume: 0.2 } });
    bench.tables.historyOrders = [order(221)];
    bench.tables.historyDeals = [deal(321, 221)];
    answer(2, 10039, "221");
    expect((await bench.outcome(raw, "second")).state).toBe("rejected");
    answer(1, 10012);
    expect(await bench.outcome(raw, "first")).toMatchObject({ state: "executed", order: "221" });
  });

  it("a pending order that was rejected after a part was filled is executed, with its deals", async () => {
    await sending({ part: pending });
    bench.tables.historyOrders = [order(231, { kind: "buyLimit", state: "rejected", volumeCurrent: 0.06 })];
    bench.tables.historyDeals = [deal(331, 231, { volume: 0.04 })];
    answer(1, 10006, "231");
    const part = await bench.outcome(raw, "part");
    expect(part).toMatchObject({ state: "executed", order: "231", deal: "331" });
  });

  it("10008 without a ticket settles no pending order, nor does one that was not sent", async () => {
    await sending({ untold: pending });
    answer(1, 10008);
    bench.tables.orderSendAsync = (): SendAccepted => ({
      sent: false,
      requestId: 0,
      retcode: 10008,
      comment: "",
    });
    raw.sendCommand(raw.command("unsent", JSON.stringify(pending)));
    expect(await bench.outcome(raw, "unsent")).toMatchObject({ state: "unknown", retcode: 10008 });
    expect(raw.outcomes("untold")).toEqual([]);
    bench.tables.orders = [order(241, { kind: "buyLimit", state: "placed", volumeCurrent: 0.1 })];
    answer(1, 10008, "241");
    expect(await bench.outcome(raw, "untold")).toMatchObject({ state: "executed", order: "241" });
  });

  it("an answer without a number is nobody's", async () => {
    bench.tables.orderSendAsync = (): SendAccepted => {
      sent++;
      return { sent: true, requestId: 0, retcode: 10008, comment: "" };
    };
    raw.sendCommand(raw.command("numberless", JSON.stringify(intent)));
    await bench.until(() => sent === 1, "the request");
    answer(0, 10013);
    await bench.program.synced();
    const seen = raw.pulses.length;
    await bench.until(() => raw.pulses.length > seen, "a pulse");
    expect(raw.outcomes("numberless")).toEqual([]);
  });

  it("a deal of a close-by is no close's, though its order is not there yet", async () => {
    const position = {
      ticket: "400",
      identifier: "400",
      symbol: "EURUSD",
      side: "sell",
      volume: 0.1,
      priceOpen: 1.1,
      priceCurrent: 1.1,
      stopLoss: 0,
      takeProfit: 0,
      profit: 0,
      swap: 0,
      magic: "0",
      comment: "",
      reason: "expert",
      openBrokerMs: bench.terminal.brokerMs(),
      updateBrokerMs: bench.terminal.brokerMs(),
    } as const;
    bench.tables.positions = [position];
    bench.changed();
    await bench.program.synced();
    const close = { deviation: 10, comment: "", filling: "auto", tag: "none", volume: 0 };
    await sending({ close: { ...close, kind: "close", position: "400" } });
    bench.tables.historyDeals = [deal(351, 251, { entry: "outBy", position: "400" })];
    answer(1, 10012);
    expect((await bench.outcome(raw, "close")).state).toBe("unknown");
    const seen = raw.pulses.length;
    await bench.until(() => raw.pulses.length > seen + 6, "the time for which deals are waited for");
    expect(raw.outcomes("close")).toHaveLength(1);
  });

  it("while the terminal's tables cannot be believed nothing is settled by them", async () => {
    await sending({ apart: intent });
    bench.terminal.setConnected(false);
    bench.tables.historyOrders = [order(261)];
    bench.tables.historyDeals = [deal(361, 261)];
    answer(1, 10031);
    expect((await bench.outcome(raw, "apart")).state).toBe("unknown");
    const seen = raw.pulses.length;
    await bench.until(() => raw.pulses.length > seen + 2, "searches");
    expect(raw.outcomes("apart")).toHaveLength(1);
    bench.terminal.setConnected(true);
    bench.refresh();
    expect(await bench.outcome(raw, "apart", 2)).toMatchObject({ state: "executed", order: "261" });
  });
});
