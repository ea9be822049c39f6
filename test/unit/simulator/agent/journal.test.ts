import { describe, expect, it } from "vitest";
import type { AgentLimits } from "../../../../src/simulator/agent/agent-options.ts";
import { Journal } from "../../../../src/simulator/agent/journal.ts";
import type { Evidence, JournalEntry } from "../../../../src/simulator/agent/journal-entry.ts";
import { decodeRecords, encodeImage, encodeRecord } from "../../../../src/simulator/agent/journal-format.ts";
import {
  JournalAccountError,
  JournalDamagedError,
  JournalLockedError,
  type JournalStore,
} from "../../../../src/simulator/agent/journal-store.ts";
import { MemoryJournalStore } from "../../../../src/simulator/agent/memory-journal.ts";
import { World } from "../../../../src/simulator/agent/world.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";

const account = { login: "1001", server: "Demo" };
const evidence: Evidence = {
  symbol: "EURUSD",
  side: "buy",
  volume: 0.1,
  magic: "0",
  position: "0",
  commentTag: "~abcdefghij",
  magicTag: false,
  afterOrder: "10",
  afterDeal: "20",
  brokerMs: 5,
};

interface Opened {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly journal: Journal;
  readonly faults: unknown[];
}

async function openJournal(
  store: JournalStore,
  limits: Partial<AgentLimits> = {},
  clock: VirtualClock = new VirtualClock(),
): Promise<Opened> {
  const faults: unknown[] = [];
  const world = new World({
    clock,
    hooks: undefined,
    onFault: (fault) => faults.push(fault),
    stallMs: 2_000,
  });
  const journal = await Journal.open({
    store,
    world,
    account,
    limits: {
      journalRetentionMs: 1_000_000,
      journalMaxEntries: 1_000,
      journalCompactBytes: 1_000_000,
      journalRetryMs: 1_000,
      ...limits,
    },
  });
  return { clock, world, journal, faults };
}

function addCommand(journal: Journal, id: string, issuedAt = 0): Promise<JournalEntry> {
  const command = {
    client: "c",
    instance: "i",
    id,
    digest: `d-${id}`,
    issuedAt,
    receivedMs: issuedAt,
    evidence,
  };
  return new Promise((resolve, reject) => {
    journal.addCommand(command, (entry, fault) => (fault === undefined ? resolve(entry) : reject(fault)));
  });
}

function settle(journal: Journal, entry: JournalEntry, state: "rejected" | "unknown"): Promise<unknown> {
  const head = {
    id: entry.id,
    digest: entry.digest,
    epoch: entry.epoch,
    receivedMs: 1,
    sentMs: 2,
    doneMs: 3,
  };
  return new Promise((resolve) => {
    journal.settle(entry, { ...head, state, retcode: 10019, comment: "" }, resolve);
  });
}

function tombstone(journal: Journal, id: string): Promise<unknown> {
  return new Promise((resolve) => {
    journal.addTombstone("c", id, resolve);
  });
}

function reopen(opened: Opened): void {
  opened.world.kill();
  opened.journal.abandon();
}

function states(journal: Journal, ids: readonly string[]): (string | undefined)[] {
  return ids.map((id) => {
    const entry = journal.get("c", id);
    return entry === undefined ? undefined : (entry.outcome?.state ?? "pending");
  });
}

describe("journal format", () => {
  const values = [{ a: 1 }, { b: "two\nlines £" }, { c: [3] }];
  const image = encodeImage(values);

  it("gives back what was written", () => {
    expect(decodeRecords(image)).toEqual({ records: values, length: image.length });
    expect(decodeRecords(new Uint8Array(0))).toEqual({ records: [], length: 0 });
  });

  it("cuts a torn end off at every byte, and never misreads it", () => {
    const appended = [encodeRecord(3, 3, { d: 4 }), encodeRecord(4, 3, { e: 5 })];
    const [first = new Uint8Array(0)] = appended;
    const whole = new Uint8Array([...image, ...first, ...(appended[1] ?? [])]);
    for (let end = image.length; end <= whole.length; end++) {
      const content = decodeRecords(whole.subarray(0, end));
      const expected = end === whole.length ? 5 : end >= image.length + first.length ? 4 : 3;
      expect(content.records).toHaveLength(expected);
      expect(content.length).toBeLessThanOrEqual(end);
    }
  });

  it("cuts off a torn batch that has a hole with good records behind it", () => {
    const batch = [encodeRecord(3, 3, { d: 4 }), encodeRecord(4, 3, { e: 5 }), encodeRecord(5, 3, { f: 6 })];
    const bytes = new Uint8Array([...image, ...batch.flatMap((record) => [...record])]);
    bytes.fill(0, image.length + 3, image.length + 20);
    expect(decodeRecords(bytes)).toEqual({ records: values, length: image.length });
  });

  it("refuses damage to every byte of what was durable", () => {
    const bytes = new Uint8Array([...image, ...encodeRecord(3, 3, { d: 4 })]);
    for (let at = 0; at < image.length; at++) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      expect(() => decodeRecords(damaged)).toThrow(JournalDamagedError);
      expect(() => decodeRecords(damaged.subarray(0, image.length))).toThrow(JournalDamagedError);
    }
  });

  it("refuses a file that is no journal", () => {
    expect(() => decodeRecords(new TextEncoder().encode("hello\nworld\n"))).toThrow(JournalDamagedError);
  });
});

describe("Journal.open", () => {
  it("starts at the seconds of UTC and raises the epoch at every start, also when the clock has gone back", async () => {
    const store = new MemoryJournalStore();
    const first = await openJournal(store);
    expect(first.journal.epoch).toBe(1_700_000_000);
    reopen(first);
    const clock = new VirtualClock({ wallStartMs: 1_600_000_000_000 });
    const second = await openJournal(store, {}, clock);
    expect(second.journal.epoch).toBe(1_700_000_001);
    reopen(second);
    const later = await openJournal(store, {}, new VirtualClock({ wallStartMs: 1_800_000_000_000 }));
    expect(later.journal.epoch).toBe(1_800_000_000);
  });

  it("vouches from the present epoch on in a new journal, and goes on vouching after a restart", async () => {
    const store = new MemoryJournalStore();
    const first = await openJournal(store);
    const { epoch } = first.journal;
    expect(first.journal.isBelowFloor({ epoch: epoch - 1, issuedAt: 9 })).toBe(true);
    expect(first.journal.isBelowFloor({ epoch, issuedAt: 0 })).toBe(false);
    reopen(first);
    const second = await openJournal(store);
    expect(second.journal.isBelowFloor({ epoch, issuedAt: 0 })).toBe(false);
    expect(second.journal.sinceUtcMs).toBe(1_700_000_000_000);
  });

  it("refuses a journal that another agent holds", async () => {
    const store = new MemoryJournalStore();
    await openJournal(store);
    await expect(openJournal(store)).rejects.toThrow(JournalLockedError);
  });

  it("refuses another account's journal and lets it go", async () => {
    const store = new MemoryJournalStore();
    const opened = await openJournal(store);
    reopen(opened);
    const world = new World({
      clock: new VirtualClock(),
      hooks: undefined,
      onFault: () => {},
      stallMs: 2_000,
    });
    const limits = { journalRetentionMs: 1, journalMaxEntries: 1, journalCompactBytes: 1, journalRetryMs: 1 };
    const other = { store, world, account: { login: "2", server: "Demo" }, limits };
    await expect(Journal.open(other)).rejects.toThrow(JournalAccountError);
    await openJournal(store);
  });

  it("finds at every byte of a torn write what was durable before, and writes on behind that", async () => {
    const store = new MemoryJournalStore();
    const first = await openJournal(store);
    const a = await addCommand(first.journal, "a");
    await settle(first.journal, a, "rejected");
    const before = store.bytes;
    await addCommand(first.journal, "b");
    await tombstone(first.journal, "c");
    const after = store.bytes;
    reopen(first);
    for (let end = before.length; end <= after.length; end++) {
      const torn = new MemoryJournalStore();
      torn.bytes = after.subarray(0, end);
      const second = await openJournal(torn);
      expect(states(second.journal, ["a"])).toEqual(["rejected"]);
      await addCommand(second.journal, "d");
      reopen(second);
      const third = await openJournal(torn);
      expect(states(third.journal, ["a", "d"])).toEqual(["rejected", "pending"]);
      expect(third.journal.epoch).toBe(first.journal.epoch + 2);
    }
  });
});

describe("Journal writes", () => {
  it("keeps entries, outcomes, tombstones and acknowledgements over a restart", async () => {
    const store = new MemoryJournalStore();
    const first = await openJournal(store);
    const [a, b, c] = await Promise.all(["a", "b", "c"].map((id) => addCommand(first.journal, id)));
    if (a === undefined || b === undefined || c === undefined) throw new Error("missing");
    await settle(first.journal, b, "rejected");
    await settle(first.journal, a, "rejected");
    await settle(first.journal, c, "unknown");
    await tombstone(first.journal, "t");
    first.journal.acknowledge("c", ["b"]);
    await addCommand(first.journal, "p");
    reopen(first);
    const { journal } = await openJournal(store);
    expect(states(journal, ["a", "b", "c", "t", "p", "x"])).toEqual([
      "rejected",
      "rejected",
      "unknown",
      "void",
      "pending",
      undefined,
    ]);
    expect([...journal.unacknowledged("c")].map((entry) => entry.id)).toEqual(["a"]);
    expect([...journal.unsettled()].map((entry) => entry.id)).toEqual(["c", "p"]);
    expect(journal.get("c", "p")).toMatchObject({ digest: "d-p", evidence, instance: "i" });
    expect(journal.get("other", "a")).toBeUndefined();
  });

  it("lists unacknowledged outcomes in the order of their settling, also after compaction and restart", async () => {
    const store = new MemoryJournalStore();
    const first = await openJournal(store, { journalCompactBytes: 1 });
    const entries: JournalEntry[] = [];
    for (const id of ["a", "b", "c"]) entries.push(await addCommand(first.journal, id));
    for (const entry of entries.reverse()) await settle(first.journal, entry, "rejected");
    expect([...first.journal.unacknowledged("c")].map((entry) => entry.id)).toEqual(["c", "b", "a"]);
    reopen(first);
    const second = await openJournal(store);
    expect([...second.journal.unacknowledged("c")].map((entry) => entry.id)).toEqual(["c", "b", "a"]);
  });

  it("never replaces a certain outcome", async () => {
    const store = new MemoryJournalStore();
    const { journal } = await openJournal(store);
    const entry = await addCommand(journal, "a");
    await settle(journal, entry, "rejected");
    await settle(journal, entry, "unknown");
    expect(states(journal, ["a"])).toEqual(["rejected"]);
  });

  it("shares a flush among what comes in one turn, and tells in order", async () => {
    const store = new MemoryJournalStore();
    const { journal } = await openJournal(store);
    const before = store.flushes;
    const told: string[] = [];
    await Promise.all(["a", "b", "c"].map((id) => addCommand(journal, id).then(() => told.push(id))));
    expect(told).toEqual(["a", "b", "c"]);
    expect(store.flushes - before).toBe(1);
  });

  it("forgets a command whose write failed, and writes later ones behind good bytes", async () => {
    const store = new MemoryJournalStore();
    const first = await openJournal(store);
    await addCommand(first.journal, "a");
    store.capacityBytes = store.bytes.length + 20;
    await expect(addCommand(first.journal, "b")).rejects.toThrow("no space left");
    expect(states(first.journal, ["a", "b"])).toEqual(["pending", undefined]);
    store.capacityBytes = Number.POSITIVE_INFINITY;
    await addCommand(first.journal, "c");
    reopen(first);
    const second = await openJournal(store);
    expect(states(second.journal, ["a", "b", "c"])).toEqual(["pending", undefined, "pending"]);
  });

  it("writes outcomes and acknowledgements again that it could not write, by itself", async () => {
    const store = new MemoryJournalStore();
    const first = await openJournal(store);
    const a = await addCommand(first.journal, "a");
    store.capacityBytes = 0;
    expect(await settle(first.journal, a, "rejected")).toBeInstanceOf(Error);
    first.journal.acknowledge("c", ["a"]);
    await first.clock.advance(1_500);
    store.capacityBytes = Number.POSITIVE_INFINITY;
    await first.clock.advance(1_500);
    reopen(first);
    const second = await openJournal(store);
    expect(states(second.journal, ["a"])).toEqual(["rejected"]);
    expect([...second.journal.unacknowledged("c")]).toEqual([]);
  });

  it("writes nothing after a kill", async () => {
    const store = new MemoryJournalStore();
    const opened = await openJournal(store);
    const before = store.bytes;
    void addCommand(opened.journal, "a");
    reopen(opened);
    await opened.clock.advance(10);
    expect(store.bytes).toEqual(before);
  });

  it("writes all that waits when it is closed, and gives the lock up", async () => {
    const store = new MemoryJournalStore();
    const first = await openJournal(store);
    const a = await addCommand(first.journal, "a");
    void settle(first.journal, a, "rejected");
    await first.journal.close();
    const second = await openJournal(store);
    expect(states(second.journal, ["a"])).toEqual(["rejected"]);
  });
});

describe("Journal retention", () => {
  it("drops settled entries of its age, keeps pending ones, and raises the floor durably", async () => {
    const store = new MemoryJournalStore();
    const first = await openJournal(store, { journalRetentionMs: 1_000 });
    const { journal, clock } = first;
    const a = await addCommand(journal, "a", 5);
    await settle(journal, a, "rejected");
    await addCommand(journal, "p", 6);
    await clock.advance(600);
    const b = await addCommand(journal, "b", 600);
    await settle(journal, b, "rejected");
    await clock.advance(500);
    const dropped: string[] = [];
    journal.onDrop = (entry): void => void dropped.push(entry.id);
    journal.dropOld();
    expect(dropped).toEqual(["a"]);
    expect(states(journal, ["a", "p", "b"])).toEqual([undefined, "pending", "rejected"]);
    expect(journal.isBelowFloor({ epoch: journal.epoch, issuedAt: 5 })).toBe(true);
    expect(journal.isBelowFloor({ epoch: journal.epoch, issuedAt: 6 })).toBe(false);
    await clock.advance(1);
    reopen(first);
    const second = await openJournal(store, { journalRetentionMs: 1_000 });
    expect(states(second.journal, ["a", "p", "b"])).toEqual([undefined, "pending", "rejected"]);
    expect(second.journal.isBelowFloor({ epoch: journal.epoch, issuedAt: 5 })).toBe(true);
  });

  it("counts the agent's running time, not the wall clock's jumps", async () => {
    const store = new MemoryJournalStore();
    const first = await openJournal(store, { journalRetentionMs: 1_000 });
    const a = await addCommand(first.journal, "a");
    await settle(first.journal, a, "rejected");
    first.clock.jumpWall(10_000_000);
    first.journal.dropOld();
    expect(states(first.journal, ["a"])).toEqual(["rejected"]);
    await first.clock.advance(600);
    await tombstone(first.journal, "t");
    reopen(first);
    const clock = new VirtualClock({ wallStartMs: 1_900_000_000_000 });
    const second = await openJournal(store, { journalRetentionMs: 1_000 }, clock);
    expect(states(second.journal, ["a"])).toEqual(["rejected"]);
    await clock.advance(500);
    second.journal.dropOld();
    expect(states(second.journal, ["a", "t"])).toEqual([undefined, "void"]);
  });

  it("is compacted to what it says, with everything still there", async () => {
    const store = new MemoryJournalStore();
    const limits = { journalRetentionMs: 100, journalCompactBytes: 4_000 };
    const first = await openJournal(store, limits);
    for (let i = 0; i < 200; i++) {
      const entry = await addCommand(first.journal, `c${i}`, i);
      await settle(first.journal, entry, i % 2 === 0 ? "rejected" : "unknown");
      await first.clock.advance(10);
      first.journal.dropOld();
    }
    await first.clock.advance(1);
    const { size } = first.journal;
    expect(size).toBeLessThan(20);
    expect(store.bytes.length).toBeLessThan(20_000);
    reopen(first);
    const second = await openJournal(store, limits);
    expect(second.journal.size).toBe(size);
    expect(second.journal.floor).toEqual(first.journal.floor);
    expect(states(second.journal, ["c199", "c198"])).toEqual(["unknown", "rejected"]);
  });

  it("does not lose a durable command to a compaction while the agent stands still", async () => {
    const store = new MemoryJournalStore();
    const first = await openJournal(store, { journalCompactBytes: 1 });
    for (let i = 0; i < 20; i++) {
      const entry = await addCommand(first.journal, `c${i}`);
      await settle(first.journal, entry, "rejected");
      first.journal.acknowledge("c", [`c${i}`]);
    }
    const resume = first.world.freeze();
    let told = false;
    void addCommand(first.journal, "late").then(() => {
      told = true;
    });
    await first.clock.advance(5);
    expect(told).toBe(false);
    reopen(first);
    resume();
    const second = await openJournal(store);
    expect(states(second.journal, ["late"])).toEqual(["pending"]);
  });

  it("goes on with the old bytes when a compaction fails", async () => {
    const store = new MemoryJournalStore();
    const limits = { journalRetentionMs: 100, journalCompactBytes: 1 };
    let failed = 0;
    const stubborn: JournalStore = {
      async open() {
        const opened = await store.open();
        if (opened.state === "held") return opened;
        const { file } = opened;
        let replaces = 0;
        const replace = (bytes: Uint8Array): Promise<void> => {
          if (replaces++ === 0) return file.replace(bytes);
          failed++;
          return Promise.reject(new Error("no"));
        };
        return {
          state: "open",
          file: {
            read: () => file.read(),
            append: (bytes) => file.append(bytes),
            truncate: (length) => file.truncate(length),
            replace,
            close: () => file.close(),
            abandon: () => file.abandon(),
          },
        };
      },
    };
    const first = await openJournal(stubborn, limits);
    for (let i = 0; i < 60; i++) {
      const entry = await addCommand(first.journal, `c${i}`, i);
      await settle(first.journal, entry, "rejected");
      await first.clock.advance(10);
      first.journal.dropOld();
    }
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThan(10);
    expect(first.faults).toHaveLength(failed);
    reopen(first);
    const second = await openJournal(store, limits);
    expect(states(second.journal, ["c0", "c58", "c59"])).toEqual([undefined, "rejected", "rejected"]);
  });
});
