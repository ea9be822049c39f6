/** Each two tags of an item, and each alone: an item with one tag counts, too. */
function pairsOf(tags: readonly string[]): readonly string[] {
  return tags.flatMap((first, i) => tags.slice(i).map((second) => `${first} × ${second}`));
}

/**
 * A small choice of items in which every two tags that come together in any item come together at least once. Greedy:
 * always the first item that brings the most new pairs, so the same items give the same choice, in their order.
 */
export function pairwise<Item>(
  items: readonly Item[],
  tagsOf: (item: Item) => readonly string[],
): readonly Item[] {
  const candidates = items.map((item) => ({ item, pairs: pairsOf([...tagsOf(item)].sort()) }));
  const open = new Set(candidates.flatMap(({ pairs }) => pairs));
  const chosen = new Set<Item>();
  while (open.size > 0) {
    const fresh = candidates.map(({ pairs }) => pairs.filter((pair) => open.has(pair)).length);
    const best = candidates[fresh.indexOf(Math.max(...fresh))];
    if (best === undefined) break;
    chosen.add(best.item);
    for (const pair of best.pairs) open.delete(pair);
  }
  return items.filter((item) => chosen.has(item));
}
