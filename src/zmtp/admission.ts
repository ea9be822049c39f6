import { ZmtpFault } from "./fault.ts";

/** What a client with too many connections is told in ERROR, so that it can tell this from a refused key. */
export const tooManyOfClient = "Too many connections of this client key";

/** How many accepted connections there may be. */
export interface AdmissionCaps {
  /** Connections whose handshake is done. */
  readonly maxConnections: number;
  /** Connections whose handshake is not done; above it, one of them makes room for the next. */
  readonly maxHandshakes: number;
  /** Connections of one proven CURVE key; 0 means no limit. */
  readonly maxConnectionsPerKey: number;
}

/** An accepted connection; its owner keeps what the admission notes of it. */
export interface Guest {
  /** `address:port` of the far end. */
  readonly remoteAddress: string;
  /** Whether it has sent nothing yet. */
  readonly silent: boolean;
  /** The admission's: whether it is counted as one whose handshake is done, and its key. */
  seat: { readonly key: string | undefined } | undefined;
  /** Ends it. */
  evict(fault: ZmtpFault): void;
}

/** Shared: connections are many. */
const nameless: NonNullable<Guest["seat"]> = { key: undefined };

/**
 * Counts accepted connections. Those that have proven nothing are counted apart, so that strangers take no place of
 * anybody's: when their places are full, the address that holds most of them loses one, the oldest that never said a
 * word, or else the oldest.
 */
export class Admission<G extends Guest> {
  readonly #caps: AdmissionCaps;
  /** In the order in which they came. */
  readonly #waiting: Set<G> = new Set();
  #seated = 0;
  /** Made when keys are counted. */
  #byKey: Map<string, number> | undefined;

  /** Nobody is there yet. */
  constructor(caps: AdmissionCaps) {
    this.#caps = caps;
  }

  /** Whether no place is left behind the handshake, so that beginning one would be in vain. */
  get full(): boolean {
    return this.#seated >= this.#caps.maxConnections;
  }

  /** Takes in a connection whose handshake begins. */
  enter(guest: G): void {
    if (this.#waiting.size >= this.#caps.maxHandshakes) this.#makeRoom(guest);
    this.#waiting.add(guest);
  }

  /** The handshake is as good as done. Returns why the connection must end instead, if it must. */
  admit(guest: G, publicKey?: Uint8Array): ZmtpFault | undefined {
    if (guest.seat !== undefined) return undefined;
    const { maxConnections, maxConnectionsPerKey } = this.#caps;
    if (this.full) return new ZmtpFault("connection-cap", `There are ${maxConnections} connections already`);
    const key = maxConnectionsPerKey > 0 && publicKey !== undefined ? textOf(publicKey) : undefined;
    if (key !== undefined) {
      this.#byKey ??= new Map();
      const count = this.#byKey.get(key) ?? 0;
      if (count >= maxConnectionsPerKey) {
        return new ZmtpFault("client-cap", `${tooManyOfClient}: it has ${count}`);
      }
      this.#byKey.set(key, count + 1);
    }
    this.#waiting.delete(guest);
    guest.seat = key === undefined ? nameless : { key };
    this.#seated++;
    return undefined;
  }

  /** The connection is over. */
  leave(guest: G): void {
    this.#waiting.delete(guest);
    const { seat } = guest;
    if (seat === undefined) return;
    guest.seat = undefined;
    this.#seated--;
    if (seat.key === undefined || this.#byKey === undefined) return;
    const count = (this.#byKey.get(seat.key) ?? 1) - 1;
    if (count > 0) this.#byKey.set(seat.key, count);
    else this.#byKey.delete(seat.key);
  }

  #makeRoom(next: G): void {
    const counts = new Map<string, number>([[hostOf(next), 1]]);
    for (const guest of this.#waiting) counts.set(hostOf(guest), (counts.get(hostOf(guest)) ?? 0) + 1);
    const most = Math.max(...counts.values());
    let victim: G | undefined;
    for (const guest of this.#waiting) {
      if (counts.get(hostOf(guest)) !== most) continue;
      if (guest.silent) {
        victim = guest;
        break;
      }
      victim ??= guest;
    }
    if (victim === undefined) return;
    this.#waiting.delete(victim);
    victim.evict(
      new ZmtpFault("connection-cap", "Its handshake took too long while others waited for a place"),
    );
  }
}

function hostOf({ remoteAddress }: Guest): string {
  return remoteAddress.slice(0, remoteAddress.lastIndexOf(":"));
}

function textOf(key: Uint8Array): string {
  return String.fromCharCode(...key);
}
