import type { OrderRecord } from "../../domain/records.ts";
import type { JournalEntry, Traits } from "./journal-entry.ts";

/** Whether a command places a pending order. */
export function isPendingOrder(entry: JournalEntry): boolean {
  const kind = entry.evidence?.orderKind;
  return kind !== undefined && kind !== "closeBy";
}

/** Whether an order is of the kind that a command makes. A stop-limit order becomes a limit order when it is triggered. */
export function isOfKind(order: OrderRecord, traits: Traits): boolean {
  const kind = traits.orderKind ?? traits.side;
  if (order.kind === kind) return true;
  return (
    (kind === "buyStopLimit" && order.kind === "buyLimit") ||
    (kind === "sellStopLimit" && order.kind === "sellLimit")
  );
}
