import type { MT5Connector } from "../../../src/connector/mod.ts";
import type { DealRecord } from "../../../src/domain/records.ts";
import type { TradeRequest } from "../../../src/domain/terminal.ts";
import type { AgentPoint } from "../../../src/simulator/agent/agent-options.ts";
import type { NetworkFaults } from "../../../src/simulator/faults/network.ts";
import type { TransportFaults } from "../../../src/simulator/faults/transport.ts";
import type { Clock } from "../../../src/transport/clock.ts";
import type { Channel } from "../../../src/transport/transport.ts";
import type { RawClient } from "../../kit/raw-client.ts";
import type { Covered } from "./coverage.ts";
import type { Witness } from "./witness.ts";

/** The truth at the broker, which no agent can colour. */
export interface BrokerView {
  /** Requests that the trade server executed, in order. */
  readonly executed: readonly TradeRequest[];
  /** Tickets of the open positions. */
  positions(): readonly string[];
  balance(): number;
  quote(symbol: string, bid: number, ask: number): void;
  /** Answers the next request in place of the server: not executed with `before`, executed with `after`. */
  answerNext(when: "before" | "after", answer: { readonly retcode: number } | "silence"): void;
  setConnected(connected: boolean): void;
  /** Lots that can be had at each quote; unlimited at first. */
  setLiquidity(lots: number): void;
  /** Books a deposit. */
  deposit(amount: number): void;
  /** Corrects a deal, or withdraws it, as brokers later may. */
  correctDeal(ticket: string, correction: Partial<DealRecord> | undefined): void;
}

/** An agent with everything around it, in real or virtual time. */
export interface AgentWorld {
  readonly name: string;
  readonly clock: Clock;
  readonly broker: BrokerView;
  /** Sees what the case makes happen. */
  readonly witness: Witness;
  readonly ports: Readonly<Record<Channel, number>>;
  /** Faults of the byte streams between connector and agent. */
  readonly links: NetworkFaults;
  /** Faults of whole messages. */
  readonly messages: TransportFaults;
  /** A connector for this agent, not connected yet; it is disconnected when the world ends. */
  connector(): MT5Connector;
  /** A client by the letter, with all channels open; `other` is a second client that the agent admits as `read` only. */
  raw(options?: { readonly client?: "main" | "other"; readonly instance?: string }): Promise<RawClient>;
  /** Kills the agent when it next passes this point. */
  killAt(point: AgentPoint): { readonly fired: boolean };
  kill(): void;
  /** Starts the agent anew on the same ports and journal, after `kill`. */
  restart(): Promise<void>;
  /** Lets time pass until the promise has settled. */
  settle<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /** Lets time pass until the condition holds. */
  until(condition: () => boolean, what: string, limitMs?: number): Promise<void>;
  /** Lets this much time pass. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** One case of the contract: its name and what it does in a fresh world. It throws if the contract is broken. */
export interface AgentCase {
  readonly name: string;
  /** What it shows; its world's witness must have seen each. */
  readonly covers?: readonly Covered[];
  run(world: AgentWorld): Promise<void>;
}
