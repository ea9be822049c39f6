import type { Terminal } from "../../domain/terminal.ts";
import type { JournalAccount } from "./journal.ts";
import { compareTickets, isTicket, ticketBefore } from "./tickets.ts";

/** A broker may withdraw a deal, but not so many at once. */
const rememberedDeals = 8;

/**
 * Whether the terminal's tables can be believed: it is logged in to the agent's account, connected to its trade server,
 * and shows the history that is known. An empty table of a terminal that is not ready is no closed position.
 */
export class Readiness {
  readonly #terminal: Terminal;
  /** The newest deals known, by ticket, the highest last. */
  #deals: readonly string[] = [];
  #missingSinceMs: number | undefined;
  #account: JournalAccount | undefined;
  readonly #now: () => number;

  readonly #historyWaitMs: number;

  /** A history that does not come for `historyWaitMs` has been archived or wiped, and the tables are all there is. */
  constructor(terminal: Terminal, now: () => number, historyWaitMs: number) {
    this.#terminal = terminal;
    this.#now = now;
    this.#historyWaitMs = historyWaitMs;
  }

  /** Binds to the account that the terminal is logged in to now. */
  bind(): JournalAccount {
    const { login, server } = this.#terminal.account();
    this.#account = { login, server };
    return this.#account;
  }

  /** Takes note of a deal that the account's history must show from now on. */
  know(deal: string): void {
    if (!isTicket(deal) || this.#deals.includes(deal)) return;
    this.#deals = [...this.#deals, deal].sort(compareTickets).slice(-rememberedDeals);
  }

  /** The broker has withdrawn a deal. */
  forget(deal: string): void {
    this.#deals = this.#deals.filter((known) => known !== deal);
  }

  get ready(): boolean {
    return this.fault() === undefined;
  }

  /** Why it is not ready, in a sentence. */
  fault(): string | undefined {
    if (!this.#terminal.info().connected) return "The terminal is not connected to its trade server";
    const { login, server } = this.#terminal.account();
    if (login === "" || login === "0") return "The terminal is not logged in";
    const bound = this.#account;
    if (bound !== undefined && (bound.login !== login || bound.server !== server)) {
      return `The terminal is logged in to account ${login}, not to ${bound.login}`;
    }
    return this.#historyFault();
  }

  /** A terminal that has just connected shows empty tables until they have been loaded. */
  #historyFault(): string | undefined {
    const newest = this.#deals.at(-1);
    if (newest === undefined || this.#showsHistory(newest)) {
      this.#missingSinceMs = undefined;
      return undefined;
    }
    this.#missingSinceMs ??= this.#now();
    if (this.#now() - this.#missingSinceMs >= this.#historyWaitMs) {
      this.#deals = [];
      return undefined;
    }
    return `The terminal's history is not there yet: it does not show deal ${newest}`;
  }

  #showsHistory(newest: string): boolean {
    if (this.#terminal.historyDeals(ticketBefore(newest))[0]?.ticket === newest) return true;
    const shown = new Set(
      this.#terminal.historyDeals(ticketBefore(this.#deals[0] ?? newest)).map((deal) => deal.ticket),
    );
    return this.#deals.some((deal) => shown.has(deal));
  }
}
