import type {
  AccountRecord,
  DealRecord,
  OrderRecord,
  OrderState,
  PositionRecord,
} from "../../domain/records.ts";
import type { Terminal, TradeTransaction } from "../../domain/terminal.ts";
import type { LedgerPayload, OrderChange } from "../../protocol/v1/messages.ts";
import { LateTickets } from "./late-tickets.ts";
import { PositionEnds } from "./position-ends.ts";
import { compareTickets, higherTicket, ticketBefore } from "./tickets.ts";

/** What the shadow needs. */
export interface ShadowOptions {
  readonly terminal: Terminal;
  readonly now: () => number;
  readonly lateTicketMs: number;
  readonly closingDealWaitMs: number;
  /** Deals remembered so that one that is changed or withdrawn can be told. */
  readonly rememberedDeals: number;
  readonly publish: (payload: LedgerPayload) => void;
  /** Told of each order that is new, changed or finished. */
  readonly onOrder: (order: OrderRecord, finished: boolean) => void;
  /** Told of each position that was opened, changed or closed. */
  readonly onPosition: (ticket: string) => void;
  /** Told of each new deal. */
  readonly onDeal: (deal: DealRecord) => void;
}

/** Finished orders and deals. */
export interface ShadowHistory {
  readonly orders: readonly OrderRecord[];
  readonly deals: readonly DealRecord[];
}

/**
 * What the ledger has told so far of the terminal's tables. Each scan compares it with the tables themselves and
 * publishes the difference: transactions are hints to scan, not what is believed.
 */
export class Shadow {
  readonly #options: ShadowOptions;
  readonly #orderTickets: LateTickets;
  readonly #dealTickets: LateTickets;
  readonly #ends: PositionEnds;
  readonly #latestDeals: Map<string, DealRecord> = new Map();
  /** Deals that a transaction has named as changed or withdrawn. */
  readonly #amended: Set<string> = new Set();
  #positions: ReadonlyMap<string, PositionRecord> = new Map();
  #orders: Map<string, OrderRecord> = new Map();
  #account: AccountRecord;

  /** Takes the tables as they are, without telling. */
  constructor(options: ShadowOptions) {
    const { terminal, lateTicketMs, closingDealWaitMs } = options;
    this.#options = options;
    this.#orderTickets = new LateTickets(lateTicketMs);
    this.#dealTickets = new LateTickets(lateTicketMs);
    this.#ends = new PositionEnds(closingDealWaitMs);
    this.#orderTickets.start(terminal.historyOrders("0").at(-1)?.ticket ?? "0");
    this.#dealTickets.start(terminal.historyDeals("0").at(-1)?.ticket ?? "0");
    this.#positions = new Map(terminal.positions().map((position) => [position.ticket, position]));
    this.#orders = new Map(terminal.orders().map((order) => [order.ticket, order]));
    this.#account = terminal.account();
  }

  get account(): AccountRecord {
    return this.#account;
  }

  get positions(): readonly PositionRecord[] {
    return [...this.#positions.values()];
  }

  /** Active orders, and those whose end the history does not show yet. */
  get orders(): readonly OrderRecord[] {
    return [...this.#orders.values()];
  }

  /** Takes what a transaction names; nothing else of it is believed. */
  hint(transaction: TradeTransaction): void {
    const { type, deal } = transaction;
    if (deal !== undefined && (type === "dealUpdate" || type === "dealDelete")) this.#amended.add(deal);
  }

  /** Compares with the tables and publishes orders, deals, positions and balance, in this order. */
  scan(reach: "new" | "late"): void {
    this.#scanOrders(reach);
    this.#scanDeals(reach);
    this.#scanPositions();
    this.#scanBalance();
  }

  /**
   * Orders finished and deals made at or after a time, and the ends of the given orders if they are not active any more.
   * Scan first: then the ledger has told of all of them.
   */
  history(sinceBrokerMs: number, tracked: readonly string[]): ShadowHistory {
    const { terminal } = this.#options;
    const wanted = new Set(tracked);
    return {
      orders: terminal
        .historyOrders("0")
        .filter((order) => order.doneBrokerMs >= sinceBrokerMs || wanted.has(order.ticket)),
      deals: terminal.historyDeals("0").filter((deal) => deal.timeBrokerMs >= sinceBrokerMs),
    };
  }

  /** The highest tickets that the terminal shows now. */
  highest(): { readonly order: string; readonly deal: string } {
    const { terminal } = this.#options;
    let order =
      terminal.historyOrders(this.#orderTickets.highest).at(-1)?.ticket ?? this.#orderTickets.highest;
    for (const active of terminal.orders()) order = higherTicket(order, active.ticket);
    const deal = terminal.historyDeals(this.#dealTickets.highest).at(-1)?.ticket ?? this.#dealTickets.highest;
    return { order, deal };
  }

  #scanOrders(reach: "new" | "late"): void {
    const { terminal, now } = this.#options;
    // The tables first: an order that finishes between the two readings is then seen in both, not in none.
    const active = terminal.orders();
    const after = reach === "late" ? this.#orderTickets.settled : this.#orderTickets.highest;
    const finished = terminal
      .historyOrders(after)
      .filter((order) => this.#orderTickets.note(order.ticket, now()));
    const seen = new Set(finished.map((order) => order.ticket));
    const stillActive = new Set<string>();
    for (const order of [...active].sort(byTicket)) {
      stillActive.add(order.ticket);
      // One that has been told as finished is on its way out of the table of active ones.
      if (!this.#orderTickets.has(order.ticket)) this.#activeOrder(order);
    }
    for (const order of this.#orders.values()) {
      if (stillActive.has(order.ticket) || seen.has(order.ticket)) continue;
      const end = this.#findFinished(order.ticket);
      // Neither active nor in the history: on its way from one to the other, and nothing can be said yet.
      if (end === undefined) continue;
      this.#orderTickets.note(end.ticket, now());
      finished.push(end);
    }
    for (const order of finished.sort(byTicket)) {
      this.#orders.delete(order.ticket);
      this.#options.publish({ type: "order", change: finalChange(order.state), order });
      this.#options.onOrder(order, true);
    }
    if (reach === "late") this.#orderTickets.settle(now());
  }

  #activeOrder(order: OrderRecord): void {
    const known = this.#orders.get(order.ticket);
    this.#orders.set(order.ticket, order);
    if (known !== undefined && sameOrder(known, order)) return;
    const change = known === undefined ? "placed" : activeChange(known, order);
    this.#options.publish({ type: "order", change, order });
    this.#options.onOrder(order, false);
  }

  #findFinished(ticket: string): OrderRecord | undefined {
    const first = this.#options.terminal.historyOrders(ticketBefore(ticket))[0];
    return first?.ticket === ticket ? first : undefined;
  }

  #scanDeals(reach: "new" | "late"): void {
    const { terminal, now } = this.#options;
    const after = reach === "late" ? this.#dealTickets.settled : this.#dealTickets.highest;
    for (const deal of terminal.historyDeals(after)) {
      if (!this.#dealTickets.note(deal.ticket, now())) continue;
      this.#amended.delete(deal.ticket);
      this.#remember(deal);
      this.#ends.deal(deal);
      this.#options.publish({ type: "deal", change: "made", deal });
      this.#options.onDeal(deal);
    }
    for (const ticket of this.#amended) this.#amend(ticket);
    this.#amended.clear();
    if (reach === "late") this.#dealTickets.settle(now());
  }

  #amend(ticket: string): void {
    const known = this.#latestDeals.get(ticket);
    const first = this.#options.terminal.historyDeals(ticketBefore(ticket))[0];
    const deal = first?.ticket === ticket ? first : undefined;
    if (deal === undefined) {
      this.#latestDeals.delete(ticket);
      if (known !== undefined) this.#options.publish({ type: "deal", change: "deleted", deal: known });
    } else if (known === undefined || !sameRecord(known, deal)) {
      this.#remember(deal);
      this.#options.publish({ type: "deal", change: "updated", deal });
    }
  }

  #remember(deal: DealRecord): void {
    this.#latestDeals.set(deal.ticket, deal);
    if (this.#latestDeals.size <= this.#options.rememberedDeals) return;
    for (const oldest of this.#latestDeals.keys()) {
      this.#latestDeals.delete(oldest);
      break;
    }
  }

  #scanPositions(): void {
    const { terminal, now, publish } = this.#options;
    const before = this.#positions;
    const after = new Map(terminal.positions().map((position) => [position.ticket, position]));
    for (const position of after.values()) this.#ends.present(position, before.get(position.ticket));
    for (const position of before.values()) {
      if (after.has(position.ticket)) continue;
      if (this.#ends.isClosed(position, now())) publish({ type: "position", change: "closed", position });
      else after.set(position.ticket, position);
    }
    this.#positions = after;
    this.#ends.keepOnly(new Set([...after.values()].map((position) => position.identifier)));
    for (const position of after.values()) {
      const known = before.get(position.ticket);
      if (known !== undefined && samePosition(known, position)) continue;
      publish({ type: "position", change: known === undefined ? "opened" : "modified", position });
      this.#options.onPosition(position.ticket);
    }
  }

  #scanBalance(): void {
    const before = this.#account;
    this.#account = this.#options.terminal.account();
    const { balance, credit } = this.#account;
    if (balance !== before.balance || credit !== before.credit) {
      this.#options.publish({ type: "balance", balance, credit });
    }
  }
}

function byTicket(a: OrderRecord, b: OrderRecord): number {
  return compareTickets(a.ticket, b.ticket);
}

function sameRecord(a: DealRecord, b: DealRecord): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function samePosition(a: PositionRecord, b: PositionRecord): boolean {
  return (
    a.volume === b.volume &&
    a.priceOpen === b.priceOpen &&
    a.stopLoss === b.stopLoss &&
    a.takeProfit === b.takeProfit &&
    a.swap === b.swap
  );
}

function sameOrder(a: OrderRecord, b: OrderRecord): boolean {
  return (
    a.state === b.state &&
    a.kind === b.kind &&
    a.volumeCurrent === b.volumeCurrent &&
    a.price === b.price &&
    a.priceStopLimit === b.priceStopLimit &&
    a.stopLoss === b.stopLoss &&
    a.takeProfit === b.takeProfit &&
    a.timeInForce === b.timeInForce &&
    a.expirationBrokerMs === b.expirationBrokerMs
  );
}

function activeChange(before: OrderRecord, after: OrderRecord): OrderChange {
  return after.volumeCurrent < before.volumeCurrent ? "partiallyFilled" : "modified";
}

function finalChange(state: OrderState): OrderChange {
  switch (state) {
    case "filled":
      return "filled";
    case "partial":
      return "partiallyFilled";
    case "rejected":
      return "rejected";
    case "expired":
      return "expired";
    default:
      return "cancelled";
  }
}
