import type { BatchOrderParams, BatchResult, OrderResult, PendingOrderParams } from "../api/trade-types.ts";
import type { MarketOrderParams, TradeOptions, TradeResult } from "../api/types.ts";
import {
  type AgentFailure,
  AgentsUnreachableError,
  ConnectionError,
  InvalidRequestError,
  toError,
} from "./errors.ts";
import type { MT5Agent } from "./mt5-agent.ts";

/** Which agent answers a read: always the first that can, each in turn, or the one that answered fastest lately. */
export type ReadStrategy = "failover" | "round-robin" | "least-latency";

/** What of an agent a read may use. Trades go to named agents, or to all. */
export type ReadableAgent = Pick<
  MT5Agent,
  "id" | "account" | "marketData" | "history" | "positions" | "orders" | "mirror"
>;

/** How one agent of a group ended. */
export type GroupResult<T> =
  | { readonly agentId: string; readonly status: "fulfilled"; readonly value: T }
  | { readonly agentId: string; readonly status: "rejected"; readonly reason: Error };

/** The same for all agents, or for each its own. */
export type ForEach<Params> = Params | ((agent: MT5Agent) => Params);

/**
 * Several agents together. Reads go to one of them; trades go to all, at the same time, with a result per agent. One
 * agent that is slow, dead or refuses costs the others nothing.
 *
 * @example
 * ```ts
 * const fleet = mt5.group(["london", "tokyo"], { strategy: "least-latency" });
 * const bars = await fleet.read((agent) => agent.marketData.getLastBars("EURUSD", "M1", 100));
 * for (const result of await fleet.marketBuy("EURUSD", 0.1)) console.log(result.agentId, result.status);
 * ```
 */
export class AgentGroup {
  readonly strategy: ReadStrategy;
  /** In the order in which they were named. */
  readonly agents: readonly MT5Agent[];
  #turn = 0;

  constructor(agents: readonly MT5Agent[], strategy: ReadStrategy = "failover") {
    if (agents.length === 0) {
      throw new InvalidRequestError("Cannot make a group: it has no agents", {
        code: "INVALID_REQUEST",
        remedy: "Name at least one agent",
      });
    }
    if (!["failover", "round-robin", "least-latency"].includes(strategy)) {
      throw new InvalidRequestError(`Cannot make a group: strategy "${String(strategy)}" does not exist`, {
        code: "INVALID_REQUEST",
        remedy: "Use failover, round-robin or least-latency",
      });
    }
    this.agents = agents;
    this.strategy = strategy;
  }

  /** The agents that can be used now. */
  get connected(): readonly MT5Agent[] {
    return this.agents.filter((agent) => agent.isConnected);
  }

  /**
   * Asks one agent, chosen by the strategy; the next one if it cannot be reached. A refusal is an answer and is not asked
   * elsewhere. Rejects with `AgentsUnreachableError` if none can be reached.
   */
  async read<T>(task: (agent: ReadableAgent) => Promise<T>): Promise<T> {
    const failures: AgentFailure[] = [];
    for (const agent of this.#order()) {
      if (!agent.isConnected) {
        const message = `Cannot ask agent "${agent.id}": it is ${agent.connectionStatus.state}`;
        const remedy = "Wait for its `connected` event, or call connect()";
        failures.push({
          agentId: agent.id,
          error: new ConnectionError(message, { code: "NOT_CONNECTED", remedy }),
        });
        continue;
      }
      try {
        return await task(readable(agent));
      } catch (error) {
        if (!(error instanceof ConnectionError) || error.code === "ABORTED") throw error;
        failures.push({ agentId: agent.id, error });
      }
    }
    throw new AgentsUnreachableError(failures, this.agents.length, "ask");
  }

  /** Runs a task on all agents at the same time. One result each, in the group's order; never rejects. */
  async all<T>(task: (agent: MT5Agent) => Promise<T>): Promise<GroupResult<T>[]> {
    // A task that throws at once is one agent's failure like any other.
    const run = async (agent: MT5Agent): Promise<GroupResult<T>> => {
      const agentId = agent.id;
      try {
        return { agentId, status: "fulfilled", value: await task(agent) };
      } catch (error) {
        return { agentId, status: "rejected", reason: toError(error) };
      }
    };
    return await Promise.all(this.agents.map(run));
  }

  /** Sends a market order to all agents. */
  marketOrder(params: ForEach<MarketOrderParams>): Promise<GroupResult<TradeResult>[]> {
    return this.all((agent) => agent.trade.marketOrder(forAgent(params, agent)));
  }

  /** Buys on all agents; the volume may be another for each. */
  marketBuy(
    symbol: string,
    volume: ForEach<number>,
    options?: TradeOptions,
  ): Promise<GroupResult<TradeResult>[]> {
    return this.all((agent) => agent.trade.marketBuy(symbol, forAgent(volume, agent), options));
  }

  /** Sells on all agents; the volume may be another for each. */
  marketSell(
    symbol: string,
    volume: ForEach<number>,
    options?: TradeOptions,
  ): Promise<GroupResult<TradeResult>[]> {
    return this.all((agent) => agent.trade.marketSell(symbol, forAgent(volume, agent), options));
  }

  /** Places a pending order on all agents. */
  pendingOrder(params: ForEach<PendingOrderParams>): Promise<GroupResult<OrderResult>[]> {
    return this.all((agent) => agent.trade.pendingOrder(forAgent(params, agent)));
  }

  /** Sends a batch to all agents. */
  batchOrders(orders: ForEach<readonly BatchOrderParams[]>): Promise<GroupResult<BatchResult[]>[]> {
    return this.all((agent) => agent.trade.batchOrders(forAgent(orders, agent)));
  }

  /** Closes all positions of all agents, or those of one symbol. */
  closeAllPositions(symbol?: string): Promise<GroupResult<TradeResult[]>[]> {
    return this.all((agent) => agent.trade.closeAllPositions(symbol));
  }

  /** Deletes all pending orders of all agents, or those of one symbol. */
  cancelAllOrders(symbol?: string): Promise<GroupResult<void>[]> {
    return this.all((agent) => agent.trade.cancelAllOrders(symbol));
  }

  #order(): readonly MT5Agent[] {
    const { agents } = this;
    if (this.strategy === "failover") return agents;
    if (this.strategy === "round-robin") {
      const first = this.#turn++ % agents.length;
      return [...agents.slice(first), ...agents.slice(0, first)];
    }
    // One that was never asked is asked first, so that there is something to compare.
    return agents.toSorted((a, b) => (a.latencyMs ?? 0) - (b.latencyMs ?? 0));
  }
}

function readable(agent: MT5Agent): ReadableAgent {
  const { id, account, marketData, history, positions, orders, mirror } = agent;
  return { id, account, marketData, history, positions, orders, mirror };
}

function forAgent<Params>(params: ForEach<Params>, agent: MT5Agent): Params {
  return typeof params === "function" ? (params as (agent: MT5Agent) => Params)(agent) : params;
}
