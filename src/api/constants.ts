/** The direction of a trade. */
export const TradeType = { BUY: "buy", SELL: "sell" } as const;
/** The direction of a trade. */
export type TradeType = (typeof TradeType)[keyof typeof TradeType];
export declare namespace TradeType {
  /** Buying. */
  type BUY = typeof TradeType.BUY;
  /** Selling. */
  type SELL = typeof TradeType.SELL;
}

/** The type of an order (ENUM_ORDER_TYPE). */
export const OrderType = {
  BUY: "buy",
  SELL: "sell",
  BUY_LIMIT: "buyLimit",
  SELL_LIMIT: "sellLimit",
  BUY_STOP: "buyStop",
  SELL_STOP: "sellStop",
  BUY_STOP_LIMIT: "buyStopLimit",
  SELL_STOP_LIMIT: "sellStopLimit",
  CLOSE_BY: "closeBy",
} as const;
/** The type of an order (ENUM_ORDER_TYPE). */
export type OrderType = (typeof OrderType)[keyof typeof OrderType];
export declare namespace OrderType {
  type BUY = typeof OrderType.BUY;
  type SELL = typeof OrderType.SELL;
  type BUY_LIMIT = typeof OrderType.BUY_LIMIT;
  type SELL_LIMIT = typeof OrderType.SELL_LIMIT;
  type BUY_STOP = typeof OrderType.BUY_STOP;
  type SELL_STOP = typeof OrderType.SELL_STOP;
  type BUY_STOP_LIMIT = typeof OrderType.BUY_STOP_LIMIT;
  type SELL_STOP_LIMIT = typeof OrderType.SELL_STOP_LIMIT;
  type CLOSE_BY = typeof OrderType.CLOSE_BY;
}

/** What may be traded of a symbol (ENUM_SYMBOL_TRADE_MODE). */
export const TradingMode = {
  DISABLED: "disabled",
  LONG_ONLY: "longOnly",
  SHORT_ONLY: "shortOnly",
  CLOSE_ONLY: "closeOnly",
  FULL: "full",
} as const;
/** What may be traded of a symbol (ENUM_SYMBOL_TRADE_MODE). */
export type TradingMode = (typeof TradingMode)[keyof typeof TradingMode];

/** How an account keeps positions (ENUM_ACCOUNT_MARGIN_MODE). */
export const MarginMode = { NETTING: "netting", EXCHANGE: "exchange", HEDGING: "hedging" } as const;
/** How an account keeps positions (ENUM_ACCOUNT_MARGIN_MODE). */
export type MarginMode = (typeof MarginMode)[keyof typeof MarginMode];
