import type { BrokerTimeZone } from "../domain/broker-time.ts";
import type { DealRecord, OrderRecord } from "../domain/records.ts";
import type { LedgerPayload, Outcome } from "../protocol/v1/messages.ts";
import { safeNumber, toDate, toOrderInfo, toPositionInfo } from "./convert.ts";
import type { DealUpdate, OrderFill, OrderUpdate, PositionUpdate, TradeEvent } from "./types.ts";

/** Who hears what the ledger means. */
export interface LedgerListener {
  trade(event: TradeEvent): void;
  orderFilled(fill: OrderFill): void;
  orderUpdate(update: OrderUpdate): void;
  positionUpdate(update: PositionUpdate): void;
  dealUpdate(update: DealUpdate): void;
}

interface Filling {
  order: OrderRecord | undefined;
  /** Deals not told yet. */
  deals: DealRecord[];
  toldVolume: number;
  recovered: boolean;
}

const volumeNoise = 1e-9;
/** Orders whose fill waits for its deals, or deals for their order; beyond it the oldest is told as it is. */
const maxFillings = 1_000;

/**
 * Turns ledger events into the events of the API. A fill is told when both the order's event and its deals are here,
 * because only deals know prices; it is told with what there is when the command's outcome comes first.
 */
export class LedgerEvents {
  readonly #listener: LedgerListener;
  readonly #zone: () => BrokerTimeZone;
  readonly #fillings: Map<string, Filling> = new Map();
  /** Orders whose last fill was told without all deals: late deals do not tell it again. */
  readonly #closed: Set<string> = new Set();

  constructor(listener: LedgerListener, zone: () => BrokerTimeZone) {
    this.#listener = listener;
    this.#zone = zone;
  }

  /** Takes an event that the mirror has applied. */
  take(event: LedgerPayload, recovered: boolean): void {
    switch (event.type) {
      case "order":
        this.#order(event.change, event.order, recovered);
        return;
      case "deal":
        this.#listener.dealUpdate({
          change: event.change,
          ticket: safeNumber(event.deal.ticket),
          ticketText: event.deal.ticket,
          time: toDate(this.#zone(), event.deal.timeBrokerMs),
          recovered,
          record: event.deal,
        });
        if (event.change === "made") this.#deal(event.deal, recovered);
        return;
      case "position":
        this.#listener.positionUpdate({
          ...toPositionInfo(event.position, this.#zone()),
          change: event.change,
          recovered,
        });
        return;
      case "outcome":
        this.#outcome(event.outcome);
        return;
      case "balance":
        return;
    }
  }

  #order(change: OrderUpdate["change"], order: OrderRecord, recovered: boolean): void {
    this.#listener.orderUpdate({ ...toOrderInfo(order, this.#zone()), change, recovered });
    switch (change) {
      case "placed":
        // A market order is placed and filled in one; only a pending one is news in itself.
        if (order.kind !== "buy" && order.kind !== "sell") this.#tell("orderPlaced", order, recovered);
        return;
      case "modified":
        this.#tell("orderModified", order, recovered);
        return;
      case "cancelled":
        this.#tell("orderCancelled", order, recovered);
        break;
      case "expired":
        this.#tell("orderExpired", order, recovered);
        break;
      case "rejected":
        this.#tell("orderRejected", order, recovered);
        break;
      case "partiallyFilled":
      case "filled": {
        const filling = this.#filling(order.ticket, recovered);
        filling.order = order;
        this.#complete(order.ticket, filling);
        return;
      }
    }
    this.#ended(order, recovered);
  }

  /** An order that ended without all of its volume may have been filled in part: that part is told with its deals. */
  #ended(order: OrderRecord, recovered: boolean): void {
    const told = this.#fillings.get(order.ticket)?.toldVolume ?? 0;
    const filled = order.volumeInitial - order.volumeCurrent;
    if (filled <= told + volumeNoise) {
      this.#fillings.delete(order.ticket);
      return;
    }
    const filling = this.#filling(order.ticket, recovered);
    filling.order = order;
    this.#complete(order.ticket, filling);
  }

  #deal(deal: DealRecord, recovered: boolean): void {
    if (deal.kind !== "buy" && deal.kind !== "sell") return;
    const closing = closingReason(deal);
    if (closing !== undefined) this.#listener.trade(this.#dealEvent(closing, deal, recovered));
    if (deal.order === "0" || this.#closed.has(deal.order)) return;
    const filling = this.#filling(deal.order, recovered);
    filling.deals.push(deal);
    this.#complete(deal.order, filling);
  }

  #outcome(outcome: Outcome): void {
    if (outcome.state !== "executed") return;
    const filling = this.#fillings.get(outcome.order);
    if (filling?.order === undefined || !isFinished(filling.order)) return;
    // The terminal has not shown the deals in time (5.1): the outcome's price has to do.
    const type = isWhole(filling.order) ? "orderFilled" : "orderPartiallyFilled";
    const volume = outcome.volume - filling.toldVolume;
    this.#tellFill(type, filling.order, filling, outcome.price, volume);
    this.#close(outcome.order);
  }

  #filling(ticket: string, recovered: boolean): Filling {
    let filling = this.#fillings.get(ticket);
    if (filling === undefined) {
      filling = { order: undefined, deals: [], toldVolume: 0, recovered };
      this.#fillings.set(ticket, filling);
      if (this.#fillings.size > maxFillings) this.#tellOldest();
    }
    filling.recovered ||= recovered;
    return filling;
  }

  #complete(ticket: string, filling: Filling): void {
    const { order, deals } = filling;
    if (order === undefined || deals.length === 0) return;
    const filled = order.volumeInitial - order.volumeCurrent;
    let volume = filling.toldVolume;
    for (const deal of deals) volume += deal.volume;
    if (volume < filled - volumeNoise) return;
    this.#tellFill(isWhole(order) ? "orderFilled" : "orderPartiallyFilled", order, filling);
    if (isFinished(order)) this.#fillings.delete(ticket);
  }

  /** Tells a fill of an order, or of what is known of it by one of its deals. */
  #tellFill(
    type: OrderFill["type"],
    source: OrderRecord | DealRecord,
    filling: Filling,
    price: number = averagePrice(filling.deals),
    volume: number = totalVolume(filling.deals),
  ): void {
    const ticket = "order" in source ? source.order : source.ticket;
    const last = filling.deals.at(-1) ?? source;
    const timeBrokerMs = stampOf(last);
    const fill: OrderFill = {
      type,
      ticket: safeNumber(ticket),
      ticketText: ticket,
      positionTicketText: last.position,
      symbol: source.symbol,
      side: isSell(last) ? "sell" : "buy",
      volume: Math.round(volume * 1e8) / 1e8,
      price,
      time: toDate(this.#zone(), timeBrokerMs),
      timeBrokerMs,
      magic: safeNumber(source.magic),
      comment: source.comment,
      reason: last.reason,
      recovered: filling.recovered,
    };
    filling.toldVolume += volume;
    filling.deals = [];
    this.#listener.trade(fill);
    if (type === "orderFilled") this.#listener.orderFilled(fill);
  }

  #tellOldest(): void {
    for (const [ticket, filling] of this.#fillings) {
      const { order, deals, toldVolume } = filling;
      const [deal] = deals;
      if (deal !== undefined) {
        const whole = order === undefined || isWhole(order);
        this.#tellFill(whole ? "orderFilled" : "orderPartiallyFilled", order ?? deal, filling);
      } else if (order !== undefined && isWhole(order)) {
        this.#tellFill("orderFilled", order, filling, order.price, order.volumeInitial - toldVolume);
      }
      // What is left was filled in part before this connector listened: its deals are history.
      this.#close(ticket);
      return;
    }
  }

  #close(ticket: string): void {
    this.#fillings.delete(ticket);
    this.#closed.add(ticket);
    if (this.#closed.size <= maxFillings) return;
    for (const oldest of this.#closed) {
      this.#closed.delete(oldest);
      return;
    }
  }

  #tell(type: TradeEvent["type"], order: OrderRecord, recovered: boolean): void {
    const timeBrokerMs = stampOf(order);
    this.#listener.trade({
      type,
      ticket: safeNumber(order.ticket),
      ticketText: order.ticket,
      positionTicketText: order.position,
      symbol: order.symbol,
      side: isSell(order) ? "sell" : "buy",
      volume: order.volumeInitial,
      price: order.price,
      time: toDate(this.#zone(), timeBrokerMs),
      timeBrokerMs,
      magic: safeNumber(order.magic),
      comment: order.comment,
      reason: order.reason,
      recovered,
    });
  }

  #dealEvent(type: TradeEvent["type"], deal: DealRecord, recovered: boolean): TradeEvent {
    return {
      type,
      ticket: safeNumber(deal.order),
      ticketText: deal.order,
      positionTicketText: deal.position,
      symbol: deal.symbol,
      side: isSell(deal) ? "sell" : "buy",
      volume: deal.volume,
      price: deal.price,
      time: toDate(this.#zone(), deal.timeBrokerMs),
      timeBrokerMs: deal.timeBrokerMs,
      magic: safeNumber(deal.magic),
      comment: deal.comment,
      reason: deal.reason,
      recovered,
    };
  }
}

function closingReason(deal: DealRecord): TradeEvent["type"] | undefined {
  if (deal.entry === "in") return undefined;
  if (deal.reason === "stopLoss") return "stopLossHit";
  if (deal.reason === "takeProfit") return "takeProfitHit";
  return deal.reason === "stopOut" ? "stoppedOut" : undefined;
}

function isWhole(order: OrderRecord): boolean {
  return order.state === "filled" || order.volumeCurrent <= volumeNoise;
}

/** Nothing more of it will be filled. */
function isFinished(order: OrderRecord): boolean {
  return isWhole(order) || ["cancelled", "expired", "rejected"].includes(order.state);
}

function isSell({ kind }: { readonly kind: string }): boolean {
  return kind.startsWith("sell");
}

/** When a deal was made, or an order ended; placed, if it has not ended. */
function stampOf(record: OrderRecord | DealRecord): number {
  return "timeBrokerMs" in record ? record.timeBrokerMs : record.doneBrokerMs || record.setupBrokerMs;
}

function totalVolume(deals: readonly DealRecord[]): number {
  let volume = 0;
  for (const deal of deals) volume += deal.volume;
  return volume;
}

/** Without the noise of floating point: prices have at most eight decimals. */
function averagePrice(deals: readonly DealRecord[]): number {
  let value = 0;
  for (const deal of deals) value += deal.price * deal.volume;
  const volume = totalVolume(deals);
  return volume === 0 ? 0 : Math.round((value / volume) * 1e8) / 1e8;
}
