import { type AccountAPI, AgentAccount } from "../api/account-api.ts";
import { toAccountInfo, toTickData } from "../api/convert.ts";
import { AgentHistory, type HistoryAPI } from "../api/history-api.ts";
import { checkQuery } from "../api/known-keys.ts";
import { LedgerEvents } from "../api/ledger-events.ts";
import { AgentMarketData, type MarketDataAPI } from "../api/market-data-api.ts";
import { type AgentMirror, MirrorView } from "../api/mirror-view.ts";
import { AgentOrders, type OrdersAPI } from "../api/orders-api.ts";
import { toEndedOutcome } from "../api/outcome-view.ts";
import { AgentPositions, type PositionsAPI } from "../api/positions-api.ts";
import { AgentTrade, type TradeAPI } from "../api/trade-api.ts";
import type {
  AccountInfo,
  DealUpdate,
  OrderFill,
  OrderUpdate,
  OutcomeEvent,
  PositionUpdate,
  TickData,
  TradeEvent,
} from "../api/types.ts";
import type { Hmac, SharedSecret } from "../protocol/v1/signing.ts";
import type { Clock } from "../transport/clock.ts";
import type { Transport } from "../transport/transport.ts";
import { AgentCore, type QueryOptions } from "./agent-core.ts";
import { AgentLink } from "./agent-link.ts";
import type { RandomBytes } from "./backoff.ts";
import type { BrokerTimeInfo } from "./broker-zone.ts";
import { TypedEmitter } from "./emitter.ts";
import { toError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import type { Log } from "./log.ts";
import { type AgentMetrics, RateCounter } from "./metrics.ts";
import type { AgentMetadata, ResolvedAgent, ResolvedOptions } from "./options.ts";
import type { ConnectionStatus } from "./status.ts";
import { waitForSync } from "./sync-wait.ts";

/** An error of one agent, as its `error` event gives it. */
export type AgentError = Error;

/** The events of an agent. */
export interface AgentEvents {
  /** The agent is live. */
  connected: [];
  /** The agent cannot be used any more, until it is `connected` again. */
  disconnected: [reason: string];
  connectionStatus: [status: ConnectionStatus];
  trade: [event: TradeEvent];
  orderFilled: [fill: OrderFill];
  orderUpdate: [update: OrderUpdate];
  positionUpdate: [update: PositionUpdate];
  dealUpdate: [update: DealUpdate];
  accountUpdate: [account: AccountInfo];
  tick: [tick: TickData];
  /** The outcome of a command that nobody waits for any more. */
  outcome: [outcome: OutcomeEvent];
  error: [error: AgentError];
}

/** What an agent is made from; made by `MT5Connector`. */
export interface AgentDeps {
  readonly agent: ResolvedAgent;
  readonly options: ResolvedOptions;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly resyncGate: Gate;
  readonly hmac?: Hmac | undefined;
  readonly sharedSecret?: SharedSecret | undefined;
  status(status: ConnectionStatus, before: ConnectionStatus): void;
  reconnecting(attempt: number): void;
  /** True if somebody listens to the connector's errors. */
  fault(error: Error): boolean;
}

interface Counters {
  ticks: number;
  ledgerEvents: number;
  reconnects: number;
  errors: number;
}

/**
 * One trading account. Get it from `MT5Connector.getAgent`.
 *
 * @example
 * ```ts
 * const agent = mt5.getAgent("primary");
 * agent.on("orderFilled", (fill) => console.log(fill.symbol, fill.volume, fill.price));
 * const trade = await agent.trade.marketBuy("EURUSD", 0.1, { stopLoss: 1.08 });
 * await agent.trade.closePosition(trade.ticket);
 * ```
 */
export class MT5Agent extends TypedEmitter<AgentEvents> {
  /** Your name for it. */
  readonly id: string;
  readonly displayName: string;
  readonly metadata: AgentMetadata;
  readonly account: AccountAPI;
  readonly trade: TradeAPI;
  readonly marketData: MarketDataAPI;
  readonly history: HistoryAPI;
  readonly positions: PositionsAPI;
  readonly orders: OrdersAPI;
  /** The terminal's state as last heard, without asking. */
  readonly mirror: AgentMirror;
  readonly #link: AgentLink;
  readonly #core: AgentCore;
  readonly #deps: AgentDeps;
  readonly #counters: Counters = { ticks: 0, ledgerEvents: 0, reconnects: 0, errors: 0 };
  readonly #events: RateCounter;

  constructor(deps: AgentDeps) {
    super({
      unheard: (error): void => deps.log.error("An error that no listener took", { error }),
      listenerFailed: (event, error): void => this.#listenerFailed(event, toError(error)),
    });
    this.#deps = deps;
    const { agent, clock, log } = deps;
    this.id = agent.id;
    this.displayName = agent.displayName;
    this.#events = new RateCounter(clock);
    this.metadata = agent.metadata;
    const ledger = new LedgerEvents(
      {
        trade: (event): void => void this.emit("trade", event),
        orderFilled: (fill): void => void this.emit("orderFilled", fill),
        orderUpdate: (update): void => void this.emit("orderUpdate", update),
        positionUpdate: (update): void => void this.emit("positionUpdate", update),
        dealUpdate: (update): void => void this.emit("dealUpdate", update),
      },
      () => this.#core.zone,
    );
    this.#link = new AgentLink({
      ...deps,
      hooks: {
        status: (status, before): void => this.#statusChanged(status, before),
        reconnecting: (attempt): void => {
          this.#counters.reconnects++;
          deps.reconnecting(attempt);
        },
        ledger: (event, recovered): void => {
          this.#counters.ledgerEvents++;
          this.#events.add();
          ledger.take(event, recovered);
          this.#core.observers.ledgerApplied(event);
        },
        account: (): void => {
          const { account } = this.#core.mirror;
          this.#core.observers.accountChanged();
          if (account !== undefined && this.listenerCount("accountUpdate") > 0) {
            this.emit("accountUpdate", toAccountInfo(account));
          }
        },
        tick: (symbol, tick): void => {
          this.#counters.ticks++;
          this.#events.add();
          if (this.listenerCount("tick") > 0) this.emit("tick", toTickData(symbol, tick, this.#core.zone));
        },
        heartbeat: (): void => undefined,
        outcome: (id, ended, recovered): void => {
          const heard = this.emit("outcome", { ...toEndedOutcome(id, ended), recovered });
          if (!heard) log.debug("The outcome of a command came that nobody waits for", { id, recovered });
        },
        fault: (error): void => this.#fault(error),
      },
    });
    const fault = (error: Error): void => this.#fault(error);
    this.#core = new AgentCore({ ...deps, clock, link: this.#link, fault });
    this.account = new AgentAccount(this.#core);
    this.marketData = new AgentMarketData(this.#core, { fault });
    this.trade = new AgentTrade(this.#core, (symbol, options) => this.marketData.getTick(symbol, options));
    this.history = new AgentHistory(this.#core);
    this.positions = new AgentPositions(this.#core);
    this.orders = new AgentOrders(this.#core);
    this.mirror = new MirrorView(this.#core);
  }

  /** Whether the agent can be used, wholly (`connected`) or in part (`degraded`). */
  get isConnected(): boolean {
    return this.#link.isUsable;
  }

  /** The state of the connection, with its reasons. */
  get connectionStatus(): ConnectionStatus {
    return this.#link.status;
  }

  /** When the agent's pulse was last heard; 1970-01-01 before the first. */
  get lastHeartbeat(): Date {
    return new Date(this.#link.lastHeartbeatMs ?? 0);
  }

  /** How broker time is converted; undefined before the first connect. */
  get brokerTime(): BrokerTimeInfo | undefined {
    return this.#link.session.brokerTime;
  }

  /** Connects this agent; see `MT5Connector.connect`. */
  connect(): Promise<void> {
    return this.#link.start();
  }

  /** Disconnects this agent. Resolves when no socket and no timer of it is left. */
  disconnect(): Promise<void> {
    return this.#link.stop("disconnect() was called");
  }

  /**
   * Waits until the mirror is in step with the terminal: the ledger is followed without a hole, and everything that the
   * agent knew when it was asked has been applied. Rejects with a `ConnectionError` if the agent is disconnected.
   */
  async waitForSync(options: QueryOptions = {}): Promise<void> {
    checkQuery(options, "wait for the mirror");
    return waitForSync(this.#core, options);
  }

  /** A typical time of a query lately, in milliseconds; undefined before the first. */
  get latencyMs(): number | undefined {
    return this.#core.latency.query.recentMs;
  }

  /** This agent's figures. */
  getMetrics(): AgentMetrics {
    const { session } = this.#link;
    return {
      state: this.#link.status.state,
      queries: this.#core.latency.query.summary(),
      trades: this.#core.latency.trade.summary(),
      ...this.#counters,
      errorsByClass: this.#core.errors.counts,
      throughput: {
        queriesPerSecond: this.#core.rates.query.perSecond,
        commandsPerSecond: this.#core.rates.command.perSecond,
        eventsPerSecond: this.#events.perSecond,
      },
      openCommands: session.outbox.open,
      pendingRequests: session.requests.pending,
      subscribedSymbols: session.subscriptions.symbols.length,
    };
  }

  #statusChanged(status: ConnectionStatus, before: ConnectionStatus): void {
    const { log } = this.#deps;
    const { state } = status;
    const reason = "reason" in status ? status.reason : "reasons" in status ? status.reasons.join("; ") : "";
    if (state !== before.state) {
      // Connecting and disconnecting on demand are no news; a loss is.
      const wanted =
        state === "connecting" ||
        state === "connected" ||
        (state === "disconnected" && status.cause === undefined);
      log[wanted ? "info" : "warn"](`The agent is ${state}`, { reason });
    }
    this.#core.observers.statusChanged(status);
    this.emit("connectionStatus", status);
    this.#deps.status(status, before);
    const usable = isUsable(status);
    if (usable && !isUsable(before)) this.emit("connected");
    else if (!usable && isUsable(before)) this.emit("disconnected", reason);
  }

  #fault(error: Error): void {
    this.#counters.errors++;
    this.#core.errors.add(error);
    const heard = this.#deps.fault(error);
    // One listener is enough, here or at the connector; without any the error is logged.
    if (!heard || this.listenerCount("error") > 0) this.emit("error", error);
  }

  #listenerFailed(event: string, error: Error): void {
    this.#deps.log.error(`A listener of "${event}" threw`, { error });
    // A listener of `error` that throws must not be told of its own error again.
    if (event !== "error") this.#fault(error);
  }
}

/** Whether an agent in this state counts as connected. */
export function isUsable(
  status: ConnectionStatus,
): status is Extract<ConnectionStatus, { readonly state: "connected" | "degraded" }> {
  return status.state === "connected" || status.state === "degraded";
}
