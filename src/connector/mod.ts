/**
 * The connector without a transport: `new MT5Connector(config, { transport })`. The package's root binds it to ZMTP.
 * @module
 */

export type { AccountAPI } from "../api/account-api.ts";
export { MarginMode, OrderType, TradeType, TradingMode } from "../api/constants.ts";
export type { HistoryAPI } from "../api/history-api.ts";
export type { DealInfo, HistoryPosition, HistoryQuery } from "../api/history-types.ts";
export type { MarketDataAPI } from "../api/market-data-api.ts";
export type {
  BarData,
  CalendarEvent,
  CalendarQuery,
  DepthData,
  DepthLevel,
  DepthSubscription,
  PriceData,
  TradingSessions,
} from "../api/market-types.ts";
export type { AgentMirror, MirrorFreshness } from "../api/mirror-view.ts";
export type {
  MarketOrderBuilder,
  OrderStart,
  OrderSteps,
  PendingOrderBuilder,
} from "../api/order-builder.ts";
export type { OrdersAPI } from "../api/orders-api.ts";
export type { Pages } from "../api/paging.ts";
export type { PositionsAPI } from "../api/positions-api.ts";
export type { TradeAPI } from "../api/trade-api.ts";
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
} from "../api/trade-types.ts";
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
} from "../api/types.ts";
export { Timeframe } from "../domain/market.ts";
export { TickFlag } from "../domain/records.ts";
export type { QueryOptions } from "./agent-core.ts";
export type { ForEach, GroupResult, ReadableAgent, ReadStrategy } from "./agent-group.ts";
export { AgentGroup } from "./agent-group.ts";
export type { RandomBytes } from "./backoff.ts";
export type { BrokerTimeInfo } from "./broker-zone.ts";
export type {
  AgentFailure,
  ConfigIssue,
  MT5ErrorOptions,
  PartFailure,
  TradeRejection,
  UnknownOutcomeInfo,
} from "./errors.ts";
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
} from "./errors.ts";
export type { LogEntry, LogLevel, OpenLogFile } from "./log.ts";
export type {
  AgentMetrics,
  ConnectorMetrics,
  ErrorCounts,
  LatencySummary,
  Throughput,
} from "./metrics.ts";
export type { AgentError, AgentEvents } from "./mt5-agent.ts";
export { MT5Agent } from "./mt5-agent.ts";
export type { ConnectorDeps, ConnectorEvents } from "./mt5-connector.ts";
export { MT5Connector } from "./mt5-connector.ts";
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
} from "./options.ts";
export type { ConnectionState, ConnectionStatus, ConnectorStatus, WorkingParts } from "./status.ts";
