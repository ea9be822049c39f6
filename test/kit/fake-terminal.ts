import type { BarRecord } from "../../src/domain/market.ts";
import type {
  AccountRecord,
  DealRecord,
  OrderRecord,
  PositionRecord,
  PositionSide,
  SymbolRecord,
  TerminalRecord,
  TickRecord,
} from "../../src/domain/records.ts";
import { Retcode } from "../../src/domain/retcodes.ts";
import type {
  SendAccepted,
  Terminal,
  TerminalEvents,
  TradeCheckResult,
  TradeRequest,
  TradeRequestResult,
  TradeTransaction,
} from "../../src/domain/terminal.ts";
import type { Clock } from "../../src/transport/clock.ts";

/** What the fake trade server does with one request. */
export interface Behaviour {
  /** Whether it is executed. @default true */
  readonly execute?: boolean;
  /** The answer's return code; undefined: no answer ever comes. @default 10009 if executed, else 10006 */
  readonly retcode?: number | undefined;
  /** Refused by the terminal itself. */
  readonly refuseLocally?: number;
  readonly executeAfterMs?: number;
  readonly answerAfterMs?: number;
  /** Lots that are filled of what was asked for. */
  readonly filledLots?: number;
  /** Deals that the filled volume is split into. @default 1 */
  readonly deals?: number;
  /** Deals become visible so long after the execution. @default 0 */
  readonly dealsAfterMs?: number;
  /** Answer and transactions come before the send returns. */
  readonly synchronous?: boolean;
  /** The comment that the broker puts in place of the order's. */
  readonly comment?: string;
  /** Leave order and deal out of the answer. */
  readonly bareAnswer?: boolean;
  /** Send fails with an exception, before or after the execution. */
  readonly throws?: boolean;
}

/** A small terminal whose trade server does exactly what a test says. */
export class FakeTerminal implements Terminal {
  readonly clock: Clock;
  readonly requests: TradeRequest[] = [];
  /** What the next requests meet, in order; then `behaviour`. */
  readonly script: Behaviour[] = [];
  behaviour: Behaviour = {};
  /** Executions by comment and magic together. */
  readonly executions: TradeRequest[] = [];
  positionTable: PositionRecord[] = [];
  orderTable: OrderRecord[] = [];
  orderHistory: OrderRecord[] = [];
  dealHistory: DealRecord[] = [];
  symbolTable: Map<string, SymbolRecord> = new Map();
  tickTable: Map<string, TickRecord[]> = new Map();
  terminalRecord: TerminalRecord = {
    build: 5000,
    name: "Fake",
    company: "Fake",
    connected: true,
    terminalTradeAllowed: true,
    expertTradeAllowed: true,
    accountTradeAllowed: true,
    accountExpertAllowed: true,
    dllsAllowed: true,
  };
  accountRecord: AccountRecord = {
    login: "1001",
    name: "Test",
    server: "Fake-Demo",
    company: "Fake",
    currency: "USD",
    currencyDigits: 2,
    leverage: 100,
    marginMode: "hedging",
    tradeMode: "demo",
    balance: 10_000,
    credit: 0,
    profit: 0,
    equity: 10_000,
    margin: 0,
    freeMargin: 10_000,
    marginLevel: 0,
    stopOutMode: "percent",
    marginCall: 100,
    stopOut: 50,
    tradeAllowed: true,
    expertAllowed: true,
  };
  /** What every chart shows; undefined: nothing is loaded. */
  bars: BarRecord[] | undefined = [];
  /** Transactions are told; false: they are lost. */
  tellsTransactions = true;
  nextOrder = 1_000;
  nextDeal = 5_000;
  #events: TerminalEvents | undefined;
  #requestId = 0;

  constructor(clock: Clock, symbols: readonly string[] = ["EURUSD", "GBPUSD"]) {
    this.clock = clock;
    for (const name of symbols) this.addSymbol(name);
  }

  addSymbol(name: string, changes: Partial<SymbolRecord> = {}): void {
    this.symbolTable.set(name, { ...fakeSymbol(name), ...changes });
    this.tickTable.set(name, []);
    this.addTick(name, 1.1, 1.1002, false);
  }

  addTick(
    name: string,
    bid: number,
    ask: number,
    tell: boolean = true,
    timeBrokerMs: number = this.brokerMs(),
  ): void {
    const tick = { timeBrokerMs, bid, ask, last: 0, volume: 0, volumeReal: 0, flags: 6 };
    this.tickTable.get(name)?.push(tick);
    if (tell) this.#events?.tick(name);
  }

  info(): TerminalRecord {
    return this.terminalRecord;
  }
  account(): AccountRecord {
    return this.accountRecord;
  }
  positions(): readonly PositionRecord[] {
    return this.positionTable;
  }
  orders(): readonly OrderRecord[] {
    return this.orderTable;
  }
  historyOrders(afterTicket: string): readonly OrderRecord[] {
    return this.orderHistory.filter((order) => BigInt(order.ticket) > BigInt(afterTicket)).sort(byTicket);
  }
  historyDeals(afterTicket: string): readonly DealRecord[] {
    return this.dealHistory.filter((deal) => BigInt(deal.ticket) > BigInt(afterTicket)).sort(byTicket);
  }
  symbols(): readonly SymbolRecord[] {
    return [...this.symbolTable.values()];
  }
  symbol(name: string): SymbolRecord | undefined {
    return this.symbolTable.get(name);
  }
  selectSymbol(name: string): boolean {
    return this.symbolTable.has(name);
  }
  tick(symbol: string): TickRecord | undefined {
    return this.tickTable.get(symbol)?.at(-1);
  }
  copyTicks(symbol: string, fromBrokerMs: number, count: number): readonly TickRecord[] {
    const ticks = this.tickTable.get(symbol) ?? [];
    return ticks.filter((tick) => tick.timeBrokerMs >= fromBrokerMs).slice(0, count);
  }
  addBook(): boolean {
    return false;
  }
  releaseBook(): void {}
  marketBook(): undefined {
    return undefined;
  }
  brokerMs(): number {
    return Math.floor(this.clock.nowMs()) + 1_700_000_000_000;
  }
  utcMs(): number {
    return this.brokerMs() - 7_200_000;
  }
  listen(events: TerminalEvents | undefined): void {
    this.#events = events;
  }
  orderCheck(): TradeCheckResult {
    const { balance, equity, profit, margin, freeMargin, marginLevel } = this.accountRecord;
    return { ...emptyResult, retcode: 0, balance, equity, profit, margin, freeMargin, marginLevel };
  }
  calcMargin(_side: PositionSide, symbol: string, volumeLots: number): number | undefined {
    const perLot = this.symbolTable.get(symbol)?.marginPerLot;
    return perLot === undefined ? undefined : perLot * volumeLots;
  }
  calcProfit(
    side: PositionSide,
    symbol: string,
    volumeLots: number,
    priceOpen: number,
    priceClose: number,
  ): number | undefined {
    const size = this.symbolTable.get(symbol)?.contractSize;
    const moved = side === "buy" ? priceClose - priceOpen : priceOpen - priceClose;
    return size === undefined ? undefined : size * volumeLots * moved;
  }
  copyRates(): readonly BarRecord[] | undefined {
    return this.bars;
  }
  copyTicksRange(
    symbol: string,
    fromBrokerMs: number,
    toBrokerMs: number,
  ): readonly TickRecord[] | undefined {
    if (this.bars === undefined) return undefined;
    const ticks = this.tickTable.get(symbol) ?? [];
    return ticks.filter((tick) => tick.timeBrokerMs >= fromBrokerMs && tick.timeBrokerMs <= toBrokerMs);
  }

  orderSendAsync(request: TradeRequest): SendAccepted {
    this.requests.push(request);
    const behaviour = this.script.shift() ?? this.behaviour;
    if (behaviour.refuseLocally !== undefined) {
      return { sent: false, requestId: 0, retcode: behaviour.refuseLocally, comment: "Refused locally" };
    }
    const requestId = ++this.#requestId;
    if (behaviour.synchronous === true) this.#serve(request, requestId, behaviour);
    else this.clock.setTimer(() => this.#serve(request, requestId, behaviour), behaviour.executeAfterMs ?? 0);
    if (behaviour.throws === true) throw new Error("The terminal failed");
    return { sent: true, requestId, retcode: Retcode.PLACED, comment: "Request sent" };
  }

  /** A request that the terminal has not seen: another expert, a phone. */
  tradeElsewhere(request: TradeRequest, changes: Partial<OrderRecord & DealRecord> = {}): void {
    this.#execute(request, {}, changes);
  }

  tell(transaction: TradeTransaction): void {
    if (this.tellsTransactions) this.#events?.transaction(transaction);
  }

  /** Answers a request by hand. */
  answer(requestId: number, result: Partial<TradeRequestResult>): void {
    const { requestId: _, ...rest } = result;
    this.#events?.transaction({ type: "request", result: { ...emptyResult, ...rest, requestId } });
  }

  #serve(request: TradeRequest, requestId: number, behaviour: Behaviour): void {
    const executes = behaviour.execute ?? true;
    const result = executes
      ? this.#execute(request, behaviour)
      : { ...emptyResult, retcode: Retcode.REJECT, comment: "Rejected" };
    const code = "retcode" in behaviour ? behaviour.retcode : result.retcode;
    if (code === undefined) return;
    const bare = behaviour.bareAnswer === true ? { order: "0", deal: "0", volume: 0, price: 0 } : {};
    const answer = (): void =>
      this.tell({ type: "request", request, result: { ...result, ...bare, retcode: code, requestId } });
    if (behaviour.synchronous === true) answer();
    else this.clock.setTimer(answer, behaviour.answerAfterMs ?? 0);
  }

  #execute(
    request: TradeRequest,
    behaviour: Behaviour,
    changes: Partial<OrderRecord & DealRecord> = {},
  ): TradeRequestResult {
    this.executions.push(request);
    const { symbol = "", volume = 0, price = 0, magic = "0" } = request;
    const side = request.kind === "sell" ? "sell" : "buy";
    const filled = behaviour.filledLots ?? volume;
    const comment = behaviour.comment ?? request.comment ?? "";
    const ticket = String(this.nextOrder++);
    const closes = request.position;
    const now = this.brokerMs();
    const positionId = closes ?? ticket;
    const order: OrderRecord = {
      ...fakeOrder(ticket),
      symbol,
      kind: side,
      state: filled < volume ? "cancelled" : "filled",
      volumeInitial: volume,
      volumeCurrent: volume - filled,
      magic,
      comment,
      position: positionId,
      setupBrokerMs: now,
      doneBrokerMs: now,
      ...changes,
    };
    const count = behaviour.deals ?? 1;
    const deals = Array.from({ length: count }, (): DealRecord => {
      const deal = {
        ...fakeDeal(String(this.nextDeal++), ticket),
        position: positionId,
        symbol,
        kind: side,
        entry: closes === undefined ? "in" : "out",
        volume: Math.round((filled / count) * 1e8) / 1e8,
        price,
        magic,
        comment,
        timeBrokerMs: now,
      } as const;
      return { ...deal, ...changes, ticket: deal.ticket };
    });
    this.orderHistory.push(order);
    const show = (): void => {
      this.dealHistory.push(...deals);
      this.#updatePosition(positionId, order, filled, price, closes !== undefined);
      this.tell({ type: "dealAdd", deal: deals[0]?.ticket ?? "0", order: ticket });
    };
    if (behaviour.dealsAfterMs === undefined) show();
    else this.clock.setTimer(show, behaviour.dealsAfterMs);
    this.tell({ type: "historyAdd", order: ticket });
    const retcode = filled < volume ? Retcode.DONE_PARTIAL : Retcode.DONE;
    const deal = deals[0]?.ticket ?? "0";
    return { ...emptyResult, retcode, order: ticket, deal, volume: filled, price, comment: "Done" };
  }

  #updatePosition(id: string, order: OrderRecord, filled: number, price: number, closes: boolean): void {
    const known = this.positionTable.find((position) => position.ticket === id);
    if (!closes) {
      const side = order.kind === "sell" ? "sell" : "buy";
      const { symbol, magic, comment } = order;
      this.positionTable = [
        ...this.positionTable,
        { ...fakePosition(id), symbol, side, volume: filled, priceOpen: price, magic, comment },
      ];
      return;
    }
    if (known === undefined) return;
    const left = Math.round((known.volume - filled) * 1e8) / 1e8;
    this.positionTable = this.positionTable.flatMap((position) =>
      position.ticket !== id ? position : left > 0 ? { ...position, volume: left } : [],
    );
    const balance = this.accountRecord.balance + 1;
    this.accountRecord = { ...this.accountRecord, balance, equity: balance };
  }
}

const emptyResult: TradeRequestResult = {
  retcode: 0,
  deal: "0",
  order: "0",
  volume: 0,
  price: 0,
  bid: 0,
  ask: 0,
  comment: "",
  requestId: 0,
  retcodeExternal: 0,
};

function byTicket(a: { readonly ticket: string }, b: { readonly ticket: string }): number {
  return BigInt(a.ticket) < BigInt(b.ticket) ? -1 : 1;
}

/** A symbol like EURUSD. */
export function fakeSymbol(name: string): SymbolRecord {
  return {
    name,
    description: name,
    path: `Forex\\${name}`,
    currencyBase: "EUR",
    currencyProfit: "USD",
    currencyMargin: "EUR",
    digits: 5,
    point: 0.00001,
    tickSize: 0.00001,
    tickValue: 1,
    contractSize: 100_000,
    volumeMin: 0.01,
    volumeMax: 100,
    volumeStep: 0.01,
    volumeLimit: 0,
    spread: 20,
    stopsLevel: 0,
    freezeLevel: 0,
    tradeMode: "full",
    execution: "market",
    filling: ["fok", "ioc"],
    timeInForce: ["gtc"],
    calcMode: "forex",
    marginInitial: 0,
    marginPerLot: 1_000,
    swapLong: 0,
    swapShort: 0,
    selected: true,
    quoteSessions: [],
    tradeSessions: [],
  };
}

/** A filled market order. */
export function fakeOrder(ticket: string): OrderRecord {
  return {
    ticket,
    symbol: "EURUSD",
    kind: "buy",
    state: "filled",
    volumeInitial: 0.1,
    volumeCurrent: 0,
    price: 0,
    priceStopLimit: 0,
    stopLoss: 0,
    takeProfit: 0,
    timeInForce: "gtc",
    filling: "fok",
    magic: "0",
    comment: "",
    reason: "expert",
    position: "0",
    positionBy: "0",
    setupBrokerMs: 1_700_000_000_000,
    doneBrokerMs: 1_700_000_000_000,
    expirationBrokerMs: 0,
  };
}

/** A deal that opens. */
export function fakeDeal(ticket: string, order: string): DealRecord {
  return {
    ticket,
    order,
    position: order,
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
    timeBrokerMs: 1_700_000_000_000,
  };
}

/** An open position. */
export function fakePosition(ticket: string): PositionRecord {
  return {
    ticket,
    identifier: ticket,
    symbol: "EURUSD",
    side: "buy",
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
    openBrokerMs: 1_700_000_000_000,
    updateBrokerMs: 1_700_000_000_000,
  };
}
