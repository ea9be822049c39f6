import type { TickRecord } from "../domain/records.ts";
import { unpackTicks } from "../protocol/v1/bulk.ts";
import { limits } from "../protocol/v1/limits.ts";
import type { TicksMessage } from "../protocol/v1/messages.ts";
import { readNothing, readSubscribed, ShapeError } from "../protocol/v1/reply-schemas.ts";
import { tickTopic } from "../protocol/v1/topics.ts";
import { ConnectionError, LimitExceededError, MT5Error } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Requests } from "./requests.ts";

/** Who hears the ticks of some symbols. */
export interface TickListener {
  tick(symbol: string, tick: TickRecord): void;
  /** Ticks that were lost or left out between the last one heard and the next. */
  lost(symbol: string, count: number): void;
  /** A symbol's ticks do not flow. */
  failed(symbol: string, error: Error): void;
}

interface Stream {
  readonly listeners: Set<TickListener>;
  /** The symbol's running count, as last heard; undefined while unknown. */
  count: number | undefined;
  epoch: number;
  /** Whether the agent has confirmed it in the current session. */
  confirmed: boolean;
  /** Those who wait for that. */
  waiting: { resolve(): void; reject(error: Error): void }[];
}

/** What subscriptions need from the session. */
export interface SubscriptionsDeps {
  readonly requests: Requests;
  readonly requestTimeoutMs: number;
  readonly log: Log;
  /** Whether a session stands in which symbols can be subscribed. */
  ready(): boolean;
  /** Something could not be asked now; the session tries again. */
  retry(): void;
  topicAdded(topic: Uint8Array): void;
  topicRemoved(topic: Uint8Array): void;
}

/** Which symbols' ticks flow, and to whom (docs/protocol.md, 4.3 and 5.4). Survives sessions and connections. */
export class Subscriptions {
  readonly #deps: SubscriptionsDeps;
  readonly #streams: Map<string, Stream> = new Map();
  #asking = false;

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
  }

  /** Symbols that somebody listens to. */
  get symbols(): readonly string[] {
    return [...this.#streams.keys()];
  }

  /** Whether something that was just added can be asked for. */
  get canAsk(): boolean {
    return this.#deps.ready();
  }

  /** The topics of all symbols. */
  *topics(): Iterable<Uint8Array> {
    for (const symbol of this.#streams.keys()) yield tickTopic(symbol);
  }

  /**
   * Adds a listener. Resolves when the agent has confirmed the symbol, now or after the next connect; rejects when it
   * refuses, or when `end` comes first.
   */
  add(symbol: string, listener: TickListener): Promise<void> {
    let stream = this.#streams.get(symbol);
    if (stream === undefined) {
      if (this.#streams.size >= limits.maxSymbolsPerSession) {
        return Promise.reject(
          new LimitExceededError(
            `Cannot subscribe ${symbol}: ${this.#streams.size} symbols are subscribed already`,
            {
              code: "TOO_MANY_SUBSCRIPTIONS",
              remedy: `Subscribe at most ${limits.maxSymbolsPerSession} symbols per agent`,
            },
          ),
        );
      }
      stream = { listeners: new Set(), count: undefined, epoch: 0, confirmed: false, waiting: [] };
      this.#streams.set(symbol, stream);
      this.#deps.topicAdded(tickTopic(symbol));
    }
    stream.listeners.add(listener);
    if (stream.confirmed) return Promise.resolve();
    const { waiting } = stream;
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  }

  /** Takes a listener back. */
  async remove(symbols: readonly string[], listener: TickListener): Promise<void> {
    const silent = symbols.filter((symbol) => this.#forget(symbol, listener));
    if (silent.length === 0 || !this.#deps.ready()) return;
    await this.#deps.requests.request("unsubscribe", { symbols: silent }, readNothing, {
      timeoutMs: this.#deps.requestTimeoutMs,
      internal: true,
    });
  }

  /** A new session knows of no subscriptions. */
  invalidate(): void {
    for (const stream of this.#streams.values()) stream.confirmed = false;
  }

  /** The connector ends: nothing will be confirmed any more. */
  end(error: Error): void {
    this.invalidate();
    for (const stream of this.#streams.values()) {
      for (const waiter of stream.waiting.splice(0)) waiter.reject(error);
    }
  }

  /** Asks for what is not confirmed yet. Rejects when the agent could not be asked. */
  async restore(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      for (;;) {
        const symbols = this.symbols.filter((symbol) => this.#streams.get(symbol)?.confirmed === false);
        if (symbols.length === 0 || !this.#deps.ready()) return;
        await this.#askOrSplit(symbols);
      }
    } finally {
      this.#asking = false;
    }
  }

  /** Asks soon, for what was just added; everything that is added in one turn shares a request. */
  restoreSoon(): void {
    Promise.resolve()
      .then(() => this.restore())
      .catch((error: unknown) => {
        this.#deps.log.debug("Subscriptions could not be asked for yet", { error });
        this.#deps.retry();
      });
  }

  /** Takes a batch of ticks. Throws a ShapeError if it is not one. */
  receive(
    head: TicksMessage,
    bulk: Uint8Array | undefined,
    apply: (symbol: string, tick: TickRecord) => void,
  ): void {
    if (bulk !== undefined && bulk.length > limits.maxBulkBytes)
      throw new ShapeError(`bulk of ${bulk.length} bytes`);
    const ticks = bulk === undefined ? [] : unpackTicks(bulk);
    if (ticks.length !== head.n) throw new ShapeError(`${head.n} ticks announced, ${ticks.length} sent`);
    const stream = this.#streams.get(head.symbol);
    if (stream === undefined) return;
    if (stream.epoch !== head.epoch) {
      stream.epoch = head.epoch;
      stream.count = undefined;
    }
    const before = stream.count;
    // The answer to `subscribe` may have overtaken batches that were on their way.
    if (before !== undefined && head.count <= before) return;
    stream.count = head.count;
    const overlap = before === undefined ? 0 : Math.max(0, before - (head.count - head.n));
    const lost = before === undefined ? 0 : Math.max(0, head.count - head.n - before);
    const listeners = [...stream.listeners];
    if (lost > 0) for (const listener of listeners) listener.lost(head.symbol, lost);
    for (const tick of ticks.slice(overlap)) {
      apply(head.symbol, tick);
      for (const listener of listeners) listener.tick(head.symbol, tick);
    }
  }

  async #askOrSplit(symbols: readonly string[]): Promise<void> {
    try {
      await this.#ask(symbols);
    } catch (error) {
      if (!(error instanceof MT5Error) || !isRefusal(error)) throw error;
      // All or none: one symbol that does not exist must not cost the others.
      const split = symbols.length > 1;
      for (const symbol of symbols) {
        if (split) await this.#askOrSplit([symbol]);
        else this.#refused(symbol, error);
      }
    }
  }

  #refused(symbol: string, error: Error): void {
    const stream = this.#streams.get(symbol);
    if (stream === undefined) return;
    this.#deps.log.warn("A symbol cannot be subscribed", { symbol, error });
    for (const waiter of stream.waiting.splice(0)) waiter.reject(error);
    for (const listener of [...stream.listeners]) {
      this.#forget(symbol, listener);
      listener.failed(symbol, error);
    }
  }

  async #ask(symbols: readonly string[]): Promise<void> {
    const answer = await this.#deps.requests.request("subscribe", { symbols }, readSubscribed, {
      timeoutMs: this.#deps.requestTimeoutMs,
      internal: true,
    });
    const counts = new Map(answer.result.symbols.map(({ symbol, count }) => [symbol, count]));
    for (const symbol of symbols) {
      const stream = this.#streams.get(symbol);
      const count = counts.get(symbol);
      if (count === undefined) throw new ShapeError(`Cannot read subscriptions: ${symbol} is missing`);
      if (stream === undefined) continue;
      // Within an epoch the count last heard stays, so that what passed meanwhile is counted as lost.
      if (stream.epoch !== answer.epoch || stream.count === undefined) stream.count = count;
      stream.epoch = answer.epoch;
      stream.confirmed = true;
      for (const waiter of stream.waiting.splice(0)) waiter.resolve();
    }
  }

  /** True if nobody listens to the symbol any more. */
  #forget(symbol: string, listener: TickListener): boolean {
    const stream = this.#streams.get(symbol);
    if (stream?.listeners.delete(listener) !== true || stream.listeners.size > 0) return false;
    this.#streams.delete(symbol);
    for (const waiter of stream.waiting.splice(0)) waiter.reject(closedError(symbol));
    this.#deps.topicRemoved(tickTopic(symbol));
    return true;
  }
}

function closedError(symbol: string): Error {
  return new ConnectionError(`Cannot subscribe ${symbol}: the subscription was closed first`, {
    code: "CLOSED",
    remedy: "Nothing to do: unsubscribe() ended it",
  });
}

/** The agent answered with a no, as opposed to not being reachable. */
function isRefusal(error: MT5Error): boolean {
  return error.name === "RequestRefusedError" || error.name === "ProtocolError";
}
