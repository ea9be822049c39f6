import type { Connection } from "../connection.ts";
import { Outbox } from "../outbox.ts";
import type { PeerInfo } from "../peer.ts";
import type { SocketSettings } from "./options.ts";

/**
 * A socket's way to one peer: the queue of what is on its way to it, and the connection while there is one. That of a
 * dialled endpoint outlives its connections; that of an accepted one ends with it.
 */
export class Pipe {
  readonly outbox: Outbox = new Outbox();
  connection: Connection | undefined;
  peer: PeerInfo | undefined;
  /** Whether it takes no more messages from the socket. */
  ended = false;
  /** Messages that wait to be received. */
  inboxLength = 0;
  #paused = false;
  readonly #settings: SocketSettings;

  /** Without a connection yet. */
  constructor(settings: SocketSettings) {
    this.#settings = settings;
  }

  /** Whether another message may be sent or may wait. */
  get hasRoom(): boolean {
    if (this.ended) return false;
    const { outbox } = this;
    if (outbox.open) return true;
    const { sendHighWaterMark, immediate, conflate } = this.#settings;
    if (immediate && this.connection === undefined) return false;
    return conflate || sendHighWaterMark === 0 || outbox.length < sendHighWaterMark;
  }

  /** Sends a message, or a copy of it waits. Only when there is room. */
  send(frames: readonly Uint8Array[]): void {
    const { outbox } = this;
    if (outbox.open) {
      outbox.pass(frames);
      return;
    }
    if (this.#settings.conflate) outbox.clear();
    // The sender may use its bytes again, so that what waits must be a copy; the slice of a Buffer is none.
    outbox.keep(frames.map((frame) => new Uint8Array(frame)));
  }

  /** The connection is up. */
  attach(connection: Connection, peer: PeerInfo): void {
    this.connection = connection;
    this.peer = peer;
    this.#paused = false;
    this.outbox.attach(connection);
    this.#balance();
  }

  /** The connection is gone. */
  detach(): void {
    this.connection = undefined;
    this.outbox.detach();
  }

  /** A message was put into the inbox. */
  received(): void {
    this.inboxLength++;
    this.#balance();
  }

  /** A message was taken from the inbox. */
  taken(): void {
    this.inboxLength--;
    if (this.#paused) this.#balance();
  }

  /** Slows the peer down when too much waits, and lets it go on when half of that is taken. */
  #balance(): void {
    const { receiveHighWaterMark } = this.#settings;
    if (receiveHighWaterMark === 0 || this.connection === undefined) return;
    if (!this.#paused && this.inboxLength >= receiveHighWaterMark) {
      this.#paused = true;
      this.connection.pause();
    } else if (this.#paused && this.inboxLength <= receiveHighWaterMark / 2) {
      this.#paused = false;
      this.connection.resume();
    }
  }
}
