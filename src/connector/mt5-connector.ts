import { checkKeys } from "../api/known-keys.ts";
import type { Hmac, SharedSecret } from "../protocol/v1/signing.ts";
import { type Clock, systemClock } from "../transport/clock.ts";
import type { Transport } from "../transport/transport.ts";
import { AgentGroup, type ReadStrategy } from "./agent-group.ts";
import type { RandomBytes } from "./backoff.ts";
import { TypedEmitter } from "./emitter.ts";
import {
  type AgentFailure,
  AgentsUnreachableError,
  ConfigError,
  InvalidRequestError,
  toError,
} from "./errors.ts";
import { Gate } from "./gate.ts";
import { createLog, type Log, type OpenLogFile } from "./log.ts";
import type { AgentMetrics, ConnectorMetrics } from "./metrics.ts";
import { isUsable, MT5Agent } from "./mt5-agent.ts";
import type { LoggingOptions, MT5ConnectorConfig } from "./options.ts";
import { resolveConfig } from "./options-schema.ts";
import { type ConnectionStatus, type ConnectorStatus, overallState } from "./status.ts";

/** What a connector gets from the outside. Everything but the transport has a default. */
export interface ConnectorDeps {
  readonly transport: Transport;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** @default `globalThis.crypto.getRandomValues` */
  readonly randomBytes?: RandomBytes;
  /** HMAC-SHA256. @default of `@noble/hashes` */
  readonly hmac?: Hmac;
  /** X25519. @default of `@noble/curves` */
  readonly sharedSecret?: SharedSecret;
  /** Opens log files; without it `logging.destination: "file"` is refused. */
  readonly openLogFile?: OpenLogFile;
}

/** The events of a connector. */
export interface ConnectorEvents {
  /** All agents are connected. */
  connected: [];
  /** No agent is connected any more. */
  disconnected: [];
  agentConnected: [agentId: string];
  agentDisconnected: [agentId: string, reason: string];
  reconnecting: [agentId: string, attempt: number];
  connectionStatus: [status: ConnectorStatus];
  error: [error: Error, agentId?: string];
}

/** A gap is resynchronised by so many agents at once at most, or by a quarter of them. */
const leastResyncs = 4;

/**
 * Connects to the agents of any number of MetaTrader 5 terminals.
 *
 * @example
 * ```ts
 * import { MT5Connector } from "@trading-org/mt5-connector";
 *
 * const mt5 = new MT5Connector({
 *   agents: [{
 *     id: "primary",
 *     connection: { host: "localhost", ports: { command: 5555, events: 5556, sync: 5557 } },
 *     credentials: { serverKey: process.env.MT5_SERVER_KEY, clientKey: process.env.MT5_CLIENT_KEY },
 *   }],
 * });
 * await mt5.connect();
 * const trade = await mt5.getAgent("primary").trade.marketBuy("EURUSD", 0.1);
 * await mt5.disconnect();
 * ```
 */
export class MT5Connector extends TypedEmitter<ConnectorEvents> implements AsyncDisposable {
  readonly #agents: ReadonlyMap<string, MT5Agent>;
  readonly #metricsEnabled: boolean;
  #usable = 0;

  /**
   * Makes a connector; nothing is connected yet.
   * @throws ConfigError that names every fault of the configuration
   */
  constructor(config: MT5ConnectorConfig, deps: ConnectorDeps) {
    const clock = deps.clock ?? systemClock;
    const { openLogFile } = deps;
    const resolved = resolveConfig(config, { logFiles: openLogFile !== undefined });
    const log: Log = openLog(resolved.options.logging, clock, openLogFile);
    super({
      unheard: (error): void => log.error("An error that no listener took", { error }),
      listenerFailed: (event, error): void => {
        log.error(`A listener of "${event}" threw`, { error });
        if (event !== "error") this.emit("error", toError(error));
      },
    });
    this.#metricsEnabled = resolved.options.metricsEnabled;
    const resyncGate = new Gate(Math.max(leastResyncs, Math.ceil(resolved.agents.length / 4)));
    this.#agents = new Map(
      resolved.agents.map((agent) => [
        agent.id,
        new MT5Agent({
          agent,
          options: resolved.options,
          transport: deps.transport,
          clock,
          randomBytes: deps.randomBytes ?? platformRandomBytes,
          log: log.child("agent", agent.id),
          resyncGate,
          hmac: deps.hmac,
          sharedSecret: deps.sharedSecret,
          status: (status, before): void => this.#statusChanged(agent.id, status, before),
          reconnecting: (attempt): void => void this.emit("reconnecting", agent.id, attempt),
          fault: (error): boolean => this.listenerCount("error") > 0 && this.emit("error", error, agent.id),
        }),
      ]),
    );
  }

  /**
   * Connects all agents that are not connected, at the same time. Resolves when each is live. Otherwise rejects when all
   * have succeeded or failed: with the reason if there is one agent, with `AgentsUnreachableError` and its `failures` if
   * there are several. Agents that are connected then stay so, and failed ones are not tried again by themselves.
   */
  async connect(): Promise<void> {
    const agents = this.getAllAgents();
    const connect = async (agent: MT5Agent): Promise<AgentFailure | undefined> => {
      try {
        await agent.connect();
        return undefined;
      } catch (error) {
        return { agentId: agent.id, error: toError(error) };
      }
    };
    const results = await Promise.all(agents.map(connect));
    const failures = results.filter((failure) => failure !== undefined);
    const only = failures[0];
    if (only === undefined) return;
    if (agents.length === 1) throw only.error;
    throw new AgentsUnreachableError(failures, agents.length);
  }

  /** Disconnects all agents. Resolves when no socket and no timer is left. What waits is told the truth. */
  async disconnect(): Promise<void> {
    await Promise.all(this.getAllAgents().map((agent) => agent.disconnect()));
  }

  /** Disconnects and connects one agent, or all. */
  async reconnect(agentId?: string): Promise<void> {
    if (agentId === undefined) {
      await this.disconnect();
      await this.connect();
      return;
    }
    const agent = this.getAgent(agentId);
    await agent.disconnect();
    await agent.connect();
  }

  /** An agent by its id. Throws an `InvalidRequestError` that names the known ids. */
  getAgent(id: string): MT5Agent {
    const agent = this.#agents.get(id);
    if (agent !== undefined) return agent;
    throw new InvalidRequestError(`Cannot get agent "${id}": it is not configured`, {
      code: "UNKNOWN_AGENT",
      remedy: `Use one of: ${[...this.#agents.keys()].join(", ")}`,
    });
  }

  /** All agents, in the order of the configuration. */
  getAllAgents(): MT5Agent[] {
    return [...this.#agents.values()];
  }

  /** The agents that can be used now, wholly or in part. */
  getConnectedAgents(): MT5Agent[] {
    return this.getAllAgents().filter((agent) => agent.isConnected);
  }

  /** Whether there is an agent of this id. */
  hasAgent(id: string): boolean {
    return this.#agents.has(id);
  }

  /**
   * Several agents together, or all: reads by a strategy, trades on each with a result per agent.
   * @param options.strategy which agent answers a read, "failover" if left out
   */
  group(ids?: readonly string[], options: { readonly strategy?: ReadStrategy } = {}): AgentGroup {
    checkKeys(options, "group", "make a group");
    const agents = ids === undefined ? this.getAllAgents() : [...new Set(ids)].map((id) => this.getAgent(id));
    return new AgentGroup(agents, options.strategy);
  }

  /** The state of all agents. */
  getStatus(): ConnectorStatus {
    const agents: Record<string, ConnectionStatus> = {};
    for (const agent of this.#agents.values()) agents[agent.id] = agent.connectionStatus;
    return { state: overallState(Object.values(agents)), agents };
  }

  /** Figures of all agents. */
  getMetrics(): ConnectorMetrics {
    const agents: Record<string, AgentMetrics> = {};
    if (this.#metricsEnabled)
      for (const agent of this.#agents.values()) agents[agent.id] = agent.getMetrics();
    return { enabled: this.#metricsEnabled, agents };
  }

  /** As `disconnect`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  #statusChanged(agentId: string, status: ConnectionStatus, before: ConnectionStatus): void {
    const usable = isUsable(status);
    const changed = usable !== isUsable(before);
    if (changed) this.#usable += usable ? 1 : -1;
    this.emit("connectionStatus", this.getStatus());
    if (!changed) return;
    if (usable) this.emit("agentConnected", agentId);
    else this.emit("agentDisconnected", agentId, status.reason);
    if (usable && this.#usable === this.#agents.size) this.emit("connected");
    if (!usable && this.#usable === 0) this.emit("disconnected");
  }
}

function openLog(
  options: LoggingOptions | undefined,
  clock: Clock,
  openLogFile: OpenLogFile | undefined,
): Log {
  try {
    return createLog(options, () => clock.wallMs(), openLogFile);
  } catch (error) {
    throw new ConfigError([
      {
        path: "options.logging.filePath",
        message: `cannot be written: ${toError(error).message}`,
        remedy: "Give a path in a folder that exists and may be written",
      },
    ]);
  }
}

function platformRandomBytes(length: number): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}
