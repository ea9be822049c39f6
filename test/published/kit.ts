import type { TradeRequest, TradeRequestResult } from "../../src/domain/terminal.ts";
import {
  type AccountSettings,
  alwaysOpen,
  type ExecutionModel,
  SimulatedTerminal,
  type SymbolSpec,
  symbolSpec,
} from "../../src/simulator/broker/mod.ts";
import { VirtualClock } from "../../src/transport/virtual-clock.ts";

/** The published titles are quoted in the tests' names, so that a failing case names its source. */
export const book = {
  symbolProperties: "MQL5 reference, Symbol Properties, ENUM_SYMBOL_CALC_MODE",
  swapModes: "MQL5 reference, Symbol Properties, ENUM_SYMBOL_SWAP_MODE",
  marginRequirements: "MQL5 Programming for Traders, Margin requirements",
  calcProfit: "MQL5 Programming for Traders, Estimating the profit of a trading operation",
  marginForex: "MetaTrader 5 Help, Margin Calculation: Retail Forex, Futures",
  returnCodes: "MQL5 reference, Return Codes of the Trade Server",
} as const;

/** A broker with the symbols and quotes of an example. */
export interface Bench {
  readonly clock: VirtualClock;
  readonly terminal: SimulatedTerminal;
  /** Sends a request; throws unless it was executed or placed. */
  send(request: TradeRequest): Promise<TradeRequestResult>;
  /** Trades at the market. */
  trade(symbol: string, kind: "buy" | "sell", volume: number, position?: string): Promise<TradeRequestResult>;
}

/** Monday 2024-01-08 10:00 in broker time. */
export const MONDAY: number = Date.UTC(2024, 0, 8, 8);

/** Opens a broker. Bid and ask of each symbol are given, or one price for both. */
export function openBench(
  quotes: Readonly<Record<string, number | readonly [bid: number, ask: number]>>,
  account: Partial<AccountSettings> = {},
  specs: Readonly<Record<string, Partial<SymbolSpec>>> = {},
  execution: ExecutionModel = {},
): Bench {
  const clock = new VirtualClock({ wallStartMs: MONDAY });
  const terminal = new SimulatedTerminal({
    clock,
    account: { balance: 1_000_000, ...account },
    symbols: Object.keys(quotes).map((name) =>
      symbolSpec(name, { tradeSessions: alwaysOpen, digits: 5, ...specs[name] }),
    ),
    execution,
  });
  for (const [name, quote] of Object.entries(quotes)) {
    const [bid, ask] = typeof quote === "number" ? [quote, quote] : quote;
    terminal.quote(name, bid, ask);
  }
  const send: Bench["send"] = async (request) => {
    let result: TradeRequestResult | undefined;
    terminal.listen({
      tick: () => undefined,
      transaction: (transaction) => {
        if (transaction.type === "request") result = transaction.result;
      },
    });
    terminal.orderSendAsync(request);
    await clock.advance(0);
    if (result === undefined || result.retcode !== 10009) {
      throw new Error(`not executed: ${result?.retcode} ${result?.comment}`);
    }
    return result;
  };
  return {
    clock,
    terminal,
    send,
    trade: (symbol, kind, volume, position) =>
      send({ action: "deal", symbol, kind, volume, ...(position === undefined ? {} : { position }) }),
  };
}
