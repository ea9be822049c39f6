import type { Clock, Timer } from "../../transport/clock.ts";
import type { Bookkeeper } from "./bookkeeper.ts";
import { type BrokerState, brokerMs } from "./broker-state.ts";
import { bearsSwap, nextRollover, rolloverDays, swapMinor } from "./swap.ts";

/** Timers of the machine's clock take no more than 2^31 - 1 ms; longer waits are cut into pieces. */
const MAX_TIMER_MS = 2 ** 30;

/** What time makes due at the broker: the expiration of orders, and swap at midnight. */
export class Schedule {
  readonly #clock: Clock;
  readonly #state: BrokerState;
  readonly #books: Bookkeeper;
  readonly #changed: () => void;
  #expirationTimer: Timer | undefined;
  #expirationBrokerMs = Number.POSITIVE_INFINITY;
  #rolloverTimer: Timer | undefined;
  #rolloverBrokerMs = 0;
  #disposed = false;

  /** `changed` is called after something was done. */
  constructor(clock: Clock, state: BrokerState, books: Bookkeeper, changed: () => void) {
    this.#clock = clock;
    this.#state = state;
    this.#books = books;
    this.#changed = changed;
  }

  /** Sets the timers that the orders and positions at hand need, and no others. */
  arrange(): void {
    if (this.#disposed) return;
    this.#arrangeExpiration();
    this.#arrangeRollover();
  }

  /** Cancels the timers for good. */
  dispose(): void {
    this.#disposed = true;
    this.#expirationTimer?.cancel();
    this.#rolloverTimer?.cancel();
  }

  #arrangeExpiration(): void {
    let nextBrokerMs = Number.POSITIVE_INFINITY;
    for (const order of this.#state.orders.all()) {
      if (order.expirationBrokerMs > 0) nextBrokerMs = Math.min(nextBrokerMs, order.expirationBrokerMs);
    }
    // Not set anew after each change: cancelled timers wait in the clock for their time.
    if (nextBrokerMs === this.#expirationBrokerMs) return;
    this.#expirationBrokerMs = nextBrokerMs;
    this.#expirationTimer?.cancel();
    if (nextBrokerMs !== Number.POSITIVE_INFINITY) {
      this.#expirationTimer = this.#timerAt(nextBrokerMs, () => this.#expire());
    }
  }

  #expire(): void {
    this.#expirationBrokerMs = Number.POSITIVE_INFINITY;
    const now = brokerMs(this.#state);
    for (const order of [...this.#state.orders.all()]) {
      if (order.expirationBrokerMs > 0 && order.expirationBrokerMs <= now)
        this.#books.finish(order, "expired");
    }
    this.arrange();
    this.#changed();
  }

  #arrangeRollover(): void {
    let needed = false;
    for (const position of this.#state.positions.all()) needed ||= bearsSwap(position);
    if (!needed) {
      this.#rolloverTimer?.cancel();
      this.#rolloverTimer = undefined;
      return;
    }
    if (this.#rolloverTimer !== undefined) return;
    this.#rolloverBrokerMs = nextRollover(brokerMs(this.#state));
    this.#rolloverTimer = this.#timerAt(this.#rolloverBrokerMs, () => this.#rollOver());
  }

  /** Charges a day's swap at the broker's midnight. */
  #rollOver(): void {
    this.#rolloverTimer = undefined;
    if (brokerMs(this.#state) >= this.#rolloverBrokerMs) {
      for (const position of [...this.#state.positions.all()]) {
        const days = rolloverDays(this.#rolloverBrokerMs - 1, position.symbol.spec);
        const minor = swapMinor(position, this.#state, days);
        if (minor !== 0) this.#books.addSwap(position, minor);
      }
    }
    this.arrange();
    this.#changed();
  }

  #timerAt(atBrokerMs: number, callback: () => void): Timer {
    const now = this.#state.utcMs();
    const delayMs = this.#state.zone.toUtc(atBrokerMs, now) - now;
    return this.#clock.setTimer(callback, Math.min(delayMs, MAX_TIMER_MS));
  }
}
