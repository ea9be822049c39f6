import type { ByteStream, StreamEvents } from "../../transport/network.ts";
import type { Guest } from "../admission.ts";
import type { Connection, ConnectionEvents } from "../connection.ts";
import type { ZmtpFault } from "../fault.ts";
import { acceptConnection } from "../link.ts";
import type { PeerInfo } from "../peer.ts";
import type { SocketCore } from "./core.ts";
import { Pipe } from "./pipe.ts";

/** A connection that a bound endpoint has accepted; its pipe ends with it. */
export class Accepted implements ConnectionEvents, Guest {
  readonly #core: SocketCore;
  readonly #endpoint: string;
  readonly #owner: Set<Accepted>;
  readonly #pipe: Pipe;
  readonly #connection: Connection;
  /** What the stream reports to. */
  readonly streamEvents: StreamEvents;
  seat: Guest["seat"];
  #wasUp = false;

  /** Joins `owner`, the connections of the endpoint, until it is over. */
  constructor(core: SocketCore, endpoint: string, owner: Set<Accepted>, stream: ByteStream) {
    this.#core = core;
    this.#endpoint = endpoint;
    this.#owner = owner;
    this.#pipe = new Pipe(core.settings);
    const { environment, settings } = core;
    const { connection, streamEvents } = acceptConnection(environment, stream, settings.connection, this);
    this.#connection = connection;
    this.streamEvents = streamEvents;
    core.streamOpened();
    owner.add(this);
    core.admission.enter(this);
  }

  /** Whether the handshake is done and the connection still stands. */
  get isUp(): boolean {
    return this.#connection.isUp;
  }

  /** `address:port` of the far end. */
  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  /** Whether it has sent nothing yet. */
  get silent(): boolean {
    return this.#connection.silent;
  }

  /** The admission's: it has to make room. */
  evict(fault: ZmtpFault): void {
    this.#connection.end(fault, 0);
  }

  /** The connection's: a client has proven this key. */
  admit(publicKey: Uint8Array): ZmtpFault | undefined {
    return this.#core.admission.admit(this, publicKey);
  }

  /** Ends the connection. */
  end(fault: ZmtpFault, lingerMs: number): void {
    this.#connection.end(fault, lingerMs);
  }

  /** The connection's: it is up. */
  up(peer: PeerInfo): void {
    const refusal = this.#core.admission.admit(this) ?? this.#core.up(this.#pipe, this.#connection, peer);
    if (refusal !== undefined) {
      this.#connection.end(refusal, 0);
      return;
    }
    this.#wasUp = true;
    const address = this.#connection.remoteAddress;
    this.#core.tell({ type: "connected", endpoint: this.#endpoint, address, peer });
  }

  /** The connection's: a message came. */
  message(frames: Uint8Array[]): void {
    this.#core.message(this.#pipe, frames);
  }

  /** The connection's: the peer subscribes, or cancels. */
  subscription(active: boolean, prefix: Uint8Array): void {
    this.#core.subscription(this.#pipe, active, prefix);
  }

  /** The connection's: it takes bytes again. */
  writable(): void {
    this.#core.room(this.#pipe);
  }

  /** The connection's: it is over. */
  down(fault: ZmtpFault): void {
    this.#owner.delete(this);
    this.#core.admission.leave(this);
    if (this.#wasUp) this.#core.down(this.#pipe);
    this.#core.remove(this.#pipe);
    const type = this.#wasUp ? "disconnected" : "handshake-failed";
    const address = this.#connection.remoteAddress;
    this.#core.tell({ type, endpoint: this.#endpoint, address, fault });
  }

  /** The connection's: its stream is closed. */
  gone(): void {
    this.#core.streamGone();
  }
}
