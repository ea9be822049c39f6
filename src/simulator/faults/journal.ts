import type { Clock } from "../../transport/clock.ts";
import type { JournalFile, JournalOpened, JournalStore } from "../agent/journal-store.ts";
import { type FaultHandle, type FaultOptions, FaultSet } from "./fault.ts";

/** The writing calls of a journal's file. */
export type JournalWrite = "append" | "truncate" | "replace";

/** What happens to the bytes of a failing append. */
export interface TearOptions extends FaultOptions {
  /** So many of them are on the disk all the same; all if there are fewer. */
  readonly bytes: number;
}

/** What can be done to an agent's journal. */
export interface JournalFaults {
  /** The store to give to the agent. */
  readonly store: JournalStore;
  /** While it stands the disk takes only so many bytes more: an append leaves what fits and fails, a replace fails. */
  full(freeBytes?: number, options?: FaultOptions): FaultHandle;
  /** The next append fails after some of its bytes. Kill the agent in `onStrike` to tear a record as a crash does. */
  tear(options: TearOptions): FaultHandle;
  /** Calls of this kind fail and change nothing. */
  fail(write: JournalWrite, options?: FaultOptions): FaultHandle;
  /** Writes take so much longer while it stands; none fails. */
  delay(delayMs: number, options?: FaultOptions): FaultHandle;
  /** Writes wait while it stands, and go on when it is healed. */
  stall(options?: FaultOptions): FaultHandle;
  /**
   * Changes the bytes behind the agent's back, as damage to the disk or a power cut does. Only while no agent holds the
   * journal.
   */
  damage(change: (bytes: Uint8Array) => Uint8Array): Promise<void>;
}

type Rule =
  | { readonly kind: "full"; freeBytes: number }
  | { readonly kind: "tear"; readonly bytes: number }
  | { readonly kind: "fail"; readonly write: JournalWrite }
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "stall" };

/** Wraps where an agent keeps its journal, so that the disk can fill up, tear, fail and stall. */
export function faultyJournal(inner: JournalStore, clock: Clock): JournalFaults {
  const rules = new FaultSet<Rule>();
  let waiting: (() => void)[] = [];

  async function slow(): Promise<void> {
    const rule = rules.strike((what) => what.kind === "delay");
    if (rule?.kind === "delay") {
      await new Promise<void>((resolve) => {
        clock.setTimer(resolve, rule.delayMs);
      });
    }
    if (rules.strike((what) => what.kind === "stall") !== undefined) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  function failing(write: JournalWrite): void {
    const rule = rules.strike((what) => what.kind === "fail" && what.write === write);
    if (rule !== undefined) throw new Error(`Cannot ${write} the journal: the fault kit fails it`);
  }

  async function append(file: JournalFile, bytes: Uint8Array): Promise<void> {
    await slow();
    failing("append");
    const torn = rules.find((what) => what.kind === "tear");
    if (torn?.what.kind === "tear") {
      await file.append(bytes.subarray(0, torn.what.bytes));
      torn.strike();
      throw new Error("Cannot append to the journal: torn by the fault kit");
    }
    const full = rules.find((what) => what.kind === "full");
    if (full?.what.kind === "full") {
      const { freeBytes } = full.what;
      full.what.freeBytes = Math.max(0, freeBytes - bytes.length);
      if (bytes.length > freeBytes) {
        if (freeBytes > 0) await file.append(bytes.subarray(0, freeBytes));
        full.strike();
        throw new Error("Cannot append to the journal: no space left on the disk");
      }
    }
    await file.append(bytes);
  }

  async function replace(file: JournalFile, bytes: Uint8Array): Promise<void> {
    await slow();
    failing("replace");
    const full = rules.find((what) => what.kind === "full" && what.freeBytes < bytes.length);
    if (full !== undefined) {
      full.strike();
      throw new Error("Cannot replace the journal: no space left on the disk");
    }
    await file.replace(bytes);
  }

  function wrap(file: JournalFile): JournalFile {
    return {
      read: () => file.read(),
      append: (bytes) => append(file, bytes),
      truncate: async (length): Promise<void> => {
        await slow();
        failing("truncate");
        await file.truncate(length);
      },
      replace: (bytes) => replace(file, bytes),
      close: () => file.close(),
      abandon: () => file.abandon(),
    };
  }

  return {
    store: {
      async open(): Promise<JournalOpened> {
        const opened = await inner.open();
        return opened.state === "open" ? { state: "open", file: wrap(opened.file) } : opened;
      },
    },
    full: (freeBytes = 0, options) => rules.add({ kind: "full", freeBytes }, options),
    tear: ({ bytes, ...options }) => rules.add({ kind: "tear", bytes }, { times: 1, ...options }),
    fail: (write, options) => rules.add({ kind: "fail", write }, options),
    delay: (delayMs, options) => rules.add({ kind: "delay", delayMs }, options),
    stall: (options) =>
      rules.add({ kind: "stall" }, options, () => {
        const released = waiting;
        waiting = [];
        for (const release of released) release();
      }),
    async damage(change): Promise<void> {
      const opened = await inner.open();
      if (opened.state === "held") throw new Error(`Cannot damage the journal: ${opened.holder} holds it`);
      const { file } = opened;
      try {
        await file.replace(change(await file.read()));
      } finally {
        await file.close();
      }
    },
  };
}
