import type { Connection } from "../connection.ts";
import type { Context } from "../environment.ts";
import type { PeerInfo } from "../peer.ts";
import { Socket } from "./base.ts";
import { build } from "./build.ts";
import type { Pattern } from "./core.ts";
import { SocketError } from "./errors.ts";
import { FairQueue, type WaitOptions } from "./fair-queue.ts";
import { type Message, toFrames } from "./message.ts";
import type { SocketOptions } from "./options.ts";
import type { Pipe } from "./pipe.ts";

interface Asked {
  readonly pipe: Pipe;
  /** What the request came over: a dialled pipe outlives it, and whoever comes next has not asked. */
  readonly connection: Connection | undefined;
  readonly peer: PeerInfo | undefined;
  /** The address envelope, delimiter included. */
  readonly envelope: readonly Uint8Array[];
  readonly frames: Uint8Array[];
}

class RepPattern implements Pattern {
  readonly #requests: FairQueue<Asked>;
  #asked: Asked | undefined;
  #receiving = false;

  constructor(context: Context) {
    this.#requests = new FairQueue(context, false);
  }

  added(): void {
    // Replies go where their requests came from.
  }

  message(pipe: Pipe, frames: Uint8Array[]): void {
    const delimiterAt = frames.findIndex((frame) => frame.length === 0);
    // Without a delimiter, or with nothing behind it, it is no request.
    if (delimiterAt < 0 || delimiterAt === frames.length - 1) return;
    const envelope = frames.slice(0, delimiterAt + 1);
    const { connection, peer } = pipe;
    this.#requests.put(pipe, { pipe, connection, peer, envelope, frames: frames.slice(delimiterAt + 1) });
  }

  removed(pipe: Pipe): void {
    this.#requests.drop(pipe);
  }

  closed(): void {
    this.#requests.close();
  }

  get peer(): PeerInfo | undefined {
    return this.#asked?.peer;
  }

  async receive(options?: WaitOptions): Promise<Uint8Array[]> {
    if (this.#asked !== undefined || this.#receiving) {
      throw new SocketError("out-of-turn", "Cannot receive a request: the last one was not replied to");
    }
    this.#receiving = true;
    try {
      this.#asked = await this.#requests.receive(options);
      return this.#asked.frames;
    } finally {
      this.#receiving = false;
    }
  }

  async send(frames: readonly Uint8Array[]): Promise<void> {
    const asked = this.#asked;
    if (asked === undefined) {
      throw new SocketError("out-of-turn", "Cannot send a reply: there is no request without one");
    }
    this.#asked = undefined;
    // RFC 28: a reply to a peer that is gone, or does not read, is discarded.
    const { pipe, connection, envelope } = asked;
    if (connection !== undefined && pipe.connection === connection && pipe.hasRoom) {
      pipe.send([...envelope, ...frames]);
    }
  }
}

/** REP (RFC 28): receives a request and replies to it; strictly one after the other. */
export class Reply extends Socket implements AsyncIterable<Uint8Array[]> {
  readonly #pattern: RepPattern;

  /** Neither bound nor connected yet. */
  constructor(context: Context, options: SocketOptions = {}) {
    const { core, pattern } = build({ context, socketType: "REP", options }, () => new RepPattern(context));
    super(core);
    this.#pattern = pattern;
  }

  /** Who sent the request that waits for its reply: its address, its proven CURVE key, its user. */
  get peer(): PeerInfo | undefined {
    return this.#pattern.peer;
  }

  /** Resolves with the next request. Rejects with `out-of-turn` before the last one was replied to. */
  receive(options?: WaitOptions): Promise<Uint8Array[]> {
    return this.#pattern.receive(options);
  }

  /** Replies to the last request. A reply to a peer that is gone is discarded. */
  send(message: Message): Promise<void> {
    return this.#pattern.send(toFrames(message));
  }

  /** Requests one after the other, until the socket is closed; each must be replied to before the next. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array[]> {
    const iterator: AsyncIterableIterator<Uint8Array[]> = {
      next: () => this.#pattern.receive().then(found, endOfLoop),
      return: async () => ({ done: true, value: undefined }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }
}

function found(value: Uint8Array[]): IteratorResult<Uint8Array[], undefined> {
  return { done: false, value };
}

function endOfLoop(error: unknown): IteratorResult<Uint8Array[], undefined> {
  if (error instanceof SocketError && error.code === "closed") return { done: true, value: undefined };
  throw error;
}
