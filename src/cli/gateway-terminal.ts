import type { GatewayLog } from "../gateway/gateway-log.ts";
import type { TerminalLogin } from "./gateway-options.ts";
import { UsageError } from "./usage-error.ts";

/** A terminal that is kept running. */
export interface KeptTerminal {
  /** The agent has connected: the start-up file is not needed any more. */
  started(): void;
  /** Ends the keeping; the terminal itself goes on. */
  stop(): Promise<void>;
}

/** Starts a MetaTrader terminal and keeps it running. */
export async function keepTerminal(
  login: TerminalLogin,
  options: { readonly folder: string; readonly log: GatewayLog; readonly chart: string | undefined },
): Promise<KeptTerminal> {
  throw new UsageError(`Cannot start ${login.path}`, `${options.folder}`);
}
