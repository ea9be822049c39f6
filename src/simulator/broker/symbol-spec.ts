import type {
  FillingMode,
  OrderKind,
  SymbolCalcMode,
  SymbolExecution,
  SymbolTradeMode,
  TimeInForce,
  WeekSpan,
} from "../../domain/records.ts";

/** SYMBOL_SWAP_MODE, without the two that close a position and open it again at another price. */
export type SwapMode =
  /** None is charged. */
  | "disabled"
  /** In points of the price. */
  | "points"
  /** An amount per lot in the account's currency. */
  | "money"
  /** An amount per lot in the symbol's base currency. */
  | "moneyBase"
  /** An amount per lot in the symbol's margin currency. */
  | "moneyMargin"
  /** Percent a year of the position's value at the current price, over 360 days. */
  | "interest"
  /** Percent a year of the position's value at its open price, over 360 days. */
  | "interestOpen";

/** The kinds of orders that have a margin of their own. */
export type MarginKind = Exclude<OrderKind, "closeBy">;

/** Factors on the margin of a kind of order (SymbolInfoMarginRate). */
export interface MarginRate {
  /** On what must be free to take a position, and on what a pending order reserves. */
  readonly initial: number;
  /** On what an open position holds; left out: as `initial`. */
  readonly maintenance?: number;
}

/** The contract of a symbol at the simulated broker; what does not change while it trades. */
export interface SymbolSpec {
  readonly name: string;
  readonly description: string;
  readonly path: string;
  readonly currencyBase: string;
  readonly currencyProfit: string;
  readonly currencyMargin: string;
  readonly digits: number;
  readonly tickSize: number;
  /** Value of a tick of one lot in the profit currency; for futures and index CFDs. */
  readonly tickValue: number;
  readonly contractSize: number;
  readonly volumeMin: number;
  readonly volumeMax: number;
  readonly volumeStep: number;
  /** 0 = no limit. */
  readonly volumeLimit: number;
  /** In points. */
  readonly stopsLevel: number;
  /** In points. */
  readonly freezeLevel: number;
  readonly tradeMode: SymbolTradeMode;
  readonly execution: SymbolExecution;
  /** Which of FOK and IOC are allowed (SYMBOL_FILLING_MODE). */
  readonly filling: readonly FillingMode[];
  readonly timeInForce: readonly TimeInForce[];
  readonly calcMode: SymbolCalcMode;
  /** Margin of one lot in the margin currency, in place of what the formula gives; 0 = by the formula. */
  readonly marginInitial: number;
  /** Margin that an open lot holds, with `marginInitial`; 0 = the same. */
  readonly marginMaintenance: number;
  /** Contract size of a hedged lot (or its margin, with `marginInitial`); 0 = hedged volume needs none. */
  readonly marginHedged: number;
  /** Of opposite positions only the larger side needs margin (SYMBOL_MARGIN_HEDGED_USE_LEG). */
  readonly hedgedByLargerLeg: boolean;
  /** Factor on the margin of market orders and positions. */
  readonly marginRate: number;
  /** Factors of single kinds of orders; pending ones reserve no margin without, but on exchange accounts. */
  readonly marginRates: Readonly<Partial<Record<MarginKind, MarginRate>>>;
  readonly swapMode: SwapMode;
  readonly swapLong: number;
  readonly swapShort: number;
  /** Day of the week (0 = Sunday) whose rollover counts three times. */
  readonly swapTripleDay: number;
  /**
   * How many days' swap the night after each day of the week counts, Sunday first (SYMBOL_SWAP_SUNDAY …); empty: none on
   * the weekend, three on `swapTripleDay`, else one.
   */
  readonly swapRatios: readonly number[];
  /** Charged per lot and deal, in the account's currency. */
  readonly commissionPerLot: number;
  readonly quoteSessions: readonly WeekSpan[];
  readonly tradeSessions: readonly WeekSpan[];
}
