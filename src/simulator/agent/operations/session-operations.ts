import type { Terminal } from "../../../domain/terminal.ts";
import { limits as protocolLimits } from "../../../protocol/v1/limits.ts";
import type { ChallengeResult, HelloResult } from "../../../protocol/v1/messages.ts";
import type { AgentLimits } from "../agent-options.ts";
import type { Journal } from "../journal.ts";
import type { Ledger } from "../ledger.ts";
import type { Operations } from "../requests.ts";
import type { Sessions } from "../sessions.ts";
import { awaitedOutcomes, fittingOutcomes } from "./outcome-operations.ts";

/** What the operations about sessions need. */
export interface SessionOperationsOptions {
  readonly terminal: Terminal;
  readonly sessions: Sessions;
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly limits: Pick<
    AgentLimits,
    | "leaseMs"
    | "commandTtlMs"
    | "journalRetentionMs"
    | "maxPendingRequests"
    | "maxOutcomesInHello"
    | "maxReplyBytes"
  >;
  readonly name: string;
  readonly version: string;
  readonly brokerZone: string | undefined;
  /** Looks at the terminal's tables and publishes what is new. */
  readonly scan: () => void;
}

/** `challenge`, `hello`, `bye`, `ping` and `barrier` (docs/protocol.md, 4.1 to 4.3). */
export function sessionOperations(
  options: SessionOperationsOptions,
): Pick<Operations, "challenge" | "hello" | "bye" | "ping" | "barrier"> {
  const { terminal, sessions, journal, ledger, limits } = options;
  return {
    challenge({ instance }, context): void {
      const challenge = sessions.challenge(context.client, instance);
      const result: ChallengeResult = { revision: protocolLimits.revision, challenge };
      context.answer(result);
    },

    hello(args, context): void {
      const { client } = context;
      if (!sessions.useChallenge(client, args.instance, args.challenge)) {
        context.refuse("CHALLENGE", "Cannot open a session: the challenge is not (or no longer) open");
        return;
      }
      if (args.role === "trade" && client.role !== "trade") {
        context.refuse("ROLE", "Cannot open a session: this client may only read");
        return;
      }
      const session = sessions.open(client, args.instance, args.role);
      if (session === undefined) {
        context.refuse("SESSIONS", "Cannot open a session: there are too many");
        return;
      }
      options.scan();
      const awaited = args.role === "trade" ? awaitedOutcomes(journal, sessions, client, args.instance) : [];
      const outcomes = fittingOutcomes(awaited, limits);
      const result: HelloResult = {
        session: session.id,
        leaseMs: limits.leaseMs,
        agent: { name: options.name, version: options.version },
        account: terminal.account(),
        terminal: terminal.info(),
        brokerMs: terminal.brokerMs(),
        utcMs: terminal.utcMs(),
        brokerZone: options.brokerZone ?? null,
        ledger: { oldest: ledger.oldest },
        outcomes,
        moreOutcomes: outcomes.length < awaited.length,
        journalSinceUtcMs: journal.sinceUtcMs,
        limits: {
          commandTtlMs: limits.commandTtlMs,
          journalRetentionMs: limits.journalRetentionMs,
          maxMessageBytes: protocolLimits.maxRequestBytes,
          maxPending: limits.maxPendingRequests,
        },
      };
      context.answer(result);
    },

    bye(_args, context): void {
      sessions.end(context.session);
      context.answer({});
    },

    ping(_args, context): void {
      context.answer({ brokerMs: terminal.brokerMs(), utcMs: terminal.utcMs() });
    },

    barrier({ token }, context): void {
      ledger.barrier(token);
      context.answer({});
    },
  };
}
