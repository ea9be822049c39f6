import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../security/mac.ts";
import { maxRememberedOrders, maxRememberedRefusals } from "./limits.ts";
import type { StoredOrder } from "./order-store.ts";
import { type PyObject, pythonJson } from "./python-json.ts";
import type { OrderRequest } from "./request.ts";

/** What the desk remembers of a uuid. */
export interface OrderEntry {
  readonly digest: string;
  readonly atMs: number;
  /** The account it went to; empty: it went nowhere. */
  backendId: string;
  reply: PyObject | undefined;
  /** Resolves with the certain reply; rejects never. Undefined: nobody is asking. */
  settling: Promise<PyObject> | undefined;
  /** A client was told UNKNOWN. */
  toldUnknown: boolean;
}

const encoder = new TextEncoder();

/** The orders in memory, bounded: a flood of refused orders evicts no order that went somewhere. */
export class OrderMemory {
  readonly #orders = new Map<string, OrderEntry>();
  readonly #refused = new Map<string, OrderEntry>();

  /** Begins with what earlier runs have left. */
  constructor(orders: readonly StoredOrder[]) {
    for (const { uuid, digest, atMs, backend, reply } of orders) {
      const entry = { digest, atMs, backendId: backend, reply, settling: undefined, toldUnknown: false };
      this.#orders.set(uuid, entry);
    }
  }

  /** Orders without a certain outcome. */
  open(): readonly (readonly [string, OrderEntry])[] {
    return [...this.#orders].filter(([, { reply }]) => reply === undefined);
  }

  /** Everything that is known, as the order file has it. An order that is being judged yet went nowhere. */
  *all(): Iterable<StoredOrder> {
    for (const orders of [this.#orders, this.#refused]) {
      for (const [uuid, { digest, atMs, backendId, reply }] of orders) {
        if (backendId !== "" || reply !== undefined) yield { uuid, digest, backend: backendId, atMs, reply };
      }
    }
  }

  /** What is known of a uuid. */
  find(uuid: string): OrderEntry | undefined {
    return this.#orders.get(uuid) ?? this.#refused.get(uuid);
  }

  /** Takes an order up; the oldest settled one makes room. */
  add(uuid: string, digest: string, atMs: number): OrderEntry {
    const entry: OrderEntry = {
      digest,
      atMs,
      backendId: "",
      reply: undefined,
      settling: undefined,
      toldUnknown: false,
    };
    this.#orders.set(uuid, entry);
    if (this.#orders.size > maxRememberedOrders) this.#evict();
    return entry;
  }

  #evict(): void {
    for (const [oldest, { reply }] of this.#orders) {
      if (reply !== undefined) this.#orders.delete(oldest);
      if (this.#orders.size <= maxRememberedOrders) return;
    }
  }

  /** The order was refused before it was sent anywhere: it counts among those that a flood may evict. */
  setAside(uuid: string, entry: OrderEntry): void {
    this.#orders.delete(uuid);
    this.#refused.set(uuid, entry);
    if (this.#refused.size <= maxRememberedRefusals) return;
    for (const oldest of this.#refused.keys()) {
      this.#refused.delete(oldest);
      break;
    }
  }
}

/** The agent's name for the order: the uuid, or a hash of one that the agent would not take. */
export function commandId(uuid: string): string {
  if (/^[!-~]{1,64}$/.test(uuid)) return uuid;
  return `v43-${toHex(sha256(encoder.encode(uuid))).slice(0, 60)}`;
}

/** What was ordered, without what a repetition may change: timestamp and risk signature. */
export function orderDigest(request: OrderRequest): string {
  const { action, account = "" } = request;
  const fields =
    request.action === "OPEN"
      ? [request.symbol, request.type, request.volume, request.price, request.sl, request.tp, request.comment]
      : [request.ticket, request.symbol ?? "", request.volume ?? null];
  return toHex(sha256(encoder.encode(pythonJson([action, account, ...fields]))));
}
