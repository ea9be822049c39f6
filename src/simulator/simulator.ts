import { version } from "../domain/version.ts";
import type { TransportListener } from "../transport/transport.ts";
import { type Agent, createAgent } from "./agent/agent.ts";
import { type AgentOptions, simulatorAgentKeys } from "./agent/agent-options.ts";
import { openSimulation, type SimulationOptions } from "./broker/simulation.ts";
import type { SimulatedTerminal } from "./broker/terminal.ts";
import { checkKnownKeys, type Keys } from "./known-keys.ts";
import type { SimulatedMarket } from "./market/player.ts";

/** A market, a broker and an agent in front of them. */
export interface SimulatorOptions {
  /** The market and the broker. */
  readonly simulation: SimulationOptions;
  /** The agent; its terminal, name and version are given. */
  readonly agent: Omit<AgentOptions, "terminal" | "name" | "version">;
}

const simulatorKeys: Keys<SimulatorOptions> = { simulation: true, agent: true };

/** A running simulator. */
export interface Simulator extends AsyncDisposable {
  /** The ports really bound. */
  readonly ports: TransportListener["ports"];
  readonly market: SimulatedMarket;
  readonly terminal: SimulatedTerminal;
  readonly agent: Agent;
  /** Stops the agent in order, then the market. */
  close(): Promise<void>;
}

/** Opens market and broker, binds the agent, and lets the market run. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  checkKnownKeys(options, simulatorKeys, "start a simulator");
  checkKnownKeys(options.agent, simulatorAgentKeys, "start a simulator's agent");
  const simulation = await openSimulation(options.simulation);
  let agent: Agent;
  let ports: TransportListener["ports"];
  try {
    agent = createAgent({ ...options.agent, terminal: simulation.terminal, name: "simulator", version });
    ({ ports } = await agent.start());
  } catch (error) {
    await simulation.close();
    throw error;
  }
  simulation.market.start();
  const close = async (): Promise<void> => {
    await agent.stop();
    await simulation.close();
  };
  return {
    ports,
    market: simulation.market,
    terminal: simulation.terminal,
    agent,
    close,
    [Symbol.asyncDispose]: close,
  };
}
