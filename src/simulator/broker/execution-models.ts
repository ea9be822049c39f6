import { roundTo } from "../../domain/decimal.ts";
import type { ExecutionModel } from "./execution.ts";

/**
 * Ready parts of an execution model; put them together by spreading:
 * `{ ...fixedSpread(12), ...uniformSlippage(0, 3), ...limitedLiquidity(5) }`.
 */

/** Quotes every symbol with the same spread in points: the market's bid, and the ask that much above. */
export function fixedSpread(points: number): ExecutionModel {
  return {
    quote: ({ digits }, tick) => ({ bid: tick.bid, ask: roundTo(tick.bid + points / 10 ** digits, digits) }),
  };
}

/** Widens the market's spread by so many points, all on the ask. */
export function spreadMarkup(points: number): ExecutionModel {
  return {
    quote: ({ digits }, tick) => ({ bid: tick.bid, ask: roundTo(tick.ask + points / 10 ** digits, digits) }),
  };
}

/** Slippage drawn evenly between two numbers of points; below 0 is in the trader's favour. */
export function uniformSlippage(minPoints: number, maxPoints: number): ExecutionModel {
  return { slippagePoints: ({ random }) => random.integer(minPoints, maxPoints) };
}

/** Slippage that grows with the volume: so many points for every lot. */
export function volumeSlippage(pointsPerLot: number): ExecutionModel {
  return { slippagePoints: ({ volumeLots }) => Math.round(volumeLots * pointsPerLot) };
}

/** So many lots can be had at each quote. */
export function limitedLiquidity(lots: number): ExecutionModel {
  return { liquidityLots: () => lots };
}

/** Lots that can be had at each quote, drawn evenly. */
export function uniformLiquidity(minLots: number, maxLots: number): ExecutionModel {
  return { liquidityLots: ({ random }) => minLots + random.float() * (maxLots - minLots) };
}

/** Commission as a share of the traded value, charged with every deal; 0.00002 = 20 a million. */
export function turnoverCommission(share: number): ExecutionModel {
  return {
    commission: ({ contractSize, currencyProfit }, volumeLots, price, convert) =>
      -convert(volumeLots * contractSize * price, currencyProfit) * share,
  };
}
