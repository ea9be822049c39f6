/** A small repeatable source of chance (xorshift32). */
export interface Chance {
  /** A whole number from 0 to `limit - 1`; 0 for a limit of 0. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

export function prng(seed: number): Chance {
  let state = (seed ^ 0x9e37_79b9) >>> 0 || 1;
  const below = (limit: number): number => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return limit === 0 ? 0 : state % limit;
  };
  return { below, pick: <T>(items: readonly T[]): T => items[below(items.length)] as T };
}
