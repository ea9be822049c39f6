import type { Outcome, UnknownOutcome } from "../../../protocol/v1/messages.ts";
import type { AgentLimits, AgentPointInfo } from "../agent-options.ts";
import type { Client } from "../clients.ts";
import type { Journal } from "../journal.ts";
import { outcomeOf, type StoredOutcome } from "../journal-entry.ts";
import type { Pager } from "../pager.ts";
import type { Operations, SessionContext } from "../requests.ts";
import type { Sessions } from "../sessions.ts";
import type { World } from "../world.ts";

/** Room that a hello needs beside its outcomes. */
const helloBytes = 65_536;

const encoder = new TextEncoder();

/** What the operations about outcomes need. */
export interface OutcomeOperationsOptions {
  readonly world: World;
  readonly journal: Journal;
  readonly sessions: Sessions;
  readonly pager: Pager;
  readonly seq: () => number;
}

/** `outcome`, `outcomes` and `outcome.ack` (docs/protocol.md, 6.3). */
export function outcomeOperations(
  options: OutcomeOperationsOptions,
): Pick<Operations, "outcome" | "outcomes" | "outcome.ack"> {
  const { journal, sessions, pager, seq } = options;
  return {
    outcome(args, context): void {
      const { id, peek, epoch, issuedAt } = args;
      const known = journal.get(context.client.key, id);
      // A tombstone that is not durable yet is no answer: what it promises must outlive a crash.
      if (known !== undefined && (known.evidence !== undefined || known.durable)) {
        context.answer({ outcome: outcomeOf(known) });
      } else if (peek === true) {
        context.answer({ outcome: null });
      } else if (epoch !== undefined && issuedAt !== undefined && journal.isBelowFloor({ epoch, issuedAt })) {
        context.answer({ outcome: beyondJournal(id, epoch) });
      } else {
        makeVoid(options, context, id);
      }
    },

    outcomes({ cursor }, context): void {
      const { client, session } = context;
      const page =
        cursor === undefined
          ? pager.first(
              session,
              "outcomes",
              awaitedOutcomes(journal, sessions, client, session.instance),
              seq(),
            )
          : pager.next<StoredOutcome>(session, "outcomes", cursor);
      if (page === undefined) context.refuse("BAD_CURSOR", "Cannot give the page: its result is gone");
      else context.answer({ outcomes: page.items, more: page.more }, { seq: page.seq });
    },

    "outcome.ack"({ ids }, context): void {
      journal.acknowledge(context.client.key, ids);
      context.answer({});
    },
  };
}

/** First the tombstone, durably, then the answer. A command of that id that comes later is refused. */
function makeVoid(options: OutcomeOperationsOptions, context: SessionContext, id: string): void {
  const { world, journal } = options;
  const info: AgentPointInfo = { client: context.client.key, id, op: "outcome" };
  world.at("beforeTombstone", info, () => {
    const isNew = journal.get(context.client.key, id) === undefined;
    if (isNew && !journal.hasRoom(true)) {
      context.refuse("JOURNAL", "Cannot say what became of the command: the journal has no room");
      return;
    }
    const outcome = journal.addTombstone(context.client.key, id, (fault) => {
      if (fault !== undefined) {
        context.refuse("JOURNAL", "Cannot say what became of the command: the journal cannot be written");
        return;
      }
      world.at("tombstoned", info, () => context.answer({ outcome }));
    });
  });
}

/** The asker's stamps lie before the time that the journal vouches for: nobody can tell. */
function beyondJournal(id: string, epoch: number): UnknownOutcome {
  const times = { epoch, receivedMs: 0, sentMs: 0, doneMs: 0 };
  const comment = "The journal does not reach back to this command";
  return { id, digest: "", state: "unknown", ...times, retcode: 0, comment };
}

/** What a connector has to hear of: its own unacknowledged outcomes, and those whose connector is gone. */
export function awaitedOutcomes(
  journal: Journal,
  sessions: Sessions,
  client: Client,
  instance: string,
): readonly StoredOutcome[] {
  const outcomes: StoredOutcome[] = [];
  for (const entry of journal.unacknowledged(client.key)) {
    const others = entry.instance !== instance && sessions.isLive(client, entry.instance);
    if (!others && entry.outcome !== undefined) outcomes.push(entry.outcome);
  }
  return outcomes;
}

/** As many of the outcomes as a hello can hold. */
export function fittingOutcomes(
  outcomes: readonly StoredOutcome[],
  limits: Pick<AgentLimits, "maxOutcomesInHello" | "maxReplyBytes">,
): readonly Outcome[] {
  let left = limits.maxReplyBytes - helloBytes;
  const fitting: Outcome[] = [];
  for (const outcome of outcomes.slice(0, limits.maxOutcomesInHello)) {
    left -= encoder.encode(JSON.stringify(outcome)).length + 1;
    if (left < 0) break;
    fitting.push(outcome);
  }
  return fitting;
}
