import type { BrokerTimeZone } from "../../domain/broker-time.ts";
import type { DealRecord, OrderRecord } from "../../domain/records.ts";
import type { AccountState } from "./account-state.ts";
import type { OrderBook, PositionBook, TicketLog } from "./books.ts";
import type { Converter } from "./conversion.ts";
import type { SymbolState } from "./symbol-state.ts";

/** All that the trade server knows. */
export interface BrokerState {
  readonly zone: BrokerTimeZone;
  readonly account: AccountState;
  readonly symbols: ReadonlyMap<string, SymbolState>;
  readonly converter: Converter;
  readonly positions: PositionBook;
  readonly orders: OrderBook;
  readonly historyOrders: TicketLog<OrderRecord>;
  readonly historyDeals: TicketLog<DealRecord>;
  /** The server's time in UTC. */
  utcMs(): number;
}

/** Trade server time. */
export function brokerMs(state: BrokerState): number {
  return state.zone.toBroker(state.utcMs());
}
