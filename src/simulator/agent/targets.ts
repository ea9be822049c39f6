import type { OrderRecord, PositionRecord } from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type { Terminal } from "../../domain/terminal.ts";
import { executedOutcome } from "./executed.ts";
import {
  type JournalEntry,
  type OrderTerms,
  outcomeHead,
  type PositionTerms,
  type StoredOutcome,
  type Target,
} from "./journal-entry.ts";
import { ticketBefore } from "./tickets.ts";

const dayMs = 86_400_000;
/** What is left of a price's decimals in binary. */
const priceSlack = 1e-9;

/**
 * What became of a modification or a cancellation whose answer is missing, read off what it was to change
 * (docs/protocol.md, 6.1). Undefined while nobody can tell: that it is not as was asked proves nothing, for the request
 * may be on its way, or another may have changed it since.
 */
export function judgeTarget(
  terminal: Terminal,
  entry: JournalEntry,
  target: Target,
  nowMs: number,
): StoredOutcome | undefined {
  if (target.what === "position") {
    const position = terminal.positions().find((open) => open.ticket === target.ticket);
    return position !== undefined && positionIs(position, target.want)
      ? executed(entry, "0", nowMs)
      : undefined;
  }
  const active = terminal.orders().find((order) => order.ticket === target.ticket);
  const finished = active === undefined ? finishedOrder(terminal, target.ticket) : undefined;
  if (target.what === "order") {
    const order = active ?? finished;
    return order !== undefined && orderIs(order, target.want)
      ? executed(entry, target.ticket, nowMs)
      : undefined;
  }
  switch (finished?.state) {
    case "cancelled":
      return executed(entry, target.ticket, nowMs);
    case "filled":
    case "expired":
    case "rejected":
      return {
        state: "rejected",
        ...outcomeHead(entry, nowMs),
        retcode: Retcode.REJECT,
        comment: `Order ${target.ticket} ended as ${finished.state}, not by a cancellation`,
      };
    default:
      return undefined;
  }
}

function executed(entry: JournalEntry, order: string, nowMs: number): StoredOutcome {
  const result = { retcode: Retcode.DONE, comment: "", order, deal: "0", volume: 0, price: 0 };
  return executedOutcome(entry, result, { order: undefined, deals: [] }, nowMs);
}

function finishedOrder(terminal: Terminal, ticket: string): OrderRecord | undefined {
  const first = terminal.historyOrders(ticketBefore(ticket))[0];
  return first?.ticket === ticket ? first : undefined;
}

function positionIs(position: PositionRecord, want: PositionTerms): boolean {
  return isAsked(position.stopLoss, want.stopLoss) && isAsked(position.takeProfit, want.takeProfit);
}

function orderIs(order: OrderRecord, want: OrderTerms): boolean {
  return (
    isAsked(order.price, want.price) &&
    isAsked(order.priceStopLimit, want.priceStopLimit) &&
    isAsked(order.stopLoss, want.stopLoss) &&
    isAsked(order.takeProfit, want.takeProfit) &&
    (want.timeInForce === undefined || order.timeInForce === want.timeInForce) &&
    expiresAsAsked(order, want.expirationBrokerMs)
  );
}

function isAsked(is: number, asked: number | undefined): boolean {
  return asked === undefined || Math.abs(is - asked) <= priceSlack * Math.max(1, Math.abs(asked));
}

/** The server keeps whole seconds, and of a day only which one it is. */
function expiresAsAsked(order: OrderRecord, asked: number | undefined): boolean {
  if (asked === undefined) return true;
  const { timeInForce, expirationBrokerMs: is } = order;
  if (timeInForce === "specified") return Math.floor(is / 1_000) === Math.floor(asked / 1_000);
  if (timeInForce !== "specifiedDay") return true;
  const dayStart = Math.floor(asked / dayMs) * dayMs;
  return is >= dayStart && is <= dayStart + dayMs;
}
