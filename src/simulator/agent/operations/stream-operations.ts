import type { Terminal } from "../../../domain/terminal.ts";
import type { AgentLimits } from "../agent-options.ts";
import type { Ledger } from "../ledger.ts";
import type { Operations } from "../requests.ts";
import type { Ticks } from "../ticks.ts";
import { refuseSymbol } from "./state-operations.ts";

/** Room that a reply needs beside its events. */
const headBytes = 16_384;

/** What the operations about the streams need. */
export interface StreamOperationsOptions {
  readonly terminal: Terminal;
  readonly ticks: Ticks;
  readonly ledger: Ledger;
  readonly limits: Pick<AgentLimits, "maxSymbolsPerSession" | "maxReplyBytes">;
}

/** `subscribe`, `unsubscribe` and `ledger.since` (docs/protocol.md, 4.3). */
export function streamOperations(
  options: StreamOperationsOptions,
): Pick<Operations, "subscribe" | "unsubscribe" | "ledger.since"> {
  const { terminal, ticks, ledger, limits } = options;
  return {
    subscribe({ symbols }, context): void {
      const { session } = context;
      const wanted = [...new Set(symbols)];
      // All or none: everything that can fail is looked at before anything is changed.
      const unknown = wanted.find(
        (symbol) => terminal.symbol(symbol) === undefined || !terminal.selectSymbol(symbol),
      );
      if (unknown !== undefined) {
        refuseSymbol(terminal, context, unknown);
        return;
      }
      const total = new Set([...session.symbols, ...wanted]).size;
      if (total > limits.maxSymbolsPerSession) {
        context.refuse(
          "BAD_REQUEST",
          `Cannot subscribe: at most ${limits.maxSymbolsPerSession} symbols per session`,
        );
        return;
      }
      const counts = wanted.map((symbol) => {
        const again = session.symbols.has(symbol);
        session.symbols.add(symbol);
        return { symbol, count: again ? ticks.count(symbol) : ticks.subscribe(symbol) };
      });
      context.answer({ symbols: counts });
    },

    unsubscribe({ symbols }, context): void {
      for (const symbol of symbols) if (context.session.symbols.delete(symbol)) ticks.unsubscribe(symbol);
      context.answer({});
    },

    "ledger.since"({ epoch, seq }, context): void {
      const since = ledger.since(epoch, seq, limits.maxReplyBytes - headBytes);
      if (since.state === "events") context.answerEvents(since.bodies, since.complete);
      else context.refuse("LEDGER_GONE", "Cannot give the events: the ledger does not reach back so far");
    },
  };
}
