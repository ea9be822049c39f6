import type { Clock } from "../transport/clock.ts";
import type { SocketEvent } from "../zmtp/mod.ts";
import { hostOf } from "./allow-list.ts";
import type { GatewayLog } from "./gateway-log.ts";

/** A client that is refused tries again many times a second, and the log must not grow by that. */
const tellAgainMs = 60_000;
const maxRefusedHosts = 4_096;

/** Counts the connections of each address by what the socket tells of them, those in their handshake included. */
export class ConnectionCount {
  readonly #byHost = new Map<string, number>();
  readonly #refused = new Map<string, { toldMs: number; times: number }>();
  readonly #clock: Clock;
  readonly #log: GatewayLog;

  /** Has counted nothing yet. */
  constructor(clock: Clock, log: GatewayLog) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Connections at present from the host of `address:port`. */
  from(address: string): number {
    return this.#byHost.get(hostOf(address)) ?? 0;
  }

  /** The socket's monitor. Each connection is accepted once, and ends once: in its handshake or later. */
  note(event: SocketEvent): void {
    switch (event.type) {
      case "accepted":
        this.#count(event.address, 1);
        break;
      case "connected":
        this.#log.debug("A client connected", { address: event.address });
        break;
      case "disconnected":
        this.#count(event.address, -1);
        this.#log.debug("A client disconnected", { address: event.address, reason: event.fault.code });
        break;
      case "handshake-failed":
        this.#count(event.address, -1);
        this.#tellRefused(event.address, event.fault.message);
        break;
      default:
    }
  }

  #tellRefused(address: string, reason: string): void {
    const host = hostOf(address);
    const nowMs = this.#clock.nowMs();
    const told = this.#refused.get(host);
    if (told !== undefined && nowMs - told.toldMs < tellAgainMs) {
      told.times++;
      return;
    }
    this.#log.warning("A client was not let in", {
      address,
      reason,
      ...(told === undefined || told.times === 0 ? {} : { alsoSince: told.times }),
    });
    this.#refused.delete(host);
    this.#refused.set(host, { toldMs: nowMs, times: 0 });
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > maxRefusedHosts && oldest !== undefined) this.#refused.delete(oldest);
  }

  #count(address: string, more: number): void {
    const host = hostOf(address);
    const count = this.from(address) + more;
    if (count > 0) this.#byHost.set(host, count);
    else this.#byHost.delete(host);
  }
}
