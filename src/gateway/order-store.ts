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

/**
 * Remembers orders across a restart: a line when an order is about to be sent, durable before it is, and a line with
 * its reply, soon after. Lines that come while one flush is under way share the next.
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

  private constructor(file: OrderFile, clock: Clock, length: number) {
    this.#file = file;
    this.#clock = clock;
    this.#length = length;
  }

  /**
   * Reads what is remembered, newest state of each order, oldest order first, and drops what is older than
   * `retentionMs`. A torn last line, as a crash leaves it, is dropped; it was never relied upon.
   */
  static async open(
    file: OrderFile,
    options: { readonly clock: Clock; readonly retentionMs: number },
  ): Promise<{ readonly store: OrderStore; readonly orders: readonly StoredOrder[] }> {
    const bytes = await file.read();
    const { orders, lines } = parse(bytes);
    const kept = orders.filter((order) => order.atMs > options.clock.wallMs() - options.retentionMs);
    const text = kept.map(format).join("");
    const fresh = encoder.encode(text);
    const whole = bytes.length === 0 || bytes[bytes.length - 1] === 0x0a;
    if (lines > kept.length || !whole) {
      await file.replace(fresh);
      return { store: new OrderStore(file, options.clock, fresh.length), orders: kept };
    }
    return { store: new OrderStore(file, options.clock, bytes.length), orders: kept };
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
    this.#replyTimer?.cancel();
    this.#flushing ??= this.#flush();
    await this.#flushing;
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    // With nothing to do this would end before its promise is kept in #flushing, and keep others from flushing for ever.
    await Promise.resolve();
    while (this.#waiting.length > 0 || this.#replies.length > 0) {
      const [batch, replies] = [this.#waiting, this.#replies];
      this.#waiting = [];
      this.#replies = [];
      try {
        const bytes = encoder.encode([...replies, ...batch.map(({ line }) => line)].join(""));
        if (this.#torn) await this.#file.truncate(this.#length);
        this.#torn = true;
        await this.#file.append(bytes);
        this.#torn = false;
        this.#length += bytes.length;
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#replies = [...replies, ...this.#replies].slice(-maxWaitingReplies);
        if (replies.length > 0) this.#failed(error);
        for (const { reject } of batch) reject(error);
        if (this.#waiting.length === 0) break;
      }
    }
    this.#flushing = undefined;
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
