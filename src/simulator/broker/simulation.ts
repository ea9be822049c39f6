import { type MarketOptions, openMarket, type SimulatedMarket } from "../market/player.ts";
import type { SymbolSpec } from "./symbol-spec.ts";
import { symbolSpec } from "./symbols.ts";
import { SimulatedTerminal } from "./terminal.ts";
import type { SimulatedTerminalOptions } from "./terminal-options.ts";

/** A market and a terminal that lives in it. */
export interface SimulationOptions extends Omit<SimulatedTerminalOptions, "clock" | "symbols"> {
  /** Source, clock and speed of the market. */
  readonly market: MarketOptions;
  /** @default a plausible contract for each of the market's symbols */
  readonly symbols?: readonly SymbolSpec[];
}

/** An open simulation. Listen to the terminal, then `market.start()`. */
export interface Simulation extends AsyncDisposable {
  readonly market: SimulatedMarket;
  readonly terminal: SimulatedTerminal;
  /** Stops the market and cancels all timers. */
  close(): Promise<void>;
}

/**
 * Opens a market and puts a terminal with its broker into it. The broker lives by the market's clock; whoever uses the
 * terminal (an agent) lives by `market.clock` of the options.
 */
export async function openSimulation(options: SimulationOptions): Promise<Simulation> {
  const { market: marketOptions, symbols, ...terminalOptions } = options;
  const market = await openMarket(marketOptions);
  const terminal = new SimulatedTerminal({
    ...terminalOptions,
    clock: market.clock,
    symbols: symbols ?? market.symbols.map((name) => symbolSpec(name)),
  });
  market.onTick((tick) => terminal.onTick(tick));
  const close = async (): Promise<void> => {
    terminal.dispose();
    await market.stop();
  };
  return { market, terminal, close, [Symbol.asyncDispose]: close };
}
