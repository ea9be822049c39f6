import { type RetcodeName, retcode } from "../domain/retcodes.ts";

/** `error_code` of replies that the gateway gives on its own account. Each means that nothing was executed. */
export const GatewayErrorCode = {
  INVALID_JSON: "INVALID_JSON",
  INVALID_REQUEST: "INVALID_REQUEST",
  REQUEST_TOO_LARGE: "REQUEST_TOO_LARGE",
  MISSING_UUID: "MISSING_UUID",
  UNKNOWN_ACTION: "UNKNOWN_ACTION",
  INVALID_VOLUME: "INVALID_VOLUME",
  RISK_SIGNATURE_MISSING: "RISK_SIGNATURE_MISSING",
  RISK_SIGNATURE_INVALID: "RISK_SIGNATURE_INVALID",
  RISK_SIGNATURE_EXPIRED: "RISK_SIGNATURE_EXPIRED",
  RISK_SIGNATURE_FUTURE: "RISK_SIGNATURE_FUTURE",
  RISK_SIGNATURE_MISMATCH: "RISK_SIGNATURE_MISMATCH",
  DUPLICATE_UUID: "DUPLICATE_UUID",
  UNKNOWN_ACCOUNT: "UNKNOWN_ACCOUNT",
  AMBIGUOUS_TICKET: "AMBIGUOUS_TICKET",
  POSITION_NOT_FOUND: "POSITION_NOT_FOUND",
  SYMBOL_MISMATCH: "SYMBOL_MISMATCH",
  NOT_CONNECTED: "NOT_CONNECTED",
  NOT_EXECUTED: "NOT_EXECUTED",
  RATE_LIMITED: "RATE_LIMITED",
  LIMIT_EXCEEDED: "LIMIT_EXCEEDED",
  BUSY: "BUSY",
  SHUTTING_DOWN: "SHUTTING_DOWN",
  TIMEOUT: "TIMEOUT",
  AUDIT_UNAVAILABLE: "AUDIT_UNAVAILABLE",
  STORE_UNAVAILABLE: "STORE_UNAVAILABLE",
  INTERNAL_ERROR: "INTERNAL_ERROR",
} as const;

/** One of the gateway's own error codes. */
export type GatewayErrorCode = (typeof GatewayErrorCode)[keyof typeof GatewayErrorCode];

/** `error_code` of the one status that says neither yes nor no. */
export const outcomeUnknown = "OUTCOME_UNKNOWN";

const codes: Readonly<Record<RetcodeName, string>> = {
  REQUOTE: "REQUOTE",
  REJECT: "ORDER_REJECTED",
  CANCEL: "ORDER_CANCELLED",
  PLACED: "ORDER_PLACED",
  DONE: "DONE",
  DONE_PARTIAL: "DONE_PARTIAL",
  ERROR: "PROCESSING_ERROR",
  TIMEOUT: "TRADE_SERVER_TIMEOUT",
  INVALID: "INVALID_REQUEST",
  INVALID_VOLUME: "INVALID_VOLUME",
  INVALID_PRICE: "INVALID_PRICE",
  INVALID_STOPS: "INVALID_STOPS",
  TRADE_DISABLED: "TRADE_DISABLED",
  MARKET_CLOSED: "MARKET_CLOSED",
  NO_MONEY: "INSUFFICIENT_MARGIN",
  PRICE_CHANGED: "PRICE_CHANGED",
  PRICE_OFF: "NO_QUOTES",
  INVALID_EXPIRATION: "INVALID_EXPIRATION",
  ORDER_CHANGED: "ORDER_CHANGED",
  TOO_MANY_REQUESTS: "TOO_MANY_REQUESTS",
  NO_CHANGES: "NO_CHANGES",
  SERVER_DISABLES_AT: "AUTOTRADING_DISABLED_BY_SERVER",
  CLIENT_DISABLES_AT: "AUTOTRADING_DISABLED",
  LOCKED: "ORDER_LOCKED",
  FROZEN: "ORDER_FROZEN",
  INVALID_FILL: "INVALID_FILLING",
  CONNECTION: "NO_TRADE_SERVER_CONNECTION",
  ONLY_REAL: "REAL_ACCOUNT_ONLY",
  LIMIT_ORDERS: "ORDER_LIMIT",
  LIMIT_VOLUME: "VOLUME_LIMIT",
  INVALID_ORDER: "INVALID_ORDER",
  POSITION_CLOSED: "POSITION_CLOSED",
  INVALID_CLOSE_VOLUME: "INVALID_CLOSE_VOLUME",
  CLOSE_ORDER_EXIST: "CLOSE_ALREADY_PENDING",
  LIMIT_POSITIONS: "POSITION_LIMIT",
  REJECT_CANCEL: "ACTIVATION_REJECTED",
  LONG_ONLY: "LONG_ONLY",
  SHORT_ONLY: "SHORT_ONLY",
  CLOSE_ONLY: "CLOSE_ONLY",
  FIFO_CLOSE: "FIFO_CLOSE",
  HEDGE_PROHIBITED: "HEDGE_PROHIBITED",
};

/** The words that v4.3 shows for a code, where it shows any. */
const messages: Readonly<Record<string, string>> = {
  INSUFFICIENT_MARGIN: "Not enough margin to open position",
};

/** What a reply says of a trade server's refusal. */
export interface RetcodeError {
  /** For `error_code`. */
  readonly code: string;
  /** For `error_msg`. */
  readonly message: string;
}

/** `error_code` and `error_msg` for a return code of the trade server; `RETCODE_<n>` for one that is not documented. */
export function retcodeError(code: number, comment = ""): RetcodeError {
  const info = retcode(code);
  const name = info.name === "UNKNOWN" ? `RETCODE_${code}` : codes[info.name as RetcodeName];
  const told = messages[name] ?? info.meaning;
  return { code: name, message: comment === "" || comment === info.name ? told : `${told} (${comment})` };
}
