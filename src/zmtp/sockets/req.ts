import type { Context } from "../environment.ts";
import type { KeysOf } from "../known-keys.ts";
import { equalBytes, writeUint32 } from "../wire/bytes.ts";
import { Socket } from "./base.ts";
import { build } from "./build.ts";
import type { Pattern } from "./core.ts";
import { type IdentityOptions, identityKeys } from "./dealer.ts";
import { SocketError } from "./errors.ts";
import { checkWait, FairQueue, type WaitOptions } from "./fair-queue.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { type Message, toFrames } from "./message.ts";
import type { Pipe } from "./pipe.ts";

/** What a REQ can be told besides. */
export interface RequestOptions extends IdentityOptions {
  /** Lets a new request be sent before the reply to the last one has come; that reply is then discarded. @default false */
  readonly relaxed?: boolean;
  /** Numbers requests, so that a late reply is never taken for that of a later request. @default relaxed */
  readonly correlate?: boolean;
}

const keys: KeysOf<RequestOptions> = { ...identityKeys, relaxed: true, correlate: true };

/** Whose turn it is. */
type Turn =
  | { readonly state: "idle" | "sending" | "answered" | "lost" }
  | { readonly state: "waiting"; readonly pipe: Pipe; readonly id: Uint8Array | undefined };

const idle: Turn = { state: "idle" };

const delimiter = new Uint8Array(0);

class ReqPattern implements Pattern {
  readonly #balancer: LoadBalancer;
  readonly #replies: FairQueue<Uint8Array[]>;
  readonly #relaxed: boolean;
  readonly #correlate: boolean;
  #turn: Turn = idle;
  #receiving = false;
  #lastId: number;

  constructor(context: Context, { relaxed = false, correlate = relaxed }: RequestOptions) {
    this.#balancer = new LoadBalancer(context);
    this.#replies = new FairQueue(context, false);
    this.#relaxed = relaxed;
    this.#correlate = correlate;
    // A server that survives us may still answer the process before us.
    this.#lastId = new DataView(context.crypto.randomBytes(4).slice().buffer).getUint32(0);
  }

  added(pipe: Pipe): void {
    this.#balancer.add(pipe);
  }

  room(): void {
    this.#balancer.flush();
  }

  message(pipe: Pipe, frames: Uint8Array[]): void {
    const turn = this.#turn;
    // RFC 28: only from the peer that has the request.
    if (turn.state !== "waiting" || turn.pipe !== pipe) return;
    let at = 0;
    if (turn.id !== undefined) {
      const id = frames[at++];
      if (id === undefined || !equalBytes(id, turn.id)) return;
    }
    const empty = frames[at++];
    if (empty === undefined || empty.length > 0 || frames.length === at) return;
    this.#turn = { state: "answered" };
    this.#replies.put(pipe, frames.slice(at));
  }

  down(pipe: Pipe): void {
    // A request that still waits for its endpoint to be reached is not lost.
    if (pipe.outbox.length === 0) this.#lose(pipe);
  }

  removed(pipe: Pipe): void {
    this.#balancer.remove(pipe);
    this.#replies.drop(pipe);
    this.#lose(pipe);
  }

  closed(): void {
    this.#balancer.close();
    this.#replies.close();
  }

  async send(frames: readonly Uint8Array[], options?: WaitOptions): Promise<void> {
    checkWait(options);
    const before = this.#turn;
    const free = before.state === "idle" || before.state === "lost";
    if (before.state === "sending" || !(free || this.#relaxed)) {
      throw new SocketError(
        "out-of-turn",
        "Cannot send a request: the reply to the last one was not received",
      );
    }
    this.#replies.clear();
    const id = this.#correlate ? this.#nextId() : undefined;
    this.#turn = { state: "sending" };
    try {
      const envelope = id === undefined ? [delimiter] : [id, delimiter];
      const request = [...envelope, ...frames];
      // Without a promise where there is room: a round trip is made of such steps.
      const pipe =
        this.#balancer.sendNow(request, options) ?? (await this.#balancer.sendTo(request, options));
      this.#turn = { state: "waiting", pipe, id };
    } catch (error) {
      this.#turn = before;
      throw error;
    }
  }

  async receive(options?: WaitOptions): Promise<Uint8Array[]> {
    if (this.#turn.state === "idle" || this.#receiving) {
      throw new SocketError("out-of-turn", "Cannot receive a reply: there is no request without one");
    }
    if (this.#turn.state === "lost") {
      this.#turn = idle;
      throw lostError();
    }
    this.#receiving = true;
    try {
      const reply = await this.#replies.receive(options);
      // A relaxed socket may have sent the next request meanwhile.
      if (this.#turn.state === "answered") this.#turn = idle;
      return reply;
    } finally {
      this.#receiving = false;
    }
  }

  /** The reply will not come: who waits for it is told, or who asks for it next. */
  #lose(pipe: Pipe): void {
    if (this.#turn.state !== "waiting" || this.#turn.pipe !== pipe) return;
    this.#turn = this.#receiving ? idle : { state: "lost" };
    this.#replies.abandon(lostError());
  }

  #nextId(): Uint8Array {
    const id = new Uint8Array(4);
    this.#lastId = (this.#lastId + 1) >>> 0;
    writeUint32(id, 0, this.#lastId);
    return id;
  }
}

function lostError(): SocketError {
  return new SocketError("peer-lost", "Cannot receive the reply: the peer that had the request is gone");
}

/** REQ (RFC 28): sends a request to one of its peers, in turn, and receives its reply; strictly one after the other. */
export class Request extends Socket {
  readonly #pattern: ReqPattern;

  /** Neither bound nor connected yet. */
  constructor(context: Context, options: RequestOptions = {}) {
    const { core, pattern } = build(
      { context, socketType: "REQ", options, keys },
      () => new ReqPattern(context, options),
    );
    super(core);
    this.#pattern = pattern;
  }

  /** Sends a request; waits while no peer has room. Rejects with `out-of-turn` before the last reply was received. */
  send(message: Message, options?: WaitOptions): Promise<void> {
    return this.#pattern.send(toFrames(message), options);
  }

  /**
   * Resolves with the reply. Rejects with `peer-lost` when the peer that had the request is gone (whether it carried
   * the request out is then unknown), and the next request may be sent.
   */
  receive(options?: WaitOptions): Promise<Uint8Array[]> {
    return this.#pattern.receive(options);
  }
}
