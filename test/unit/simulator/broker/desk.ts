import type { TradeRequest, TradeRequestResult, TradeTransaction } from "../../../../src/domain/terminal.ts";
import {
  SimulatedTerminal,
  type SimulatedTerminalOptions,
  type SymbolSpec,
  symbolSpec,
} from "../../../../src/simulator/broker/mod.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";

/** Wednesday 2024-01-10 08:00 UTC: 10:00 in broker time, all sessions open. */
export const WEDNESDAY: number = Date.UTC(2024, 0, 10, 8);

/** A terminal on a virtual clock with quotes for EURUSD, GBPUSD, USDJPY and EURJPY, and what it told. */
export interface Desk {
  readonly clock: VirtualClock;
  readonly terminal: SimulatedTerminal;
  readonly transactions: TradeTransaction[];
  readonly ticks: string[];
  /** Sends a request and waits for its result. */
  send(request: TradeRequest): Promise<TradeRequestResult>;
  /** Buys or sells at the market and gives the position's ticket. */
  open(kind: "buy" | "sell", volume: number, more?: Partial<TradeRequest>): Promise<string>;
}

/** Opens a desk. `specs` changes all symbols' contracts. */
export function openDesk(
  options: Partial<SimulatedTerminalOptions> = {},
  specs: Partial<SymbolSpec> = {},
  startUtcMs: number = WEDNESDAY,
): Desk {
  const clock = new VirtualClock({ wallStartMs: startUtcMs });
  const names = ["EURUSD", "GBPUSD", "USDJPY", "EURJPY"];
  const terminal = new SimulatedTerminal({
    clock,
    symbols: names.map((name) => symbolSpec(name, specs)),
    ...options,
  });
  const transactions: TradeTransaction[] = [];
  const ticks: string[] = [];
  terminal.listen({
    tick: (symbol) => ticks.push(symbol),
    transaction: (transaction) => transactions.push(transaction),
  });
  quoteAll(terminal);

  const send = async (request: TradeRequest): Promise<TradeRequestResult> => {
    const accepted = terminal.orderSendAsync(request);
    if (!accepted.sent) throw new Error(`not sent: ${accepted.retcode}`);
    let result: TradeRequestResult | undefined;
    await clock.runUntil(() => {
      result = transactions.find((t) => t.result?.requestId === accepted.requestId)?.result;
      return result !== undefined;
    }, 60_000);
    if (result === undefined) throw new Error("no result");
    return result;
  };

  const open: Desk["open"] = async (kind, volume, more = {}) => {
    const result = await send({ action: "deal", symbol: "EURUSD", kind, volume, ...more });
    if (result.retcode !== 10009) throw new Error(`not opened: ${result.retcode} ${result.comment}`);
    return terminal.server.state.historyOrders.after(String(BigInt(result.order) - 1n))[0]?.position ?? "";
  };
  return { clock, terminal, transactions, ticks, send, open };
}

/** Quotes those of the usual symbols that the terminal has. */
function quoteAll(terminal: SimulatedTerminal): void {
  const quotes: [string, number, number][] = [
    ["EURUSD", 1.1, 1.1002],
    ["GBPUSD", 1.27, 1.2702],
    ["USDJPY", 145, 145.02],
    ["EURJPY", 159.5, 159.53],
  ];
  for (const [name, bid, ask] of quotes) {
    if (terminal.symbol(name) !== undefined) terminal.quote(name, bid, ask);
  }
}
