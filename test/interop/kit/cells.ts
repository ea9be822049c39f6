import { compatibleTypes, type SocketType } from "../../../src/zmtp/socket-type.ts";
import { type Mechanism, mechanisms } from "./keys.ts";

/**
 * RFC 37, "The Socket-Type Property": for each type, its legal peers. Written down here again, so that the table in
 * the code under test is checked and not believed.
 */
export const rfcTable: Readonly<Record<SocketType, readonly SocketType[]>> = {
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

/** The implementations that ours is tried with. */
export const peerNames = ["zeromq.js", "pyzmq"] as const;

/** One combination of the matrix. */
export interface Cell {
  readonly ours: SocketType;
  readonly theirs: SocketType;
  /** What our side does; theirs does the other. The side that binds is the server. */
  readonly we: "bind" | "connect";
  readonly mechanism: Mechanism;
  readonly peer: (typeof peerNames)[number];
}

/** Every combination that the RFC allows. */
export function allCells(): Cell[] {
  const cells: Cell[] = [];
  for (const peer of peerNames) {
    for (const [ours, legal] of Object.entries(rfcTable) as [SocketType, readonly SocketType[]][]) {
      for (const theirs of legal) {
        for (const mechanism of mechanisms) {
          for (const we of ["bind", "connect"] as const) cells.push({ ours, theirs, we, mechanism, peer });
        }
      }
    }
  }
  return cells;
}

/** The code's own table, for the comparison. */
export const ownTable: typeof compatibleTypes = compatibleTypes;
