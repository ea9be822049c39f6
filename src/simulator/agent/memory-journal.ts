import type { Clock } from "../../transport/clock.ts";
import { checkKnownKeys, type Keys } from "../known-keys.ts";
import { concatBytes } from "./journal-format.ts";
import type { JournalFile, JournalOpened, JournalStore } from "./journal-store.ts";

/** How a journal in memory behaves. */
export interface MemoryJournalOptions {
  /** With a clock, a flush takes `flushMs`; without one it is done in a later turn. */
  readonly clock?: Clock;
  /** @default 0 */
  readonly flushMs?: number;
}

const journalKeys: Keys<MemoryJournalOptions> = { clock: true, flushMs: true };

/**
 * A journal in memory that tells what was written from what is durable, so that a kill can lose or tear what had not
 * been flushed, and a disk can be full.
 */
export class MemoryJournalStore implements JournalStore {
  readonly #clock: Clock | undefined;
  readonly #flushMs: number;
  /** The durable bytes stand at its beginning; it grows by doubling. */
  #disk: Uint8Array = new Uint8Array(1_024);
  #durableBytes = 0;
  /** Written after the durable bytes and not flushed. */
  #written: Uint8Array = new Uint8Array(0);
  #holder: MemoryJournalFile | undefined;
  /** Bytes that the disk takes before it is full. */
  capacityBytes: number = Number.POSITIVE_INFINITY;
  /** Thrown by the next writes while set: an I/O error. */
  failure: Error | undefined;
  /** How many of the unflushed bytes are found after a kill. */
  survivingBytes = 0;
  /** Flushes done. */
  flushes = 0;

  constructor(options: MemoryJournalOptions = {}) {
    checkKnownKeys(options, journalKeys, "make a journal in memory");
    this.#clock = options.clock;
    this.#flushMs = options.flushMs ?? 0;
  }

  /** What would be read after a kill now. */
  get bytes(): Uint8Array {
    const durable = this.#disk.subarray(0, this.#durableBytes);
    return concatBytes([durable, this.#written.subarray(0, this.survivingBytes)]);
  }

  /** Puts bytes in place, as if a file had been copied there. */
  set bytes(bytes: Uint8Array) {
    this.#disk = bytes.slice();
    this.#durableBytes = bytes.length;
    this.#written = new Uint8Array(0);
  }

  /** Memory that the disk takes up, used or not. */
  get allocatedBytes(): number {
    return this.#disk.length + this.#written.length;
  }

  open(): Promise<JournalOpened> {
    if (this.#holder !== undefined) {
      return Promise.resolve({ state: "held", holder: "an agent of this process" });
    }
    // What survived of the unflushed bytes is on the disk from now on.
    const found = this.bytes;
    this.bytes = found;
    const file = new MemoryJournalFile(this);
    this.#holder = file;
    return Promise.resolve({ state: "open", file });
  }

  /** For its files only. */
  holds(file: MemoryJournalFile): boolean {
    return this.#holder === file;
  }

  /** For its files only. */
  release(file: MemoryJournalFile): void {
    if (this.#holder === file) this.#holder = undefined;
  }

  /** For its files only: writes, then flushes after the disk's time. */
  async write(file: MemoryJournalFile, bytes: Uint8Array, from: number): Promise<void> {
    const room = Math.max(0, this.capacityBytes - from);
    this.#durableBytes = Math.min(this.#durableBytes, from);
    this.#written = this.failure === undefined ? bytes.slice(0, room) : new Uint8Array(0);
    if (this.failure !== undefined) throw this.failure;
    if (bytes.length > room) throw new Error("Cannot write the journal: no space left on the disk");
    await this.#pass();
    if (!this.holds(file)) return;
    if (this.failure !== undefined) throw this.failure;
    this.#harden();
    this.flushes++;
  }

  #harden(): void {
    const length = this.#durableBytes + this.#written.length;
    if (length > this.#disk.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#disk.subarray(0, this.#durableBytes), 0);
      this.#disk = larger;
    }
    this.#disk.set(this.#written, this.#durableBytes);
    this.#durableBytes = length;
    this.#written = new Uint8Array(0);
  }

  /** For its files only. */
  async swap(file: MemoryJournalFile, bytes: Uint8Array): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    // The new bytes stand beside the old ones until they take their place.
    if (this.#durableBytes + bytes.length > this.capacityBytes) {
      throw new Error("Cannot rewrite the journal: no space left on the disk");
    }
    await this.#pass();
    if (!this.holds(file)) return;
    this.bytes = bytes;
    this.flushes++;
  }

  /** For its files only. */
  cut(length: number): void {
    if (this.failure !== undefined) throw this.failure;
    this.#durableBytes = Math.min(this.#durableBytes, length);
    this.#written = new Uint8Array(0);
  }

  #pass(): Promise<void> {
    const clock = this.#clock;
    if (clock === undefined || this.#flushMs === 0) return Promise.resolve();
    return new Promise((resolve) => {
      clock.setTimer(resolve, this.#flushMs);
    });
  }
}

class MemoryJournalFile implements JournalFile {
  readonly #store: MemoryJournalStore;
  #length = 0;

  constructor(store: MemoryJournalStore) {
    this.#store = store;
    this.#length = store.bytes.length;
  }

  read(): Promise<Uint8Array> {
    return Promise.resolve(this.#store.bytes);
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#requireOpen();
    await this.#store.write(this, bytes, this.#length);
    this.#length += bytes.length;
  }

  async truncate(length: number): Promise<void> {
    this.#requireOpen();
    this.#store.cut(length);
    this.#length = length;
  }

  async replace(bytes: Uint8Array): Promise<void> {
    this.#requireOpen();
    await this.#store.swap(this, bytes);
    this.#length = bytes.length;
  }

  async close(): Promise<void> {
    this.#store.release(this);
  }

  abandon(): void {
    this.#store.release(this);
  }

  #requireOpen(): void {
    if (!this.#store.holds(this)) throw new Error("Cannot write the journal: it is closed");
  }
}
