import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { SocketType } from "../../../src/zmtp/socket-type.ts";
import type {
  DrivenSocket,
  Driver,
  DuplexCommand,
  Exchanged,
  OpenCommand,
  ServeCommand,
  SocketEvent,
} from "./driver.ts";
import { EventLog } from "./event-log.ts";
import type { Received } from "./plan.ts";

/** Which peer to start, and its interpreter. */
export interface PeerProgram {
  readonly name: "zeromq.js" | "pyzmq";
  readonly command: string;
}

/** A ZAP request that a peer answered. */
export interface ZapRecord {
  readonly name: string;
  readonly good: boolean;
  readonly address: string;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const commandMs = 10_000;

/** A peer in a process of its own, driven by lines of JSON. */
export class PeerProcess implements Driver, AsyncDisposable {
  readonly name: string;
  readonly zap: ZapRecord[] = [];
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #logs = new Map<number, EventLog>();
  readonly #own = new EventLog();
  #nextId = 1;
  #nextSocket = 1;
  #stderr = "";

  private constructor(program: PeerProgram) {
    this.name = program.name;
    const python = program.name === "pyzmq";
    const script = python ? ["test/interop/peers/peer.py"] : ["build/run.mjs", "test/interop/peers/peer.ts"];
    this.#child = spawn(python ? program.command : process.execPath, script, {
      cwd: fileURLToPath(new URL("../../../", import.meta.url)),
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-2_000);
    });
    this.#child.stdin?.on("error", () => this.#fail());
    this.#child.on("exit", () => this.#fail());
    if (this.#child.stdout === null) throw new Error("The peer has no standard output");
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#line(line));
  }

  /** Starts the program and waits until it answers. */
  static async start(program: PeerProgram): Promise<PeerProcess> {
    const peer = new PeerProcess(program);
    await peer.#own.next("ready", commandMs);
    return peer;
  }

  /** Lets this peer's servers admit the clients listed, and nobody else. */
  async admit(lists: {
    readonly curve?: readonly string[];
    readonly plain?: Readonly<Record<string, string>>;
    readonly null?: boolean;
  }): Promise<void> {
    await this.call({ do: "zap", ...lists }, commandMs);
  }

  async open(command: OpenCommand): Promise<DrivenSocket> {
    const socket = this.#nextSocket++;
    const log = new EventLog();
    this.#logs.set(socket, log);
    const opened = await this.call({ do: "open", socket, ...command }, commandMs);
    return new PeerSocket(this, socket, command.type, (opened as { endpoint: string }).endpoint, log);
  }

  /** Stops the process without its noticing, as a frozen machine would. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Lets a frozen process go on. */
  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** Kills the process, as a crash would. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** Sends one command and waits for its answer. */
  call(command: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      // the peer's own limit comes first, and says more
      const timer = setTimeout(() => settle(new Error("no answer")), timeoutMs + 5_000);
      const settle = (error: Error): void => {
        clearTimeout(timer);
        this.#pending.delete(id);
        reject(new Error(`${this.name} cannot ${command["do"]}: ${error.message}`));
      };
      this.#pending.set(id, {
        resolve: (value) => {
          clearTimeout(timer);
          this.#pending.delete(id);
          resolve(value);
        },
        reject: settle,
      });
      this.#child.stdin?.write(`${JSON.stringify({ ...command, id })}\n`);
    });
  }

  #fail(): void {
    const error = new Error(`the process has ended ${this.#stderr}`.trim());
    for (const pending of [...this.#pending.values()]) pending.reject(error);
  }

  #line(line: string): void {
    const record = JSON.parse(line) as {
      id?: number;
      ok?: unknown;
      error?: string;
      where?: readonly string[];
      event?: string;
      socket?: number;
      value?: string | number;
    };
    if (record.event === "zap") this.zap.push(record as unknown as ZapRecord);
    if (record.event !== undefined) {
      const log = record.socket === undefined ? this.#own : this.#logs.get(record.socket);
      log?.add({ name: record.event, value: record.value ?? 0 });
      return;
    }
    const pending = this.#pending.get(record.id ?? 0);
    if (record.error === undefined) pending?.resolve(record.ok);
    else pending?.reject(new Error([record.error, ...(record.where ?? [])].join("\n")));
  }
}

const hex = (frames: readonly Uint8Array[]): string[] =>
  frames.map((frame) => Buffer.from(frame).toString("hex"));

class PeerSocket implements DrivenSocket {
  readonly type: SocketType;
  readonly endpoint: string;
  readonly #peer: PeerProcess;
  readonly #number: number;
  readonly #log: EventLog;

  constructor(peer: PeerProcess, number: number, type: SocketType, endpoint: string, log: EventLog) {
    this.#peer = peer;
    this.#number = number;
    this.type = type;
    this.endpoint = endpoint;
    this.#log = log;
  }

  get events(): readonly SocketEvent[] {
    return this.#log.all;
  }

  async duplex(command: DuplexCommand): Promise<Exchanged> {
    return (await this.#call("duplex", command, command.timeoutMs)) as Exchanged;
  }

  async serve(command: ServeCommand): Promise<Received> {
    return (await this.#call("serve", command, command.timeoutMs)) as Received;
  }

  async lockstep(command: Omit<ServeCommand, "envelope">): Promise<Received> {
    return (await this.#call("lockstep", command, command.timeoutMs)) as Received;
  }

  async go(): Promise<void> {
    await this.#call("go", {});
  }

  async send(frames: readonly Uint8Array[], timeoutMs = commandMs): Promise<void> {
    await this.#call("send", { frames: hex(frames) }, timeoutMs);
  }

  async receive(timeoutMs = commandMs): Promise<Uint8Array[]> {
    const { frames } = (await this.#call("receive", {}, timeoutMs)) as { frames: string[] };
    return frames.map((frame) => Buffer.from(frame, "hex"));
  }

  async subscribe(prefix: string): Promise<void> {
    await this.#call("subscribe", { prefix });
  }

  event(name: string, timeoutMs: number = commandMs): Promise<SocketEvent> {
    return this.#log.next(name, timeoutMs);
  }

  async close(lingerMs = 0): Promise<void> {
    await this.#call("close", { lingerMs });
  }

  #call(what: string, command: object, timeoutMs = 30_000): Promise<unknown> {
    return this.#peer.call({ do: what, socket: this.#number, ...command, timeoutMs }, timeoutMs);
  }
}
