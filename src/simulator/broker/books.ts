import type {
  DealRecord,
  FillingMode,
  OrderKind,
  OrderRecord,
  OrderState,
  PositionSide,
  Reason,
  TimeInForce,
} from "../../domain/records.ts";
import type { MarginEntry, OrderMarginEntry } from "./margin.ts";
import { isPending } from "./order-kinds.ts";
import type { SymbolState } from "./symbol-state.ts";

/** An open position as the server keeps it: volumes and money as whole numbers, times in UTC. */
export interface LivePosition extends MarginEntry {
  /** Changes when a netting position turns round; the identifier stays. */
  ticket: string;
  readonly identifier: string;
  readonly symbol: SymbolState;
  side: PositionSide;
  volumeUnits: number;
  priceOpen: number;
  marginRate: number;
  stopLoss: number;
  takeProfit: number;
  swapMinor: number;
  /** Profit at the current price, without swap. */
  profitMinor: number;
  magic: string;
  comment: string;
  readonly reason: Reason;
  readonly openUtcMs: number;
  updateUtcMs: number;
}

/** An active order as the server keeps it. */
export interface LiveOrder {
  readonly ticket: string;
  readonly symbol: SymbolState;
  kind: OrderKind;
  state: OrderState;
  readonly volumeInitialUnits: number;
  volumeUnits: number;
  price: number;
  /** Margin currency to account currency, as it was when the order was placed. */
  readonly marginRate: number;
  priceStopLimit: number;
  stopLoss: number;
  takeProfit: number;
  timeInForce: TimeInForce;
  readonly filling: FillingMode;
  readonly magic: string;
  comment: string;
  readonly reason: Reason;
  position: string;
  readonly positionBy: string;
  readonly setupUtcMs: number;
  expirationBrokerMs: number;
  /** What is left of it trades at the market: a market order, or a stop order whose price was reached. */
  atMarket: boolean;
}

/** Whether an order waits for a price, and so may reserve margin. */
export function reserves(order: LiveOrder): order is LiveOrder & OrderMarginEntry {
  return isPending(order.kind);
}

/** Positions by ticket, with those of each symbol at hand, oldest first. */
export class PositionBook {
  readonly #byTicket: Map<string, LivePosition> = new Map();
  readonly #bySymbol: Map<SymbolState, LivePosition[]> = new Map();

  get size(): number {
    return this.#byTicket.size;
  }

  get(ticket: string): LivePosition | undefined {
    return this.#byTicket.get(ticket);
  }

  ofSymbol(symbol: SymbolState): readonly LivePosition[] {
    return this.#bySymbol.get(symbol) ?? [];
  }

  all(): Iterable<LivePosition> {
    return this.#byTicket.values();
  }

  add(position: LivePosition): void {
    this.#byTicket.set(position.ticket, position);
    const list = this.#bySymbol.get(position.symbol);
    if (list === undefined) this.#bySymbol.set(position.symbol, [position]);
    else list.push(position);
  }

  remove(position: LivePosition): void {
    this.#byTicket.delete(position.ticket);
    const left = this.ofSymbol(position.symbol).filter((other) => other !== position);
    if (left.length === 0) this.#bySymbol.delete(position.symbol);
    else this.#bySymbol.set(position.symbol, left);
  }

  /** Gives a position another ticket. */
  rename(position: LivePosition, ticket: string): void {
    this.#byTicket.delete(position.ticket);
    position.ticket = ticket;
    this.#byTicket.set(ticket, position);
  }
}

/** Active orders by ticket, with those of each symbol at hand, oldest first. */
export class OrderBook {
  readonly #byTicket: Map<string, LiveOrder> = new Map();
  readonly #bySymbol: Map<SymbolState, LiveOrder[]> = new Map();

  get size(): number {
    return this.#byTicket.size;
  }

  get(ticket: string): LiveOrder | undefined {
    return this.#byTicket.get(ticket);
  }

  ofSymbol(symbol: SymbolState): readonly LiveOrder[] {
    return this.#bySymbol.get(symbol) ?? [];
  }

  all(): Iterable<LiveOrder> {
    return this.#byTicket.values();
  }

  add(order: LiveOrder): void {
    this.#byTicket.set(order.ticket, order);
    const list = this.#bySymbol.get(order.symbol);
    if (list === undefined) this.#bySymbol.set(order.symbol, [order]);
    else list.push(order);
  }

  remove(order: LiveOrder): void {
    this.#byTicket.delete(order.ticket);
    const left = this.ofSymbol(order.symbol).filter((other) => other !== order);
    if (left.length === 0) this.#bySymbol.delete(order.symbol);
    else this.#bySymbol.set(order.symbol, left);
  }
}

/** Finished orders or deals by ticket; tickets are compared as whole numbers. */
export class TicketLog<T extends OrderRecord | DealRecord> {
  readonly #tickets: bigint[] = [];
  readonly #records: T[] = [];

  /** Adds a record; mostly the newest, but an order that finishes late takes the place of its ticket. */
  add(record: T): void {
    const ticket = BigInt(record.ticket);
    let at = this.#tickets.length;
    if (at > 0 && (this.#tickets[at - 1] ?? 0n) > ticket) at = this.#firstAbove(ticket);
    if (at === this.#tickets.length) {
      this.#tickets.push(ticket);
      this.#records.push(record);
    } else {
      this.#tickets.splice(at, 0, ticket);
      this.#records.splice(at, 0, record);
    }
  }

  /** All records with a ticket above this one, by ticket. */
  after(ticket: string): T[] {
    return this.#records.slice(this.#firstAbove(BigInt(ticket)));
  }

  #firstAbove(ticket: bigint): number {
    let low = 0;
    let high = this.#tickets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#tickets[middle] ?? 0n) <= ticket) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
