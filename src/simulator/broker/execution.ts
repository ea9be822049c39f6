import { fromVolumeUnits, roundTo, toVolumeUnits } from "../../domain/decimal.ts";
import type { PositionSide } from "../../domain/records.ts";
import type { Prng } from "../market/prng.ts";
import type { MarketTick } from "../market/tick-source.ts";
import type { SymbolSpec } from "./symbol-spec.ts";
import type { SymbolState } from "./symbol-state.ts";

/** An order that meets the market, as an execution model sees it. */
export interface ExecutionContext {
  readonly spec: SymbolSpec;
  readonly side: PositionSide;
  readonly volumeLots: number;
  readonly quote: MarketTick;
  /** Seeded; whoever needs chance takes it here, so that a run can be repeated. */
  readonly random: Prng;
}

/** How orders meet the market. What is left out is ideal: no slippage, any volume. */
export interface ExecutionModel {
  /** What the broker quotes when the market gives a tick: its own spread. */
  quote?(spec: SymbolSpec, tick: MarketTick): { readonly bid: number; readonly ask: number };
  /** Slippage in points, rounded to the symbol's ticks; above 0 is against the trader. */
  slippagePoints?(context: ExecutionContext): number;
  /** Lots that can be had at this moment. */
  liquidityLots?(context: ExecutionContext): number;
  /**
   * Commission of a deal in the account's currency, below 0 for a charge, instead of the symbol's own. `convert` turns an
   * amount of another currency into it.
   */
  commission?(
    spec: SymbolSpec,
    volumeLots: number,
    price: number,
    convert: (amount: number, currency: string) => number,
  ): number;
}

/** A price and a volume that can be had. */
export interface Offer {
  readonly price: number;
  readonly volumeUnits: number;
}

/** What the market gives for a volume on a side, at the current quote. */
export function offer(
  model: ExecutionModel,
  random: Prng,
  symbol: SymbolState,
  side: PositionSide,
  volumeUnits: number,
): Offer {
  const quote = symbol.last;
  if (quote === undefined) return { price: 0, volumeUnits: 0 };
  const { spec } = symbol;
  const context = { spec, side, volumeLots: fromVolumeUnits(volumeUnits), quote, random };
  const slippedPoints = model.slippagePoints?.(context) ?? 0;
  const slippage = Math.round((slippedPoints * symbol.point) / spec.tickSize) * spec.tickSize;
  const base = symbol.openPrice(side);
  const price = roundTo(side === "buy" ? base + slippage : base - slippage, spec.digits);
  const stepUnits = toVolumeUnits(spec.volumeStep);
  const liquidity = model.liquidityLots?.(context) ?? Number.POSITIVE_INFINITY;
  const available = Math.floor(toVolumeUnits(Math.max(0, Math.min(liquidity, 1e6))) / stepUnits) * stepUnits;
  return { price, volumeUnits: Math.min(volumeUnits, available) };
}
