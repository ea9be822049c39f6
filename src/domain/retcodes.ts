/**
 * Return codes of the trade server (ENUM_TRADE_RETCODE of the MQL5 reference, "Return codes of the trade server"), and
 * what each says about the one question that matters when money is at stake: was the request executed?
 *
 * The rule for `certainty`: `yes` and `no` only where the code itself proves it. Everything else is `unknown`, and the
 * truth then comes from the tables of orders, deals and positions, never from sending again.
 */

/** What a return code proves about its request: it was executed, it was not, or it cannot be told from the code. */
export type Certainty = "yes" | "no" | "unknown";

/** One return code of the trade server. */
export interface RetcodeInfo {
  /** TRADE_RETCODE_* as a number. */
  readonly code: number;
  /** The name without its prefix, `REQUOTE` for TRADE_RETCODE_REQUOTE; `UNKNOWN` for codes that are not in the table. */
  readonly name: string;
  /** What it means, in one sentence. */
  readonly meaning: string;
  /** Whether the request was executed, as far as the code alone proves it. */
  readonly certainty: Certainty;
  /** What to do about it, in one sentence. */
  readonly remedy: string;
}

/** The return codes by name. There is no 10037, and none between 10004 and 10006. */
export const Retcode = {
  REQUOTE: 10004,
  REJECT: 10006,
  CANCEL: 10007,
  PLACED: 10008,
  DONE: 10009,
  DONE_PARTIAL: 10010,
  ERROR: 10011,
  TIMEOUT: 10012,
  INVALID: 10013,
  INVALID_VOLUME: 10014,
  INVALID_PRICE: 10015,
  INVALID_STOPS: 10016,
  TRADE_DISABLED: 10017,
  MARKET_CLOSED: 10018,
  NO_MONEY: 10019,
  PRICE_CHANGED: 10020,
  PRICE_OFF: 10021,
  INVALID_EXPIRATION: 10022,
  ORDER_CHANGED: 10023,
  TOO_MANY_REQUESTS: 10024,
  NO_CHANGES: 10025,
  SERVER_DISABLES_AT: 10026,
  CLIENT_DISABLES_AT: 10027,
  LOCKED: 10028,
  FROZEN: 10029,
  INVALID_FILL: 10030,
  CONNECTION: 10031,
  ONLY_REAL: 10032,
  LIMIT_ORDERS: 10033,
  LIMIT_VOLUME: 10034,
  INVALID_ORDER: 10035,
  POSITION_CLOSED: 10036,
  INVALID_CLOSE_VOLUME: 10038,
  CLOSE_ORDER_EXIST: 10039,
  LIMIT_POSITIONS: 10040,
  REJECT_CANCEL: 10041,
  LONG_ONLY: 10042,
  SHORT_ONLY: 10043,
  CLOSE_ONLY: 10044,
  FIFO_CLOSE: 10045,
  HEDGE_PROHIBITED: 10046,
} as const;

/** The name of a return code. */
export type RetcodeName = keyof typeof Retcode;

type Row = readonly [certainty: Certainty, meaning: string, remedy: string];

const rows: Record<RetcodeName, Row> = {
  // A requote is the server's offer of other prices in place of an execution, so nothing was executed.
  REQUOTE: [
    "no",
    "The price moved, and the server offers new prices instead of executing",
    "Take the new price or allow a larger deviation, then send a new order",
  ],
  // A rejection can come from a dealer, a gateway or an exchange, after a part was filled; history tells.
  REJECT: [
    "unknown",
    "The request was rejected by the server, a dealer or a gateway",
    "Read the order in the history and the broker's comment before anything else is sent",
  ],
  // "Cancelled by trader" leaves open what had been filled before.
  CANCEL: [
    "unknown",
    "The request was cancelled",
    "Read the order in the history to see whether a part was filled before it was cancelled",
  ],
  // Placed is not an outcome: for an asynchronous send it means "sent", else that the order waits for execution.
  PLACED: [
    "unknown",
    "The order was placed; what becomes of it is not known yet",
    "Follow the order by its ticket, or wait for the result of the asynchronous request",
  ],
  DONE: ["yes", "The request was completed", "Nothing to do"],
  DONE_PARTIAL: [
    "yes",
    "Only a part of the volume was executed",
    "Read the filled volume from the result and decide about the rest",
  ],
  // A failure while processing says nothing about how far the processing had come.
  ERROR: [
    "unknown",
    "The request failed while it was being processed",
    "Read orders, deals and positions before anything else is sent",
  ],
  // Known to be reported for trades that were executed all the same.
  TIMEOUT: [
    "unknown",
    "The request was cancelled because its time ran out, and may have been executed all the same",
    "Never send again: resolve the outcome from orders, deals and positions",
  ],
  INVALID: [
    "no",
    "The request is malformed or does not fit the account",
    "Check action, symbol, filling, position and order fields of the request",
  ],
  INVALID_VOLUME: [
    "no",
    "The volume is not allowed for this symbol",
    "Use a volume between the symbol's minimum and maximum, on its step",
  ],
  INVALID_PRICE: [
    "no",
    "The price is not allowed",
    "Round the price to the tick size and put it on the right side",
  ],
  INVALID_STOPS: [
    "no",
    "Stop loss or take profit is on the wrong side or too close to the price",
    "Keep at least the symbol's stops level between the stops and the price",
  ],
  TRADE_DISABLED: [
    "no",
    "Trading is disabled for this symbol or account",
    "Check the symbol's trade mode and that the account is not logged in with the investor's password",
  ],
  MARKET_CLOSED: ["no", "The market is closed", "Wait for the symbol's next trading session"],
  NO_MONEY: [
    "no",
    "There is not enough free margin for the request",
    "Reduce the volume, close positions or add funds",
  ],
  PRICE_CHANGED: [
    "no",
    "The prices have changed",
    "Refresh the quote or allow a larger deviation, then send a new order",
  ],
  PRICE_OFF: [
    "no",
    "There are no quotes to process the request",
    "Check that the symbol is quoted, and wait for its next tick",
  ],
  INVALID_EXPIRATION: [
    "no",
    "The order's expiration is not allowed",
    "Use an expiration mode that the symbol allows and a time in the broker's future, in broker time",
  ],
  // The order changed under the request, and it may have been filled meanwhile.
  ORDER_CHANGED: [
    "unknown",
    "The order's state changed while the request was on its way",
    "Read the order again and decide afresh",
  ],
  // Reported also for requests that had been taken in before the limit hit.
  TOO_MANY_REQUESTS: [
    "unknown",
    "Too many requests were sent",
    "Send more slowly, and resolve this outcome from orders, deals and positions first",
  ],
  // Order or position already are as the request wants them.
  NO_CHANGES: ["yes", "The request changes nothing: all is already as it asks", "Nothing to do"],
  SERVER_DISABLES_AT: [
    "no",
    "The server forbids trading by expert advisors on this account",
    "Ask the broker to allow expert advisors on the account",
  ],
  CLIENT_DISABLES_AT: [
    "no",
    "The terminal forbids trading by expert advisors",
    "Press Algo Trading in the terminal and allow algo trading in the expert's properties",
  ],
  // The lock may be held by this very request, which then is in execution.
  LOCKED: [
    "unknown",
    "The request is locked because it is being processed",
    "Wait, then read orders, deals and positions; do not send again",
  ],
  FROZEN: [
    "no",
    "The order or position is frozen, because the price is too close to it",
    "Wait until the price has left the symbol's freeze level",
  ],
  INVALID_FILL: [
    "no",
    "The order's filling mode is not allowed for this symbol",
    "Use a filling mode that the symbol's filling flags and execution allow",
  ],
  // The connection broke at an unknown point between request and answer.
  CONNECTION: [
    "unknown",
    "There is no connection to the trade server",
    "Wait for the terminal to reconnect, then resolve the outcome from orders, deals and positions",
  ],
  ONLY_REAL: [
    "no",
    "The operation is allowed on real accounts only",
    "Use a real account for this operation",
  ],
  LIMIT_ORDERS: ["no", "The number of pending orders has reached its limit", "Cancel pending orders first"],
  LIMIT_VOLUME: [
    "no",
    "The volume of orders and positions of this symbol has reached its limit",
    "Reduce the volume or close positions of the symbol first",
  ],
  INVALID_ORDER: ["no", "The order type is wrong or not allowed", "Use an order type that the symbol allows"],
  POSITION_CLOSED: [
    "no",
    "The position that the request names is closed already",
    "Read the positions again; what closed it stands in the deals",
  ],
  INVALID_CLOSE_VOLUME: [
    "no",
    "The volume to close exceeds the position's volume",
    "Read the position's volume again and close no more than that",
  ],
  CLOSE_ORDER_EXIST: [
    "no",
    "There is already an order that closes this position",
    "Wait for the order that is closing the position, or cancel it",
  ],
  LIMIT_POSITIONS: ["no", "The number of open positions has reached its limit", "Close positions first"],
  // Its definition says that the order was cancelled instead of being executed.
  REJECT_CANCEL: [
    "no",
    "The activation of the pending order was rejected, and the order was cancelled",
    "Read the broker's comment and place the order again if it is still wanted",
  ],
  LONG_ONLY: ["no", "Only buying is allowed for this symbol", "Send buy orders only, or close what is open"],
  SHORT_ONLY: [
    "no",
    "Only selling is allowed for this symbol",
    "Send sell orders only, or close what is open",
  ],
  CLOSE_ONLY: [
    "no",
    "Only closing of positions is allowed for this symbol",
    "Do not open positions of this symbol",
  ],
  FIFO_CLOSE: [
    "no",
    "Positions of this symbol may be closed in the order of their opening only (FIFO)",
    "Close the symbol's oldest position first",
  ],
  HEDGE_PROHIBITED: [
    "no",
    "Opposite positions of one symbol are not allowed on this account",
    "Close the opposite position instead of opening another",
  ],
};

/** All return codes, by number. */
export const retcodes: readonly RetcodeInfo[] = (Object.keys(Retcode) as RetcodeName[])
  .map((name) => {
    const [certainty, meaning, remedy] = rows[name];
    return { code: Retcode[name], name, meaning, certainty, remedy };
  })
  .sort((a, b) => a.code - b.code);

const byCode: ReadonlyMap<number, RetcodeInfo> = new Map(retcodes.map((info) => [info.code, info]));

/** Looks a return code up. A code that is not in the table, 0 included, gives an entry named `UNKNOWN`, never certain. */
export function retcode(code: number): RetcodeInfo {
  return (
    byCode.get(code) ?? {
      code,
      name: "UNKNOWN",
      meaning: `The server answered with code ${code}, which is not a documented return code`,
      certainty: "unknown",
      remedy: "Read orders, deals and positions before anything else is sent, and report the code",
    }
  );
}
