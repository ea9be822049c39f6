/** The simulated broker, seen through a MetaTrader 5 terminal. */
export type { AccountSettings } from "./account-state.ts";
export { defaultAccount } from "./account-state.ts";
export type { BrokerState } from "./broker-state.ts";
export type { ExecutionContext, ExecutionModel } from "./execution.ts";
export {
  fixedSpread,
  limitedLiquidity,
  spreadMarkup,
  turnoverCommission,
  uniformLiquidity,
  uniformSlippage,
  volumeSlippage,
} from "./execution-models.ts";
export type { Delivery, InjectedAnswer, Silence, TerminalHooks } from "./hooks.ts";
export type { TradeServerOptions } from "./server.ts";
export { TradeServer } from "./server.ts";
export { alwaysOpen, inSession, weekdaySessions } from "./sessions.ts";
export type { Simulation, SimulationOptions } from "./simulation.ts";
export { openSimulation } from "./simulation.ts";
export type { MarginKind, MarginRate, SwapMode, SymbolSpec } from "./symbol-spec.ts";
export { standardSpecs, symbolSpec } from "./symbols.ts";
export { SimulatedTerminal } from "./terminal.ts";
export type { SimulatedTerminalOptions } from "./terminal-options.ts";
