import { Retcode } from "../../domain/retcodes.ts";
import type { LivePosition } from "./books.ts";
import type { BrokerState } from "./broker-state.ts";
import { checkPositionFrozen } from "./checks.ts";
import { isPending } from "./order-kinds.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** Whether so much of a position may be closed now. */
export function checkClose(state: BrokerState, position: LivePosition, units: number): Refusal | undefined {
  const refused = checkPositionFrozen(position) ?? checkCloseOrders(state, position, units);
  if (refused !== undefined) return refused;
  if (!state.account.settings.fifoClose || state.account.settings.marginMode !== "hedging") return undefined;
  const oldest = state.positions.ofSymbol(position.symbol).find((other) => other.side === position.side);
  return oldest === position ? undefined : refuse(Retcode.FIFO_CLOSE);
}

/** Whether orders that already close a hedging position leave so much of it to close (retcode 10039). */
export function checkCloseOrders(
  state: BrokerState,
  position: LivePosition,
  units: number,
): Refusal | undefined {
  if (state.account.settings.marginMode !== "hedging") return undefined;
  let closing = 0;
  for (const order of state.orders.ofSymbol(position.symbol)) {
    const closes = order.position === position.identifier && order.ticket !== position.ticket;
    if (closes && !isPending(order.kind)) closing += order.volumeUnits;
  }
  return closing > 0 && closing + units > position.volumeUnits
    ? refuse(Retcode.CLOSE_ORDER_EXIST)
    : undefined;
}
