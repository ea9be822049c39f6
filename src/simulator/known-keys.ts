/** An entry for every key of a type: the compiler refuses a list that lacks one. */
export type Keys<T> = Readonly<Record<keyof T, true>>;

/**
 * Throws unless an object has known keys only: a misspelt option would otherwise be none, and TypeScript sees that in
 * literals only. Instances of classes may have fields of their own.
 */
export function checkKnownKeys(given: unknown, known: object, action: string): void {
  if (given === undefined) return;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(`Cannot ${action}: ${String(given)} is no object`);
  }
  const prototype: unknown = Object.getPrototypeOf(given);
  if (prototype !== Object.prototype && prototype !== null) return;
  const names = Object.keys(known);
  for (const key of Object.keys(given)) {
    if (names.includes(key)) continue;
    throw new RangeError(`Cannot ${action}: unknown key "${key}"; ${advice(key, names)}`);
  }
}

/** Says which name is meant, or which ones there are. */
export function advice(wrong: string, names: readonly string[]): string {
  const most = Math.max(2, Math.floor(wrong.length / 3));
  const [closest] = nearestNames(wrong, names, most);
  return closest === undefined ? `known here: ${names.join(", ")}` : `did you mean ${closest}?`;
}

/** The names within so many changed letters of a wrong one, closest first; two letters swapped are one change. */
export function nearestNames(wrong: string, names: Iterable<string>, most: number): readonly string[] {
  const found: { readonly name: string; readonly distance: number }[] = [];
  for (const name of names) {
    if (Math.abs(name.length - wrong.length) > most) continue;
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase());
    if (distance <= most) found.push({ name, distance });
  }
  return found.sort((a, b) => a.distance - b.distance).map(({ name }) => name);
}

function editDistance(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, at(before, j - 2) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return at(row, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] as number;
}
