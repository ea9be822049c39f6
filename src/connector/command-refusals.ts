import type { RefusedOutcome } from "../protocol/v1/messages.ts";
import type { Command } from "./command.ts";
import type { NotExecutedReason } from "./command-errors.ts";
import type { RequestSession } from "./requests.ts";

/** What a refusal means for its command (docs/protocol.md, 6.3 and 6.5). */
export type RefusalVerdict =
  /** It says nothing about the command: a copy that is no longer the newest, or a matter of the session. */
  | { readonly act: "nothing" }
  /** Send it again under a new number, with the same stamps. */
  | { readonly act: "repeat" }
  /** The same once the agent has room. */
  | { readonly act: "repeatLater" }
  /** The same once the stamps no longer lie ahead of the agent's clock. */
  | { readonly act: "repeatWhenDue" }
  /** Send it under the same id with new stamps. */
  | { readonly act: "issueAnew" }
  /** The journal does not reach back to it: nobody can tell. */
  | { readonly act: "beyondJournal" }
  | { readonly act: "notExecuted"; readonly reason: NotExecutedReason };

const nothing: RefusalVerdict = { act: "nothing" };

/** Judges a refusal of a command in the present session. */
export function judgeRefusal(
  command: Command,
  refused: RefusedOutcome,
  session: RequestSession | undefined,
): RefusalVerdict {
  const { code } = refused;
  const present = refused.session === session?.id && refused.n === command.copy?.n;
  switch (code) {
    case "COUNTER":
    case "NO_SESSION":
      return nothing;
    case "REPLAYED":
      return present ? { act: "repeat" } : nothing;
    case "BUSY":
      return present ? { act: "repeatLater" } : nothing;
    case "STALE":
      return present ? { act: "repeatWhenDue" } : nothing;
    case "VOID":
    case "ID_REUSED":
      return { act: "notExecuted", reason: code };
    case "EXPIRED_ID":
      return { act: "beyondJournal" };
    case "EXPIRED":
      if (!bearsNewestStamps(command, refused)) return nothing;
      return mayIssueAnew(command, session) ? { act: "issueAnew" } : { act: "notExecuted", reason: code };
    default:
      // Certain only about the stamps that it names (6.3): a copy with later ones may still be accepted.
      return bearsNewestStamps(command, refused) ? { act: "notExecuted", reason: code } : nothing;
  }
}

/** After an agent's restart, while the caller still waits, the same id may be issued with new stamps (6.5). */
function mayIssueAnew(command: Command, session: RequestSession | undefined): boolean {
  return session !== undefined && !command.closed && command.stamps?.epoch !== session.epoch;
}

function bearsNewestStamps(command: Command, refused: RefusedOutcome): boolean {
  const { stamps } = command;
  return (
    stamps !== undefined &&
    refused.epoch === stamps.epoch &&
    refused.issuedAt === stamps.issuedAt &&
    refused.notAfter === stamps.notAfter
  );
}
