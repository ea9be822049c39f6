import type { Clock, Timer } from "../transport/clock.ts";
import type { BackendOutcome, GatewayBackend, IdTaken } from "./backend.ts";
import { GatewayErrorCode } from "./error-codes.ts";
import type { GatewayLog } from "./gateway-log.ts";
import { commandId, type OrderEntry, OrderMemory, orderDigest } from "./order-memory.ts";
import type { OrderStore, StoredOrder } from "./order-store.ts";
import { type PyObject, pythonJson } from "./python-json.ts";
import { orderReply, rejectedReply, unknownReply } from "./replies.ts";
import type { OrderRequest, Refusal } from "./request.ts";
import type { Stamps } from "./timestamps.ts";

/** Where an order goes. */
export type Route =
  | { readonly backend: GatewayBackend }
  /** Nowhere; `asked` are the accounts that may know an order of this uuid all the same. */
  | { readonly refusal: Refusal; readonly asked: readonly GatewayBackend[] };

/** What the desk needs to know of an order besides its fields. */
export interface OrderChecks {
  /** Why it may not be sent; asked only for orders that have not been settled. */
  refusal(): Refusal | undefined;
  /** The account it goes to. */
  route(): Promise<Route>;
}

/** What a desk is made from. */
export interface OrderDeskOptions {
  readonly clock: Clock;
  readonly stamps: Stamps;
  readonly store: OrderStore;
  /** What earlier runs have left. */
  readonly orders: readonly StoredOrder[];
  readonly backends: readonly GatewayBackend[];
  readonly log: GatewayLog;
  /** Time after which an order without a certain outcome is answered UNKNOWN. */
  readonly answerMs: number;
}

/** Refusals that a copy of the same message meets again after a restart: they need no place in the order file. */
const repeatable: ReadonlySet<string> = new Set([
  GatewayErrorCode.RISK_SIGNATURE_MISSING,
  GatewayErrorCode.RISK_SIGNATURE_INVALID,
  GatewayErrorCode.RISK_SIGNATURE_EXPIRED,
  GatewayErrorCode.RISK_SIGNATURE_MISMATCH,
]);

const firstAskMs = 200;
const longestAskMs = 5_000;

/**
 * Sees to it that each uuid stands for one order for ever: the first reply that is certain, FILLED or REJECTED, is
 * every later reply, in this run and after a restart. What happens between is in docs/gateway.md, "Exactly once".
 */
export class OrderDesk {
  readonly #options: OrderDeskOptions;
  readonly #memory: OrderMemory;
  readonly #waits: Set<() => void> = new Set();
  #closed = false;

  /** Takes over what earlier runs have left. */
  constructor(options: OrderDeskOptions) {
    this.#options = options;
    options.store.onFailure((error) =>
      options.log.error("Replies cannot be written to the order file", { error }),
    );
    this.#memory = new OrderMemory(options.orders);
    options.store.compactWith(() => this.#kept());
  }

  /** Orders of earlier runs and of this one that have no certain outcome yet. */
  get open(): number {
    return this.#memory.open().length;
  }

  /** Carries an order out, or says what became of it before. Resolves with its reply, within `answerMs`. */
  async execute(request: OrderRequest, checks: OrderChecks): Promise<PyObject> {
    const { clock, answerMs } = this.#options;
    const startMs = clock.nowMs();
    const digest = orderDigest(request);
    const known = this.#memory.find(request.uuid);
    if (known !== undefined && known.digest !== digest) {
      return this.#reject(request.uuid, {
        code: GatewayErrorCode.DUPLICATE_UUID,
        message: "The uuid belongs to another order; this one was not executed",
      });
    }
    if (known?.reply !== undefined) return known.reply;
    const entry = known ?? this.#memory.add(request.uuid, digest, clock.wallMs());
    entry.settling ??= this.#settle(request, entry, known !== undefined, checks, startMs);
    return this.#within(entry, entry.settling, answerMs, request.uuid);
  }

  /** Asks for the outcomes that earlier runs have left open, so that the record tells what became of them. */
  resolveOpen(): void {
    for (const [uuid, entry] of this.#memory.open()) {
      if (entry.settling !== undefined || this.#closed) continue;
      entry.settling = this.#settleLeft(uuid, entry);
    }
  }

  /** Ends all asking. Orders without a certain outcome stay open for the next run. */
  close(): void {
    this.#closed = true;
    for (const wake of [...this.#waits]) wake();
  }

  /** Brings an order to its certain reply. Never rejects. */
  async #settle(
    request: OrderRequest,
    entry: OrderEntry,
    again: boolean,
    checks: OrderChecks,
    startMs: number,
  ): Promise<PyObject> {
    const { clock, stamps, log } = this.#options;
    let sent: BackendOutcome | IdTaken | undefined;
    try {
      sent = again
        ? await this.#sendAgain(request, entry, checks)
        : await this.#sendFirst(request, entry, checks);
    } catch (error) {
      log.error("An internal error stopped an order", { uuid: request.uuid, error });
      // With an account noted it may have been sent, and then only the account can tell.
      if (entry.backendId === "") {
        sent = {
          state: "refused",
          code: GatewayErrorCode.INTERNAL_ERROR,
          message: "Internal error of the gateway",
        };
      }
    }
    const outcome = await this.#certain(request.uuid, entry, sent);
    if (this.#closed && outcome.state === "unknown") return this.#unknown(request.uuid);
    try {
      const reply = orderReply(request, outcome, stamps.now(), clock.nowMs() - startMs);
      // what cannot be written down cannot be told twice alike
      pythonJson(reply);
      return this.#settled(request.uuid, entry, reply);
    } catch (error) {
      log.error("The outcome of an order holds figures that are none", { uuid: request.uuid, error });
      entry.settling = undefined;
      entry.toldUnknown = true;
      return this.#unknown(request.uuid);
    }
  }

  async #settleLeft(uuid: string, entry: OrderEntry): Promise<PyObject> {
    const outcome = await this.#certain(uuid, entry, undefined);
    this.#options.log.info("An order of an earlier run has its outcome", { uuid, state: outcome.state });
    // Its request is not known any more, so its reply is made when it is asked for.
    entry.settling = undefined;
    return this.#unknown(uuid);
  }

  async #sendFirst(
    request: OrderRequest,
    entry: OrderEntry,
    checks: OrderChecks,
  ): Promise<BackendOutcome | IdTaken> {
    const refusal = checks.refusal();
    if (refusal !== undefined) return { state: "refused", ...refusal };
    const route = await checks.route();
    if (!("backend" in route)) return this.#nowhere(request, entry, route);
    const { backend } = route;
    const status = backend.status();
    if (!status.up) return { state: "refused", code: GatewayErrorCode.NOT_CONNECTED, message: status.reason };
    entry.backendId = backend.id;
    const startMs = this.#options.clock.nowMs();
    try {
      await this.#options.store.write(this.#stored(request.uuid, entry));
    } catch (error) {
      this.#options.log.error("An order cannot be written to the order file", { uuid: request.uuid, error });
      // The account's own journal still keeps a close from being executed twice, and a close must not wait for a disk.
      if (request.action === "OPEN") {
        return {
          state: "refused",
          code: GatewayErrorCode.STORE_UNAVAILABLE,
          message: "The gateway cannot write its order file, so opening positions is stopped",
        };
      }
    }
    if (this.#options.clock.nowMs() - startMs >= this.#options.answerMs) {
      // The client has been told UNKNOWN, and an order must not be sent when nobody expects it any more.
      return {
        state: "refused",
        code: GatewayErrorCode.TIMEOUT,
        message: "The order file took too long; nothing was sent",
      };
    }
    return this.#send(request, backend);
  }

  /** The first copy of the order went out in an earlier run. Only the account knows what became of it. */
  async #sendAgain(
    request: OrderRequest,
    entry: OrderEntry,
    checks: OrderChecks,
  ): Promise<BackendOutcome | IdTaken | undefined> {
    const backend = this.#backend(entry);
    if (backend === undefined || !backend.status().up || checks.refusal() !== undefined) return undefined;
    if (request.action === "CLOSE") {
      // A close that was executed has no position left, and a second one would be refused for that reason alone.
      const route = await checks.route();
      if (!("backend" in route)) return undefined;
    }
    const outcome = await this.#send(request, backend);
    // A refusal may concern this copy alone.
    return outcome.state === "refused" ? undefined : outcome;
  }

  #send(request: OrderRequest, backend: GatewayBackend): Promise<BackendOutcome | IdTaken> {
    const id = commandId(request.uuid);
    if (request.action === "CLOSE")
      return backend.close({ id, ticket: request.ticket, volume: request.volume });
    const { symbol, type, volume, sl, tp, comment } = request;
    return backend.open({ id, symbol, type, volume, sl, tp, comment });
  }

  /** No open position has the ticket: perhaps because this very order closed it, before the order file was lost. */
  async #nowhere(
    request: OrderRequest,
    entry: OrderEntry,
    route: { readonly refusal: Refusal; readonly asked: readonly GatewayBackend[] },
  ): Promise<BackendOutcome> {
    for (const backend of route.asked) {
      if (!backend.status().up) continue;
      const outcome = await backend.outcome(commandId(request.uuid));
      if (outcome.state === "filled") return outcome;
      if (outcome.state === "unknown") {
        // An account that cannot tell is asked until it can.
        entry.backendId = backend.id;
        return outcome;
      }
    }
    return { state: "refused", ...route.refusal };
  }

  /** Asks until the outcome is certain, or the desk closes. */
  async #certain(
    uuid: string,
    entry: OrderEntry,
    first: BackendOutcome | IdTaken | undefined,
  ): Promise<BackendOutcome> {
    let waitMs = firstAskMs;
    let outcome: BackendOutcome =
      first === undefined || first.state === "id-taken" ? { state: "unknown", message: "" } : first;
    let askNow = outcome !== first;
    while (outcome.state === "unknown" && !this.#closed) {
      if (!askNow) {
        await this.#wait(waitMs);
        waitMs = Math.min(longestAskMs, waitMs * 2);
      }
      askNow = false;
      const backend = this.#backend(entry);
      if (backend?.status().up === true && !this.#closed) outcome = await backend.outcome(commandId(uuid));
    }
    return outcome;
  }

  /** What a restart must find: not the refusals that a copy of the message meets again. */
  *#kept(): Iterable<StoredOrder> {
    for (const order of this.#memory.all()) {
      if (order.backend !== "" || !repeatable.has(String(order.reply?.["error_code"]))) yield order;
    }
  }

  #backend(entry: OrderEntry): GatewayBackend | undefined {
    return this.#options.backends.find((backend) => backend.id === entry.backendId);
  }

  #settled(uuid: string, entry: OrderEntry, reply: PyObject): PyObject {
    entry.reply = reply;
    entry.settling = undefined;
    if (entry.toldUnknown) {
      this.#options.log.warning("An order that was answered UNKNOWN has its outcome", {
        uuid,
        status: reply["status"],
      });
    }
    if (entry.backendId === "") this.#memory.setAside(uuid, entry);
    if (entry.backendId === "" && repeatable.has(String(reply["error_code"]))) return reply;
    this.#options.store.settle(this.#stored(uuid, entry));
    return reply;
  }

  #stored(uuid: string, { digest, backendId, atMs, reply }: OrderEntry): StoredOrder {
    return { uuid, digest, backend: backendId, atMs, reply };
  }

  #reject(uuid: string, refusal: Refusal): PyObject {
    return rejectedReply(uuid, refusal, this.#options.stamps.now());
  }

  #unknown(uuid: string): PyObject {
    return unknownReply(
      uuid,
      "It is not known yet whether the order was executed: ask again with the same uuid, never with another",
      this.#options.stamps.now(),
    );
  }

  /** The reply, or UNKNOWN when it takes too long. */
  #within(entry: OrderEntry, settling: Promise<PyObject>, limitMs: number, uuid: string): Promise<PyObject> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimer(() => {
        entry.toldUnknown = true;
        resolve(this.#unknown(uuid));
      }, limitMs);
      void settling.then((reply) => {
        timer.cancel();
        resolve(reply);
      });
    });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const wake = (): void => {
        timer?.cancel();
        this.#waits.delete(wake);
        resolve();
      };
      this.#waits.add(wake);
      timer = this.#options.clock.setTimer(wake, ms);
    });
  }
}
