import type { DealEntry, DealKind, DealRecord, Reason } from "../domain/records.ts";
import type { TradeType } from "./constants.ts";
import type { Ticket } from "./types.ts";

/** What of the history is wanted: a span of time, both ends included; an order; or a position. */
export type HistoryQuery = (
  | { readonly from: Date; readonly to?: Date }
  /** An order's ticket: the order, or the deals that it made. */
  | { readonly ticket: Ticket }
  /** A position's ticket: its orders, or its deals. */
  | { readonly position: Ticket }
) & {
  readonly symbol?: string;
};

/** A deal. Amounts are in the account's currency. */
export interface DealInfo {
  /** `undefined` at run time if above 2^53; `ticketText` is exact. */
  readonly ticket: number;
  readonly ticketText: string;
  /** `"0"` for balance operations. */
  readonly orderTicketText: string;
  /** `"0"` for balance operations. */
  readonly positionTicketText: string;
  readonly symbol: string;
  /** `buy` and `sell` are trades; the rest are operations on the balance. */
  readonly type: DealKind;
  /** Whether it opened (`in`), closed (`out`, `outBy`) or turned (`inOut`) a position. */
  readonly entry: DealEntry;
  /** Lots. */
  readonly volume: number;
  readonly price: number;
  readonly profit: number;
  readonly commission: number;
  readonly swap: number;
  readonly fee: number;
  readonly magic: number;
  readonly magicText: string;
  readonly comment: string;
  readonly reason: Reason;
  readonly time: Date;
  readonly timeBrokerMs: number;
  readonly record: DealRecord;
}

/** A position of the past, or the past of an open one, put together from its deals. */
export interface HistoryPosition {
  /** The position's ticket; `undefined` at run time if above 2^53. */
  readonly ticket: number;
  readonly ticketText: string;
  readonly symbol: string;
  /** The direction in which it was opened. */
  readonly type: TradeType;
  /** Lots opened in all. */
  readonly volume: number;
  /** Lots that the deals leave open; 0 if it is closed. */
  readonly openVolume: number;
  /** Average price of what was opened; undefined if the deals that opened it are not among those given. */
  readonly openPrice: number | undefined;
  /** Average price of what was closed; undefined while nothing was. */
  readonly closePrice: number | undefined;
  /** Realised, with commission, swap and fee apart. */
  readonly profit: number;
  readonly commission: number;
  readonly swap: number;
  readonly fee: number;
  readonly magic: number;
  readonly magicText: string;
  readonly comment: string;
  /** Of the last deal that closed; undefined while nothing was. */
  readonly closeReason: Reason | undefined;
  readonly openTime: Date;
  /** Undefined while it is open. */
  readonly closeTime: Date | undefined;
  /** Oldest first. */
  readonly deals: readonly DealInfo[];
}
