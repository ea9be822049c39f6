import type { TradeTransaction } from "../../domain/terminal.ts";
import type { Clock, Timer } from "../../transport/clock.ts";

/**
 * The queue in front of OnTradeTransaction (MQL5 reference: 1,024 elements, newer ones push older ones out when the
 * handler is too slow). Transactions are handed over in a later turn, never in the call that made them.
 */
export class TransactionQueue {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #hear: (transaction: TradeTransaction) => void;
  #waiting: TradeTransaction[] = [];
  #timer: Timer | undefined;
  #busy = false;
  #lost = 0;

  constructor(clock: Clock, limit: number, hear: (transaction: TradeTransaction) => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#hear = hear;
  }

  /** How many were pushed out. */
  get lost(): number {
    return this.#lost;
  }

  push(transaction: TradeTransaction): void {
    this.#waiting.push(transaction);
    if (this.#waiting.length > this.#limit) {
      this.#waiting.shift();
      this.#lost++;
    }
    this.#schedule();
  }

  /** While busy nothing is handed over. */
  setBusy(busy: boolean): void {
    this.#busy = busy;
    this.#schedule();
  }

  dispose(): void {
    this.#timer?.cancel();
    this.#waiting = [];
  }

  #schedule(): void {
    if (this.#busy || this.#timer !== undefined || this.#waiting.length === 0) return;
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      if (this.#busy) return;
      for (const transaction of this.#waiting.splice(0)) this.#hear(transaction);
      this.#schedule();
    }, 0);
  }
}
