import type { BookRecord } from "../domain/market.ts";
import { unpackBook } from "../protocol/v1/bulk.ts";
import { limits } from "../protocol/v1/limits.ts";
import type { BookMessage } from "../protocol/v1/messages.ts";
import { readNothing, ShapeError } from "../protocol/v1/reply-schemas.ts";
import { bookTopic } from "../protocol/v1/topics.ts";
import { ConnectionError, LimitExceededError, MT5Error, toError } from "./errors.ts";
import type { SubscriptionsDeps } from "./subscriptions.ts";

/** Who hears the market depth of some symbols. */
export interface BookListener {
  book(symbol: string, levels: readonly BookRecord[]): void;
  /** A symbol's depth does not flow. */
  failed(symbol: string, error: Error): void;
}

interface Stream {
  readonly listeners: Set<BookListener>;
  confirmed: boolean;
  /** Those who wait for that. */
  waiting: { resolve(): void; reject(error: Error): void }[];
}

/** Which symbols' market depth flows, and to whom (docs/protocol.md, 4.3 and 5.6). Survives sessions and connections. */
export class Books {
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

  /** The topics of all symbols. */
  *topics(): Iterable<Uint8Array> {
    for (const symbol of this.#streams.keys()) yield bookTopic(symbol);
  }

  /** Adds a listener. Resolves when the agent has confirmed the symbol; rejects when it refuses or `end` comes first. */
  add(symbol: string, listener: BookListener): Promise<void> {
    let stream = this.#streams.get(symbol);
    if (stream === undefined) {
      if (this.#streams.size >= limits.maxSymbolsPerSession) {
        const message = `Cannot subscribe the depth of ${symbol}: ${this.#streams.size} are subscribed already`;
        const remedy = `Subscribe at most ${limits.maxSymbolsPerSession} symbols per agent`;
        return Promise.reject(new LimitExceededError(message, { code: "TOO_MANY_SUBSCRIPTIONS", remedy }));
      }
      stream = { listeners: new Set(), confirmed: false, waiting: [] };
      this.#streams.set(symbol, stream);
      this.#deps.topicAdded(bookTopic(symbol));
    }
    stream.listeners.add(listener);
    if (stream.confirmed) return Promise.resolve();
    const { waiting } = stream;
    const confirmed = new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
    if (this.#deps.ready()) this.#restoreSoon();
    return confirmed;
  }

  /** Takes a listener back. */
  async remove(symbols: readonly string[], listener: BookListener): Promise<void> {
    const silent = symbols.filter((symbol) => this.#forget(symbol, listener));
    if (silent.length === 0 || !this.#deps.ready()) return;
    await this.#request("depth.unsubscribe", silent);
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
        const open = this.symbols.filter((symbol) => this.#streams.get(symbol)?.confirmed === false);
        if (open.length === 0 || !this.#deps.ready()) return;
        await this.#askOrSplit(open);
      }
    } finally {
      this.#asking = false;
    }
  }

  /** Takes a book. Throws a ShapeError if it is none. */
  receive(head: BookMessage, bulk: Uint8Array | undefined): void {
    if (head.n > limits.maxBookLevels) throw new ShapeError(`a market depth of ${head.n} levels`);
    const levels = bulk === undefined ? [] : unpackBook(bulk);
    if (levels.length !== head.n) throw new ShapeError(`${head.n} levels announced, ${levels.length} sent`);
    for (const listener of [...(this.#streams.get(head.symbol)?.listeners ?? [])]) {
      listener.book(head.symbol, levels);
    }
  }

  #restoreSoon(): void {
    Promise.resolve()
      .then(() => this.restore())
      .catch((error: unknown) => {
        this.#deps.log.debug("Market depth could not be asked for yet", { error: toError(error) });
        this.#deps.retry();
      });
  }

  async #request(op: "depth.subscribe" | "depth.unsubscribe", symbols: readonly string[]): Promise<void> {
    const { requests, requestTimeoutMs } = this.#deps;
    await requests.request(op, { symbols }, readNothing, { timeoutMs: requestTimeoutMs, internal: true });
  }

  async #askOrSplit(symbols: readonly string[]): Promise<void> {
    try {
      await this.#request("depth.subscribe", symbols);
      for (const symbol of symbols) this.#confirmed(symbol);
    } catch (error) {
      const refused =
        error instanceof MT5Error && (error.name === "RequestRefusedError" || error.name === "ProtocolError");
      if (!refused) throw error;
      // All or none: one symbol without depth must not cost the others.
      const split = symbols.length > 1;
      for (const symbol of symbols) {
        if (split) await this.#askOrSplit([symbol]);
        else this.#refused(symbol, error);
      }
    }
  }

  #confirmed(symbol: string): void {
    const stream = this.#streams.get(symbol);
    if (stream === undefined) return;
    stream.confirmed = true;
    for (const waiter of stream.waiting.splice(0)) waiter.resolve();
  }

  #refused(symbol: string, error: Error): void {
    const stream = this.#streams.get(symbol);
    if (stream === undefined) return;
    for (const waiter of stream.waiting.splice(0)) waiter.reject(error);
    for (const listener of [...stream.listeners]) {
      this.#forget(symbol, listener);
      listener.failed(symbol, error);
    }
  }

  /** True if nobody listens to the symbol any more. */
  #forget(symbol: string, listener: BookListener): boolean {
    const stream = this.#streams.get(symbol);
    if (stream?.listeners.delete(listener) !== true || stream.listeners.size > 0) return false;
    this.#streams.delete(symbol);
    const error = new ConnectionError(`Cannot subscribe the depth of ${symbol}: it was closed first`, {
      code: "CLOSED",
      remedy: "Nothing to do: unsubscribe() ended it",
    });
    for (const waiter of stream.waiting.splice(0)) waiter.reject(error);
    this.#deps.topicRemoved(bookTopic(symbol));
    return true;
  }
}
