/**
 * MetaTrader 5 from TypeScript: many accounts, encrypted, each order exactly once.
 * @module
 */
import { nodeCrypto } from "./src/adapters/node-crypto.ts";
import { nodeLogFile } from "./src/adapters/node-log-file.ts";
import { nodeNetwork } from "./src/adapters/node-network.ts";
import { zmtpTransport } from "./src/adapters/zmtp-transport.ts";
import { type ConnectorDeps, MT5Connector as CoreConnector } from "./src/connector/mt5-connector.ts";
import type { MT5ConnectorConfig } from "./src/connector/options.ts";
import { systemClock } from "./src/transport/clock.ts";

/**
 * Connects to the agents of any number of MetaTrader 5 terminals, over ZMTP with CURVE.
 *
 * @example
 * ```ts
 * import { MT5Connector } from "@trading-org/mt5-connector";
 *
 * const mt5 = new MT5Connector({
 *   agents: [{
 *     id: "primary",
 *     connection: { host: "localhost", ports: { command: 5555, events: 5556, sync: 5557 } },
 *     credentials: { serverKey: process.env.MT5_SERVER_KEY, clientKey: process.env.MT5_CLIENT_KEY },
 *   }],
 * });
 * await mt5.connect();
 * const trade = await mt5.getAgent("primary").trade.marketBuy("EURUSD", 0.1);
 * await mt5.disconnect();
 * ```
 */
export class MT5Connector extends CoreConnector {
  /** Makes a connector; nothing is connected yet. `deps` replaces single parts, such as the transport. */
  constructor(config: MT5ConnectorConfig, deps: Partial<ConnectorDeps> = {}) {
    const clock = deps.clock ?? systemClock;
    super(config, {
      transport: zmtpTransport({ network: nodeNetwork, clock, crypto: nodeCrypto }),
      openLogFile: nodeLogFile,
      sharedSecret: (secretKey, publicKey) => nodeCrypto.keyAgreement.sharedSecret(secretKey, publicKey),
      ...deps,
      clock,
    });
  }
}

export type { AccountAPI } from "./src/api/account-api.ts";
export { MarginMode, OrderType, TradeType, TradingMode } from "./src/api/constants.ts";
export type { HistoryAPI } from "./src/api/history-api.ts";
export type { DealInfo, HistoryPosition, HistoryQuery } from "./src/api/history-types.ts";
export type { MarketDataAPI } from "./src/api/market-data-api.ts";
export type {
  BarData,
  CalendarEvent,
  CalendarQuery,
  DepthData,
  DepthLevel,
  DepthSubscription,
  PriceData,
  TradingSessions,
} from "./src/api/market-types.ts";
export type { AgentMirror, MirrorFreshness } from "./src/api/mirror-view.ts";
export type {
  MarketOrderBuilder,
  OrderStart,
  OrderSteps,
  PendingOrderBuilder,
} from "./src/api/order-builder.ts";
export type { OrdersAPI } from "./src/api/orders-api.ts";
export type { Pages } from "./src/api/paging.ts";
export type { PositionsAPI } from "./src/api/positions-api.ts";
export type { TradeAPI } from "./src/api/trade-api.ts";
export type {
  BatchOrderParams,
  BatchResult,
  CommandOptions,
  MarginParams,
  ModifyOrderParams,
  ModifyPositionParams,
  OrderCheck,
  OrderResult,
  PendingOrderOptions,
  PendingOrderParams,
  PendingOrderType,
  ProfitParams,
  TrailingStop,
  TrailingStopEnd,
  TrailingStopParams,
} from "./src/api/trade-types.ts";
export type {
  AccountInfo,
  CloseOptions,
  CommandOutcome,
  DealUpdate,
  MarginInfo,
  MarketOrderParams,
  OrderFill,
  OrderInfo,
  OrderUpdate,
  OutcomeEvent,
  PositionInfo,
  PositionUpdate,
  Subscription,
  SymbolInfo,
  TickData,
  Ticket,
  TickFlags,
  TickSubscription,
  TradeEvent,
  TradeOptions,
  TradeResult,
} from "./src/api/types.ts";
export type { QueryOptions } from "./src/connector/agent-core.ts";
export type { ForEach, GroupResult, ReadableAgent, ReadStrategy } from "./src/connector/agent-group.ts";
export { AgentGroup } from "./src/connector/agent-group.ts";
export type { RandomBytes } from "./src/connector/backoff.ts";
export type { BrokerTimeInfo } from "./src/connector/broker-zone.ts";
export type {
  AgentFailure,
  ConfigIssue,
  MT5ErrorOptions,
  PartFailure,
  TradeRejection,
  UnknownOutcomeInfo,
} from "./src/connector/errors.ts";
export {
  AgentsUnreachableError,
  AuthenticationError,
  CircuitOpenError,
  ConfigError,
  ConnectionError,
  InvalidRequestError,
  LimitExceededError,
  MT5Error,
  OutcomeUnknownError,
  PartialFailureError,
  ProtocolError,
  RateLimitError,
  RequestRefusedError,
  TimeoutError,
  TradeRejectedError,
} from "./src/connector/errors.ts";
export type { LogEntry, LogLevel, OpenLogFile } from "./src/connector/log.ts";
export type {
  AgentMetrics,
  ConnectorMetrics,
  ErrorCounts,
  LatencySummary,
  Throughput,
} from "./src/connector/metrics.ts";
export type { AgentError, AgentEvents } from "./src/connector/mt5-agent.ts";
export { MT5Agent } from "./src/connector/mt5-agent.ts";
export type { ConnectorDeps, ConnectorEvents } from "./src/connector/mt5-connector.ts";
export type {
  AgentConfig,
  AgentConnection,
  AgentCredentials,
  AgentLimits,
  AgentMetadata,
  CircuitBreakerOptions,
  ErrorHandlingConfig,
  ErrorHandlingOptions,
  GlobalOptions,
  LoggingOptions,
  MonitoringOptions,
  MT5ConnectorConfig,
  ReconnectOptions,
  RetryPolicy,
  SecurityOptions,
  TimeoutOptions,
} from "./src/connector/options.ts";
export type {
  ConnectionState,
  ConnectionStatus,
  ConnectorStatus,
  WorkingParts,
} from "./src/connector/status.ts";
export { Timeframe } from "./src/domain/market.ts";
export { TickFlag } from "./src/domain/records.ts";
