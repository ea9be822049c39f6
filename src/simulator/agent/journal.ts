import type { VoidOutcome } from "../../protocol/v1/messages.ts";
import type { AgentLimits } from "./agent-options.ts";
import {
  type Evidence,
  entryKey,
  isBefore,
  type JournalEntry,
  type Stamp,
  type StoredOutcome,
} from "./journal-entry.ts";
import { decodeRecords, encodeImage, encodeRecord } from "./journal-format.ts";
import {
  commandRecord,
  type JournalRecord,
  JournalState,
  settledRecord,
  tombstoneEntry,
} from "./journal-records.ts";
import {
  JournalAccountError,
  type JournalFile,
  JournalLockedError,
  type JournalStore,
} from "./journal-store.ts";
import { JournalWriter, type Written } from "./journal-writer.ts";
import type { World } from "./world.ts";

/** Entries beyond the cap that are kept for closes. */
const closeReserve = 10_000;

/** The account that a journal belongs to. */
export interface JournalAccount {
  readonly login: string;
  readonly server: string;
}

/** What opening a journal needs. */
export interface JournalOptions {
  readonly store: JournalStore;
  readonly world: World;
  readonly account: JournalAccount;
  readonly limits: Pick<
    AgentLimits,
    "journalRetentionMs" | "journalMaxEntries" | "journalCompactBytes" | "journalRetryMs"
  >;
}

/** The new command of an `addCommand`. */
export interface NewCommand {
  readonly client: string;
  readonly instance: string;
  readonly id: string;
  readonly digest: string;
  readonly issuedAt: number;
  readonly receivedMs: number;
  readonly evidence: Evidence;
}

/** The durable memory of the agent (docs/protocol.md, 6.4). */
export class Journal {
  readonly #options: JournalOptions;
  readonly #state: JournalState;
  readonly #writer: JournalWriter;
  /** Where the journal's clock stood when this agent started. */
  readonly #baseMs: number;
  /** Told of each entry that is dropped. */
  onDrop: ((entry: JournalEntry) => void) | undefined;

  private constructor(
    options: JournalOptions,
    state: JournalState,
    file: JournalFile,
    size: { readonly records: number; readonly bytes: number },
  ) {
    const { world, limits } = options;
    this.#options = options;
    this.#state = state;
    this.#baseMs = state.lastMs;
    const { journalRetryMs: retryMs, journalCompactBytes: compactBytes } = limits;
    const image = (): readonly JournalRecord[] => state.records();
    this.#writer = new JournalWriter({ file, world, retryMs, compactBytes, image }, size.records, size.bytes);
  }

  /** Takes the journal, reads it, and raises the epoch durably. */
  static async open(options: JournalOptions): Promise<Journal> {
    const { store, world } = options;
    const opened = await store.open();
    if (opened.state === "held") throw new JournalLockedError(opened.holder);
    const { file } = opened;
    let reading = true;
    // A process that dies gives its lock up, whatever it was doing.
    world.death.then(
      () => {
        if (reading) file.abandon();
      },
      () => undefined,
    );
    try {
      if (world.dead) throw new Error("Cannot open the journal: the agent was killed");
      return await Journal.#read(options, file);
    } catch (fault) {
      if (world.dead) file.abandon();
      else await file.close();
      throw fault;
    } finally {
      reading = world.dead;
    }
  }

  static async #read(options: JournalOptions, file: JournalFile): Promise<Journal> {
    const { world, account } = options;
    const bytes = await file.read();
    const content = decodeRecords(bytes);
    const state = new JournalState();
    for (const record of content.records) state.apply(record as unknown as JournalRecord);
    const utcMs = world.wallMs();
    // UTC keeps epochs apart even when what was stored is lost.
    state.epoch = Math.max(state.epoch + 1, Math.floor(utcMs / 1000));
    if (content.records.length === 0) {
      state.account = { login: account.login, server: account.server };
      state.raiseFloor({ epoch: state.epoch, issuedAt: 0 }, utcMs);
      const records = state.records();
      const image = encodeImage(records);
      if (!world.dead) await file.replace(image);
      return new Journal(options, state, file, { records: records.length, bytes: image.length });
    }
    if (state.account?.login !== account.login || state.account.server !== account.server) {
      throw new JournalAccountError(nameAccount(state.account), nameAccount(account));
    }
    if (content.length < bytes.length && !world.dead) await file.truncate(content.length);
    const count = content.records.length;
    const line = encodeRecord(count, count, { k: "epoch", epoch: state.epoch, t: state.lastMs });
    if (!world.dead) await file.append(line);
    const size = { records: count + 1, bytes: content.length + line.length };
    const journal = new Journal(options, state, file, size);
    journal.dropOld();
    return journal;
  }

  get epoch(): number {
    return this.#state.epoch;
  }

  /** The stamp from which the journal vouches to be complete. */
  get floor(): Stamp {
    return this.#state.floor;
  }

  /** The same as a time. */
  get sinceUtcMs(): number {
    return this.#state.floorUtcMs;
  }

  get size(): number {
    return this.#state.entries.size;
  }

  /** Flushes so far. */
  get flushes(): number {
    return this.#writer.flushes;
  }

  get(client: string, id: string): JournalEntry | undefined {
    return this.#state.entries.get(entryKey(client, id));
  }

  /** Whether the journal does not reach back to this stamp. */
  isBelowFloor(stamp: Stamp): boolean {
    return isBefore(stamp, this.#state.floor);
  }

  /** Whether there is room for one entry more; closes have some in reserve. */
  hasRoom(close: boolean): boolean {
    const { journalMaxEntries } = this.#options.limits;
    return this.size < journalMaxEntries + (close ? closeReserve : 0);
  }

  /** Entries whose outcome is not certain, oldest first. */
  *unsettled(): Iterable<JournalEntry> {
    for (const entry of this.#state.entries.values()) {
      if (entry.outcome === undefined || entry.outcome.state === "unknown") yield entry;
    }
  }

  /** Remembers the newest deal of the account's history. */
  seen(deal: string): void {
    if (deal === this.#state.seenDeal) return;
    this.#state.seenDeal = deal;
    this.#remember({ k: "seen", d: deal });
  }

  /** Deals that the account's history has shown. */
  *deals(): Iterable<string> {
    yield this.#state.seenDeal;
    for (const { evidence, outcome } of this.#state.entries.values()) {
      if (evidence !== undefined) yield evidence.afterDeal;
      if (outcome?.state === "executed") yield outcome.deal;
    }
  }

  /** Entries of a client whose outcome it has not acknowledged, oldest first. */
  unacknowledged(client: string): Iterable<JournalEntry> {
    return this.#state.unacknowledged.get(client)?.values() ?? [];
  }

  /** The entry whose executed outcome accounts for an order. */
  claimant(order: string): JournalEntry | undefined {
    return this.#state.claims.get(order);
  }

  /** Claims an order for an entry before its outcome is written. */
  claim(order: string, entry: JournalEntry): void {
    this.#state.claims.set(order, entry);
  }

  /** Stages a command. It is known at once; if it cannot be made durable it is forgotten before `written`. */
  addCommand(command: NewCommand, written: (entry: JournalEntry, fault?: unknown) => void): JournalEntry {
    const { client, instance, id, digest, issuedAt, receivedMs, evidence } = command;
    // Written out, not spread: hundreds of thousands of entries then share one hidden class.
    const entry: JournalEntry = {
      client,
      instance,
      id,
      digest,
      issuedAt,
      receivedMs,
      evidence,
      epoch: this.epoch,
      storedMs: this.#nowMs(),
      utcMs: this.#options.world.wallMs(),
      sentMs: 0,
      outcome: undefined,
      durable: false,
      acknowledged: false,
      repeatedMs: Number.NEGATIVE_INFINITY,
    };
    this.#state.add(entry);
    this.#writer.write({
      record: commandRecord(entry, command.evidence),
      keep: false,
      settled: (fault) => {
        if (fault === undefined) entry.durable = true;
        else this.#state.remove(entry);
      },
      written: (fault) => written(entry, fault),
    });
    return entry;
  }

  /**
   * Enters a tombstone for an unknown id, or makes sure that one is durable. It stands in memory whatever becomes of
   * the write: a command may have been refused `VOID` because of it.
   */
  addTombstone(client: string, id: string, written: Written): VoidOutcome {
    const { world } = this.#options;
    const outcome: VoidOutcome = { id, digest: "", state: "void", sinceUtcMs: this.sinceUtcMs };
    let entry = this.get(client, id);
    if (entry === undefined) {
      const stamp = { epoch: this.epoch, issuedAt: world.now() };
      entry = this.#state.add(tombstoneEntry(client, id, stamp, this.#nowMs(), world.wallMs()));
      this.#state.settle(entry, outcome);
    }
    const tombstone = entry;
    this.#writer.write({
      record: settledRecord(tombstone, outcome),
      keep: true,
      settled: (fault) => {
        if (fault === undefined) tombstone.durable = true;
      },
      written,
    });
    return outcome;
  }

  /** Gives an entry its outcome. It counts from `written` on, whether the write succeeded or will be repeated. */
  settle(entry: JournalEntry, outcome: StoredOutcome, written: Written): void {
    this.#writer.write({
      record: settledRecord(entry, outcome),
      keep: true,
      settled: () => this.#state.settle(entry, outcome),
      written,
    });
  }

  /** Adds to an executed outcome what has become known since it was written. */
  complete(entry: JournalEntry, outcome: StoredOutcome): void {
    this.#state.settle(entry, outcome);
    this.#remember(settledRecord(entry, outcome));
  }

  /** Notes that a client has its outcomes. */
  acknowledge(client: string, ids: readonly string[]): void {
    const known = ids.filter((id) => {
      const entry = this.get(client, id);
      return entry !== undefined && this.#state.acknowledge(entry);
    });
    if (known.length > 0) this.#remember({ k: "ack", c: client, ids: known });
  }

  /** Drops entries older than the retention and raises the floor. */
  dropOld(): void {
    const before = this.#nowMs() - this.#options.limits.journalRetentionMs;
    const { floor } = this.#state;
    for (const entry of this.#state.entries.values()) {
      if (entry.storedMs > before) break;
      // What is on its way to the trade server must be known until its answer is.
      if (entry.outcome === undefined) continue;
      this.#state.remove(entry);
      this.#state.raiseFloor({ epoch: entry.epoch, issuedAt: entry.issuedAt + 1 }, entry.utcMs);
      this.onDrop?.(entry);
    }
    const { floor: raised, floorUtcMs: u, lastMs: t } = this.#state;
    if (raised !== floor) this.#remember({ k: "floor", e: raised.epoch, i: raised.issuedAt, u, t });
  }

  /** Writes what waits and closes. */
  close(): Promise<void> {
    return this.#writer.close();
  }

  /** As if the process died. */
  abandon(): void {
    this.#writer.abandon();
  }

  #nowMs(): number {
    const nowMs = this.#baseMs + this.#options.world.now();
    this.#state.lastMs = Math.max(this.#state.lastMs, nowMs);
    return nowMs;
  }

  /** Writes what nobody waits for. */
  #remember(record: JournalRecord): void {
    this.#writer.write({ record, keep: true, settled: undefined, written: undefined });
  }
}

function nameAccount(account: JournalAccount | undefined): string {
  return account === undefined ? "nobody's" : `${account.login} on ${account.server}`;
}
