import type { AccountAPI } from "../api/account-api.ts";
import { TradeType } from "../api/constants.ts";
import type { PositionsAPI } from "../api/positions-api.ts";
import type { TradeAPI } from "../api/trade-api.ts";
import type { CommandOutcome, TradeResult } from "../api/types.ts";
import {
  ConnectionError,
  InvalidRequestError,
  LimitExceededError,
  MT5Error,
  OutcomeUnknownError,
  RateLimitError,
  RequestRefusedError,
  TimeoutError,
  TradeRejectedError,
  toError,
} from "../connector/errors.ts";
import type { ConnectionStatus } from "../connector/status.ts";
import type { TagMode } from "../protocol/v1/messages.ts";
import {
  type BackendAccount,
  type BackendClose,
  BackendError,
  type BackendOpen,
  type BackendOutcome,
  type BackendPosition,
  type GatewayBackend,
  type IdTaken,
} from "./backend.ts";
import { GatewayErrorCode } from "./error-codes.ts";

/** What the gateway uses of an agent of the SDK; `MT5Agent` has all of it. */
export interface BackendAgent {
  /** Its name in the configuration. */
  readonly id: string;
  /** Whether it can be used now. */
  readonly connectionStatus: ConnectionStatus;
  /** Sends orders, and tells what became of them. */
  readonly trade: Pick<TradeAPI, "marketOrder" | "closePosition" | "outcome">;
  /** The account's figures. */
  readonly account: Pick<AccountAPI, "getInfo">;
  /** The open positions. */
  readonly positions: Pick<PositionsAPI, "getAll">;
}

/** What goes with every order of the gateway. */
export interface AgentBackendOptions {
  /** The account's login, if it is known before the agent is connected. */
  readonly login?: string;
  /** Milliseconds until the SDK reports an outcome as unknown. @default 7000 */
  readonly timeoutMs?: number;
  /** Points. @default 20, as in MetaTrader's Python examples */
  readonly deviation?: number;
  /** Magic number of the orders. @default 0 */
  readonly magic?: number;
  /** How orders are marked so that they can be found after a crash. @default "comment" */
  readonly tag?: TagMode;
  /** Is told the login once it is known, and of faults that no reply can carry. */
  readonly onFault?: (error: Error) => void;
}

/** An account behind the gateway, reached through an agent of the SDK. */
export function agentBackend(agent: BackendAgent, options: AgentBackendOptions = {}): GatewayBackend {
  return new AgentBackend(agent, options);
}

class AgentBackend implements GatewayBackend {
  readonly #agent: BackendAgent;
  readonly #options: AgentBackendOptions;
  #login: string | undefined;

  constructor(agent: BackendAgent, options: AgentBackendOptions) {
    this.#agent = agent;
    this.#options = options;
    this.#login = options.login;
  }

  get id(): string {
    return this.#agent.id;
  }

  get login(): string | undefined {
    return this.#login;
  }

  status(): { readonly up: true } | { readonly up: false; readonly reason: string } {
    const status = this.#agent.connectionStatus;
    if (status.state === "connected" || (status.state === "degraded" && status.works.trading))
      return { up: true };
    const reason = status.state === "degraded" ? status.reasons.join("; ") : status.state;
    return { up: false, reason: `MetaTrader account "${this.id}" is not connected (${reason})` };
  }

  async account(): Promise<BackendAccount> {
    const info = await this.#query(() => this.#agent.account.getInfo());
    this.#login = info.loginText;
    const { balance, equity, margin, freeMargin, marginLevel, currency } = info;
    return { login: info.loginText, balance, equity, margin, freeMargin, marginLevel, currency };
  }

  async positions(): Promise<readonly BackendPosition[]> {
    const positions = await this.#query(() => this.#agent.positions.getAll());
    return positions.map((position) => ({
      ticket: position.ticketText,
      symbol: position.symbol,
      type: position.type === TradeType.BUY ? "BUY" : "SELL",
      volume: position.volume,
      openPrice: position.openPrice,
      currentPrice: position.currentPrice,
      profit: position.profit,
    }));
  }

  open(order: BackendOpen): Promise<BackendOutcome | IdTaken> {
    const { id, symbol, volume, comment } = order;
    const { deviation = 20, magic = 0, tag = "comment" } = this.#options;
    return this.#trade(() =>
      this.#agent.trade.marketOrder({
        id,
        symbol,
        type: order.type === "BUY" ? TradeType.BUY : TradeType.SELL,
        volume,
        comment,
        deviation,
        magic,
        tag,
        timeoutMs: this.#timeoutMs,
        ...(order.sl === 0 ? {} : { stopLoss: order.sl }),
        ...(order.tp === 0 ? {} : { takeProfit: order.tp }),
      }),
    );
  }

  close({ id, ticket, volume }: BackendClose): Promise<BackendOutcome | IdTaken> {
    const { deviation = 20, tag = "comment" } = this.#options;
    return this.#trade(() =>
      this.#agent.trade.closePosition(ticket, volume, { id, deviation, tag, timeoutMs: this.#timeoutMs }),
    );
  }

  async outcome(id: string): Promise<BackendOutcome> {
    try {
      return fromOutcome(await this.#agent.trade.outcome(id));
    } catch (error) {
      return { state: "unknown", message: toError(error).message };
    }
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? 7_000;
  }

  async #trade(send: () => Promise<TradeResult>): Promise<BackendOutcome | IdTaken> {
    try {
      const { orderTicketText, ticketText, volume, price } = await send();
      return { state: "filled", order: orderTicketText, position: ticketText, volume, price };
    } catch (error) {
      const outcome = tradeFailure(error);
      if (outcome.state === "unknown" && !(error instanceof OutcomeUnknownError)) {
        this.#options.onFault?.(toError(error));
      }
      return outcome;
    }
  }

  async #query<T>(ask: () => Promise<T>): Promise<T> {
    const status = this.#agent.connectionStatus;
    // Nobody should wait for a timeout to hear what is known already.
    if (status.state !== "connected" && !(status.state === "degraded" && status.works.queries)) {
      throw new BackendError(
        GatewayErrorCode.NOT_CONNECTED,
        `MetaTrader account "${this.id}" is not connected (${status.state})`,
      );
    }
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof MT5Error)) throw error;
      const code =
        error instanceof TimeoutError
          ? GatewayErrorCode.TIMEOUT
          : error instanceof ConnectionError
            ? GatewayErrorCode.NOT_CONNECTED
            : error instanceof RateLimitError
              ? GatewayErrorCode.RATE_LIMITED
              : GatewayErrorCode.INTERNAL_ERROR;
      throw new BackendError(code, error.message, { cause: error });
    }
  }
}

/** What an error of the SDK says about an order. What it does not say for certain is unknown. */
export function tradeFailure(error: unknown): BackendOutcome | IdTaken {
  if (error instanceof TradeRejectedError) {
    if (error.code === "ID_REUSED") return { state: "id-taken" };
    if (error.code === "REJECTED")
      return { state: "rejected", retcode: error.retcode, comment: error.brokerComment };
    return refused(notExecutedCodes[error.retcodeName] ?? GatewayErrorCode.NOT_EXECUTED, error);
  }
  if (error instanceof InvalidRequestError) return refused(invalidCode(error.message), error);
  if (error instanceof LimitExceededError) return refused(GatewayErrorCode.LIMIT_EXCEEDED, error);
  if (error instanceof RateLimitError) return refused(GatewayErrorCode.RATE_LIMITED, error);
  if (error instanceof RequestRefusedError) return refused(error.code, error);
  // Thrown only before the order is handed to the session: its symbol could not be asked for, or a breaker is open.
  if (error instanceof TimeoutError) return refused(GatewayErrorCode.TIMEOUT, error);
  if (error instanceof ConnectionError) return refused(GatewayErrorCode.NOT_CONNECTED, error);
  return { state: "unknown", message: toError(error).message };
}

const notExecutedCodes: Readonly<Record<string, string>> = {
  NOT_SENT: GatewayErrorCode.NOT_CONNECTED,
  EXPIRED: GatewayErrorCode.TIMEOUT,
  BAD_REQUEST: GatewayErrorCode.INVALID_REQUEST,
};

function refused(code: string, error: MT5Error): BackendOutcome {
  return { state: "refused", code, message: error.message };
}

/** The SDK checks arguments before MetaTrader can, and v4.3 clients know MetaTrader's names for the same faults. */
function invalidCode(message: string): string {
  if (/: volume /.test(message)) return GatewayErrorCode.INVALID_VOLUME;
  if (/: (?:stopLoss|takeProfit) /.test(message)) return "INVALID_STOPS";
  return GatewayErrorCode.INVALID_REQUEST;
}

function fromOutcome(outcome: CommandOutcome): BackendOutcome {
  switch (outcome.state) {
    case "executed": {
      const { orderTicketText, ticketText, volume, price } = outcome;
      return { state: "filled", order: orderTicketText, position: ticketText, volume, price };
    }
    case "rejected":
      return { state: "rejected", retcode: outcome.retcode, comment: outcome.comment };
    case "notExecuted":
      return { state: "refused", code: GatewayErrorCode.NOT_EXECUTED, message: outcome.reason };
    case "pending":
      return { state: "unknown", message: "The order is on its way" };
    case "unknown":
      return { state: "unknown", message: `The trade server answered ${outcome.retcodeName}` };
  }
}
