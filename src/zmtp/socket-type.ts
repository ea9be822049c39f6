import { ZmtpFault } from "./fault.ts";
import { printable } from "./wire/bytes.ts";
import type { Metadata } from "./wire/metadata.ts";

/** The socket types of RFC 28 to 31. */
export type SocketType =
  | "REQ"
  | "REP"
  | "DEALER"
  | "ROUTER"
  | "PUB"
  | "XPUB"
  | "SUB"
  | "XSUB"
  | "PUSH"
  | "PULL"
  | "PAIR";

/** Which types each type may talk to (RFC 37, "The Socket-Type Property"). */
export const compatibleTypes: Readonly<Record<SocketType, readonly SocketType[]>> = {
  REQ: ["REP", "ROUTER"],
  REP: ["REQ", "DEALER"],
  DEALER: ["REP", "DEALER", "ROUTER"],
  ROUTER: ["REQ", "DEALER", "ROUTER"],
  PUB: ["SUB", "XSUB"],
  XPUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
  XSUB: ["PUB", "XPUB"],
  PUSH: ["PULL"],
  PULL: ["PUSH"],
  PAIR: ["PAIR"],
};

/** What a client of another type is told in ERROR. */
export const wrongSocketType = "Incompatible socket type";

/** The peer's type, checked against ours. A peer that does not say its type is refused. */
export function checkSocketType(own: SocketType, metadata: Metadata): SocketType {
  const value = metadata.get("socket-type");
  if (value === undefined) throw new ZmtpFault("invalid-metadata", "The peer does not say its socket type");
  const name = value.length > 16 ? "" : printable(value);
  const type = compatibleTypes[own].find((candidate) => candidate === name);
  if (type === undefined) {
    throw new ZmtpFault("socket-type-mismatch", `A ${own} socket cannot talk to a peer of type "${name}"`);
  }
  return type;
}

/** Whether sockets of this type announce an identity (RFC 37, "The Identity Property"). */
export function announcesIdentity(type: SocketType): boolean {
  return type === "REQ" || type === "DEALER" || type === "ROUTER";
}
