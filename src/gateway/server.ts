import type { Clock } from "../transport/clock.ts";
import type { AuditEntry, AuditSink } from "./audit.ts";
import { BackendError } from "./backend.ts";
import { type Envelope, openEnvelope } from "./envelope.ts";
import { GatewayErrorCode } from "./error-codes.ts";
import type { GatewayLog } from "./gateway-log.ts";
import { maxInFlight, maxInFlightPerPeer } from "./limits.ts";
import type { OrderDesk } from "./order-desk.ts";
import { type PyObject, pythonJson } from "./python-json.ts";
import type { RateLimit } from "./rate-limit.ts";
import { accountReply, pingReply, positionsReply, rejectedReply } from "./replies.ts";
import { type GatewayRequest, type OrderRequest, type Refusal, readRequest } from "./request.ts";
import { judgeSignature, type SignaturePolicy } from "./risk-signature.ts";
import type { Router } from "./routing.ts";
import type { GatewayMessage, GatewaySocket } from "./socket.ts";
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
  /** Requests per second and connection; closes always pass. */
  readonly requestRate: RateLimit;
  /** OPENs per second, of all clients together. */
  readonly orderRate: RateLimit;
  readonly log: GatewayLog;
}

const encoder = new TextEncoder();
const auditText = new TextDecoder("utf-8");
const maxAuditedBytes = 4_096;

/** Serves protocol v4.3: one reply to each message, whatever it holds, and none waits for another's. */
export class GatewayServer {
  readonly #options: GatewayServerOptions;
  readonly #inFlight = new Map<string, number>();
  readonly #working: Set<Promise<void>> = new Set();
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
    if (this.#working.size > 0) log.info("Waiting for requests in work", { requests: this.#working.size });
    while (this.#working.size > 0 && clock.nowMs() < deadlineMs) {
      await new Promise<void>((resolve) => {
        const timer = clock.setTimer(resolve, deadlineMs - clock.nowMs());
        void Promise.all(this.#working).then(() => {
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
    for await (const message of socket) {
      const work = this.#answer(message)
        .catch((error: unknown) => log.error("A reply could not be sent", { error }))
        .finally(() => this.#working.delete(work));
      this.#working.add(work);
    }
  }

  /** Answers one message. Everything that can go wrong ends as a reply. */
  async #answer({ peer, frames }: GatewayMessage): Promise<void> {
    const { clock, stamps, socket, log } = this.#options;
    const startMs = clock.nowMs();
    const envelope = openEnvelope(frames);
    const result = readRequest(envelope.body);
    this.#record({ kind: "command", peer, request: auditedText(envelope) });
    const load = (this.#inFlight.get(peer) ?? 0) + 1;
    this.#inFlight.set(peer, load);
    let reply: PyObject;
    try {
      if (result.ok) reply = await this.#carryOut(result.request, peer, load, startMs);
      else reply = rejectedReply(result.uuid, result.refusal, stamps.now());
    } catch (error) {
      // Orders never end here: the desk answers for them.
      const uuid = result.ok ? result.request.uuid : result.uuid;
      if (!(error instanceof BackendError)) log.error("A request failed inside the gateway", { uuid, error });
      reply = rejectedReply(uuid, toRefusal(error), stamps.now());
    } finally {
      const left = (this.#inFlight.get(peer) ?? 1) - 1;
      if (left === 0) this.#inFlight.delete(peer);
      else this.#inFlight.set(peer, left);
    }
    this.#record({ kind: "reply", peer, reply });
    this.#tell(result.ok ? result.request : undefined, reply, clock.nowMs() - startMs);
    const sent = await socket.reply(peer, [...envelope.address, encoder.encode(pythonJson(reply))]);
    if (!sent)
      log.info("A client did not wait for its reply", { uuid: reply["uuid"], status: reply["status"] });
  }

  async #carryOut(request: GatewayRequest, peer: string, load: number, startMs: number): Promise<PyObject> {
    const { clock, stamps, router, desk } = this.#options;
    const { uuid, action } = request;
    if (action === "OPEN" || action === "CLOSE") {
      return desk.execute(request, {
        refusal: () => this.#orderRefusal(request, peer, load),
        route: async () => {
          if (request.action === "CLOSE") return router.findPosition(request);
          const found = router.find(request.account, request.symbol);
          return "status" in found ? { backend: found } : { refusal: found, asked: [] };
        },
      });
    }
    const refusal = this.#loadRefusal(peer, load);
    if (refusal !== undefined) return rejectedReply(uuid, refusal, stamps.now());
    if (action === "PING") {
      const time = stamps.now();
      return pingReply(uuid, time, clock.nowMs() - startMs);
    }
    if (action === "GET_ACCOUNT") {
      const found = router.find(request.account, undefined);
      if (!("status" in found)) return rejectedReply(uuid, found, stamps.now());
      const account = await found.account();
      return accountReply(uuid, account, stamps.now());
    }
    const found = router.all(request.account);
    if ("code" in found) return rejectedReply(uuid, found, stamps.now());
    const lists = await Promise.all(found.map((backend) => backend.positions()));
    const { symbol } = request;
    const positions = lists.flat().filter((position) => symbol === undefined || position.symbol === symbol);
    return positionsReply(uuid, positions, stamps.now());
  }

  /** Why an order may not be sent. Nothing but the end of the gateway stops a close. */
  #orderRefusal(request: OrderRequest, peer: string, load: number): Refusal | undefined {
    const { signatures, clock, audit, auditRequired, orderRate } = this.#options;
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
    const refusal = this.#loadRefusal(peer, load);
    if (refusal !== undefined) return refusal;
    if (orderRate.take("all")) return undefined;
    return { code: GatewayErrorCode.RATE_LIMITED, message: "More orders a second than the gateway may open" };
  }

  #loadRefusal(peer: string, load: number): Refusal | undefined {
    if (load > maxInFlightPerPeer || this.#working.size > maxInFlight) {
      return {
        code: GatewayErrorCode.BUSY,
        message: "Too many requests are in work: wait for their replies",
      };
    }
    if (this.#options.requestRate.take(peer)) return undefined;
    return {
      code: GatewayErrorCode.RATE_LIMITED,
      message: "More requests a second than one client may send",
    };
  }

  #record(entry: Omit<AuditEntry, "time">): void {
    this.#options.audit.record({ time: this.#options.stamps.now(), ...entry });
  }

  #tell(request: GatewayRequest | undefined, reply: PyObject, tookMs: number): void {
    const { log } = this.#options;
    const facts = {
      action: request?.action ?? "malformed",
      uuid: reply["uuid"],
      status: reply["status"],
      ...(reply["error_code"] === undefined ? {} : { code: reply["error_code"], reason: reply["error_msg"] }),
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
  const text = first === undefined ? "" : auditText.decode(first.subarray(0, maxAuditedBytes));
  const more = (first?.length ?? 0) > maxAuditedBytes ? ` (of ${first?.length} bytes)` : "";
  return `${text}${more}${body.length > 1 ? ` (and ${body.length - 1} more parts)` : ""}`;
}
