import type { Context } from "../environment.ts";
import type { KeysOf } from "../known-keys.ts";
import { Socket } from "./base.ts";
import { build } from "./build.ts";
import type { Pattern } from "./core.ts";
import { FairQueue, type WaitOptions } from "./fair-queue.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { type Message, toFrames } from "./message.ts";
import { type SocketOptions, socketKeys } from "./options.ts";
import type { Pipe } from "./pipe.ts";

/** What a socket can be told that announces an identity. */
export interface IdentityOptions extends SocketOptions {
  /** The identity by which a ROUTER addresses this socket: 1 to 255 bytes, the first not zero. */
  readonly identity?: Uint8Array | string;
}

/** The keys of what a socket can be told that announces an identity. */
export const identityKeys: KeysOf<IdentityOptions> = { ...socketKeys, identity: true };

class DealerPattern implements Pattern {
  readonly balancer: LoadBalancer;
  readonly queue: FairQueue<Uint8Array[]>;

  constructor(context: Context, conflate: boolean) {
    this.balancer = new LoadBalancer(context);
    this.queue = new FairQueue(context, conflate);
  }

  added(pipe: Pipe): void {
    this.balancer.add(pipe);
  }

  message(pipe: Pipe, frames: Uint8Array[]): void {
    this.queue.put(pipe, frames);
  }

  room(): void {
    this.balancer.flush();
  }

  removed(pipe: Pipe): void {
    this.balancer.remove(pipe);
    this.queue.drop(pipe);
  }

  closed(): void {
    this.balancer.close();
    this.queue.close();
  }
}

/** DEALER (RFC 28): sends to its peers in turn, receives from them in turn, changes nothing. */
export class Dealer extends Socket implements AsyncIterable<Uint8Array[]> {
  readonly #pattern: DealerPattern;

  /** Neither bound nor connected yet. */
  constructor(context: Context, options: IdentityOptions = {}) {
    const { core, pattern } = build(
      { context, socketType: "DEALER", options, keys: identityKeys },
      ({ conflate }) => new DealerPattern(context, conflate),
    );
    super(core);
    this.#pattern = pattern;
  }

  /** As `Push.send`: waits while no peer has room. */
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
