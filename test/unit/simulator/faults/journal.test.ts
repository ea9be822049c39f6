import { describe, expect, test } from "vitest";
import type { JournalFile } from "../../../../src/simulator/agent/journal-store.ts";
import { MemoryJournalStore } from "../../../../src/simulator/agent/memory-journal.ts";
import { faultyJournal, type JournalFaults } from "../../../../src/simulator/faults/journal.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";

interface Disk {
  readonly clock: VirtualClock;
  readonly memory: MemoryJournalStore;
  readonly faults: JournalFaults;
  readonly file: JournalFile;
}

async function disk(): Promise<Disk> {
  const clock = new VirtualClock();
  const memory = new MemoryJournalStore();
  const faults = faultyJournal(memory, clock);
  const opened = await faults.store.open();
  if (opened.state !== "open") throw new Error("The journal is held");
  return { clock, memory, faults, file: opened.file };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (made: Disk): string => new TextDecoder().decode(made.memory.bytes);

describe("faultyJournal", () => {
  test("writes as the store below does while no fault stands", async () => {
    const made = await disk();
    await made.file.append(bytes("one"));
    await made.file.append(bytes("two"));
    await made.file.truncate(3);
    expect(text(made)).toBe("one");
    await made.file.replace(bytes("new"));
    expect(text(made)).toBe("new");
  });

  test("full: what fits is left behind, the call fails, and healing lets it work again", async () => {
    const made = await disk();
    const full = made.faults.full(4);
    await made.file.append(bytes("abc"));
    await expect(made.file.append(bytes("def"))).rejects.toThrow("no space left");
    expect(text(made)).toBe("abcd");
    await expect(made.file.replace(bytes("xyz"))).rejects.toThrow("no space left");
    expect(full.fired).toBe(2);
    full.heal();
    await made.file.truncate(3);
    await made.file.append(bytes("def"));
    expect(text(made)).toBe("abcdef");
  });

  test("tear: so many bytes are there, once, and onStrike is called when they are", async () => {
    const made = await disk();
    const at: string[] = [];
    made.faults.tear({ bytes: 2, onStrike: () => at.push(text(made)) });
    await expect(made.file.append(bytes("abc"))).rejects.toThrow("torn");
    expect(at).toEqual(["ab"]);
    await made.file.append(bytes("def"));
    expect(text(made)).toBe("abdef");
  });

  test("fail: the named call changes nothing", async () => {
    const made = await disk();
    await made.file.append(bytes("abc"));
    made.faults.fail("truncate", { times: 1 });
    await expect(made.file.truncate(0)).rejects.toThrow("truncate");
    expect(text(made)).toBe("abc");
    await made.file.truncate(0);
    expect(text(made)).toBe("");
  });

  test("delay and stall: the write waits, and succeeds", async () => {
    const made = await disk();
    const slow = made.faults.delay(50);
    const first = made.file.append(bytes("a"));
    await made.clock.advance(49);
    expect(text(made)).toBe("");
    await made.clock.advance(1);
    await first;
    slow.heal();
    const stall = made.faults.stall();
    const second = made.file.append(bytes("b"));
    await made.clock.advance(10_000);
    expect(text(made)).toBe("a");
    stall.heal();
    await second;
    expect(text(made)).toBe("ab");
  });

  test("damage changes the bytes, but not under a living agent", async () => {
    const made = await disk();
    await made.file.append(bytes("abc"));
    await expect(made.faults.damage((all) => all)).rejects.toThrow("holds it");
    made.file.abandon();
    await made.faults.damage((all) => all.subarray(0, 1));
    expect(text(made)).toBe("a");
  });
});
