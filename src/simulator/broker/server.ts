import type { BrokerTimeZone } from "../../domain/broker-time.ts";
import type { DealRecord, FillingMode, OrderRecord, Reason, TimeInForce } from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type { TradeRequest, TradeRequestResult, TradeTransaction } from "../../domain/terminal.ts";
import type { Clock, Timer } from "../../transport/clock.ts";
import { Prng } from "../market/prng.ts";
import type { MarketTick } from "../market/tick-source.ts";
import { type AccountSettings, AccountState } from "./account-state.ts";
import { Bookkeeper, type Tickets } from "./bookkeeper.ts";
import { type LiveOrder, type LivePosition, OrderBook, PositionBook, TicketLog } from "./books.ts";
import { type BrokerState, brokerMs } from "./broker-state.ts";
import { checkTradeMode } from "./checks.ts";
import { Converter } from "./conversion.ts";
import { type ExecutionModel, offer } from "./execution.ts";
import { isLimit, isPending, isStopLimit, sideOf } from "./order-kinds.ts";
import { isRefusal, type Plan, planRequest } from "./order-validation.ts";
import { commentOf, type Refusal, refuse } from "./refusal.ts";
import { inSession } from "./sessions.ts";
import { bearsSwap, nextRollover, rolloverDays, swapMinor } from "./swap.ts";
import { opposite, SymbolState } from "./symbol-state.ts";
import type { SymbolSpec } from "./symbols.ts";

/** What a trade server is made of. */
export interface TradeServerOptions {
  /** The market's clock: its `wallMs` is the server's UTC. */
  readonly clock: Clock;
  readonly account: AccountSettings;
  readonly symbols: readonly SymbolSpec[];
  readonly zone: BrokerTimeZone;
  readonly execution: ExecutionModel;
  readonly seed: number | string;
  /** The first ticket of orders, and of deals. */
  readonly firstTicket: bigint;
  /** Ticks kept for each symbol. */
  readonly tickHistory: number;
  /** What the broker makes of a comment, after cutting it to 31 characters. */
  readonly rewriteComment: ((comment: string) => string) | undefined;
  /** Hears what changed, after each change. */
  readonly onTransactions: (transactions: readonly TradeTransaction[]) => void;
}

/** What a plan says about the order to be made; what is left out is none. */
interface OrderTerms {
  readonly price?: number | undefined;
  readonly priceStopLimit?: number;
  readonly stopLoss?: number;
  readonly takeProfit?: number;
  readonly timeInForce?: TimeInForce;
  readonly expirationBrokerMs?: number;
  readonly filling?: FillingMode;
}

const MAX_COMMENT_LENGTH = 31;
/** Timers of the machine's clock take no more than 2^31 - 1 ms; longer waits are cut into pieces. */
const MAX_TIMER_MS = 2 ** 30;

/** The broker's side: carries out requests, and does by itself what prices and time make due. */
export class TradeServer {
  readonly state: BrokerState;
  readonly #options: TradeServerOptions;
  readonly #clock: Clock;
  readonly #books: Bookkeeper;
  readonly #tickets: Tickets;
  readonly #random: Prng;
  readonly #transactions: TradeTransaction[] = [];
  #expirationTimer: Timer | undefined;
  #rolloverTimer: Timer | undefined;
  #rolloverBrokerMs = 0;
  #disposed = false;

  constructor(options: TradeServerOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#random = new Prng(`${options.seed}/execution`);
    const symbols = new Map(
      options.symbols.map((spec) => [spec.name, new SymbolState(spec, options.tickHistory)]),
    );
    this.state = {
      zone: options.zone,
      account: new AccountState(options.account),
      symbols,
      converter: new Converter(symbols.values()),
      positions: new PositionBook(),
      orders: new OrderBook(),
      historyOrders: new TicketLog<OrderRecord>(),
      historyDeals: new TicketLog<DealRecord>(),
      utcMs: () => options.clock.wallMs(),
    };
    this.#tickets = ticketsFrom(options.firstTicket);
    this.#books = new Bookkeeper(this.state, this.#tickets, options.execution, (transaction) =>
      this.#transactions.push(transaction),
    );
    if (options.account.balance !== 0) {
      this.#books.cash("balance", options.account.balance, "Initial deposit");
    }
    // Nobody can have been listening yet.
    this.#transactions.length = 0;
  }

  /** Carries a request out, or refuses it. Everything it changes is told before this returns. */
  execute(request: TradeRequest, reason: Reason = "expert"): Omit<TradeRequestResult, "requestId"> {
    const plan = planRequest(request, this.state);
    const result = isRefusal(plan) ? this.#refused(request, plan) : this.#carryOut(plan, request, reason);
    this.#flush();
    return result;
  }

  /** What `execute` would say to a request, as OrderCheck does: 0 if nothing speaks against it. */
  check(request: TradeRequest): Omit<TradeRequestResult, "requestId"> {
    const plan = planRequest(request, this.state);
    if (isRefusal(plan)) return this.#refused(request, plan);
    if (plan.action === "deal" && plan.position === undefined) {
      const { symbol, side } = plan;
      const refused = this.#books.checkMoney(symbol, side, plan.volumeUnits, symbol.openPrice(side));
      if (refused !== undefined) return this.#refused(request, refused);
    }
    return this.#result(this.#symbolOf(request), refuse(0), {});
  }

  /** Takes a tick of the market: values positions, then does what the prices make due. False for a foreign symbol. */
  onTick(tick: MarketTick): boolean {
    const symbol = this.state.symbols.get(tick.symbol);
    if (symbol === undefined) return false;
    symbol.push(tick);
    this.#books.revalue(symbol);
    if (inSession(symbol.spec.tradeSessions, brokerMs(this.state))) {
      for (const position of this.state.positions.ofSymbol(symbol)) this.#tryStops(position);
      for (const order of this.state.orders.ofSymbol(symbol)) this.#tryOrder(order);
    }
    this.#tryStopOut();
    this.#flush();
    return true;
  }

  /** Books a deposit (or, below 0, a withdrawal) or another cash operation. */
  cash(
    amount: number,
    comment = "",
    kind: "balance" | "credit" | "charge" | "correction" | "bonus" = "balance",
  ): DealRecord {
    if (!Number.isFinite(amount)) throw new RangeError(`Cannot book cash: the amount is ${amount}`);
    const deal = this.#books.cash(kind, amount, comment);
    this.#tryStopOut();
    this.#flush();
    return deal;
  }

  /** Changes what the broker set for the account, as a support desk would. */
  changeAccount(changes: Partial<Pick<AccountSettings, "tradeAllowed" | "expertAllowed" | "stopOut">>): void {
    this.state.account.settings = { ...this.state.account.settings, ...changes };
  }

  /** Cancels the server's timers; it does nothing by itself any more. */
  dispose(): void {
    this.#disposed = true;
    this.#expirationTimer?.cancel();
    this.#rolloverTimer?.cancel();
  }

  #carryOut(plan: Plan, request: TradeRequest, reason: Reason): Omit<TradeRequestResult, "requestId"> {
    switch (plan.action) {
      case "deal":
        return this.#deal(plan, request, reason);
      case "pending": {
        const order = this.#makeOrder(plan.symbol, plan.kind, plan.volumeUnits, request, reason, plan);
        this.#books.place(order);
        return this.#result(plan.symbol, refuse(Retcode.DONE), {
          order: order.ticket,
          volume: request.volume,
        });
      }
      case "sltp": {
        const { position } = plan;
        position.stopLoss = plan.stopLoss;
        position.takeProfit = plan.takeProfit;
        this.#books.touched(position);
        return this.#result(position.symbol, refuse(Retcode.DONE), {});
      }
      case "modify": {
        const { order } = plan;
        order.price = plan.price;
        order.priceStopLimit = plan.priceStopLimit;
        order.stopLoss = plan.stopLoss;
        order.takeProfit = plan.takeProfit;
        order.timeInForce = plan.timeInForce;
        order.expirationBrokerMs = plan.expirationBrokerMs;
        this.#updated(order);
        return this.#result(order.symbol, refuse(Retcode.DONE), { order: order.ticket });
      }
      case "remove":
        this.#books.finish(plan.order, "cancelled");
        return this.#result(plan.order.symbol, refuse(Retcode.DONE), { order: plan.order.ticket });
      case "closeBy": {
        const { position, by } = plan;
        const volumeUnits = Math.min(position.volumeUnits, by.volumeUnits);
        const order = this.#makeOrder(position.symbol, "closeBy", volumeUnits, request, reason, {});
        order.position = position.identifier;
        this.#books.place(order);
        const deal = this.#books.closeBy(order, position, by);
        this.#books.finish(order, "filled");
        return this.#result(position.symbol, refuse(Retcode.DONE), {
          order: order.ticket,
          deal: deal.ticket,
          volume: deal.volume,
          price: deal.price,
        });
      }
    }
  }

  #deal(
    plan: Extract<Plan, { action: "deal" }>,
    request: TradeRequest,
    reason: Reason,
  ): Omit<TradeRequestResult, "requestId"> {
    const { symbol, side, volumeUnits, position } = plan;
    const offered = offer(this.#options.execution, this.#random, symbol, side, volumeUnits);
    if (plan.price !== undefined) {
      const points = Math.abs(offered.price - plan.price) / symbol.point;
      if (points > plan.deviationPoints + 1e-6) return this.#refused(request, refuse(Retcode.REQUOTE));
    }
    const poor = position === undefined && this.#books.checkMoney(symbol, side, volumeUnits, offered.price);
    if (poor) return this.#refused(request, poor);

    const order = this.#makeOrder(symbol, side, volumeUnits, request, reason, plan);
    order.atMarket = true;
    if (position !== undefined) order.position = position.identifier;
    this.#books.place(order);
    const short = offered.volumeUnits < volumeUnits;
    if (short && (plan.filling === "fok" || offered.volumeUnits === 0) && plan.filling !== "return") {
      this.#books.finish(order, "rejected");
      return this.#result(symbol, refuse(Retcode.REJECT), { order: order.ticket });
    }
    if (offered.volumeUnits === 0) {
      return this.#result(symbol, refuse(Retcode.PLACED), { order: order.ticket });
    }
    const deal = this.#books.fill(order, offered.volumeUnits, offered.price);
    if (!short) this.#books.finish(order, "filled");
    else if (plan.filling === "ioc") this.#books.finish(order, "cancelled");
    else this.#updated(order);
    return this.#result(symbol, refuse(short ? Retcode.DONE_PARTIAL : Retcode.DONE), {
      order: order.ticket,
      deal: deal.ticket,
      volume: deal.volume,
      price: deal.price,
    });
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
    const slipped = offer(this.#options.execution, this.#random, symbol, side, position.volumeUnits).price;
    const price =
      limit === undefined ? slipped : side === "sell" ? Math.max(slipped, limit) : Math.min(slipped, limit);
    const request = { action: "deal", magic: position.magic, comment } as const;
    const order = this.#makeOrder(symbol, side, position.volumeUnits, request, reason, {});
    order.position = position.identifier;
    order.atMarket = true;
    this.#books.place(order);
    this.#books.fill(order, position.volumeUnits, price);
    this.#books.finish(order, "filled");
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
        this.#updated(order);
        this.#tryOrder(order);
        return;
      }
      order.atMarket = !isLimit(order.kind);
    }

    const closing = this.#closes(order);
    if (closing !== undefined && closing.volumeUnits === 0) {
      this.#books.finish(order, "cancelled", "position closed");
      return;
    }
    const wanted = Math.min(order.volumeUnits, closing?.volumeUnits ?? order.volumeUnits);
    const offered = offer(this.#options.execution, this.#random, symbol, side, wanted);
    const price = !isLimit(order.kind)
      ? offered.price
      : side === "buy"
        ? Math.min(offered.price, order.price)
        : Math.max(offered.price, order.price);
    const refused = closing === undefined ? this.#checkActivation(order, wanted, price) : undefined;
    if (refused !== undefined) {
      this.#books.finish(order, "cancelled", refused.comment);
      return;
    }
    if (offered.volumeUnits < wanted && order.filling === "fok") {
      this.#books.finish(order, "cancelled");
      return;
    }
    if (offered.volumeUnits > 0) this.#books.fill(order, offered.volumeUnits, price);
    if (order.volumeUnits === 0) this.#books.finish(order, "filled");
    else if (order.filling === "ioc") this.#books.finish(order, "cancelled");
    else if (offered.volumeUnits > 0) this.#updated(order);
  }

  /** The position that a hedging order is to close, empty if it is gone; undefined for an order that opens. */
  #closes(order: LiveOrder): { readonly volumeUnits: number } | undefined {
    const opens = order.position === "0" || order.position === order.ticket || isPending(order.kind);
    if (opens || this.state.account.settings.marginMode !== "hedging") return undefined;
    return this.state.positions.get(order.position) ?? { volumeUnits: 0 };
  }

  #checkActivation(order: LiveOrder, volumeUnits: number, price: number): Refusal | undefined {
    const side = sideOf(order.kind);
    const net = this.state.account.settings.marginMode !== "hedging";
    const held = this.state.positions.ofSymbol(order.symbol)[0];
    const reduces = net && held !== undefined && held.side !== side && volumeUnits <= held.volumeUnits;
    const { maxPositions } = this.state.account.settings;
    const opens = net ? held === undefined : this.state.positions.get(order.ticket) === undefined;
    const full = maxPositions > 0 && opens && this.state.positions.size >= maxPositions;
    return (
      checkTradeMode(order.symbol.spec, side, reduces) ??
      (full ? refuse(Retcode.LIMIT_POSITIONS) : undefined) ??
      this.#books.checkMoney(order.symbol, side, volumeUnits, price)
    );
  }

  /** While the account is at or under its stop out level: closes the position with the largest loss. */
  #tryStopOut(): void {
    while (this.#isStoppedOut()) {
      const now = brokerMs(this.state);
      let worst: LivePosition | undefined;
      for (const position of this.state.positions.all()) {
        if (!inSession(position.symbol.spec.tradeSessions, now)) continue;
        const loss = position.profitMinor + position.swapMinor;
        if (worst === undefined || loss < worst.profitMinor + worst.swapMinor) worst = position;
      }
      if (worst === undefined) return;
      const { account } = this.state;
      const equity = account.amount(account.equityMinor).toFixed(account.settings.currencyDigits);
      const margin = account.amount(account.marginMinor).toFixed(account.settings.currencyDigits);
      this.#forceClose(worst, "stopOut", `[so ${account.marginLevel.toFixed(2)}%/${equity}/${margin}]`);
    }
  }

  #isStoppedOut(): boolean {
    const { account, positions } = this.state;
    if (positions.size === 0) return false;
    // Fully hedged positions may need no margin; then they are stopped out when the equity is used up.
    if (account.marginMinor === 0) return account.equityMinor < 0;
    const { stopOutMode, stopOut } = account.settings;
    return stopOutMode === "percent"
      ? account.marginLevel <= stopOut
      : account.equityMinor <= account.minor(stopOut);
  }

  #makeOrder(
    symbol: SymbolState,
    kind: LiveOrder["kind"],
    volumeUnits: number,
    request: TradeRequest,
    reason: Reason,
    terms: OrderTerms,
  ): LiveOrder {
    return {
      ticket: this.#tickets.order(),
      symbol,
      kind,
      state: "placed",
      volumeInitialUnits: volumeUnits,
      volumeUnits,
      price: terms.price ?? 0,
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
      setupUtcMs: this.state.utcMs(),
      expirationBrokerMs: terms.expirationBrokerMs ?? 0,
      atMarket: false,
    };
  }

  #comment(text: string): string {
    const cut = text.slice(0, MAX_COMMENT_LENGTH);
    return this.#options.rewriteComment?.(cut).slice(0, MAX_COMMENT_LENGTH) ?? cut;
  }

  #updated(order: LiveOrder): void {
    this.#transactions.push({ type: "orderUpdate", order: order.ticket, symbol: order.symbol.spec.name });
  }

  #symbolOf(request: TradeRequest): SymbolState | undefined {
    const named = this.state.symbols.get(request.symbol ?? "");
    return (
      named ??
      this.state.positions.get(request.position ?? "")?.symbol ??
      this.state.orders.get(request.order ?? "")?.symbol
    );
  }

  #refused(request: TradeRequest, refusal: Refusal): Omit<TradeRequestResult, "requestId"> {
    return this.#result(this.#symbolOf(request), refusal, {});
  }

  #result(
    symbol: SymbolState | undefined,
    { retcode, comment }: Refusal,
    done: {
      readonly deal?: string;
      readonly order?: string;
      readonly volume?: number | undefined;
      readonly price?: number;
    },
  ): Omit<TradeRequestResult, "requestId"> {
    return {
      retcode,
      deal: done.deal ?? "0",
      order: done.order ?? "0",
      volume: done.volume ?? 0,
      price: done.price ?? 0,
      bid: symbol?.last?.bid ?? 0,
      ask: symbol?.last?.ask ?? 0,
      comment: comment === "" ? commentOf(retcode) : comment,
      retcodeExternal: 0,
    };
  }

  /** Ends a change: sets the timers that it calls for, and tells it. */
  #flush(): void {
    if (this.#transactions.length === 0) return;
    this.#arrangeTimers();
    this.#options.onTransactions(this.#transactions.splice(0));
  }

  /** Sets the timers that the orders and positions at hand need, and no others. */
  #arrangeTimers(): void {
    if (this.#disposed) return;
    this.#arrangeExpiration();
    this.#arrangeRollover();
  }

  #arrangeExpiration(): void {
    let nextBrokerMs = Number.POSITIVE_INFINITY;
    for (const order of this.state.orders.all()) {
      if (order.expirationBrokerMs > 0) nextBrokerMs = Math.min(nextBrokerMs, order.expirationBrokerMs);
    }
    this.#expirationTimer?.cancel();
    this.#expirationTimer = undefined;
    if (nextBrokerMs === Number.POSITIVE_INFINITY) return;
    this.#expirationTimer = this.#timerAt(nextBrokerMs, () => this.#expire());
  }

  #expire(): void {
    const now = brokerMs(this.state);
    for (const order of [...this.state.orders.all()]) {
      if (order.expirationBrokerMs > 0 && order.expirationBrokerMs <= now)
        this.#books.finish(order, "expired");
    }
    this.#arrangeTimers();
    this.#flush();
  }

  #arrangeRollover(): void {
    let needed = false;
    for (const position of this.state.positions.all()) needed ||= bearsSwap(position);
    if (!needed) {
      this.#rolloverTimer?.cancel();
      this.#rolloverTimer = undefined;
      return;
    }
    if (this.#rolloverTimer !== undefined) return;
    this.#rolloverBrokerMs = nextRollover(brokerMs(this.state));
    this.#rolloverTimer = this.#timerAt(this.#rolloverBrokerMs, () => this.#rollOver());
  }

  /** Charges a day's swap at the broker's midnight. */
  #rollOver(): void {
    this.#rolloverTimer = undefined;
    if (brokerMs(this.state) >= this.#rolloverBrokerMs) {
      for (const position of [...this.state.positions.all()]) {
        const days = rolloverDays(this.#rolloverBrokerMs - 1, position.symbol.spec.swapTripleDay);
        const minor = swapMinor(position, this.state, days);
        if (minor !== 0) this.#books.addSwap(position, minor);
      }
      this.#tryStopOut();
    }
    this.#arrangeTimers();
    this.#flush();
  }

  #timerAt(atBrokerMs: number, callback: () => void): Timer {
    const now = this.state.utcMs();
    const delayMs = this.state.zone.toUtc(atBrokerMs, now) - now;
    return this.#clock.setTimer(callback, Math.min(delayMs, MAX_TIMER_MS));
  }
}

function ticketsFrom(first: bigint): Tickets {
  let order = first;
  let deal = first;
  return {
    order: () => String(order++),
    deal: () => String(deal++),
  };
}
