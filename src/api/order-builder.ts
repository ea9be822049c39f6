import type { TimeInForce } from "../domain/records.ts";
import type { FillingChoice, TagMode } from "../protocol/v1/messages.ts";
import { invalid } from "./normalise.ts";
import type { OrderCheck, OrderResult, PendingOrderParams } from "./trade-types.ts";
import type { MarketOrderParams, TradeResult } from "./types.ts";

/** The beginning of an order: `trade.order("EURUSD")`. */
export interface OrderStart {
  /** Buys so many lots, at the market unless a price follows. */
  buy(volume: number): MarketOrderBuilder;
  /** Sells so many lots, at the market unless a price follows. */
  sell(volume: number): MarketOrderBuilder;
}

/** What every order may be given. Each step returns a new builder; none is changed. */
export interface OrderSteps<Self> {
  /** A price. */
  stopLoss(price: number): Self;
  /** A price. */
  takeProfit(price: number): Self;
  /** At most 31 characters. */
  comment(text: string): Self;
  /** Your strategy's number. */
  magic(magic: number | string): Self;
  filling(filling: FillingChoice): Self;
  tag(tag: TagMode): Self;
  /** Your own name for the command; see `TradeOptions.id`. */
  id(id: string): Self;
  /** Milliseconds until the outcome is reported as unknown. */
  timeout(timeoutMs: number): Self;
  signal(signal: AbortSignal): Self;
  /** For a market order: not to be sent after this. For a pending order: deleted then by the trade server. */
  expiration(moment: Date): Self;
  /** The terminal's verdict, without sending. */
  check(): Promise<OrderCheck>;
}

/** A market order that is being put together. */
export interface MarketOrderBuilder extends OrderSteps<MarketOrderBuilder> {
  /** Maximum price deviation in points. */
  deviation(points: number): MarketOrderBuilder;
  /** Makes it a limit order at a price. */
  limit(price: number): PendingOrderBuilder;
  /** Makes it a stop order at a price. */
  stop(price: number): PendingOrderBuilder;
  /** Makes it a stop order at a price that then becomes a limit order at another. */
  stopLimit(price: number, limitPrice: number): PendingOrderBuilder;
  /** What would be sent. */
  readonly params: MarketOrderParams;
  /** Sends it, once: a second call is refused. */
  send(): Promise<TradeResult>;
}

/** A pending order that is being put together. */
export interface PendingOrderBuilder extends OrderSteps<PendingOrderBuilder> {
  timeInForce(timeInForce: TimeInForce): PendingOrderBuilder;
  /** What would be sent. */
  readonly params: PendingOrderParams;
  /** Sends it, once: a second call is refused. */
  send(): Promise<OrderResult>;
}

/** What builders need of the trading interface. */
export interface OrderTarget {
  marketOrder(params: MarketOrderParams): Promise<TradeResult>;
  pendingOrder(params: PendingOrderParams): Promise<OrderResult>;
  orderCheck(params: MarketOrderParams | PendingOrderParams): Promise<OrderCheck>;
}

/** Begins an order. */
export function startOrder(target: OrderTarget, symbol: string): OrderStart {
  return {
    buy: (volume): MarketOrderBuilder => new MarketBuilder(target, { symbol, type: "buy", volume }),
    sell: (volume): MarketOrderBuilder => new MarketBuilder(target, { symbol, type: "sell", volume }),
  };
}

/** Sends at most once: a builder that is sent twice by mistake must not trade twice. */
class Once {
  #sent = false;

  use(action: string): void {
    if (this.#sent) {
      throw invalid(action, "this builder was sent already", "Build another order, or ask its first promise");
    }
    this.#sent = true;
  }
}

abstract class Builder<Params extends MarketOrderParams | PendingOrderParams, Self> {
  readonly params: Params;
  protected readonly target: OrderTarget;
  protected readonly once: Once = new Once();

  constructor(target: OrderTarget, params: Params) {
    this.target = target;
    this.params = params;
  }

  protected abstract with(change: Partial<Params>): Self;

  stopLoss(price: number): Self {
    return this.with({ stopLoss: price } as Partial<Params>);
  }
  takeProfit(price: number): Self {
    return this.with({ takeProfit: price } as Partial<Params>);
  }
  comment(text: string): Self {
    return this.with({ comment: text } as Partial<Params>);
  }
  magic(magic: number | string): Self {
    return this.with({ magic } as Partial<Params>);
  }
  filling(filling: FillingChoice): Self {
    return this.with({ filling } as Partial<Params>);
  }
  tag(tag: TagMode): Self {
    return this.with({ tag } as Partial<Params>);
  }
  id(id: string): Self {
    return this.with({ id } as Partial<Params>);
  }
  timeout(timeoutMs: number): Self {
    return this.with({ timeoutMs } as Partial<Params>);
  }
  signal(signal: AbortSignal): Self {
    return this.with({ signal } as Partial<Params>);
  }
  expiration(moment: Date): Self {
    return this.with({ expiration: moment } as Partial<Params>);
  }
  check(): Promise<OrderCheck> {
    return this.target.orderCheck(this.params);
  }
}

class MarketBuilder extends Builder<MarketOrderParams, MarketOrderBuilder> implements MarketOrderBuilder {
  protected override with(change: Partial<MarketOrderParams>): MarketOrderBuilder {
    return new MarketBuilder(this.target, { ...this.params, ...change });
  }
  deviation(points: number): MarketOrderBuilder {
    return this.with({ deviation: points });
  }
  limit(price: number): PendingOrderBuilder {
    return this.#pending({ type: this.params.type === "buy" ? "buyLimit" : "sellLimit", price });
  }
  stop(price: number): PendingOrderBuilder {
    return this.#pending({ type: this.params.type === "buy" ? "buyStop" : "sellStop", price });
  }
  stopLimit(price: number, limitPrice: number): PendingOrderBuilder {
    const type = this.params.type === "buy" ? "buyStopLimit" : "sellStopLimit";
    return this.#pending({ type, price, stopLimitPrice: limitPrice });
  }
  async send(): Promise<TradeResult> {
    this.once.use(`${this.params.type} ${this.params.volume} ${this.params.symbol}`);
    return await this.target.marketOrder(this.params);
  }
  #pending(
    change: Pick<PendingOrderParams, "type" | "price"> & { readonly stopLimitPrice?: number },
  ): PendingOrderBuilder {
    // A pending order has a price of its own, which a deviation does not touch.
    const { deviation: _, ...params } = this.params;
    return new PendingBuilder(this.target, { ...params, ...change });
  }
}

class PendingBuilder extends Builder<PendingOrderParams, PendingOrderBuilder> implements PendingOrderBuilder {
  protected override with(change: Partial<PendingOrderParams>): PendingOrderBuilder {
    return new PendingBuilder(this.target, { ...this.params, ...change });
  }
  timeInForce(timeInForce: TimeInForce): PendingOrderBuilder {
    return this.with({ timeInForce });
  }
  async send(): Promise<OrderResult> {
    this.once.use(`place ${this.params.type} ${this.params.volume} ${this.params.symbol}`);
    return await this.target.pendingOrder(this.params);
  }
}
