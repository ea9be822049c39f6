import type { Timer } from "../../transport/clock.ts";
import { concatBytes, encodeImage, encodeRecord } from "./journal-format.ts";
import type { JournalRecord } from "./journal-records.ts";
import type { JournalFile } from "./journal-store.ts";
import type { World } from "./world.ts";

/** Called when a write is durable, or with the fault that kept it from being so. */
export type Written = (fault?: unknown) => void;

/** One record to be written. */
export interface Write {
  readonly record: JournalRecord;
  /** Written again later if the write fails, because memory has moved on already. */
  readonly keep: boolean;
  /** What memory makes of it, at once, also while the agent stands still: a compaction may follow. */
  readonly settled: Written | undefined;
  /** What the agent makes of it. */
  readonly written: Written | undefined;
}

/** What the writer needs. */
export interface JournalWriterOptions {
  readonly file: JournalFile;
  readonly world: World;
  readonly retryMs: number;
  readonly compactBytes: number;
  /** The fewest records that say what the journal says. */
  readonly image: () => readonly JournalRecord[];
}

/** What became of a batch; `exposed`: it failed, and its bytes may be in the file all the same. */
interface Appended {
  readonly fault: unknown;
  readonly exposed: boolean;
}

/**
 * Writes records in one queue. Each flush takes all that waits (group commit), and each writer hears of its own record
 * in the order of writing. Nothing is ever appended behind bytes of a failed write: those are cut off first.
 */
export class JournalWriter {
  readonly #options: JournalWriterOptions;
  #queue: Write[] = [];
  /** Refused writes whose bytes may still be in the file: their writers hear of it when they cannot come back. */
  #haunting: Write[] = [];
  #hauntingFault: unknown;
  #flushing: Promise<void> | undefined;
  #retry: Timer | undefined;
  #durableRecords: number;
  #durableBytes: number;
  #imageBytes = 0;
  #ragged = false;
  #closed = false;
  flushes = 0;

  /** Starts behind records that are durable. */
  constructor(options: JournalWriterOptions, records: number, bytes: number) {
    this.#options = options;
    this.#durableRecords = records;
    this.#durableBytes = bytes;
  }

  /** Puts a record in the queue. */
  write(item: Write): void {
    this.#queue.push(item);
    this.#pump();
  }

  /** Writes what waits and closes the file. */
  async close(): Promise<void> {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#pump();
    while (this.#flushing !== undefined) await this.#flushing;
    this.#closed = true;
    if (!this.#options.world.dead) await this.#options.file.close();
  }

  /** As if the process died. */
  abandon(): void {
    this.#closed = true;
    this.#queue = [];
    this.#options.file.abandon();
  }

  #pump(): void {
    const idle = this.#queue.length === 0 && this.#haunting.length === 0;
    if (idle || this.#flushing !== undefined || this.#closed || this.#options.world.dead) return;
    // A microtask later, so that all that came in one turn shares one flush.
    this.#flushing = Promise.resolve().then(() => this.#flush());
  }

  async #flush(): Promise<void> {
    const { world } = this.#options;
    const batch = this.#queue;
    this.#queue = [];
    const { fault, exposed } = await this.#append(batch);
    if (world.dead) return;
    this.flushes++;
    if (!this.#ragged) this.#layToRest();
    for (const item of batch) {
      // Its bytes may be found at the next start: until they are cut off nothing may be promised.
      if (exposed && !item.keep) this.#haunt(item, fault);
      else this.#tell(item, fault);
    }
    if (fault === undefined) await this.#compactIfDue();
    this.#flushing = undefined;
    if (fault === undefined) this.#pump();
    else this.#keep(batch, fault);
  }

  #tell(item: Write, fault: unknown): void {
    const { settled, written } = item;
    settled?.(fault);
    if (written !== undefined) this.#options.world.enter("journal", () => written(fault));
  }

  #haunt(item: Write, fault: unknown): void {
    this.#haunting.push(item);
    this.#hauntingFault = fault;
  }

  #layToRest(): void {
    const rested = this.#haunting;
    this.#haunting = [];
    for (const item of rested) this.#tell(item, this.#hauntingFault);
  }

  /** What memory holds already is written again with the next command, or after a while. */
  #keep(batch: readonly Write[], fault: unknown): void {
    const { world, retryMs } = this.#options;
    world.fault(fault, "journal");
    const kept = batch.filter((item) => item.keep);
    const arrived = this.#queue.length > 0;
    this.#queue.unshift(...kept.map((item) => ({ ...item, settled: undefined, written: undefined })));
    if (arrived) this.#pump();
    else if (this.#retry === undefined && !this.#closed && (kept.length > 0 || this.#haunting.length > 0)) {
      this.#retry = world.timer(
        "journal retry",
        () => {
          this.#retry = undefined;
          this.#pump();
        },
        retryMs,
      );
    }
  }

  async #append(batch: readonly Write[]): Promise<Appended> {
    const { file, world } = this.#options;
    const unmended = await this.#mend();
    if (unmended !== undefined || batch.length === 0 || world.dead)
      return { fault: unmended, exposed: false };
    const records = this.#durableRecords;
    const bytes = concatBytes(batch.map((item, i) => encodeRecord(records + i, records, item.record)));
    this.#ragged = true;
    try {
      await file.append(bytes);
    } catch (fault) {
      if (world.dead) return { fault, exposed: true };
      // At once, so that what is now refused cannot come back at the next start.
      const again = await this.#mend();
      if (again !== undefined) world.fault(again, "journal repair");
      return { fault: fault ?? new Error("Cannot write the journal"), exposed: this.#ragged };
    }
    this.#ragged = false;
    this.#durableRecords += batch.length;
    this.#durableBytes += bytes.length;
    return { fault: undefined, exposed: false };
  }

  /** Cuts off what a failed write may have left. Resolves to the fault, if there was one. */
  async #mend(): Promise<unknown> {
    if (!this.#ragged || this.#options.world.dead) return undefined;
    try {
      await this.#options.file.truncate(this.#durableBytes);
      this.#ragged = false;
      return undefined;
    } catch (fault) {
      return fault ?? new Error("Cannot repair the journal");
    }
  }

  async #compactIfDue(): Promise<void> {
    const { file, world, image, compactBytes } = this.#options;
    if (this.#durableBytes <= Math.max(compactBytes, 2 * this.#imageBytes) || world.dead) return;
    const records = image();
    const bytes = encodeImage(records);
    this.#imageBytes = bytes.length;
    if (bytes.length * 2 > this.#durableBytes) return;
    try {
      await file.replace(bytes);
      this.#durableRecords = records.length;
      this.#durableBytes = bytes.length;
    } catch (fault) {
      // The old bytes are still there; the next attempt waits until they have grown again.
      this.#imageBytes = this.#durableBytes;
      world.fault(fault, "journal compaction");
    }
  }
}
