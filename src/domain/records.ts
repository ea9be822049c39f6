/**
 * What a MetaTrader 5 terminal knows, as plain records: the properties of the MQL5 reference under readable names.
 * Tickets, magic numbers and logins are decimal strings, because they are 64-bit integers. Times named `…BrokerMs` are
 * milliseconds since 1970 in the trade server's own time zone. Prices and volumes are numbers; 0 in `stopLoss`,
 * `takeProfit`, `priceStopLimit` and `expirationBrokerMs` means none, as in MQL5.
 */

/** ENUM_POSITION_TYPE. */
export type PositionSide = "buy" | "sell";

/** ENUM_ORDER_TYPE. */
export type OrderKind =
  | "buy"
  | "sell"
  | "buyLimit"
  | "sellLimit"
  | "buyStop"
  | "sellStop"
  | "buyStopLimit"
  | "sellStopLimit"
  | "closeBy";

/** ENUM_ORDER_STATE. */
export type OrderState =
  | "started"
  | "placed"
  | "cancelled"
  | "partial"
  | "filled"
  | "rejected"
  | "expired"
  | "requestAdd"
  | "requestModify"
  | "requestCancel";

/** ENUM_ORDER_TYPE_FILLING. */
export type FillingMode = "fok" | "ioc" | "return" | "boc";

/** ENUM_ORDER_TYPE_TIME. */
export type TimeInForce = "gtc" | "day" | "specified" | "specifiedDay";

/** ENUM_POSITION_REASON, ENUM_ORDER_REASON and ENUM_DEAL_REASON in one. */
export type Reason =
  | "client"
  | "mobile"
  | "web"
  | "expert"
  | "stopLoss"
  | "takeProfit"
  | "stopOut"
  | "rollover"
  | "variationMargin"
  | "split";

/** ENUM_DEAL_TYPE, as far as retail brokers use it; anything else is `other`. */
export type DealKind =
  | "buy"
  | "sell"
  | "balance"
  | "credit"
  | "charge"
  | "correction"
  | "bonus"
  | "commission"
  | "interest"
  | "other";

/** ENUM_DEAL_ENTRY. */
export type DealEntry = "in" | "out" | "inOut" | "outBy";

/** An open position (POSITION_*). */
export interface PositionRecord {
  readonly ticket: string;
  /** POSITION_IDENTIFIER: stays the same for the position's life and stands in its orders and deals. */
  readonly identifier: string;
  readonly symbol: string;
  readonly side: PositionSide;
  readonly volume: number;
  readonly priceOpen: number;
  readonly priceCurrent: number;
  readonly stopLoss: number;
  readonly takeProfit: number;
  readonly profit: number;
  readonly swap: number;
  readonly magic: string;
  readonly comment: string;
  readonly reason: Reason;
  readonly openBrokerMs: number;
  readonly updateBrokerMs: number;
}

/** An order, active or in the history (ORDER_*). */
export interface OrderRecord {
  readonly ticket: string;
  readonly symbol: string;
  readonly kind: OrderKind;
  readonly state: OrderState;
  readonly volumeInitial: number;
  readonly volumeCurrent: number;
  /** The order's price; 0 for a market order. */
  readonly price: number;
  readonly priceStopLimit: number;
  readonly stopLoss: number;
  readonly takeProfit: number;
  readonly timeInForce: TimeInForce;
  readonly filling: FillingMode;
  readonly magic: string;
  readonly comment: string;
  readonly reason: Reason;
  /** ORDER_POSITION_ID, `"0"` while there is none. */
  readonly position: string;
  /** ORDER_POSITION_BY_ID, `"0"` unless it is a close-by. */
  readonly positionBy: string;
  readonly setupBrokerMs: number;
  /** 0 while the order is active. */
  readonly doneBrokerMs: number;
  readonly expirationBrokerMs: number;
}

/** A deal of the history (DEAL_*). Brokers may correct or withdraw one later. */
export interface DealRecord {
  readonly ticket: string;
  /** DEAL_ORDER, `"0"` for balance operations. */
  readonly order: string;
  /** DEAL_POSITION_ID, `"0"` for balance operations. */
  readonly position: string;
  readonly symbol: string;
  readonly kind: DealKind;
  readonly entry: DealEntry;
  readonly volume: number;
  readonly price: number;
  readonly profit: number;
  readonly commission: number;
  readonly swap: number;
  readonly fee: number;
  readonly stopLoss: number;
  readonly takeProfit: number;
  readonly magic: string;
  readonly comment: string;
  readonly reason: Reason;
  readonly timeBrokerMs: number;
}

/** ENUM_ACCOUNT_MARGIN_MODE. */
export type AccountMarginMode = "netting" | "exchange" | "hedging";

/** The account (ACCOUNT_*). Amounts are in the account's currency. */
export interface AccountRecord {
  readonly login: string;
  readonly name: string;
  readonly server: string;
  readonly company: string;
  readonly currency: string;
  readonly currencyDigits: number;
  readonly leverage: number;
  readonly marginMode: AccountMarginMode;
  readonly tradeMode: "demo" | "contest" | "real";
  readonly balance: number;
  readonly credit: number;
  readonly profit: number;
  readonly equity: number;
  readonly margin: number;
  readonly freeMargin: number;
  /** Percent; 0 while no margin is used. */
  readonly marginLevel: number;
  readonly stopOutMode: "percent" | "money";
  readonly marginCall: number;
  readonly stopOut: number;
  /** ACCOUNT_TRADE_ALLOWED. */
  readonly tradeAllowed: boolean;
  /** ACCOUNT_TRADE_EXPERT. */
  readonly expertAllowed: boolean;
}

/** ENUM_SYMBOL_TRADE_MODE. */
export type SymbolTradeMode = "disabled" | "longOnly" | "shortOnly" | "closeOnly" | "full";

/** ENUM_SYMBOL_TRADE_EXECUTION. */
export type SymbolExecution = "request" | "instant" | "market" | "exchange";

/** ENUM_SYMBOL_CALC_MODE. */
export type SymbolCalcMode =
  | "forex"
  | "forexNoLeverage"
  | "futures"
  | "cfd"
  | "cfdIndex"
  | "cfdLeverage"
  | "stocks";

/** A span of the week in which a symbol is quoted or traded, in minutes from Sunday 00:00 broker time. */
export interface WeekSpan {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** A symbol's specification (SYMBOL_*). */
export interface SymbolRecord {
  readonly name: string;
  readonly description: string;
  readonly path: string;
  readonly currencyBase: string;
  readonly currencyProfit: string;
  readonly currencyMargin: string;
  readonly digits: number;
  readonly point: number;
  readonly tickSize: number;
  /** Value of one tick of one lot, in the account's currency. */
  readonly tickValue: number;
  readonly contractSize: number;
  readonly volumeMin: number;
  readonly volumeMax: number;
  readonly volumeStep: number;
  /** Largest total volume in one direction; 0 = no limit. */
  readonly volumeLimit: number;
  /** Current spread in points. */
  readonly spread: number;
  /** Smallest distance of stops from the price, in points. */
  readonly stopsLevel: number;
  /** Distance to the price within which orders and stops are frozen, in points. */
  readonly freezeLevel: number;
  readonly tradeMode: SymbolTradeMode;
  readonly execution: SymbolExecution;
  /** SYMBOL_FILLING_MODE: which of FOK and IOC the symbol allows (RETURN depends on the execution). */
  readonly filling: readonly FillingMode[];
  /** SYMBOL_EXPIRATION_MODE. */
  readonly timeInForce: readonly TimeInForce[];
  readonly calcMode: SymbolCalcMode;
  readonly marginInitial: number;
  /** Margin of one lot at the current price, in the account's currency. */
  readonly marginPerLot: number;
  readonly swapLong: number;
  readonly swapShort: number;
  /** SYMBOL_SELECT: shown in Market Watch. */
  readonly selected: boolean;
  readonly quoteSessions: readonly WeekSpan[];
  readonly tradeSessions: readonly WeekSpan[];
}

/** TICK_FLAG_*: what changed with a tick. */
export const TickFlag = { BID: 2, ASK: 4, LAST: 8, VOLUME: 16, BUY: 32, SELL: 64 } as const;

/** A tick (MqlTick). */
export interface TickRecord {
  readonly timeBrokerMs: number;
  readonly bid: number;
  readonly ask: number;
  /** 0 for symbols without last prices. */
  readonly last: number;
  readonly volume: number;
  readonly volumeReal: number;
  /** An OR of `TickFlag`. */
  readonly flags: number;
}

/** The terminal's own state, its permissions one by one. */
export interface TerminalRecord {
  readonly build: number;
  readonly name: string;
  readonly company: string;
  /** TERMINAL_CONNECTED: the terminal is connected to the trade server. */
  readonly connected: boolean;
  /** TERMINAL_TRADE_ALLOWED: the Algo Trading button. */
  readonly terminalTradeAllowed: boolean;
  /** MQL_TRADE_ALLOWED: the expert's own permission. */
  readonly expertTradeAllowed: boolean;
  /** ACCOUNT_TRADE_ALLOWED: false with an investor's password. */
  readonly accountTradeAllowed: boolean;
  /** ACCOUNT_TRADE_EXPERT: the broker allows experts. */
  readonly accountExpertAllowed: boolean;
  /** MQL_DLLS_ALLOWED. */
  readonly dllsAllowed: boolean;
}
