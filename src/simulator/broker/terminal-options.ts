import type { BrokerTimeRule } from "../../domain/broker-time.ts";
import type { TerminalRecord } from "../../domain/records.ts";
import type { Clock } from "../../transport/clock.ts";
import { checkKnownKeys, type Keys } from "../known-keys.ts";
import type { CalendarSource } from "../market/calendar.ts";
import { type AccountSettings, defaultAccount } from "./account-state.ts";
import type { ExecutionModel } from "./execution.ts";
import type { SymbolSpec } from "./symbol-spec.ts";

/** What a simulated terminal and its broker are made of. */
export interface SimulatedTerminalOptions {
  /** The market's clock (`SimulatedMarket.clock`), or any clock whose `wallMs` is the market's UTC. */
  readonly clock: Clock;
  /** @default `defaultAccount` */
  readonly account?: Partial<AccountSettings>;
  /** @default `standardSpecs()` */
  readonly symbols?: readonly SymbolSpec[];
  /** The trade server's time. @default UTC+2 with New York's daylight saving */
  readonly zone?: BrokerTimeRule;
  /** From sending to execution, in milliseconds; drawn evenly from a range. @default 0: a later turn */
  readonly latencyMs?: number | readonly [min: number, max: number];
  /** @default ideal: no slippage, any volume */
  readonly execution?: ExecutionModel;
  /** Seed of all chance in terminal and broker. @default 1 */
  readonly seed?: number | string;
  /** The first ticket of orders and of deals, a whole number in decimals. @default "1000001" */
  readonly firstTicket?: string;
  /** Ticks kept for each symbol. @default 65536 */
  readonly tickHistory?: number;
  /** Transactions that wait for a busy expert; more than these push the oldest out. @default 1024, as in MetaTrader */
  readonly transactionQueue?: number;
  /** What the broker makes of comments. @default nothing, but for cutting them to 31 characters */
  readonly rewriteComment?: (comment: string) => string;
  /** Releases of the economic calendar. @default made up from the seed */
  readonly calendar?: CalendarSource;
  /** The terminal's own state and permissions. @default all allowed */
  readonly terminal?: Partial<TerminalRecord>;
}

/** A terminal in which all is allowed. */
export const defaultTerminal: TerminalRecord = {
  build: 5320,
  name: "MetaTrader 5 (simulated)",
  company: "Simulated Broker",
  connected: true,
  terminalTradeAllowed: true,
  expertTradeAllowed: true,
  accountTradeAllowed: true,
  accountExpertAllowed: true,
  dllsAllowed: true,
};

const executionKeys: Keys<ExecutionModel> = {
  quote: true,
  slippagePoints: true,
  liquidityLots: true,
  commission: true,
};

/** What a terminal can be told where its clock is given. */
export const clocklessTerminalKeys: Keys<Omit<SimulatedTerminalOptions, "clock">> = {
  account: true,
  symbols: true,
  zone: true,
  latencyMs: true,
  execution: true,
  seed: true,
  firstTicket: true,
  tickHistory: true,
  transactionQueue: true,
  rewriteComment: true,
  calendar: true,
  terminal: true,
};
const terminalKeys: Keys<SimulatedTerminalOptions> = { ...clocklessTerminalKeys, clock: true };

/** Throws `RangeError` for options of a terminal that there are not. */
export function checkTerminalOptions(options: SimulatedTerminalOptions): void {
  checkKnownKeys(options, terminalKeys, "open a simulated terminal");
  checkKnownKeys(options.account, defaultAccount, "open the account");
  checkKnownKeys(options.execution, executionKeys, "use the execution model");
  checkKnownKeys(options.terminal, defaultTerminal, "set the terminal's state");
}
