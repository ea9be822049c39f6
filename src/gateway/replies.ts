import type { BackendAccount, BackendOutcome, BackendPosition } from "./backend.ts";
import { outcomeUnknown, retcodeError } from "./error-codes.ts";
import type { PyObject } from "./python-json.ts";
import type { OrderRequest, Refusal } from "./request.ts";

/** Milliseconds as v4.3 prints latencies: three digits after the point. */
export function latency(ms: number): number {
  return Math.max(0, Math.round(ms * 1000) / 1000);
}

/** The one error shape of v4.3. */
export function rejectedReply(uuid: string, refusal: Refusal, timestamp: string): PyObject {
  return {
    uuid,
    status: "REJECTED",
    error_code: refusal.code,
    error_msg: refusal.message,
    timestamp,
  };
}

/** The reply when nobody can tell whether an order was executed. */
export function unknownReply(uuid: string, message: string, timestamp: string): PyObject {
  return { uuid, status: "UNKNOWN", error_code: outcomeUnknown, error_msg: message, timestamp };
}

/** The reply to PING. */
export function pingReply(uuid: string, timestamp: string, tookMs: number): PyObject {
  return { uuid, status: "ok", server_time: timestamp, latency_ms: latency(tookMs) };
}

/** The reply to GET_ACCOUNT. */
export function accountReply(uuid: string, account: BackendAccount, timestamp: string): PyObject {
  return {
    uuid,
    status: "ok",
    balance: account.balance,
    equity: account.equity,
    margin: account.margin,
    free_margin: account.freeMargin,
    margin_level: account.marginLevel,
    currency: account.currency,
    timestamp,
  };
}

/** The reply to GET_POSITIONS. */
export function positionsReply(
  uuid: string,
  positions: readonly BackendPosition[],
  timestamp: string,
): PyObject {
  return {
    uuid,
    status: "ok",
    positions: positions.map((position) => ({
      ticket: BigInt(position.ticket),
      symbol: position.symbol,
      type: position.type,
      volume: position.volume,
      open_price: position.openPrice,
      current_price: position.currentPrice,
      profit: position.profit,
    })),
    timestamp,
  };
}

/** The reply to OPEN and CLOSE. */
export function orderReply(
  request: OrderRequest,
  outcome: BackendOutcome,
  timestamp: string,
  tookMs: number,
): PyObject {
  const { uuid } = request;
  switch (outcome.state) {
    case "filled": {
      const times = { execution_time: timestamp, latency_ms: latency(tookMs) };
      if (request.action === "OPEN") {
        return {
          uuid,
          status: "FILLED",
          // what CLOSE takes, and what GET_POSITIONS lists
          ticket: BigInt(outcome.position),
          symbol: request.symbol,
          volume: outcome.volume,
          price: outcome.price,
          ...times,
        };
      }
      // v4.3 shows no volume here; without it a close that was filled in part would look like a whole one
      const partial = request.volume !== undefined && outcome.volume < request.volume - 1e-9;
      return {
        uuid,
        status: "FILLED",
        ticket: BigInt(outcome.order),
        close_price: outcome.price,
        ...(partial ? { volume: outcome.volume } : {}),
        ...times,
      };
    }
    case "rejected":
      return rejectedReply(uuid, retcodeError(outcome.retcode, outcome.comment), timestamp);
    case "refused":
      return rejectedReply(uuid, outcome, timestamp);
    case "unknown":
      return unknownReply(uuid, outcome.message, timestamp);
  }
}
