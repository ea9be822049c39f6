/** A test that did not run. */
export interface SkippedTest {
  /** The file, the suites and the title, joined by " > ". */
  readonly name: string;
  /** What the test gave to `context.skip`, if it skipped itself. */
  readonly note?: string | undefined;
}

/** One entry of `test/skips.json`, under the reason it stands for. */
export interface SkipRule {
  /** How many tests may skip for this reason in a whole run where every peer is required. */
  readonly inCi: number;
  /** A part of the names of tests that skip without a note, such as `it.runIf` does. */
  readonly tests?: string;
  /** The file of these tests: a run without it, such as that of another project, says nothing about their count. */
  readonly file?: string;
}

/** What a run skipped, in words, and what is wrong with it. */
export interface SkipVerdict {
  readonly summary: readonly string[];
  readonly faults: readonly string[];
}

/** Sorts skipped tests by reason. With the files that ran, also pins the counts: for the runs in CI. */
export function judgeSkips(
  skipped: readonly SkippedTest[],
  rules: Readonly<Record<string, SkipRule>>,
  pinnedIn: readonly string[] | undefined,
): SkipVerdict {
  const counts = new Map<string, number>(Object.keys(rules).map((reason) => [reason, 0]));
  const faults: string[] = [];
  for (const { name, note } of skipped) {
    const reason =
      note ??
      Object.keys(rules).find((key) => rules[key]?.tests !== undefined && name.includes(rules[key].tests));
    if (reason === undefined) faults.push(`${name}: skipped without a reason`);
    else if (!(reason in rules))
      faults.push(`${name}: skipped because ${reason}, which test/skips.json does not list`);
    else counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const summary = [...counts].flatMap(([reason, count]) =>
    count === 0 ? [] : [`${count} skipped: ${reason}`],
  );
  if (pinnedIn !== undefined) {
    for (const [reason, count] of counts) {
      const { inCi, file } = rules[reason] ?? { inCi: 0 };
      const expected = file === undefined || pinnedIn.includes(file) ? inCi : 0;
      if (count !== expected) faults.push(`${count} skipped instead of ${expected}: ${reason}`);
    }
  }
  return { summary, faults };
}
