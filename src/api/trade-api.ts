import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import { Batches } from "./batches.ts";
import { checkCommandId } from "./command-sender.ts";
import { Executions } from "./executions.ts";
import { checkKeys } from "./known-keys.ts";
import { invalid } from "./normalise.ts";
import { type OrderStart, startOrder } from "./order-builder.ts";
import { OrderChecks } from "./order-checks.ts";
import { isPendingType } from "./order-intents.ts";
import { OrderManagement } from "./order-management.ts";
import { toCommandOutcome } from "./outcome-view.ts";
import type {
  BatchOrderParams,
  BatchResult,
  CommandOptions,
  MarginParams,
  ModifyOrderParams,
  ModifyPositionParams,
  OrderCheck,
  OrderResult,
  PendingOrderOptions,
  PendingOrderParams,
  ProfitParams,
  TrailingStop,
  TrailingStopParams,
} from "./trade-types.ts";
import { startTrailingStop } from "./trailing-stop.ts";
import type {
  CloseOptions,
  CommandOutcome,
  MarketOrderParams,
  TickData,
  Ticket,
  TradeOptions,
  TradeResult,
} from "./types.ts";

/**
 * Trading. A command is executed at most once, and its promise ends in one of three ways:
 *
 * - It resolves: it was executed.
 * - It rejects with `OutcomeUnknownError` (`certain` is false): it may have been executed. Ask `outcome`.
 * - It rejects with any other error: this call executed nothing. `TradeRejectedError`: the trade server, terminal or agent
 *   said no. `InvalidRequestError`: an argument cannot be used. `RequestRefusedError`: the symbol, order or position
 *   does not exist. `LimitExceededError`, `RateLimitError`: a limit of the configuration or the agent. All these have
 *   `certain: true`. `ConnectionError` (also as `CircuitOpenError` or `TimeoutError`): it was never sent, because the
 *   agent could not be reached, or could not be asked first what the order needs.
 *
 * `closeAllPositions` and `cancelAllOrders` send several commands; their `PartialFailureError` holds one error for each.
 */
export interface TradeAPI {
  /** Sends a market order. */
  marketOrder(params: MarketOrderParams): Promise<TradeResult>;
  /** Buys at the market. */
  marketBuy(symbol: string, volume: number, options?: TradeOptions): Promise<TradeResult>;
  /** Sells at the market. */
  marketSell(symbol: string, volume: number, options?: TradeOptions): Promise<TradeResult>;

  /** Places a pending order. */
  pendingOrder(params: PendingOrderParams): Promise<OrderResult>;
  /** Places an order to buy at `price` or below. */
  buyLimit(
    symbol: string,
    volume: number,
    price: number,
    options?: PendingOrderOptions,
  ): Promise<OrderResult>;
  /** Places an order to sell at `price` or above. */
  sellLimit(
    symbol: string,
    volume: number,
    price: number,
    options?: PendingOrderOptions,
  ): Promise<OrderResult>;
  /** Places an order to buy once the price has risen to `price`. */
  buyStop(symbol: string, volume: number, price: number, options?: PendingOrderOptions): Promise<OrderResult>;
  /** Places an order to sell once the price has fallen to `price`. */
  sellStop(
    symbol: string,
    volume: number,
    price: number,
    options?: PendingOrderOptions,
  ): Promise<OrderResult>;
  /** Places an order that becomes a buy limit at `stopLimitPrice` once the price has risen to `price`. */
  buyStopLimit(
    symbol: string,
    volume: number,
    price: number,
    stopLimitPrice: number,
    options?: PendingOrderOptions,
  ): Promise<OrderResult>;
  /** Places an order that becomes a sell limit at `stopLimitPrice` once the price has fallen to `price`. */
  sellStopLimit(
    symbol: string,
    volume: number,
    price: number,
    stopLimitPrice: number,
    options?: PendingOrderOptions,
  ): Promise<OrderResult>;
  /** Begins an order step by step: `trade.order("EURUSD").buy(0.1).stopLoss(1.09).send()`. */
  order(symbol: string): OrderStart;

  /** Changes a pending order. */
  modifyOrder(ticket: Ticket, params: ModifyOrderParams, options?: CommandOptions): Promise<void>;
  /** Changes a position's stops. */
  modifyPosition(ticket: Ticket, params: ModifyPositionParams, options?: CommandOptions): Promise<void>;
  /** Deletes a pending order. No limit and no breaker stops it. */
  cancelOrder(ticket: Ticket, options?: CommandOptions): Promise<void>;
  /** Closes a position, wholly or by `volume` lots. No limit and no breaker stops it. */
  closePosition(ticket: Ticket, volume?: number, options?: CloseOptions): Promise<TradeResult>;
  /** Closes a position by an opposite one of the same symbol. No limit and no breaker stops it. */
  closeBy(ticket: Ticket, by: Ticket, options?: CommandOptions): Promise<TradeResult>;

  /** Sends many commands at once. Resolves with one result each, in the batch's order; rejects only for no list. */
  batchOrders(orders: readonly BatchOrderParams[]): Promise<BatchResult[]>;
  /** Closes all positions, or those of one symbol. Rejects with `PartialFailureError` if some could not be. */
  closeAllPositions(symbol?: string): Promise<TradeResult[]>;
  /** Deletes all pending orders, or those of one symbol. Rejects with `PartialFailureError` if some could not be. */
  cancelAllOrders(symbol?: string): Promise<void>;
  /**
   * Lets a position's stop loss follow the price. It is moved by this process: it trails only while the agent is
   * connected, ends when it is not, and says so by `ended` and an `error` event (`TRAILING_STOPPED`).
   */
  trailingStop(ticket: Ticket, params: TrailingStopParams): Promise<TrailingStop>;

  /** The terminal's verdict about an order, without sending it. */
  orderCheck(params: MarketOrderParams | PendingOrderParams, options?: QueryOptions): Promise<OrderCheck>;
  /** The margin that a trade would need, in the account's currency. */
  calcMargin(params: MarginParams, options?: QueryOptions): Promise<number>;
  /** The profit that a trade would make between two prices, in the account's currency. */
  calcProfit(params: ProfitParams, options?: QueryOptions): Promise<number>;

  /**
   * What became of a command, from the agent's journal. An id that the journal does not know is declared void by
   * asking, so `notExecuted` is certain for ever; so ask only for commands that nobody is about to send.
   */
  outcome(
    id: string,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<CommandOutcome>;
}

/** Trading on one agent. */
export class AgentTrade implements TradeAPI {
  readonly #core: AgentCore;
  readonly #executions: Executions;
  readonly #orders: OrderManagement;
  readonly #batches: Batches;
  readonly #checks: OrderChecks;

  constructor(core: AgentCore, tickOf: (symbol: string, options: QueryOptions) => Promise<TickData>) {
    this.#core = core;
    this.#executions = new Executions(core);
    this.#orders = new OrderManagement(core);
    this.#batches = new Batches(core, this.#executions, this.#orders);
    this.#checks = new OrderChecks(core, tickOf);
  }

  async marketOrder(params: MarketOrderParams): Promise<TradeResult> {
    checkKeys(required(params), "market", "send a market order");
    return this.#executions.marketOrder(params);
  }

  async marketBuy(symbol: string, volume: number, options?: TradeOptions): Promise<TradeResult> {
    checkKeys(options, "marketOptions", `buy ${volume} ${String(symbol)}`);
    return this.marketOrder({ ...options, symbol, volume, type: "buy" });
  }

  async marketSell(symbol: string, volume: number, options?: TradeOptions): Promise<TradeResult> {
    checkKeys(options, "marketOptions", `sell ${volume} ${String(symbol)}`);
    return this.marketOrder({ ...options, symbol, volume, type: "sell" });
  }

  async pendingOrder(params: PendingOrderParams): Promise<OrderResult> {
    checkKeys(required(params), "pending", "place a pending order");
    return this.#orders.pendingOrder(params);
  }

  async buyLimit(
    symbol: string,
    volume: number,
    price: number,
    options?: PendingOrderOptions,
  ): Promise<OrderResult> {
    checkKeys(options, "pendingOptions", `place buyLimit ${volume} ${String(symbol)} at ${price}`);
    return this.pendingOrder({ ...options, symbol, volume, price, type: "buyLimit" });
  }

  async sellLimit(
    symbol: string,
    volume: number,
    price: number,
    options?: PendingOrderOptions,
  ): Promise<OrderResult> {
    checkKeys(options, "pendingOptions", `place sellLimit ${volume} ${String(symbol)} at ${price}`);
    return this.pendingOrder({ ...options, symbol, volume, price, type: "sellLimit" });
  }

  async buyStop(
    symbol: string,
    volume: number,
    price: number,
    options?: PendingOrderOptions,
  ): Promise<OrderResult> {
    checkKeys(options, "pendingOptions", `place buyStop ${volume} ${String(symbol)} at ${price}`);
    return this.pendingOrder({ ...options, symbol, volume, price, type: "buyStop" });
  }

  async sellStop(
    symbol: string,
    volume: number,
    price: number,
    options?: PendingOrderOptions,
  ): Promise<OrderResult> {
    checkKeys(options, "pendingOptions", `place sellStop ${volume} ${String(symbol)} at ${price}`);
    return this.pendingOrder({ ...options, symbol, volume, price, type: "sellStop" });
  }

  async buyStopLimit(
    symbol: string,
    volume: number,
    price: number,
    stopLimitPrice: number,
    options?: PendingOrderOptions,
  ): Promise<OrderResult> {
    checkKeys(options, "pendingOptions", `place buyStopLimit ${volume} ${String(symbol)} at ${price}`);
    return this.pendingOrder({ ...options, symbol, volume, price, stopLimitPrice, type: "buyStopLimit" });
  }

  async sellStopLimit(
    symbol: string,
    volume: number,
    price: number,
    stopLimitPrice: number,
    options?: PendingOrderOptions,
  ): Promise<OrderResult> {
    checkKeys(options, "pendingOptions", `place sellStopLimit ${volume} ${String(symbol)} at ${price}`);
    return this.pendingOrder({ ...options, symbol, volume, price, stopLimitPrice, type: "sellStopLimit" });
  }

  order(symbol: string): OrderStart {
    return startOrder(this, symbol);
  }

  async modifyOrder(ticket: Ticket, params: ModifyOrderParams, options?: CommandOptions): Promise<void> {
    const action = `modify order ${String(ticket)}`;
    checkKeys(required(params), "modifyOrder", action);
    checkKeys(options, "command", action);
    return this.#orders.modifyOrder(ticket, params, options);
  }

  async modifyPosition(
    ticket: Ticket,
    params: ModifyPositionParams,
    options?: CommandOptions,
  ): Promise<void> {
    const action = `modify position ${String(ticket)}`;
    checkKeys(required(params), "modifyPosition", action);
    checkKeys(options, "command", action);
    return this.#orders.modifyPosition(ticket, params, options);
  }

  async cancelOrder(ticket: Ticket, options?: CommandOptions): Promise<void> {
    checkKeys(options, "command", `cancel order ${String(ticket)}`);
    return this.#orders.cancelOrder(ticket, options);
  }

  async closePosition(ticket: Ticket, volume?: number, options?: CloseOptions): Promise<TradeResult> {
    checkKeys(options, "close", `close position ${String(ticket)}`);
    return this.#executions.closePosition(ticket, volume, options);
  }

  async closeBy(ticket: Ticket, by: Ticket, options?: CommandOptions): Promise<TradeResult> {
    checkKeys(options, "command", `close position ${String(ticket)} by ${String(by)}`);
    return this.#executions.closeBy(ticket, by, options);
  }

  batchOrders(orders: readonly BatchOrderParams[]): Promise<BatchResult[]> {
    return this.#batches.batchOrders(orders);
  }

  closeAllPositions(symbol?: string): Promise<TradeResult[]> {
    return this.#batches.closeAllPositions(symbol);
  }

  cancelAllOrders(symbol?: string): Promise<void> {
    return this.#batches.cancelAllOrders(symbol);
  }

  async trailingStop(ticket: Ticket, params: TrailingStopParams): Promise<TrailingStop> {
    checkKeys(required(params), "trailing", `trail the stop of position ${String(ticket)}`);
    return startTrailingStop(this.#core, this.#orders, ticket, params);
  }

  async orderCheck(
    params: MarketOrderParams | PendingOrderParams,
    options?: QueryOptions,
  ): Promise<OrderCheck> {
    const { type } = required(params);
    checkKeys(params, isPendingType(type) ? "pending" : "market", "check an order");
    checkKeys(options, "query", "check an order");
    return this.#checks.check(params, options);
  }

  async calcMargin(params: MarginParams, options?: QueryOptions): Promise<number> {
    checkKeys(required(params), "margin", "calculate a margin");
    checkKeys(options, "query", "calculate a margin");
    return this.#checks.margin(params, options);
  }

  async calcProfit(params: ProfitParams, options?: QueryOptions): Promise<number> {
    checkKeys(required(params), "profit", "calculate a profit");
    checkKeys(options, "query", "calculate a profit");
    return this.#checks.profit(params, options);
  }

  async outcome(
    id: string,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<CommandOutcome> {
    const action = `tell the outcome of "${String(id)}"`;
    checkCommandId(id, action);
    checkKeys(options, "query", action);
    const core = this.#core;
    core.requireStarted(action);
    const open = core.link.session.outbox.find(id);
    // Asking could void a command that is still on its way; whoever sent it is told in time.
    if (open !== undefined && !open.abandoned) return { state: "pending", id };
    const timeoutMs = options.timeoutMs ?? core.options.timeouts.requestTimeoutMs;
    return toCommandOutcome(id, await core.link.session.askOutcome(id, timeoutMs, options.signal));
  }
}

/** Parameters that a caller without types may have forgotten. */
function required<Params>(params: Params | undefined): Params {
  if (params !== undefined && params !== null) return params;
  throw invalid("trade", "no parameters are given", "Give them as an object");
}
