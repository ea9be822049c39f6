import { BrokerTimeZone, newYorkCloseTime } from "../domain/broker-time.ts";
import type { SymbolRecord } from "../domain/records.ts";
import type { ExecutedOutcome, SyncOp } from "../protocol/v1/messages.ts";
import { type Reader, readSymbols } from "../protocol/v1/reply-schemas.ts";
import type { Clock } from "../transport/clock.ts";
import type { AgentLink } from "./agent-link.ts";
import { backoffMs, type RandomBytes } from "./backoff.ts";
import { CircuitBreaker, type OperationClass } from "./breaker.ts";
import { brokerZone } from "./broker-zone.ts";
import type { CommandInput } from "./command.ts";
import {
  CircuitOpenError,
  ConnectionError,
  OutcomeUnknownError,
  RateLimitError,
  RequestRefusedError,
  TradeRejectedError,
} from "./errors.ts";
import type { Log } from "./log.ts";
import { ErrorCounter, LatencyRecorder, RateCounter } from "./metrics.ts";
import type { MirrorState } from "./mirror.ts";
import { Observers } from "./observers.ts";
import type { ResolvedAgent, ResolvedOptions } from "./options.ts";
import { OrderLimits } from "./order-limits.ts";
import type { Answer } from "./requests.ts";

/** What may be added to any query. */
export interface QueryOptions {
  /** Milliseconds for all attempts together. @default errorHandling.timeouts.requestTimeoutMs */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What an agent's core is made from. */
export interface AgentCoreDeps {
  readonly agent: ResolvedAgent;
  readonly options: ResolvedOptions;
  readonly link: AgentLink;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** Tells of an error that no caller waits for. */
  fault(error: Error): void;
}

/** What the API namespaces of one agent share: queries with retry and breaker, commands with limits, time, symbols. */
export class AgentCore {
  readonly agent: ResolvedAgent;
  readonly options: ResolvedOptions;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly link: AgentLink;
  readonly limits: OrderLimits;
  readonly observers: Observers = new Observers();
  /** Tells of an error that no caller waits for. */
  readonly fault: (error: Error) => void;
  readonly latency: { readonly query: LatencyRecorder; readonly trade: LatencyRecorder };
  readonly rates: { readonly query: RateCounter; readonly command: RateCounter };
  readonly errors: ErrorCounter = new ErrorCounter();
  readonly #breakers: Readonly<Record<OperationClass, CircuitBreaker>>;
  #zone: BrokerTimeZone = new BrokerTimeZone(newYorkCloseTime);
  #zoneKey = "";

  constructor(deps: AgentCoreDeps) {
    this.agent = deps.agent;
    this.options = deps.options;
    this.clock = deps.clock;
    this.randomBytes = deps.randomBytes;
    this.log = deps.log;
    this.link = deps.link;
    this.fault = (error): void => deps.fault(error);
    this.limits = new OrderLimits(deps.agent, deps.clock);
    this.latency = { query: new LatencyRecorder(), trade: new LatencyRecorder() };
    this.rates = { query: new RateCounter(deps.clock), command: new RateCounter(deps.clock) };
    const breaker = (what: string): CircuitBreaker =>
      new CircuitBreaker(deps.clock, deps.options.circuitBreaker, `agent "${deps.agent.id}" for ${what}`);
    this.#breakers = {
      query: breaker("queries"),
      trade: breaker("trades"),
      marketData: breaker("market data"),
    };
  }

  /** The mirror of the terminal's state. */
  get mirror(): MirrorState {
    return this.link.session.mirror;
  }

  /** How broker time is converted, as the agent's last hello told it. */
  get zone(): BrokerTimeZone {
    const info = this.link.session.brokerTime;
    if (info === undefined) return this.#zone;
    const key = `${info.rule.standardOffsetMinutes} ${info.rule.daylight}`;
    if (key !== this.#zoneKey) {
      this.#zoneKey = key;
      this.#zone = brokerZone(info);
    }
    return this.#zone;
  }

  /** UTC as the terminal has it; this side's before the first connect. */
  get utcMs(): number {
    return this.link.session.utcMs ?? this.clock.wallMs();
  }

  /** Throws unless the agent is connected or on its way to be. */
  requireStarted(action: string): void {
    const { status } = this.link;
    if (status.state !== "disconnected") return;
    throw new ConnectionError(
      `Cannot ${action}: agent "${this.agent.id}" is disconnected (${status.reason})`,
      {
        code: "NOT_CONNECTED",
        remedy: "Call connect() first",
        ...(status.cause === undefined ? {} : { cause: status.cause }),
      },
    );
  }

  /** Asks the agent. Repeated with jitter when it could not be asked; a refusal is final. */
  async query<T>(
    operation: OperationClass,
    op: SyncOp,
    args: Readonly<Record<string, unknown>>,
    read: Reader<T>,
    options: QueryOptions = {},
  ): Promise<Answer<T>> {
    this.rates.query.add();
    return await this.#counted(this.#query(operation, op, args, read, options));
  }

  async #counted<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      this.errors.add(error);
      throw error;
    }
  }

  async #query<T>(
    operation: OperationClass,
    op: SyncOp,
    args: Readonly<Record<string, unknown>>,
    read: Reader<T>,
    options: QueryOptions,
  ): Promise<Answer<T>> {
    const { retryPolicy, timeouts } = this.options;
    const startMs = this.clock.nowMs();
    const deadlineMs = startMs + (options.timeoutMs ?? timeouts.requestTimeoutMs);
    const policy = {
      baseDelayMs: retryPolicy.baseDelayMs,
      maxDelayMs: retryPolicy.maxDelayMs,
      multiplier: retryPolicy.backoffMultiplier,
      jitterMs: retryPolicy.jitterMs,
    };
    for (let attempt = 1; ; attempt++) {
      this.requireStarted(`ask "${op}"`);
      try {
        // Each attempt has its share of the time that is left, so that one lost reply does not use it all up.
        const left = deadlineMs - this.clock.nowMs();
        const timeoutMs = Math.max(1, left / (retryPolicy.maxAttempts - attempt + 1));
        const answer = await this.#breakers[operation].run(
          () =>
            this.link.session.query(op, args, read, { timeoutMs, signal: options.signal, lane: operation }),
          speaksAgainstAgent,
        );
        this.latency.query.add(this.clock.nowMs() - startMs);
        return answer;
      } catch (error) {
        const waitMs = backoffMs(policy, attempt, this.randomBytes);
        const late = this.clock.nowMs() + waitMs >= deadlineMs;
        if (attempt >= retryPolicy.maxAttempts || late || !isRetriable(error)) throw error;
        this.log.debug("A query is repeated", { op, attempt, waitMs, error });
        await this.link.timers.sleep(waitMs);
      }
    }
  }

  /** Sends a command. The limits count only what opens; closes and cancels pass the breaker, too. */
  async command(
    input: CommandInput,
    opens: { readonly lots: number; readonly symbol: string } | undefined,
  ): Promise<ExecutedOutcome> {
    this.rates.command.add();
    return await this.#counted(this.#command(input, opens));
  }

  async #command(
    input: CommandInput,
    opens: { readonly lots: number; readonly symbol: string } | undefined,
  ): Promise<ExecutedOutcome> {
    this.requireStarted(input.action);
    const { session } = this.link;
    const startMs = this.clock.nowMs();
    const send = (): Promise<ExecutedOutcome> => session.outbox.submit(input);
    const outcome = input.reduces
      ? await send()
      : await this.#breakers.trade.run(() => {
          if (opens !== undefined && session.outbox.find(input.id) === undefined) {
            this.limits.check(input.action, opens, this.mirror, session.outbox.opening);
          }
          return send();
        }, tradeSpeaksAgainstAgent);
    this.latency.trade.add(this.clock.nowMs() - startMs);
    return outcome;
  }

  /**
   * A symbol's specification, asked for once per connection of the terminal. Trades need it, so it stands in their queue
   * and behind their breaker.
   */
  async symbol(name: string, options: QueryOptions = {}): Promise<SymbolRecord> {
    const known = this.mirror.symbols.get(name);
    if (known !== undefined) return known;
    return this.freshSymbol(name, options, "trade");
  }

  /** A symbol's specification, asked for now. */
  async freshSymbol(
    name: string,
    options: QueryOptions = {},
    operation: OperationClass = "query",
  ): Promise<SymbolRecord> {
    const { result } = await this.query(operation, "symbols", { names: [name] }, readSymbols, options);
    const record = result.symbols.find((symbol) => symbol.name === name);
    if (record === undefined) {
      throw new RequestRefusedError(`Cannot find symbol ${name}: the agent's answer does not contain it`, {
        code: "UNKNOWN_SYMBOL",
        remedy: "Use a name that marketData.getAllSymbols() lists",
      });
    }
    this.mirror.symbols.set(name, record);
    return record;
  }
}

function isRetriable(error: unknown): boolean {
  if (error instanceof CircuitOpenError) return false;
  if (error instanceof RateLimitError) return true;
  return error instanceof ConnectionError && error.code !== "ABORTED" && error.code !== "MAC";
}

function speaksAgainstAgent(error: unknown): boolean {
  return error instanceof ConnectionError && error.code !== "ABORTED";
}

function tradeSpeaksAgainstAgent(error: unknown): boolean {
  if (error instanceof OutcomeUnknownError) return error.retcode === 0;
  if (!(error instanceof TradeRejectedError)) return error instanceof ConnectionError;
  return error.retcodeName === "NOT_SENT" || error.retcodeName === "EXPIRED";
}
