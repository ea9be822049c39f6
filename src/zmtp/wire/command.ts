import { type FaultCode, ZmtpFault } from "../fault.ts";
import { maxErrorReasonBytes } from "../limits.ts";
import { ascii, concat, printable } from "./bytes.ts";

/** The body of a command: its name's length, its name, its data. */
export function encodeCommand(name: string, ...data: readonly Uint8Array[]): Uint8Array {
  return concat(Uint8Array.of(name.length), ascii(name), ...data);
}

/** A command taken apart; the data is a view. */
export interface Command {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Takes a command's body apart; `code` names the failure. */
export function decodeCommand(body: Uint8Array, code: FaultCode): Command {
  const nameLength = body[0];
  if (nameLength === undefined || nameLength === 0 || 1 + nameLength > body.length) {
    throw new ZmtpFault(code, "A command is malformed: it has no whole name");
  }
  const name = body.subarray(1, 1 + nameLength);
  for (const byte of name) {
    const letter = byte & 0xdf;
    if (letter < 0x41 || letter > 0x5a)
      throw new ZmtpFault(code, "A command is malformed: its name holds no letters");
  }
  return { name: String.fromCharCode(...name), data: body.subarray(1 + nameLength) };
}

/** The body of an ERROR command. */
export function encodeError(reason: string): Uint8Array {
  const text = ascii(reason.slice(0, maxErrorReasonBytes));
  return encodeCommand("ERROR", Uint8Array.of(text.length), text);
}

/** The fault that a peer's ERROR command means. */
export function decodeError(data: Uint8Array): ZmtpFault {
  const length = data[0];
  // libzmq takes octets behind the reason, so they are no reason to call the ERROR itself broken.
  if (length === undefined || 1 + length > data.length) {
    return new ZmtpFault("malformed-error", "The peer's ERROR command is malformed");
  }
  const reason = printable(data.subarray(1, 1 + length));
  return new ZmtpFault("refused-by-peer", `The peer refused the connection: ${reasonText(reason)}`, {
    reason,
  });
}

/** A status code of ZAP (RFC 27) in words; any other reason as it came. */
function reasonText(reason: string): string {
  switch (reason) {
    case "":
      return "no reason given";
    case "300":
      return "it cannot authenticate anybody at the moment (300)";
    case "400":
      return "it does not accept this key or password (400)";
    case "500":
      return "its authentication failed within (500)";
    default:
      return reason;
  }
}
