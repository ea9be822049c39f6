import type { BrokerTimeZone } from "../../domain/broker-time.ts";
import type { DealRecord, OrderRecord, PositionSide, Reason } from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type {
  TradeCheckResult,
  TradeRequest,
  TradeRequestResult,
  TradeTransaction,
} from "../../domain/terminal.ts";
import type { Clock } from "../../transport/clock.ts";
import { Prng } from "../market/prng.ts";
import type { MarketTick } from "../market/tick-source.ts";
import { type AccountSettings, AccountState } from "./account-state.ts";
import { Bookkeeper } from "./bookkeeper.ts";
import { OrderBook, PositionBook, reserves, TicketLog } from "./books.ts";
import type { BrokerState } from "./broker-state.ts";
import { marginOfVolume, profitOfVolume } from "./calculations.ts";
import { Converter } from "./conversion.ts";
import { Dealing, type DealingResult } from "./dealing.ts";
import type { ExecutionModel } from "./execution.ts";
import type { OrderMarginEntry } from "./margin.ts";
import { sideOf } from "./order-kinds.ts";
import { planRequest } from "./order-validation.ts";
import { isRefusal, type Plan } from "./plan.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { Schedule } from "./schedule.ts";
import type { SymbolSpec } from "./symbol-spec.ts";
import { SymbolState } from "./symbol-state.ts";
import { ticketsFrom } from "./tickets.ts";
import { checkTrading } from "./trading-checks.ts";
import { Valuation } from "./valuation.ts";

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

/** The broker's side: carries out requests, and does by itself what prices and time make due. */
export class TradeServer {
  readonly state: BrokerState;
  readonly #options: TradeServerOptions;
  readonly #valuation: Valuation;
  readonly #books: Bookkeeper;
  readonly #dealing: Dealing;
  readonly #schedule: Schedule;
  readonly #transactions: TradeTransaction[] = [];

  constructor(options: TradeServerOptions) {
    this.#options = options;
    checkTrading(options.account, options.symbols);
    const symbols = new Map(
      options.symbols.map((spec) => [spec.name, new SymbolState(spec, options.tickHistory, options.zone)]),
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
      utcMs: () => Math.floor(options.clock.wallMs()),
    };
    this.#valuation = new Valuation(this.state, options.execution);
    const tickets = ticketsFrom(options.firstTicket);
    const books = new Bookkeeper(this.state, tickets, this.#valuation, (transaction) =>
      this.#transactions.push(transaction),
    );
    this.#books = books;
    this.#dealing = new Dealing({
      state: this.state,
      books,
      valuation: this.#valuation,
      tickets,
      execution: options.execution,
      random: new Prng(`${options.seed}/execution`),
      rewriteComment: options.rewriteComment,
    });
    this.#schedule = new Schedule(options.clock, this.state, books, () => {
      this.#dealing.stopOut();
      this.#flush();
    });
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
  check(request: TradeRequest): Omit<TradeCheckResult, "requestId"> {
    const plan = planRequest(request, this.state);
    if (isRefusal(plan)) return this.#checked(this.#refused(request, plan), 0);
    let marginMinor = 0;
    if (plan.action === "deal" && plan.position === undefined) {
      const { symbol, side, volumeUnits } = plan;
      const price = symbol.openPrice(side);
      const refused = this.#valuation.checkMoney(symbol, side, volumeUnits, price);
      if (refused !== undefined) return this.#checked(this.#refused(request, refused), 0);
      marginMinor = this.#valuation.addedMarginMinor(symbol, side, volumeUnits, price) ?? 0;
    } else if (plan.action === "deal" && plan.position !== undefined) {
      marginMinor = this.#valuation.freedMarginMinor(plan.position, plan.volumeUnits);
    } else if (plan.action === "pending" || plan.action === "modify") {
      const refused = this.#checkReserve(plan);
      if (refused !== undefined) return this.#checked(this.#refused(request, refused), 0);
      if (plan.action === "pending") {
        marginMinor = this.#valuation.addedReserveMinor(plan.symbol, this.#reserveOf(plan));
      }
    }
    return this.#checked(this.#result(this.#symbolOf(request), refuse(0)), marginMinor);
  }

  /** The account as it would be with so much more margin. */
  #checked(
    result: Omit<TradeRequestResult, "requestId">,
    marginMinor: number,
  ): Omit<TradeCheckResult, "requestId"> {
    const { account } = this.state;
    const { balance, equity, profit } = account.record();
    const margin = account.amount(account.marginMinor + marginMinor);
    const freeMargin = account.amount(account.equityMinor - account.marginMinor - marginMinor);
    const marginLevel = margin > 0 ? (equity / margin) * 100 : 0;
    return { ...result, balance, equity, profit, margin, freeMargin, marginLevel };
  }

  /** OrderCalcMargin: margin of a volume at a price, in the account's currency; undefined without quotes to convert. */
  calcMargin(side: PositionSide, symbolName: string, volumeLots: number, price: number): number | undefined {
    return marginOfVolume(this.state, side, symbolName, volumeLots, price);
  }

  /** OrderCalcProfit: profit of a volume between two prices, in the account's currency; undefined without quotes. */
  calcProfit(
    side: PositionSide,
    symbolName: string,
    volumeLots: number,
    priceOpen: number,
    priceClose: number,
  ): number | undefined {
    return profitOfVolume(this.state, side, symbolName, volumeLots, priceOpen, priceClose);
  }

  /** Takes a tick of the market: values positions, then does what the prices make due. False for a foreign symbol. */
  onTick(tick: MarketTick): boolean {
    const symbol = this.state.symbols.get(tick.symbol);
    if (symbol === undefined) return false;
    const quoted = this.#options.execution.quote?.(symbol.spec, tick);
    symbol.push(quoted === undefined ? tick : { ...tick, bid: quoted.bid, ask: quoted.ask });
    this.#valuation.revalue(symbol);
    this.#dealing.onQuote(symbol);
    this.#dealing.stopOut();
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
    this.#dealing.stopOut();
    this.#flush();
    return deal;
  }

  /** Changes what the broker set for the account, as a support desk would. */
  changeAccount(changes: Partial<Pick<AccountSettings, "tradeAllowed" | "expertAllowed" | "stopOut">>): void {
    this.state.account.settings = { ...this.state.account.settings, ...changes };
  }

  /** Cancels the server's timers; it does nothing by itself any more. */
  dispose(): void {
    this.#schedule.dispose();
  }

  #carryOut(plan: Plan, request: TradeRequest, reason: Reason): Omit<TradeRequestResult, "requestId"> {
    switch (plan.action) {
      case "deal":
        return this.#result(plan.symbol, this.#dealing.trade(plan, request, reason));
      case "pending": {
        const refused = this.#checkReserve(plan);
        if (refused !== undefined) return this.#result(plan.symbol, refused);
        const order = this.#dealing.makeOrder(
          plan.symbol,
          plan.kind,
          plan.volumeUnits,
          request,
          reason,
          plan,
        );
        this.#books.place(order);
        return this.#done(plan.symbol, { order: order.ticket, volume: request.volume ?? 0 });
      }
      case "sltp": {
        const { position } = plan;
        position.stopLoss = plan.stopLoss;
        position.takeProfit = plan.takeProfit;
        this.#books.touched(position);
        return this.#done(position.symbol, {});
      }
      case "modify": {
        const { order } = plan;
        const refused = this.#checkReserve(plan);
        if (refused !== undefined) return this.#result(order.symbol, refused);
        order.price = plan.price;
        order.priceStopLimit = plan.priceStopLimit;
        order.stopLoss = plan.stopLoss;
        order.takeProfit = plan.takeProfit;
        order.timeInForce = plan.timeInForce;
        order.expirationBrokerMs = plan.expirationBrokerMs;
        this.#books.updated(order);
        return this.#done(order.symbol, { order: order.ticket });
      }
      case "remove":
        this.#books.finish(plan.order, "cancelled");
        return this.#done(plan.order.symbol, { order: plan.order.ticket });
      case "closeBy": {
        const { position, by } = plan;
        const volumeUnits = Math.min(position.volumeUnits, by.volumeUnits);
        const order = this.#dealing.makeOrder(position.symbol, "closeBy", volumeUnits, request, reason, {});
        order.position = position.identifier;
        this.#books.place(order);
        const deal = this.#books.closeBy(order, position, by);
        this.#books.finish(order, "filled");
        return this.#done(position.symbol, {
          order: order.ticket,
          deal: deal.ticket,
          volume: deal.volume,
          price: deal.price,
        });
      }
    }
  }

  /** Whether there is money for what a pending order reserves, new or changed. */
  #checkReserve(plan: Extract<Plan, { action: "pending" | "modify" }>): Refusal | undefined {
    if (plan.action === "pending") {
      return this.#valuation.checkReserve(plan.symbol, this.#reserveOf(plan));
    }
    const { order, price } = plan;
    return reserves(order)
      ? this.#valuation.checkReserve(order.symbol, { ...order, price }, order)
      : undefined;
  }

  #reserveOf({ symbol, kind, volumeUnits, price }: Extract<Plan, { action: "pending" }>): OrderMarginEntry {
    const marginRate = this.#valuation.marginRate(symbol, sideOf(kind)) ?? 0;
    return { kind, volumeUnits, price, marginRate };
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
    return this.#result(this.#symbolOf(request), refusal);
  }

  #done(
    symbol: SymbolState,
    done: Omit<DealingResult, keyof Refusal>,
  ): Omit<TradeRequestResult, "requestId"> {
    return this.#result(symbol, { ...refuse(Retcode.DONE), ...done });
  }

  #result(symbol: SymbolState | undefined, done: DealingResult): Omit<TradeRequestResult, "requestId"> {
    return {
      retcode: done.retcode,
      deal: done.deal ?? "0",
      order: done.order ?? "0",
      volume: done.volume ?? 0,
      price: done.price ?? 0,
      bid: symbol?.last?.bid ?? 0,
      ask: symbol?.last?.ask ?? 0,
      comment: done.comment,
      retcodeExternal: 0,
    };
  }

  /** Ends a change: sets the timers that it calls for, and tells it. */
  #flush(): void {
    if (this.#transactions.length === 0) return;
    this.#schedule.arrange();
    this.#options.onTransactions(this.#transactions.splice(0));
  }
}
