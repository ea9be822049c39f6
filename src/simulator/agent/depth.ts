import type { Terminal } from "../../domain/terminal.ts";
import { packBook } from "../../protocol/v1/bulk.ts";
import { encodeBody } from "../../protocol/v1/codec.ts";
import { limits } from "../../protocol/v1/limits.ts";
import type { BookMessage } from "../../protocol/v1/messages.ts";
import { bookTopic } from "../../protocol/v1/topics.ts";

/** What the depth streams need. */
export interface DepthOptions {
  readonly terminal: Terminal;
  readonly epoch: number;
  readonly now: () => number;
  readonly publish: (frames: readonly Uint8Array[]) => void;
  /** Asks for a `drain`. */
  readonly askDrain: () => void;
}

/** The streams of market depth (docs/protocol.md, 5.6): the whole book each time, and only the newest one. */
export class Depth {
  readonly #options: DepthOptions;
  /** How many sessions want the book of a symbol. */
  readonly #subscribers: Map<string, number> = new Map();
  readonly #fresh: Set<string> = new Set();

  constructor(options: DepthOptions) {
    this.#options = options;
  }

  /** The terminal has a new book. */
  hint(symbol: string): void {
    if (!this.#subscribers.has(symbol)) return;
    this.#fresh.add(symbol);
    this.#options.askDrain();
  }

  /** Lets the books of a symbol flow; the first follows as soon as there is one. */
  subscribe(symbol: string): void {
    this.#subscribers.set(symbol, (this.#subscribers.get(symbol) ?? 0) + 1);
    this.hint(symbol);
  }

  /** Takes one subscription back. */
  unsubscribe(symbol: string): void {
    const left = (this.#subscribers.get(symbol) ?? 0) - 1;
    if (left > 0) this.#subscribers.set(symbol, left);
    else if (this.#subscribers.delete(symbol)) this.#options.terminal.releaseBook(symbol);
  }

  /** Publishes the books that are new. */
  drain(): void {
    const { terminal, epoch, now, publish } = this.#options;
    const fresh = [...this.#fresh];
    this.#fresh.clear();
    for (const symbol of fresh) {
      const book = this.#subscribers.has(symbol) ? terminal.marketBook(symbol) : undefined;
      if (book === undefined || book.length === 0) continue;
      const levels = book.slice(0, limits.maxBookLevels);
      const message: BookMessage = { v: 1, epoch, symbol, agentMs: now(), n: levels.length };
      publish([bookTopic(symbol), encodeBody(message), packBook(levels)]);
    }
  }
}
