/** What every error of this library can be made with besides its message. */
export interface MT5ErrorOptions {
  /** A stable name for programs, upper case. */
  readonly code: string;
  /** One sentence that says what to do. */
  readonly remedy: string;
  readonly cause?: unknown;
}

/** The root of all errors that a caller may catch. Messages read "Cannot <action>: <state>". */
export class MT5Error extends Error {
  override readonly name: string = "MT5Error";
  /** A stable name for programs. */
  readonly code: string;
  /** One sentence that says what to do. */
  readonly remedy: string;

  constructor(message: string, options: MT5ErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.remedy = options.remedy;
  }
}

/** What a `TradeRejectedError` knows. */
export interface TradeRejection extends MT5ErrorOptions {
  readonly commandId: string;
  /** The trade server's return code; 0 if the command never reached it. */
  readonly retcode: number;
  readonly retcodeName: string;
  /** The trade server's own words, if it gave any. */
  readonly brokerComment?: string;
}

/**
 * The command was not executed, and that is certain: the trade server or the terminal refused it (`code` `REJECTED`),
 * or it was never sent and never will be (`NOT_SENT`, `EXPIRED`, `VOID` and the agent's other refusals).
 */
export class TradeRejectedError extends MT5Error {
  override readonly name = "TradeRejectedError";
  readonly commandId: string;
  /** The trade server's return code; 0 if the command never reached it. */
  readonly retcode: number;
  readonly retcodeName: string;
  /** The trade server's own words; empty if it gave none. */
  readonly brokerComment: string;
  /** Always true: nothing was executed. What cannot be told is an `OutcomeUnknownError`. */
  readonly certain = true as const;

  constructor(message: string, options: TradeRejection) {
    super(message, options);
    this.commandId = options.commandId;
    this.retcode = options.retcode;
    this.retcodeName = options.retcodeName;
    this.brokerComment = options.brokerComment ?? "";
  }
}

/** What an `OutcomeUnknownError` knows. */
export interface UnknownOutcomeInfo {
  readonly commandId: string;
  /** The trade server's return code, if one came that proves nothing; else 0. */
  readonly retcode: number;
  readonly retcodeName: string;
  readonly cause?: unknown;
}

/**
 * The command may have been executed, and nobody can tell yet. Never send it again as a new command: ask
 * `trade.outcome(error.commandId)`, which gives the truth once the agent is reachable.
 */
export class OutcomeUnknownError extends MT5Error {
  override readonly name = "OutcomeUnknownError";
  /** The name to ask `trade.outcome` with. It stays valid after a restart of this process. */
  readonly commandId: string;
  readonly retcode: number;
  readonly retcodeName: string;
  /** Always false. */
  readonly certain = false as const;

  constructor(message: string, info: UnknownOutcomeInfo) {
    super(message, {
      code: "OUTCOME_UNKNOWN",
      remedy: `Do not send it again: ask trade.outcome("${info.commandId}"). If it is still unknown after some minutes of connection, the terminal's history cannot tell: compare positions and history by hand`,
      ...(info.cause === undefined ? {} : { cause: info.cause }),
    });
    this.commandId = info.commandId;
    this.retcode = info.retcode;
    this.retcodeName = info.retcodeName;
  }
}

/** The agent answered, and refused a request that is no trade. */
export class RequestRefusedError extends MT5Error {
  override readonly name = "RequestRefusedError";
  /** Always true: nothing was executed. */
  readonly certain = true as const;
}

/** The agent could not be asked. Says nothing about what it would have answered. */
export class ConnectionError extends MT5Error {
  override readonly name: string = "ConnectionError";
}

/** No answer came in time. */
export class TimeoutError extends ConnectionError {
  override readonly name = "TimeoutError";
}

/** One side does not accept the other's key. */
export class AuthenticationError extends ConnectionError {
  override readonly name = "AuthenticationError";
}

/** The circuit breaker is open: the agent failed too often lately, so it was not asked. */
export class CircuitOpenError extends ConnectionError {
  override readonly name = "CircuitOpenError";
  /** Always true: nothing was sent. */
  readonly certain = true as const;
  /** Milliseconds until the agent is tried again. */
  readonly retryAfterMs: number;

  constructor(message: string, options: MT5ErrorOptions & { readonly retryAfterMs: number }) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** One agent that could not be connected. */
export interface AgentFailure {
  readonly agentId: string;
  readonly error: Error;
}

/** Several agents were to be connected and at least one could not (the others stay so), or none of a group could be asked. */
export class AgentsUnreachableError extends ConnectionError {
  override readonly name = "AgentsUnreachableError";
  readonly failures: readonly AgentFailure[];

  constructor(failures: readonly AgentFailure[], total: number, action: "connect" | "ask" = "connect") {
    const list = failures.map((failure) => `${failure.agentId} (${failure.error.message})`).join("; ");
    super(`Cannot ${action} ${failures.length} of ${total} agents: ${list}`, {
      code: "AGENTS_UNREACHABLE",
      remedy:
        "Read `failures` for each agent's reason, then call connect() again: connected agents are left alone",
      cause: failures[0]?.error,
    });
    this.failures = failures;
  }
}

/** The far side does not keep to the agent protocol. */
export class ProtocolError extends MT5Error {
  override readonly name = "ProtocolError";
}

/** One fault of a configuration. */
export interface ConfigIssue {
  /** Where: `agents[0].credentials.clientKey`. */
  readonly path: string;
  /** What is wrong, without the value if that is a secret. */
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
}

/** The configuration cannot be used. Names every fault at once. */
export class ConfigError extends MT5Error {
  override readonly name = "ConfigError";
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    const list = issues.map((issue) => `\n  ${issue.path}: ${issue.message}. ${issue.remedy}`).join("");
    super(`Cannot use the configuration: ${issues.length} fault${issues.length === 1 ? "" : "s"}${list}`, {
      code: "CONFIG",
      remedy: issues[0]?.remedy ?? "Correct the configuration",
    });
    this.issues = issues;
  }
}

/** More was asked for in a time than is allowed, here or at the agent. Nothing was sent. */
export class RateLimitError extends MT5Error {
  override readonly name = "RateLimitError";
  /** Always true: nothing was executed. */
  readonly certain = true as const;
}

/** A limit of the configuration, the symbol or the library would be exceeded. Nothing was sent. */
export class LimitExceededError extends MT5Error {
  override readonly name = "LimitExceededError";
  /** Always true: nothing was executed. */
  readonly certain = true as const;
}

/** An argument of a trade or query cannot be used. Nothing was sent. */
export class InvalidRequestError extends MT5Error {
  override readonly name = "InvalidRequestError";
  /** Always true: nothing was executed. */
  readonly certain = true as const;
}

/** One part of several that failed. */
export interface PartFailure {
  /** The position or order. */
  readonly ticketText: string;
  readonly error: Error;
}

/** Some of several commands were not executed, or it cannot be told; `results` holds what was. */
export class PartialFailureError<Result = unknown> extends MT5Error {
  override readonly name = "PartialFailureError";
  readonly results: readonly Result[];
  readonly failures: readonly PartFailure[];

  constructor(action: string, results: readonly Result[], failures: readonly PartFailure[]) {
    const list = failures.map(({ ticketText, error }) => `\n  ${ticketText}: ${error.message}`).join("");
    super(`Cannot ${action}: ${failures.length} of ${failures.length + results.length} failed${list}`, {
      code: "PARTIAL_FAILURE",
      remedy: "Read `failures` one by one: some outcomes may be unknown, and `results` were executed",
      cause: failures[0]?.error,
    });
    this.results = results;
    this.failures = failures;
  }
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
