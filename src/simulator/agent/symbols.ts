import type { Terminal } from "../../domain/terminal.ts";

const maxCandidates = 16;
/** A suffix that brokers append: short, or set off by a sign. */
const suffixPattern = /^(?:[^A-Za-z0-9].{0,11}|[A-Za-z]{1,5})$/u;

/** Names that differ from a wrong one only by case or suffix; the agent never chooses one by itself. */
export function symbolCandidates(terminal: Terminal, wrong: string): readonly string[] {
  const sought = wrong.toLowerCase();
  const candidates: string[] = [];
  for (const { name } of terminal.symbols()) {
    const known = name.toLowerCase();
    const [shorter, longer] = known.length <= sought.length ? [known, sought] : [sought, known];
    if (!longer.startsWith(shorter)) continue;
    const suffix = longer.slice(shorter.length);
    if (suffix === "" || (shorter.length >= 4 && suffixPattern.test(suffix))) candidates.push(name);
    if (candidates.length === maxCandidates) break;
  }
  return candidates;
}
