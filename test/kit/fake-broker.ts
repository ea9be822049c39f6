import type { DealRecord, OrderRecord, PositionRecord } from "../../src/domain/records.ts";
import type { Intent } from "../../src/protocol/v1/messages.ts";
import type { FakeAgent } from "./fake-agent.ts";

/** An order that is filled, its deal, and the position that it would open. */
export interface FakeTrade {
  readonly order: OrderRecord;
  readonly deal: DealRecord;
  readonly position: PositionRecord;
}

/** Positions, orders and history at the fake agent's broker, and how trades change them. */
export class FakeBroker {
  readonly #fake: Pick<FakeAgent, "publish" | "brokerMs">;
  readonly positions: Map<string, PositionRecord> = new Map();
  readonly orders: Map<string, OrderRecord> = new Map();
  readonly historyOrders: OrderRecord[] = [];
  readonly deals: DealRecord[] = [];
  #ticket = 100;

  constructor(fake: Pick<FakeAgent, "publish" | "brokerMs">) {
    this.#fake = fake;
  }

  /** Opens a position as another program would, with its order and deal. */
  openPosition(
    symbol = "EURUSD",
    side: "buy" | "sell" = "buy",
    volume = 0.1,
    publish = true,
  ): PositionRecord {
    const { order, deal, position } = this.trade(symbol, side, volume, "0");
    this.positions.set(position.ticket, position);
    if (publish) {
      this.#fake.publish({ type: "order", change: "filled", order });
      this.#fake.publish({ type: "deal", change: "made", deal });
      this.#fake.publish({ type: "position", change: "opened", position });
    }
    return position;
  }

  /** Closes a position as another program would. */
  closePosition(ticket: string, publish = true, reason: DealRecord["reason"] = "client"): void {
    const position = this.positions.get(ticket);
    if (position === undefined) throw new Error(`Cannot close ${ticket}: not open`);
    const { order, deal } = this.trade(
      position.symbol,
      position.side === "buy" ? "sell" : "buy",
      position.volume,
      ticket,
      reason,
    );
    this.positions.delete(ticket);
    if (!publish) return;
    this.#fake.publish({ type: "order", change: "filled", order });
    this.#fake.publish({ type: "deal", change: "made", deal });
    this.#fake.publish({ type: "position", change: "closed", position });
  }

  /** Executes a market order, wholly or in part. */
  open(intent: Extract<Intent, { kind: "market" }>, volume: number = intent.volume): DealRecord {
    const { order, deal, position } = this.trade(intent.symbol, intent.side, volume, "0", "expert", intent);
    this.positions.set(position.ticket, position);
    this.#fake.publish({ type: "order", change: "filled", order });
    this.#fake.publish({ type: "deal", change: "made", deal });
    this.#fake.publish({ type: "position", change: "opened", position });
    return deal;
  }

  /** Executes a close. */
  close(intent: Extract<Intent, { kind: "close" }>): DealRecord {
    const position = this.positions.get(intent.position);
    if (position === undefined) throw new Error(`Cannot close ${intent.position}: not open`);
    const volume = intent.volume === 0 ? position.volume : intent.volume;
    const side = position.side === "buy" ? "sell" : "buy";
    const { order, deal } = this.trade(position.symbol, side, volume, position.ticket, "expert");
    this.#fake.publish({ type: "order", change: "filled", order });
    this.#fake.publish({ type: "deal", change: "made", deal });
    this.shrink(position, volume);
    return deal;
  }

  /** Takes volume from a position, and publishes what is left. */
  shrink(position: PositionRecord, volume: number): void {
    const left = Math.round((position.volume - volume) * 1e8) / 1e8;
    if (left > 0) {
      const rest = { ...position, volume: left };
      this.positions.set(position.ticket, rest);
      this.#fake.publish({ type: "position", change: "modified", position: rest });
    } else {
      this.positions.delete(position.ticket);
      this.#fake.publish({ type: "position", change: "closed", position });
    }
  }

  /** Ends an active order. */
  endOrder(ticket: string, change: "cancelled" | "expired" | "rejected", publish = true): void {
    const order = this.orders.get(ticket);
    if (order === undefined) throw new Error(`Cannot end order ${ticket}: not active`);
    const ended: OrderRecord = { ...order, state: change, doneBrokerMs: this.#fake.brokerMs };
    this.orders.delete(ticket);
    this.historyOrders.push(ended);
    if (publish) this.#fake.publish({ type: "order", change, order: ended });
  }

  /** A ticket that was not given before. */
  nextTicket(): string {
    return String(++this.#ticket);
  }

  /** An order that is filled, its deal, and the position that it would open. */
  trade(
    symbol: string,
    side: "buy" | "sell",
    volume: number,
    closes: string,
    reason: DealRecord["reason"] = "client",
    intent?: Extract<Intent, { kind: "market" }>,
  ): FakeTrade {
    const ticket = String(++this.#ticket);
    const identifier = closes === "0" ? ticket : closes;
    const price = side === "buy" ? 1.1001 : 1.1;
    const now = this.#fake.brokerMs;
    const common = { symbol, magic: intent?.magic ?? "0", comment: intent?.comment ?? "", reason };
    const stops = { stopLoss: intent?.stopLoss ?? 0, takeProfit: intent?.takeProfit ?? 0 };
    const order: OrderRecord = {
      ...common,
      ...stops,
      ticket,
      kind: side,
      state: "filled",
      volumeInitial: volume,
      volumeCurrent: 0,
      price: 0,
      priceStopLimit: 0,
      timeInForce: "gtc",
      filling: "fok",
      position: identifier,
      positionBy: "0",
      setupBrokerMs: now,
      doneBrokerMs: now,
      expirationBrokerMs: 0,
    };
    const deal: DealRecord = {
      ...common,
      ...stops,
      ticket: String(++this.#ticket),
      order: ticket,
      position: identifier,
      kind: side,
      entry: closes === "0" ? "in" : "out",
      volume,
      price,
      profit: closes === "0" ? 0 : 1.5,
      commission: -0.35,
      swap: 0,
      fee: 0,
      timeBrokerMs: now,
    };
    this.historyOrders.push(order);
    this.deals.push(deal);
    const position: PositionRecord = {
      ...common,
      ...stops,
      ticket: identifier,
      identifier,
      side,
      volume,
      priceOpen: price,
      priceCurrent: price,
      profit: 0,
      swap: 0,
      openBrokerMs: now,
      updateBrokerMs: now,
    };
    return { order, deal, position };
  }
}
