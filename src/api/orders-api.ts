import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import { RequestRefusedError } from "../connector/errors.ts";
import { readOrders } from "../protocol/v1/reply-schemas.ts";
import { toOrderInfo } from "./convert.ts";
import { checkQuery } from "./known-keys.ts";
import { listAll } from "./listing.ts";
import { ticketText } from "./normalise.ts";
import type { OrderInfo, Ticket } from "./types.ts";

/** Active orders. Finished ones stand in `history.orders`. */
export interface OrdersAPI {
  /** All active orders, or those of one symbol. */
  getAll(options?: QueryOptions & { readonly symbol?: string }): Promise<OrderInfo[]>;
  /** One order. Rejects with `RequestRefusedError` (`ORDER_NOT_FOUND`) if it is not active. */
  get(ticket: Ticket, options?: QueryOptions): Promise<OrderInfo>;
}

/** The active orders of one agent. */
export class AgentOrders implements OrdersAPI {
  readonly #core: AgentCore;

  constructor(core: AgentCore) {
    this.#core = core;
  }

  async getAll(options: QueryOptions & { readonly symbol?: string } = {}): Promise<OrderInfo[]> {
    checkQuery(options, "read orders", "listing");
    const { symbol, ...rest } = options;
    const filter = symbol === undefined ? {} : { symbol };
    const records = await listAll(this.#core, "orders", filter, readOrders, (page) => page.orders, rest);
    return records.map((record) => toOrderInfo(record, this.#core.zone));
  }

  async get(ticket: Ticket, options: QueryOptions = {}): Promise<OrderInfo> {
    const text = ticketText(ticket, "get an order");
    checkQuery(options, `get order ${text}`);
    const order = (await this.getAll(options)).find((one) => one.ticketText === text);
    if (order !== undefined) return order;
    throw new RequestRefusedError(`Cannot get order ${text}: it is not active`, {
      code: "ORDER_NOT_FOUND",
      remedy: "Read orders.getAll() for what is active; a finished order stands in the history",
    });
  }
}
