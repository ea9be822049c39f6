import { type CalendarRecord, toCalendarRecord } from "../../../domain/market.ts";
import type { DealRecord, OrderRecord } from "../../../domain/records.ts";
import type { Terminal } from "../../../domain/terminal.ts";
import { packBars, packTicks } from "../../../protocol/v1/bulk.ts";
import { limits as protocolLimits } from "../../../protocol/v1/limits.ts";
import type { SyncArgs } from "../../../protocol/v1/request-schemas.ts";
import type { Page, Pager } from "../pager.ts";
import type { Operations, SessionContext } from "../requests.ts";
import { compareTickets } from "../tickets.ts";
import { refuseSymbol } from "./state-operations.ts";

/** What the operations about history need. */
export interface HistoryOperationsOptions {
  readonly terminal: Terminal;
  readonly pager: Pager;
  readonly seq: () => number;
  /** Looks at the terminal's tables and publishes what is new. */
  readonly scan: () => void;
}

type HistoryArgs = SyncArgs["history.orders"];

/** `history.orders`, `history.deals`, `bars`, `ticks` and `calendar` (docs/protocol.md, 4.3). */
export function historyOperations(
  options: HistoryOperationsOptions,
): Pick<Operations, "history.orders" | "history.deals" | "bars" | "ticks" | "calendar"> {
  const { terminal, pager, seq, scan } = options;

  /** The page asked for; refuses and gives undefined if there is none (yet). */
  function paged<Item>(
    context: SessionContext,
    op: string,
    args: { readonly cursor?: string | undefined },
    items: () => readonly Item[] | undefined,
    pageItems?: number,
  ): Page<Item> | undefined {
    const { cursor, ...rest } = args;
    const request = `${op} ${JSON.stringify(rest)}`;
    const { session } = context;
    if (cursor !== undefined) {
      const page = pager.next<Item>(session, request, cursor, pageItems);
      if (page === undefined) context.refuse("BAD_CURSOR", "Cannot give the page: its result is gone");
      return page;
    }
    const all = items();
    if (all === undefined) {
      context.refuse("HISTORY_LOADING", "Cannot give the history: the terminal has not loaded it yet");
      return undefined;
    }
    return pager.first(session, request, all, seq(), pageItems);
  }

  function isLoaded(): boolean {
    return terminal.info().connected;
  }

  function orders(args: HistoryArgs): readonly OrderRecord[] | undefined {
    if (!isLoaded()) return undefined;
    scan();
    const { ticket, position } = args;
    return terminal
      .historyOrders("0")
      .filter(
        (order) =>
          (args.symbol === undefined || order.symbol === args.symbol) &&
          (ticket === undefined || order.ticket === ticket) &&
          (position === undefined || order.position === position || order.positionBy === position) &&
          isWithin(args, order.doneBrokerMs),
      )
      .sort((a, b) => a.doneBrokerMs - b.doneBrokerMs || compareTickets(a.ticket, b.ticket));
  }

  function deals(args: HistoryArgs): readonly DealRecord[] | undefined {
    if (!isLoaded()) return undefined;
    scan();
    const { ticket, position } = args;
    return terminal
      .historyDeals("0")
      .filter(
        (deal) =>
          (args.symbol === undefined || deal.symbol === args.symbol) &&
          (ticket === undefined || deal.order === ticket) &&
          (position === undefined || deal.position === position) &&
          isWithin(args, deal.timeBrokerMs),
      )
      .sort((a, b) => a.timeBrokerMs - b.timeBrokerMs || compareTickets(a.ticket, b.ticket));
  }

  /** Whether the symbol exists; shows it, and refuses if it does not. */
  function shows(context: SessionContext, symbol: string): boolean {
    if (terminal.symbol(symbol) !== undefined && terminal.selectSymbol(symbol)) return true;
    refuseSymbol(terminal, context, symbol);
    return false;
  }

  function calendar(args: SyncArgs["calendar"]): readonly CalendarRecord[] | undefined {
    return terminal
      .calendar?.(args.fromBrokerMs, args.toBrokerMs)
      ?.filter(
        ({ currency, country }) =>
          (args.currency === undefined || currency === args.currency) &&
          (args.country === undefined || country === args.country),
      )
      .map(toCalendarRecord);
  }

  return {
    calendar(args, context): void {
      if (terminal.calendar === undefined) {
        context.refuse("NOT_SUPPORTED", "Cannot give the calendar: this terminal has none");
        return;
      }
      const page = paged(context, "calendar", args, () => calendar(args));
      if (page !== undefined) context.answer({ events: page.items, more: page.more }, { seq: page.seq });
    },

    "history.orders"(args, context): void {
      const page = paged(context, "history.orders", args, () => orders(args));
      if (page !== undefined) context.answer({ orders: page.items, more: page.more }, { seq: page.seq });
    },

    "history.deals"(args, context): void {
      const page = paged(context, "history.deals", args, () => deals(args));
      if (page !== undefined) context.answer({ deals: page.items, more: page.more }, { seq: page.seq });
    },

    bars(args, context): void {
      const { symbol, timeframe, fromBrokerMs = 0, toBrokerMs = 0, count } = args;
      if (!shows(context, symbol)) return;
      const span = count === undefined ? { fromBrokerMs, toBrokerMs } : { count };
      const bars = (): ReturnType<Terminal["copyRates"]> => terminal.copyRates(symbol, timeframe, span);
      const page = paged(context, "bars", args, bars, protocolLimits.maxRecordsPerPage);
      if (page === undefined) return;
      const result = { symbol, timeframe, n: page.items.length, more: page.more };
      context.answer(result, { seq: page.seq, bulk: packBars(page.items) });
    },

    ticks(args, context): void {
      const { symbol, fromBrokerMs, toBrokerMs } = args;
      if (!shows(context, symbol)) return;
      const ticks = (): ReturnType<Terminal["copyTicksRange"]> =>
        terminal.copyTicksRange(symbol, fromBrokerMs, toBrokerMs);
      const page = paged(context, "ticks", args, ticks, protocolLimits.maxRecordsPerPage);
      if (page === undefined) return;
      const result = { symbol, n: page.items.length, more: page.more };
      context.answer(result, { seq: page.seq, bulk: packTicks(page.items) });
    },
  };
}

function isWithin(args: HistoryArgs, brokerMs: number): boolean {
  const { fromBrokerMs, toBrokerMs } = args;
  return (
    (fromBrokerMs === undefined || brokerMs >= fromBrokerMs) &&
    (toBrokerMs === undefined || brokerMs <= toBrokerMs)
  );
}
