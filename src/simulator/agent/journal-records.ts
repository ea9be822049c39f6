import {
  type Evidence,
  entryKey,
  isAwaited,
  isBefore,
  isCertain,
  type JournalEntry,
  ownOrder,
  type Stamp,
  type StoredOutcome,
} from "./journal-entry.ts";

/** What is written to a journal, one line each. */
export type JournalRecord =
  | { readonly k: "journal"; readonly v: 1; readonly login: string; readonly server: string }
  | { readonly k: "epoch"; readonly epoch: number; readonly t: number }
  | {
      readonly k: "command";
      readonly c: string;
      readonly id: string;
      /** instance */
      readonly in: string;
      readonly d: string;
      readonly e: number;
      readonly i: number;
      readonly r: number;
      readonly t: number;
      /** UTC */
      readonly u: number;
      readonly ev: Evidence;
      readonly s?: number;
    }
  | {
      readonly k: "tombstone";
      readonly c: string;
      readonly id: string;
      readonly e: number;
      readonly i: number;
      readonly t: number;
      /** UTC */
      readonly u: number;
      /** since UTC */
      readonly su: number;
    }
  | {
      readonly k: "outcome";
      readonly c: string;
      readonly id: string;
      readonly o: StoredOutcome;
      readonly a?: true;
    }
  /** The newest deal of the account's history at a start. */
  | { readonly k: "seen"; readonly d: string }
  | { readonly k: "ack"; readonly c: string; readonly ids: readonly string[] }
  | { readonly k: "floor"; readonly e: number; readonly i: number; readonly u: number; readonly t: number };

/** What the records of a journal add up to. */
export class JournalState {
  readonly entries: Map<string, JournalEntry> = new Map();
  /** Entries whose outcome is certain and not acknowledged, by client, in the order of their settling. */
  readonly unacknowledged: Map<string, Map<string, JournalEntry>> = new Map();
  /** Orders that executed commands account for. */
  readonly claims: Map<string, JournalEntry> = new Map();
  epoch = 0;
  /** The latest time on the journal's clock. */
  lastMs = 0;
  /** The stamp from which the journal vouches to be complete, and the same as a time. */
  floor: Stamp = { epoch: 0, issuedAt: 0 };
  floorUtcMs = 0;
  account: { readonly login: string; readonly server: string } | undefined;
  /** The newest deal that the account's history showed when the agent last started. */
  seenDeal = "0";

  /** Takes in one record. */
  apply(record: JournalRecord): void {
    switch (record.k) {
      case "journal":
        if (record.v !== 1) throw new Error(`Cannot read the journal: its format ${record.v} is unknown`);
        this.account = { login: record.login, server: record.server };
        return;
      case "epoch":
        this.epoch = Math.max(this.epoch, record.epoch);
        this.lastMs = Math.max(this.lastMs, record.t);
        return;
      case "command":
        this.lastMs = Math.max(this.lastMs, record.t);
        this.add({
          client: record.c,
          id: record.id,
          instance: record.in,
          digest: record.d,
          epoch: record.e,
          issuedAt: record.i,
          receivedMs: record.r,
          storedMs: record.t,
          utcMs: record.u,
          evidence: record.ev,
          sentMs: record.s ?? 0,
          outcome: undefined,
          durable: true,
          acknowledged: false,
          repeatedMs: Number.NEGATIVE_INFINITY,
        });
        return;
      case "tombstone": {
        this.lastMs = Math.max(this.lastMs, record.t);
        const stamp = { epoch: record.e, issuedAt: record.i };
        const entry = this.add(tombstoneEntry(record.c, record.id, stamp, record.t, record.u));
        entry.durable = true;
        this.settle(entry, { id: entry.id, digest: "", state: "void", sinceUtcMs: record.su });
        return;
      }
      case "outcome": {
        const entry = this.entries.get(entryKey(record.c, record.id));
        if (entry === undefined) return;
        this.settle(entry, record.o);
        if (record.a === true) this.acknowledge(entry);
        return;
      }
      case "ack":
        for (const id of record.ids) {
          const entry = this.entries.get(entryKey(record.c, id));
          if (entry !== undefined) this.acknowledge(entry);
        }
        return;
      case "seen":
        this.seenDeal = record.d;
        return;
      case "floor":
        this.lastMs = Math.max(this.lastMs, record.t);
        this.raiseFloor({ epoch: record.e, issuedAt: record.i }, record.u);
        return;
      default:
        throw new Error(
          `Cannot read the journal: it holds a record "${String((record as { k: unknown }).k)}"`,
        );
    }
  }

  /** Enters an entry, unless its id is known: then the earlier one stands, for a record may be written twice. */
  add(entry: JournalEntry): JournalEntry {
    const key = entryKey(entry.client, entry.id);
    const earlier = this.entries.get(key);
    if (earlier !== undefined) return earlier;
    this.entries.set(key, entry);
    return entry;
  }

  /** Gives an entry its outcome. A certain one is never replaced, but deals may be added to an executed one. */
  settle(entry: JournalEntry, outcome: StoredOutcome): void {
    const before = entry.outcome;
    const completes = before?.state === "executed" && outcome.state === "executed";
    if (isCertain(before) && !completes) return;
    entry.outcome = outcome;
    if ("sentMs" in outcome) entry.sentMs = outcome.sentMs;
    const order = ownOrder(entry, outcome);
    if (order !== undefined) this.claims.set(order, entry);
    if (!isAwaited(outcome) || completes) return;
    let waiting = this.unacknowledged.get(entry.client);
    if (waiting === undefined) {
      waiting = new Map();
      this.unacknowledged.set(entry.client, waiting);
    }
    waiting.set(entry.id, entry);
  }

  /** Says whether there was something to acknowledge. */
  acknowledge(entry: JournalEntry): boolean {
    if (!isAwaited(entry.outcome) || entry.acknowledged) return false;
    entry.acknowledged = true;
    this.unacknowledged.get(entry.client)?.delete(entry.id);
    return true;
  }

  remove(entry: JournalEntry): void {
    this.entries.delete(entryKey(entry.client, entry.id));
    this.unacknowledged.get(entry.client)?.delete(entry.id);
    const order = ownOrder(entry, entry.outcome);
    if (order !== undefined && this.claims.get(order) === entry) this.claims.delete(order);
  }

  raiseFloor(stamp: Stamp, utcMs: number): void {
    if (!isBefore(this.floor, stamp)) return;
    this.floor = stamp;
    this.floorUtcMs = Math.max(this.floorUtcMs, utcMs);
  }

  /** The fewest records that say the same. */
  records(): JournalRecord[] {
    const { login, server } = this.account ?? { login: "", server: "" };
    const records: JournalRecord[] = [
      { k: "journal", v: 1, login, server },
      { k: "epoch", epoch: this.epoch, t: this.lastMs },
      { k: "floor", e: this.floor.epoch, i: this.floor.issuedAt, u: this.floorUtcMs, t: this.lastMs },
    ];
    if (this.seenDeal !== "0") records.push({ k: "seen", d: this.seenDeal });
    for (const entry of this.entries.values()) {
      // What is not durable yet has its own write coming, and is refused if that fails.
      if (entry.evidence !== undefined && entry.durable) records.push(commandRecord(entry, entry.evidence));
      const { outcome } = entry;
      if (outcome === undefined || (isAwaited(outcome) && !entry.acknowledged)) continue;
      records.push(settledRecord(entry, outcome));
    }
    // In the order of their settling, which is the order of their listing.
    for (const waiting of this.unacknowledged.values()) {
      for (const entry of waiting.values()) {
        if (entry.outcome !== undefined) records.push(settledRecord(entry, entry.outcome));
      }
    }
    return records;
  }
}

/** A tombstone. */
export function tombstoneEntry(
  client: string,
  id: string,
  stamp: Stamp,
  storedMs: number,
  utcMs: number,
): JournalEntry {
  return {
    client,
    id,
    instance: "",
    digest: "",
    epoch: stamp.epoch,
    issuedAt: stamp.issuedAt,
    receivedMs: 0,
    storedMs,
    utcMs,
    evidence: undefined,
    sentMs: 0,
    outcome: undefined,
    durable: false,
    acknowledged: false,
    repeatedMs: Number.NEGATIVE_INFINITY,
  };
}

/** The record that makes a command durable. */
export function commandRecord(entry: JournalEntry, evidence: Evidence): JournalRecord {
  return {
    k: "command",
    c: entry.client,
    id: entry.id,
    in: entry.instance,
    d: entry.digest,
    e: entry.epoch,
    i: entry.issuedAt,
    r: entry.receivedMs,
    t: entry.storedMs,
    u: entry.utcMs,
    ev: evidence,
    ...(entry.sentMs === 0 ? {} : { s: entry.sentMs }),
  };
}

/** The record of an outcome, or of a tombstone. */
export function settledRecord(entry: JournalEntry, outcome: StoredOutcome): JournalRecord {
  const { client: c, id } = entry;
  if (entry.evidence === undefined && outcome.state === "void") {
    const { epoch: e, issuedAt: i, storedMs: t, utcMs: u } = entry;
    return { k: "tombstone", c, id, e, i, t, u, su: outcome.sinceUtcMs };
  }
  return { k: "outcome", c, id, o: outcome, ...(entry.acknowledged ? { a: true as const } : {}) };
}
