import type { SymbolState } from "./symbol-state.ts";

interface Step {
  readonly symbol: SymbolState;
  /** The pair is quoted the other way round. */
  readonly inverse: boolean;
}

/** What is done with the currency converted from: profit is sold, a loss or a margin is bought. */
export type ConversionSide = "sell" | "buy";

/** A deal's own symbol and price, which count in place of the symbol's quote if it lies on the way. */
export interface OwnPrice {
  readonly symbol: SymbolState;
  readonly price: number;
}

/** Converts between currencies by the quotes of the symbols, over at most one currency in between. */
export class Converter {
  readonly #pairs: readonly SymbolState[];
  readonly #paths: Map<string, readonly Step[] | undefined> = new Map();

  /** Only currency pairs serve, the first of several for the same two currencies. */
  constructor(symbols: Iterable<SymbolState>) {
    this.#pairs = [...symbols].filter(({ spec }) => {
      const forex = spec.calcMode === "forex" || spec.calcMode === "forexNoLeverage";
      return forex && spec.currencyBase !== spec.currencyProfit;
    });
  }

  /**
   * What one unit of `from` is worth in `to`: sold at the bid or bought at the ask. Undefined while there is no quote,
   * or no pair at all.
   */
  rate(from: string, to: string, side: ConversionSide, own?: OwnPrice): number | undefined {
    const path = this.#path(from, to);
    if (path === undefined) return undefined;
    let rate = 1;
    for (const { symbol, inverse } of path) {
      const quote = symbol.last;
      if (quote === undefined) return undefined;
      const takesBid = (side === "sell") !== inverse;
      const price = own?.symbol === symbol ? own.price : takesBid ? quote.bid : quote.ask;
      rate = inverse ? rate / price : rate * price;
    }
    return rate;
  }

  /** The symbols whose quotes matter for a conversion. */
  symbolsBetween(from: string, to: string): readonly SymbolState[] {
    return (this.#path(from, to) ?? []).map((step) => step.symbol);
  }

  #path(from: string, to: string): readonly Step[] | undefined {
    const key = `${from}>${to}`;
    if (!this.#paths.has(key)) this.#paths.set(key, this.#find(from, to));
    return this.#paths.get(key);
  }

  #find(from: string, to: string): readonly Step[] | undefined {
    if (from === to) return [];
    const direct = this.#step(from, to);
    if (direct !== undefined) return [direct];
    for (const { spec } of this.#pairs) {
      for (const middle of [spec.currencyBase, spec.currencyProfit]) {
        const first = this.#step(from, middle);
        const second = this.#step(middle, to);
        if (first !== undefined && second !== undefined) return [first, second];
      }
    }
    return undefined;
  }

  #step(from: string, to: string): Step | undefined {
    const straight = this.#pairs.find(({ spec }) => spec.currencyBase === from && spec.currencyProfit === to);
    if (straight !== undefined) return { symbol: straight, inverse: false };
    const inverse = this.#pairs.find(({ spec }) => spec.currencyBase === to && spec.currencyProfit === from);
    return inverse === undefined ? undefined : { symbol: inverse, inverse: true };
  }
}
