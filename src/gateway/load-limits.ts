import type { Clock } from "../transport/clock.ts";
import { GatewayErrorCode } from "./error-codes.ts";
import { maxInFlight, maxInFlightPerAddress, maxInFlightPerPeer } from "./limits.ts";
import { RateLimit } from "./rate-limit.ts";
import type { Refusal } from "./request.ts";
import type { GatewayPeer } from "./socket.ts";

/** How much the gateway takes; 0: any number. Closes pass in any case. */
export interface LoadOptions {
  /** Requests a second of one connection. */
  readonly requestsPerSecond: number;
  /** Requests a second of all connections from one address. */
  readonly requestsPerSecondOfAddress: number;
  /** OPENs a second, of all clients together. */
  readonly ordersPerSecond: number;
}

/** Counts what is in work and what comes, by connection and by address: a client that connects anew begins no new count. */
export class LoadLimits {
  readonly #ofPeer: RateLimit;
  readonly #ofAddress: RateLimit;
  readonly #orders: RateLimit;
  readonly #inFlight = new Map<string, number>();
  #total = 0;

  /** Has counted nothing yet. */
  constructor(clock: Clock, options: LoadOptions) {
    this.#ofPeer = new RateLimit(clock, options.requestsPerSecond);
    this.#ofAddress = new RateLimit(clock, options.requestsPerSecondOfAddress);
    this.#orders = new RateLimit(clock, options.ordersPerSecond);
  }

  /** A request is in work from now on. */
  enter({ id, host }: GatewayPeer): void {
    this.#total++;
    this.#inFlight.set(id, (this.#inFlight.get(id) ?? 0) + 1);
    this.#inFlight.set(host, (this.#inFlight.get(host) ?? 0) + 1);
  }

  /** It is answered. */
  leave({ id, host }: GatewayPeer): void {
    this.#total--;
    for (const name of [id, host]) {
      const left = (this.#inFlight.get(name) ?? 1) - 1;
      if (left === 0) this.#inFlight.delete(name);
      else this.#inFlight.set(name, left);
    }
  }

  /** Why a request that has entered is too much. */
  request({ id, host }: GatewayPeer): Refusal | undefined {
    const busy =
      this.#total > maxInFlight ||
      (this.#inFlight.get(id) ?? 0) > maxInFlightPerPeer ||
      (this.#inFlight.get(host) ?? 0) > maxInFlightPerAddress;
    if (busy) {
      return {
        code: GatewayErrorCode.BUSY,
        message: "Too many requests are in work: wait for their replies",
      };
    }
    if (this.#ofPeer.take(id) && this.#ofAddress.take(host)) return undefined;
    return {
      code: GatewayErrorCode.RATE_LIMITED,
      message: "More requests a second than one client may send",
    };
  }

  /** Why an OPEN is too much, besides what holds for any request. */
  order(): Refusal | undefined {
    if (this.#orders.take("all")) return undefined;
    return { code: GatewayErrorCode.RATE_LIMITED, message: "More orders a second than the gateway may open" };
  }
}
