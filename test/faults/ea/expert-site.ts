import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Binary } from "../../../build/mql5/compile.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import { alwaysOpen, SimulatedTerminal, symbolSpec } from "../../../src/simulator/broker/mod.ts";
import { type AgentFaults, agentFaults } from "../../../src/simulator/faults/agent.ts";
import { type BrokerFaults, brokerFaults } from "../../../src/simulator/faults/broker.ts";
import { faultyTerminal, type TerminalFaults } from "../../../src/simulator/faults/terminal.ts";
import type { Channel } from "../../../src/transport/transport.ts";
import type { KeyPair } from "../../../src/zmtp/crypto/types.ts";
import { TerminalFeed } from "../../mql5/kit/feed.ts";
import { type ExpertDisk, Gates } from "../../mql5/kit/gates.ts";
import { Program } from "../../mql5/kit/program.ts";
import { seededCrypto } from "../kit/seeded-crypto.ts";
import type { PassedPoint } from "../kit/site.ts";
import type { Time } from "../kit/time.ts";
import type { BenchSite } from "../matrix/bench.ts";

/** What a site with an expert is made of. */
export interface ExpertSiteOptions {
  readonly binary: Binary;
  readonly seed: string;
  readonly time: Time;
  /** By how much the time is faster than the machine's. */
  readonly timeScale: number;
  readonly clients: readonly Uint8Array[];
  /** The trade server's way, one direction and back, in milliseconds. @default 20 */
  readonly brokerLatencyMs?: number;
}

const startLimitMs = 120_000;
/** The terminal's tables change without an event, too: when that is lost. */
const tablesMs = 100;

/** The expert's own sources in a process of their own, their terminal, its broker and its disk, each with its faults. */
export class ExpertSite implements BenchSite {
  readonly name = "agent-1";
  readonly keys: KeyPair;
  readonly terminal: SimulatedTerminal;
  readonly view: TerminalFaults;
  readonly broker: BrokerFaults;
  readonly journal: ExpertDisk;
  readonly points: AgentFaults;
  readonly passed: PassedPoint[] = [];
  ports: Readonly<Record<Channel, number>> = { command: 0, events: 0, sync: 0 };
  readonly #options: ExpertSiteOptions;
  readonly #gates: Gates;
  readonly #lives: Program[] = [];
  #files = "";
  #feed: TerminalFeed | undefined;
  #jumpMs = 0;

  constructor(options: ExpertSiteOptions) {
    const { seed, time } = options;
    this.#options = options;
    this.keys = seededCrypto(`${seed} keys`).keyAgreement.generateKeyPair();
    this.terminal = new SimulatedTerminal({
      clock: time.clock,
      symbols: ["EURUSD", "GBPUSD"].map((symbol) =>
        symbolSpec(symbol, { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen }),
      ),
      account: { balance: 1_000_000 },
      latencyMs: options.brokerLatencyMs ?? 20,
      seed,
    });
    this.terminal.quote("EURUSD", 1.1, 1.1002);
    this.terminal.quote("GBPUSD", 1.25, 1.2503);
    this.view = faultyTerminal(this.terminal, {
      nowMs: () => time.clock.nowMs(),
      wallMs: () => time.clock.wallMs() + this.#jumpMs,
      setTimer: (callback, delayMs) => time.clock.setTimer(callback, delayMs),
    });
    this.broker = brokerFaults(this.terminal);
    this.points = agentFaults((point, { id }) =>
      this.passed.push({ point, id, op: undefined, atMs: time.clock.nowMs() }),
    );
    this.#gates = new Gates({
      at: (point, info) => this.points.hooks.at(point, info),
      commandPort: () => this.ports.command,
    });
    this.journal = this.#gates.disk;
  }

  /** What the present life has printed. */
  get printed(): readonly string[] {
    return this.#lives.at(-1)?.printed ?? [];
  }

  /** Moves the wall clock of the expert's machine. */
  jumpWall(ms: number): void {
    this.#jumpMs += ms;
    this.#feed?.refresh();
  }

  /** Starts the expert, the first time or after `kill`, on the same data folder. */
  async start(): Promise<void> {
    const { binary, time, timeScale } = this.#options;
    await this.#lives.at(-1)?.ended;
    if (this.#files === "") this.#files = await mkdtemp(join(tmpdir(), "mt5c-expert-"));
    await mkdir(join(this.#files, "Files"), { recursive: true });
    await writeFile(join(this.#files, "Files", "mt5-connector.ini"), this.#settings());
    const program = new Program(binary, { files: this.#files, timeScale });
    this.#lives.push(program);
    program.send({ t: "gates", v: { writes: true } });
    this.#feed = new TerminalFeed(program, this.view.terminal, {
      intercept: this.#gates.intercept(() => this.#lives.at(-1) === program && this.#feed !== undefined),
    });
    this.#refreshOften(this.#feed);
    const line = await time.settle(program.line("MT5Connector serves "), startLimitMs);
    const [command = 0, events = 0, sync = 0] = line.split(" ").slice(2).map(Number);
    this.ports = { command, events, sync };
  }

  /** Kills the process at once, as a crash of the terminal would. */
  kill(): void {
    this.#feed?.stop();
    this.#feed = undefined;
    this.#lives.at(-1)?.kill();
  }

  /** Kills the expert now and starts it later. */
  async restartSoon(downMs: number): Promise<void> {
    this.kill();
    await this.#options.time.pass(downMs);
    await this.start();
  }

  /** Ends it in order, and fails with what its lives have reported as faults. */
  async stop(): Promise<void> {
    const faults: string[] = [];
    try {
      const program = this.#lives.at(-1);
      if (program !== undefined && this.#feed !== undefined) {
        const end = await this.#options.time.settle(program.stop(), startLimitMs);
        if (end.code !== 0) faults.push(`ended with ${end.code} ${end.signal}`);
      }
    } finally {
      this.#feed?.stop();
      this.#feed = undefined;
      for (const program of this.#lives) await program[Symbol.asyncDispose]();
      this.terminal.dispose();
      await rm(this.#files, { recursive: true, force: true });
    }
    for (const { messages, noise } of this.#lives) {
      faults.push(...messages.flatMap((one) => (one.t === "critical" ? [one.text] : [])));
      if (noise !== "") faults.push(noise);
    }
    if (faults.length > 0) throw new Error(`The expert reported faults: ${faults.join("; ")}`);
  }

  #refreshOften(feed: TerminalFeed): void {
    this.#options.time.clock.setTimer(() => {
      if (this.#feed !== feed) return;
      feed.refresh();
      this.#refreshOften(feed);
    }, tablesMs);
  }

  #settings(): string {
    const { clients } = this.#options;
    return [
      "[agent]",
      `command_port=${this.ports.command}`,
      `events_port=${this.ports.events}`,
      `sync_port=${this.ports.sync}`,
      `secret_key=${encodeKey(this.keys.secretKey)}`,
      "broker_zone=eet-us",
      ...clients.flatMap((key, i) => ["[client]", `name=client-${i + 1}`, `key=${encodeKey(key)}`]),
      "",
    ].join("\n");
  }
}
