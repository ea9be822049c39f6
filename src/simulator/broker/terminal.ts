import { BrokerTimeZone } from "../../domain/broker-time.ts";
import type { BarRecord, BookRecord, CalendarValue, Timeframe } from "../../domain/market.ts";
import type {
  AccountRecord,
  DealRecord,
  OrderRecord,
  PositionRecord,
  PositionSide,
  SymbolRecord,
  TerminalRecord,
  TickRecord,
} from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type {
  BarSpan,
  SendAccepted,
  Terminal,
  TerminalEvents,
  TradeCheckResult,
  TradeRequest,
  TradeRequestResult,
  TradeTransaction,
} from "../../domain/terminal.ts";
import type { Clock, Timer } from "../../transport/clock.ts";
import type { CalendarSource } from "../market/calendar.ts";
import { generatedCalendar } from "../market/generated-calendar.ts";
import { Prng } from "../market/prng.ts";
import type { MarketTick } from "../market/tick-source.ts";
import { defaultAccount } from "./account-state.ts";
import { brokerMs } from "./broker-state.ts";
import { calendarValues } from "./calendar-values.ts";
import { bookOf, hasDepth } from "./depth.ts";
import { above, type Frozen, freeze } from "./frozen.ts";
import type { InjectedAnswer, Silence, TerminalHooks } from "./hooks.ts";
import { orderRecord, positionRecord, symbolRecord, tickRecord } from "./records.ts";
import { commentOf } from "./refusal.ts";
import { TradeServer } from "./server.ts";
import { standardSpecs } from "./symbols.ts";
import { checkTerminalOptions, defaultTerminal, type SimulatedTerminalOptions } from "./terminal-options.ts";
import { TransactionQueue } from "./transaction-queue.ts";

/** By how much clocks are put forward and back. */
const clockChangeMs = 3_600_000;

/** A MetaTrader 5 terminal with its broker, simulated. Feed it the market's ticks with `onTick`. */
export class SimulatedTerminal implements Terminal {
  /** The broker behind the terminal: for deposits, trades from elsewhere, and a look at the truth. */
  readonly server: TradeServer;
  readonly #options: SimulatedTerminalOptions;
  readonly #clock: Clock;
  readonly #random: Prng;
  readonly #calendar: CalendarSource;
  readonly #queue: TransactionQueue;
  readonly #pending: Set<Timer> = new Set();
  #info: TerminalRecord;
  #hooks: TerminalHooks = {};
  #events: TerminalEvents | undefined;
  #frozen: Frozen | undefined;
  readonly #books: Set<string> = new Set();
  #nextRequestId = 1;

  constructor(options: SimulatedTerminalOptions) {
    checkTerminalOptions(options);
    this.#options = options;
    this.#clock = options.clock;
    const seed = options.seed ?? 1;
    this.#random = new Prng(`${seed}/terminal`);
    this.#calendar = options.calendar ?? generatedCalendar({ seed });
    this.#info = { ...defaultTerminal, ...options.terminal };
    this.#queue = new TransactionQueue(options.clock, options.transactionQueue ?? 1024, (transaction) =>
      this.#events?.transaction(transaction),
    );
    this.server = new TradeServer({
      clock: options.clock,
      account: { ...defaultAccount, ...options.account },
      symbols: options.symbols ?? standardSpecs(),
      zone: new BrokerTimeZone(options.zone),
      execution: options.execution ?? {},
      seed,
      firstTicket: BigInt(options.firstTicket ?? "1000001"),
      tickHistory: options.tickHistory ?? 65_536,
      rewriteComment: options.rewriteComment,
      onTransactions: (transactions) => this.#deliver(transactions),
    });
  }

  /** Takes a tick of the market: the broker acts on it, then the expert hears of it. */
  onTick(tick: MarketTick): void {
    if (!this.server.onTick(tick) || this.#frozen !== undefined) return;
    if (this.server.state.symbols.get(tick.symbol)?.selected === true) this.#events?.tick(tick.symbol);
    if (this.#books.has(tick.symbol)) this.#events?.book?.(tick.symbol);
  }

  /** Quotes a symbol now, as `onTick` with the clock's time; for tests and for markets driven by hand. */
  quote(symbol: string, bid: number, ask: number): void {
    const last = this.server.state.symbols.get(symbol)?.last;
    if (!this.server.state.symbols.has(symbol))
      throw new RangeError(`Cannot quote ${symbol}: no such symbol`);
    const flags = (last?.bid === bid ? 0 : 2) | (last?.ask === ask ? 0 : 4);
    this.onTick({ symbol, utcMs: Math.floor(this.#clock.wallMs()), bid, ask, last: 0, volume: 0, flags });
  }

  /** Sets where faults are injected; replaces the hooks that were set before. */
  setHooks(hooks: TerminalHooks): void {
    this.#hooks = hooks;
  }

  /** Changes the terminal's permissions, as pressing its buttons does. For the connection use `setConnected`. */
  setPermissions(changes: Partial<Omit<TerminalRecord, "connected">>): void {
    this.#info = { ...this.#info, ...changes };
  }

  /**
   * Breaks or restores the terminal's connection to the broker. While it is broken the broker goes on, the terminal's
   * tables stay as they were, and nothing is told. Restoring it brings the tables up to date without telling what
   * happened, as a terminal does.
   */
  setConnected(connected: boolean): void {
    if (connected === this.#info.connected) return;
    this.#info = { ...this.#info, connected };
    this.#frozen = connected ? undefined : freeze(this);
  }

  /** Keeps the expert busy: transactions wait in their queue, and the oldest are pushed out when it is full. */
  setBusy(busy: boolean): void {
    this.#queue.setBusy(busy);
  }

  /** Transactions that were pushed out of the full queue so far. */
  get lostTransactions(): number {
    return this.#queue.lost;
  }

  /** Cancels all timers of terminal and broker. */
  dispose(): void {
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
    this.#queue.dispose();
    this.server.dispose();
    this.#events = undefined;
  }

  info(): TerminalRecord {
    const { tradeAllowed, expertAllowed } = this.server.state.account.settings;
    return { ...this.#info, accountTradeAllowed: tradeAllowed, accountExpertAllowed: expertAllowed };
  }

  account(): AccountRecord {
    return this.#frozen?.account ?? this.server.state.account.record();
  }

  positions(): readonly PositionRecord[] {
    if (this.#frozen !== undefined) return this.#frozen.positions;
    const { state } = this.server;
    return Array.from(state.positions.all(), (position) => positionRecord(position, state));
  }

  orders(): readonly OrderRecord[] {
    if (this.#frozen !== undefined) return this.#frozen.orders;
    const { state } = this.server;
    return Array.from(state.orders.all(), (order) => orderRecord(order, state));
  }

  historyOrders(afterTicket: string): readonly OrderRecord[] {
    if (this.#frozen !== undefined) return above(this.#frozen.historyOrders, afterTicket);
    return this.server.state.historyOrders.after(afterTicket);
  }

  historyDeals(afterTicket: string): readonly DealRecord[] {
    if (this.#frozen !== undefined) return above(this.#frozen.historyDeals, afterTicket);
    return this.server.state.historyDeals.after(afterTicket);
  }

  symbols(): readonly SymbolRecord[] {
    const { state } = this.server;
    return Array.from(state.symbols.values(), (symbol) => symbolRecord(symbol, state));
  }

  symbol(name: string): SymbolRecord | undefined {
    const symbol = this.server.state.symbols.get(name);
    return symbol === undefined ? undefined : symbolRecord(symbol, this.server.state);
  }

  selectSymbol(name: string): boolean {
    const symbol = this.server.state.symbols.get(name);
    if (symbol === undefined) return false;
    symbol.selected = true;
    return true;
  }

  tick(symbol: string): TickRecord | undefined {
    if (this.#frozen !== undefined) return this.#frozen.ticks.get(symbol);
    const state = this.server.state.symbols.get(symbol);
    if (state?.selected !== true || state.last === undefined) return undefined;
    return tickRecord(state.last, this.server.state);
  }

  copyTicks(symbol: string, fromBrokerMs: number, count: number): readonly TickRecord[] {
    const { state } = this.server;
    const ticks = state.symbols.get(symbol)?.ticks.from(state.zone.toUtc(fromBrokerMs), count) ?? [];
    const untilUtcMs = this.#frozen?.utcMs ?? Number.POSITIVE_INFINITY;
    return ticks.filter((tick) => tick.utcMs <= untilUtcMs).map((tick) => tickRecord(tick, state));
  }

  addBook(symbol: string): boolean {
    const state = this.server.state.symbols.get(symbol);
    if (state === undefined || !hasDepth(state)) return false;
    this.#books.add(symbol);
    return true;
  }

  releaseBook(symbol: string): void {
    this.#books.delete(symbol);
  }

  marketBook(symbol: string): readonly BookRecord[] | undefined {
    const state = this.server.state.symbols.get(symbol);
    if (state === undefined || !this.#books.has(symbol) || this.#frozen !== undefined) return undefined;
    return bookOf(state, this.#options.seed ?? 1);
  }

  brokerMs(): number {
    return brokerMs(this.server.state);
  }

  utcMs(): number {
    return Math.floor(this.#clock.wallMs());
  }

  orderSendAsync(request: TradeRequest): SendAccepted {
    const requestId = this.#nextRequestId++;
    const refused = this.#checkLocally();
    if (refused !== undefined) {
      return { sent: false, requestId, retcode: refused, comment: commentOf(refused) };
    }
    this.#after(this.#latencyMs(), () => this.#arrive(request, requestId));
    return { sent: true, requestId, retcode: Retcode.PLACED, comment: commentOf(Retcode.PLACED) };
  }

  orderCheck(request: TradeRequest): TradeCheckResult {
    const refused = this.#checkLocally();
    if (refused === undefined) return { ...this.server.check(request), requestId: 0 };
    const { balance, equity, profit, margin, freeMargin, marginLevel } = this.account();
    const account = { balance, equity, profit, margin, freeMargin, marginLevel };
    return { ...answerOf({ retcode: refused }, 0), ...account };
  }

  calcMargin(side: PositionSide, symbol: string, volumeLots: number, price: number): number | undefined {
    return this.server.calcMargin(side, symbol, volumeLots, price);
  }

  calcProfit(
    side: PositionSide,
    symbol: string,
    volumeLots: number,
    priceOpen: number,
    priceClose: number,
  ): number | undefined {
    return this.server.calcProfit(side, symbol, volumeLots, priceOpen, priceClose);
  }

  copyRates(symbol: string, timeframe: Timeframe, span: BarSpan): readonly BarRecord[] | undefined {
    if (!this.#info.connected) return undefined;
    const bars = this.server.state.symbols.get(symbol)?.bars;
    if (bars === undefined) return [];
    if ("count" in span) return bars.newest(timeframe, span.count);
    return bars.range(timeframe, span.fromBrokerMs, span.toBrokerMs);
  }

  copyTicksRange(
    symbol: string,
    fromBrokerMs: number,
    toBrokerMs: number,
  ): readonly TickRecord[] | undefined {
    if (!this.#info.connected) return undefined;
    const { state } = this.server;
    // Around a change of the clocks the same broker time means two instants, so an hour more is looked through.
    const fromUtcMs = state.zone.toUtc(fromBrokerMs) - clockChangeMs;
    const ticks = state.symbols.get(symbol)?.ticks.from(fromUtcMs, Number.POSITIVE_INFINITY) ?? [];
    return ticks
      .map((tick) => tickRecord(tick, state))
      .filter((tick) => tick.timeBrokerMs >= fromBrokerMs && tick.timeBrokerMs <= toBrokerMs);
  }

  calendar(fromBrokerMs: number, toBrokerMs: number): readonly CalendarValue[] | undefined {
    if (!this.#info.connected) return undefined;
    return calendarValues(this.#calendar, this.server.state, fromBrokerMs, toBrokerMs);
  }

  listen(events: TerminalEvents | undefined): void {
    this.#events = events;
  }

  /** What the terminal refuses by itself, without asking the server. */
  #checkLocally(): number | undefined {
    const info = this.info();
    if (!info.terminalTradeAllowed || !info.expertTradeAllowed) return Retcode.CLIENT_DISABLES_AT;
    if (!info.connected) return Retcode.CONNECTION;
    if (!info.accountTradeAllowed) return Retcode.TRADE_DISABLED;
    return info.accountExpertAllowed ? undefined : Retcode.SERVER_DISABLES_AT;
  }

  /** A request arrives at the server. */
  #arrive(request: TradeRequest, requestId: number): void {
    const instead = this.#hooks.before?.(request, requestId);
    if (instead !== undefined) {
      this.#answer(request, requestId, instead);
      return;
    }
    const result = { ...this.server.execute(request), requestId };
    const replaced = this.#hooks.after?.(request, requestId, result);
    if (replaced !== undefined) this.#answer(request, requestId, replaced);
    else this.#deliver([{ type: "request", request, result }]);
  }

  #answer(request: TradeRequest, requestId: number, answer: InjectedAnswer | Silence): void {
    if (answer === "silence") return;
    const transaction: TradeTransaction = { type: "request", request, result: answerOf(answer, requestId) };
    const delayMs = answer.delayMs ?? 0;
    if (delayMs > 0) this.#after(delayMs, () => this.#deliver([transaction]));
    else this.#deliver([transaction]);
  }

  #deliver(transactions: readonly TradeTransaction[]): void {
    if (this.#frozen !== undefined) return;
    const deliveries = this.#hooks.deliver?.(transactions);
    if (deliveries === undefined) {
      for (const transaction of transactions) this.#queue.push(transaction);
      return;
    }
    for (const { transaction, delayMs } of deliveries) {
      if (delayMs > 0) this.#after(delayMs, () => this.#queue.push(transaction));
      else this.#queue.push(transaction);
    }
  }

  #latencyMs(): number {
    const latency = this.#options.latencyMs ?? 0;
    return typeof latency === "number" ? latency : this.#random.integer(latency[0], latency[1]);
  }

  #after(delayMs: number, callback: () => void): void {
    const timer = this.#clock.setTimer(() => {
      this.#pending.delete(timer);
      callback();
    }, delayMs);
    this.#pending.add(timer);
  }
}

function answerOf(answer: InjectedAnswer, requestId: number): TradeRequestResult {
  return {
    retcode: answer.retcode,
    deal: "0",
    order: "0",
    volume: 0,
    price: 0,
    bid: 0,
    ask: 0,
    comment: answer.comment ?? commentOf(answer.retcode),
    requestId,
    retcodeExternal: 0,
  };
}
