import type { MarketTick } from "../market/tick-source.ts";

const COLUMNS = 6;
const FIRST_CAPACITY = 256;

/** The latest ticks of one symbol, in the order of time, at most `limit` of them. Grows as it fills. */
export class TickRing {
  readonly #symbol: string;
  readonly #limit: number;
  #cells: Float64Array;
  #capacity: number;
  /** Number of ticks ever added; a tick's number is its place in that order. */
  #end = 0;

  constructor(symbol: string, limit: number) {
    this.#symbol = symbol;
    this.#limit = Math.max(1, limit);
    this.#capacity = Math.min(FIRST_CAPACITY, this.#limit);
    this.#cells = new Float64Array(this.#capacity * COLUMNS);
  }

  /** Number of ticks that are kept. */
  get size(): number {
    return Math.min(this.#end, this.#capacity);
  }

  push(tick: MarketTick): void {
    if (this.#end >= this.#capacity && this.#capacity < this.#limit) this.#grow();
    const at = (this.#end % this.#capacity) * COLUMNS;
    this.#cells[at] = tick.utcMs;
    this.#cells[at + 1] = tick.bid;
    this.#cells[at + 2] = tick.ask;
    this.#cells[at + 3] = tick.last;
    this.#cells[at + 4] = tick.volume;
    this.#cells[at + 5] = tick.flags;
    this.#end++;
  }

  /** At most `count` ticks at or after an instant, oldest first. */
  from(utcMs: number, count: number): MarketTick[] {
    let low = this.#end - this.size;
    let high = this.#end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#cell(middle, 0) < utcMs) low = middle + 1;
      else high = middle;
    }
    const ticks: MarketTick[] = [];
    for (let n = low; n < this.#end && ticks.length < count; n++) ticks.push(this.#tick(n));
    return ticks;
  }

  #tick(n: number): MarketTick {
    return {
      symbol: this.#symbol,
      utcMs: this.#cell(n, 0),
      bid: this.#cell(n, 1),
      ask: this.#cell(n, 2),
      last: this.#cell(n, 3),
      volume: this.#cell(n, 4),
      flags: this.#cell(n, 5),
    };
  }

  #cell(n: number, column: number): number {
    return this.#cells[(n % this.#capacity) * COLUMNS + column] ?? Number.NaN;
  }

  /** Only while nothing has been overwritten yet, so that places stay the same. */
  #grow(): void {
    const capacity = Math.min(this.#capacity * 4, this.#limit);
    const cells = new Float64Array(capacity * COLUMNS);
    cells.set(this.#cells);
    this.#cells = cells;
    this.#capacity = capacity;
  }
}
