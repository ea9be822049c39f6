import type { AgentCore } from "../connector/agent-core.ts";
import { toError } from "../connector/errors.ts";
import type { TickListener } from "../connector/subscriptions.ts";
import { toTickData } from "./convert.ts";
import type { TickData, TickSubscription } from "./types.ts";

/** What a subscription tells its agent. */
export interface SubscriptionEvents {
  /** A callback threw, or a symbol was refused. */
  fault(error: Error): void;
}

/** One caller's subscription of ticks. */
export class AgentTickSubscription implements TickSubscription {
  readonly id: string;
  readonly symbols: readonly string[];
  readonly errors: Map<string, Error> = new Map();
  readonly lostTicks: Map<string, number> = new Map();
  ready: Promise<void> = Promise.resolve();
  #active = true;
  readonly #core: AgentCore;
  readonly #events: SubscriptionEvents;
  readonly #listener: TickListener;
  readonly #ended: () => void;

  constructor(
    id: string,
    symbols: readonly string[],
    core: AgentCore,
    callback: (tick: TickData) => void,
    events: SubscriptionEvents,
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
