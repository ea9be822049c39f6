import type { DealRecord, OrderRecord, PositionRecord } from "../../src/domain/records.ts";
import type {
  CancelIntent,
  CloseByIntent,
  ExecutedOutcome,
  ModifyOrderIntent,
  ModifyPositionIntent,
  PendingIntent,
} from "../../src/protocol/v1/messages.ts";
import type { FakeAgent } from "./fake-agent.ts";

/** What the pretended trade server answers an executed request with. */
export type Execution = Pick<
  ExecutedOutcome,
  "retcode" | "order" | "deal" | "position" | "volume" | "price" | "deals"
>;

const nothing: Execution = {
  retcode: 10009,
  order: "0",
  deal: "0",
  position: "0",
  volume: 0,
  price: 0,
  deals: [],
};

/** Executes a request that is neither a market order nor a close; a number is the return code of a refusal. */
export function executeOther(
  fake: FakeAgent,
  intent: PendingIntent | ModifyOrderIntent | ModifyPositionIntent | CancelIntent | CloseByIntent,
): Execution | number {
  switch (intent.kind) {
    case "pending":
      return place(fake, intent);
    case "modifyOrder":
      return modifyOrder(fake, intent);
    case "modifyPosition": {
      const position = fake.positions.get(intent.position);
      if (position === undefined) return 10036;
      const { kind: _, position: __, ...stops } = intent;
      const changed: PositionRecord = { ...position, ...stops, updateBrokerMs: fake.brokerMs };
      fake.positions.set(position.ticket, changed);
      fake.publish({ type: "position", change: "modified", position: changed });
      return { ...nothing, position: position.ticket };
    }
    case "cancel":
      if (!fake.orders.has(intent.order)) return 10035;
      fake.endOrder(intent.order, "cancelled");
      return { ...nothing, order: intent.order };
    case "closeBy":
      return closeBy(fake, intent);
  }
}

function place(fake: FakeAgent, intent: PendingIntent): Execution {
  const { kind: _, orderKind, tag: __, filling, volume, ...rest } = intent;
  const order: OrderRecord = {
    ...rest,
    ticket: fake.nextTicket(),
    kind: orderKind,
    state: "placed",
    volumeInitial: volume,
    volumeCurrent: volume,
    filling: filling === "auto" ? "return" : filling,
    reason: "expert",
    position: "0",
    positionBy: "0",
    setupBrokerMs: fake.brokerMs,
    doneBrokerMs: 0,
  };
  fake.orders.set(order.ticket, order);
  fake.publish({ type: "order", change: "placed", order });
  return { ...nothing, retcode: 10008, order: order.ticket, volume, price: order.price };
}

function modifyOrder(fake: FakeAgent, intent: ModifyOrderIntent): Execution | number {
  const order = fake.orders.get(intent.order);
  if (order === undefined) return 10035;
  const { kind: _, order: __, ...change } = intent;
  const changed: OrderRecord = { ...order, ...change };
  fake.orders.set(order.ticket, changed);
  fake.publish({ type: "order", change: "modified", order: changed });
  return { ...nothing, order: order.ticket };
}

function closeBy(fake: FakeAgent, intent: CloseByIntent): Execution | number {
  const position = fake.positions.get(intent.position);
  const other = fake.positions.get(intent.positionBy);
  if (position === undefined || other === undefined) return 10036;
  const volume = Math.min(position.volume, other.volume);
  const deals: DealRecord[] = [];
  let orderTicket = "0";
  for (const one of [position, other]) {
    const side = one.side === "buy" ? "sell" : "buy";
    const { order, deal } = fake.trade(one.symbol, side, volume, one.ticket, "expert");
    orderTicket = order.ticket;
    const closing: DealRecord = { ...deal, entry: "outBy" };
    deals.push(closing);
    fake.publish({ type: "order", change: "filled", order });
    fake.publish({ type: "deal", change: "made", deal: closing });
    fake.shrink(one, volume);
  }
  const deal = deals[0];
  if (deal === undefined) return 10011;
  return {
    ...nothing,
    order: orderTicket,
    deal: deal.ticket,
    position: position.ticket,
    volume,
    price: deal.price,
    deals,
  };
}
