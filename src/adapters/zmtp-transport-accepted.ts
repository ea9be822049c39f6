import type { Timer } from "../transport/clock.ts";
import type { Channel, Peer } from "../transport/transport.ts";
import type { Guest } from "../zmtp/admission.ts";
import type { Connection } from "../zmtp/connection.ts";
import type { ZmtpFault } from "../zmtp/fault.ts";
import { Outbox } from "../zmtp/outbox.ts";
import { Subscriptions } from "../zmtp/subscriptions.ts";

/** One accepted connection. */
export class Client implements Guest {
  readonly channel: Channel;
  readonly outbox: Outbox = new Outbox();
  readonly subscriptions: Subscriptions = new Subscriptions();
  connection: Connection | undefined;
  peer: Peer | undefined;
  /** What a REQ put before its last request, and wants to see before the reply. */
  envelope: readonly Uint8Array[] = [];
  speaksReq = false;
  seat: Guest["seat"];
  closing: { readonly fault: ZmtpFault; readonly untilMs: number; readonly timer: Timer } | undefined;

  /** Its connection follows. */
  constructor(channel: Channel) {
    this.channel = channel;
  }

  /** `address:port` of the far end. */
  get remoteAddress(): string {
    return this.connection?.remoteAddress ?? "";
  }

  /** Whether it has sent nothing yet. */
  get silent(): boolean {
    return this.connection?.silent !== false;
  }

  /** The admission's: it has to make room. */
  evict(fault: ZmtpFault): void {
    this.connection?.end(fault, 0);
  }
}
