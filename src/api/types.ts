import type {
  AccountRecord,
  DealRecord,
  FillingMode,
  OrderRecord,
  OrderState,
  PositionRecord,
  Reason,
  SymbolRecord,
  TimeInForce,
} from "../domain/records.ts";
import type { FillingChoice, TagMode } from "../protocol/v1/messages.ts";
import type { MarginMode, OrderType, TradeType, TradingMode } from "./constants.ts";

/** An OR of the terminal's TICK_FLAG_* bits. */
export type TickFlags = number;

/**
 * Names a position or an order: its ticket as a number, or as text where the number would not be exact. Results give
 * both; `undefined` (the number of such a ticket) is refused with that advice.
 */
export type Ticket = number | string;

/** What may be added to any trade. */
export interface TradeOptions {
  /** A price; rounded to the symbol's tick size. */
  readonly stopLoss?: number;
  /** A price; rounded to the symbol's tick size. */
  readonly takeProfit?: number;
  /** Maximum price deviation in points. @default 10 */
  readonly deviation?: number;
  /** At most 31 characters. Beyond 20 there is no room for the mark of `tag: "comment"`; `tag: "magic"` needs none. */
  readonly comment?: string;
  /** Your strategy's number; as text if it is above 2^53. */
  readonly magic?: number | string;
  /** The agent is not to send it after this moment. */
  readonly expiration?: Date;
  /** @default "auto": what the symbol allows */
  readonly filling?: FillingChoice;
  /** How the order is marked so that it can be found after a crash. @default "comment" */
  readonly tag?: TagMode;
  /**
   * Your own name for the command, 1 to 64 printable ASCII characters without space. It is executed at most once, also
   * if it is sent again after a restart, for as long as the agent keeps its journal (7 days by default).
   */
  readonly id?: string;
  /** Milliseconds until the outcome is reported as unknown. @default errorHandling.timeouts.tradeTimeoutMs */
  readonly timeoutMs?: number;
  /** Stops the waiting. What was sent already stays sent, and is then reported as unknown. */
  readonly signal?: AbortSignal;
}

/** A market order. */
export interface MarketOrderParams extends TradeOptions {
  readonly symbol: string;
  readonly type: TradeType.BUY | TradeType.SELL;
  /** Lots. */
  readonly volume: number;
}

/** What may be added to a close. */
export interface CloseOptions
  extends Pick<TradeOptions, "deviation" | "comment" | "filling" | "tag" | "id" | "timeoutMs" | "signal"> {}

/** A trade that was executed. Times are UTC; `…BrokerMs` is the trade server's own stamp. */
export interface TradeResult {
  /** The command's id. */
  readonly id: string;
  /**
   * The position's ticket (for a close: of the position that was closed). `undefined` at run time if the broker's
   * number is above 2^53, which no broker's is today; `ticketText` is always exact.
   */
  readonly ticket: number;
  readonly ticketText: string;
  /** The order that carried it out. */
  readonly orderTicketText: string;
  /** The first deal. */
  readonly dealTicketText: string;
  readonly symbol: string;
  readonly type: TradeType;
  /** Lots executed. */
  readonly volume: number;
  /** Lots asked for. */
  readonly requestedVolume: number;
  /** Whether less was executed than asked for. */
  readonly partial: boolean;
  /** The price of this trade: the opening price of an open, the closing price of a close. */
  readonly price: number;
  /** The price at which the position was opened. */
  readonly openPrice: number;
  readonly stopLoss?: number;
  readonly takeProfit?: number;
  /** Realised by this trade. */
  readonly profit: number;
  readonly commission: number;
  readonly swap: number;
  readonly comment: string;
  /** `undefined` at run time if above 2^53; `magicText` is exact. */
  readonly magic: number;
  readonly magicText: string;
  readonly openTime: Date;
  readonly openTimeBrokerMs: number;
  /** From the call to the outcome, in milliseconds. */
  readonly executionTime: number;
  /** Where the time went, in milliseconds of the agent's clock. */
  readonly latency: {
    /** From the agent's receipt to its sending, the journal included. */
    readonly agentMs: number;
    /** From the agent's sending to the trade server's answer. */
    readonly brokerMs: number;
  };
  readonly retcode: number;
  readonly retcodeName: string;
}

/** What became of a command, as far as it is known. */
export type CommandOutcome =
  | {
      readonly state: "executed";
      readonly id: string;
      readonly retcode: number;
      readonly ticket: number;
      readonly ticketText: string;
      readonly orderTicketText: string;
      readonly dealTicketText: string;
      readonly volume: number;
      readonly price: number;
    }
  | {
      readonly state: "rejected";
      readonly id: string;
      readonly retcode: number;
      readonly retcodeName: string;
      readonly comment: string;
    }
  /**
   * It never reached the trade server and never will. Certain, as far back as the agent's journal reaches: a command
   * that was sent before `since` (where given) may have been forgotten.
   */
  | { readonly state: "notExecuted"; readonly id: string; readonly reason: string; readonly since?: Date }
  /** It is on its way, and its caller still waits. */
  | { readonly state: "pending"; readonly id: string }
  /** It reached the trade server, and nobody can tell yet; the agent goes on looking. */
  | {
      readonly state: "unknown";
      readonly id: string;
      readonly retcode: number;
      readonly retcodeName: string;
    };

/** A tick. */
export interface TickData {
  readonly symbol: string;
  /** UTC. */
  readonly time: Date;
  /** The trade server's own stamp. */
  readonly timeBrokerMs: number;
  readonly bid: number;
  readonly ask: number;
  /** Missing for symbols without last prices. */
  readonly last?: number;
  readonly volume?: number;
  readonly flags: TickFlags;
}

/** A symbol. */
export interface SymbolInfo {
  readonly name: string;
  readonly description: string;
  /** The currency of its profit. */
  readonly currency: string;
  readonly digits: number;
  readonly point: number;
  /** In points. */
  readonly spread: number;
  readonly minVolume: number;
  readonly maxVolume: number;
  readonly volumeStep: number;
  /** Margin of one lot in the account's currency. */
  readonly marginRequired: number;
  readonly contractSize: number;
  readonly tradingMode: TradingMode;
  /** Whether it can be traded in some direction and is shown in Market Watch. */
  readonly isActive: boolean;
  readonly tickSize: number;
  readonly tickValue: number;
  /** Smallest distance of stops from the price, in points. */
  readonly stopsLevel: number;
  readonly freezeLevel: number;
  readonly filling: readonly FillingMode[];
  /** Everything that the terminal says. */
  readonly record: SymbolRecord;
}

/** An account. */
export interface AccountInfo {
  /** `undefined` at run time if above 2^53; `loginText` is exact. */
  readonly login: number;
  readonly loginText: string;
  readonly name: string;
  readonly server: string;
  readonly currency: string;
  readonly balance: number;
  readonly equity: number;
  readonly margin: number;
  readonly freeMargin: number;
  /** Percent; 0 while no margin is used. */
  readonly marginLevel: number;
  readonly profit: number;
  readonly credit: number;
  readonly leverage: number;
  readonly marginMode: MarginMode;
  readonly tradeAllowed: boolean;
  readonly expertAllowed: boolean;
  readonly company: string;
  /** Everything that the terminal says. */
  readonly record: AccountRecord;
}

/** The margin of an account. */
export interface MarginInfo {
  readonly margin: number;
  readonly freeMargin: number;
  readonly marginLevel: number;
}

/** An open position. */
export interface PositionInfo {
  /** `undefined` at run time if above 2^53; `ticketText` is exact. */
  readonly ticket: number;
  readonly ticketText: string;
  readonly symbol: string;
  readonly type: TradeType;
  /** Lots. */
  readonly volume: number;
  readonly openPrice: number;
  readonly currentPrice: number;
  readonly stopLoss?: number;
  readonly takeProfit?: number;
  readonly profit: number;
  readonly swap: number;
  readonly magic: number;
  readonly magicText: string;
  readonly comment: string;
  readonly openTime: Date;
  readonly openTimeBrokerMs: number;
  readonly record: PositionRecord;
}

/** An order, active or finished. */
export interface OrderInfo {
  /** `undefined` at run time if above 2^53; `ticketText` is exact. */
  readonly ticket: number;
  readonly ticketText: string;
  readonly symbol: string;
  readonly type: OrderType;
  readonly state: OrderState;
  readonly volume: number;
  /** Lots not filled yet. */
  readonly remainingVolume: number;
  readonly price: number;
  /** Of a stop-limit order: the limit order's price once `price` is reached. */
  readonly stopLimitPrice?: number;
  readonly stopLoss?: number;
  readonly takeProfit?: number;
  readonly timeInForce: TimeInForce;
  readonly magic: number;
  readonly magicText: string;
  readonly comment: string;
  readonly setupTime: Date;
  readonly setupTimeBrokerMs: number;
  readonly record: OrderRecord;
}

interface TradeEventHead {
  /** The order's ticket; `undefined` at run time if above 2^53. */
  readonly ticket: number;
  readonly ticketText: string;
  /** The position that it belongs to, `"0"` while there is none. */
  readonly positionTicketText: string;
  readonly symbol: string;
  readonly side: TradeType;
  /** Lots: of the order, or of what was filled. */
  readonly volume: number;
  /** The order's price, or the average price of what was filled. */
  readonly price: number;
  readonly time: Date;
  readonly timeBrokerMs: number;
  readonly magic: number;
  readonly comment: string;
  readonly reason: Reason;
  /** Worked out after a loss of events, instead of heard when it happened. */
  readonly recovered: boolean;
}

/** Something happened to an order. */
export type TradeEvent = TradeEventHead & {
  readonly type:
    | "orderPlaced"
    | "orderModified"
    | "orderPartiallyFilled"
    | "orderFilled"
    | "orderCancelled"
    | "orderExpired"
    | "orderRejected"
    /** A deal closed a position because its stop loss, its take profit or the account's stop out was reached. */
    | "stopLossHit"
    | "takeProfitHit"
    | "stoppedOut";
};

/** An order was filled, wholly or in part. */
export type OrderFill = TradeEvent & { readonly type: "orderFilled" | "orderPartiallyFilled" };

/** An order changed. */
export interface OrderUpdate extends OrderInfo {
  readonly change:
    | "placed"
    | "modified"
    | "partiallyFilled"
    | "filled"
    | "cancelled"
    | "expired"
    | "rejected";
  readonly recovered: boolean;
}

/** A deal was made, corrected by the broker, or withdrawn. */
export interface DealUpdate {
  readonly change: "made" | "updated" | "deleted";
  readonly ticket: number;
  readonly ticketText: string;
  readonly time: Date;
  readonly recovered: boolean;
  readonly record: DealRecord;
}

/** A position changed. */
export interface PositionUpdate extends PositionInfo {
  readonly change: "opened" | "modified" | "closed";
  readonly recovered: boolean;
}

/** The outcome of a command that nobody waits for any more, as an event. */
export type OutcomeEvent = CommandOutcome & {
  /** It was listed by the agent as not yet told, when the session was opened. */
  readonly recovered: boolean;
};

/** Something that calls back until it is ended. */
export interface Subscription {
  readonly id: string;
  /** Whether it still delivers. */
  readonly active: boolean;
  /** Ends it. */
  unsubscribe(): void;
}

/** A running subscription of ticks. */
export interface TickSubscription extends Subscription {
  readonly symbols: readonly string[];
  /**
   * Resolves when the agent has confirmed every symbol, which may be after the next connect. Rejects with the first
   * refusal; the other symbols flow all the same. Need not be awaited: a refusal is told as an `error` event, too.
   */
  readonly ready: Promise<void>;
  /** Symbols that the agent refused, with its reasons. */
  readonly errors: ReadonlyMap<string, Error>;
  /** Ticks lost or left out so far, by symbol. */
  readonly lostTicks: ReadonlyMap<string, number>;
}
