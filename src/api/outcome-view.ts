import { MT5Error, TradeRejectedError } from "../connector/errors.ts";
import { retcode } from "../domain/retcodes.ts";
import type { ExecutedOutcome, Outcome } from "../protocol/v1/messages.ts";
import { safeNumber } from "./convert.ts";
import type { CommandOutcome } from "./types.ts";

/** The position's ticket where there is one, else the order's. */
export function outcomeTicket(outcome: ExecutedOutcome): string {
  return outcome.position !== "0" ? outcome.position : outcome.order;
}

/** An outcome of the journal for callers. */
export function toCommandOutcome(id: string, outcome: Outcome): CommandOutcome {
  switch (outcome.state) {
    case "pending":
      return { state: "pending", id };
    case "executed": {
      const text = outcomeTicket(outcome);
      return {
        state: "executed",
        id,
        retcode: outcome.retcode,
        ticket: safeNumber(text),
        ticketText: text,
        orderTicketText: outcome.order,
        dealTicketText: outcome.deal,
        volume: outcome.volume,
        price: outcome.price,
      };
    }
    case "rejected":
    case "unknown":
      return {
        state: outcome.state,
        id,
        retcode: outcome.retcode,
        retcodeName: outcome.retcode === 0 ? "NONE" : retcode(outcome.retcode).name,
        comment: outcome.comment,
      };
    case "refused":
      return { state: "notExecuted", id, reason: `${outcome.code}: ${outcome.reason}` };
    case "void":
      return {
        state: "notExecuted",
        id,
        reason: "VOID: it never reached the trade server and never will",
        ...(outcome.sinceUtcMs === 0 ? {} : { since: new Date(outcome.sinceUtcMs) }),
      };
  }
}

/** How a command ended, for callers: its execution, its journal entry, or the error that tells why not. */
export function toEndedOutcome(id: string, ended: Outcome | MT5Error): CommandOutcome {
  if (!(ended instanceof MT5Error)) return toCommandOutcome(id, ended);
  if (ended instanceof TradeRejectedError && ended.code === "REJECTED") {
    const { retcode: code, retcodeName, brokerComment } = ended;
    return { state: "rejected", id, retcode: code, retcodeName, comment: brokerComment };
  }
  return { state: "notExecuted", id, reason: ended.message };
}
