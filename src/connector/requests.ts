import { decodeBody, encodeBody } from "../protocol/v1/codec.ts";
import { limits } from "../protocol/v1/limits.ts";
import type { SyncOp, SyncReply } from "../protocol/v1/messages.ts";
import { type Reader, readReply, ShapeError } from "../protocol/v1/reply-schemas.ts";
import type { Signer } from "../protocol/v1/signing.ts";
import type { Clock, Timer } from "../transport/clock.ts";
import type { ClientChannel } from "../transport/transport.ts";
import type { AgentClock } from "./agent-clock.ts";
import type { OperationClass } from "./breaker.ts";
import { ConnectionError, LimitExceededError, type ProtocolError, TimeoutError } from "./errors.ts";
import { abortError, badReply, refusal } from "./request-errors.ts";
import { maxWaiting, RequestLane, type WaitingRequest } from "./request-lanes.ts";
import type { TimerScope } from "./timers.ts";

/** An answer and where in the ledger it holds. */
export interface Answer<T> {
  readonly result: T;
  readonly bulk: Uint8Array | undefined;
  readonly epoch: number;
  readonly seq: number;
  readonly agentMs: number;
  readonly roundTripMs: number;
}

/** What a request may be given. */
export interface RequestOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** `challenge` and `hello` come before there is a session. */
  readonly withoutSession?: boolean;
  /** True: the session's own needs, which do not stand in the callers' queues. */
  readonly internal?: boolean;
  /** The queue of a caller's request. @default "query" */
  readonly lane?: OperationClass;
}

/** The session that requests are made in. */
export interface RequestSession {
  readonly id: string;
  readonly epoch: number;
}

interface Pending {
  readonly op: SyncOp;
  readonly sentMs: number;
  resolve(reply: SyncReply, bulk: Uint8Array | undefined, receivedMs: number): void;
  reject(error: Error): void;
}

/** Where requests come from and go to. */
export interface RequestsDeps {
  readonly agentId: string;
  readonly clock: Clock;
  readonly timers: TimerScope;
  readonly agentClock: AgentClock;
  readonly signer: Signer;
}

/** Requests and replies on the `sync` channel: numbering, signing, correlation, deadlines (docs/protocol.md, 4). */
export class Requests {
  readonly #deps: RequestsDeps;
  readonly #pending: Map<string, Pending> = new Map();
  readonly #lanes: Readonly<Record<OperationClass, RequestLane>> = {
    query: new RequestLane("query"),
    marketData: new RequestLane("marketData"),
    trade: new RequestLane("trade"),
  };
  #channel: ClientChannel | undefined;
  #session: RequestSession | undefined;
  #counter = 0;
  #serial = 0;
  #blocked = false;
  #advancing = false;
  /** When the last request of this session was sent, on this side's clock. */
  lastSentMs = 0;
  /** Replies that came after their request had been given up. */
  lateReplies = 0;

  constructor(deps: RequestsDeps) {
    this.#deps = deps;
  }

  /** Requests that wait for their reply. */
  get pending(): number {
    return this.#pending.size;
  }

  /** The channel is up. */
  attach(channel: ClientChannel): void {
    this.#channel = channel;
    this.#blocked = false;
  }

  /** The channel is gone: whatever waits on it cannot be answered any more. */
  detach(reason: string): void {
    this.#channel = undefined;
    const error = (op: string): ConnectionError =>
      new ConnectionError(`Cannot finish "${op}": the connection to agent "${this.#deps.agentId}" broke`, {
        code: "CONNECTION_LOST",
        remedy: `Ask again once the agent is connected (${reason})`,
      });
    // First, because each that ends lets the next one start.
    const waiting = Object.values(this.#lanes).flatMap((lane) => lane.clear());
    for (const [rid, pending] of [...this.#pending]) {
      this.#pending.delete(rid);
      pending.reject(error(pending.op));
    }
    for (const request of waiting) request.reject(error("the request"));
  }

  /** The channel takes messages again. */
  writable(): void {
    this.#blocked = false;
    this.#next();
  }

  /** Starts numbering anew. */
  setSession(session: RequestSession | undefined): void {
    this.#session = session;
    this.#counter = 0;
  }

  /** Asks, and reads the answer. */
  request<T>(
    op: SyncOp,
    args: Readonly<Record<string, unknown>>,
    read: Reader<T>,
    options: RequestOptions,
  ): Promise<Answer<T>> {
    return new Promise<Answer<T>>((resolve, reject) => {
      const { signal } = options;
      const lane = options.internal === true ? undefined : this.#lanes[options.lane ?? "query"];
      let timer: Timer | undefined;
      let finished = false;
      let started = false;
      let rid = "";
      const finish = (act: () => void): void => {
        if (finished) return;
        finished = true;
        timer?.cancel();
        signal?.removeEventListener("abort", onAbort);
        this.#pending.delete(rid);
        lane?.remove(waiting);
        act();
        if (started) lane?.ended();
        this.#next();
      };
      const fail = (error: Error): void => finish(() => reject(error));
      const onAbort = (): void => fail(abortError(op, signal));
      const start = (): void => {
        started = true;
        lane?.started();
        const sentMs = this.#deps.clock.nowMs();
        try {
          rid = this.#send(op, args, options, {
            op,
            sentMs,
            reject: fail,
            resolve: (reply, bulk, receivedMs): void => {
              const roundTripMs = receivedMs - sentMs;
              if (!reply.ok) {
                fail(refusal(op, reply.error, this.#deps.agentId));
                return;
              }
              const { epoch, seq, agentMs } = reply;
              try {
                const result = read(reply.result);
                finish(() => resolve({ result, bulk, epoch, seq, agentMs, roundTripMs }));
              } catch (cause) {
                fail(badReply(op, cause));
              }
            },
          });
        } catch (error) {
          fail(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const waiting: WaitingRequest = { start, reject: fail };
      if (signal?.aborted === true) return reject(abortError(op, signal));
      signal?.addEventListener("abort", onAbort, { once: true });
      timer = this.#deps.timers.set(
        () =>
          fail(
            new TimeoutError(
              `Cannot finish "${op}": no answer from agent "${this.#deps.agentId}" in ${options.timeoutMs} ms`,
              {
                code: "TIMEOUT",
                remedy: "Check that the terminal is running and not busy, or allow more time",
              },
            ),
          ),
        options.timeoutMs,
      );
      if (lane === undefined || (lane.isFree && !this.#blocked)) return start();
      if (lane.isFull) {
        return fail(
          new LimitExceededError(
            `Cannot ask "${op}": ${maxWaiting} requests wait for agent "${this.#deps.agentId}"`,
            {
              code: "TOO_MANY_REQUESTS",
              remedy: "Wait for answers before asking more",
            },
          ),
        );
      }
      lane.push(waiting);
    });
  }

  /** Takes a message from the channel. Returns what is wrong with it, if anything. */
  receive(frames: readonly Uint8Array[]): ProtocolError | undefined {
    const receivedMs = this.#deps.clock.nowMs();
    const [body, bulk] = frames;
    let reply: SyncReply;
    try {
      if (body === undefined || frames.length > 2) throw new ShapeError(`${frames.length} frames`);
      reply = readReply(decodeBody(body));
    } catch (cause) {
      return badReply("a request", cause);
    }
    const pending = this.#pending.get(reply.rid);
    if (pending === undefined) {
      this.lateReplies++;
      return undefined;
    }
    this.#pending.delete(reply.rid);
    const session = this.#session;
    // A reply of another epoch speaks of another clock; its handler will end the session.
    if (session === undefined || session.epoch === reply.epoch) {
      if (!reply.ok && reply.error.code === "STALE") this.#deps.agentClock.distrust();
      this.#deps.agentClock.reply(reply.agentMs, pending.sentMs, receivedMs);
    }
    if (bulk !== undefined && bulk.length > limits.maxBulkBytes) {
      pending.reject(badReply(pending.op, new ShapeError(`bulk of ${bulk.length} bytes`)));
    } else pending.resolve(reply, bulk, receivedMs);
    return undefined;
  }

  #next(): void {
    // A request that cannot be sent ends at once, and comes here again.
    if (this.#advancing) return;
    this.#advancing = true;
    for (const lane of Object.values(this.#lanes)) {
      while (!this.#blocked) {
        const waiting = lane.shift();
        if (waiting === undefined) break;
        waiting.start();
      }
    }
    this.#advancing = false;
  }

  #send(
    op: SyncOp,
    args: Readonly<Record<string, unknown>>,
    options: RequestOptions,
    pending: Pending,
  ): string {
    const { agentClock, signer, clock, agentId } = this.#deps;
    const channel = this.#channel;
    if (channel === undefined) {
      throw new ConnectionError(`Cannot ask "${op}": agent "${agentId}" is not connected`, {
        code: "NOT_CONNECTED",
        remedy: "Wait for the agent's `connected` event, or call connect()",
      });
    }
    const rid = String(++this.#serial);
    let body: Uint8Array;
    if (options.withoutSession === true) body = encodeBody({ v: limits.revision, op, rid, args });
    else {
      const session = this.#session;
      if (session === undefined) {
        throw new ConnectionError(`Cannot ask "${op}": there is no session with agent "${agentId}" yet`, {
          code: "NO_SESSION",
          remedy: "Wait for the agent's `connected` event",
        });
      }
      const n = ++this.#counter;
      const at = agentClock.now();
      body = encodeBody({
        v: limits.revision,
        op,
        rid,
        session: session.id,
        n,
        epoch: session.epoch,
        at,
        args,
      });
    }
    if (body.length + 32 > limits.maxRequestBytes) {
      throw new LimitExceededError(`Cannot ask "${op}": the request has ${body.length} bytes`, {
        code: "REQUEST_TOO_LARGE",
        remedy: `Ask for less at once: a request has at most ${limits.maxRequestBytes} bytes`,
      });
    }
    this.#pending.set(rid, pending);
    try {
      this.#blocked = !channel.send([body, signer.sign(body)]);
    } catch (cause) {
      this.#pending.delete(rid);
      throw new ConnectionError(`Cannot ask "${op}": the connection to agent "${agentId}" is going down`, {
        code: "CONNECTION_LOST",
        remedy: "Ask again once the agent is connected",
        cause,
      });
    }
    this.lastSentMs = clock.nowMs();
    return rid;
  }
}
