import type { OrderKind, PositionSide } from "../../domain/records.ts";

/** The kinds of orders that wait for a price. */
export type PendingKind = Exclude<OrderKind, "buy" | "sell" | "closeBy">;

/** All of them. */
export const pendingKinds: readonly PendingKind[] = [
  "buyLimit",
  "sellLimit",
  "buyStop",
  "sellStop",
  "buyStopLimit",
  "sellStopLimit",
];

/** Whether an order of this kind waits for a price. */
export function isPending(kind: OrderKind): kind is PendingKind {
  return kind !== "buy" && kind !== "sell" && kind !== "closeBy";
}

/** The side that an order of this kind trades on. */
export function sideOf(kind: OrderKind): PositionSide {
  return kind.startsWith("buy") ? "buy" : "sell";
}

/** Whether the price must come down to the order (for a buy; up for a sell): limit orders. */
export function isLimit(kind: OrderKind): boolean {
  return kind === "buyLimit" || kind === "sellLimit";
}

/** Whether it becomes a limit order when its price is reached. */
export function isStopLimit(kind: OrderKind): boolean {
  return kind === "buyStopLimit" || kind === "sellStopLimit";
}
