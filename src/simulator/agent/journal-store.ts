/** A journal's bytes, held open by one agent. One call at a time; the journal sees to that. */
export interface JournalFile {
  /** All bytes, from the beginning. */
  read(): Promise<Uint8Array>;
  /**
   * Writes at the end and resolves when the bytes are durable. After a rejection nobody knows how many of them are
   * there: `truncate` must succeed before the next `append`.
   */
  append(bytes: Uint8Array): Promise<void>;
  /** Cuts to the first `length` bytes, durably. */
  truncate(length: number): Promise<void>;
  /** Replaces all bytes, durably and at once: whenever it fails or the machine stops, the old or the new bytes are there. */
  replace(bytes: Uint8Array): Promise<void>;
  /** Closes in order and gives the lock up. */
  close(): Promise<void>;
  /** Lets go as a dying process does: nothing more is written, and the lock falls. */
  abandon(): void;
}

/** What opening a journal gives: its file, or who holds it. */
export type JournalOpened =
  | { readonly state: "open"; readonly file: JournalFile }
  | { readonly state: "held"; readonly holder: string };

/** Where an agent keeps its journal. */
export interface JournalStore {
  /** Takes the journal for this agent alone; a lock whose holder is dead is no lock. */
  open(): Promise<JournalOpened>;
}

/** Another agent holds the journal. */
export class JournalLockedError extends Error {
  override readonly name = "JournalLockedError";
  /** What to do about it. */
  readonly remedy: string = "Stop the other agent, or give this one a journal of its own";

  constructor(holder: string) {
    super(`Cannot open the journal: ${holder} holds it`);
  }
}

/** Records that were durable are damaged; going on could execute a command twice. */
export class JournalDamagedError extends Error {
  override readonly name = "JournalDamagedError";
  /** What to do about it. */
  readonly remedy: string =
    "Restore the journal from a copy, or, once no command of an earlier run can be repeated, move it away";

  constructor(record: number, byteOffset: number) {
    super(`Cannot read the journal: record ${record} at byte ${byteOffset} was durable and is damaged`);
  }
}

/** The journal belongs to another account. */
export class JournalAccountError extends Error {
  override readonly name = "JournalAccountError";
  /** What to do about it. */
  readonly remedy: string =
    "Log the terminal in to the journal's account, or give this agent a journal of its own";

  constructor(journal: string, terminal: string) {
    super(
      `Cannot open the journal: it belongs to account ${journal}, the terminal is logged in to ${terminal}`,
    );
  }
}
