import type { Connection } from "./connection.ts";
import { Deque } from "./deque.ts";

/** Messages on their way to one peer. They wait here, whole and in order, while its connection takes none. */
export class Outbox {
  readonly #queue = new Deque<readonly Uint8Array[]>();
  #bytes = 0;
  #connection: Connection | undefined;

  /** Messages that wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** Bytes of the messages that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a message would leave at once. */
  get open(): boolean {
    return this.#queue.length === 0 && this.#connection?.writable === true;
  }

  /** Sends over this connection from now on, beginning with what waits. */
  attach(connection: Connection): void {
    this.#connection = connection;
    this.drain();
  }

  /** Keeps what waits until another connection is attached. */
  detach(): void {
    this.#connection = undefined;
  }

  /** Hands a message to the connection, which copies it. Only while `open`. */
  pass(frames: readonly Uint8Array[]): void {
    (this.#connection as Connection).send(frames);
  }

  /** Lets a message wait. The frames are kept as they are, so they may not be changed. */
  keep(frames: readonly Uint8Array[]): void {
    this.#queue.push(frames);
    this.#bytes += byteLength(frames);
  }

  /** Sends what waits for as long as the connection takes it. */
  drain(): void {
    const connection = this.#connection;
    while (connection?.writable === true) {
      const frames = this.#queue.shift();
      if (frames === undefined) return;
      this.#bytes -= byteLength(frames);
      connection.send(frames);
    }
  }

  /** Forgets what waits. */
  clear(): void {
    this.#queue.clear();
    this.#bytes = 0;
  }
}

/** Bytes of a message over all its frames. */
export function byteLength(frames: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const frame of frames) bytes += frame.length;
  return bytes;
}
