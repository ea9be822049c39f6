import type { ChannelFault, ChannelFaultCode } from "../transport/transport.ts";
import { tooManyOfClient } from "../zmtp/admission.ts";
import type { FaultCode, ZmtpFault } from "../zmtp/fault.ts";
import { wrongSocketType } from "../zmtp/socket-type.ts";

/**
 * What each end of a ZMTP connection means for a channel.
 *
 * A wrong server key shows on both sides as `authentication`: our server answers a HELLO that it cannot open with
 * ERROR, and a foreign server that hangs up on HELLO or INITIATE (as libzmq and RFC 26 do) does not like a key either.
 * A server that dies in just that moment looks the same when it closes in an orderly way; a reset is `lost`.
 */
const channelCodes: Readonly<Record<FaultCode, ChannelFaultCode>> = {
  unreachable: "unreachable",
  "connection-cap": "lost",
  "client-cap": "lost",
  "not-zmtp": "protocol",
  "version-unsupported": "protocol",
  "mechanism-mismatch": "protocol",
  "role-mismatch": "protocol",
  "closed-in-greeting": "protocol",
  "unexpected-command": "protocol",
  "malformed-hello": "protocol",
  "malformed-welcome": "protocol",
  "malformed-initiate": "protocol",
  "malformed-ready": "protocol",
  "malformed-error": "protocol",
  "wrong-server-key": "authentication",
  cryptographic: "protocol",
  "key-exchange": "authentication",
  "invalid-metadata": "protocol",
  "socket-type-mismatch": "protocol",
  "refused-by-us": "authentication",
  "refused-by-peer": "authentication",
  "closed-after-hello": "authentication",
  "closed-after-initiate": "authentication",
  "closed-in-handshake": "lost",
  "handshake-timeout": "handshake-timeout",
  "identity-taken": "protocol",
  "malformed-frame": "protocol",
  "malformed-message": "protocol",
  "malformed-command": "protocol",
  "message-too-large": "protocol",
  "too-many-frames": "protocol",
  "nonce-not-increasing": "protocol",
  undecipherable: "protocol",
  "too-many-subscriptions": "protocol",
  "heartbeat-timeout": "heartbeat",
  "ttl-expired": "heartbeat",
  overflow: "overflow",
  disconnected: "closed",
  lost: "lost",
  "closed-by-peer": "lost",
  closed: "closed",
};

/** Refusals that are not about the key: there may be a place again later, and a port may be another channel's. */
const codeOfReason: ReadonlyMap<string | undefined, ChannelFaultCode> = new Map([
  [tooManyOfClient, "lost"],
  [wrongSocketType, "protocol"],
]);

/** The channel's fault for a connection's. */
export function channelFault(fault: ZmtpFault): ChannelFault {
  const code = codeOfReason.get(fault.reason) ?? channelCodes[fault.code];
  return { code, message: fault.message, cause: fault };
}
