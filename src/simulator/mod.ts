/**
 * The simulator: a market, a broker behind a MetaTrader 5 terminal, the agent in front of it, and faults for all that
 * lies between a strategy and its trades.
 *
 * @module
 */
export type { Clock, Timer } from "../transport/clock.ts";
export { systemClock } from "../transport/clock.ts";
export type { MemoryNetwork, MemoryNetworkOptions } from "../transport/memory-network.ts";
export { memoryNetwork } from "../transport/memory-network.ts";
export type { ByteStream, Endpoint, Network, NetworkListener, StreamEvents } from "../transport/network.ts";
export type { Transport } from "../transport/transport.ts";
export type { VirtualClockOptions } from "../transport/virtual-clock.ts";
export { VirtualClock } from "../transport/virtual-clock.ts";
export type { Agent, AgentStats } from "./agent/agent.ts";
export { createAgent } from "./agent/agent.ts";
export type {
  AgentClient,
  AgentHooks,
  AgentLimits,
  AgentOptions,
  AgentPoint,
  AgentPointInfo,
  AgentRefusal,
  HandshakeRefusal,
} from "./agent/agent-options.ts";
export { defaultAgentLimits } from "./agent/agent-options.ts";
export type { JournalFile, JournalOpened, JournalStore } from "./agent/journal-store.ts";
export { JournalAccountError, JournalDamagedError, JournalLockedError } from "./agent/journal-store.ts";
export type { MemoryJournalOptions } from "./agent/memory-journal.ts";
export { MemoryJournalStore } from "./agent/memory-journal.ts";
export type { AccountSettings } from "./broker/account-state.ts";
export { defaultAccount } from "./broker/account-state.ts";
export type { BrokerState } from "./broker/broker-state.ts";
export type { ExecutionContext, ExecutionModel } from "./broker/execution.ts";
export {
  fixedSpread,
  limitedLiquidity,
  spreadMarkup,
  turnoverCommission,
  uniformLiquidity,
  uniformSlippage,
  volumeSlippage,
} from "./broker/execution-models.ts";
export type { Delivery, InjectedAnswer, Silence, TerminalHooks } from "./broker/hooks.ts";
export type { TradeServerOptions } from "./broker/server.ts";
export { TradeServer } from "./broker/server.ts";
export { alwaysOpen, inSession, weekdaySessions } from "./broker/sessions.ts";
export type { Simulation, SimulationOptions } from "./broker/simulation.ts";
export { openSimulation } from "./broker/simulation.ts";
export type { MarginKind, MarginRate, SwapMode, SymbolSpec } from "./broker/symbol-spec.ts";
export { standardSpecs, symbolSpec } from "./broker/symbols.ts";
export { SimulatedTerminal } from "./broker/terminal.ts";
export type { SimulatedTerminalOptions } from "./broker/terminal-options.ts";
export type { AgentFaults, PointFilter } from "./faults/agent.ts";
export { agentFaults } from "./faults/agent.ts";
export type { BrokerFaults, InjectableTerminal, TransactionAction } from "./faults/broker.ts";
export { brokerFaults } from "./faults/broker.ts";
export type { FaultHandle, FaultOptions } from "./faults/fault.ts";
export type { FaultyHost, SuspendOptions } from "./faults/host.ts";
export { faultyHost } from "./faults/host.ts";
export type { JournalFaults, JournalWrite, TearOptions } from "./faults/journal.ts";
export { faultyJournal } from "./faults/journal.ts";
export type { Direction, FrameAction } from "./faults/link-rule.ts";
export type { LinkFilter, NetworkFaults } from "./faults/network.ts";
export { faultyNetwork } from "./faults/network.ts";
export type { FaultTargets, PlayedFaults } from "./faults/play.ts";
export { playFaults } from "./faults/play.ts";
export type { FaultKind, ScheduledFault, ScheduleOptions } from "./faults/schedule.ts";
export { faultKinds, faultSchedule } from "./faults/schedule.ts";
export type { TerminalFaults, UnsynchronisedOptions } from "./faults/terminal.ts";
export { faultyTerminal } from "./faults/terminal.ts";
export type { TrafficRecord } from "./faults/traffic.ts";
export { recordTraffic } from "./faults/traffic.ts";
export type { MessageAction, MessageRule, TransportFaults } from "./faults/transport.ts";
export { faultyTransport } from "./faults/transport.ts";
export type { CalendarRelease, CalendarSource } from "./market/calendar.ts";
export { listedCalendar } from "./market/calendar.ts";
export type { GeneratedCalendarOptions } from "./market/generated-calendar.ts";
export { generatedCalendar } from "./market/generated-calendar.ts";
export type { GeneratedSymbol, GeneratorOptions } from "./market/generator.ts";
export { defaultStartUtcMs, generatedMarket, standardSymbols } from "./market/generator.ts";
export type { MarketOptions, MarketState } from "./market/player.ts";
export { openMarket, SimulatedMarket } from "./market/player.ts";
export { Prng } from "./market/prng.ts";
export { QuoteFormatError } from "./market/quote-error.ts";
export type { QuoteFormatName } from "./market/quote-formats.ts";
export { detectQuoteFormat } from "./market/quote-formats.ts";
export type { QuoteParserOptions } from "./market/quote-parser.ts";
export { QuoteParser, symbolOfFileName } from "./market/quote-parser.ts";
export type { RecordingOptions } from "./market/recording.ts";
export { recordedMarket } from "./market/recording.ts";
export type { MarketTick, TickBatch, TickSource } from "./market/tick-source.ts";
export { mergeSources, sourceOf } from "./market/tick-source.ts";
export type { Simulator, SimulatorOptions } from "./simulator.ts";
export { startSimulator } from "./simulator.ts";
