import type { Terminal } from "../../domain/terminal.ts";
import { nearestNames } from "../known-keys.ts";

const maxCandidates = 16;
/** Letters that a misspelt name differs by, at most. */
const maxChanges = 2;
/** Below this many letters nearly every name is within two changes of every other. */
const minLetters = 4;
/** A longer name is no misspelt symbol, and the agent has better to do than to measure it. */
const maxLetters = 64;
/** A suffix that brokers append: short, or set off by a sign. */
const suffixPattern = /^(?:[^A-Za-z0-9].{0,11}|[A-Za-z]{1,5})$/u;

/**
 * Names that a wrong one may stand for: first those that differ by case or suffix, then those within a few letters,
 * closest first. The agent never chooses one by itself.
 */
export function symbolCandidates(terminal: Terminal, wrong: string): readonly string[] {
  const names = terminal.symbols().map(({ name }) => name);
  const sought = wrong.toLowerCase();
  const candidates = new Set(names.filter((name) => differsBySuffix(name.toLowerCase(), sought)));
  if (wrong.length >= minLetters && wrong.length <= maxLetters) {
    for (const name of nearestNames(wrong, names, maxChanges)) candidates.add(name);
  }
  return [...candidates].slice(0, maxCandidates);
}

function differsBySuffix(known: string, sought: string): boolean {
  const [shorter, longer] = known.length <= sought.length ? [known, sought] : [sought, known];
  if (!longer.startsWith(shorter)) return false;
  const suffix = longer.slice(shorter.length);
  return suffix === "" || (shorter.length >= 4 && suffixPattern.test(suffix));
}
