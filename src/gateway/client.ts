import { sha256 } from "@noble/hashes/sha2.js";
import { CircuitBreaker } from "../connector/breaker.ts";
import { CircuitOpenError, ConnectionError, InvalidRequestError, toError } from "../connector/errors.ts";
import { toHex } from "../security/mac.ts";
import type { Context } from "../zmtp/mod.ts";
import type {
  LiveClose,
  LiveOrder,
  MT5LiveConnectorDeps,
  MT5LiveConnectorOptions,
} from "./client-options.ts";
import {
  type GatewayAccount,
  type GatewayPing,
  type GatewayPosition,
  type OrderResult,
  readAccountReply,
  readOrderReply,
  readPingReply,
  readPositionsReply,
  rejectedResult,
  unknownResult,
} from "./client-replies.ts";
import { GatewayErrorCode } from "./error-codes.ts";
import { Exchange, NoReplyError } from "./exchange.ts";
import { checkKnownKeys } from "./known-keys.ts";
import { type PyObject, pythonJson } from "./python-json.ts";
import { RiskCode, RiskMonitor } from "./risk-monitor.ts";
import { formatSignature, orderChecksum, type SignedOrder } from "./risk-signature.ts";
import { Stamps } from "./timestamps.ts";

/**
 * The strategy's side of protocol v4.3: checks an order against the risk limits, signs it, sends it. Talks to this
 * package's gateway and to the Python one.
 *
 * @example
 * ```ts
 * import { MT5LiveConnector } from "@trading-org/mt5-connector/gateway";
 * import { nodeContext } from "@trading-org/mt5-connector/zmtp";
 *
 * await using connector = new MT5LiveConnector(
 *   { gatewayHost: "172.19.141.255", initialBalance: 100_000, risk: { maxDailyLossPercent: 2, maxOrderLots: 1 } },
 *   { context: nodeContext },
 * );
 * await connector.connect();
 * const result = await connector.sendOrder({ symbol: "EURUSD", type: "BUY", volume: 0.01, sl: 1.05, tp: 1.06 });
 * if (result.status === "FILLED") console.log(`Order filled: ticket ${result.ticket}`);
 * ```
 */
export class MT5LiveConnector implements AsyncDisposable {
  readonly #options: MT5LiveConnectorOptions;
  readonly #context: Context;
  readonly #newUuid: () => string;
  readonly #stamps: Stamps;
  readonly #breaker: CircuitBreaker;
  readonly #secret: Uint8Array | undefined;
  readonly #endpoint: string;
  #exchange: Exchange | undefined;
  #savedBaseline = "";
  #saving: Promise<void> = Promise.resolve();
  #restored = false;
  /** Judges orders; fed by the connector itself. */
  readonly risk: RiskMonitor;

  /** Makes a connector; nothing is connected yet. */
  constructor(options: MT5LiveConnectorOptions, deps: MT5LiveConnectorDeps) {
    checkOptions(options);
    const {
      gatewayHost: host,
      gatewayPort = 5555,
      circuitBreaker,
      signatureSecret,
      risk = {},
      initialBalance,
      dayStartEquity,
    } = options;
    const { clock } = deps.context;
    this.#options = options;
    this.#context = deps.context;
    this.#newUuid = deps.newUuid ?? ((): string => globalThis.crypto.randomUUID());
    this.#stamps = new Stamps(clock);
    this.#endpoint = `tcp://${host.includes(":") ? `[${host}]` : host}:${gatewayPort}`;
    this.#breaker = new CircuitBreaker(
      clock,
      { failureThreshold: 5, recoveryTimeoutMs: 10_000, monitoringPeriodMs: 60_000, ...circuitBreaker },
      `the gateway at ${this.#endpoint}`,
    );
    this.#secret = signatureSecret === undefined ? undefined : new TextEncoder().encode(signatureSecret);
    this.risk = new RiskMonitor(clock, risk, initialBalance, dayStartEquity);
  }

  /** Connects, and proves it by a PING. Afterwards the connection is mended by itself. */
  async connect(): Promise<void> {
    const { curve } = this.#options;
    this.#exchange ??= new Exchange(
      this.#context,
      this.#endpoint,
      curve === undefined
        ? { mechanism: "NULL" }
        : { mechanism: "CURVE", role: "client", serverKey: curve.serverKey, secretKey: curve.clientKey },
    );
    try {
      await this.ping();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Closes the connection. Orders that wait for their reply end as UNKNOWN. */
  async close(): Promise<void> {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    await exchange?.close();
  }

  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Asks whether the gateway is there. */
  async ping(): Promise<GatewayPing> {
    const { clock } = this.#context;
    const startMs = clock.nowMs();
    return readPingReply(await this.#query("PING"), clock.nowMs() - startMs);
  }

  /** The account's figures. */
  async getAccount(): Promise<GatewayAccount> {
    return readAccountReply(await this.#query("GET_ACCOUNT"));
  }

  /** The open positions, of one symbol or all. */
  async getPositions(symbol?: string): Promise<readonly GatewayPosition[]> {
    return readPositionsReply(await this.#query("GET_POSITIONS", symbol === undefined ? {} : { symbol }));
  }

  /**
   * Opens a position: risk monitor, signature, sending. Never rejects for what becomes of the order: that is the
   * result's `status`, and `UNKNOWN` is neither yes nor no.
   * @throws InvalidRequestError for an order that no gateway could read
   */
  async sendOrder(order: LiveOrder): Promise<OrderResult> {
    checkKnownKeys(order, "order", "send the order");
    const { uuid = this.#newUuid(), symbol, type, volume, price = 0, sl = 0, tp = 0, comment = "" } = order;
    const { account } = this.#options;
    for (const [name, value] of Object.entries({ volume, price, sl, tp })) {
      if (!Number.isFinite(value) || value < 0) throw invalid(`${name} ${value} is no number from 0`);
    }
    const signed: SignedOrder = { uuid, symbol, type, volume, price, sl, tp, comment, account };
    const refusal = await this.#judge(signed);
    if (refusal !== undefined) return rejectedResult(uuid, refusal.code, refusal.message);
    const result = await this.#order({
      uuid,
      action: "OPEN",
      symbol,
      type,
      volume,
      price,
      sl,
      tp,
      comment,
      risk_signature: this.#sign(signed),
      ...(account === undefined ? {} : { account }),
      timestamp: this.#stamps.now(),
    });
    if (result.status === "FILLED") this.risk.filled(uuid);
    // A uuid that belongs to another order says nothing about that order.
    else if (result.status === "REJECTED" && result.errorCode !== GatewayErrorCode.DUPLICATE_UUID) {
      this.risk.notExecuted(uuid);
    }
    return result;
  }

  /** Closes a position, wholly or in part. No limit and no breaker stops it. */
  async closePosition(ticket: number | string | bigint, close: LiveClose = {}): Promise<OrderResult> {
    checkKnownKeys(close, "close", "close the position");
    const { uuid = this.#newUuid(), symbol, volume } = close;
    const { account } = this.#options;
    const text = String(ticket);
    if (!/^[1-9]\d{0,19}$/.test(text) || (typeof ticket === "number" && !Number.isSafeInteger(ticket))) {
      throw invalid(`${text} is no ticket: give the exact ticketText`);
    }
    if (volume !== undefined && !(Number.isFinite(volume) && volume > 0)) {
      throw invalid(`volume ${volume} is no number above 0`);
    }
    return this.#order({
      uuid,
      action: "CLOSE",
      ticket: BigInt(text),
      ...(symbol === undefined ? {} : { symbol }),
      ...(volume === undefined ? {} : { volume }),
      ...(account === undefined ? {} : { account }),
      timestamp: this.#stamps.now(),
    });
  }

  /** Why an order may not be sent: its limits, or a state of the account that nobody knows. */
  async #judge(order: SignedOrder): Promise<{ readonly code: string; readonly message: string } | undefined> {
    if (this.risk.needsSnapshot) {
      try {
        if (this.risk.snapshotAgeMs > (this.#options.riskMaxAgeMs ?? 2_000)) await this.#look();
        await this.#saveBaseline();
      } catch (error) {
        return {
          code: RiskCode.STATE_UNKNOWN,
          message: `The account's state cannot be told: ${toError(error).message}`,
        };
      }
    }
    return this.risk.admit(order);
  }

  async #look(): Promise<void> {
    const askedMs = this.#context.clock.nowMs();
    const [account, positions] = await Promise.all([this.getAccount(), this.getPositions()]);
    await this.#restore();
    this.risk.update({ equity: account.equity, positions, askedMs });
  }

  /** Before anything is measured: a loss of this day that an earlier process saw counts. */
  async #restore(): Promise<void> {
    const { riskStore } = this.#options;
    if (this.#restored || riskStore === undefined) return;
    const baseline = await riskStore.load();
    if (this.#restored) return;
    if (baseline !== undefined) this.risk.restore(baseline);
    this.#restored = true;
  }

  /** Nothing is opened against a baseline that a restart would not find. */
  #saveBaseline(): Promise<void> {
    const saved = this.#saving.then(async () => {
      const { riskStore } = this.#options;
      const { baseline } = this.risk;
      const text = JSON.stringify(baseline);
      if (riskStore === undefined || baseline === undefined || text === this.#savedBaseline) return;
      await riskStore.save(baseline);
      this.#savedBaseline = text;
    });
    // One after the other, whatever became of the one before: its own order was told.
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  #sign(order: SignedOrder): string {
    const stamp = `${this.#stamps.now().slice(0, 19)}Z`;
    if (this.#secret !== undefined) return formatSignature(orderChecksum(order, stamp, this.#secret), stamp);
    // Without a secret the checksum proves nothing; it is the order's, so that both logs can be compared.
    const { uuid, symbol, type, volume, sl, tp } = order;
    const text = new TextEncoder().encode(pythonJson([uuid, symbol, type, volume, sl, tp, stamp]));
    return formatSignature(toHex(sha256(text)).slice(0, 8), stamp);
  }

  async #order(request: PyObject & { readonly uuid: string; readonly action: string }): Promise<OrderResult> {
    const { uuid } = request;
    const send = (): Promise<PyObject> => this.#ask(request, this.#options.orderTimeoutMs ?? 15_000);
    try {
      const reply = request.action === "CLOSE" ? await send() : await this.#breaker.run(send, isConnection);
      return readOrderReply(uuid, reply);
    } catch (error) {
      if (error instanceof CircuitOpenError) return rejectedResult(uuid, error.code, error.message);
      if (error instanceof NoReplyError) return unknownResult(uuid, error.message);
      if (error instanceof ConnectionError) return rejectedResult(uuid, error.code, error.message);
      throw error;
    }
  }

  #query(action: string, more: PyObject = {}): Promise<PyObject> {
    const { account, requestTimeoutMs = 5_000 } = this.#options;
    return this.#breaker.run(
      () =>
        this.#ask(
          {
            uuid: this.#newUuid(),
            action,
            ...more,
            ...(account === undefined ? {} : { account }),
            timestamp: this.#stamps.now(),
          },
          requestTimeoutMs,
        ),
      isConnection,
    );
  }

  #ask(request: PyObject & { readonly uuid: string }, timeoutMs: number): Promise<PyObject> {
    if (this.#exchange !== undefined) return this.#exchange.ask(request, timeoutMs);
    return Promise.reject(
      new ConnectionError("Cannot send: the connector is not connected", {
        code: "NOT_CONNECTED",
        remedy: "Call connect() first",
      }),
    );
  }
}

function checkOptions(options: MT5LiveConnectorOptions): void {
  const action = "make the connector";
  checkKnownKeys(options, "options", action);
  const host: unknown = options.gatewayHost;
  if (typeof host !== "string" || host === "") {
    throw new InvalidRequestError(`Cannot ${action}: gatewayHost is not given`, {
      code: "INVALID_REQUEST",
      remedy: "Give the gateway's host name or address as gatewayHost",
    });
  }
  if (options.risk !== undefined) checkKnownKeys(options.risk, "risk", `${action}: risk`);
  if (options.circuitBreaker !== undefined) {
    checkKnownKeys(options.circuitBreaker, "circuitBreaker", `${action}: circuitBreaker`);
  }
  if (options.curve !== undefined) checkKnownKeys(options.curve, "curve", `${action}: curve`);
}

function isConnection(error: unknown): boolean {
  return error instanceof ConnectionError;
}

function invalid(state: string): InvalidRequestError {
  return new InvalidRequestError(`Cannot send the order: ${state}`, {
    code: "INVALID_REQUEST",
    remedy: "Correct the order; nothing was sent",
  });
}
