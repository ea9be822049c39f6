import { advice, checkKnownKeys, type Keys } from "../known-keys.ts";
import { type MarketOptions, openMarket, type SimulatedMarket } from "../market/player.ts";
import type { SymbolSpec } from "./symbol-spec.ts";
import { symbolSpec } from "./symbols.ts";
import { SimulatedTerminal } from "./terminal.ts";
import { clocklessTerminalKeys, type SimulatedTerminalOptions } from "./terminal-options.ts";

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

const simulationKeys: Keys<SimulationOptions> = { ...clocklessTerminalKeys, market: true };

/**
 * Opens a market and puts a terminal with its broker into it. The broker lives by the market's clock; whoever uses the
 * terminal (an agent) lives by `market.clock` of the options.
 */
export async function openSimulation(options: SimulationOptions): Promise<Simulation> {
  checkKnownKeys(options, simulationKeys, "open a simulation");
  const { market: marketOptions, symbols, ...terminalOptions } = options;
  const market = await openMarket(marketOptions);
  let terminal: SimulatedTerminal;
  try {
    const specs = symbols ?? market.symbols.map((name) => symbolSpec(name));
    checkTradable(
      market.symbols,
      specs.map(({ name }) => name),
    );
    terminal = new SimulatedTerminal({ ...terminalOptions, clock: market.clock, symbols: specs });
  } catch (error) {
    await market.stop();
    throw error;
  }
  market.onTick((tick) => terminal.onTick(tick));
  const close = async (): Promise<void> => {
    terminal.dispose();
    await market.stop();
  };
  return { market, terminal, close, [Symbol.asyncDispose]: close };
}

/** Quotes of a symbol that the broker does not have would be lost without a word. */
function checkTradable(quoted: readonly string[], known: readonly string[]): void {
  const missing = quoted.find((name) => !known.includes(name));
  if (missing === undefined) return;
  throw new RangeError(
    `Cannot open a simulation: the market quotes ${missing}, which is not among the broker's symbols; ${advice(missing, known)}`,
  );
}
