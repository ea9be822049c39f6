import { zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import type { DealRecord, OrderRecord } from "../../../src/domain/records.ts";
import type { TradeRequest } from "../../../src/domain/terminal.ts";
import { type Agent, createAgent } from "../../../src/simulator/agent/agent.ts";
import type { AgentLimits, AgentPoint, AgentRefusal } from "../../../src/simulator/agent/agent-options.ts";
import { MemoryJournalStore } from "../../../src/simulator/agent/memory-journal.ts";
import { TicketLog } from "../../../src/simulator/broker/books.ts";
import type { BrokerState } from "../../../src/simulator/broker/broker-state.ts";
import {
  alwaysOpen,
  type ExecutionModel,
  SimulatedTerminal,
  symbolSpec,
} from "../../../src/simulator/broker/mod.ts";
import { type AgentFaults, agentFaults } from "../../../src/simulator/faults/agent.ts";
import { type BrokerFaults, brokerFaults } from "../../../src/simulator/faults/broker.ts";
import { type FaultyHost, faultyHost } from "../../../src/simulator/faults/host.ts";
import { faultyJournal, type JournalFaults } from "../../../src/simulator/faults/journal.ts";
import { faultyTerminal, type TerminalFaults } from "../../../src/simulator/faults/terminal.ts";
import type { Channel } from "../../../src/transport/transport.ts";
import type { KeyPair } from "../../../src/zmtp/crypto/types.ts";
import { nodeHmac, seededCrypto } from "./seeded-crypto.ts";
import type { Time } from "./time.ts";

/** What a site is made of. */
export interface SiteOptions {
  readonly name: string;
  readonly seed: string;
  readonly time: Time;
  readonly clients: readonly Uint8Array[];
  readonly limits?: Partial<AgentLimits>;
  /** The trade server's way, one direction and back. @default 20 */
  readonly brokerLatencyMs?: number;
  readonly execution?: ExecutionModel;
}

/** A point that the agent passed. */
export interface PassedPoint {
  readonly point: AgentPoint;
  readonly id: string | undefined;
  readonly op: string | undefined;
  readonly atMs: number;
}

/** A broker, a terminal, a journal and an agent, each with its faults, and the truth at the broker. */
export class Site {
  readonly name: string;
  readonly keys: KeyPair;
  readonly terminal: SimulatedTerminal;
  readonly view: TerminalFaults;
  readonly broker: BrokerFaults;
  readonly journalStore: MemoryJournalStore = new MemoryJournalStore();
  readonly journal: JournalFaults;
  readonly points: AgentFaults;
  /** Points passed, newest last; the oldest are forgotten. */
  readonly passed: PassedPoint[] = [];
  /** Commands that were ever staged for the journal. */
  readonly everStaged: Set<string> = new Set();
  readonly refusals: AgentRefusal[] = [];
  /** What the agent reported as faults of its surroundings, as text. */
  readonly faults: string[] = [];
  onPoint: ((point: PassedPoint) => void) | undefined;
  onFault: ((fault: string) => void) | undefined;
  onRefusal: ((refusal: AgentRefusal) => void) | undefined;
  ports: Readonly<Record<Channel, number>> = { command: 0, events: 0, sync: 0 };
  /** What a start fails with that will pass. */
  readonly diskFails: RegExp = /no space left|torn by the fault kit|fails it/;
  readonly #options: SiteOptions;
  readonly #machine: { jumpMs: number } = { jumpMs: 0 };
  #agent: Agent | undefined;
  #host: FaultyHost | undefined;
  #lives = 0;
  #kills = 0;

  constructor(options: SiteOptions) {
    const { name, seed, time } = options;
    this.#options = options;
    this.name = name;
    this.keys = seededCrypto(`${seed} keys`).keyAgreement.generateKeyPair();
    this.terminal = new SimulatedTerminal({
      clock: time.clock,
      symbols: ["EURUSD", "GBPUSD", "USDJPY"].map((symbol) =>
        symbolSpec(symbol, { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen }),
      ),
      account: { balance: 1_000_000 },
      latencyMs: options.brokerLatencyMs ?? 20,
      ...(options.execution === undefined ? {} : { execution: options.execution }),
      seed,
    });
    this.terminal.quote("EURUSD", 1.1, 1.1002);
    this.terminal.quote("GBPUSD", 1.25, 1.2503);
    this.terminal.quote("USDJPY", 150, 150.02);
    this.view = faultyTerminal(this.terminal, {
      nowMs: () => time.clock.nowMs(),
      wallMs: () => this.#host?.clock.wallMs() ?? time.clock.wallMs(),
      setTimer: (callback, delayMs) => time.clock.setTimer(callback, delayMs),
    });
    this.broker = brokerFaults(this.terminal);
    this.journal = faultyJournal(this.journalStore, time.clock);
    this.points = agentFaults((point, { id, op }) => {
      if (point === "beforeJournal" && id !== undefined) this.everStaged.add(id);
      const passed = { point, id, op, atMs: time.clock.nowMs() };
      this.onPoint?.(passed);
      this.passed.push(passed);
      if (this.passed.length > 4_096) this.passed.splice(0, 2_048);
    });
  }

  /** The agent of now. */
  get agent(): Agent {
    if (this.#agent === undefined) throw new Error(`The agent of ${this.name} has not been started`);
    return this.#agent;
  }

  /** The machine of the agent of now. */
  get host(): FaultyHost {
    if (this.#host === undefined) throw new Error(`The agent of ${this.name} has not been started`);
    return this.#host;
  }

  /** How often the agent was started. */
  get lives(): number {
    return this.#lives;
  }

  get dead(): boolean {
    return this.#host?.dead ?? true;
  }

  /** Moves the wall clock of the agent's machine, for this life and the later ones. */
  jumpWall(ms: number): void {
    this.#machine.jumpMs += ms;
    this.#host?.jumpWall(ms);
  }

  /** Starts the agent, the first time or after `kill`. */
  async start(): Promise<void> {
    const { time, seed, clients, limits, name } = this.#options;
    const life = ++this.#lives;
    const host = faultyHost(time);
    host.jumpWall(this.#machine.jumpMs);
    const crypto = seededCrypto(`${seed} agent ${life}`);
    const agent = createAgent({
      terminal: this.view.terminal,
      transport: zmtpTransport({ network: host.network, clock: host.clock, crypto }),
      clock: host.clock,
      randomBytes: crypto.randomBytes,
      journal: this.journal.store,
      serverSecretKey: this.keys.secretKey,
      clients: clients.map((publicKey) => ({ publicKey })),
      host: "127.0.0.1",
      ports: this.ports,
      brokerZone: "eet-us",
      name,
      version: "0.0.0",
      hooks: this.points.hooks,
      hmac: nodeHmac,
      sharedSecret: crypto.keyAgreement.sharedSecret,
      onRefusal: (refusal) => {
        this.onRefusal?.(refusal);
        this.refusals.push(refusal);
        if (this.refusals.length > 4_096) this.refusals.splice(0, 2_048);
      },
      onFault: (fault, where) => {
        const text = `${where}: ${String(fault)}`;
        this.onFault?.(text);
        this.faults.push(text);
        if (this.faults.length > 256) this.faults.shift();
      },
      ...(limits === undefined ? {} : { limits }),
    });
    this.#agent = agent;
    this.#host = host;
    this.ports = (await agent.start()).ports;
  }

  /** Kills the agent at once, process and connections. A start that was to come does not. */
  kill(): void {
    this.#kills++;
    this.#agent?.kill();
    this.#host?.kill();
  }

  /** Kills the agent, if it lives, and starts it again after a while. */
  async restart(downMs = 200): Promise<void> {
    this.kill();
    await this.#options.time.settle(this.#startAfter(downMs));
  }

  /** As `restart`, from within virtual time: does not let time pass itself. */
  async #startAfter(downMs: number): Promise<void> {
    const kills = this.#kills;
    await new Promise<void>((resolve) => {
      this.#options.time.clock.setTimer(resolve, downMs);
    });
    if (this.#kills === kills) await this.start();
  }

  /** Kills the agent now and starts it later by the world's clock, while time is already passing. */
  restartSoon(downMs: number): Promise<void> {
    this.kill();
    return this.#startAfter(downMs);
  }

  /** Archives the broker's history but for the newest, as brokers do, and empties the books of the test. */
  forget(): number {
    const state = this.terminal.server.state as { -readonly [K in keyof BrokerState]: BrokerState[K] };
    state.historyDeals = newest(state.historyDeals);
    state.historyOrders = newest(state.historyOrders);
    const executions = this.broker.executed.length;
    (this.broker.executed as TradeRequest[]).length = 0;
    this.everStaged.clear();
    this.passed.length = 0;
    this.refusals.length = 0;
    this.faults.length = 0;
    return executions;
  }

  async stop(): Promise<void> {
    if (this.#agent !== undefined && !this.dead) await this.#options.time.settle(this.#agent.stop());
    this.terminal.dispose();
  }
}

/** How much of its history a broker keeps at hand. */
const keptRecords = 100;

function newest<T extends OrderRecord | DealRecord>(log: TicketLog<T>): TicketLog<T> {
  const kept = new TicketLog<T>();
  for (const record of log.after("0").slice(-keptRecords)) kept.add(record);
  return kept;
}
