import type { Context } from "../environment.ts";
import { ZmtpFault } from "../fault.ts";
import { Socket } from "./base.ts";
import { build } from "./build.ts";
import type { Pattern } from "./core.ts";
import { FairQueue, type WaitOptions } from "./fair-queue.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { type Message, toFrames } from "./message.ts";
import type { SocketOptions } from "./options.ts";
import type { Pipe } from "./pipe.ts";

class PairPattern implements Pattern {
  readonly balancer: LoadBalancer;
  readonly queue: FairQueue<Uint8Array[]>;
  #pipe: Pipe | undefined;

  constructor(context: Context, conflate: boolean) {
    this.balancer = new LoadBalancer(context);
    this.queue = new FairQueue(context, conflate);
  }

  admit(pipe: Pipe): ZmtpFault | undefined {
    if (this.#pipe === undefined || this.#pipe === pipe) return undefined;
    return new ZmtpFault("disconnected", "A PAIR has one peer only, and this one has its peer");
  }

  added(pipe: Pipe): void {
    if (this.#pipe === undefined) this.#adopt(pipe);
  }

  up(pipe: Pipe): void {
    if (this.#pipe === undefined) this.#adopt(pipe);
  }

  message(pipe: Pipe, frames: Uint8Array[]): void {
    this.queue.put(pipe, frames);
  }

  room(): void {
    this.balancer.flush();
  }

  removed(pipe: Pipe): void {
    this.queue.drop(pipe);
    if (this.#pipe !== pipe) return;
    this.#pipe = undefined;
    this.balancer.remove(pipe);
  }

  closed(): void {
    this.balancer.close();
    this.queue.close();
  }

  #adopt(pipe: Pipe): void {
    this.#pipe = pipe;
    this.balancer.add(pipe);
  }
}

/** PAIR (RFC 31): talks to one peer only; further ones are turned away while it has that. */
export class Pair extends Socket implements AsyncIterable<Uint8Array[]> {
  readonly #pattern: PairPattern;

  /** Neither bound nor connected yet. */
  constructor(context: Context, options: SocketOptions = {}) {
    const { core, pattern } = build(
      { context, socketType: "PAIR", options },
      ({ conflate }) => new PairPattern(context, conflate),
    );
    super(core);
    this.#pattern = pattern;
  }

  /** As `Push.send`: waits while the peer has no room, or there is none. */
  send(message: Message, options?: WaitOptions): Promise<void> {
    return this.#pattern.balancer.send(toFrames(message), options);
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
