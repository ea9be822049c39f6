import { fromVolumeUnits, roundTo } from "../../domain/decimal.ts";
import type { DealEntry, DealRecord, OrderState, PositionSide, Reason } from "../../domain/records.ts";
import type { TradeTransaction } from "../../domain/terminal.ts";
import type { LiveOrder, LivePosition } from "./books.ts";
import type { BrokerState } from "./broker-state.ts";
import { sideOf } from "./order-kinds.ts";
import { profitMinor } from "./profit.ts";
import { orderRecord } from "./records.ts";
import type { Tickets } from "./tickets.ts";
import type { Valuation } from "./valuation.ts";

/** Averages of prices and rates are kept with so many decimals. */
const AVERAGE_DIGITS = 10;

/**
 * Keeps the books: what a fill does to positions, balance, margin and history. It decides nothing; every change of the
 * account's money goes through a deal here, so that the balance is the sum of the deals.
 */
export class Bookkeeper {
  readonly #state: BrokerState;
  readonly #tickets: Tickets;
  readonly #valuation: Valuation;
  readonly #emit: (transaction: TradeTransaction) => void;

  constructor(
    state: BrokerState,
    tickets: Tickets,
    valuation: Valuation,
    emit: (transaction: TradeTransaction) => void,
  ) {
    this.#state = state;
    this.#tickets = tickets;
    this.#valuation = valuation;
    this.#emit = emit;
  }

  /** Adds an order to the active ones. */
  place(order: LiveOrder): void {
    this.#state.orders.add(order);
    this.#valuation.reserved(order);
    this.#emit({ type: "orderAdd", order: order.ticket, symbol: order.symbol.spec.name });
  }

  /** Moves an order to the history. */
  finish(order: LiveOrder, state: OrderState, comment?: string): void {
    order.state = state;
    if (comment !== undefined) order.comment = comment;
    this.#state.orders.remove(order);
    this.#valuation.reserved(order);
    this.#state.historyOrders.add(orderRecord(order, this.#state, this.#state.utcMs()));
    this.#emit({ type: "orderDelete", order: order.ticket, symbol: order.symbol.spec.name });
    this.#emit({ type: "historyAdd", order: order.ticket, symbol: order.symbol.spec.name });
  }

  /** Executes a part of an order, or all of it, at a price. */
  fill(order: LiveOrder, volumeUnits: number, price: number, reason: Reason = order.reason): DealRecord {
    const side = sideOf(order.kind);
    const hedging = this.#state.account.settings.marginMode === "hedging";
    const target = hedging
      ? this.#state.positions.get(order.position === "0" ? order.ticket : order.position)
      : this.#state.positions.ofSymbol(order.symbol)[0];
    const closes = hedging && order.position !== "0" && order.position !== order.ticket;
    if (closes && target === undefined) {
      throw new Error(
        `Cannot close position ${order.position}: it is gone, and the order must not open another`,
      );
    }
    const isFirst = order.volumeUnits === order.volumeInitialUnits;
    order.volumeUnits -= volumeUnits;
    order.state = order.volumeUnits === 0 ? "filled" : "partial";
    if (target === undefined) return this.#open(order, side, volumeUnits, price, reason);
    order.position = target.identifier;
    if (target.side === side) {
      // The stops of the latest order count, none as well (MetaTrader's help, "General principles"), but each order's once.
      if (isFirst) {
        target.stopLoss = order.stopLoss;
        target.takeProfit = order.takeProfit;
      }
      return this.#increase(target, order, volumeUnits, price, reason);
    }
    if (volumeUnits <= target.volumeUnits) {
      return this.#reduce(target, order, volumeUnits, price, "out", reason);
    }
    return this.#reverse(target, order, side, volumeUnits, price, reason);
  }

  /** Closes two opposite positions by each other: the first at the second's price, the second at its own. */
  closeBy(order: LiveOrder, position: LivePosition, by: LivePosition): DealRecord {
    const volumeUnits = order.volumeUnits;
    const price = by.priceOpen;
    order.volumeUnits = 0;
    const deal = this.#reduce(position, order, volumeUnits, price, "outBy", order.reason);
    this.#reduce(by, order, volumeUnits, price, "outBy", order.reason);
    return deal;
  }

  /** Books a deposit, a withdrawal or a credit. */
  cash(
    kind: "balance" | "credit" | "charge" | "correction" | "bonus",
    amount: number,
    comment: string,
  ): DealRecord {
    const { account } = this.#state;
    const minor = account.minor(amount);
    if (kind === "credit") account.creditMinor += minor;
    else account.balanceMinor += minor;
    const deal: DealRecord = {
      ticket: this.#tickets.deal(),
      order: "0",
      position: "0",
      symbol: "",
      kind,
      entry: "in",
      volume: 0,
      price: 0,
      profit: account.amount(minor),
      commission: 0,
      swap: 0,
      fee: 0,
      stopLoss: 0,
      takeProfit: 0,
      magic: "0",
      comment,
      reason: "client",
      timeBrokerMs: this.#state.zone.toBroker(this.#state.utcMs()),
    };
    this.#state.historyDeals.add(deal);
    this.#emit({ type: "dealAdd", deal: deal.ticket });
    return deal;
  }

  /** Adds to a position's swap. */
  addSwap(position: LivePosition, minor: number): void {
    position.swapMinor += minor;
    this.#state.account.floatingMinor += minor;
    this.touched(position);
  }

  /** Says that a position was changed, other than by a deal. */
  touched(position: LivePosition): void {
    position.updateUtcMs = this.#state.utcMs();
    this.#emit({ type: "position", position: position.ticket, symbol: position.symbol.spec.name });
  }

  /** Says that an active order was changed. */
  updated(order: LiveOrder): void {
    this.#valuation.reserved(order);
    this.#emit({ type: "orderUpdate", order: order.ticket, symbol: order.symbol.spec.name });
  }

  #open(
    order: LiveOrder,
    side: PositionSide,
    volumeUnits: number,
    price: number,
    reason: Reason,
  ): DealRecord {
    const now = this.#state.utcMs();
    const position: LivePosition = {
      ticket: order.ticket,
      identifier: order.ticket,
      symbol: order.symbol,
      side,
      volumeUnits,
      priceOpen: price,
      marginRate: this.#valuation.marginRate(order.symbol, side) ?? 0,
      stopLoss: order.stopLoss,
      takeProfit: order.takeProfit,
      swapMinor: 0,
      profitMinor: 0,
      magic: order.magic,
      comment: order.comment,
      reason,
      openUtcMs: now,
      updateUtcMs: now,
    };
    order.position = position.identifier;
    order.symbol.selected = true;
    this.#state.positions.add(position);
    const deal = this.#deal(order, position, "in", volumeUnits, price, 0, 0, reason);
    this.#changed(position);
    return deal;
  }

  #increase(
    position: LivePosition,
    order: LiveOrder,
    volumeUnits: number,
    price: number,
    reason: Reason,
  ): DealRecord {
    const total = position.volumeUnits + volumeUnits;
    const average = (own: number, added: number): number =>
      roundTo((own * position.volumeUnits + added * volumeUnits) / total, AVERAGE_DIGITS);
    const rate = this.#valuation.marginRate(order.symbol, position.side) ?? position.marginRate;
    position.priceOpen = average(position.priceOpen, price);
    position.marginRate = (position.marginRate * position.volumeUnits + rate * volumeUnits) / total;
    position.volumeUnits = total;
    const deal = this.#deal(order, position, "in", volumeUnits, price, 0, 0, reason);
    this.#changed(position);
    return deal;
  }

  #reduce(
    position: LivePosition,
    order: LiveOrder,
    volumeUnits: number,
    price: number,
    entry: DealEntry,
    reason: Reason,
  ): DealRecord {
    const { profit, swap } = this.#realise(position, volumeUnits, price);
    const deal = this.#deal(order, position, entry, volumeUnits, price, profit, swap, reason);
    this.#changed(position);
    return deal;
  }

  /** A netting deal larger than the position: closes it and opens the rest on the other side, as one deal. */
  #reverse(
    position: LivePosition,
    order: LiveOrder,
    side: PositionSide,
    volumeUnits: number,
    price: number,
    reason: Reason,
  ): DealRecord {
    const rest = volumeUnits - position.volumeUnits;
    const { profit, swap } = this.#realise(position, position.volumeUnits, price);
    position.side = side;
    position.volumeUnits = rest;
    position.priceOpen = price;
    position.marginRate = this.#valuation.marginRate(order.symbol, side) ?? position.marginRate;
    position.stopLoss = order.stopLoss;
    position.takeProfit = order.takeProfit;
    position.magic = order.magic;
    position.comment = order.comment;
    this.#state.positions.rename(position, order.ticket);
    const deal = this.#deal(order, position, "inOut", volumeUnits, price, profit, swap, reason);
    this.#changed(position);
    return deal;
  }

  /** Takes profit and swap of a part out of a position. */
  #realise(position: LivePosition, volumeUnits: number, price: number): { profit: number; swap: number } {
    const { account, converter } = this.#state;
    const { symbol, side, priceOpen } = position;
    const profit = profitMinor(symbol, side, volumeUnits, priceOpen, price, account.settings, converter);
    if (profit === undefined)
      throw new Error(`Cannot close ${symbol.spec.name}: no quotes for its conversion`);
    const swap =
      volumeUnits === position.volumeUnits
        ? position.swapMinor
        : Math.round((position.swapMinor * volumeUnits) / position.volumeUnits);
    position.swapMinor -= swap;
    account.floatingMinor -= swap;
    position.volumeUnits -= volumeUnits;
    return { profit, swap };
  }

  #deal(
    order: LiveOrder,
    position: LivePosition,
    entry: DealEntry,
    volumeUnits: number,
    price: number,
    profit: number,
    swap: number,
    reason: Reason,
  ): DealRecord {
    const { account } = this.#state;
    const commission =
      entry === "outBy" ? 0 : this.#valuation.commissionMinor(order.symbol, volumeUnits, price);
    account.balanceMinor += profit + swap + commission;
    const kind = entry === "outBy" ? (position.side === "buy" ? "sell" : "buy") : sideOf(order.kind);
    const deal: DealRecord = {
      ticket: this.#tickets.deal(),
      order: order.ticket,
      position: position.identifier,
      symbol: order.symbol.spec.name,
      kind,
      entry,
      volume: fromVolumeUnits(volumeUnits),
      price,
      profit: account.amount(profit),
      commission: account.amount(commission),
      swap: account.amount(swap),
      fee: 0,
      stopLoss: position.stopLoss,
      takeProfit: position.takeProfit,
      magic: order.magic,
      comment: order.comment,
      reason,
      timeBrokerMs: this.#state.zone.toBroker(this.#state.utcMs()),
    };
    this.#state.historyDeals.add(deal);
    this.#emit({
      type: "dealAdd",
      deal: deal.ticket,
      order: order.ticket,
      position: position.ticket,
      symbol: deal.symbol,
    });
    return deal;
  }

  /** After a position's volume changed: removes it if it is empty, and values what is left. */
  #changed(position: LivePosition): void {
    position.updateUtcMs = this.#state.utcMs();
    if (position.volumeUnits === 0) this.#state.positions.remove(position);
    this.#valuation.changed(position);
  }
}
