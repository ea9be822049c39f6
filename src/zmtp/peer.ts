import type { ProvenPeer } from "./mechanism/mechanism.ts";
import { checkSocketType, type SocketType } from "./socket-type.ts";
import { decodeMetadata, type Metadata } from "./wire/metadata.ts";

/** The far end, once the handshake is done. */
export interface PeerInfo {
  readonly socketType: SocketType;
  /** 1 or more speaks ZMTP 3.1, 0 speaks 3.0. */
  readonly minor: number;
  /** `address:port` of the far end. */
  readonly address: string;
  /** What the peer announced; empty when it did not. */
  readonly identity: Uint8Array;
  readonly metadata: Metadata;
  /** CURVE: the permanent key that the peer has proven to hold. */
  readonly publicKey?: Uint8Array;
  /** The user that the authenticator named. */
  readonly userId?: string;
}

const nothing = new Uint8Array(0);

/** Keeps the metadata as it came: most of it is never asked for, and as a map it takes a kilobyte. */
export class Peer implements PeerInfo {
  readonly socketType: SocketType;
  readonly minor: number;
  readonly address: string;
  readonly identity: Uint8Array;
  readonly publicKey?: Uint8Array;
  readonly userId?: string;
  readonly #metadata: Uint8Array;

  /** `ownType` is this side's socket type; the peer's must go with it. */
  constructor(ownType: SocketType, address: string, minor: number, proven: ProvenPeer) {
    const metadata = decodeMetadata(proven.metadata);
    const identity = metadata.get("identity");
    this.socketType = checkSocketType(ownType, metadata);
    this.minor = minor;
    this.address = address;
    this.identity = identity === undefined || identity.length === 0 ? nothing : identity.slice();
    if (proven.publicKey !== undefined) this.publicKey = proven.publicKey;
    if (proven.userId !== undefined) this.userId = proven.userId;
    this.#metadata = proven.metadata;
  }

  get metadata(): Metadata {
    return decodeMetadata(this.#metadata);
  }
}
