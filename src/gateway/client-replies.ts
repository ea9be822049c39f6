import { ProtocolError, RequestRefusedError } from "../connector/errors.ts";
import { type PyObject, type PyValue, plainText } from "./python-json.ts";

/** What all results of orders share. */
export interface OrderReplyHead {
  /** The order's name. */
  readonly uuid: string;
  /**
   * The reply as it came; undefined when there was none. Ints are `bigint`, floats are `number`. Not enumerable: JSON
   * knows no `bigint`, and a line of log about a fill must not throw.
   */
  readonly raw: PyObject | undefined;
}

/** The order was executed. */
export interface OrderFilled extends OrderReplyHead {
  /** It was executed. */
  readonly status: "FILLED";
  /** The position's ticket for an open, the closing order's for a close; NaN if it is above 2^53. */
  readonly ticket: number;
  /** Always exact. */
  readonly ticketText: string;
  /** Lots. A close tells them only when less was closed than asked for. */
  readonly volume: number | undefined;
  /** The opening price of an open, the closing price of a close. */
  readonly price: number;
  /** As the gateway wrote it. */
  readonly executionTime: string;
  /** The gateway's own share. */
  readonly latencyMs: number;
}

/** The order was certainly not executed. */
export interface OrderRejected extends OrderReplyHead {
  /** It was not executed. */
  readonly status: "REJECTED";
  /** The server's code, or this side's. */
  readonly errorCode: string;
  /** The same in words. */
  readonly errorMessage: string;
}

/** Nobody can tell yet whether the order was executed. Never send it again under another uuid. */
export interface OrderUnknown extends OrderReplyHead {
  /** Neither yes nor no. */
  readonly status: "UNKNOWN";
  /** Always this. */
  readonly errorCode: "OUTCOME_UNKNOWN";
  /** Why nobody can tell. */
  readonly errorMessage: string;
}

/** What became of an order. */
export type OrderResult = OrderFilled | OrderRejected | OrderUnknown;

/** The account, as GET_ACCOUNT tells it. */
export interface GatewayAccount {
  /** Without the profit of open positions. */
  readonly balance: number;
  /** Balance and floating profit. */
  readonly equity: number;
  /** Margin in use. */
  readonly margin: number;
  /** Equity less margin. */
  readonly freeMargin: number;
  /** Percent. */
  readonly marginLevel: number;
  /** ISO code, such as USD. */
  readonly currency: string;
  /** When the gateway answered, as it wrote it. */
  readonly timestamp: string;
}

/** An open position, as GET_POSITIONS tells it. */
export interface GatewayPosition {
  /** NaN if it is above 2^53. */
  readonly ticket: number;
  /** Always exact. */
  readonly ticketText: string;
  /** The broker's exact name. */
  readonly symbol: string;
  /** The position's direction. */
  readonly type: "BUY" | "SELL";
  /** Lots. */
  readonly volume: number;
  /** Price at which it was opened. */
  readonly openPrice: number;
  /** Price at which it would be closed now. */
  readonly currentPrice: number;
  /** Floating profit in the account's currency. */
  readonly profit: number;
}

/** The reply to PING. */
export interface GatewayPing {
  /** The server's clock, as it wrote it. */
  readonly serverTime: string;
  /** The server's own share. */
  readonly latencyMs: number;
  /** From sending to receiving. */
  readonly roundTripMs: number;
}

/** An outcome that nobody could tell. */
export function unknownResult(uuid: string, errorMessage: string, raw?: PyObject): OrderUnknown {
  return withRaw({ uuid, status: "UNKNOWN", errorCode: "OUTCOME_UNKNOWN", errorMessage }, raw);
}

/** A certain no. */
export function rejectedResult(
  uuid: string,
  errorCode: string,
  errorMessage: string,
  raw?: PyObject,
): OrderRejected {
  return withRaw({ uuid, status: "REJECTED", errorCode, errorMessage }, raw);
}

/** Reads the reply to an order. Whatever is neither a clear yes nor a clear no is unknown. */
export function readOrderReply(uuid: string, raw: PyObject): OrderResult {
  const { status, ticket, price, close_price: closePrice, volume } = raw;
  if (status === "REJECTED") {
    return rejectedResult(uuid, text(raw["error_code"]) ?? "REJECTED", text(raw["error_msg"]) ?? "", raw);
  }
  if (status !== "FILLED") {
    return unknownResult(
      uuid,
      text(raw["error_msg"]) ?? `The server answered with status ${plainText(status)}`,
      raw,
    );
  }
  const ticketText = typeof ticket === "bigint" ? ticket.toString() : "";
  const filled: Omit<OrderFilled, "raw"> = {
    uuid,
    status,
    ticket: toTicket(ticketText),
    ticketText,
    volume: number(volume),
    price: number(price) ?? number(closePrice) ?? Number.NaN,
    executionTime: text(raw["execution_time"]) ?? "",
    latencyMs: number(raw["latency_ms"]) ?? Number.NaN,
  };
  return withRaw(filled, raw);
}

function withRaw<T extends object>(result: T, raw: PyObject | undefined): T & Pick<OrderReplyHead, "raw"> {
  return Object.defineProperty(result, "raw", { value: raw, enumerable: false }) as T &
    Pick<OrderReplyHead, "raw">;
}

/** @throws RequestRefusedError or ProtocolError */
export function readAccountReply(raw: PyObject): GatewayAccount {
  const read = okReply("GET_ACCOUNT", raw);
  return {
    balance: read.number("balance"),
    equity: read.number("equity"),
    margin: read.number("margin"),
    freeMargin: read.number("free_margin"),
    marginLevel: read.number("margin_level"),
    currency: read.text("currency"),
    timestamp: read.text("timestamp"),
  };
}

/** @throws RequestRefusedError or ProtocolError */
export function readPositionsReply(raw: PyObject): readonly GatewayPosition[] {
  okReply("GET_POSITIONS", raw);
  const { positions } = raw;
  if (!Array.isArray(positions)) throw broken("GET_POSITIONS", "positions");
  return (positions as readonly PyValue[]).map((item) => {
    if (typeof item !== "object" || item === null || Array.isArray(item))
      throw broken("GET_POSITIONS", "positions");
    const read = fields("GET_POSITIONS", item as PyObject);
    const { ticket, type } = item as PyObject;
    if (typeof ticket !== "bigint") throw broken("GET_POSITIONS", "ticket");
    if (type !== "BUY" && type !== "SELL") throw broken("GET_POSITIONS", "type");
    return {
      ticket: toTicket(ticket.toString()),
      ticketText: ticket.toString(),
      symbol: read.text("symbol"),
      type,
      volume: read.number("volume"),
      openPrice: read.number("open_price"),
      currentPrice: read.number("current_price"),
      profit: read.number("profit"),
    };
  });
}

/** @throws RequestRefusedError or ProtocolError */
export function readPingReply(raw: PyObject, roundTripMs: number): GatewayPing {
  const read = okReply("PING", raw);
  return { serverTime: read.text("server_time"), latencyMs: read.number("latency_ms"), roundTripMs };
}

interface FieldReader {
  number(name: string): number;
  text(name: string): string;
}

function okReply(action: string, raw: PyObject): FieldReader {
  if (raw["status"] === "ok") return fields(action, raw);
  throw new RequestRefusedError(
    `Cannot ${action}: ${text(raw["error_msg"]) ?? `status ${plainText(raw["status"])}`}`,
    {
      code: text(raw["error_code"]) ?? "REJECTED",
      remedy: "Read the code in docs/gateway.md, and the gateway's log",
    },
  );
}

function fields(action: string, raw: PyObject): FieldReader {
  return {
    number(name): number {
      const value = number(raw[name]);
      if (value === undefined) throw broken(action, name);
      return value;
    },
    text(name): string {
      const value = text(raw[name]);
      if (value === undefined) throw broken(action, name);
      return value;
    },
  };
}

function broken(action: string, name: string): ProtocolError {
  return new ProtocolError(
    `Cannot read the reply to ${action}: its ${name} is missing or of the wrong type`,
    {
      code: "BAD_REPLY",
      remedy: "Check with `mt5-connector gateway test` that the server speaks protocol v4.3",
    },
  );
}

function number(value: PyValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "bigint" ? Number(value) : undefined;
}

function text(value: PyValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function toTicket(ticket: string): number {
  const value = Number(ticket);
  return ticket !== "" && Number.isSafeInteger(value) ? value : Number.NaN;
}
