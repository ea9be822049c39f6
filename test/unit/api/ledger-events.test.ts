import { describe, expect, test } from "vitest";
import { LedgerEvents } from "../../../src/api/ledger-events.ts";
import type { OrderFill, TradeEvent } from "../../../src/api/types.ts";
import { BrokerTimeZone, newYorkCloseTime } from "../../../src/domain/broker-time.ts";
import type { DealRecord, OrderRecord } from "../../../src/domain/records.ts";
import type { LedgerPayload, OrderChange } from "../../../src/protocol/v1/messages.ts";
import { fakeDeal, fakeOrder } from "../../kit/fake-terminal.ts";

interface Heard {
  readonly told: string[];
  readonly filled: string[];
  readonly events: TradeEvent[];
  readonly fills: OrderFill[];
  take(event: LedgerPayload, recovered?: boolean): void;
}

function listening(): Heard {
  const told: string[] = [];
  const filled: string[] = [];
  const all: TradeEvent[] = [];
  const fills: OrderFill[] = [];
  const zone = new BrokerTimeZone(newYorkCloseTime);
  const events = new LedgerEvents(
    {
      trade: (event) => {
        all.push(event);
        told.push(`${event.type} ${event.volume}@${event.price}${event.recovered ? " recovered" : ""}`);
      },
      orderFilled: (fill) => {
        fills.push(fill);
        filled.push(`${fill.volume}@${fill.price}`);
      },
      orderUpdate: () => undefined,
      positionUpdate: () => undefined,
      dealUpdate: () => undefined,
    },
    () => zone,
  );
  return {
    told,
    filled,
    events: all,
    fills,
    take: (event, recovered = false) => events.take(event, recovered),
  };
}

function order(change: OrderChange, record: Partial<OrderRecord>): LedgerPayload {
  return { type: "order", change, order: { ...fakeOrder("1"), volumeInitial: 1, ...record } };
}

function deal(volume: number, price: number, record: Partial<DealRecord> = {}): LedgerPayload {
  return { type: "deal", change: "made", deal: { ...fakeDeal("5", "1"), volume, price, ...record } };
}

function executed(volume: number, price: number, ticket = "1"): LedgerPayload {
  const times = { epoch: 1, receivedMs: 1, sentMs: 1, doneMs: 1 };
  const numbers = { order: ticket, deal: "0", position: "1", volume, price, deals: [], moreDeals: false };
  const outcome = {
    id: "x",
    digest: "",
    state: "executed",
    retcode: 10010,
    comment: "",
    ...numbers,
    ...times,
  };
  return { type: "outcome", client: "", outcome } as LedgerPayload;
}

describe("LedgerEvents", () => {
  test("tells the price of a fill without the noise of floating point, averaged over its deals", () => {
    const { told, take } = listening();
    // 1.2719 * 0.1 / 0.1 is 1.2718999999999998.
    take(deal(0.1, 1.2719));
    take(order("filled", { kind: "buy", state: "filled", volumeInitial: 0.1, volumeCurrent: 0 }));
    expect(told).toEqual(["orderFilled 0.1@1.2719"]);
    const parts = listening();
    parts.take(deal(0.1, 1.1));
    parts.take(deal(0.2, 1.10003));
    parts.take(order("filled", { kind: "buy", state: "filled", volumeInitial: 0.3, volumeCurrent: 0 }));
    expect(parts.told).toEqual(["orderFilled 0.3@1.10002"]);
  });

  test("tells a pending order's life: placed, modified, cancelled, expired, rejected", () => {
    const { told, take } = listening();
    const pending = { kind: "buyLimit", price: 1.08, volumeCurrent: 1 } as const;
    take(order("placed", { ...pending, state: "placed" }));
    take(order("modified", { ...pending, state: "placed", price: 1.07 }));
    take(order("cancelled", { ...pending, state: "cancelled" }));
    take(order("expired", { ...pending, state: "expired" }), true);
    take(order("rejected", { ...pending, state: "rejected" }));
    take(order("placed", { kind: "buy", state: "placed", volumeCurrent: 1 }));
    expect(told).toEqual([
      "orderPlaced 1@1.08",
      "orderModified 1@1.07",
      "orderCancelled 1@1.08",
      "orderExpired 1@1.08 recovered",
      "orderRejected 1@1.08",
    ]);
  });

  test("tells a fill once, when order and all deals are here, at their average price, whichever came first", () => {
    for (const dealsFirst of [false, true]) {
      const { told, filled, take } = listening();
      const events = [order("filled", { volumeCurrent: 0 }), deal(0.4, 1), deal(0.6, 2, { ticket: "6" })];
      if (dealsFirst) events.push(...events.splice(0, 1));
      for (const event of events) take(event);
      expect([told, filled]).toEqual([["orderFilled 1@1.6"], ["1@1.6"]]);
    }
  });

  test("tells parts of a pending order one by one, and its end", () => {
    const { told, filled, take } = listening();
    take(order("partiallyFilled", { kind: "buyLimit", state: "partial", volumeCurrent: 0.7 }));
    take(deal(0.3, 1.1));
    take(order("filled", { kind: "buyLimit", state: "filled", volumeCurrent: 0 }));
    take(deal(0.7, 1.2, { ticket: "6" }));
    expect(told).toEqual(["orderPartiallyFilled 0.3@1.1", "orderFilled 0.7@1.2"]);
    expect(filled).toEqual(["0.7@1.2"]);
  });

  test("never loses the filled part of an order whose rest was cancelled", () => {
    const { told, take } = listening();
    take(order("cancelled", { kind: "buy", state: "cancelled", volumeCurrent: 0.6, price: 0 }));
    take(deal(0.4, 1.1));
    expect(told).toEqual(["orderCancelled 1@0", "orderPartiallyFilled 0.4@1.1"]);
    take(order("cancelled", { kind: "buy", state: "cancelled", volumeCurrent: 0.6, price: 0, ticket: "1" }));
    expect(told.filter((one) => one.startsWith("orderPartiallyFilled"))).toHaveLength(1);
  });

  test("does not tell again what was told before the rest was cancelled", () => {
    const { told, take } = listening();
    take(order("partiallyFilled", { kind: "buyLimit", state: "partial", volumeCurrent: 0.6 }));
    take(deal(0.4, 1.1));
    take(order("cancelled", { kind: "buyLimit", state: "cancelled", volumeCurrent: 0.6, price: 1.1 }));
    take(executed(0.4, 1.1));
    expect(told).toEqual(["orderPartiallyFilled 0.4@1.1", "orderCancelled 1@1.1"]);
  });

  test("takes the outcome's price where the deals did not come, and does not tell late deals again", () => {
    const { told, take } = listening();
    take(order("filled", { volumeCurrent: 0 }));
    take(executed(1, 1.3));
    take(deal(1, 1.3));
    expect(told).toEqual(["orderFilled 1@1.3"]);
    const partly = listening();
    partly.take(order("cancelled", { state: "cancelled", volumeCurrent: 0.6, price: 0 }));
    partly.take(executed(0.4, 1.3));
    expect(partly.told).toEqual(["orderCancelled 1@0", "orderPartiallyFilled 0.4@1.3"]);
  });

  test("tells which stop closed a position, beside the fill", () => {
    for (const [reason, type] of [
      ["stopLoss", "stopLossHit"],
      ["takeProfit", "takeProfitHit"],
      ["stopOut", "stoppedOut"],
    ] as const) {
      const { told, take } = listening();
      take(deal(1, 1.1, { entry: "out", kind: "sell", reason }));
      take(order("filled", { kind: "sell", volumeCurrent: 0 }));
      expect(told).toEqual([`${type} 1@1.1`, "orderFilled 1@1.1"]);
    }
  });

  test("passes over balance operations, corrections and outcomes that are no execution", () => {
    const { told, take } = listening();
    take(deal(0, 0, { kind: "balance", order: "0" }));
    take({ type: "deal", change: "updated", deal: fakeDeal("5", "1") });
    take({ type: "balance", balance: 1, credit: 0 });
    take({
      type: "outcome",
      client: "",
      outcome: { id: "x", digest: "", state: "void", sinceUtcMs: 1 },
    });
    take(executed(1, 1));
    expect(told).toEqual([]);
  });

  test("keeps a bounded number of fills that wait, and tells the oldest as it is", () => {
    const { told, take } = listening();
    for (let ticket = 1; ticket <= 1_002; ticket++) take(deal(1, 1, { order: String(ticket) }));
    expect(told).toEqual(["orderFilled 1@1", "orderFilled 1@1"]);
    take(deal(1, 1, { order: "1" }));
    expect(told.length).toBe(2);
  });

  test("tells the heard part of the oldest order as a part, and of one that is whole the rest", () => {
    const { told, take } = listening();
    take(order("partiallyFilled", { kind: "buyLimit", state: "partial", volumeCurrent: 0.6 }));
    take(deal(0.1, 1.1));
    const whole = { ticket: "2", kind: "sellLimit", price: 1.3, volumeInitial: 1 } as const;
    take(order("partiallyFilled", { ...whole, state: "partial", volumeCurrent: 0.6 }));
    take(deal(0.4, 1.2, { order: "2", kind: "sell" }));
    take(order("filled", { ...whole, state: "filled", volumeCurrent: 0 }));
    expect(told).toEqual(["orderPartiallyFilled 0.4@1.2"]);
    for (let ticket = 3; ticket <= 1_002; ticket++) take(deal(1, 1, { order: String(ticket) }));
    expect(told.slice(1)).toEqual(["orderPartiallyFilled 0.1@1.1", "orderFilled 0.6@1.3"]);
  });

  test("does not tell late deals again of the last thousand orders that were told without them", () => {
    const { told, take } = listening();
    for (let ticket = 1; ticket <= 1_001; ticket++) {
      const id = String(ticket);
      take(order("filled", { ticket: id, volumeCurrent: 0 }));
      take(executed(1, 1.3, id));
    }
    expect(told).toHaveLength(1_001);
    for (const id of ["2", "500", "1001"]) take(deal(1, 1.3, { order: id }));
    expect(told).toHaveLength(1_001);
  });

  test("tells side, time, position and reason of a fill by its last deal, and by its order where there is none", () => {
    const { fills, take } = listening();
    const sell = { kind: "sell", reason: "mobile", position: "8", doneBrokerMs: 0 } as const;
    take(order("filled", { ...sell, volumeCurrent: 0, setupBrokerMs: 1_704_880_000_000 }));
    take(executed(1, 1.3));
    expect(fills).toMatchObject([
      {
        ticketText: "1",
        side: "sell",
        reason: "mobile",
        positionTicketText: "8",
        timeBrokerMs: 1_704_880_000_000,
        time: new Date(1_704_880_000_000 - 7_200_000),
      },
    ]);
    const other = listening();
    other.take(deal(1, 1.1, { kind: "sell", position: "9", reason: "web", timeBrokerMs: 1_704_890_000_000 }));
    other.take(order("filled", { ...sell, volumeCurrent: 0 }));
    expect(other.fills).toMatchObject([
      { side: "sell", reason: "web", positionTicketText: "9", timeBrokerMs: 1_704_890_000_000 },
    ]);
  });

  test("tells a buy that a stop closed as a buy", () => {
    const { events, take } = listening();
    take(deal(1, 1.1, { entry: "out", kind: "buy", reason: "stopLoss" }));
    expect(events).toMatchObject([{ type: "stopLossHit", side: "buy" }]);
  });

  test("never makes up a fill for what was filled in part before it listened", () => {
    const { told, take } = listening();
    for (let ticket = 1; ticket <= 1_001; ticket++) {
      take(order("cancelled", { ticket: String(ticket), state: "cancelled", volumeCurrent: 0.6, price: 1 }));
    }
    expect(new Set(told)).toEqual(new Set(["orderCancelled 1@1"]));
    const filled = listening();
    for (let ticket = 1; ticket <= 1_001; ticket++) {
      filled.take(order("filled", { ticket: String(ticket), volumeCurrent: 0, price: 1.5 }));
    }
    expect(filled.told).toEqual(["orderFilled 1@1.5"]);
  });
});
