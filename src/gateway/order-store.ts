import type { Clock, Timer } from "../transport/clock.ts";
import { readJson } from "./json-reader.ts";
import { type PyObject, pythonJson } from "./python-json.ts";

/** The file in which orders are remembered, held by one gateway alone. One call at a time; the store sees to that. */
export interface OrderFile {
  /** All bytes, from the beginning. */
  read(): Promise<Uint8Array>;
  /** Writes at the end; durable when it resolves. After a rejection `truncate` must come before the next `append`. */
  append(bytes: Uint8Array): Promise<void>;
  /** Cuts to the first `length` bytes. */
  truncate(length: number): Promise<void>;
  /** Replaces all bytes at once: the old or the new are there, whatever happens. */
  replace(bytes: Uint8Array): Promise<void>;
  /** Closes and gives the file up. */
  close(): Promise<void>;
}

/** What is remembered of an order: at first that it may have been sent, later its reply. */
export interface StoredOrder {
  readonly uuid: string;
  /** Hash of what was ordered, without stamps and signature. */
  readonly digest: string;
  /** The account it went to; empty if it was refused before. */
  readonly backend: string;
  /** Wall clock. */
  readonly atMs: number;
  /** Settled with this reply; undefined: open. */
  readonly reply?: PyObject | undefined;
}

/** The store holds what cannot be understood, and going on could send an order twice. */
export class OrderStoreDamagedError extends Error {
  /** Tells this class apart. */
  override readonly name = "OrderStoreDamagedError";
  /** What to do about it. */
  readonly remedy: string =
    "Restore the file from a copy, or, once no order of an earlier run can be repeated, move it away";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

interface Waiter {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Time that a reply's line may wait for another line to share its flush. */
const replyWaitMs = 100;
/** Lines of replies kept while the disk takes none. */
const maxWaitingReplies = 10_000;
/** Orders written anew between two turns of the event loop. */
const compactedPerTurn = 200;

/** How a store is kept. */
export interface OrderStoreOptions {
  readonly clock: Clock;
  /** Older orders are forgotten. */
  readonly retentionMs: number;
  /** Least length from which the file is written anew, without what it holds in vain. @default 1 MiB */
  readonly compactFromBytes?: number;
}

/** The file as it will be, and what was appended to the old one since its making began. */
interface Compaction {
  readonly lines: string[];
  readonly since: Uint8Array[];
  done: boolean;
}

/**
 * Remembers orders across a restart: a line when an order is about to be sent, durable before it is, and a line with
 * its reply, soon after. Lines that come while one flush is under way share the next. When the file has doubled since it
 * was last written anew it is written anew, so that it stays within twice of what is remembered.
 */
export class OrderStore {
  readonly #file: OrderFile;
  readonly #clock: Clock;
  #replies: string[] = [];
  #replyTimer: Timer | undefined;
  #failed: (error: unknown) => void = () => undefined;
  #length: number;
  #torn = false;
  #waiting: Waiter[] = [];
  #flushing: Promise<void> | undefined;
  readonly #retentionMs: number;
  readonly #compactFromBytes: number;
  #remembered: (() => Iterable<StoredOrder>) | undefined;
  #compaction: Compaction | undefined;
  #compactAt: number;
  #closed = false;

  private constructor(file: OrderFile, options: OrderStoreOptions, length: number) {
    this.#file = file;
    this.#clock = options.clock;
    this.#length = length;
    this.#retentionMs = options.retentionMs;
    this.#compactFromBytes = options.compactFromBytes ?? 1_048_576;
    this.#compactAt = Math.max(this.#compactFromBytes, length * 2);
  }

  /**
   * Reads what is remembered, newest state of each order, oldest order first, and drops what is older than
   * `retentionMs`. A torn last line, as a crash leaves it, is dropped; it was never relied upon.
   */
  static async open(
    file: OrderFile,
    options: OrderStoreOptions,
  ): Promise<{ readonly store: OrderStore; readonly orders: readonly StoredOrder[] }> {
    const bytes = await file.read();
    const { orders, lines } = parse(bytes);
    const kept = orders.filter((order) => order.atMs > options.clock.wallMs() - options.retentionMs);
    const text = kept.map(format).join("");
    const fresh = encoder.encode(text);
    const whole = bytes.length === 0 || bytes[bytes.length - 1] === 0x0a;
    if (lines > kept.length || !whole) {
      await file.replace(fresh);
      return { store: new OrderStore(file, options, fresh.length), orders: kept };
    }
    return { store: new OrderStore(file, options, bytes.length), orders: kept };
  }

  /** Names what the file must hold, for when it is written anew: all that is remembered at that moment. */
  compactWith(remembered: () => Iterable<StoredOrder>): void {
    this.#remembered = remembered;
  }

  /** Is told when replies cannot be written; they are tried again with the next line. */
  onFailure(failed: (error: unknown) => void): void {
    this.#failed = failed;
  }

  /** Remembers an order; durable when it resolves. */
  write(order: StoredOrder): Promise<void> {
    const line = format(order);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /**
   * Remembers an order's reply with the next flush. A crash before that loses only the reply's wording: the order itself
   * is remembered as open, and the account tells what became of it.
   */
  settle(order: StoredOrder): void {
    this.#replies.push(format(order));
    this.#replyTimer ??= this.#clock.setTimer(() => {
      this.#replyTimer = undefined;
      this.#flushing ??= this.#flush();
    }, replyWaitMs);
  }

  /** Resolves when all that was written is durable or has failed, and the file is given up. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#compaction = undefined;
    this.#replyTimer?.cancel();
    this.#flushing ??= this.#flush();
    await this.#flushing;
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    // With nothing to do this would end before its promise is kept in #flushing, and keep others from flushing for ever.
    await Promise.resolve();
    while (this.#waiting.length > 0 || this.#replies.length > 0 || this.#compaction?.done === true) {
      if (this.#compaction?.done === true) await this.#replace(this.#compaction);
      const [batch, replies] = [this.#waiting, this.#replies];
      if (batch.length === 0 && replies.length === 0) continue;
      this.#waiting = [];
      this.#replies = [];
      try {
        await this.#append(encoder.encode([...replies, ...batch.map(({ line }) => line)].join("")));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#replies = [...replies, ...this.#replies].slice(-maxWaitingReplies);
        if (replies.length > 0) this.#failed(error);
        for (const { reject } of batch) reject(error);
        if (this.#waiting.length === 0) break;
      }
    }
    this.#flushing = undefined;
    if (this.#length >= this.#compactAt) void this.#compact();
  }

  async #append(bytes: Uint8Array): Promise<void> {
    if (this.#torn) await this.#file.truncate(this.#length);
    this.#torn = true;
    await this.#file.append(bytes);
    this.#torn = false;
    this.#length += bytes.length;
    this.#compaction?.since.push(bytes);
  }

  /** Writes down what is remembered, a part in each turn so that no order waits for it, and has the next flush use it. */
  async #compact(): Promise<void> {
    const remembered = this.#remembered;
    if (remembered === undefined || this.#compaction !== undefined || this.#closed) return;
    const compaction: Compaction = { lines: [], since: [], done: false };
    this.#compaction = compaction;
    const oldestMs = this.#clock.wallMs() - this.#retentionMs;
    let count = 0;
    for (const order of remembered()) {
      if (order.atMs > oldestMs) compaction.lines.push(format(order));
      if (++count % compactedPerTurn !== 0) continue;
      await new Promise<void>((resolve) => this.#clock.setTimer(resolve, 0));
      if (this.#closed) return;
    }
    compaction.done = true;
    this.#flushing ??= this.#flush();
  }

  /** The old file stays if the new one cannot be written; it is tried again when that has doubled. */
  async #replace({ lines, since }: Compaction): Promise<void> {
    this.#compaction = undefined;
    const fresh = encoder.encode(lines.join(""));
    const bytes = new Uint8Array(since.reduce((sum, { length }) => sum + length, fresh.length));
    bytes.set(fresh);
    let at = fresh.length;
    for (const more of since) {
      bytes.set(more, at);
      at += more.length;
    }
    try {
      await this.#file.replace(bytes);
      this.#length = bytes.length;
      this.#torn = false;
    } catch (error) {
      this.#failed(error);
    }
    this.#compactAt = Math.max(this.#compactFromBytes, this.#length * 2);
  }
}

/** An order file in memory: for tests, and for gateways whose account keeps its own journal only. */
export function memoryOrderFile(): OrderFile {
  let bytes: Uint8Array = new Uint8Array();
  return {
    read: async (): Promise<Uint8Array> => bytes,
    append: async (more): Promise<void> => {
      const grown = new Uint8Array(bytes.length + more.length);
      grown.set(bytes);
      grown.set(more, bytes.length);
      bytes = grown;
    },
    truncate: async (length): Promise<void> => {
      bytes = bytes.slice(0, length);
    },
    replace: async (all): Promise<void> => {
      bytes = all;
    },
    close: async (): Promise<void> => undefined,
  };
}

function format({ uuid, digest, backend, atMs, reply }: StoredOrder): string {
  const head = { uuid, digest, backend, at: BigInt(Math.floor(atMs)) };
  return `${pythonJson(reply === undefined ? head : { ...head, reply })}\n`;
}

function parse(bytes: Uint8Array): { readonly orders: readonly StoredOrder[]; readonly lines: number } {
  const lastEnd = bytes.lastIndexOf(0x0a) + 1;
  const byUuid = new Map<string, StoredOrder>();
  let number = 0;
  try {
    for (const line of decoder.decode(bytes.subarray(0, lastEnd)).split("\n").slice(0, -1)) {
      number++;
      const order = parseLine(line);
      const earlier = byUuid.get(order.uuid);
      byUuid.set(order.uuid, earlier === undefined ? order : { ...order, atMs: earlier.atMs });
    }
  } catch (cause) {
    throw new OrderStoreDamagedError(`Cannot read the remembered orders: line ${number} is damaged`, {
      cause,
    });
  }
  return { orders: [...byUuid.values()], lines: number };
}

function parseLine(line: string): StoredOrder {
  const value = readJson(line);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("no object");
  const { uuid, digest, backend, at, reply } = value as PyObject;
  if (typeof uuid !== "string" || typeof digest !== "string" || typeof backend !== "string") {
    throw new TypeError("no texts");
  }
  if (typeof at !== "bigint") throw new TypeError("no time");
  if (reply !== undefined && (typeof reply !== "object" || reply === null || Array.isArray(reply))) {
    throw new TypeError("no reply");
  }
  return {
    uuid,
    digest,
    backend,
    atMs: Number(at),
    ...(reply === undefined ? {} : { reply: reply as PyObject }),
  };
}
