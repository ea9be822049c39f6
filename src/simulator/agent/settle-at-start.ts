import type { Journal } from "./journal.ts";
import { type JournalEntry, outcomeHead, ownOrder, type StoredOutcome } from "./journal-entry.ts";
import type { Outcomes } from "./outcomes.ts";
import type { Resolver } from "./resolver.ts";
import type { World } from "./world.ts";

/** What settling at start needs. */
export interface SettleOptions {
  readonly world: World;
  readonly journal: Journal;
  readonly resolver: Resolver;
  readonly outcomes: Outcomes;
}

/**
 * Gives every entry that an earlier run left open what the terminal's history proves, durably, before anybody can ask
 * (docs/protocol.md, 6.4). What proves nothing is unknown, and looked for further at run time.
 */
export async function settleAtStart(options: SettleOptions): Promise<void> {
  const { journal, resolver, outcomes } = options;
  const entries = [...journal.unsettled()];
  for (const entry of entries) resolver.watch(entry);
  resolver.recall();
  const writes: Promise<void>[] = [];
  for (const entry of entries) {
    const verdict = resolver.verdict(entry, true);
    if (verdict.state === "settled") {
      const { outcome } = verdict;
      const order = ownOrder(entry, outcome);
      if (order !== undefined) journal.claim(order, entry);
      resolver.unwatch(entry);
      writes.push(settle(options, entry, outcome));
    } else {
      if (entry.outcome === undefined) writes.push(settle(options, entry, notKnown(entry)));
      outcomes.resume(entry);
    }
  }
  await Promise.all(writes);
}

function settle(options: SettleOptions, entry: JournalEntry, outcome: StoredOutcome): Promise<void> {
  // A fault of the journal is reported by the journal, and what memory holds is written again.
  return new Promise((resolve) => {
    options.journal.settle(entry, outcome, () => resolve());
  });
}

function notKnown(entry: JournalEntry): StoredOutcome {
  const comment = "The agent stopped before the answer came, and the history does not tell";
  return { state: "unknown", ...outcomeHead(entry, 0), retcode: 0, comment };
}
