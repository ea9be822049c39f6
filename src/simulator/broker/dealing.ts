import type { FillingMode, Reason, TimeInForce } from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type { TradeRequest } from "../../domain/terminal.ts";
import type { Prng } from "../market/prng.ts";
import type { Bookkeeper } from "./bookkeeper.ts";
import type { LiveOrder, LivePosition } from "./books.ts";
import { type BrokerState, brokerMs } from "./broker-state.ts";
import { checkTradeMode } from "./checks.ts";
import { type ExecutionModel, offer } from "./execution.ts";
import { isLimit, isPending, isStopLimit, sideOf } from "./order-kinds.ts";
import type { Plan } from "./plan.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { inSession } from "./sessions.ts";
import { opposite, type SymbolState } from "./symbol-state.ts";
import type { Tickets } from "./tickets.ts";
import type { Valuation } from "./valuation.ts";

/** What dealing needs. */
export interface DealingOptions {
  readonly state: BrokerState;
  readonly books: Bookkeeper;
  readonly valuation: Valuation;
  readonly tickets: Tickets;
  readonly execution: ExecutionModel;
  readonly random: Prng;
  /** What the broker makes of a comment, after cutting it to 31 characters. */
  readonly rewriteComment: ((comment: string) => string) | undefined;
}

/** What a plan says about the order to be made; what is left out is none. */
export interface OrderTerms {
  readonly price?: number | undefined;
  readonly priceStopLimit?: number;
  readonly stopLoss?: number;
  readonly takeProfit?: number;
  readonly timeInForce?: TimeInForce;
  readonly expirationBrokerMs?: number;
  readonly filling?: FillingMode;
}

/** What became of a request that trades. */
export interface DealingResult extends Refusal {
  readonly order?: string;
  readonly deal?: string;
  readonly volume?: number;
  readonly price?: number;
}

const MAX_COMMENT_LENGTH = 31;

/** Where orders meet prices: market orders at once, pending orders, stops and stop outs when a quote makes them due. */
export class Dealing {
  readonly #desk: DealingOptions;

  constructor(options: DealingOptions) {
    this.#desk = options;
  }

  /** Executes a market order, as far as the market allows. */
  trade(plan: Extract<Plan, { action: "deal" }>, request: TradeRequest, reason: Reason): DealingResult {
    const { symbol, side, volumeUnits, position } = plan;
    const offered = offer(this.#desk.execution, this.#desk.random, symbol, side, volumeUnits);
    if (plan.price !== undefined) {
      const points = Math.abs(offered.price - plan.price) / symbol.point;
      if (points > plan.deviationPoints + 1e-6) return refuse(Retcode.REQUOTE);
    }
    const poor =
      position === undefined && this.#desk.valuation.checkMoney(symbol, side, volumeUnits, offered.price);
    if (poor) return poor;

    const order = this.makeOrder(symbol, side, volumeUnits, request, reason, plan);
    order.atMarket = true;
    if (position !== undefined) order.position = position.identifier;
    this.#desk.books.place(order);
    const short = offered.volumeUnits < volumeUnits;
    if (short && (plan.filling === "fok" || offered.volumeUnits === 0) && plan.filling !== "return") {
      this.#desk.books.finish(order, "rejected");
      return { ...refuse(Retcode.REJECT), order: order.ticket };
    }
    if (offered.volumeUnits === 0) {
      return { ...refuse(Retcode.PLACED), order: order.ticket };
    }
    const deal = this.#desk.books.fill(order, offered.volumeUnits, offered.price);
    if (!short) this.#desk.books.finish(order, "filled");
    else if (plan.filling === "ioc") this.#desk.books.finish(order, "cancelled");
    else this.#desk.books.updated(order);
    return {
      ...refuse(short ? Retcode.DONE_PARTIAL : Retcode.DONE),
      order: order.ticket,
      deal: deal.ticket,
      volume: deal.volume,
      price: deal.price,
    };
  }

  /** Does what a symbol's new quote makes due: stops first, then orders. */
  onQuote(symbol: SymbolState): void {
    const { state } = this.#desk;
    if (!inSession(symbol.spec.tradeSessions, brokerMs(state))) return;
    // What is closed or opened on the way makes new lists; these stay as they were.
    for (const position of state.positions.ofSymbol(symbol)) this.#tryStops(position);
    for (const order of state.orders.ofSymbol(symbol)) this.#tryOrder(order);
  }

  /**
   * While the account is at or under its stop out level: deletes the order that reserves the most margin, and when none is
   * left that reserves any, closes the position with the largest loss.
   */
  stopOut(): void {
    while (this.#isStoppedOut()) {
      const now = brokerMs(this.#desk.state);
      const order = this.#largestReserve(now);
      if (order !== undefined) {
        this.#desk.books.finish(order, "cancelled", this.#stopOutComment());
        continue;
      }
      let worst: LivePosition | undefined;
      for (const position of this.#desk.state.positions.all()) {
        if (!inSession(position.symbol.spec.tradeSessions, now)) continue;
        const loss = position.profitMinor + position.swapMinor;
        if (worst === undefined || loss < worst.profitMinor + worst.swapMinor) worst = position;
      }
      if (worst === undefined) return;
      this.#forceClose(worst, "stopOut", this.#stopOutComment());
    }
  }

  #stopOutComment(): string {
    const { account } = this.#desk.state;
    const equity = account.amount(account.equityMinor).toFixed(account.settings.currencyDigits);
    const margin = account.amount(account.marginMinor).toFixed(account.settings.currencyDigits);
    return `[so ${account.marginLevel.toFixed(2)}%/${equity}/${margin}]`;
  }

  #largestReserve(nowBrokerMs: number): LiveOrder | undefined {
    let largest: LiveOrder | undefined;
    let most = 0;
    for (const order of this.#desk.state.orders.all()) {
      if (!inSession(order.symbol.spec.tradeSessions, nowBrokerMs)) continue;
      const reserved = this.#desk.valuation.reservedMinor(order);
      if (reserved > most) {
        largest = order;
        most = reserved;
      }
    }
    return largest;
  }

  #isStoppedOut(): boolean {
    const { account, positions } = this.#desk.state;
    if (positions.size === 0 && account.marginMinor === 0) return false;
    // Fully hedged positions may need no margin; then they are stopped out when the equity is used up.
    if (account.marginMinor === 0) return account.equityMinor < 0;
    const { stopOutMode, stopOut } = account.settings;
    return stopOutMode === "percent"
      ? account.marginLevel <= stopOut
      : account.equityMinor <= account.minor(stopOut);
  }

  /** An order with the next ticket, not placed yet. */
  makeOrder(
    symbol: SymbolState,
    kind: LiveOrder["kind"],
    volumeUnits: number,
    request: TradeRequest,
    reason: Reason,
    terms: OrderTerms,
  ): LiveOrder {
    return {
      ticket: this.#desk.tickets.order(),
      symbol,
      kind,
      state: "placed",
      volumeInitialUnits: volumeUnits,
      volumeUnits,
      price: terms.price ?? 0,
      marginRate: (isPending(kind) ? this.#desk.valuation.marginRate(symbol, sideOf(kind)) : 0) ?? 0,
      priceStopLimit: terms.priceStopLimit ?? 0,
      stopLoss: terms.stopLoss ?? 0,
      takeProfit: terms.takeProfit ?? 0,
      timeInForce: terms.timeInForce ?? "gtc",
      filling: terms.filling ?? "fok",
      magic: request.magic ?? "0",
      comment: this.#comment(request.comment ?? ""),
      reason,
      position: "0",
      positionBy: kind === "closeBy" ? (request.positionBy ?? "0") : "0",
      setupUtcMs: this.#desk.state.utcMs(),
      expirationBrokerMs: terms.expirationBrokerMs ?? 0,
      atMarket: false,
    };
  }

  #comment(text: string): string {
    const cut = text.slice(0, MAX_COMMENT_LENGTH);
    return this.#desk.rewriteComment?.(cut).slice(0, MAX_COMMENT_LENGTH) ?? cut;
  }

  /** Closes a position whose stop loss or take profit was reached. */
  #tryStops(position: LivePosition): void {
    const { side, stopLoss, takeProfit, symbol } = position;
    const price = symbol.closePrice(side);
    const { digits } = symbol.spec;
    const fallen = (level: number): boolean =>
      level !== 0 && (side === "buy" ? price <= level : price >= level);
    const risen = (level: number): boolean =>
      level !== 0 && (side === "buy" ? price >= level : price <= level);
    if (fallen(stopLoss)) this.#forceClose(position, "stopLoss", `[sl ${stopLoss.toFixed(digits)}]`);
    else if (risen(takeProfit)) {
      this.#forceClose(position, "takeProfit", `[tp ${takeProfit.toFixed(digits)}]`, takeProfit);
    }
  }

  /** Closes a position for the broker's own reasons, at the market, whatever volume is on offer. */
  #forceClose(position: LivePosition, reason: Reason, comment: string, limit?: number): void {
    const { symbol } = position;
    const side = opposite(position.side);
    const slipped = offer(this.#desk.execution, this.#desk.random, symbol, side, position.volumeUnits).price;
    const price =
      limit === undefined ? slipped : side === "sell" ? Math.max(slipped, limit) : Math.min(slipped, limit);
    const request = { action: "deal", magic: position.magic, comment } as const;
    const order = this.makeOrder(symbol, side, position.volumeUnits, request, reason, {});
    order.position = position.identifier;
    order.atMarket = true;
    this.#desk.books.place(order);
    this.#desk.books.fill(order, position.volumeUnits, price);
    this.#desk.books.finish(order, "filled");
  }

  /** Activates and fills an order as far as the prices allow. */
  #tryOrder(order: LiveOrder): void {
    const { symbol } = order;
    const side = sideOf(order.kind);
    const market = symbol.openPrice(side);
    if (!order.atMarket) {
      const cheap = side === "buy" ? market <= order.price : market >= order.price;
      const dear = side === "buy" ? market >= order.price : market <= order.price;
      if (!(isLimit(order.kind) ? cheap : dear)) return;
      if (isStopLimit(order.kind)) {
        order.kind = side === "buy" ? "buyLimit" : "sellLimit";
        order.price = order.priceStopLimit;
        order.priceStopLimit = 0;
        this.#desk.books.updated(order);
        this.#tryOrder(order);
        return;
      }
      order.atMarket = !isLimit(order.kind);
    }

    const closing = this.#closes(order);
    if (closing !== undefined && closing.volumeUnits === 0) {
      this.#desk.books.finish(order, "cancelled", "position closed");
      return;
    }
    const wanted = Math.min(order.volumeUnits, closing?.volumeUnits ?? order.volumeUnits);
    const offered = offer(this.#desk.execution, this.#desk.random, symbol, side, wanted);
    const price = !isLimit(order.kind)
      ? offered.price
      : side === "buy"
        ? Math.min(offered.price, order.price)
        : Math.max(offered.price, order.price);
    const refused = closing === undefined ? this.#checkActivation(order, wanted, price) : undefined;
    if (refused !== undefined) {
      this.#desk.books.finish(order, "cancelled", refused.comment);
      return;
    }
    if (offered.volumeUnits < wanted && order.filling === "fok") {
      this.#desk.books.finish(order, "cancelled");
      return;
    }
    if (offered.volumeUnits > 0) this.#desk.books.fill(order, offered.volumeUnits, price);
    if (order.volumeUnits === 0) this.#desk.books.finish(order, "filled");
    else if (order.filling === "ioc") this.#desk.books.finish(order, "cancelled");
    else if (offered.volumeUnits > 0) this.#desk.books.updated(order);
  }

  /** The position that a hedging order is to close, empty if it is gone; undefined for an order that opens. */
  #closes(order: LiveOrder): { readonly volumeUnits: number } | undefined {
    const opens = order.position === "0" || order.position === order.ticket || isPending(order.kind);
    if (opens || this.#desk.state.account.settings.marginMode !== "hedging") return undefined;
    return this.#desk.state.positions.get(order.position) ?? { volumeUnits: 0 };
  }

  #checkActivation(order: LiveOrder, volumeUnits: number, price: number): Refusal | undefined {
    const side = sideOf(order.kind);
    const net = this.#desk.state.account.settings.marginMode !== "hedging";
    const held = this.#desk.state.positions.ofSymbol(order.symbol)[0];
    const reduces = net && held !== undefined && held.side !== side && volumeUnits <= held.volumeUnits;
    const { maxPositions } = this.#desk.state.account.settings;
    const opens = net ? held === undefined : this.#desk.state.positions.get(order.ticket) === undefined;
    const full = maxPositions > 0 && opens && this.#desk.state.positions.size >= maxPositions;
    return (
      checkTradeMode(order.symbol.spec, side, reduces) ??
      (full ? refuse(Retcode.LIMIT_POSITIONS) : undefined) ??
      this.#desk.valuation.checkMoney(order.symbol, side, volumeUnits, price, order)
    );
  }
}
