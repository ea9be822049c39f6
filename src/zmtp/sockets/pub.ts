import type { Context } from "../environment.ts";
import type { KeysOf } from "../known-keys.ts";
import { Subscriptions } from "../subscriptions.ts";
import { concat } from "../wire/bytes.ts";
import { Socket } from "./base.ts";
import { build } from "./build.ts";
import type { Pattern } from "./core.ts";
import { Distributor, readSubscription } from "./distributor.ts";
import { FairQueue, type WaitOptions } from "./fair-queue.ts";
import { type Message, toFrames } from "./message.ts";
import { type SocketOptions, socketKeys } from "./options.ts";
import type { Pipe } from "./pipe.ts";

class PubPattern implements Pattern {
  readonly distributor: Distributor;

  constructor(context: Context) {
    this.distributor = new Distributor(context);
  }

  added(pipe: Pipe): void {
    this.distributor.add(pipe);
  }

  message(pipe: Pipe, frames: Uint8Array[]): void {
    // RFC 29: anything that is no subscription is discarded.
    const subscription = readSubscription(frames);
    if (subscription !== undefined) this.subscription(pipe, subscription.active, subscription.prefix);
  }

  subscription(pipe: Pipe, active: boolean, prefix: Uint8Array): void {
    this.distributor.subscription(pipe, active, prefix);
  }

  down(pipe: Pipe): void {
    // Subscriptions live as long as the connection: the peer sends them again.
    this.distributor.remove(pipe);
    this.distributor.add(pipe);
    pipe.outbox.clear();
  }

  removed(pipe: Pipe): void {
    this.distributor.remove(pipe);
  }

  closed(): void {
    // Nobody waits for a PUB.
  }
}

/** PUB (RFC 29): sends each message to every subscriber of a prefix of its first frame; drops it for slow ones. */
export class Publisher extends Socket {
  readonly #pattern: PubPattern;

  /** Neither bound nor connected yet. */
  constructor(context: Context, options: SocketOptions = {}) {
    const { core, pattern } = build({ context, socketType: "PUB", options }, () => new PubPattern(context));
    super(core);
    this.#pattern = pattern;
  }

  /**
   * Sends to all subscribers; never waits for them. Resolves when the bytes may be used again, at the latest in the
   * next turn of the event loop: a loop that awaits each send lets the bytes leave in between.
   */
  send(message: Message): Promise<void> {
    return this.#pattern.distributor.send(toFrames(message));
  }
}

/** What an XPUB can be told besides. */
export interface XPublisherOptions extends SocketOptions {
  /** Delivers every subscription and cancel, not only the first and the last of a prefix. @default false */
  readonly verbose?: boolean;
}

const keys: KeysOf<XPublisherOptions> = { ...socketKeys, verbose: true };

const subscribeMark: readonly number[] = [1];
const cancelMark: readonly number[] = [0];

class XPubPattern extends PubPattern {
  readonly queue: FairQueue<Uint8Array[]>;
  readonly #verbose: boolean;
  /** All subscribers' prefixes, each counted once per subscriber. */
  readonly #all = new Subscriptions(false);

  constructor(context: Context, verbose: boolean) {
    super(context);
    this.#verbose = verbose;
    this.queue = new FairQueue(context, false);
  }

  override message(pipe: Pipe, frames: Uint8Array[]): void {
    const subscription = readSubscription(frames);
    if (subscription === undefined) this.queue.put(pipe, frames);
    else this.subscription(pipe, subscription.active, subscription.prefix);
  }

  override subscription(pipe: Pipe, active: boolean, prefix: Uint8Array): void {
    const changed = this.distributor.subscription(pipe, active, prefix);
    const news = changed && (active ? this.#all.add(prefix) : this.#all.remove(prefix));
    if (news || this.#verbose) this.#deliver(pipe, active, prefix);
  }

  override down(pipe: Pipe): void {
    this.#forget(pipe);
    this.distributor.add(pipe);
    pipe.outbox.clear();
  }

  override removed(pipe: Pipe): void {
    this.#forget(pipe);
    this.queue.drop(pipe);
  }

  override closed(): void {
    this.queue.close();
  }

  /** RFC 29: a subscriber that leaves is followed by its cancels. */
  #forget(pipe: Pipe): void {
    for (const prefix of this.distributor.remove(pipe)) {
      if (this.#all.remove(prefix) || this.#verbose) this.#deliver(pipe, false, prefix);
    }
  }

  #deliver(pipe: Pipe, active: boolean, prefix: Uint8Array): void {
    this.queue.put(pipe, [concat(Uint8Array.from(active ? subscribeMark : cancelMark), prefix)]);
  }
}

/**
 * XPUB (RFC 29): a PUB that also delivers what its subscribers send, and their subscriptions as messages of one frame
 * that begins with 1 (subscribe) or 0 (cancel).
 */
export class XPublisher extends Socket implements AsyncIterable<Uint8Array[]> {
  readonly #pattern: XPubPattern;

  /** Neither bound nor connected yet. */
  constructor(context: Context, options: XPublisherOptions = {}) {
    const { core, pattern } = build(
      { context, socketType: "XPUB", options, keys },
      () => new XPubPattern(context, options.verbose ?? false),
    );
    super(core);
    this.#pattern = pattern;
  }

  /** Sends to all subscribers, as a PUB does. */
  send(message: Message): Promise<void> {
    return this.#pattern.distributor.send(toFrames(message));
  }

  /** Resolves with the next subscription, cancel or message. The frames are the caller's. */
  receive(options?: WaitOptions): Promise<Uint8Array[]> {
    return this.#pattern.queue.receive(options);
  }

  /** Subscriptions and messages one after the other, until the socket is closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array[]> {
    return this.#pattern.queue.iterate();
  }
}
