import process from "node:process";
import { type MT5Agent, MT5Connector, MT5Error } from "../mod.ts";
import { agentTransport, generateKeyPair } from "../src/adapters/zmtp.ts";
import {
  defaultStartUtcMs,
  faultyNetwork,
  generatedMarket,
  MemoryJournalStore,
  memoryNetwork,
  type NetworkFaults,
  Prng,
  type SimulationOptions,
  type Simulator,
  standardSymbols,
  startSimulator,
  type TickSource,
  VirtualClock,
} from "../src/simulator/mod.ts";

/** A simulated account, and a connector for it, in this process and in virtual time. */
export interface Sandbox {
  readonly agent: MT5Agent;
  readonly mt5: MT5Connector;
  readonly simulator: Simulator;
  /** Breaks the lines between the two. */
  readonly faults: NetworkFaults;
  /** Lets market time pass. */
  pass(ms: number): Promise<void>;
}

/** The world that a sandbox is to be. */
export interface SandboxOptions extends Omit<SimulationOptions, "market"> {
  /** Where its ticks come from, such as `madeUpMarket`. */
  readonly source: SimulationOptions["market"]["source"];
}

/** The same seed gives the same ticks. */
export function madeUpMarket(seed: number, ...symbols: readonly string[]): TickSource {
  return generatedMarket({ seed, symbols: standardSymbols.filter(({ name }) => symbols.includes(name)) });
}

const firstQuotesMs = 5_000;
const base64 = (key: Uint8Array): string => btoa(String.fromCharCode(...key));

/**
 * Runs something with a simulated account. Nothing waits for the machine's clock: an hour of the market takes seconds,
 * and a run gives the same results every time. Encryption, protocol, journal and broker are those of a real run.
 */
export async function inSandbox(
  { source, ...simulation }: SandboxOptions,
  run: (sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const clock = new VirtualClock({ wallStartMs: defaultStartUtcMs });
  const network = memoryNetwork({ clock, latencyMs: 1 });
  const faults = faultyNetwork(network, clock);
  // Names, and how long to wait before the next attempt; keys are always made of secure chance.
  const chance = new Prng("sandbox");
  const randomBytes = (length: number): Uint8Array =>
    Uint8Array.from({ length }, () => chance.integer(0, 255));
  const server = generateKeyPair();
  const client = generateKeyPair();
  const main = async (): Promise<void> => {
    await using simulator = await startSimulator({
      simulation: { ...simulation, market: { source, clock } },
      agent: {
        transport: agentTransport({ network, clock }),
        clock,
        randomBytes,
        journal: new MemoryJournalStore(),
        serverSecretKey: server.secretKey,
        clients: [{ publicKey: client.publicKey }],
        host: "simulator",
        ports: { command: 1, events: 2, sync: 3 },
        // The simulated terminal tells all that changes: the looks besides need not be frequent.
        limits: { scanIntervalMs: 10_000 },
      },
    });
    await using mt5 = new MT5Connector(
      {
        agents: [
          {
            id: "sandbox",
            connection: { host: "simulator", ports: simulator.ports },
            credentials: { serverKey: base64(server.publicKey), clientKey: base64(client.secretKey) },
          },
        ],
      },
      { transport: agentTransport({ network: faults.network, clock }), clock, randomBytes },
    );
    mt5.on("error", (error) => console.error(`error       ${error.message}`));
    await mt5.connect();
    const pass = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        clock.setTimer(resolve, ms);
      });
    // Each symbol's first quote comes a moment after the market's start.
    await pass(firstQuotesMs);
    await run({ agent: mt5.getAgent("sandbox"), mt5, simulator, faults, pass });
  };
  await clock.runUntil(main(), Number.MAX_SAFE_INTEGER);
}

/** Runs a program, and says what went wrong and what to do about it. */
export async function runExample(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    console.error(error instanceof Error ? `Error: ${error.message}` : error);
    if (error instanceof MT5Error) console.error(`Remedy: ${error.remedy}`);
    process.exitCode = 1;
  }
}
