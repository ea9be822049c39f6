import { ZmtpFault } from "../fault.ts";
import { encodeError } from "../wire/command.ts";
import type { AuthenticationVerdict, MechanismHost } from "./mechanism.ts";

/** Acts on an authenticator's verdict: returns the user of a client that is let in, refuses any other. */
export function applyVerdict(
  host: MechanismHost,
  verdict: AuthenticationVerdict,
): { readonly userId?: string } {
  if (verdict === true) return {};
  if (verdict !== false && verdict.status === 200) {
    return verdict.userId === undefined ? {} : { userId: verdict.userId };
  }
  const status = verdict === false ? 400 : verdict.status;
  // RFC 27: 300 is a temporary refusal. The client is not told, since ERROR would keep it from trying again.
  if (status !== 300) host.sendCommand(encodeError(String(status)));
  const why = { 300: "not now", 400: "the authenticator says no", 500: "the authenticator failed" }[status];
  throw new ZmtpFault("refused-by-us", `The client is refused (${status}): ${why}`);
}
