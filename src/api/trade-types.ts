import type { TimeInForce } from "../domain/records.ts";
import type { OrderType, TradeType } from "./constants.ts";
import type { MarketOrderParams, Ticket, TradeOptions, TradeResult } from "./types.ts";

/** What any command may be given. */
export type CommandOptions = Pick<TradeOptions, "id" | "timeoutMs" | "signal">;

/** The types of pending orders. */
export type PendingOrderType =
  | OrderType.BUY_LIMIT
  | OrderType.SELL_LIMIT
  | OrderType.BUY_STOP
  | OrderType.SELL_STOP
  | OrderType.BUY_STOP_LIMIT
  | OrderType.SELL_STOP_LIMIT;

/** What may be added to a pending order. */
export interface PendingOrderOptions extends Omit<TradeOptions, "deviation" | "expiration"> {
  /** How long it stays. @default "specified" if `expiration` is given, else "gtc" */
  readonly timeInForce?: TimeInForce;
  /** When the trade server deletes it; with `specifiedDay` at the end of that day. Kept to the second. */
  readonly expiration?: Date;
}

/** A pending order. */
export interface PendingOrderParams extends PendingOrderOptions {
  readonly symbol: string;
  readonly type: PendingOrderType;
  /** Lots. */
  readonly volume: number;
  /** The price at which it is executed; of a stop-limit order the price at which it becomes a limit order. */
  readonly price: number;
  /** The limit price of a stop-limit order. */
  readonly stopLimitPrice?: number;
}

/** A pending order that the trade server has taken. */
export interface OrderResult {
  /** The command's id. */
  readonly id: string;
  /** The order's ticket; `undefined` at run time if above 2^53. */
  readonly ticket: number;
  readonly ticketText: string;
  readonly symbol: string;
  readonly type: PendingOrderType;
  /** Lots. */
  readonly volume: number;
  readonly price: number;
  readonly stopLimitPrice?: number;
  readonly stopLoss?: number;
  readonly takeProfit?: number;
  readonly timeInForce: TimeInForce;
  /** As it was sent, to the second. */
  readonly expiration?: Date;
  readonly comment: string;
  readonly magic: number;
  readonly magicText: string;
  /** From the call to the outcome, in milliseconds. */
  readonly executionTime: number;
  readonly latency: TradeResult["latency"];
  readonly retcode: number;
  readonly retcodeName: string;
}

/** What is to change in a pending order; what is left out stays. */
export interface ModifyOrderParams {
  readonly price?: number;
  readonly stopLimitPrice?: number;
  /** `null` or 0: none. */
  readonly stopLoss?: number | null;
  /** `null` or 0: none. */
  readonly takeProfit?: number | null;
  readonly timeInForce?: TimeInForce;
  readonly expiration?: Date;
}

/** What is to change in a position; what is left out stays. */
export interface ModifyPositionParams {
  /** `null` or 0: none. */
  readonly stopLoss?: number | null;
  /** `null` or 0: none. */
  readonly takeProfit?: number | null;
}

/** One entry of a batch. Market and pending orders need no `kind`: their `type` tells. */
export type BatchOrderParams =
  | (MarketOrderParams & { readonly kind?: "market" })
  | (PendingOrderParams & { readonly kind?: "pending" })
  | (CommandOptions & { readonly kind: "close"; readonly ticket: Ticket; readonly volume?: number })
  | (CommandOptions & { readonly kind: "closeBy"; readonly ticket: Ticket; readonly by: Ticket })
  | (CommandOptions & { readonly kind: "cancel"; readonly ticket: Ticket })
  | (CommandOptions & ModifyOrderParams & { readonly kind: "modifyOrder"; readonly ticket: Ticket })
  | (CommandOptions & ModifyPositionParams & { readonly kind: "modifyPosition"; readonly ticket: Ticket });

/** How one entry of a batch ended; `index` is its place in the batch. */
export type BatchResult =
  | {
      readonly index: number;
      readonly status: "fulfilled";
      /** A trade, a pending order, or nothing for what changes or cancels. */
      readonly value: TradeResult | OrderResult | undefined;
    }
  | { readonly index: number; readonly status: "rejected"; readonly reason: Error };

/** The terminal's verdict about an order that is not sent: the account as it would be, in its currency. */
export interface OrderCheck {
  /** Whether the terminal finds no fault; the trade server may still refuse it. */
  readonly accepted: boolean;
  readonly retcode: number;
  /** `OK` if accepted. */
  readonly retcodeName: string;
  readonly comment: string;
  /** What to do if it is not accepted. */
  readonly remedy: string;
  readonly balance: number;
  readonly equity: number;
  readonly profit: number;
  readonly margin: number;
  readonly freeMargin: number;
  /** Percent. */
  readonly marginLevel: number;
}

/** What a margin is calculated of. */
export interface MarginParams {
  readonly symbol: string;
  readonly type: TradeType;
  /** Lots. */
  readonly volume: number;
  /** @default the current price */
  readonly price?: number;
}

/** What a profit is calculated of. */
export interface ProfitParams {
  readonly symbol: string;
  readonly type: TradeType;
  /** Lots. */
  readonly volume: number;
  readonly openPrice: number;
  readonly closePrice: number;
}

/** How a trailing stop follows the price. Distances are prices, not points. */
export interface TrailingStopParams {
  /** Distance of the stop loss from the price at which the position would be closed. */
  readonly distance: number;
  /** The stop loss moves only by this much or more. @default one tick of the symbol */
  readonly step?: number;
  /** It starts to trail when the position is this far in profit. @default 0: at once */
  readonly activateAt?: number;
  /** Called at every stop loss that the trade server has taken. */
  readonly onMove?: (stopLoss: number) => void;
}

/** Why a trailing stop ended. */
export type TrailingStopEnd =
  | { readonly reason: "stopped" | "positionClosed" }
  /** The agent cannot be used in full any more: the stop loss stays where it is, and does not trail. */
  | { readonly reason: "disconnected" }
  | { readonly reason: "failed"; readonly error: Error };

/** A stop loss that follows the price, moved by this process while it is connected. */
export interface TrailingStop {
  readonly ticketText: string;
  readonly active: boolean;
  /** The last stop loss that was taken; undefined before the first. */
  readonly stopLoss: number | undefined;
  /** Resolves when it ends, with the reason. Never rejects. */
  readonly ended: Promise<TrailingStopEnd>;
  /** Ends it. The stop loss stays where it is. */
  stop(): void;
}
