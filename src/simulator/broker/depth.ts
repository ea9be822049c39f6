import { roundTo } from "../../domain/decimal.ts";
import type { BookRecord } from "../../domain/market.ts";
import { Prng } from "../market/prng.ts";
import type { SymbolState } from "./symbol-state.ts";

/** Levels on each side. */
const levels = 5;
const maxLevelLots = 50;

/** Whether a symbol has market depth: those of currencies and of exchanges have, other contracts have none. */
export function hasDepth({ spec }: SymbolState): boolean {
  return spec.execution === "exchange" || spec.calcMode.startsWith("forex");
}

/** A made-up book around the last tick, the same for the same seed and tick. Empty while there is no quote. */
export function bookOf(symbol: SymbolState, seed: number | string): readonly BookRecord[] {
  const { spec, last } = symbol;
  if (last === undefined || !(last.bid > 0) || !(last.ask > 0)) return [];
  const random = new Prng(`${seed}/depth/${spec.name}/${last.utcMs}/${last.bid}/${last.ask}`);
  const side = (name: "sell" | "buy", best: number, step: number): BookRecord[] =>
    Array.from({ length: levels }, (_, i) => {
      const volume = random.integer(1, maxLevelLots);
      return { side: name, price: roundTo(best + i * step, spec.digits), volume, volumeReal: volume };
    });
  return [...side("sell", last.ask, spec.tickSize), ...side("buy", last.bid, -spec.tickSize)];
}
