import type { Context } from "../environment.ts";
import { Socket } from "./base.ts";
import { build } from "./build.ts";
import type { Pattern } from "./core.ts";
import { FairQueue, type WaitOptions } from "./fair-queue.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { type Message, toFrames } from "./message.ts";
import type { SocketOptions } from "./options.ts";
import type { Pipe } from "./pipe.ts";

class PushPattern implements Pattern {
  readonly balancer: LoadBalancer;

  constructor(context: Context) {
    this.balancer = new LoadBalancer(context);
  }

  added(pipe: Pipe): void {
    this.balancer.add(pipe);
  }

  message(): void {
    // RFC 30: a PUSH only sends.
  }

  room(): void {
    this.balancer.flush();
  }

  removed(pipe: Pipe): void {
    this.balancer.remove(pipe);
  }

  closed(): void {
    this.balancer.close();
  }
}

/** PUSH (RFC 30): gives each message to one of its PULL peers, in turn, and waits while none has room. */
export class Push extends Socket {
  readonly #pattern: PushPattern;

  /** Neither bound nor connected yet. */
  constructor(context: Context, options: SocketOptions = {}) {
    const { core, pattern } = build({ context, socketType: "PUSH", options }, () => new PushPattern(context));
    super(core);
    this.#pattern = pattern;
  }

  /**
   * Resolves when the message is on its way or waits in a peer's queue. The bytes may be changed or used again then,
   * not before. Waits while no peer has room; `signal` gives that up, and then the message was not sent.
   */
  send(message: Message, options?: WaitOptions): Promise<void> {
    return this.#pattern.balancer.send(toFrames(message), options);
  }
}

class PullPattern implements Pattern {
  readonly queue: FairQueue<Uint8Array[]>;

  constructor(context: Context, conflate: boolean) {
    this.queue = new FairQueue(context, conflate);
  }

  added(): void {
    // Nothing is sent.
  }

  message(pipe: Pipe, frames: Uint8Array[]): void {
    this.queue.put(pipe, frames);
  }

  removed(pipe: Pipe): void {
    this.queue.drop(pipe);
  }

  closed(): void {
    this.queue.close();
  }
}

/** PULL (RFC 30): takes messages from its PUSH peers, one of each in turn. */
export class Pull extends Socket implements AsyncIterable<Uint8Array[]> {
  readonly #pattern: PullPattern;

  /** Neither bound nor connected yet. */
  constructor(context: Context, options: SocketOptions = {}) {
    const { core, pattern } = build(
      { context, socketType: "PULL", options },
      ({ conflate }) => new PullPattern(context, conflate),
    );
    super(core);
    this.#pattern = pattern;
  }

  /**
   * Resolves with the next message. Its frames are the caller's and are never written again by the socket; they may be
   * views of a larger buffer that other messages share, so copy (`slice`) what is kept for long.
   */
  receive(options?: WaitOptions): Promise<Uint8Array[]> {
    return this.#pattern.queue.receive(options);
  }

  /** Messages one after the other, until the socket is closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array[]> {
    return this.#pattern.queue.iterate();
  }
}
