import type { Terminal } from "../../../domain/terminal.ts";
import type { AgentLimits } from "../agent-options.ts";
import type { Depth } from "../depth.ts";
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
  readonly depth: Depth;
  readonly ledger: Ledger;
  readonly limits: Pick<AgentLimits, "maxSymbolsPerSession" | "maxReplyBytes">;
}

/** `subscribe`, `unsubscribe`, the same of market depth, and `ledger.since` (docs/protocol.md, 4.3). */
export function streamOperations(
  options: StreamOperationsOptions,
): Pick<Operations, "subscribe" | "unsubscribe" | "depth.subscribe" | "depth.unsubscribe" | "ledger.since"> {
  const { terminal, ticks, depth, ledger, limits } = options;
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

    "depth.subscribe"({ symbols }, context): void {
      const { session } = context;
      const wanted = [...new Set(symbols)].filter((symbol) => !session.books.has(symbol));
      const unknown = wanted.find((symbol) => terminal.symbol(symbol) === undefined);
      if (unknown !== undefined) {
        refuseSymbol(terminal, context, unknown);
        return;
      }
      if (session.books.size + wanted.length > limits.maxSymbolsPerSession) {
        const most = limits.maxSymbolsPerSession;
        context.refuse("BAD_REQUEST", `Cannot subscribe: at most ${most} symbols per session`);
        return;
      }
      const added: string[] = [];
      for (const symbol of wanted) {
        terminal.selectSymbol(symbol);
        if (terminal.addBook(symbol)) {
          depth.subscribe(symbol);
          added.push(symbol);
          continue;
        }
        // All or none: what this request has begun is taken back.
        for (const begun of added) depth.unsubscribe(begun);
        context.refuse("NO_DEPTH", `Cannot subscribe: symbol "${symbol}" has no market depth`);
        return;
      }
      for (const symbol of added) session.books.add(symbol);
      context.answer({});
    },

    "depth.unsubscribe"({ symbols }, context): void {
      for (const symbol of symbols) if (context.session.books.delete(symbol)) depth.unsubscribe(symbol);
      context.answer({});
    },

    "ledger.since"({ epoch, seq }, context): void {
      const since = ledger.since(epoch, seq, limits.maxReplyBytes - headBytes);
      if (since.state === "events") context.answerEvents(since.bodies, since.complete);
      else context.refuse("LEDGER_GONE", "Cannot give the events: the ledger does not reach back so far");
    },
  };
}
