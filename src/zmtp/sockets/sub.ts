import type { Context } from "../environment.ts";
import { Subscriptions } from "../subscriptions.ts";
import { Socket } from "./base.ts";
import { build } from "./build.ts";
import type { Pattern } from "./core.ts";
import { readSubscription } from "./distributor.ts";
import { FairQueue, type WaitOptions } from "./fair-queue.ts";
import { type Frame, type Message, toBytes, toFrames } from "./message.ts";
import type { SocketOptions } from "./options.ts";
import type { Pipe } from "./pipe.ts";

class SubPattern implements Pattern {
  readonly queue: FairQueue<Uint8Array[]>;
  readonly #subscriptions = new Subscriptions(false);
  readonly #pipes: Set<Pipe> = new Set();
  readonly #filters: boolean;

  /** An XSUB does not filter: what its publishers send is for who stands behind it to judge. */
  constructor(context: Context, conflate: boolean, filters: boolean) {
    this.#filters = filters;
    this.queue = new FairQueue(context, conflate);
  }

  added(pipe: Pipe): void {
    this.#pipes.add(pipe);
  }

  up(pipe: Pipe): void {
    for (const prefix of this.#subscriptions.prefixes()) pipe.connection?.sendSubscription(true, prefix);
  }

  message(pipe: Pipe, frames: Uint8Array[]): void {
    // The publisher filters; what was on its way when a subscription ended is filtered here.
    if (this.#filters && !this.#subscriptions.matches(frames[0] as Uint8Array)) return;
    this.queue.put(pipe, frames);
  }

  removed(pipe: Pipe): void {
    this.#pipes.delete(pipe);
    this.queue.drop(pipe);
  }

  closed(): void {
    this.queue.close();
  }

  /** Publishers are told of the first subscription and the last cancel of a prefix. */
  subscribe(active: boolean, prefix: Uint8Array): void {
    const news = active ? this.#subscriptions.add(prefix) : this.#subscriptions.remove(prefix);
    if (!news) return;
    for (const { connection } of this.#pipes) connection?.sendSubscription(active, prefix);
  }

  /** To every publisher that has room (XSUB). */
  sendAll(frames: readonly Uint8Array[]): void {
    for (const pipe of this.#pipes) if (pipe.hasRoom) pipe.send(frames);
  }
}

/** SUB (RFC 29): receives from its publishers what it has subscribed to. */
export class Subscriber extends Socket implements AsyncIterable<Uint8Array[]> {
  readonly #pattern: SubPattern;

  /** Neither bound nor connected yet, and without a subscription. */
  constructor(context: Context, options: SocketOptions = {}) {
    const { core, pattern } = build(
      { context, socketType: "SUB", options },
      ({ conflate }) => new SubPattern(context, conflate, true),
    );
    super(core);
    this.#pattern = pattern;
  }

  /** Asks for messages whose first frame begins with one of the prefixes; none given means all messages. Counted. */
  subscribe(...prefixes: readonly Frame[]): void {
    for (const prefix of prefixes.length === 0 ? [""] : prefixes)
      this.#pattern.subscribe(true, toBytes(prefix));
  }

  /** Takes back one `subscribe` of each prefix. */
  unsubscribe(...prefixes: readonly Frame[]): void {
    for (const prefix of prefixes.length === 0 ? [""] : prefixes)
      this.#pattern.subscribe(false, toBytes(prefix));
  }

  /** Resolves with the next message; see `Pull.receive` on its frames. */
  receive(options?: WaitOptions): Promise<Uint8Array[]> {
    return this.#pattern.queue.receive(options);
  }

  /** Messages one after the other, until the socket is closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array[]> {
    return this.#pattern.queue.iterate();
  }
}

const done: Promise<void> = Promise.resolve();

/** XSUB (RFC 29): a SUB that subscribes by sending, and may send messages of its own to its publishers. */
export class XSubscriber extends Socket implements AsyncIterable<Uint8Array[]> {
  readonly #pattern: SubPattern;

  /** Neither bound nor connected yet, and without a subscription. */
  constructor(context: Context, options: SocketOptions = {}) {
    const { core, pattern } = build(
      { context, socketType: "XSUB", options },
      ({ conflate }) => new SubPattern(context, conflate, false),
    );
    super(core);
    this.#pattern = pattern;
  }

  /**
   * Subscribes or cancels, when the message is one frame that begins with 1 or 0, as XPUB delivers them; sends any
   * other message to all publishers, except those whose queue is full.
   */
  send(message: Message): Promise<void> {
    const frames = toFrames(message);
    const subscription = readSubscription(frames);
    if (subscription === undefined) this.#pattern.sendAll(frames);
    else this.#pattern.subscribe(subscription.active, subscription.prefix);
    return done;
  }

  /** Resolves with the next message; see `Pull.receive` on its frames. */
  receive(options?: WaitOptions): Promise<Uint8Array[]> {
    return this.#pattern.queue.receive(options);
  }

  /** Messages one after the other, until the socket is closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array[]> {
    return this.#pattern.queue.iterate();
  }
}
