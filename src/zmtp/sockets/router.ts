import type { Context } from "../environment.ts";
import { ZmtpFault } from "../fault.ts";
import type { KeysOf } from "../known-keys.ts";
import type { PeerInfo } from "../peer.ts";
import { writeUint32 } from "../wire/bytes.ts";
import { Socket } from "./base.ts";
import { Breather } from "./breather.ts";
import { build } from "./build.ts";
import type { Pattern } from "./core.ts";
import { type IdentityOptions, identityKeys } from "./dealer.ts";
import { SocketError } from "./errors.ts";
import { FairQueue, type WaitOptions } from "./fair-queue.ts";
import { type Message, toFrames } from "./message.ts";
import type { Pipe } from "./pipe.ts";

/** What a ROUTER can be told besides. */
export interface RouterOptions extends IdentityOptions {
  /** Rejects what cannot be routed, instead of dropping it. @default false */
  readonly mandatory?: boolean;
  /** Gives an identity to the peer that announces it last; otherwise the first keeps it. @default false */
  readonly handover?: boolean;
}

const keys: KeysOf<RouterOptions> = { ...identityKeys, mandatory: true, handover: true };

class RouterPattern implements Pattern {
  readonly queue: FairQueue<Uint8Array[]>;
  readonly #breather: Breather;
  readonly #mandatory: boolean;
  readonly #handover: boolean;
  readonly #byIdentity = new Map<string, Pipe>();
  readonly #identities = new Map<Pipe, Uint8Array>();
  /** Who sent the message that an identity's frame stands before. */
  readonly #senders: WeakMap<Uint8Array, PeerInfo> = new WeakMap();
  #lastOwn = 0;
  #closed = false;

  constructor(context: Context, { mandatory = false, handover = false }: RouterOptions) {
    this.queue = new FairQueue(context, false);
    this.#breather = new Breather(context);
    this.#mandatory = mandatory;
    this.#handover = handover;
  }

  admit(pipe: Pipe, { identity }: PeerInfo): ZmtpFault | undefined {
    const holder = identity.length === 0 ? undefined : this.#byIdentity.get(keyOf(identity));
    if (holder === undefined || holder === pipe) return undefined;
    if (!this.#handover) return new ZmtpFault("identity-taken", "Another peer has the announced identity");
    this.#release(holder);
    const fault = new ZmtpFault("identity-taken", "Another peer has announced the same identity");
    holder.connection?.end(fault, 0);
    return undefined;
  }

  added(): void {
    // A peer can be addressed once it is up.
  }

  up(pipe: Pipe): void {
    const announced = pipe.peer?.identity;
    const identity = announced === undefined || announced.length === 0 ? this.#ownIdentity() : announced;
    this.#byIdentity.set(keyOf(identity), pipe);
    this.#identities.set(pipe, identity);
  }

  message(pipe: Pipe, frames: Uint8Array[]): void {
    const identity = this.#identities.get(pipe);
    if (identity === undefined) return;
    // A copy, so that a caller who writes to the frame changes nobody else's.
    const sender = new Uint8Array(identity);
    if (pipe.peer !== undefined) this.#senders.set(sender, pipe.peer);
    frames.unshift(sender);
    this.queue.put(pipe, frames);
  }

  down(pipe: Pipe): void {
    this.#release(pipe);
  }

  removed(pipe: Pipe): void {
    this.#release(pipe);
    this.queue.drop(pipe);
  }

  closed(): void {
    this.#closed = true;
    this.queue.close();
  }

  send(frames: readonly Uint8Array[]): Promise<void> {
    if (this.#closed) return Promise.reject(new SocketError("closed", "Cannot send: the socket is closed"));
    const [identity, ...rest] = frames;
    if (identity === undefined || rest.length === 0) {
      return Promise.reject(
        new TypeError("Cannot send: a ROUTER's message is an identity and at least one frame"),
      );
    }
    const pipe = this.#byIdentity.get(keyOf(identity));
    if (pipe?.hasRoom === true) pipe.send(rest);
    else if (this.#mandatory) {
      return Promise.reject(
        pipe === undefined
          ? new SocketError("unroutable", "Cannot send: no peer has this identity")
          : new SocketError("queue-full", "Cannot send: the peer's queue is full"),
      );
    }
    return this.#breather.breath();
  }

  peer(identity: Uint8Array): PeerInfo | undefined {
    return this.#senders.get(identity) ?? this.#byIdentity.get(keyOf(identity))?.peer;
  }

  #release(pipe: Pipe): void {
    const identity = this.#identities.get(pipe);
    if (identity === undefined) return;
    this.#identities.delete(pipe);
    this.#byIdentity.delete(keyOf(identity));
  }

  /** RFC 37 keeps identities that begin with zero for implementations: a zero and a counter. */
  #ownIdentity(): Uint8Array {
    const identity = new Uint8Array(5);
    this.#lastOwn = (this.#lastOwn + 1) >>> 0;
    writeUint32(identity, 1, this.#lastOwn);
    return identity;
  }
}

/**
 * ROUTER (RFC 28): puts the sender's identity before each message received, and sends each message to the peer whose
 * identity stands first. Never waits: what cannot be routed is dropped, or rejected if `mandatory`.
 */
export class Router extends Socket implements AsyncIterable<Uint8Array[]> {
  readonly #pattern: RouterPattern;

  /** Neither bound nor connected yet. */
  constructor(context: Context, options: RouterOptions = {}) {
    const { core, pattern } = build(
      { context, socketType: "ROUTER", options, keys },
      () => new RouterPattern(context, options),
    );
    super(core);
    this.#pattern = pattern;
  }

  /** Sends everything behind the first frame to the peer that the first frame names. */
  send(message: Message): Promise<void> {
    return this.#pattern.send(toFrames(message));
  }

  /**
   * Who a peer is: its address, its proven CURVE key, its user. Given the first frame of a received message, that frame
   * itself and no copy, it is who sent that message, though another may have the identity by now; given other bytes, who
   * has the identity at present, if anyone.
   */
  peer(identity: Uint8Array): PeerInfo | undefined {
    return this.#pattern.peer(identity);
  }

  /** Resolves with the next message, the sender's identity first; see `Pull.receive` on its frames. */
  receive(options?: WaitOptions): Promise<Uint8Array[]> {
    return this.#pattern.queue.receive(options);
  }

  /** Messages one after the other, until the socket is closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array[]> {
    return this.#pattern.queue.iterate();
  }
}

function keyOf(identity: Uint8Array): string {
  let key = "";
  for (const octet of identity) key += String.fromCharCode(octet);
  return key;
}
