import type { AgentCore } from "../connector/agent-core.ts";
import type { BookListener } from "../connector/books.ts";
import { toError } from "../connector/errors.ts";
import { toDepthData } from "./convert.ts";
import type { DepthData, DepthSubscription } from "./market-types.ts";
import type { SubscriptionEvents } from "./tick-subscription.ts";

/** One caller's subscription of market depth. */
export class AgentDepthSubscription implements DepthSubscription {
  readonly id: string;
  readonly symbols: readonly string[];
  readonly errors: Map<string, Error> = new Map();
  ready: Promise<void> = Promise.resolve();
  #active = true;
  readonly #core: AgentCore;
  readonly #events: SubscriptionEvents;
  readonly #listener: BookListener;
  readonly #ended: () => void;

  constructor(
    id: string,
    symbols: readonly string[],
    core: AgentCore,
    callback: (depth: DepthData) => void,
    events: SubscriptionEvents,
    ended: () => void,
  ) {
    this.id = id;
    this.symbols = symbols;
    this.#core = core;
    this.#events = events;
    this.#ended = ended;
    this.#listener = {
      book: (symbol, levels): void => {
        if (!this.#active) return;
        try {
          callback(toDepthData(symbol, levels, core.clock.wallMs()));
        } catch (error) {
          // One strategy's mistake must not stop the others.
          events.fault(toError(error));
        }
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
    const { books } = this.#core.link.session;
    const all = this.symbols.map((symbol) =>
      books.add(symbol, this.#listener).catch((error: unknown) => {
        if (!this.errors.has(symbol) && this.#active && !books.symbols.includes(symbol)) {
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
  }

  unsubscribe(): void {
    if (!this.#active) return;
    this.#active = false;
    this.#ended();
    this.#core.link.session.books.remove(this.symbols, this.#listener).catch((error: unknown) => {
      // It is not listened to any more; the session's end frees the rest.
      this.#core.log.debug("Market depth could not be unsubscribed at the agent", { error: toError(error) });
    });
  }
}
