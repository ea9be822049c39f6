import type { DealRecord, OrderRecord, PositionRecord, SymbolRecord } from "../../../domain/records.ts";
import type { Terminal } from "../../../domain/terminal.ts";
import { packTicks } from "../../../protocol/v1/bulk.ts";
import type { SnapshotResult } from "../../../protocol/v1/messages.ts";
import type { Page, Pager } from "../pager.ts";
import type { Operations, SessionContext } from "../requests.ts";
import type { Shadow } from "../shadow.ts";
import { symbolCandidates } from "../symbols.ts";

/** What the operations about the terminal's state need. */
export interface StateOperationsOptions {
  readonly terminal: Terminal;
  readonly shadow: Shadow;
  readonly pager: Pager;
  readonly seq: () => number;
  /** Looks at the terminal's tables, late ones too, and publishes what is new. */
  readonly scan: () => void;
}

/** One row of a snapshot. */
type Row =
  | { readonly list: "positions"; readonly record: PositionRecord }
  | { readonly list: "orders" | "historyOrders"; readonly record: OrderRecord }
  | { readonly list: "deals"; readonly record: DealRecord };

/** The queries (docs/protocol.md, 4.3). All answer from the state that the ledger has told of. */
export function stateOperations(
  options: StateOperationsOptions,
): Pick<Operations, "account" | "terminal" | "positions" | "orders" | "symbols" | "tick" | "snapshot"> {
  const { terminal, shadow, pager, seq, scan } = options;

  /** The page asked for; refuses and gives undefined if there is none. */
  function paged<Item>(
    context: SessionContext,
    request: string,
    cursor: string | undefined,
    items: () => readonly Item[],
  ): Page<Item> | undefined {
    const { session } = context;
    if (cursor === undefined) return pager.first(session, request, items(), seq());
    const page = pager.next<Item>(session, request, cursor);
    if (page === undefined) context.refuse("BAD_CURSOR", "Cannot give the page: its result is gone");
    return page;
  }

  /** Whether the symbol exists; refuses if it does not. */
  function knows(context: SessionContext, symbol: string | undefined): boolean {
    if (symbol === undefined || terminal.symbol(symbol) !== undefined) return true;
    refuseSymbol(terminal, context, symbol);
    return false;
  }

  return {
    account(_args, context): void {
      scan();
      context.answer({ account: terminal.account() });
    },

    terminal(_args, context): void {
      context.answer({ terminal: terminal.info() });
    },

    positions({ symbol, cursor }, context): void {
      if (!knows(context, symbol)) return;
      const page = paged(context, `positions ${symbol ?? ""}`, cursor, () => {
        scan();
        return shadow.positions.filter((record) => symbol === undefined || record.symbol === symbol);
      });
      if (page !== undefined) context.answer({ positions: page.items, more: page.more }, { seq: page.seq });
    },

    orders({ symbol, cursor }, context): void {
      if (!knows(context, symbol)) return;
      const page = paged(context, `orders ${symbol ?? ""}`, cursor, () => {
        scan();
        return shadow.orders.filter((record) => symbol === undefined || record.symbol === symbol);
      });
      if (page !== undefined) context.answer({ orders: page.items, more: page.more }, { seq: page.seq });
    },

    symbols({ names, cursor }, context): void {
      for (const name of names ?? []) if (!knows(context, name)) return;
      const page = paged<SymbolRecord>(context, `symbols ${JSON.stringify(names ?? null)}`, cursor, () =>
        names === undefined ? terminal.symbols() : names.flatMap((name) => terminal.symbol(name) ?? []),
      );
      if (page !== undefined) context.answer({ symbols: page.items, more: page.more }, { seq: page.seq });
    },

    tick({ symbol }, context): void {
      if (!knows(context, symbol)) return;
      // Unless it is shown in Market Watch, the terminal has no quote of it.
      terminal.selectSymbol(symbol);
      const tick = terminal.tick(symbol);
      const result = { symbol, brokerMs: terminal.brokerMs() };
      context.answer(result, tick === undefined ? {} : { bulk: packTicks([tick]) });
    },

    snapshot({ since, cursor }, context): void {
      const page = paged<Row>(context, `snapshot ${JSON.stringify(since ?? null)}`, cursor, () => {
        scan();
        return rows(shadow, since);
      });
      if (page === undefined) return;
      const result: SnapshotResult = {
        account: shadow.account,
        positions: page.items.flatMap((row) => (row.list === "positions" ? row.record : [])),
        orders: page.items.flatMap((row) => (row.list === "orders" ? row.record : [])),
        historyOrders: page.items.flatMap((row) => (row.list === "historyOrders" ? row.record : [])),
        deals: page.items.flatMap((row) => (row.list === "deals" ? row.record : [])),
        more: page.more,
      };
      context.answer(result, { seq: page.seq });
    },
  };
}

/** Refuses a symbol and names those that may be meant. */
export function refuseSymbol(terminal: Terminal, context: SessionContext, symbol: string): void {
  const candidates = symbolCandidates(terminal, symbol);
  context.refuse("UNKNOWN_SYMBOL", `Cannot find symbol "${symbol}": symbols are matched exactly`, candidates);
}

function rows(
  shadow: Shadow,
  since: { readonly brokerMs: number; readonly orders: readonly string[] } | undefined,
): readonly Row[] {
  const state: Row[] = [
    ...shadow.positions.map((record) => ({ list: "positions", record }) as const),
    ...shadow.orders.map((record) => ({ list: "orders", record }) as const),
  ];
  if (since === undefined) return state;
  const history = shadow.history(since.brokerMs, since.orders);
  return [
    ...state,
    ...history.orders.map((record) => ({ list: "historyOrders", record }) as const),
    ...history.deals.map((record) => ({ list: "deals", record }) as const),
  ];
}
