import type { BarRecord, BookRecord, CalendarValue, Timeframe } from "./market.ts";
import type {
  AccountRecord,
  DealRecord,
  FillingMode,
  OrderKind,
  OrderRecord,
  PositionRecord,
  PositionSide,
  SymbolRecord,
  TerminalRecord,
  TickRecord,
  TimeInForce,
} from "./records.ts";

/** ENUM_TRADE_REQUEST_ACTIONS. */
export type TradeAction = "deal" | "pending" | "sltp" | "modify" | "remove" | "closeBy";

/** MqlTradeRequest. What is left out is 0 there. */
export interface TradeRequest {
  readonly action: TradeAction;
  readonly symbol?: string;
  readonly kind?: OrderKind;
  readonly volume?: number;
  readonly price?: number;
  readonly priceStopLimit?: number;
  readonly stopLoss?: number;
  readonly takeProfit?: number;
  /** In points. */
  readonly deviation?: number;
  readonly filling?: FillingMode;
  readonly timeInForce?: TimeInForce;
  readonly expirationBrokerMs?: number;
  readonly magic?: string;
  readonly comment?: string;
  /** Ticket of the order to modify or remove. */
  readonly order?: string;
  /** Ticket of the position to change or close. */
  readonly position?: string;
  /** Ticket of the opposite position of a close-by. */
  readonly positionBy?: string;
}

/** MqlTradeResult. */
export interface TradeRequestResult {
  readonly retcode: number;
  /** `"0"` where there is none. */
  readonly deal: string;
  readonly order: string;
  readonly volume: number;
  readonly price: number;
  readonly bid: number;
  readonly ask: number;
  readonly comment: string;
  readonly requestId: number;
  readonly retcodeExternal: number;
}

/** MqlTradeCheckResult: the verdict, and the account as it would be. */
export interface TradeCheckResult extends TradeRequestResult {
  readonly balance: number;
  readonly equity: number;
  readonly profit: number;
  readonly margin: number;
  readonly freeMargin: number;
  readonly marginLevel: number;
}

/** Which bars: those that opened in a span of time, both ends included, or the newest. */
export type BarSpan =
  | { readonly fromBrokerMs: number; readonly toBrokerMs: number }
  | { readonly count: number };

/** ENUM_TRADE_TRANSACTION_TYPE. */
export type TransactionType =
  | "orderAdd"
  | "orderUpdate"
  | "orderDelete"
  | "dealAdd"
  | "dealUpdate"
  | "dealDelete"
  | "historyAdd"
  | "historyUpdate"
  | "historyDelete"
  | "position"
  | "request";

/** MqlTradeTransaction. A hint to look at the tables again, not a log: unordered, and lost when its queue is full. */
export interface TradeTransaction {
  readonly type: TransactionType;
  readonly order?: string;
  readonly deal?: string;
  readonly position?: string;
  readonly symbol?: string;
  /** Only with `request`. */
  readonly request?: TradeRequest;
  /** Only with `request`. */
  readonly result?: TradeRequestResult;
}

/** The answer to an asynchronous send. */
export interface SendAccepted {
  /** True: handed to the trade server (10008 so far); the result comes as a `request` transaction with this id. */
  readonly sent: boolean;
  readonly requestId: number;
  /** The retcode of a request that was not sent. */
  readonly retcode: number;
  readonly comment: string;
}

/** What an agent hears from its terminal. */
export interface TerminalEvents {
  /** A new tick of a selected symbol; read it with `copyTicks`. */
  tick(symbol: string): void;
  transaction(transaction: TradeTransaction): void;
  /** A symbol whose book was asked for has a new one; read it with `marketBook`. */
  book?(symbol: string): void;
}

/**
 * A MetaTrader 5 terminal as an expert sees it. All getters answer at once from the terminal's own tables;
 * only `orderSendAsync` and `orderCheck` reach the trade server.
 */
export interface Terminal {
  info(): TerminalRecord;
  account(): AccountRecord;
  positions(): readonly PositionRecord[];
  /** Active orders. */
  orders(): readonly OrderRecord[];
  /** Finished orders with a ticket above `afterTicket` (`"0"`: all), by ticket. */
  historyOrders(afterTicket: string): readonly OrderRecord[];
  /** Deals with a ticket above `afterTicket` (`"0"`: all), by ticket. */
  historyDeals(afterTicket: string): readonly DealRecord[];
  symbols(): readonly SymbolRecord[];
  symbol(name: string): SymbolRecord | undefined;
  /** Shows the symbol in Market Watch, so that its ticks flow. False if there is no such symbol. */
  selectSymbol(name: string): boolean;
  /** The last tick, if there has been one. */
  tick(symbol: string): TickRecord | undefined;
  /** CopyTicks: at most `count` ticks stamped at or after `fromBrokerMs`, oldest first. */
  copyTicks(symbol: string, fromBrokerMs: number, count: number): readonly TickRecord[];
  /** MarketBookAdd: lets the books of a symbol come. False if it has none. */
  addBook(symbol: string): boolean;
  /** MarketBookRelease. */
  releaseBook(symbol: string): void;
  /** MarketBookGet: best prices first, sells before buys; undefined unless it was added. */
  marketBook(symbol: string): readonly BookRecord[] | undefined;
  /** TimeTradeServer, in milliseconds. */
  brokerMs(): number;
  /** TimeGMT, in milliseconds. */
  utcMs(): number;
  /** OrderSendAsync. */
  orderSendAsync(request: TradeRequest): SendAccepted;
  /** OrderCheck: what the server would say, without sending. */
  orderCheck(request: TradeRequest): TradeCheckResult;
  /** OrderCalcMargin: in the account's currency; undefined without quotes to convert it. */
  calcMargin(side: PositionSide, symbol: string, volumeLots: number, price: number): number | undefined;
  /** OrderCalcProfit: in the account's currency; undefined without quotes to convert it. */
  calcProfit(
    side: PositionSide,
    symbol: string,
    volumeLots: number,
    priceOpen: number,
    priceClose: number,
  ): number | undefined;
  /** CopyRates: oldest first; undefined while they are not loaded. */
  copyRates(symbol: string, timeframe: Timeframe, span: BarSpan): readonly BarRecord[] | undefined;
  /** CopyTicksRange: both ends included, oldest first; undefined while they are not loaded. */
  copyTicksRange(symbol: string, fromBrokerMs: number, toBrokerMs: number): readonly TickRecord[] | undefined;
  /**
   * CalendarValueHistory with CalendarEventById and CalendarCountryById: both ends included, oldest first; undefined
   * while it is not loaded. Missing where the terminal has no economic calendar.
   */
  calendar?(fromBrokerMs: number, toBrokerMs: number): readonly CalendarValue[] | undefined;
  /** Sets who hears the events; undefined for nobody. */
  listen(events: TerminalEvents | undefined): void;
}
