import type {
  AccountRecord,
  DealRecord,
  OrderRecord,
  PositionRecord,
  TickRecord,
} from "../../domain/records.ts";
import type { Terminal } from "../../domain/terminal.ts";

/** What an expert may read while the terminal has no connection: what it was when the connection broke. */
export interface Frozen {
  readonly account: AccountRecord;
  readonly positions: readonly PositionRecord[];
  readonly orders: readonly OrderRecord[];
  readonly historyOrders: readonly OrderRecord[];
  readonly historyDeals: readonly DealRecord[];
  readonly ticks: ReadonlyMap<string, TickRecord>;
  readonly utcMs: number;
}

/** Keeps what a terminal shows at this moment. */
export function freeze(terminal: Terminal): Frozen {
  const ticks = new Map<string, TickRecord>();
  for (const { name } of terminal.symbols()) {
    const tick = terminal.tick(name);
    if (tick !== undefined) ticks.set(name, tick);
  }
  return {
    account: terminal.account(),
    positions: terminal.positions(),
    orders: terminal.orders(),
    historyOrders: terminal.historyOrders("0"),
    historyDeals: terminal.historyDeals("0"),
    ticks,
    utcMs: terminal.utcMs(),
  };
}

/** The records with a ticket above this one. */
export function above<T extends { readonly ticket: string }>(
  records: readonly T[],
  ticket: string,
): readonly T[] {
  const floor = BigInt(ticket);
  return records.filter((record) => BigInt(record.ticket) > floor);
}
