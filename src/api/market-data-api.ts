import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import { ProtocolError, RequestRefusedError, toError } from "../connector/errors.ts";
import type { Answer } from "../connector/requests.ts";
import { type BarRecord, Timeframe } from "../domain/market.ts";
import type { TickRecord } from "../domain/records.ts";
import { unpackBars, unpackTicks } from "../protocol/v1/bulk.ts";
import { limits } from "../protocol/v1/limits.ts";
import { readBars, readTickRange } from "../protocol/v1/market-schemas.ts";
import type { BarsArgs, BarsResult } from "../protocol/v1/messages.ts";
import { readSymbols, readTick } from "../protocol/v1/reply-schemas.ts";
import { calendarPages } from "./calendar-pages.ts";
import { toBarData, toSymbolInfo, toTickData } from "./convert.ts";
import { AgentDepthSubscription } from "./depth-subscription.ts";
import { checkQuery } from "./known-keys.ts";
import { listAll } from "./listing.ts";
import type {
  BarData,
  CalendarEvent,
  CalendarQuery,
  DepthData,
  DepthSubscription,
  PriceData,
  TradingSessions,
} from "./market-types.ts";
import { brokerRange, invalid } from "./normalise.ts";
import { checkSymbolName } from "./order-intents.ts";
import { type Pages, pagesOf } from "./paging.ts";
import { tradingSessions } from "./sessions.ts";
import { AgentTickSubscription, type SubscriptionEvents } from "./tick-subscription.ts";
import type { Subscription, SymbolInfo, TickData, TickSubscription } from "./types.ts";

/** Symbols, prices, charts, market depth and the economic calendar. */
export interface MarketDataAPI {
  /** A symbol as the terminal has it now. Names are matched exactly. */
  getSymbolInfo(symbol: string, options?: QueryOptions): Promise<SymbolInfo>;
  /** All symbols of the terminal. */
  getAllSymbols(options?: QueryOptions): Promise<SymbolInfo[]>;
  /** When a symbol is quoted and traded, and where the present moment lies in that. */
  getTradingSessions(symbol: string, options?: QueryOptions): Promise<TradingSessions>;

  /** The last tick. Rejects with `RequestRefusedError` (`NO_QUOTE`) if there has been none. */
  getTick(symbol: string, options?: QueryOptions): Promise<TickData>;
  /** The price as of the last tick. */
  getPrice(symbol: string, options?: QueryOptions): Promise<PriceData>;

  /** Calls back for every tick of the symbols, through reconnects, until it is unsubscribed. */
  subscribe(symbols: readonly string[], callback: (tick: TickData) => void): TickSubscription;
  /** Calls back with the whole market depth of a symbol whenever it changes; only the newest matters. */
  subscribeDepth(symbols: readonly string[], callback: (depth: DepthData) => void): DepthSubscription;
  /** Ends a subscription. */
  unsubscribe(subscription: Subscription): void;
  /** Ends all subscriptions of this agent, of ticks and of depth. */
  unsubscribeAll(): void;

  /** Bars that opened between two moments, both included, oldest first. */
  getBars(
    symbol: string,
    timeframe: Timeframe,
    from: Date,
    to: Date,
    options?: QueryOptions,
  ): Promise<BarData[]>;
  /** The newest bars, the one that is still open included, oldest first. At most 100,000. */
  getLastBars(
    symbol: string,
    timeframe: Timeframe,
    count: number,
    options?: QueryOptions,
  ): Promise<BarData[]>;
  /** As `getBars`, page by page as they are wanted. */
  bars(symbol: string, timeframe: Timeframe, from: Date, to: Date, options?: QueryOptions): Pages<BarData>;
  /** Ticks of the past between two moments, both included, oldest first, page by page as they are wanted. */
  ticks(symbol: string, from: Date, to: Date, options?: QueryOptions): Pages<TickData>;
  /** Values of the economic calendar, page by page as they are wanted. */
  calendar(query: CalendarQuery, options?: QueryOptions): Pages<CalendarEvent>;
}

/** Market data of one agent. */
export class AgentMarketData implements MarketDataAPI {
  readonly #core: AgentCore;
  readonly #events: SubscriptionEvents;
  readonly #subscriptions: Map<string, Subscription> = new Map();
  #serial = 0;

  constructor(core: AgentCore, events: SubscriptionEvents) {
    this.#core = core;
    this.#events = events;
  }

  async getSymbolInfo(symbol: string, options?: QueryOptions): Promise<SymbolInfo> {
    const action = `read symbol ${String(symbol)}`;
    checkSymbolName(symbol, action);
    checkQuery(options, action);
    return toSymbolInfo(await this.#core.freshSymbol(symbol, options));
  }

  async getAllSymbols(options: QueryOptions = {}): Promise<SymbolInfo[]> {
    checkQuery(options, "read all symbols");
    const records = await listAll(this.#core, "symbols", {}, readSymbols, (page) => page.symbols, options);
    for (const record of records) this.#core.mirror.symbols.set(record.name, record);
    return records.map(toSymbolInfo);
  }

  async getTradingSessions(symbol: string, options?: QueryOptions): Promise<TradingSessions> {
    const action = `read the sessions of ${String(symbol)}`;
    checkSymbolName(symbol, action);
    checkQuery(options, action);
    const record = await this.#core.symbol(symbol, options);
    return tradingSessions(record, this.#core.zone, this.#core.utcMs);
  }

  async getTick(symbol: string, options?: QueryOptions): Promise<TickData> {
    const action = `read a tick of ${String(symbol)}`;
    checkSymbolName(symbol, action);
    checkQuery(options, action);
    const answer = await this.#core.query("marketData", "tick", { symbol }, readTick, options);
    const [tick] = unpacked(`the tick of ${symbol}`, answer.bulk, unpackTicks);
    if (tick === undefined) {
      throw new RequestRefusedError(`Cannot get a tick of ${symbol}: it has had no quote yet`, {
        code: "NO_QUOTE",
        remedy: "Wait for its first tick: subscribe to it, and check its sessions",
      });
    }
    return toTickData(symbol, tick, this.#core.zone);
  }

  async getPrice(symbol: string, options?: QueryOptions): Promise<PriceData> {
    const { bid, ask, last, time, timeBrokerMs } = await this.getTick(symbol, options);
    // Prices have at most eight decimals: the rest is the noise of floating point.
    const spread = Math.round((ask - bid) * 1e8) / 1e8;
    return { symbol, bid, ask, spread, time, timeBrokerMs, ...(last === undefined ? {} : { last }) };
  }

  subscribe(symbols: readonly string[], callback: (tick: TickData) => void): TickSubscription {
    const { id, names } = this.#checked(symbols, callback, "subscribe", "(tick) => void");
    const subscription = new AgentTickSubscription(id, names, this.#core, callback, this.#events, () =>
      this.#subscriptions.delete(id),
    );
    this.#subscriptions.set(id, subscription);
    subscription.start();
    return subscription;
  }

  subscribeDepth(symbols: readonly string[], callback: (depth: DepthData) => void): DepthSubscription {
    const { id, names } = this.#checked(symbols, callback, "subscribe the depth of", "(depth) => void");
    const subscription = new AgentDepthSubscription(id, names, this.#core, callback, this.#events, () =>
      this.#subscriptions.delete(id),
    );
    this.#subscriptions.set(id, subscription);
    subscription.start();
    return subscription;
  }

  unsubscribe(subscription: Subscription): void {
    subscription.unsubscribe();
  }

  unsubscribeAll(): void {
    for (const subscription of [...this.#subscriptions.values()]) subscription.unsubscribe();
  }

  getBars(
    symbol: string,
    timeframe: Timeframe,
    from: Date,
    to: Date,
    options?: QueryOptions,
  ): Promise<BarData[]> {
    return rejecting(() => this.bars(symbol, timeframe, from, to, options).toArray());
  }

  getLastBars(
    symbol: string,
    timeframe: Timeframe,
    count: number,
    options: QueryOptions = {},
  ): Promise<BarData[]> {
    return rejecting(() => {
      const action = `read bars of ${String(symbol)}`;
      checkSymbolName(symbol, action);
      checkTimeframe(timeframe, action);
      checkQuery(options, action);
      if (!Number.isSafeInteger(count) || count < 1 || count > limits.maxBarsCount) {
        throw invalid(
          action,
          `count ${count} is not a whole number from 1 to ${limits.maxBarsCount}`,
          "Give the number of bars, or ask for a span of time with bars()",
        );
      }
      return this.#bars({ symbol, timeframe, count }, options).toArray();
    });
  }

  bars(
    symbol: string,
    timeframe: Timeframe,
    from: Date,
    to: Date,
    options: QueryOptions = {},
  ): Pages<BarData> {
    const action = `read bars of ${String(symbol)}`;
    checkSymbolName(symbol, action);
    checkTimeframe(timeframe, action);
    checkQuery(options, action);
    return this.#bars({ symbol, timeframe, ...brokerRange(this.#core, from, to, action) }, options);
  }

  ticks(symbol: string, from: Date, to: Date, options: QueryOptions = {}): Pages<TickData> {
    const core = this.#core;
    const action = `read ticks of ${String(symbol)}`;
    checkSymbolName(symbol, action);
    checkQuery(options, action);
    return pagesOf(
      core,
      {
        op: "ticks",
        args: { symbol, ...brokerRange(core, from, to, action) },
        read: readTickRange,
        rows: ({ result, bulk }): readonly TickRecord[] =>
          counted(`ticks of ${symbol}`, result.n, unpacked(`ticks of ${symbol}`, bulk, unpackTicks)),
        toItem: (record): TickData => toTickData(symbol, record, core.zone),
        stamp: (record): number => record.timeBrokerMs,
      },
      options,
    );
  }

  calendar(query: CalendarQuery, options: QueryOptions = {}): Pages<CalendarEvent> {
    return calendarPages(this.#core, query, options);
  }

  #bars(args: BarsArgs, options: QueryOptions): Pages<BarData> {
    const core = this.#core;
    const { symbol, timeframe } = args;
    const what = `bars of ${symbol}`;
    return pagesOf(
      core,
      {
        op: "bars",
        args,
        read: readBars,
        rows: ({ result, bulk }: Answer<BarsResult>): readonly BarRecord[] =>
          counted(what, result.n, unpacked(what, bulk, unpackBars)),
        toItem: (record): BarData => toBarData(symbol, timeframe, record, core.zone),
        stamp: (record): number => record.timeBrokerMs,
      },
      options,
    );
  }

  #checked(
    symbols: readonly string[],
    callback: unknown,
    verb: string,
    shape: string,
  ): { readonly id: string; readonly names: readonly string[] } {
    if (!Array.isArray(symbols)) {
      throw invalid(
        verb,
        `${JSON.stringify(symbols)} is no list of symbols`,
        'Give an array, such as ["EURUSD"]',
      );
    }
    const names = [...new Set(symbols)];
    const action = `${verb} ${names.join(", ")}`;
    if (names.length === 0 || names.some((name) => typeof name !== "string" || name === "")) {
      throw invalid(action, "a symbol's name is missing", "Give the symbols' exact names");
    }
    if (typeof callback !== "function") throw invalid(action, "the callback is no function", `Give ${shape}`);
    return { id: `s-${++this.#serial}`, names };
  }
}

/** A faulty argument of a method that returns a promise is a rejection like any other. */
async function rejecting<T>(run: () => Promise<T>): Promise<T> {
  return await run();
}

function checkTimeframe(timeframe: Timeframe, action: string): void {
  if (Object.hasOwn(Timeframe, timeframe)) return;
  const known = Object.keys(Timeframe).join(", ");
  throw invalid(action, `timeframe ${String(timeframe)} does not exist`, `Use one of: ${known}`);
}

function unpacked<Row>(
  what: string,
  bulk: Uint8Array | undefined,
  unpack: (bytes: Uint8Array) => Row[],
): Row[] {
  if (bulk === undefined) return [];
  try {
    return unpack(bulk);
  } catch (cause) {
    throw badReply(what, toError(cause).message, cause);
  }
}

function counted<Row>(what: string, announced: number, rows: readonly Row[]): readonly Row[] {
  if (rows.length === announced) return rows;
  throw badReply(what, `${announced} announced, ${rows.length} sent`, undefined);
}

function badReply(what: string, detail: string, cause: unknown): ProtocolError {
  return new ProtocolError(`Cannot read ${what}: ${detail}`, {
    code: "BAD_REPLY",
    remedy: "Use an agent and a connector of the same protocol revision",
    ...(cause === undefined ? {} : { cause }),
  });
}
