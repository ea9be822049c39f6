import type { CalendarValue } from "../../domain/market.ts";
import type { AccountRecord, TerminalRecord } from "../../domain/records.ts";
import type { Terminal } from "../../domain/terminal.ts";
import type { Clock } from "../../transport/clock.ts";
import type { FaultHandle } from "./fault.ts";

/** What a terminal lacks that has not finished starting or reconnecting. */
export interface UnsynchronisedOptions {
  /** Says that it is connected to its trade server. @default true */
  readonly connected?: boolean;
  /** Knows its account. @default true */
  readonly loggedIn?: boolean;
  /** Shows positions, orders and history. @default false: as if there were none */
  readonly tables?: boolean;
}

/** What can be done to what a terminal shows. */
export interface TerminalFaults {
  /** The terminal to give to the agent. */
  readonly terminal: Terminal;
  /** While it stands the terminal shows less than there is, as one that is starting or reconnecting does. */
  unsynchronised(options?: UnsynchronisedOptions): FaultHandle;
  /** While it stands the terminal is logged in to another account. */
  otherAccount(login: string, server?: string): FaultHandle;
}

/** Wraps a terminal, so that it can be caught starting or on another account. `clock`: the machine's, for TimeGMT. */
export function faultyTerminal(inner: Terminal, clock: Clock): TerminalFaults {
  const missing: Required<UnsynchronisedOptions>[] = [];
  const accounts: Pick<AccountRecord, "login" | "server">[] = [];
  const whole = { connected: true, loggedIn: true, tables: true };
  const shown = (): Required<UnsynchronisedOptions> => missing.at(-1) ?? whole;

  function standing<T>(list: T[], item: T): FaultHandle {
    list.push(item);
    return {
      fired: 1,
      heal(): void {
        const at = list.indexOf(item);
        if (at >= 0) list.splice(at, 1);
      },
    };
  }

  function account(): AccountRecord {
    const record = { ...inner.account(), ...accounts.at(-1) };
    return shown().loggedIn ? record : { ...record, login: "0", server: "", balance: 0, equity: 0 };
  }

  return {
    terminal: {
      info: (): TerminalRecord => {
        const info = inner.info();
        return { ...info, connected: info.connected && shown().connected };
      },
      account,
      positions: () => (shown().tables ? inner.positions() : []),
      orders: () => (shown().tables ? inner.orders() : []),
      historyOrders: (after) => (shown().tables ? inner.historyOrders(after) : []),
      historyDeals: (after) => (shown().tables ? inner.historyDeals(after) : []),
      symbols: () => inner.symbols(),
      symbol: (name) => inner.symbol(name),
      selectSymbol: (name) => inner.selectSymbol(name),
      tick: (symbol) => inner.tick(symbol),
      copyTicks: (symbol, from, count) => inner.copyTicks(symbol, from, count),
      brokerMs: () => inner.brokerMs(),
      utcMs: () => clock.wallMs(),
      orderSendAsync: (request) => inner.orderSendAsync(request),
      orderCheck: (request) => inner.orderCheck(request),
      addBook: (symbol) => inner.addBook(symbol),
      releaseBook: (symbol) => inner.releaseBook(symbol),
      marketBook: (symbol) => (shown().tables ? inner.marketBook(symbol) : undefined),
      calcMargin: (...args) => inner.calcMargin(...args),
      calcProfit: (...args) => inner.calcProfit(...args),
      copyRates: (...args) => (shown().tables ? inner.copyRates(...args) : undefined),
      copyTicksRange: (...args) => (shown().tables ? inner.copyTicksRange(...args) : undefined),
      ...(inner.calendar === undefined
        ? {}
        : {
            calendar: (from, to): readonly CalendarValue[] | undefined =>
              shown().tables ? inner.calendar?.(from, to) : undefined,
          }),
      listen: (events) => inner.listen(events),
    },
    unsynchronised: ({ connected = true, loggedIn = true, tables = false } = {}) =>
      standing(missing, { connected, loggedIn, tables }),
    otherAccount: (login, server = inner.account().server) => standing(accounts, { login, server }),
  };
}
