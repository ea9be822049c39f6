/** Hands out tickets. */
export interface Tickets {
  order(): string;
  deal(): string;
}

/** Orders and deals, each counted from the first ticket on, exactly whatever its size. */
export function ticketsFrom(first: bigint): Tickets {
  let order = first;
  let deal = first;
  return {
    order: () => String(order++),
    deal: () => String(deal++),
  };
}
