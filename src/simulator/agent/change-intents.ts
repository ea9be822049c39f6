import { Retcode } from "../../domain/retcodes.ts";
import type { Terminal } from "../../domain/terminal.ts";
import type {
  CancelIntent,
  CloseByIntent,
  ModifyOrderIntent,
  ModifyPositionIntent,
} from "../../protocol/v1/messages.ts";
import { type BuiltRequest, bad, normalPrice, type Plan, pricesFault, refused } from "./intent-checks.ts";
import type { OrderTerms, PositionTerms, Traits } from "./journal-entry.ts";

/** What such a command has in place of an order of its own. */
const noOrder = { side: "buy", volume: 0, magic: "0", commentTag: "", magicTag: false } as const;

/** Checks a change of a pending order. One that is gone by now is the terminal's to refuse. */
export function planModifyOrder(terminal: Terminal, intent: ModifyOrderIntent): Plan {
  const order = terminal.orders().find((active) => active.ticket === intent.order);
  const symbol = order === undefined ? undefined : terminal.symbol(order.symbol);
  const { price, priceStopLimit, stopLoss, takeProfit, timeInForce, expirationBrokerMs } = intent;
  if (symbol !== undefined) {
    const fault = pricesFault(intent, ["price", "priceStopLimit", "stopLoss", "takeProfit"], symbol);
    if (fault !== undefined) return bad(fault);
  }
  const normal = (value: number): number => (symbol === undefined ? value : normalPrice(value, symbol));
  const want: OrderTerms = {
    ...(price === undefined ? {} : { price: normal(price) }),
    ...(priceStopLimit === undefined ? {} : { priceStopLimit: normal(priceStopLimit) }),
    ...(stopLoss === undefined ? {} : { stopLoss: normal(stopLoss) }),
    ...(takeProfit === undefined ? {} : { takeProfit: normal(takeProfit) }),
    ...(timeInForce === undefined ? {} : { timeInForce }),
    ...(expirationBrokerMs === undefined ? {} : { expirationBrokerMs }),
  };
  const target = { what: "order", ticket: intent.order, want } as const;
  return { ok: true, traits: { ...noOrder, symbol: order?.symbol ?? "", position: "0", target } };
}

/** The request of a change of a pending order; what it leaves out stays as it is at this moment. */
export function buildModifyOrder(terminal: Terminal, traits: Traits): BuiltRequest {
  const { target } = traits;
  if (target?.what !== "order") throw new Error("Cannot change an order: none is named");
  const order = terminal.orders().find((active) => active.ticket === target.ticket);
  if (order === undefined) return refused(Retcode.INVALID, `Order ${target.ticket} is not active`);
  const { ticket, symbol, price, priceStopLimit, stopLoss, takeProfit } = order;
  const timeInForce = target.want.timeInForce ?? order.timeInForce;
  const expires = timeInForce === "specified" || timeInForce === "specifiedDay";
  const kept = { price, priceStopLimit, stopLoss, takeProfit, expirationBrokerMs: order.expirationBrokerMs };
  const terms = { ...kept, ...target.want, timeInForce };
  const untimed = expires || target.want.timeInForce === undefined ? {} : { expirationBrokerMs: 0 };
  return { ok: true, request: { action: "modify", order: ticket, symbol, ...terms, ...untimed } };
}

/** Checks a change of a position's stops. */
export function planModifyPosition(terminal: Terminal, intent: ModifyPositionIntent): Plan {
  const position = terminal.positions().find((open) => open.ticket === intent.position);
  const symbol = position === undefined ? undefined : terminal.symbol(position.symbol);
  const { stopLoss, takeProfit } = intent;
  if (symbol !== undefined) {
    const fault = pricesFault(intent, ["stopLoss", "takeProfit"], symbol);
    if (fault !== undefined) return bad(fault);
  }
  const normal = (value: number): number => (symbol === undefined ? value : normalPrice(value, symbol));
  const want: PositionTerms = {
    ...(stopLoss === undefined ? {} : { stopLoss: normal(stopLoss) }),
    ...(takeProfit === undefined ? {} : { takeProfit: normal(takeProfit) }),
  };
  const target = { what: "position", ticket: intent.position, want } as const;
  return {
    ok: true,
    traits: { ...noOrder, symbol: position?.symbol ?? "", position: intent.position, target },
  };
}

/** The request of a change of a position's stops. */
export function buildModifyPosition(terminal: Terminal, traits: Traits): BuiltRequest {
  const { target } = traits;
  if (target?.what !== "position") throw new Error("Cannot change a position: none is named");
  const position = terminal.positions().find((open) => open.ticket === target.ticket);
  if (position === undefined) {
    return refused(Retcode.POSITION_CLOSED, `Position ${target.ticket} is not open`);
  }
  const { ticket, symbol, stopLoss, takeProfit } = position;
  return {
    ok: true,
    request: { action: "sltp", position: ticket, symbol, stopLoss, takeProfit, ...target.want },
  };
}

/** Checks the deletion of a pending order. */
export function planCancel(terminal: Terminal, intent: CancelIntent): Plan {
  const order = terminal.orders().find((active) => active.ticket === intent.order);
  const target = { what: "cancel", ticket: intent.order } as const;
  return { ok: true, traits: { ...noOrder, symbol: order?.symbol ?? "", position: "0", target } };
}

/** The request that deletes a pending order. */
export function buildCancel(terminal: Terminal, intent: CancelIntent): BuiltRequest {
  const order = terminal.orders().find((active) => active.ticket === intent.order);
  if (order === undefined) return refused(Retcode.INVALID, `Order ${intent.order} is not active`);
  return { ok: true, request: { action: "remove", order: order.ticket, symbol: order.symbol } };
}

/** Checks closing a position by an opposite one. */
export function planCloseBy(terminal: Terminal, intent: CloseByIntent): Plan {
  if (intent.position === intent.positionBy) return bad("a position cannot be closed by itself");
  const positions = terminal.positions();
  const position = positions.find((open) => open.ticket === intent.position);
  const by = positions.find((open) => open.ticket === intent.positionBy);
  return {
    ok: true,
    traits: {
      ...noOrder,
      symbol: position?.symbol ?? "",
      volume: Math.min(position?.volume ?? 0, by?.volume ?? 0),
      position: position?.identifier ?? intent.position,
      positionBy: by?.identifier ?? intent.positionBy,
      orderKind: "closeBy",
    },
  };
}

/** The request that closes a position by an opposite one. */
export function buildCloseBy(terminal: Terminal, intent: CloseByIntent): BuiltRequest {
  const positions = terminal.positions();
  for (const ticket of [intent.position, intent.positionBy]) {
    if (!positions.some((open) => open.ticket === ticket)) {
      return refused(Retcode.POSITION_CLOSED, `Position ${ticket} is not open`);
    }
  }
  const symbol = positions.find((open) => open.ticket === intent.position)?.symbol ?? "";
  const { position, positionBy } = intent;
  return { ok: true, request: { action: "closeBy", symbol, position, positionBy } };
}
