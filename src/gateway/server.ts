import { encodeKey } from "../security/keys.ts";
import type { Clock } from "../transport/clock.ts";
import type { AuditEntry, AuditSink } from "./audit.ts";
import { BackendError } from "./backend.ts";
import { type Envelope, openEnvelope } from "./envelope.ts";
import { GatewayErrorCode } from "./error-codes.ts";
import type { GatewayLog } from "./gateway-log.ts";
import type { LoadLimits } from "./load-limits.ts";
import type { OrderDesk } from "./order-desk.ts";
import { type PyObject, pythonJson } from "./python-json.ts";
import { hideNamedSecrets } from "./redact.ts";
import { accountReply, pingReply, positionsReply, rejectedReply } from "./replies.ts";
import {
  type AccountRequest,
  type GatewayRequest,
  type OrderRequest,
  type PingRequest,
  type PositionsRequest,
  type Refusal,
  type RequestResult,
  readRequest,
} from "./request.ts";
import { judgeSignature, type SignaturePolicy } from "./risk-signature.ts";
import type { Router } from "./routing.ts";
import type { GatewayMessage, GatewayPeer, GatewaySocket } from "./socket.ts";
import type { Stamps } from "./timestamps.ts";

/** What a server is made from. */
export interface GatewayServerOptions {
  readonly clock: Clock;
  readonly stamps: Stamps;
  readonly socket: GatewaySocket;
  readonly router: Router;
  readonly desk: OrderDesk;
  /** Undefined: signatures are not looked at. */
  readonly signatures: SignaturePolicy | undefined;
  readonly audit: AuditSink;
  /** Refuse to open positions while the audit cannot be written. */
  readonly auditRequired: boolean;
  /** Closes always pass. */
  readonly limits: LoadLimits;
  readonly log: GatewayLog;
}

const auditText = new TextDecoder("utf-8");
const maxAuditedBytes = 4_096;

/** Serves protocol v4.3: one reply to each message, whatever it holds, and none waits for another's. */
export class GatewayServer {
  readonly #options: GatewayServerOptions;
  readonly #answers: Set<Promise<void>> = new Set();
  #draining = false;
  #ended: Promise<void> | undefined;

  /** Does nothing until `start`. */
  constructor(options: GatewayServerOptions) {
    this.#options = options;
  }

  /** Begins to serve. */
  start(): void {
    this.#ended = this.#serve();
  }

  /**
   * Stops in order: new orders are refused, those in work have `drainMs` to be answered, and replies leave. What then
   * has no certain outcome stays open in the order file.
   */
  async stop(drainMs: number): Promise<void> {
    const { clock, desk, socket, log } = this.#options;
    this.#draining = true;
    const deadlineMs = clock.nowMs() + drainMs;
    if (this.#answers.size > 0) log.info("Waiting for requests in work", { requests: this.#answers.size });
    while (this.#answers.size > 0 && clock.nowMs() < deadlineMs) {
      await new Promise<void>((resolve) => {
        const timer = clock.setTimer(resolve, deadlineMs - clock.nowMs());
        void Promise.all(this.#answers).then(() => {
          timer.cancel();
          resolve();
        });
      });
    }
    desk.close();
    await socket.close(Math.min(drainMs, 2_000));
    await this.#ended;
  }

  async #serve(): Promise<void> {
    const { socket, log } = this.#options;
    for (;;) {
      const message = await socket.receive();
      if (message === undefined) return;
      try {
        this.#take(message);
      } catch (error) {
        // No message may end the loop, whatever it is that was not foreseen. Nothing of it has been begun.
        log.error("A message could not be taken", { peer: message.peer.id, error });
        this.#working(this.#apologise(message));
      }
    }
  }

  async #apologise({ peer, frames }: GatewayMessage): Promise<void> {
    const { socket, stamps } = this.#options;
    const reply = rejectedReply("", toRefusal(undefined), stamps.now());
    await socket.reply(peer, [...openEnvelope(frames).address, pythonJson(reply)]);
  }

  /** Answers one message, at once or in time. Everything that can go wrong ends as a reply. */
  #take(message: GatewayMessage): void {
    const { clock, limits } = this.#options;
    const startMs = clock.nowMs();
    const { peer } = message;
    const envelope = openEnvelope(message.frames);
    const result = readRequest(envelope.body);
    const order = result.ok && (result.request.action === "OPEN" || result.request.action === "CLOSE");
    this.#record(peer, { kind: "command", request: auditedText(envelope) }, order);
    limits.enter(peer);
    const answered = (reply: PyObject): Promise<void> => {
      limits.leave(peer);
      return this.#reply(message, envelope, result, reply, startMs);
    };
    const reply = this.#atOnce(result, peer, startMs);
    if (reply !== undefined) {
      this.#working(answered(reply));
      return;
    }
    const { request } = result as RequestResult & { readonly ok: true };
    this.#working(
      this.#carryOut(request as Exclude<GatewayRequest, PingRequest>, peer)
        .catch((error: unknown) => this.#failed(request.uuid, error))
        .then(answered),
    );
  }

  /** Keeps account of an answer under way, so that the gateway does not stop without it. */
  #working(work: Promise<void>): void {
    const { log } = this.#options;
    const tracked: Promise<void> = work
      .catch((error: unknown) => log.error("A reply could not be sent", { error }))
      .finally(() => this.#answers.delete(tracked));
    this.#answers.add(tracked);
  }

  /** The reply to what needs no account: malformed messages, PING, and queries that are too many. */
  #atOnce(result: RequestResult, peer: GatewayPeer, startMs: number): PyObject | undefined {
    const { clock, stamps, limits } = this.#options;
    if (!result.ok) return rejectedReply(result.uuid, result.refusal, stamps.now());
    const { uuid, action } = result.request;
    if (action === "OPEN" || action === "CLOSE") return undefined;
    const refusal = limits.request(peer);
    if (refusal !== undefined) return rejectedReply(uuid, refusal, stamps.now());
    return action === "PING" ? pingReply(uuid, stamps.now(), clock.nowMs() - startMs) : undefined;
  }

  /** Orders never end here: the desk answers for them. */
  #failed(uuid: string, error: unknown): PyObject {
    const { log, stamps } = this.#options;
    if (!(error instanceof BackendError)) log.error("A request failed inside the gateway", { uuid, error });
    return rejectedReply(uuid, toRefusal(error), stamps.now());
  }

  async #reply(
    { peer }: GatewayMessage,
    envelope: Envelope,
    result: RequestResult,
    made: PyObject,
    startMs: number,
  ): Promise<void> {
    const { clock, socket, log } = this.#options;
    const [reply, text] = this.#written(made);
    const request = result.ok ? result.request : undefined;
    this.#record(peer, { kind: "reply", reply }, request?.action === "OPEN" || request?.action === "CLOSE");
    if (reply["status"] !== "ok" || log.debugs !== false) {
      this.#tell(request, peer, reply, clock.nowMs() - startMs);
    }
    const sent = await socket.reply(peer, [...envelope.address, text]);
    if (!sent)
      log.info("A client did not wait for its reply", { uuid: reply["uuid"], status: reply["status"] });
  }

  /** A reply as text. Figures that are no JSON, as a broken terminal may have them, end as an error and not as silence. */
  #written(reply: PyObject): readonly [PyObject, string] {
    try {
      return [reply, pythonJson(reply)];
    } catch (error) {
      const uuid = String(reply["uuid"]);
      const failed = this.#failed(uuid, error);
      return [failed, pythonJson(failed)];
    }
  }

  #carryOut(request: OrderRequest | AccountRequest | PositionsRequest, peer: GatewayPeer): Promise<PyObject> {
    switch (request.action) {
      case "GET_ACCOUNT":
        return this.#account(request);
      case "GET_POSITIONS":
        return this.#positions(request);
      default:
        return this.#order(request, peer);
    }
  }

  #order(request: OrderRequest, peer: GatewayPeer): Promise<PyObject> {
    const { router, desk } = this.#options;
    return desk.execute(request, {
      refusal: () => this.#orderRefusal(request, peer),
      route: async () => {
        if (request.action === "CLOSE") return router.findPosition(request);
        const found = router.find(request.account, request.symbol);
        return "status" in found ? { backend: found } : { refusal: found, asked: [] };
      },
    });
  }

  async #account({ uuid, account: name }: AccountRequest): Promise<PyObject> {
    const { router, stamps } = this.#options;
    const found = router.find(name, undefined);
    if (!("status" in found)) return rejectedReply(uuid, found, stamps.now());
    const account = await found.account();
    return accountReply(uuid, account, stamps.now());
  }

  async #positions({ uuid, account, symbol }: PositionsRequest): Promise<PyObject> {
    const { router, stamps } = this.#options;
    const found = router.all(account);
    if ("code" in found) return rejectedReply(uuid, found, stamps.now());
    const lists = await Promise.all(found.map((backend) => backend.positions()));
    const positions = lists.flat().filter((position) => symbol === undefined || position.symbol === symbol);
    return positionsReply(uuid, positions, stamps.now());
  }

  /** Why an order may not be sent. Nothing but the end of the gateway stops a close. */
  #orderRefusal(request: OrderRequest, peer: GatewayPeer): Refusal | undefined {
    const { signatures, clock, audit, auditRequired, limits } = this.#options;
    if (this.#draining)
      return { code: GatewayErrorCode.SHUTTING_DOWN, message: "The gateway is shutting down" };
    if (request.action === "CLOSE") return undefined;
    if (signatures !== undefined) {
      const refusal = judgeSignature(request.riskSignature, request, signatures, clock.wallMs());
      if (refusal !== undefined) return refusal;
    }
    if (auditRequired && audit.failure !== undefined) {
      return { code: GatewayErrorCode.AUDIT_UNAVAILABLE, message: "The audit file cannot be written" };
    }
    return limits.request(peer) ?? limits.order();
  }

  #record(peer: GatewayPeer, entry: Pick<AuditEntry, "kind" | "request" | "reply">, prompt: boolean): void {
    const { id, address, publicKey } = peer;
    const { kind, ...what } = entry;
    const client = publicKey === undefined ? {} : { client: encodeKey(publicKey) };
    const time = this.#options.stamps.now();
    this.#options.audit.record({ time, kind, peer: id, address, ...client, ...what }, prompt);
  }

  #tell(
    request: GatewayRequest | undefined,
    { address }: GatewayPeer,
    reply: PyObject,
    tookMs: number,
  ): void {
    const { log } = this.#options;
    const facts = {
      action: request?.action ?? "malformed",
      uuid: reply["uuid"],
      status: reply["status"],
      ...(reply["error_code"] === undefined ? {} : { code: reply["error_code"], reason: reply["error_msg"] }),
      address,
      ms: tookMs.toFixed(3),
    };
    if (reply["status"] === "UNKNOWN") log.error("Outcome unknown", facts);
    else if (reply["status"] === "REJECTED") log.warning("Rejected", facts);
    else if (reply["status"] === "FILLED") log.info("Filled", { ...facts, ticket: reply["ticket"] });
    else log.debug("Answered", facts);
  }
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof BackendError) return { code: error.code, message: error.message };
  return { code: GatewayErrorCode.INTERNAL_ERROR, message: "Internal error of the gateway" };
}

function auditedText({ body }: Envelope): string {
  const [first] = body;
  const text =
    first === undefined ? "" : hideNamedSecrets(auditText.decode(first.subarray(0, maxAuditedBytes)));
  const more = (first?.length ?? 0) > maxAuditedBytes ? ` (of ${first?.length} bytes)` : "";
  return `${text}${more}${body.length > 1 ? ` (and ${body.length - 1} more parts)` : ""}`;
}
