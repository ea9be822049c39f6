import type { LogEntry } from "./log.ts";

/** What a connector is made from. */
export interface MT5ConnectorConfig {
  /** The accounts, one agent each. */
  readonly agents: readonly AgentConfig[];
  readonly options?: GlobalOptions;
}

/** One MetaTrader 5 terminal with its agent. */
export interface AgentConfig {
  /** Your name for it, unique in the configuration. */
  readonly id: string;
  /** A name for people. @default the id */
  readonly displayName?: string;
  readonly connection: AgentConnection;
  readonly credentials: AgentCredentials;
  readonly metadata?: AgentMetadata;
  readonly limits?: AgentLimits;
}

/** Where the agent listens. */
export interface AgentConnection {
  /** Host name or address of the machine with the terminal. */
  readonly host: string;
  readonly ports: {
    /** Trade commands. */
    readonly command: number;
    /** Events. */
    readonly events: number;
    /** Requests and replies. */
    readonly sync: number;
  };
  /** Milliseconds until `connect` gives up on this agent. @default errorHandling.timeouts.connectionTimeoutMs, 5000 */
  readonly timeout?: number;
}

/** Keys, in base64 (44 letters) or Z85 (40 letters). `undefined` (an environment variable that is not set) is refused. */
export interface AgentCredentials {
  /** The agent's public key. */
  readonly serverKey: string | undefined;
  /** This side's secret key. */
  readonly clientKey: string | undefined;
}

/** What you know about the account. Only told back, but for `accountNumber`. */
export interface AgentMetadata {
  /** The account's login. If given, an agent with another login is refused at connect. */
  readonly accountNumber?: number;
  readonly broker?: string;
  readonly environment?: "live" | "demo" | "test";
  readonly description?: string;
}

/** Limits kept here, before anything is sent. They never stop a close, a cancel or a modification. */
export interface AgentLimits {
  /** Orders in any second. */
  readonly maxOrdersPerSecond?: number;
  /** Open positions, with pending orders and orders on their way. */
  readonly maxPositions?: number;
  /** Lots of one order. */
  readonly maxVolume?: number;
}

/** Options for all agents. */
export interface GlobalOptions {
  readonly reconnect?: ReconnectOptions;
  readonly logging?: LoggingOptions;
  readonly monitoring?: MonitoringOptions;
  readonly security?: SecurityOptions;
  readonly errorHandling?: ErrorHandlingOptions;
}

/** What happens after a connection is lost. */
export interface ReconnectOptions {
  /** @default true */
  readonly enabled?: boolean;
  /** Attempts in a row without success, per channel, before the agent counts as disconnected. @default Infinity */
  readonly maxAttempts?: number;
  /** The first wait; it doubles with each attempt, and a random half of it is left out. @default 250 */
  readonly backoffMs?: number;
  /** The longest wait. @default 10000, or `backoffMs` if that is more */
  readonly maxBackoffMs?: number;
}

/** Where log entries go. Without it they go to LogTape's category `mt5-connector` only, for the application to route. */
export interface LoggingOptions {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  readonly destination: "console" | "file" | "custom";
  /** Required with `file`. */
  readonly filePath?: string;
  /** Required with `custom`. */
  readonly customHandler?: (log: LogEntry) => void;
}

/** Health checks and metrics. */
export interface MonitoringOptions {
  /** Asks the agent regularly. The session's lease needs a request every few seconds in any case. */
  readonly healthCheck?: { readonly enabled: boolean; readonly intervalMs?: number };
  /** `getMetrics` counts when enabled (default). `endpoint` is refused: no exporter yet. */
  readonly metrics?: { readonly enabled: boolean; readonly endpoint?: string };
}

/** Security beyond what is always on: CURVE on all channels, and a MAC on every request. */
export interface SecurityOptions {
  /** Both mean CURVE (Curve25519, XSalsa20-Poly1305); there is no weaker and no stronger mode. */
  readonly encryptionLevel?: "standard" | "high";
  /** Refused when enabled: keys are rotated by hand until rotation exists. */
  readonly keyRotation?: {
    readonly enabled: boolean;
    readonly intervalHours?: number;
    readonly gracePeriodMinutes?: number;
  };
}

/** How failures are met. Each part and each key may be left out. */
export interface ErrorHandlingOptions {
  readonly retryPolicy?: Partial<RetryPolicy>;
  readonly circuitBreaker?: Partial<CircuitBreakerOptions>;
  readonly timeouts?: Partial<TimeoutOptions>;
}

/** Repetition of queries that could not be asked. Trades are never repeated under another id. */
export interface RetryPolicy {
  /** Attempts in all. @default 3 */
  readonly maxAttempts: number;
  /** @default 100 */
  readonly baseDelayMs: number;
  /** @default 2000 */
  readonly maxDelayMs: number;
  /** @default 2 */
  readonly backoffMultiplier: number;
  /** Added at random. @default 50 */
  readonly jitterMs: number;
}

/** One breaker per agent and class of operation. Closes pass in any case. */
export interface CircuitBreakerOptions {
  /** Failures within `monitoringPeriodMs` that open it. @default 5 */
  readonly failureThreshold: number;
  /** Milliseconds until one call is let through to try. @default 10000 */
  readonly recoveryTimeoutMs: number;
  /** @default 60000 */
  readonly monitoringPeriodMs: number;
}

/** Times until an answer counts as missing, in milliseconds. */
export interface TimeoutOptions {
  /** Until `connect` gives up on an agent. @default 5000 */
  readonly connectionTimeoutMs: number;
  /** Until a query is given up. @default 5000 */
  readonly requestTimeoutMs: number;
  /** Until a trade without a certain outcome is reported as unknown; at most the agent's 60,000. @default 10000 */
  readonly tradeTimeoutMs: number;
  /** Until a health check counts as failed. @default 3000 */
  readonly healthCheckTimeoutMs: number;
}

/** The blueprint's name for the whole of `errorHandling`. */
export interface ErrorHandlingConfig {
  readonly retryPolicy: RetryPolicy;
  readonly circuitBreaker: CircuitBreakerOptions;
  readonly timeouts: TimeoutOptions;
}

/** An agent's configuration after validation. */
export interface ResolvedAgent {
  readonly id: string;
  readonly displayName: string;
  readonly host: string;
  readonly ports: { readonly command: number; readonly events: number; readonly sync: number };
  readonly connectTimeoutMs: number;
  readonly serverPublicKey: Uint8Array;
  readonly clientSecretKey: Uint8Array;
  readonly metadata: AgentMetadata;
  readonly limits: AgentLimits;
}

/** All options after validation, with their defaults. */
export interface ResolvedOptions extends ErrorHandlingConfig {
  readonly reconnect: Required<ReconnectOptions>;
  readonly logging: LoggingOptions | undefined;
  readonly healthCheckIntervalMs: number;
  readonly metricsEnabled: boolean;
}

/** A configuration after validation. */
export interface ResolvedConfig {
  readonly agents: readonly ResolvedAgent[];
  readonly options: ResolvedOptions;
}
