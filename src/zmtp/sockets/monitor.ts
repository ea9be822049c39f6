import type { ZmtpFault } from "../fault.ts";
import type { PeerInfo } from "../peer.ts";

/** What happens to a socket's connections. `endpoint` is the one bound or dialled, `address` the far end. */
export type SocketEvent =
  | { readonly type: "listening"; readonly endpoint: string }
  | { readonly type: "connecting"; readonly endpoint: string; readonly attempt: number }
  | { readonly type: "accepted"; readonly endpoint: string; readonly address: string }
  /** The handshake is done: the peer may be talked to. */
  | {
      readonly type: "connected";
      readonly endpoint: string;
      readonly address: string;
      readonly peer: PeerInfo;
    }
  /** A connection never came up; the fault's code tells why. */
  | {
      readonly type: "handshake-failed";
      readonly endpoint: string;
      readonly address: string;
      readonly fault: ZmtpFault;
    }
  /** A connection that was up is gone. */
  | {
      readonly type: "disconnected";
      readonly endpoint: string;
      readonly address: string;
      readonly fault: ZmtpFault;
    }
  | {
      readonly type: "retrying";
      readonly endpoint: string;
      readonly attempt: number;
      readonly delayMs: number;
    }
  /** The peer sent ERROR: it is not dialled again with the same credentials (RFC 37, "Error Handling"). */
  | { readonly type: "abandoned"; readonly endpoint: string; readonly fault: ZmtpFault };

/** Is told of a socket's events. */
export type Monitor = (event: SocketEvent) => void;
