import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import { ProtocolError, RequestRefusedError, toError } from "../connector/errors.ts";
import type { TickListener } from "../connector/subscriptions.ts";
import { unpackTicks } from "../protocol/v1/bulk.ts";
import { readSymbols, readTick } from "../protocol/v1/reply-schemas.ts";
import { toSymbolInfo, toTickData } from "./convert.ts";
import { listAll } from "./listing.ts";
import { invalid } from "./normalise.ts";
import type { Subscription, SymbolInfo, TickData } from "./types.ts";

/** Symbols and prices. */
export interface MarketDataAPI {
  /** A symbol as the terminal has it now. Names are matched exactly. */
  getSymbolInfo(symbol: string, options?: QueryOptions): Promise<SymbolInfo>;
  /** All symbols of the terminal. */
  getAllSymbols(options?: QueryOptions): Promise<SymbolInfo[]>;
  /** The last tick. Rejects with `RequestRefusedError` (`NO_QUOTE`) if there has been none. */
  getTick(symbol: string, options?: QueryOptions): Promise<TickData>;
  /** Calls back for every tick of the symbols, through reconnects, until it is unsubscribed. */
  subscribe(symbols: readonly string[], callback: (tick: TickData) => void): Subscription;
  /** Ends a subscription. */
  unsubscribe(subscription: Subscription): void;
  /** Ends all subscriptions of this agent. */
  unsubscribeAll(): void;
}

/** What market data tells its agent. */
export interface MarketDataEvents {
  /** A callback threw, or a symbol was refused. */
  fault(error: Error): void;
}

/** Market data of one agent. */
export class AgentMarketData implements MarketDataAPI {
  readonly #core: AgentCore;
  readonly #events: MarketDataEvents;
  readonly #subscriptions: Map<string, TickSubscription> = new Map();
  #serial = 0;

  constructor(core: AgentCore, events: MarketDataEvents) {
    this.#core = core;
    this.#events = events;
  }

  async getSymbolInfo(symbol: string, options?: QueryOptions): Promise<SymbolInfo> {
    return toSymbolInfo(await this.#core.freshSymbol(symbol, options));
  }

  async getAllSymbols(options: QueryOptions = {}): Promise<SymbolInfo[]> {
    const records = await listAll(this.#core, "symbols", {}, readSymbols, (page) => page.symbols, options);
    for (const record of records) this.#core.mirror.symbols.set(record.name, record);
    return records.map(toSymbolInfo);
  }

  async getTick(symbol: string, options?: QueryOptions): Promise<TickData> {
    const answer = await this.#core.query("marketData", "tick", { symbol }, readTick, options);
    const ticks = answer.bulk === undefined ? [] : readOneTick(symbol, answer.bulk);
    const tick = ticks[0];
    if (tick === undefined) {
      throw new RequestRefusedError(`Cannot get a tick of ${symbol}: it has had no quote yet`, {
        code: "NO_QUOTE",
        remedy: "Wait for its first tick: subscribe to it, and check its sessions",
      });
    }
    return toTickData(symbol, tick, this.#core.zone);
  }

  subscribe(symbols: readonly string[], callback: (tick: TickData) => void): Subscription {
    const names = [...new Set(symbols)];
    const action = `subscribe ${names.join(", ")}`;
    if (names.length === 0 || names.some((name) => typeof name !== "string" || name === "")) {
      throw invalid(action, "a symbol's name is missing", "Give the symbols' exact names");
    }
    if (typeof callback !== "function")
      throw invalid(action, "the callback is no function", "Give (tick) => void");
    const id = `s-${++this.#serial}`;
    const subscription = new TickSubscription(id, names, this.#core, callback, this.#events, () =>
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
}

/** One caller's subscription. */
class TickSubscription implements Subscription {
  readonly id: string;
  readonly symbols: readonly string[];
  readonly errors: Map<string, Error> = new Map();
  readonly lostTicks: Map<string, number> = new Map();
  ready: Promise<void> = Promise.resolve();
  #active = true;
  readonly #core: AgentCore;
  readonly #events: MarketDataEvents;
  readonly #listener: TickListener;
  readonly #ended: () => void;

  constructor(
    id: string,
    symbols: readonly string[],
    core: AgentCore,
    callback: (tick: TickData) => void,
    events: MarketDataEvents,
    ended: () => void,
  ) {
    this.id = id;
    this.symbols = symbols;
    this.#core = core;
    this.#events = events;
    this.#ended = ended;
    this.#listener = {
      tick: (symbol, tick): void => {
        if (!this.#active) return;
        try {
          callback(toTickData(symbol, tick, core.zone));
        } catch (error) {
          // One strategy's mistake must not stop the others' ticks.
          events.fault(toError(error));
        }
      },
      lost: (symbol, count): void => {
        this.lostTicks.set(symbol, (this.lostTicks.get(symbol) ?? 0) + count);
      },
      failed: (symbol, error): void => {
        this.errors.set(symbol, error);
        events.fault(error);
      },
    };
  }

  get active(): boolean {
    return this.#active && this.errors.size < this.symbols.length;
  }

  start(): void {
    const { subscriptions } = this.#core.link.session;
    const all = this.symbols.map((symbol) =>
      subscriptions.add(symbol, this.#listener).catch((error: unknown) => {
        const known = this.errors.has(symbol) || !this.#active;
        if (!known && !subscriptions.symbols.includes(symbol)) {
          this.errors.set(symbol, toError(error));
          this.#events.fault(toError(error));
        }
        throw error;
      }),
    );
    this.ready = Promise.all(all).then(() => undefined);
    // Whoever does not await `ready` hears of refusals by `errors` and the `error` event.
    this.ready.catch(() => undefined);
    for (const one of all) one.catch(() => undefined);
    if (subscriptions.canAsk) subscriptions.restoreSoon();
  }

  unsubscribe(): void {
    if (!this.#active) return;
    this.#active = false;
    this.#ended();
    this.#core.link.session.subscriptions.remove(this.symbols, this.#listener).catch((error: unknown) => {
      // The ticks are not listened to any more; the session's end frees the rest.
      this.#core.log.debug("Symbols could not be unsubscribed at the agent", { error: toError(error) });
    });
  }
}

function readOneTick(symbol: string, bulk: Uint8Array): ReturnType<typeof unpackTicks> {
  try {
    return unpackTicks(bulk);
  } catch (cause) {
    throw new ProtocolError(`Cannot read the tick of ${symbol}: ${toError(cause).message}`, {
      code: "BAD_REPLY",
      remedy: "Use an agent and a connector of the same protocol revision",
      cause,
    });
  }
}
