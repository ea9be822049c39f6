import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Binary, compileProgram, mqlRoot } from "../../build/mql5/compile.ts";
import { nodeCrypto } from "../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../src/adapters/node-network.ts";
import { zmtpTransport } from "../../src/adapters/zmtp-transport.ts";
import type { DealRecord, OrderRecord, PositionRecord } from "../../src/domain/records.ts";
import type { Terminal, TerminalEvents, TradeTransaction } from "../../src/domain/terminal.ts";
import type { Outcome } from "../../src/protocol/v1/messages.ts";
import { accountTopic, clientTopic, ledgerTopic, pulseTopic } from "../../src/protocol/v1/topics.ts";
import { encodeKey } from "../../src/security/keys.ts";
import {
  alwaysOpen,
  SimulatedTerminal,
  type SimulatedTerminalOptions,
  symbolSpec,
} from "../../src/simulator/broker/mod.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { RawClient, result } from "../kit/raw-client.ts";
import { TerminalFeed } from "./kit/feed.ts";
import { defaultFlavour } from "./kit/peers.ts";
import { Program, type ProgramOptions } from "./kit/program.ts";

/** What a test sets aside of the terminal: tables of its own in place of the broker's. */
export interface Tables {
  positions?: readonly PositionRecord[];
  orders?: readonly OrderRecord[];
  historyOrders?: readonly OrderRecord[];
  historyDeals?: readonly DealRecord[];
  /** In place of the broker's answer. */
  orderSendAsync?: Terminal["orderSendAsync"];
}

/** What a bench may differ in. */
export interface BenchOptions {
  readonly symbols?: readonly string[];
  /** Lines of `[agent]`, then of the first client. */
  readonly settings?: readonly string[];
  readonly client?: readonly string[];
  readonly terminal?: Partial<SimulatedTerminalOptions>;
}

type KeyPair = ReturnType<typeof nodeCrypto.keyAgreement.generateKeyPair>;

let compiled: Promise<Binary> | undefined;

/** The shipping expert between a broker of our own and clients by the letter; it can be stopped and started on its files. */
export class AgentBench implements AsyncDisposable {
  readonly terminal: SimulatedTerminal;
  readonly tables: Tables = {};
  readonly files: string;
  readonly keys: { readonly server: KeyPair; readonly client: KeyPair } = {
    server: nodeCrypto.keyAgreement.generateKeyPair(),
    client: nodeCrypto.keyAgreement.generateKeyPair(),
  };
  readonly #options: BenchOptions;
  readonly #raws: RawClient[] = [];
  #events: TerminalEvents | undefined;
  #program: Program | undefined;
  #feed: TerminalFeed | undefined;
  #ports = { command: 0, events: 0, sync: 0 };

  constructor(files: string, options: BenchOptions) {
    this.files = files;
    this.#options = options;
    this.terminal = new SimulatedTerminal({
      clock: systemClock,
      symbols: (options.symbols ?? ["EURUSD", "GBPUSD"]).map((name) =>
        symbolSpec(name, { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen }),
      ),
      account: { balance: 10_000 },
      latencyMs: 1,
      ...options.terminal,
    });
    this.terminal.quote("EURUSD", 1.1, 1.1002);
  }

  /** A bench whose expert does not run yet. */
  static async create(options: BenchOptions = {}): Promise<AgentBench> {
    const files = await mkdtemp(join(tmpdir(), "mt5c-bench-"));
    await mkdir(join(files, "Files", "MT5Connector"), { recursive: true });
    return new AgentBench(files, options);
  }

  /** A bench whose expert serves. */
  static async serving(options: BenchOptions = {}): Promise<AgentBench> {
    const bench = await AgentBench.create(options);
    await bench.start();
    return bench;
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error("The expert has not been started");
    return this.#program;
  }

  /** Where the journal lies; it has no name before the first start. */
  get journalPath(): string {
    const { login, server } = this.terminal.account();
    const name = server.replace(/[^A-Za-z0-9-]/g, "_");
    return join(this.files, "Files", "MT5Connector", `journal-${login}-${name}.log`);
  }

  /** Starts the expert; `serves`: and waits until it has bound. */
  async start(options: ProgramOptions & { readonly serves?: boolean } = {}): Promise<void> {
    const { serves = true, ...rest } = options;
    const lines = [
      "[agent]",
      "command_port=0",
      "events_port=0",
      "sync_port=0",
      `secret_key=${encodeKey(this.keys.server.secretKey)}`,
      ...(this.#options.settings ?? []),
      "[client]",
      `key=${encodeKey(this.keys.client.publicKey)}`,
      ...(this.#options.client ?? []),
      "",
    ];
    await writeFile(join(this.files, "Files", "mt5-connector.ini"), lines.join("\n"));
    compiled ??= compileProgram(join(mqlRoot, "Experts", "MT5Connector", "MT5Connector.mq5"), defaultFlavour);
    this.#program = new Program(await compiled, { files: this.files, ...rest });
    this.#feed = new TerminalFeed(this.#program, this.#watched());
    if (serves) await this.serves();
  }

  /** Waits until the expert has bound. */
  async serves(): Promise<void> {
    const [command = 0, events = 0, sync = 0] = (await this.program.line("MT5Connector serves "))
      .split(" ")
      .slice(2)
      .map(Number);
    this.#ports = { command, events, sync };
  }

  /** Stops the expert in order. */
  async stop(): Promise<void> {
    for (const raw of this.#raws.splice(0)) await raw.close();
    await this.#program?.stop();
    this.#feed?.stop();
  }

  /** Kills it as a crash would. */
  async kill(): Promise<void> {
    await this.#program?.kill();
    this.#feed?.stop();
    for (const raw of this.#raws.splice(0)) await raw.close();
  }

  /** Tables that were set aside reach the expert, with a transaction that says so. */
  changed(transaction: TradeTransaction = { type: "orderUpdate" }): void {
    this.#feed?.refresh();
    this.#events?.transaction(transaction);
  }

  refresh(): void {
    this.#feed?.refresh();
  }

  async raw(instance = "raw-1"): Promise<RawClient> {
    const made = new RawClient({
      transport: zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto }),
      clock: systemClock,
      host: "127.0.0.1",
      ports: this.#ports,
      serverPublicKey: this.keys.server.publicKey,
      secretKey: this.keys.client.secretKey,
      instance,
    });
    this.#raws.push(made);
    await made.openAll();
    return made;
  }

  /** A client with a session that hears the ledger. */
  async live(instance = "raw-1"): Promise<RawClient> {
    const raw = await this.raw(instance);
    await raw.hello();
    const events = raw.channel("events");
    for (const topic of [ledgerTopic(), pulseTopic(), accountTopic(), clientTopic(raw.publicKeyHex)])
      events.subscribe(topic);
    for (let attempt = 1; ; attempt++) {
      result(await raw.request("barrier", { token: `live-${attempt}` }));
      if (raw.ledger.some((event) => event.type === "barrier")) return raw;
    }
  }

  /** Waits for the `nth` outcome of an id. */
  async outcome(raw: RawClient, id: string, nth = 1): Promise<Outcome> {
    await this.until(() => raw.outcomes(id).length >= nth, `outcome ${nth} of ${id}`);
    const found = raw.outcomes(id)[nth - 1];
    if (found === undefined) throw new Error(`No outcome of ${id}`);
    return found;
  }

  async until(condition: () => boolean | Promise<boolean>, what: string, limitMs = 30_000): Promise<void> {
    const limit = performance.now() + limitMs;
    while (!(await condition())) {
      if (performance.now() > limit)
        throw new Error(`Waited ${limitMs} ms for ${what}; ${this.program.printed.slice(-5).join("; ")}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Reads the journal's records. */
  async journal(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const lines = (await readFile(this.journalPath, "utf8")).split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line.split(" ").slice(3).join(" ")));
  }

  /** Writes a journal of these records, whole and durable. */
  async writeJournal(records: readonly object[], path: string = this.journalPath): Promise<void> {
    await writeFile(path, journalText(records.map((record) => JSON.stringify(record))));
  }

  /** The records that every journal of this account begins with, as an earlier epoch wrote them. */
  journalHead(times: { readonly floor?: number; readonly lastMs?: number } = {}): readonly object[] {
    const { login, server } = this.terminal.account();
    const t = times.lastMs ?? 0;
    return [
      { k: "journal", v: 1, login, server },
      { k: "epoch", epoch: 1_000, t },
      { k: "floor", e: times.floor ?? 1, i: 0, u: 0, t },
    ];
  }

  /** Names beside the journal. */
  async names(): Promise<readonly string[]> {
    return await readdir(join(this.files, "Files", "MT5Connector"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const program = this.#program;
    try {
      await this.stop();
    } finally {
      this.#feed?.stop();
      await program?.[Symbol.asyncDispose]();
      this.terminal.dispose();
      await rm(this.files, { recursive: true, force: true });
    }
    const faults = program?.messages.flatMap((one) => (one.t === "critical" ? [one.text] : [])) ?? [];
    if (program !== undefined && program.noise !== "") faults.push(program.noise);
    if (faults.length > 0) throw new Error(`The expert reported faults: ${faults.join("; ")}`);
  }

  #watched(): Terminal {
    const { terminal, tables } = this;
    const overrides: Partial<Terminal> = {
      positions: () => tables.positions ?? terminal.positions(),
      orders: () => tables.orders ?? terminal.orders(),
      historyOrders: (after) => tables.historyOrders ?? terminal.historyOrders(after),
      historyDeals: (after) => tables.historyDeals ?? terminal.historyDeals(after),
      orderSendAsync: (request) => (tables.orderSendAsync ?? terminal.orderSendAsync.bind(terminal))(request),
      listen: (events) => {
        this.#events = events;
        terminal.listen(events);
      },
    };
    return new Proxy<Terminal>(terminal, {
      get(target, name): unknown {
        const own: unknown = Reflect.get(overrides, name);
        if (own !== undefined) return own;
        const found: unknown = Reflect.get(target, name);
        return typeof found === "function" ? found.bind(target) : found;
      },
    });
  }
}

/** What the trade server answers to a request, with nothing done. */
export function answered(requestId: number, retcode: number): TradeTransaction {
  const nothing = { order: "0", deal: "0", volume: 0, price: 0, bid: 0, ask: 0, retcodeExternal: 0 };
  return { type: "request", result: { requestId, retcode, comment: "", ...nothing } };
}

/** CRC-32 as the journal uses it. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Lines of a journal: checksum, place, how many were durable, record. */
export function journalText(records: readonly string[]): string {
  const lines = records.map((record, index) => {
    const text = `${index} ${records.length} ${record}`;
    return `${crc32(Buffer.from(text)).toString(16).padStart(8, "0")} ${text}\n`;
  });
  return lines.join("");
}
