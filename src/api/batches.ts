import type { AgentCore } from "../connector/agent-core.ts";
import { type PartFailure, PartialFailureError, TradeRejectedError, toError } from "../connector/errors.ts";
import { Retcode } from "../domain/retcodes.ts";
import { readOrders, readPositions } from "../protocol/v1/reply-schemas.ts";
import type { OnLeaving } from "./command-sender.ts";
import type { Executions } from "./executions.ts";
import { checkEntry } from "./known-keys.ts";
import { listAll } from "./listing.ts";
import { invalid } from "./normalise.ts";
import { isPendingType } from "./order-intents.ts";
import type { OrderManagement } from "./order-management.ts";
import type { BatchOrderParams, BatchResult, OrderResult, PendingOrderParams } from "./trade-types.ts";
import type { MarketOrderParams, TradeResult } from "./types.ts";

/** Turns of promises within which an entry that needs nothing from the agent has sent its command. */
const maxTurns = 16;

/** Many commands at once. */
export class Batches {
  readonly #core: AgentCore;
  readonly #executions: Executions;
  readonly #orders: OrderManagement;

  constructor(core: AgentCore, executions: Executions, orders: OrderManagement) {
    this.#core = core;
    this.#executions = executions;
    this.#orders = orders;
  }

  async batchOrders(orders: readonly BatchOrderParams[]): Promise<BatchResult[]> {
    if (!Array.isArray(orders)) throw invalid("send a batch", "it is no list", "Give an array of orders");
    this.#core.requireStarted("send a batch");
    await this.#prefetch(orders);
    const settled = await Promise.allSettled(await this.#inTurn(orders));
    return settled.map((result, index) =>
      result.status === "fulfilled"
        ? { index, status: "fulfilled", value: result.value }
        : { index, status: "rejected", reason: toError(result.reason) },
    );
  }

  /**
   * Begins the entries so that their commands leave in the batch's order. One that has yet to ask the agent for
   * something does not hold up those behind it: a close must not wait for another entry's question.
   */
  async #inTurn(
    orders: readonly BatchOrderParams[],
  ): Promise<Promise<TradeResult | OrderResult | undefined>[]> {
    const begun: Promise<TradeResult | OrderResult | undefined>[] = [];
    for (const order of orders) {
      let isLeaving = false;
      const entry = this.#one(order, () => {
        isLeaving = true;
      });
      // What it rejects with is told with all results.
      entry.catch(() => undefined);
      begun.push(entry);
      for (let turn = 0; !isLeaving && turn < maxTurns; turn++) await Promise.resolve();
    }
    return begun;
  }

  async closeAllPositions(symbol?: string): Promise<TradeResult[]> {
    checkSymbol(symbol, "close all positions");
    const action = `close all positions${symbol === undefined ? "" : ` of ${symbol}`}`;
    const results = await this.#each(
      action,
      await this.#tickets("positions", symbol, action),
      (ticket) => this.#executions.closePosition(ticket),
      // Closed meanwhile, by its stop or by hand: that is what was wanted.
      (error) => error instanceof TradeRejectedError && error.retcode === Retcode.POSITION_CLOSED,
    );
    return results;
  }

  async cancelAllOrders(symbol?: string): Promise<void> {
    checkSymbol(symbol, "cancel all orders");
    const action = `cancel all orders${symbol === undefined ? "" : ` of ${symbol}`}`;
    const tickets = await this.#tickets("orders", symbol, action);
    // An order that was filled meanwhile is a failure: there is a position now that nobody wanted.
    await this.#each(
      action,
      tickets,
      (ticket) => this.#orders.cancelOrder(ticket),
      () => false,
    );
  }

  async #one(order: BatchOrderParams, onLeaving: OnLeaving): Promise<TradeResult | OrderResult | undefined> {
    checkEntry(
      order,
      order.kind ?? (isPendingType(order.type) ? "pending" : "market"),
      "send a batch's entry",
    );
    const nothing = (done: Promise<void>): Promise<undefined> => done.then(() => undefined);
    switch (order.kind) {
      case "close":
        return this.#executions.closePosition(order.ticket, order.volume, order, onLeaving);
      case "closeBy":
        return this.#executions.closeBy(order.ticket, order.by, order, onLeaving);
      case "cancel":
        return nothing(this.#orders.cancelOrder(order.ticket, order, onLeaving));
      case "modifyOrder":
        return nothing(this.#orders.modifyOrder(order.ticket, order, order, onLeaving));
      case "modifyPosition":
        return nothing(this.#orders.modifyPosition(order.ticket, order, order, onLeaving));
      default:
        return isPending(order)
          ? this.#orders.pendingOrder(order, onLeaving)
          : this.#executions.marketOrder(order, onLeaving);
    }
  }

  /** Specifications first, so that the commands leave in the order of the batch. What is refused, its own entry tells. */
  async #prefetch(orders: readonly BatchOrderParams[]): Promise<void> {
    const names = new Set<string>();
    for (const order of orders) {
      const symbol: unknown = Object(order).symbol ?? this.#symbolOf(Object(order).ticket);
      if (typeof symbol === "string" && symbol !== "") names.add(symbol);
    }
    await Promise.allSettled([...names].map((name) => this.#core.symbol(name)));
  }

  #symbolOf(ticket: unknown): string | undefined {
    const { orders, positions } = this.#core.mirror;
    return (orders.get(String(ticket)) ?? positions.get(String(ticket)))?.symbol;
  }

  /** A symbol of which there is nothing has to be one of the terminal's: a misspelt one would close nothing, silently. */
  async #tickets(
    what: "positions" | "orders",
    symbol: string | undefined,
    action: string,
  ): Promise<string[]> {
    this.#core.requireStarted(action);
    const tickets = await this.#open(what, symbol);
    if (tickets.length === 0 && symbol !== undefined) await this.#core.symbol(symbol);
    return tickets;
  }

  /** From the mirror while it follows the ledger; otherwise the terminal is asked. */
  async #open(what: "positions" | "orders", symbol: string | undefined): Promise<string[]> {
    const core = this.#core;
    const args = symbol === undefined ? {} : { symbol };
    if (!core.link.session.eventsLive) {
      if (what === "positions") {
        const positions = await listAll(core, "positions", args, readPositions, (page) => page.positions);
        return positions
          .filter((one) => symbol === undefined || one.symbol === symbol)
          .map((one) => one.ticket);
      }
      const orders = await listAll(core, "orders", args, readOrders, (page) => page.orders);
      return orders.filter((one) => isOwn(one.kind, one.symbol, symbol)).map((one) => one.ticket);
    }
    if (what === "positions") {
      const positions = [...core.mirror.positions.values()];
      return positions
        .filter((one) => symbol === undefined || one.symbol === symbol)
        .map((one) => one.ticket);
    }
    const orders = [...core.mirror.orders.values()];
    return orders.filter((one) => isOwn(one.kind, one.symbol, symbol)).map((one) => one.ticket);
  }

  async #each<Result>(
    action: string,
    tickets: readonly string[],
    run: (ticket: string) => Promise<Result>,
    reachedAnyway: (error: unknown) => boolean,
  ): Promise<Result[]> {
    const settled = await Promise.all(
      tickets.map((ticketText) =>
        run(ticketText).then(
          (value) => ({ value }),
          (error: unknown) => ({ ticketText, error }),
        ),
      ),
    );
    const results: Result[] = [];
    const failures: PartFailure[] = [];
    for (const one of settled) {
      if ("value" in one) results.push(one.value);
      else if (!reachedAnyway(one.error)) {
        failures.push({ ticketText: one.ticketText, error: toError(one.error) });
      }
    }
    if (failures.length > 0) throw new PartialFailureError(action, results, failures);
    return results;
  }
}

/** What names no symbol would match nothing, and look as if there was nothing to do. */
function checkSymbol(symbol: unknown, action: string): void {
  if (symbol === undefined || (typeof symbol === "string" && symbol !== "")) return;
  throw invalid(
    action,
    `${JSON.stringify(symbol)} is no symbol's name`,
    "Give its exact name, or leave it out for all",
  );
}

/** A market order on its way cannot be cancelled. */
function isOwn(kind: string, symbol: string, wanted: string | undefined): boolean {
  return isPendingType(kind) && (wanted === undefined || symbol === wanted);
}

function isPending(order: MarketOrderParams | PendingOrderParams): order is PendingOrderParams {
  const kind: unknown = "kind" in order ? order.kind : undefined;
  return kind === undefined ? isPendingType(order.type) : kind === "pending";
}
