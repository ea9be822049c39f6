import { Retcode } from "../../domain/retcodes.ts";

/** Why a request was not executed. */
export interface Refusal {
  readonly retcode: number;
  readonly comment: string;
}

/** The comments that trade servers put beside their codes. */
const comments: ReadonlyMap<number, string> = new Map<number, string>([
  [0, "Done"],
  [Retcode.REQUOTE, "Requote"],
  [Retcode.REJECT, "Request rejected"],
  [Retcode.CANCEL, "Request canceled"],
  [Retcode.PLACED, "Order placed"],
  [Retcode.DONE, "Request executed"],
  [Retcode.DONE_PARTIAL, "Request executed partially"],
  [Retcode.ERROR, "Request processing error"],
  [Retcode.TIMEOUT, "Request timed out"],
  [Retcode.INVALID, "Invalid request"],
  [Retcode.INVALID_VOLUME, "Invalid volume"],
  [Retcode.INVALID_PRICE, "Invalid price"],
  [Retcode.INVALID_STOPS, "Invalid stops"],
  [Retcode.TRADE_DISABLED, "Trade disabled"],
  [Retcode.MARKET_CLOSED, "Market closed"],
  [Retcode.NO_MONEY, "No money"],
  [Retcode.PRICE_CHANGED, "Price changed"],
  [Retcode.PRICE_OFF, "Off quotes"],
  [Retcode.INVALID_EXPIRATION, "Invalid expiration"],
  [Retcode.ORDER_CHANGED, "Order changed"],
  [Retcode.TOO_MANY_REQUESTS, "Too many requests"],
  [Retcode.NO_CHANGES, "No changes"],
  [Retcode.SERVER_DISABLES_AT, "AutoTrading disabled by server"],
  [Retcode.CLIENT_DISABLES_AT, "AutoTrading disabled by client"],
  [Retcode.LOCKED, "Request locked"],
  [Retcode.FROZEN, "Order or position frozen"],
  [Retcode.INVALID_FILL, "Unsupported filling mode"],
  [Retcode.CONNECTION, "No connection"],
  [Retcode.ONLY_REAL, "Only real accounts allowed"],
  [Retcode.LIMIT_ORDERS, "Orders limit reached"],
  [Retcode.LIMIT_VOLUME, "Volume limit reached"],
  [Retcode.INVALID_ORDER, "Invalid order"],
  [Retcode.POSITION_CLOSED, "Position closed"],
  [Retcode.INVALID_CLOSE_VOLUME, "Invalid close volume"],
  [Retcode.CLOSE_ORDER_EXIST, "Close order already exists"],
  [Retcode.LIMIT_POSITIONS, "Positions limit reached"],
  [Retcode.REJECT_CANCEL, "Order activation rejected"],
  [Retcode.LONG_ONLY, "Long positions only"],
  [Retcode.SHORT_ONLY, "Short positions only"],
  [Retcode.CLOSE_ONLY, "Position close only"],
  [Retcode.FIFO_CLOSE, "FIFO close only"],
  [Retcode.HEDGE_PROHIBITED, "Hedge prohibited"],
]);

/** The server's comment for a return code. */
export function commentOf(retcode: number): string {
  return comments.get(retcode) ?? "";
}

/** A refusal with the server's comment for its code, or one that says more. */
export function refuse(retcode: number, comment: string = commentOf(retcode)): Refusal {
  return { retcode, comment };
}
