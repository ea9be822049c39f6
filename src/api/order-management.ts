import type { AgentCore } from "../connector/agent-core.ts";
import { RequestRefusedError, TradeRejectedError } from "../connector/errors.ts";
import type { OrderRecord, PositionRecord, SymbolRecord } from "../domain/records.ts";
import { Retcode } from "../domain/retcodes.ts";
import type { Intent, ModifyOrderIntent, ModifyPositionIntent } from "../protocol/v1/messages.ts";
import { readOrders, readPositions } from "../protocol/v1/reply-schemas.ts";
import { type OnLeaving, sendCommand } from "./command-sender.ts";
import { listAll } from "./listing.ts";
import {
  checkStops,
  checkStopsAround,
  invalid,
  normalisePrice,
  requiredPrice,
  ticketText,
} from "./normalise.ts";
import { checkPendingParams, expirationStamp, pendingIntent } from "./order-intents.ts";
import { toOrderResult } from "./trade-results.ts";
import type {
  CommandOptions,
  ModifyOrderParams,
  ModifyPositionParams,
  OrderResult,
  PendingOrderParams,
} from "./trade-types.ts";
import type { Ticket } from "./types.ts";

/** Pending orders, and changes of what stands. */
export class OrderManagement {
  readonly #core: AgentCore;

  constructor(core: AgentCore) {
    this.#core = core;
  }

  async pendingOrder(params: PendingOrderParams, onLeaving?: OnLeaving): Promise<OrderResult> {
    const core = this.#core;
    const { symbol, signal } = params;
    const action = `place ${String(params.type)} ${params.volume} ${String(symbol)} at ${params.price}`;
    checkPendingParams(params, action);
    core.requireStarted(action);
    const startMs = core.clock.nowMs();
    const spec = await core.symbol(symbol, signal === undefined ? {} : { signal });
    const intent = pendingIntent(spec, params, core.zone, core.utcMs, action);
    const { id, timeoutMs } = params;
    const sent = await sendCommand(core, startMs, {
      intent,
      action,
      opens: { lots: intent.volume, symbol },
      onLeaving,
      // The expiration is the order's own; the command may be sent until its time is up.
      options: {
        ...(id === undefined ? {} : { id }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(signal === undefined ? {} : { signal }),
      },
    });
    return toOrderResult(core, sent, intent);
  }

  async modifyOrder(
    ticket: Ticket,
    params: ModifyOrderParams,
    options: CommandOptions = {},
    onLeaving?: OnLeaving,
  ): Promise<void> {
    const core = this.#core;
    const text = ticketText(ticket, "modify an order");
    const action = `modify order ${text}`;
    requireChange(
      params,
      ["price", "stopLimitPrice", "stopLoss", "takeProfit", "timeInForce", "expiration"],
      action,
    );
    core.requireStarted(action);
    const order = core.mirror.orders.get(text) ?? (await this.#findOrder(text, action));
    const spec = await core.symbol(order.symbol);
    const intent = this.#modifyOrderIntent(order, spec, params, action);
    await this.#send(intent, action, options, onLeaving);
  }

  async modifyPosition(
    ticket: Ticket,
    params: ModifyPositionParams,
    options: CommandOptions = {},
    onLeaving?: OnLeaving,
  ): Promise<void> {
    const core = this.#core;
    const text = ticketText(ticket, "modify a position");
    const action = `modify position ${text}`;
    requireChange(params, ["stopLoss", "takeProfit"], action);
    core.requireStarted(action);
    const position = core.mirror.positions.get(text) ?? (await this.#findPosition(text, action));
    const spec = await core.symbol(position.symbol);
    const { stopLoss, takeProfit } = changedStops(spec, params, action);
    checkStops(position.side, stopLoss ?? position.stopLoss, takeProfit ?? position.takeProfit, action);
    const intent: ModifyPositionIntent = {
      kind: "modifyPosition",
      position: text,
      ...(stopLoss === undefined ? {} : { stopLoss }),
      ...(takeProfit === undefined ? {} : { takeProfit }),
    };
    await this.#send(intent, action, options, onLeaving);
  }

  async cancelOrder(ticket: Ticket, options: CommandOptions = {}, onLeaving?: OnLeaving): Promise<void> {
    const core = this.#core;
    const text = ticketText(ticket, "cancel an order");
    const action = `cancel order ${text}`;
    core.requireStarted(action);
    try {
      await sendCommand(core, core.clock.nowMs(), {
        intent: { kind: "cancel", order: text },
        action,
        reduces: true,
        options,
        onLeaving,
      });
    } catch (error) {
      // The server's word for an order that it does not have is "invalid request".
      const isGone = error instanceof TradeRejectedError && error.retcode === Retcode.INVALID;
      if (!isGone || core.mirror.orders.has(text)) throw error;
      const { code, commandId, retcode, retcodeName, brokerComment } = error;
      throw new TradeRejectedError(`Cannot ${action}: it is not active`, {
        code,
        remedy: "Read orders.getAll() for what is active; a finished order stands in the history",
        commandId,
        retcode,
        retcodeName,
        brokerComment,
        cause: error,
      });
    }
  }

  async #send(
    intent: Intent,
    action: string,
    options: CommandOptions,
    onLeaving: OnLeaving | undefined,
  ): Promise<void> {
    await sendCommand(this.#core, this.#core.clock.nowMs(), { intent, action, options, onLeaving });
  }

  #modifyOrderIntent(
    order: OrderRecord,
    spec: SymbolRecord,
    params: ModifyOrderParams,
    action: string,
  ): ModifyOrderIntent {
    const core = this.#core;
    const isStopLimit = order.kind === "buyStopLimit" || order.kind === "sellStopLimit";
    if (!isStopLimit && params.stopLimitPrice !== undefined) {
      throw invalid(action, `stopLimitPrice does not belong to a ${order.kind} order`, "Leave it out");
    }
    const price = params.price === undefined ? undefined : requiredPrice(spec, params.price, "price", action);
    const priceStopLimit =
      params.stopLimitPrice === undefined
        ? undefined
        : requiredPrice(spec, params.stopLimitPrice, "stopLimitPrice", action);
    const { stopLoss, takeProfit } = changedStops(spec, params, action);
    const side = order.kind.startsWith("buy") ? "buy" : "sell";
    const at = isStopLimit ? (priceStopLimit ?? order.priceStopLimit) : (price ?? order.price);
    checkStopsAround(side, at, stopLoss ?? order.stopLoss, takeProfit ?? order.takeProfit, action);
    const { timeInForce, expiration } = params;
    const life = timeInForce ?? order.timeInForce;
    const ends = life === "specified" || life === "specifiedDay";
    // An expiration makes an order that had none a `specified` one.
    const newLife =
      expiration !== undefined && timeInForce === undefined && !ends ? "specified" : timeInForce;
    if (expiration !== undefined && timeInForce !== undefined && !ends) {
      throw invalid(action, `timeInForce ${timeInForce} takes no expiration`, "Leave one of the two out");
    }
    if (ends && timeInForce !== undefined && expiration === undefined && order.expirationBrokerMs === 0) {
      throw invalid(action, `timeInForce ${timeInForce} needs an expiration`, "Give it as a Date");
    }
    return {
      kind: "modifyOrder",
      order: order.ticket,
      ...(price === undefined ? {} : { price }),
      ...(priceStopLimit === undefined ? {} : { priceStopLimit }),
      ...(stopLoss === undefined ? {} : { stopLoss }),
      ...(takeProfit === undefined ? {} : { takeProfit }),
      ...(newLife === undefined ? {} : { timeInForce: newLife }),
      ...(expiration === undefined
        ? timeInForce !== undefined && !ends
          ? { expirationBrokerMs: 0 }
          : {}
        : { expirationBrokerMs: expirationStamp(expiration, core.zone, core.utcMs, action) }),
    };
  }

  async #findOrder(ticket: string, action: string): Promise<OrderRecord> {
    const orders = await listAll(this.#core, "orders", {}, readOrders, (page) => page.orders);
    const order = orders.find((one) => one.ticket === ticket);
    if (order !== undefined) return order;
    throw new RequestRefusedError(`Cannot ${action}: it is not active`, {
      code: "ORDER_NOT_FOUND",
      remedy: "Read orders.getAll() for what is active; a finished order stands in the history",
    });
  }

  async #findPosition(ticket: string, action: string): Promise<PositionRecord> {
    const positions = await listAll(this.#core, "positions", {}, readPositions, (page) => page.positions);
    const position = positions.find((one) => one.ticket === ticket);
    if (position !== undefined) return position;
    throw new RequestRefusedError(`Cannot ${action}: it is not open`, {
      code: "POSITION_NOT_FOUND",
      remedy: "Read positions.getAll() for what is open; a closed position stands in the history",
    });
  }
}

function requireChange(params: object, names: readonly string[], action: string): void {
  const given = new Map(Object.entries(params));
  if (names.some((name) => given.get(name) !== undefined)) return;
  throw invalid(action, "nothing is to change", `Give at least one of ${names.join(", ")}`);
}

function changedStops(
  spec: SymbolRecord,
  params: ModifyPositionParams,
  action: string,
): { readonly stopLoss: number | undefined; readonly takeProfit: number | undefined } {
  const changed = (price: number | null | undefined, what: string): number | undefined =>
    price === undefined ? undefined : normalisePrice(spec, price ?? 0, what, action);
  return {
    stopLoss: changed(params.stopLoss, "stopLoss"),
    takeProfit: changed(params.takeProfit, "takeProfit"),
  };
}
