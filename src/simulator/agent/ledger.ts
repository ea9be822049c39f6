import { encodeBody } from "../../protocol/v1/codec.ts";
import type { BarrierMessage, LedgerEvent, LedgerPayload } from "../../protocol/v1/messages.ts";
import { ledgerTopic } from "../../protocol/v1/topics.ts";

/** What the ledger needs. */
export interface LedgerOptions {
  readonly epoch: number;
  readonly ringEvents: number;
  readonly now: () => number;
  readonly publish: (frames: readonly Uint8Array[]) => void;
}

/** Events behind a position: encoded bodies, and whether these are all. */
export type LedgerSince =
  | { readonly state: "gone" }
  | { readonly state: "events"; readonly bodies: readonly Uint8Array[]; readonly complete: boolean };

/** The ledger (docs/protocol.md, 5.1): numbers events without a hole, publishes them, and keeps the latest. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #topic: Uint8Array = ledgerTopic();
  /** The body of event `seq` stands at `(seq - 1) % ringEvents`. */
  readonly #ring: Uint8Array[] = [];
  #seq = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** The position of the last event; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** The lowest position that `since` can still give. */
  get oldest(): number {
    return Math.max(1, this.#seq - this.#options.ringEvents + 1);
  }

  /** Adds an event and publishes it. */
  append(payload: LedgerPayload): void {
    const { epoch, ringEvents, now, publish } = this.#options;
    const event: LedgerEvent = { v: 1, epoch, seq: this.#seq + 1, agentMs: now(), ...payload };
    // Encoded before it counts: an event that cannot be written must leave no hole.
    const body = encodeBody(event);
    this.#ring[this.#seq % ringEvents] = body;
    this.#seq++;
    publish([this.#topic, body]);
  }

  /** Publishes a barrier behind all events so far. */
  barrier(token: string): void {
    const { epoch, now, publish } = this.#options;
    const message: BarrierMessage = { v: 1, epoch, seq: this.#seq, agentMs: now(), type: "barrier", token };
    publish([this.#topic, encodeBody(message)]);
  }

  /** The events after `seq`, as many as fit, but at least one. */
  since(epoch: number, seq: number, maxBytes: number): LedgerSince {
    if (epoch !== this.#options.epoch || seq > this.#seq || seq + 1 < this.oldest) return { state: "gone" };
    const bodies: Uint8Array[] = [];
    let bytes = 0;
    for (let next = seq + 1; next <= this.#seq; next++) {
      const body = this.#ring[(next - 1) % this.#options.ringEvents];
      if (body === undefined) throw new Error(`Cannot read the ledger: event ${next} is missing`);
      bytes += body.length + 1;
      if (bytes > maxBytes && bodies.length > 0) return { state: "events", bodies, complete: false };
      bodies.push(body);
    }
    return { state: "events", bodies, complete: true };
  }
}
