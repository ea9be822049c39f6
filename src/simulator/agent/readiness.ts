import type { Terminal } from "../../domain/terminal.ts";
import type { JournalAccount } from "./journal.ts";

/**
 * Whether the terminal's tables can be believed: it is logged in to the agent's account and connected to its trade
 * server. An empty table of a terminal that is not ready is no closed position.
 */
export class Readiness {
  readonly #terminal: Terminal;
  #account: JournalAccount | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Binds to the account that the terminal is logged in to now. */
  bind(): JournalAccount {
    const { login, server } = this.#terminal.account();
    this.#account = { login, server };
    return this.#account;
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
    return undefined;
  }
}
