import { BodyError, decodeBody, encodeBody } from "../../protocol/v1/codec.ts";
import { limits as protocolLimits } from "../../protocol/v1/limits.ts";
import type { RefusalCode, ReplyError, SyncOp, SyncRequest } from "../../protocol/v1/messages.ts";
import {
  isSyncOp,
  opensSession,
  readArgs,
  readSyncRequest,
  type SyncArgs,
} from "../../protocol/v1/request-schemas.ts";
import type { Peer } from "../../transport/transport.ts";
import type { AgentLimits } from "./agent-options.ts";
import type { Client } from "./clients.ts";
import { concatBytes } from "./journal-format.ts";
import type { Refusals } from "./refusals.ts";
import type { Session, Sessions } from "./sessions.ts";
import type { World } from "./world.ts";

const encoder = new TextEncoder();

/** Who asks, and how to answer. Each request is answered exactly once. */
export interface RequestContext {
  readonly client: Client;
  /** Missing in `challenge` and `hello`. */
  readonly session: Session | undefined;
  /** Answers; `seq` is the ledger's position of now unless the result was frozen earlier. */
  answer(result: object, more?: { readonly bulk?: Uint8Array; readonly seq?: number }): void;
  /** Answers `ledger.since` with events that are encoded already. */
  answerEvents(bodies: readonly Uint8Array[], complete: boolean): void;
  refuse(code: RefusalCode, message: string, candidates?: readonly string[]): void;
}

/** A request of a session. */
export interface SessionContext extends RequestContext {
  readonly session: Session;
}

/** How one operation is done. */
export type Operation<Op extends SyncOp> = (
  args: SyncArgs[Op],
  context: Op extends "challenge" | "hello" ? RequestContext : SessionContext,
) => void;

/** All operations of `sync`. */
export type Operations = { readonly [Op in SyncOp]: Operation<Op> };

/** What the requests need. */
export interface RequestsOptions {
  readonly world: World;
  readonly sessions: Sessions;
  readonly refusals: Refusals;
  readonly operations: Operations;
  readonly limits: Pick<
    AgentLimits,
    "requestMaxAgeMs" | "requestMaxAheadMs" | "maxPendingRequests" | "maxReplyBytes"
  >;
  readonly epoch: number;
  readonly seq: () => number;
  /** Why the terminal is not ready, if it is not. */
  readonly unready: () => string | undefined;
  /** Sends to one peer; false if it is gone. */
  readonly reply: (peer: Peer, frames: readonly Uint8Array[]) => boolean;
}

interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

/** A request on its way. */
interface Asked {
  readonly client: Client;
  readonly peer: Peer;
  /** A REQ socket's empty frame, to be repeated. */
  readonly envelope: readonly Uint8Array[];
  readonly rid: string;
  readonly op: string | undefined;
  session: Session | undefined;
}

/** Operations of a `trade` session only. */
const tradeOperations: ReadonlySet<string> = new Set(["outcome", "outcomes", "outcome.ack"]);

/** The sync channel (docs/protocol.md, 4). The order of the checks is the protocol's. */
export class Requests {
  readonly #options: RequestsOptions;
  /** Requests answered, replies that found their peer gone, and counters that were skipped. */
  answered = 0;
  undeliverable = 0;
  gaps = 0;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** Takes a message of the sync channel. */
  receive(client: Client, peer: Peer, frames: readonly Uint8Array[]): void {
    const { world } = this.#options;
    const enveloped = frames.length > 2 && frames[0]?.length === 0;
    const envelope = enveloped ? frames.slice(0, 1) : [];
    const [body, mac, ...rest] = enveloped ? frames.slice(1) : frames;
    const asked: Asked = { client, peer, envelope, ...peek(body), session: undefined };
    if (body === undefined || mac === undefined || rest.length > 0) {
      this.#refuse(asked, { code: "BAD_REQUEST", message: "Cannot read the request: two frames are needed" });
      return;
    }
    const request = this.#authenticate(asked, body, mac);
    if (request === undefined) return;
    const info = { client: client.key, op: request.op };
    world.at("requestReceived", info, () => this.#serve(asked, request));
  }

  #authenticate(asked: Asked, body: Uint8Array, mac: Uint8Array): SyncRequest | undefined {
    let request: SyncRequest;
    try {
      const read = readSyncRequest(decodeBody(body, protocolLimits.maxRequestBytes));
      if (!read.ok) return this.#refuse(asked, read);
      request = read.value;
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      return this.#refuse(asked, { code: "BAD_REQUEST", message: error.message });
    }
    if (asked.client.syncSigner.verify(body, mac)) return request;
    return this.#refuse(asked, { code: "MAC", message: "Cannot accept the request: its mac is wrong" });
  }

  #serve(asked: Asked, request: SyncRequest): void {
    const refusal = this.#admit(asked, request);
    if (refusal !== undefined) {
      this.#refuse(asked, refusal);
      return;
    }
    const { op } = request;
    if (!isSyncOp(op)) {
      this.#refuse(asked, { code: "UNKNOWN_OP", message: `Cannot do "${op}": there is no such operation` });
      return;
    }
    const refused = this.#judgeLoad(asked) ?? this.#judgeReadiness(op);
    if (refused !== undefined) {
      this.#refuse(asked, refused);
      return;
    }
    const args = readArgs(op, request.args);
    if (args.ok) this.#run(asked, op, args.value);
    else this.#refuse(asked, args);
  }

  /** Session, epoch, counter, time and role. */
  #admit(asked: Asked, request: SyncRequest): Refusal | undefined {
    if (opensSession(request.op)) return undefined;
    const { sessions, epoch, world, limits } = this.#options;
    const { session: id = "", n = 0, epoch: asOf = 0, at = 0 } = request;
    const session = sessions.find(asked.client, id);
    if (session === undefined) {
      return { code: "NO_SESSION", message: "Cannot serve the request: the session does not exist" };
    }
    asked.session = session;
    sessions.touch(session);
    if (asOf !== epoch) {
      return { code: "EPOCH", message: `Cannot serve the request: the epoch is ${epoch}, not ${asOf}` };
    }
    if (n <= session.syncCounter) {
      return { code: "REPLAYED", message: `Cannot serve the request: counter ${n} has been used` };
    }
    if (n > session.syncCounter + 1) this.gaps++;
    session.syncCounter = n;
    const ageMs = world.now() - at;
    if (ageMs > limits.requestMaxAgeMs || -ageMs > limits.requestMaxAheadMs) {
      return { code: "STALE", message: `Cannot serve the request: its time is off by ${ageMs} ms` };
    }
    if (session.role !== "trade" && tradeOperations.has(request.op)) {
      return { code: "ROLE", message: `Cannot do "${request.op}": the session may only read` };
    }
    return undefined;
  }

  #judgeLoad(asked: Asked): Refusal | undefined {
    const { limits, world } = this.#options;
    const pending = asked.session?.pending ?? 0;
    if (pending >= limits.maxPendingRequests) {
      return { code: "BUSY", message: `Cannot serve the request: ${pending} of the session are waiting` };
    }
    if (asked.client.requests.take(world.now())) return undefined;
    return { code: "RATE_LIMITED", message: "Cannot serve the request: too many per second" };
  }

  /** No session begins and no snapshot is made of tables that cannot be believed. */
  #judgeReadiness(op: SyncOp): Refusal | undefined {
    if (!opensSession(op) && op !== "snapshot") return undefined;
    const message = this.#options.unready();
    return message === undefined ? undefined : { code: "NOT_READY", message };
  }

  #run<Op extends SyncOp>(asked: Asked, op: Op, args: SyncArgs[Op]): void {
    const context = this.#context(asked);
    const operation = this.#options.operations[op] as (args: SyncArgs[Op], context: RequestContext) => void;
    try {
      operation(args, context);
    } catch (fault) {
      this.#options.world.fault(fault, `operation ${op}`);
      context.refuse("INTERNAL", `Cannot do "${op}": the agent failed`);
    }
  }

  #context(asked: Asked): RequestContext {
    const { client, session } = asked;
    let open = true;
    if (session !== undefined) session.pending++;
    const once = (action: () => void): void => {
      if (!open) return;
      open = false;
      if (session !== undefined) session.pending--;
      action();
    };
    return {
      client,
      session,
      answer: (result, more = {}): void =>
        once(() => {
          const seq = more.seq ?? this.#options.seq();
          const body = encodeBody({ ...this.#head(asked, seq), ok: true, result });
          this.#answer(asked, body, more.bulk === undefined ? [] : [more.bulk]);
        }),
      answerEvents: (bodies, complete): void =>
        once(() => {
          const head = { ...this.#head(asked, this.#options.seq()), ok: true };
          this.#answer(asked, joinEvents(head, bodies, complete), []);
        }),
      refuse: (code, message, candidates): void =>
        once(() => this.#refuse(asked, { code, message }, candidates)),
    };
  }

  #head(asked: Asked, seq: number): object {
    const { epoch, world } = this.#options;
    return { v: 1, rid: asked.rid, epoch, seq, agentMs: world.now() };
  }

  #answer(asked: Asked, body: Uint8Array, bulk: readonly Uint8Array[]): void {
    const { limits, world } = this.#options;
    if (body.length > limits.maxReplyBytes) {
      world.fault(new Error(`A reply to ${asked.op} had ${body.length} bytes`), "reply");
      this.#refuse(asked, { code: "INTERNAL", message: "Cannot answer: the reply is too large" });
      return;
    }
    this.answered++;
    this.#send(asked, [body, ...bulk]);
  }

  #refuse(asked: Asked, refusal: Refusal, candidates?: readonly string[]): undefined {
    const { refusals, world, seq } = this.#options;
    const { client, peer, rid, op, session } = asked;
    const { code, message } = refusal;
    refusals.note({
      channel: "sync",
      code,
      client: client.key,
      address: peer.address,
      message,
      agentMs: world.now(),
      rid,
      ...(op === undefined ? {} : { op }),
      ...(session === undefined ? {} : { session: session.id }),
    });
    const error: ReplyError = { code, message, ...(candidates === undefined ? {} : { candidates }) };
    this.#send(asked, [encodeBody({ ...this.#head(asked, seq()), ok: false, error })]);
  }

  #send(asked: Asked, frames: readonly Uint8Array[]): void {
    const { world, reply } = this.#options;
    if (!reply(asked.peer, [...asked.envelope, ...frames])) this.undeliverable++;
    const info = { client: asked.client.key, ...(asked.op === undefined ? {} : { op: asked.op }) };
    world.at("replied", info, () => undefined);
  }
}

/** What can be read of a request before it is known to be one: a refusal repeats its `rid`. */
function peek(body: Uint8Array | undefined): { readonly rid: string; readonly op: string | undefined } {
  if (body === undefined) return { rid: "", op: undefined };
  try {
    const { rid, op } = decodeBody(body, protocolLimits.maxRequestBytes);
    const named = typeof rid === "string" && /^[\x21-\x7e]{1,64}$/.test(rid) ? rid : "";
    return { rid: named, op: typeof op === "string" ? op.slice(0, protocolLimits.maxIdLength) : undefined };
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    return { rid: "", op: undefined };
  }
}

/** A reply around events that are encoded already. */
function joinEvents(head: object, bodies: readonly Uint8Array[], complete: boolean): Uint8Array {
  const open = encodeBody(head).slice(0, -1);
  const parts: Uint8Array[] = [open, encoder.encode(`,"result":{"events":[`)];
  const comma = encoder.encode(",");
  for (const [index, body] of bodies.entries()) {
    if (index > 0) parts.push(comma);
    parts.push(body);
  }
  parts.push(encoder.encode(`],"complete":${complete}}}`));
  return concatBytes(parts);
}
