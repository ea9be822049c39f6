/** Every key that an options object of type `T` may have; the compiler holds the list complete. */
export type KeysOf<T> = Readonly<Record<keyof T, true>>;

/**
 * Throws a `TypeError` unless `given` is an object with known keys only: a misspelt `security` would otherwise be none
 * at all, and TypeScript sees that in literals only. The message names keys and never quotes a value, which may be secret.
 */
export function checkKnownKeys(name: string, given: object, known: Readonly<Record<string, true>>): void {
  checkObject(name, given);
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(known, key)) continue;
    const names = Object.keys(known);
    const meant = nearest(key, names);
    const remedy = meant === undefined ? `Known here: ${names.join(", ")}` : `Did you mean "${meant}"?`;
    throw new TypeError(`Cannot use ${name}: unknown key "${key}". ${remedy}`);
  }
}

/** Throws a `TypeError` unless `given` is one of the choices; for the choices, see `checkKnownKeys` on what is quoted. */
export function checkChoice(name: string, given: unknown, choices: readonly string[]): void {
  if (typeof given === "string" && choices.includes(given)) return;
  const quoted = choices.map((choice) => `"${choice}"`).join(", ");
  const meant = typeof given === "string" ? nearest(given, choices) : undefined;
  const remedy = meant === undefined ? "" : `. Did you mean "${meant}"?`;
  const state = given === undefined ? "it is missing; it is one of" : "it is none of";
  throw new TypeError(`Cannot use ${name}: ${state} ${quoted}${remedy}`);
}

/** What a value is, in a word that tells nothing of its content. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return value === undefined ? "undefined" : `of type ${typeof value}`;
}

function checkObject(name: string, given: unknown): void {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return;
  throw new TypeError(`Cannot use ${name}: expected an object with options, and this is ${kindOf(given)}`);
}

/** The known name that a misspelt one is probably meant to be. */
function nearest(key: string, known: readonly string[]): string | undefined {
  // Longer ones are no slip of the fingers, and may be anything.
  if (key.length > 40) return undefined;
  let best: string | undefined;
  let least = Math.max(2, Math.floor(key.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(key.toLowerCase(), candidate.toLowerCase());
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const [above, left, diagonal] = [row[j], next[j - 1], row[j - 1]] as [number, number, number];
      next.push(Math.min(above + 1, left + 1, diagonal + same));
    }
    row = next;
  }
  return row[b.length] as number;
}
