/** The factors of a set of cases, each with its values. */
export type Factors = readonly (readonly string[])[];

/** One value of each factor. */
export type Combination = readonly string[];

function pairsOf(combination: Combination): readonly string[] {
  const pairs: string[] = [];
  for (const [i, first] of combination.entries())
    for (const [j, second] of combination.entries()) if (j > i) pairs.push(`${i} ${first} × ${j} ${second}`);
  return pairs;
}

function product(factors: Factors): readonly Combination[] {
  return factors.reduce<readonly Combination[]>(
    (all, values) => all.flatMap((one) => values.map((value) => [...one, value])),
    [[]],
  );
}

/**
 * A small choice of combinations in which each two values of different factors come together at least once, if they
 * do in any combination that is possible. Greedy: always the first combination that brings the most new pairs, so the
 * same factors give the same choice.
 */
export function pairwise(
  factors: Factors,
  isPossible: (combination: Combination) => boolean = () => true,
): readonly Combination[] {
  const candidates = product(factors).filter(isPossible);
  const open = new Set(candidates.flatMap(pairsOf));
  const chosen: Combination[] = [];
  while (open.size > 0) {
    let best: Combination = [];
    let most = 0;
    for (const candidate of candidates) {
      const fresh = pairsOf(candidate).filter((pair) => open.has(pair)).length;
      if (fresh <= most) continue;
      best = candidate;
      most = fresh;
    }
    chosen.push(best);
    for (const pair of pairsOf(best)) open.delete(pair);
  }
  return chosen;
}
