import { Subscriptions } from "../subscriptions.ts";
import { Breather, type Turns } from "./breather.ts";
import type { Pipe } from "./pipe.ts";

/** Sends to every subscriber of a message, and drops it for those whose queue is full (RFC 29). Never waits for them. */
export class Distributor {
  readonly #subscribers = new Map<Pipe, Subscriptions>();
  readonly #breather: Breather;

  /** Without subscribers yet. */
  constructor(turns: Turns) {
    this.#breather = new Breather(turns);
  }

  /** Without any subscription yet. */
  add(pipe: Pipe): void {
    this.#subscribers.set(pipe, new Subscriptions());
  }

  /** Forgets a subscriber; returns the prefixes that it still held. */
  remove(pipe: Pipe): Uint8Array[] {
    const prefixes = this.#subscribers.get(pipe)?.prefixes() ?? [];
    this.#subscribers.delete(pipe);
    return prefixes;
  }

  /** Takes a subscription or its end. Returns whether the subscriber has the prefix for the first or no more time. */
  subscription(pipe: Pipe, active: boolean, prefix: Uint8Array): boolean {
    const subscriptions = this.#subscribers.get(pipe);
    if (subscriptions === undefined) return false;
    return active ? subscriptions.add(prefix) : subscriptions.remove(prefix);
  }

  /** Sends to all who want it. Resolves at once, or in the next turn, so that a loop of sends lets the bytes leave. */
  send(frames: readonly Uint8Array[]): Promise<void> {
    const topic = frames[0] as Uint8Array;
    let waits = false;
    for (const [pipe, subscriptions] of this.#subscribers) {
      if (!subscriptions.matches(topic)) continue;
      if (pipe.hasRoom) pipe.send(frames);
      waits ||= pipe.outbox.length > 0;
    }
    return waits ? this.#breather.turn() : this.#breather.breath();
  }
}

/** A subscription in the form that ZMTP 3.0 sends and XPUB delivers: 1 or 0, then the prefix. */
export function readSubscription(
  frames: readonly Uint8Array[],
): { readonly active: boolean; readonly prefix: Uint8Array } | undefined {
  const [frame] = frames;
  if (frames.length !== 1 || frame === undefined || (frame[0] !== 1 && frame[0] !== 0)) return undefined;
  return { active: frame[0] === 1, prefix: frame.subarray(1) };
}
