import { Deque } from "../deque.ts";
import { checkKnownKeys, type KeysOf } from "../known-keys.ts";
import { Breather, type Turns } from "./breather.ts";
import { SocketError } from "./errors.ts";
import type { Pipe } from "./pipe.ts";

/** How a call that waits can be given up. */
export interface WaitOptions {
  /** Rejects the call with the signal's reason; nothing is lost by that. */
  readonly signal?: AbortSignal | undefined;
}

const waitKeys: KeysOf<WaitOptions> = { signal: true };

/** Checks the options of a call that waits, if it has any: most have none, and cost nothing. */
export function checkWait(options: WaitOptions | undefined): void {
  if (options !== undefined) checkKnownKeys("the options of the call", options, waitKeys);
}

interface Waiter<T> {
  readonly resolve: (item: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** What waits of one pipe. */
interface Inbox<T> {
  readonly pipe: Pipe;
  readonly items: Deque<T>;
}

/** Takes messages from all pipes in turn, one of each that has any (RFC 28 to 31: "fair-queuing strategy"). */
export class FairQueue<T> {
  readonly #inboxes = new Map<Pipe, Inbox<T>>();
  /** Those that hold something, in the order of their turns. */
  readonly #ready = new Deque<Inbox<T>>();
  readonly #waiters = new Deque<Waiter<T>>();
  readonly #conflate: boolean;
  readonly #breather: Breather;
  #closed = false;

  /** `conflate` keeps only the last message of each pipe. */
  constructor(turns: Turns, conflate: boolean) {
    this.#breather = new Breather(turns);
    this.#conflate = conflate;
  }

  /** Puts a message in, or hands it to who waits for one. */
  put(pipe: Pipe, item: T): void {
    if (this.#closed) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve(item);
      return;
    }
    let inbox = this.#inboxes.get(pipe);
    if (inbox === undefined) {
      inbox = { pipe, items: new Deque() };
      this.#inboxes.set(pipe, inbox);
    }
    if (this.#conflate && inbox.items.length > 0) {
      inbox.items.shift();
      inbox.items.push(item);
      return;
    }
    inbox.items.push(item);
    if (inbox.items.length === 1) this.#ready.push(inbox);
    pipe.received();
  }

  /** Takes the next message, if there is one. */
  take(): T | undefined {
    const inbox = this.#ready.shift();
    if (inbox === undefined) return undefined;
    const item = inbox.items.shift();
    if (inbox.items.length > 0) this.#ready.push(inbox);
    else if (inbox.pipe.ended) this.#inboxes.delete(inbox.pipe);
    inbox.pipe.taken();
    return item;
  }

  /** Resolves with the next message. */
  receive(options?: WaitOptions): Promise<T> {
    checkWait(options);
    const signal = options?.signal;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const item = this.take();
    if (item !== undefined) {
      return this.#breather.due() ? this.#breather.turn().then(() => item) : Promise.resolve(item);
    }
    if (this.#closed) return Promise.reject(closedError());
    return new Promise<T>((resolve, reject) => {
      if (signal === undefined) {
        this.#waiters.push({ resolve, reject });
        return;
      }
      const abort = (): void => {
        this.#waiters.remove((other) => other === waiter);
        reject(signal.reason);
      };
      const waiter: Waiter<T> = {
        resolve: (value): void => {
          signal.removeEventListener("abort", abort);
          resolve(value);
        },
        reject: (reason): void => {
          signal.removeEventListener("abort", abort);
          reject(reason);
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Messages one after the other, until the socket is closed. */
  iterate(): AsyncIterableIterator<T> {
    const iterator: AsyncIterableIterator<T> = {
      next: (): Promise<IteratorResult<T, undefined>> => {
        const item = this.#breather.due() ? undefined : this.take();
        return item === undefined ? this.#nextOf() : Promise.resolve({ done: false, value: item });
      },
      return: async (): Promise<IteratorResult<T, undefined>> => ({ done: true, value: undefined }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  async #nextOf(): Promise<IteratorResult<T, undefined>> {
    await this.#breather.turn();
    try {
      return { done: false, value: await this.receive() };
    } catch (error) {
      if (error instanceof SocketError && error.code === "closed") return { done: true, value: undefined };
      throw error;
    }
  }

  /** The pipe is gone; what came from it can still be received. */
  drop(pipe: Pipe): void {
    if (this.#inboxes.get(pipe)?.items.length === 0) this.#inboxes.delete(pipe);
  }

  /** Rejects who waits. What is there can still be received. */
  close(): void {
    this.#closed = true;
    this.abandon(closedError());
  }

  /** Rejects who waits, for this once. */
  abandon(reason: Error): void {
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) {
      waiter.reject(reason);
    }
  }

  /** Forgets what waits. */
  clear(): void {
    while (this.take() !== undefined) {
      // Each one taken lets its peer go on.
    }
  }
}

function closedError(): SocketError {
  return new SocketError("closed", "Cannot receive: the socket is closed");
}
