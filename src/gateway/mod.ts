/**
 * Protocol v4.3 over ZeroMQ: the client of a trading gateway (`MT5LiveConnector`), and the gateway itself in parts, for
 * those who embed it. `mt5-connector gateway` serves it from the command line.
 *
 * @module
 */

export type { AccountAPI } from "../api/account-api.ts";
export type { PositionsAPI } from "../api/positions-api.ts";
export type { TradeAPI } from "../api/trade-api.ts";
export type { CircuitBreakerOptions } from "../connector/options.ts";
export type { ConnectionStatus } from "../connector/status.ts";
export type { TagMode } from "../protocol/v1/messages.ts";
export type { Clock } from "../transport/clock.ts";
export type { Context, Key } from "../zmtp/mod.ts";
export { type AgentBackendOptions, agentBackend, type BackendAgent } from "./agent-backend.ts";
export { type AddressFilter, addressFilter } from "./allow-list.ts";
export type { AuditEntry, AuditSink } from "./audit.ts";
export {
  type BackendAccount,
  type BackendClose,
  BackendError,
  type BackendOpen,
  type BackendOutcome,
  type BackendPosition,
  type GatewayBackend,
  type IdTaken,
} from "./backend.ts";
export { MT5LiveConnector } from "./client.ts";
export type {
  LiveClose,
  LiveOrder,
  MT5LiveConnectorDeps,
  MT5LiveConnectorOptions,
} from "./client-options.ts";
export type {
  GatewayAccount,
  GatewayPing,
  GatewayPosition,
  OrderFilled,
  OrderRejected,
  OrderReplyHead,
  OrderResult,
  OrderUnknown,
} from "./client-replies.ts";
export { GatewayErrorCode, type RetcodeError, retcodeError } from "./error-codes.ts";
export { type Gateway, type GatewayOptions, startGateway } from "./gateway.ts";
export { type GatewayLog, type GatewayLogLevel, lineLog } from "./gateway-log.ts";
export { type Keeper, type KeptAgent, keepConnected } from "./keep-connected.ts";
export { memoryOrderFile, type OrderFile, OrderStoreDamagedError } from "./order-store.ts";
export type { PyObject, PyValue } from "./python-json.ts";
export type { Refusal } from "./request.ts";
export {
  type JudgedOrder,
  type RiskBaseline,
  RiskCode,
  type RiskLimits,
  RiskMonitor,
  type RiskSnapshot,
  type RiskStore,
} from "./risk-monitor.ts";
export { orderChecksum, type SignaturePolicy, type SignedOrder } from "./risk-signature.ts";
export type { RoutingRule } from "./routing.ts";
