/** Compares two tickets (decimal strings of 64-bit integers) by value. */
export function compareTickets(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The higher of two tickets. */
export function higherTicket(a: string, b: string): string {
  return compareTickets(a, b) >= 0 ? a : b;
}

/** The ticket before this one. */
export function ticketBefore(ticket: string): string {
  return (BigInt(ticket) - 1n).toString();
}

/** Whether the text names a ticket at all; `"0"` and nothing do not. */
export function isTicket(ticket: string | undefined): ticket is string {
  return ticket !== undefined && ticket !== "" && ticket !== "0";
}
