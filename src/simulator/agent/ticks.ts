import type { TickRecord } from "../../domain/records.ts";
import type { Terminal } from "../../domain/terminal.ts";
import { packTicks } from "../../protocol/v1/bulk.ts";
import { encodeBody } from "../../protocol/v1/codec.ts";
import type { TicksMessage } from "../../protocol/v1/messages.ts";
import { tickTopic } from "../../protocol/v1/topics.ts";

/** A symbol whose ticks are followed. */
interface Feed {
  readonly symbol: string;
  readonly topic: Uint8Array;
  /** How many sessions want its ticks. */
  subscribers: number;
  /** The stamp of the last tick taken, and how many of that stamp have been taken: several share a millisecond. */
  cursorBrokerMs: number;
  cursorCount: number;
  /** Ticks taken since the symbol was first subscribed to. */
  count: number;
}

/** What the ticks need. */
export interface TicksOptions {
  readonly terminal: Terminal;
  readonly epoch: number;
  readonly now: () => number;
  readonly ticksPerBatch: number;
  readonly publish: (frames: readonly Uint8Array[]) => void;
  /** Asks for a `drain`. */
  readonly askDrain: () => void;
}

/** The tick streams (docs/protocol.md, 5.4): no tick is lost and none is sent twice. */
export class Ticks {
  readonly #options: TicksOptions;
  readonly #feeds: Map<string, Feed> = new Map();
  readonly #fresh: Set<Feed> = new Set();
  /** Ticks published, and batches. */
  published = 0;
  batches = 0;

  constructor(options: TicksOptions) {
    this.#options = options;
  }

  /** The terminal has a new tick. */
  hint(symbol: string): void {
    const feed = this.#feeds.get(symbol);
    if (feed === undefined) return;
    this.#fresh.add(feed);
    this.#options.askDrain();
  }

  /** Lets the ticks of a symbol that the terminal has flow, and says its running count. */
  subscribe(symbol: string): number {
    const feed = this.#feeds.get(symbol) ?? this.#open(symbol);
    // What came before belongs to those who were there before.
    this.#pump(feed);
    feed.subscribers++;
    return feed.count;
  }

  /** The running count of a symbol. */
  count(symbol: string): number {
    const feed = this.#feeds.get(symbol);
    if (feed === undefined) return 0;
    this.#pump(feed);
    return feed.count;
  }

  /** Takes one subscription back. The symbol goes on being counted, so that a gap can be told. */
  unsubscribe(symbol: string): void {
    const feed = this.#feeds.get(symbol);
    if (feed !== undefined && feed.subscribers > 0) feed.subscribers--;
  }

  /** Publishes the new ticks of all symbols that hinted. */
  drain(): void {
    const fresh = [...this.#fresh];
    this.#fresh.clear();
    for (const feed of fresh) this.#pump(feed);
  }

  /** Looks at all symbols, hint or no hint. */
  sweep(): void {
    for (const feed of this.#feeds.values()) this.#pump(feed);
  }

  #open(symbol: string): Feed {
    const { terminal } = this.#options;
    const last = terminal.tick(symbol);
    const feed: Feed = {
      symbol,
      topic: tickTopic(symbol),
      subscribers: 0,
      cursorBrokerMs: 1,
      cursorCount: 0,
      count: 0,
    };
    if (last !== undefined) {
      feed.cursorBrokerMs = last.timeBrokerMs;
      feed.cursorCount = this.#countAt(symbol, last.timeBrokerMs);
    } else if (terminal.copyTicks(symbol, 1, 1).length > 0) {
      // Nothing seen yet in this run, but a history: only what comes from now on flows.
      feed.cursorBrokerMs = terminal.brokerMs();
    }
    this.#feeds.set(symbol, feed);
    return feed;
  }

  /** How many ticks carry the stamp of the latest one. */
  #countAt(symbol: string, brokerMs: number): number {
    for (let ask = 64; ; ask *= 4) {
      const ticks = this.#options.terminal.copyTicks(symbol, brokerMs, ask);
      if (ticks.length < ask) return ticks.filter((tick) => tick.timeBrokerMs === brokerMs).length;
    }
  }

  #pump(feed: Feed): void {
    const { terminal, ticksPerBatch } = this.#options;
    for (;;) {
      const ask = feed.cursorCount + ticksPerBatch;
      const ticks = terminal.copyTicks(feed.symbol, feed.cursorBrokerMs, ask);
      const fresh = this.#afterCursor(feed, ticks);
      if (fresh.length > 0) {
        this.#advance(feed, fresh);
        feed.count += fresh.length;
        if (feed.subscribers > 0) this.#send(feed, fresh);
      }
      if (ticks.length < ask) return;
    }
  }

  #afterCursor(feed: Feed, ticks: readonly TickRecord[]): readonly TickRecord[] {
    let known = 0;
    while (known < feed.cursorCount && ticks[known]?.timeBrokerMs === feed.cursorBrokerMs) known++;
    return ticks.slice(known);
  }

  #advance(feed: Feed, fresh: readonly TickRecord[]): void {
    const lastMs = fresh.at(-1)?.timeBrokerMs ?? feed.cursorBrokerMs;
    if (lastMs !== feed.cursorBrokerMs) feed.cursorCount = 0;
    feed.cursorBrokerMs = lastMs;
    for (let i = fresh.length - 1; i >= 0 && fresh[i]?.timeBrokerMs === lastMs; i--) feed.cursorCount++;
  }

  #send(feed: Feed, fresh: readonly TickRecord[]): void {
    const { epoch, now, publish } = this.#options;
    const message: TicksMessage = {
      v: 1,
      epoch,
      symbol: feed.symbol,
      count: feed.count,
      n: fresh.length,
      skipped: 0,
      agentMs: now(),
    };
    publish([feed.topic, encodeBody(message), packTicks(fresh)]);
    this.published += fresh.length;
    this.batches++;
  }
}
