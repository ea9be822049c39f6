import { join } from "node:path";
import { windowsTerminals } from "../adapters/gateway-terminal.ts";
import type { GatewayLog } from "../gateway/gateway-log.ts";
import { startupIni, TerminalKeeper } from "../gateway/terminal-keeper.ts";
import { systemClock } from "../transport/clock.ts";
import type { TerminalLogin } from "./gateway-options.ts";
import { UsageError } from "./usage-error.ts";

/** Starts a MetaTrader terminal with the given credentials and keeps it running. Only on Windows. */
export function keepTerminal(
  { path, ...account }: TerminalLogin,
  options: {
    readonly folder: string;
    readonly log: GatewayLog;
    readonly chart: string | undefined;
    readonly platform?: string;
  },
): TerminalKeeper {
  if ((options.platform ?? process.platform) !== "win32") {
    throw new UsageError(
      "Cannot start MetaTrader: it runs on Windows only, and this is another system",
      "Leave out --mt5-login, --mt5-password, --mt5-server and --mt5-path (and MT5_... in .env), start the terminal where it is, and name its agent with --config",
    );
  }
  try {
    startupIni(account, options.chart);
  } catch (cause) {
    throw new UsageError(
      cause instanceof Error ? cause.message : String(cause),
      "Check the account's credentials",
      { cause },
    );
  }
  return new TerminalKeeper({
    host: windowsTerminals,
    clock: systemClock,
    log: options.log,
    path,
    account,
    iniFile: join(options.folder, "start.ini"),
    chart: options.chart,
  });
}
