import { constantTimeEqual, fromHex, hmacSha256, toHex } from "../security/mac.ts";
import { GatewayErrorCode } from "./error-codes.ts";
import { minChecksumLetters } from "./limits.ts";
import { pythonJson } from "./python-json.ts";
import type { Refusal } from "./request.ts";
import { parseStamp } from "./timestamps.ts";

/** How risk signatures are judged. */
export interface SignaturePolicy {
  /** Age up to which a signature counts (rule 3). */
  readonly ttlMs: number;
  /** How far a signature's clock may be ahead of ours. */
  readonly futureMs: number;
  /** With a secret, the checksum must be the HMAC of the order's fields. */
  readonly secret?: Uint8Array | undefined;
}

/** The fields of an order that a verified signature covers. */
export interface SignedOrder {
  /** The order's name. */
  readonly uuid: string;
  /** The broker's exact name. */
  readonly symbol: string;
  /** The direction. */
  readonly type: "BUY" | "SELL";
  /** Lots. */
  readonly volume: number;
  /** 0: none. */
  readonly price: number;
  /** 0: none. */
  readonly sl: number;
  /** 0: none. */
  readonly tp: number;
  /** Empty: none. */
  readonly comment: string;
  /** The account named, if one is. */
  readonly account?: string | undefined;
}

const encoder = new TextEncoder();
const prefix = "RISK_PASS";

/** Judges a risk signature by the rules 1 to 4 of v4.3, and by the secret if there is one. Undefined: it is valid. */
export function judgeSignature(
  signature: string | undefined,
  order: SignedOrder,
  policy: SignaturePolicy,
  wallMs: number,
): Refusal | undefined {
  if (signature === undefined || signature === "") {
    return { code: GatewayErrorCode.RISK_SIGNATURE_MISSING, message: "Field risk_signature is missing" };
  }
  // The timestamp itself holds colons, so only the first two part the fields.
  const match = /^([^:]*):([^:]*):(.*)$/su.exec(signature);
  const [, head = "", checksum = "", stamp = ""] = match ?? [];
  if (match === null || head !== prefix) {
    return invalid("The risk signature is not of the form RISK_PASS:<checksum>:<timestamp>");
  }
  if (checksum.length < minChecksumLetters || !/^[!-~]+$/.test(checksum)) {
    return invalid(
      `The checksum of the risk signature has fewer than ${minChecksumLetters} letters or foreign ones`,
    );
  }
  const stampMs = parseStamp(stamp);
  if (stampMs === undefined) return invalid("The timestamp of the risk signature is no ISO 8601 time");
  const ageMs = wallMs - stampMs;
  if (ageMs > policy.ttlMs) {
    return {
      code: GatewayErrorCode.RISK_SIGNATURE_EXPIRED,
      message: `The risk signature is ${seconds(ageMs)} s old, and at most ${seconds(policy.ttlMs)} s are allowed`,
    };
  }
  if (ageMs < -policy.futureMs) {
    return {
      code: GatewayErrorCode.RISK_SIGNATURE_FUTURE,
      message: `The risk signature is ${seconds(-ageMs)} s in the future: check the clocks of both machines`,
    };
  }
  if (policy.secret !== undefined && !checksumMatches(checksum, orderChecksum(order, stamp, policy.secret))) {
    return {
      code: GatewayErrorCode.RISK_SIGNATURE_MISMATCH,
      message: "The checksum of the risk signature does not belong to this order",
    };
  }
  return undefined;
}

/**
 * HMAC-SHA256 in hex over `json.dumps([uuid, symbol, type, volume, price, sl, tp, comment, account, timestamp])`, all
 * numbers as floats, an absent account as the empty text: three lines of Python make the same.
 */
export function orderChecksum(order: SignedOrder, stamp: string, secret: Uint8Array): string {
  const { uuid, symbol, type, volume, price, sl, tp, comment, account = "" } = order;
  const text = pythonJson([uuid, symbol, type, volume, price, sl, tp, comment, account, stamp]);
  return toHex(hmacSha256(secret, encoder.encode(text)));
}

/** A risk signature with the given checksum. */
export function formatSignature(checksum: string, stamp: string): string {
  return `${prefix}:${checksum}:${stamp}`;
}

function checksumMatches(given: string, expected: string): boolean {
  if (!/^[0-9a-fA-F]{64}$/.test(given)) return false;
  return constantTimeEqual(fromHex(given), fromHex(expected));
}

function invalid(message: string): Refusal {
  return { code: GatewayErrorCode.RISK_SIGNATURE_INVALID, message };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
