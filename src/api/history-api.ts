import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import type { DealRecord, OrderRecord } from "../domain/records.ts";
import { readDeals } from "../protocol/v1/market-schemas.ts";
import type { HistoryRange } from "../protocol/v1/messages.ts";
import { readOrders } from "../protocol/v1/reply-schemas.ts";
import { toDealInfo, toOrderInfo } from "./convert.ts";
import { positionOf } from "./history-positions.ts";
import type { DealInfo, HistoryPosition, HistoryQuery } from "./history-types.ts";
import { checkKeys, checkQuery } from "./known-keys.ts";
import { brokerRange, invalid, ticketText } from "./normalise.ts";
import { type Pages, pagesOf } from "./paging.ts";
import type { OrderInfo, Ticket } from "./types.ts";

/**
 * The account's history, page by page as it is wanted: `for await (const deal of history.deals({ from }))`, or
 * `await history.deals({ from }).toArray()`. Times are UTC; the time limit of the options is for each page.
 */
export interface HistoryAPI {
  /** Finished orders, oldest first by the time they ended. */
  orders(query: HistoryQuery, options?: QueryOptions): Pages<OrderInfo>;
  /** Deals, oldest first. */
  deals(query: HistoryQuery, options?: QueryOptions): Pages<DealInfo>;
  /**
   * Positions that had a deal in the selection, each put together from all its deals, also those before it; by their
   * first deal in the selection.
   */
  positions(query: HistoryQuery, options?: QueryOptions): Pages<HistoryPosition>;
  /** One position from its deals; undefined if it never had one. */
  getPosition(ticket: Ticket, options?: QueryOptions): Promise<HistoryPosition | undefined>;
}

/** The history of one agent. */
export class AgentHistory implements HistoryAPI {
  readonly #core: AgentCore;

  constructor(core: AgentCore) {
    this.#core = core;
  }

  orders(query: HistoryQuery, options: QueryOptions = {}): Pages<OrderInfo> {
    const core = this.#core;
    checkQuery(options, "read orders of the history");
    return pagesOf(
      core,
      {
        op: "history.orders",
        args: this.#args(query, "read orders of the history"),
        read: readOrders,
        rows: ({ result }): readonly OrderRecord[] => result.orders,
        toItem: (record): OrderInfo => toOrderInfo(record, core.zone),
        stamp: (record): number => record.doneBrokerMs,
      },
      options,
    );
  }

  deals(query: HistoryQuery, options: QueryOptions = {}): Pages<DealInfo> {
    const core = this.#core;
    checkQuery(options, "read deals of the history");
    return pagesOf(
      core,
      {
        op: "history.deals",
        args: this.#args(query, "read deals of the history"),
        read: readDeals,
        rows: ({ result }): readonly DealRecord[] => result.deals,
        toItem: (record): DealInfo => toDealInfo(record, core.zone),
        stamp: (record): number => record.timeBrokerMs,
      },
      options,
    );
  }

  positions(query: HistoryQuery, options: QueryOptions = {}): Pages<HistoryPosition> {
    const deals = this.deals(query, options);
    const iterate = (): AsyncGenerator<HistoryPosition, void, undefined> => this.#positions(deals, options);
    return {
      [Symbol.asyncIterator]: iterate,
      toArray: async (): Promise<HistoryPosition[]> => {
        const positions: HistoryPosition[] = [];
        for await (const position of iterate()) positions.push(position);
        return positions;
      },
    };
  }

  async getPosition(ticket: Ticket, options: QueryOptions = {}): Promise<HistoryPosition | undefined> {
    return positionOf(await this.deals({ position: ticket }, options).toArray());
  }

  async *#positions(
    deals: Pages<DealInfo>,
    options: QueryOptions,
  ): AsyncGenerator<HistoryPosition, void, undefined> {
    const told = new Set<string>();
    for await (const { positionTicketText: ticket } of deals) {
      if (ticket === "0" || told.has(ticket)) continue;
      told.add(ticket);
      const position = await this.getPosition(ticket, options);
      if (position !== undefined) yield position;
    }
  }

  #args(query: HistoryQuery, action: string): HistoryRange & { readonly symbol?: string } {
    checkKeys(query, "history", action);
    const selections = ["from", "ticket", "position"].filter((key) => Object.hasOwn(query, key));
    if (selections.length !== 1) {
      const state =
        selections.length === 0 ? "nothing is selected" : `${selections.join(" and ")} exclude each other`;
      throw invalid(action, state, "Give one of: from (with to, if you like), ticket, position");
    }
    const { symbol } = query;
    const bySymbol = symbol === undefined ? {} : { symbol };
    if ("ticket" in query) return { ticket: ticketText(query.ticket, action), ...bySymbol };
    if ("position" in query) return { position: ticketText(query.position, action), ...bySymbol };
    return { ...brokerRange(this.#core, query.from, query.to, action), ...bySymbol };
  }
}
