import { GatewayErrorCode } from "./error-codes.ts";
import { JsonFault, readJson } from "./json-reader.ts";
import {
  maxCommentLetters,
  maxRequestBytes,
  maxSignatureLetters,
  maxSymbolLetters,
  maxUuidLetters,
} from "./limits.ts";
import type { PyObject, PyValue } from "./python-json.ts";

interface RequestHead {
  readonly uuid: string;
  /** Login or name of the account meant; beyond v4.3, for gateways with several accounts. */
  readonly account: string | undefined;
}

/** Asks whether the gateway is there. */
export interface PingRequest extends RequestHead {
  readonly action: "PING";
}

/** Opens a position at the market. */
export interface OpenRequest extends RequestHead {
  readonly action: "OPEN";
  readonly symbol: string;
  readonly type: "BUY" | "SELL";
  /** Lots. */
  readonly volume: number;
  /** The client's view of the price; 0: none. */
  readonly price: number;
  /** 0: none. */
  readonly sl: number;
  /** 0: none. */
  readonly tp: number;
  readonly comment: string;
  readonly riskSignature: string | undefined;
}

/** Closes a position, wholly or in part. */
export interface CloseRequest extends RequestHead {
  readonly action: "CLOSE";
  /** The position's ticket, exact. */
  readonly ticket: string;
  readonly symbol: string | undefined;
  /** Lots; undefined: all. */
  readonly volume: number | undefined;
}

/** Asks for the account's figures. */
export interface AccountRequest extends RequestHead {
  readonly action: "GET_ACCOUNT";
}

/** Asks for the open positions, of one symbol or all. */
export interface PositionsRequest extends RequestHead {
  readonly action: "GET_POSITIONS";
  readonly symbol: string | undefined;
}

/** A request that moves money. */
export type OrderRequest = OpenRequest | CloseRequest;

/** A well-formed request of protocol v4.3. */
export type GatewayRequest = PingRequest | OrderRequest | AccountRequest | PositionsRequest;

/** Why a request is not carried out. */
export interface Refusal {
  /** For `error_code`. */
  readonly code: string;
  /** For `error_msg`. */
  readonly message: string;
}

/** What reading a request gives. A malformed one keeps the uuid if that could be read, else it is empty. */
export type RequestResult =
  | { readonly ok: true; readonly request: GatewayRequest }
  | { readonly ok: false; readonly uuid: string; readonly refusal: Refusal };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class RequestFault extends Error {
  readonly code: GatewayErrorCode;

  constructor(message: string, code: GatewayErrorCode = GatewayErrorCode.INVALID_REQUEST) {
    super(message);
    this.code = code;
  }
}

/** Reads the frames of a request's body, whatever they hold. Never throws. */
export function readRequest(frames: readonly Uint8Array[]): RequestResult {
  let uuid = "";
  try {
    const object = readObject(frames);
    const fields = new Fields(object);
    uuid = fields.uuid();
    return { ok: true, request: readAction(fields, uuid) };
  } catch (error) {
    if (!(error instanceof RequestFault)) throw error;
    return { ok: false, uuid, refusal: { code: error.code, message: error.message } };
  }
}

function readObject(frames: readonly Uint8Array[]): PyObject {
  const [body] = frames;
  if (body === undefined || frames.length !== 1) {
    throw new RequestFault(`A request is one message part after the delimiter, not ${frames.length}`);
  }
  if (body.length > maxRequestBytes) {
    throw new RequestFault(
      `The request has ${body.length} bytes, at most ${maxRequestBytes} are taken`,
      GatewayErrorCode.REQUEST_TOO_LARGE,
    );
  }
  let text: string;
  try {
    text = decoder.decode(body);
  } catch {
    // The decoder's only complaint, and it has no details.
    throw new RequestFault("The request is not UTF-8 text", GatewayErrorCode.INVALID_JSON);
  }
  let value: PyValue;
  try {
    value = readJson(text);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw new RequestFault(`The request is not valid JSON: ${error.message}`, GatewayErrorCode.INVALID_JSON);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RequestFault("The request is not a JSON object");
  }
  return value as PyObject;
}

function readAction(fields: Fields, uuid: string): GatewayRequest {
  const action = fields.text("action", 64);
  if (action === undefined) throw new RequestFault("Field action is missing");
  fields.text("timestamp", 128);
  const head = { uuid, account: fields.account() };
  switch (action) {
    case "PING":
    case "GET_ACCOUNT":
      return { action, ...head };
    case "GET_POSITIONS":
      return { action, ...head, symbol: fields.name("symbol") };
    case "OPEN":
      return {
        action,
        ...head,
        symbol: required("symbol", fields.name("symbol")),
        type: fields.side(),
        volume: required("volume", fields.volume()),
        price: fields.price("price"),
        sl: fields.price("sl"),
        tp: fields.price("tp"),
        comment: fields.plain("comment", maxCommentLetters) ?? "",
        riskSignature: fields.text("risk_signature", maxSignatureLetters),
      };
    case "CLOSE":
      return {
        action,
        ...head,
        ticket: fields.ticket(),
        symbol: fields.name("symbol"),
        volume: fields.volume(),
      };
    default:
      throw new RequestFault(`Unknown action ${quote(action)}`, GatewayErrorCode.UNKNOWN_ACTION);
  }
}

function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new RequestFault(`Field ${name} is missing`);
  return value;
}

/** Reads typed fields. A field that is `null` counts as left out, as Python clients write `None`. */
class Fields {
  readonly #object: PyObject;

  constructor(object: PyObject) {
    this.#object = object;
  }

  uuid(): string {
    const uuid = this.plain("uuid", maxUuidLetters);
    if (uuid === undefined || uuid === "") {
      throw new RequestFault("Field uuid is missing", GatewayErrorCode.MISSING_UUID);
    }
    return uuid;
  }

  text(name: string, maxLetters: number): string | undefined {
    const value = this.#object[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") throw new RequestFault(`Field ${name} must be a string`);
    if (value.length > maxLetters)
      throw new RequestFault(`Field ${name} has more than ${maxLetters} letters`);
    return value;
  }

  /** A text that goes to the terminal: whole letters only, and nothing that controls a device. */
  plain(name: string, maxLetters: number): string | undefined {
    const value = this.text(name, maxLetters);
    if (value !== undefined && /[\p{Cc}\p{Cs}]/u.test(value)) {
      throw new RequestFault(`Field ${name} holds a control character or half a letter`);
    }
    return value;
  }

  /** A symbol; an empty one counts as left out. */
  name(field: string): string | undefined {
    const value = this.plain(field, maxSymbolLetters);
    return value === "" ? undefined : value;
  }

  side(): "BUY" | "SELL" {
    const value = required("type", this.text("type", 64));
    if (value !== "BUY" && value !== "SELL") {
      throw new RequestFault(`Field type must be BUY or SELL, not ${quote(value)}`);
    }
    return value;
  }

  volume(): number | undefined {
    const value = this.#number("volume");
    if (value === undefined) return undefined;
    if (value <= 0) {
      throw new RequestFault("Field volume must be above 0", GatewayErrorCode.INVALID_VOLUME);
    }
    return value;
  }

  price(name: string): number {
    const value = this.#number(name) ?? 0;
    if (value < 0) throw new RequestFault(`Field ${name} must not be negative`);
    // JSON may carry -0.0, which would make two spellings of one order
    return value === 0 ? 0 : value;
  }

  ticket(): string {
    const value = this.#object["ticket"];
    if (value === undefined || value === null) throw new RequestFault("Field ticket is missing");
    if (typeof value !== "bigint") throw new RequestFault("Field ticket must be an integer");
    if (value <= 0n || value > 0xffff_ffff_ffff_ffffn) throw new RequestFault("Field ticket is no ticket");
    return value.toString();
  }

  account(): string | undefined {
    const value = this.#object["account"];
    if (typeof value === "bigint") return value.toString();
    const name = this.plain("account", maxSymbolLetters);
    return name === "" ? undefined : name;
  }

  #number(name: string): number | undefined {
    const value = this.#object[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "number" && typeof value !== "bigint") {
      throw new RequestFault(`Field ${name} must be a number`);
    }
    const number = Number(value);
    if (!Number.isFinite(number)) throw new RequestFault(`Field ${name} is too large`);
    return number;
  }
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
