import { toHex } from "../../protocol/v1/signing.ts";
import type { Peer, TransportListener } from "../../transport/transport.ts";
import {
  type AgentLimits,
  type AgentOptions,
  checkAgentOptions,
  defaultAgentLimits,
} from "./agent-options.ts";
import { assemble, type Running } from "./assembly.ts";
import { type Client, listClients } from "./clients.ts";
import { Journal } from "./journal.ts";
import { Readiness } from "./readiness.ts";
import { Refusals } from "./refusals.ts";
import { settleAtStart } from "./settle-at-start.ts";
import { World } from "./world.ts";

/** What an agent has done and holds. */
export interface AgentStats {
  readonly epoch: number;
  /** Position of the ledger. */
  readonly seq: number;
  readonly agentMs: number;
  readonly sessions: number;
  /** Commands without any outcome, and without a certain one. */
  readonly waitingCommands: number;
  readonly openCommands: number;
  readonly journalEntries: number;
  readonly journalFlushes: number;
  readonly ticks: number;
  readonly tickBatches: number;
  readonly requestsAnswered: number;
  readonly repliesUndeliverable: number;
  readonly requestGaps: number;
  readonly frozenResults: number;
  /** Handshakes that did not become a connection. */
  readonly handshakesFailed: number;
  /** Everything refused, by `channel CODE`: requests, commands, and connections (`sync HANDSHAKE_AUTHENTICATION`). */
  readonly refusals: Readonly<Record<string, number>>;
  /** Faults of disk, terminal or agent that had no one to answer to. */
  readonly faults: number;
}

/** The agent of protocol revision 1 in front of a terminal. */
export interface Agent {
  /**
   * Waits for the terminal, opens the journal, settles what an earlier run left open, and binds. Rejects if the journal
   * is locked, damaged or another account's, or a port is taken.
   */
  start(): Promise<{ readonly ports: TransportListener["ports"] }>;
  /** Takes no more commands, waits for the answers that are due, and closes. */
  stop(): Promise<void>;
  /** As if the process died at this very point: nothing more is written, sent or scheduled. */
  kill(): void;
  /** Stands still, as a stalled process would, until the returned function is called. */
  freeze(): () => void;
  stats(): AgentStats;
}

/** Makes an agent. Nothing happens before `start`. */
export function createAgent(options: AgentOptions): Agent {
  return new SimulatorAgent(options);
}

/** How often entries are looked at for their age. */
const retentionIntervalMs = 10_000;
/** How late the pulse may be before the agent is taken to have stood still. */
const stallSlackMs = 1_000;
/** What was published last is flushed within this time when the agent stops. */
const lingerMs = 250;

class SimulatorAgent implements Agent {
  readonly #options: AgentOptions;
  readonly #limits: AgentLimits;
  readonly #world: World;
  readonly #clients: ReadonlyMap<string, Client>;
  readonly #refusals: Refusals;
  readonly #readiness: Readiness;
  readonly #peers: Map<string, Client> = new Map();
  #phase: "new" | "starting" | "serving" | "stopping" | "stopped" = "new";
  #journal: Journal | undefined;
  #listener: TransportListener | undefined;
  #running: Running | undefined;
  #handshakesFailed = 0;
  #faults = 0;

  constructor(options: AgentOptions) {
    checkAgentOptions(options);
    this.#options = options;
    this.#limits = { ...defaultAgentLimits, ...options.limits };
    this.#world = new World({
      clock: options.clock,
      hooks: options.hooks,
      stallMs: this.#limits.pulseIntervalMs + stallSlackMs,
      onFault: (fault, where) => {
        this.#faults++;
        options.onFault?.(fault, where);
      },
    });
    this.#clients = listClients(options, this.#limits);
    this.#refusals = new Refusals(options.onRefusal);
    this.#readiness = new Readiness(
      options.terminal,
      () => this.#world.now(),
      options.historyWaitMs ?? 120_000,
    );
  }

  async start(): Promise<{ readonly ports: TransportListener["ports"] }> {
    if (this.#phase !== "new") throw new Error(`Cannot start the agent: it is ${this.#phase}`);
    this.#phase = "starting";
    try {
      await this.#terminalReady();
      const account = this.#readiness.bind();
      const { journal: store } = this.#options;
      const journal = await Journal.open({ store, world: this.#world, account, limits: this.#limits });
      this.#journal = journal;
      this.#requireStarting();
      for (const deal of journal.deals()) this.#readiness.know(deal);
      await this.#terminalReady();
      const running = assemble({
        options: this.#options,
        limits: this.#limits,
        world: this.#world,
        journal,
        refusals: this.#refusals,
        readiness: this.#readiness,
        transmit: (frames, droppable) => {
          if (!this.#world.dead) this.#listener?.publish(frames, { droppable });
        },
        reply: (peer, frames) => !this.#world.dead && this.#listener?.reply(peer, frames) === true,
      });
      journal.seen(this.#options.terminal.historyDeals("0").at(-1)?.ticket ?? "0");
      await this.#whileAlive(settleAtStart({ world: this.#world, ...running }));
      this.#requireStarting();
      this.#options.terminal.listen(running.hear);
      this.#running = running;
      this.#listener = await this.#listen(running);
      this.#requireStarting();
      this.#phase = "serving";
      this.#beat(running);
      return { ports: this.#listener.ports };
    } catch (fault) {
      await this.#close();
      throw fault;
    }
  }

  async stop(): Promise<void> {
    if (this.#world.dead || this.#phase === "stopped" || this.#phase === "stopping") return;
    const wasServing = this.#phase === "serving";
    this.#phase = "stopping";
    const { outcomes } = this.#running ?? {};
    if (wasServing && outcomes !== undefined && outcomes.waiting > 0) {
      const late = new Promise<void>((resolve) => {
        this.#world.timer("drain", resolve, this.#limits.drainMs);
      });
      await Promise.race([outcomes.idle(), late]);
    }
    // A start that is under way sees the phase and closes what it has opened itself.
    if (wasServing) await this.#close();
  }

  kill(): void {
    if (this.#world.dead) return;
    this.#world.kill();
    this.#phase = "stopped";
    this.#options.terminal.listen(undefined);
    this.#journal?.abandon();
    this.#listener?.close(0).catch(() => undefined);
  }

  freeze(): () => void {
    return this.#world.freeze();
  }

  stats(): AgentStats {
    const running = this.#running;
    return {
      epoch: this.#journal?.epoch ?? 0,
      seq: running?.ledger.seq ?? 0,
      agentMs: this.#world.now(),
      sessions: running?.sessions.size ?? 0,
      waitingCommands: (running?.outcomes.waiting ?? 0) + (running?.commands.queued ?? 0),
      openCommands: running?.outcomes.open ?? 0,
      journalEntries: this.#journal?.size ?? 0,
      journalFlushes: this.#journal?.flushes ?? 0,
      ticks: running?.ticks.published ?? 0,
      tickBatches: running?.ticks.batches ?? 0,
      requestsAnswered: running?.requests.answered ?? 0,
      repliesUndeliverable: running?.requests.undeliverable ?? 0,
      requestGaps: running?.requests.gaps ?? 0,
      frozenResults: running?.pager.size ?? 0,
      handshakesFailed: this.#handshakesFailed,
      refusals: this.#refusals.counts(),
      faults: this.#faults,
    };
  }

  /** An empty table of a starting terminal proves nothing, so nothing begins before it is ready. */
  async #terminalReady(): Promise<void> {
    while (!this.#readiness.ready) {
      await this.#whileAlive(
        new Promise<void>((resolve) => {
          this.#world.timer("ready", resolve, this.#limits.readyPollMs);
        }),
      );
      this.#requireStarting();
    }
  }

  /** What a killed agent waits for never comes. */
  #whileAlive<T>(wait: Promise<T>): Promise<T> {
    const death = this.#world.death.then((): never => {
      throw new Error("Cannot start the agent: it was killed");
    });
    return Promise.race([wait, death]);
  }

  #requireStarting(): void {
    if (this.#world.dead) throw new Error("Cannot start the agent: it was killed");
    if (this.#phase !== "starting") throw new Error("Cannot start the agent: it was stopped");
  }

  async #listen(running: Running): Promise<TransportListener> {
    const { transport, host, ports, serverSecretKey, listen } = this.#options;
    const world = this.#world;
    const listener = await transport.listen(
      {
        ...listen,
        host,
        ports,
        serverSecretKey,
        authorize: (key) => !world.dead && this.#clients.has(toHex(key)),
      },
      {
        peerUp: (peer) => world.enter("peer", () => this.#peerUp(peer)),
        peerDown: (peer) => world.enter("peer", () => void this.#peers.delete(peer.id)),
        handshakeFailed: (channel, address, fault) =>
          world.enter("handshake", () => {
            this.#handshakesFailed++;
            this.#refusals.handshake(channel, address, fault, world.now());
          }),
        message: (peer, frames) => world.enter("message", () => this.#message(running, peer, frames)),
      },
    );
    if (world.dead) await listener.close(0);
    return listener;
  }

  #peerUp(peer: Peer): void {
    const client = this.#clients.get(toHex(peer.clientPublicKey));
    if (client !== undefined) this.#peers.set(peer.id, client);
  }

  #message(running: Running, peer: Peer, frames: readonly Uint8Array[]): void {
    const client = this.#peers.get(peer.id);
    if (client === undefined) return;
    if (peer.channel === "sync") running.requests.receive(client, peer, frames);
    // An agent that is stopping reads no more commands: they stay with the connector, in its outbox.
    else if (peer.channel === "command" && this.#phase === "serving") {
      running.commands.receive(client, peer, frames);
    }
  }

  #beat(running: Running): void {
    const { scanIntervalMs, accountIntervalMs, pulseIntervalMs } = this.#limits;
    const { scan, ticks, pulse, journal } = running;
    this.#every("scan", scanIntervalMs, () => scan("new"));
    this.#every("account", accountIntervalMs, () => pulse.account());
    this.#every("pulse", pulseIntervalMs, () => {
      // What the scans find stands in the ledger before the pulse says how far that goes.
      scan("late");
      ticks.sweep();
      pulse.beat();
    });
    this.#every("retention", retentionIntervalMs, () => journal.dropOld());
  }

  /** Calls again and again; after a stall it goes on from then, without catching up. */
  #every(where: string, periodMs: number, work: () => void): void {
    this.#world.timer(
      where,
      () => {
        this.#every(where, periodMs, work);
        work();
      },
      periodMs,
    );
  }

  async #close(): Promise<void> {
    if (this.#world.dead) {
      this.#journal?.abandon();
      return;
    }
    const listener = this.#listener;
    this.#listener = undefined;
    this.#options.terminal.listen(undefined);
    try {
      await listener?.close(lingerMs);
    } finally {
      await this.#journal?.close();
      this.#phase = "stopped";
      this.#world.kill();
    }
  }
}
