import type { Clock } from "../transport/clock.ts";
import type { Context } from "../zmtp/mod.ts";
import type { AddressFilter } from "./allow-list.ts";
import type { AuditSink } from "./audit.ts";
import type { GatewayBackend } from "./backend.ts";
import type { GatewayLog } from "./gateway-log.ts";
import { LoadLimits } from "./load-limits.ts";
import { OrderDesk } from "./order-desk.ts";
import { type OrderFile, OrderStore } from "./order-store.ts";
import type { SignaturePolicy } from "./risk-signature.ts";
import { Router, type RoutingRule } from "./routing.ts";
import { GatewayServer } from "./server.ts";
import { listenRouter } from "./socket.ts";
import { Stamps } from "./timestamps.ts";

/** How a gateway is made. */
export interface GatewayOptions {
  /** Network, time and cryptography. */
  readonly context: Context;
  /** Address to bind. @default "0.0.0.0" */
  readonly host?: string;
  /** Port to bind; 0: any free one. @default 5555 */
  readonly port?: number;
  /** The accounts; the first serves what no rule sends elsewhere. */
  readonly backends: readonly GatewayBackend[];
  /** Symbols that belong to other accounts than the first. */
  readonly routes?: readonly RoutingRule[];
  /** Where orders are remembered across a restart. The gateway takes it over and closes it. */
  readonly orderFile: OrderFile;
  /** Milliseconds. @default 7 days, as long as the agent's journal */
  readonly retentionMs?: number;
  /** `"off"` looks at no signature: for tests only. @default rules 1 to 4 with 5,000 ms */
  readonly signatures?: Partial<SignaturePolicy> | "off";
  /** Where commands and replies are written. */
  readonly audit: AuditSink;
  /** Opens no position while the audit cannot be written. @default false */
  readonly auditRequired?: boolean;
  /** Requests per second and connection; 0: any number. @default 0 */
  readonly requestsPerSecond?: number;
  /** Requests per second of all connections from one address; 0: any number. @default 0 */
  readonly requestsPerSecondOfAddress?: number;
  /** Connections at once from one address. @default 512, half of all */
  readonly connectionsPerAddress?: number;
  /** OPENs per second in all; 0: any number. @default 0 */
  readonly ordersPerSecond?: number;
  /** Addresses that may connect. @default all */
  readonly allow?: AddressFilter;
  /** Encryption. @default none (NULL), as v4.3 has it */
  readonly curve?: { readonly secretKey: Uint8Array; readonly clients: readonly Uint8Array[] };
  /** Milliseconds after which an order without a certain outcome is answered UNKNOWN. @default 10000 */
  readonly answerMs?: number;
  /** Where the gateway tells what it does. */
  readonly log: GatewayLog;
}

/** A running gateway. */
export interface Gateway extends AsyncDisposable {
  /** The endpoint really bound. */
  readonly endpoint: string;
  /** Refuses new orders, gives those in work `drainMs` (default 10,000) to be answered, and closes. */
  stop(drainMs?: number): Promise<void>;
}

/** How long repetitions are waited for before the outcome of an order left by an earlier run is asked for. */
const settleLeftAfterMs = 30_000;

/** Allowed difference of clocks for signatures that seem to come from the future. */
export const defaultSignaturePolicy: SignaturePolicy = { ttlMs: 5_000, futureMs: 1_000 };

/** Opens a gateway: reads what earlier runs have left, binds, and serves. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { context, backends, log, audit } = options;
  const clock: Clock = context.clock;
  const stamps = new Stamps(clock);
  const router = new Router(backends, options.routes);
  const { store, orders } = await OrderStore.open(options.orderFile, {
    clock,
    retentionMs: options.retentionMs ?? 7 * 24 * 3_600_000,
  });
  const desk = new OrderDesk({
    clock,
    stamps,
    store,
    orders,
    backends,
    log,
    answerMs: options.answerMs ?? 10_000,
  });
  let listening: Awaited<ReturnType<typeof listenRouter>>;
  try {
    const { host = "0.0.0.0", port = 5555, allow, curve, connectionsPerAddress } = options;
    listening = await listenRouter(context, { host, port, allow, curve, connectionsPerAddress, log });
  } catch (error) {
    await store.close();
    throw error;
  }
  const { signatures } = options;
  const server = new GatewayServer({
    clock,
    stamps,
    socket: listening.socket,
    router,
    desk,
    signatures: signatures === "off" ? undefined : { ...defaultSignaturePolicy, ...signatures },
    audit,
    auditRequired: options.auditRequired ?? false,
    limits: new LoadLimits(clock, {
      requestsPerSecond: options.requestsPerSecond ?? 0,
      requestsPerSecondOfAddress: options.requestsPerSecondOfAddress ?? 0,
      ordersPerSecond: options.ordersPerSecond ?? 0,
    }),
    log,
  });
  audit.record({ time: stamps.now(), kind: "start" }, true);
  if (desk.open > 0) log.warning("Orders of earlier runs have no certain outcome yet", { orders: desk.open });
  const resolving = clock.setTimer(() => desk.resolveOpen(), settleLeftAfterMs);
  server.start();
  let stopped: Promise<void> | undefined;
  const stop = async (drainMs: number): Promise<void> => {
    resolving.cancel();
    await server.stop(drainMs);
    await store.close();
    audit.record({ time: stamps.now(), kind: "stop" }, true);
    await audit.close();
  };
  return {
    endpoint: listening.endpoint,
    stop: (drainMs = 10_000): Promise<void> => {
      stopped ??= stop(drainMs);
      return stopped;
    },
    [Symbol.asyncDispose]: (): Promise<void> => {
      stopped ??= stop(0);
      return stopped;
    },
  };
}
