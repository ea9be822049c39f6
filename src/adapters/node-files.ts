import { randomUUID } from "node:crypto";
import { constants, rmSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { kill, pid, platform } from "node:process";
import type { JournalFile, JournalOpened, JournalStore } from "../simulator/agent/journal-store.ts";

/** Owner-only. */
const fileMode = 0o600;
const directoryMode = 0o700;

/**
 * A journal in a file. Writes are flushed to the disk (fdatasync) before they count; what a power cut can lose beyond
 * that is what the disk itself has not written although it said so. The lock holds among processes of one machine.
 */
export function fileJournal(path: string): JournalStore {
  const file = resolve(path);
  // Writes of a file that was abandoned in this process may still be under way when it is opened again.
  let settled: Promise<void> = Promise.resolve();
  return {
    async open(): Promise<JournalOpened> {
      await settled;
      await mkdir(dirname(file), { recursive: true, mode: directoryMode });
      const claim = await claimLock(file);
      if (claim.state === "held") return claim;
      try {
        await rm(temporary(file), { force: true });
        const handle = await open(file, constants.O_RDWR | constants.O_CREAT, fileMode);
        const { size } = await handle.stat();
        const journal = new NodeJournalFile(file, handle, size, claim.path);
        settled = journal.settled;
        return { state: "open", file: journal };
      } catch (fault) {
        await rm(claim.path, { force: true });
        throw fault;
      }
    },
  };
}

class NodeJournalFile implements JournalFile {
  readonly #path: string;
  readonly #claim: string;
  #handle: FileHandle;
  #size: number;
  #state: "open" | "abandoned" | "closed" = "open";
  #pending: Promise<unknown> = Promise.resolve();
  #release: () => void = () => undefined;
  /** Resolves when nothing of this file is under way any more. */
  readonly settled: Promise<void>;

  constructor(path: string, handle: FileHandle, size: number, claim: string) {
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
    this.#claim = claim;
    this.settled = new Promise((done) => {
      this.#release = done;
    });
  }

  read(): Promise<Uint8Array> {
    return this.#run(async () => {
      const { size } = await this.#handle.stat();
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; ) {
        const { bytesRead } = await this.#handle.read(bytes, at, size - at, at);
        if (bytesRead === 0) return bytes.subarray(0, at);
        at += bytesRead;
      }
      return bytes;
    });
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#run(async () => {
      await writeAll(this.#handle, bytes, this.#size);
      await this.#handle.datasync();
      this.#size += bytes.length;
    });
  }

  truncate(length: number): Promise<void> {
    return this.#run(async () => {
      await this.#handle.truncate(length);
      await this.#handle.datasync();
      this.#size = length;
    });
  }

  replace(bytes: Uint8Array): Promise<void> {
    return this.#run(async () => {
      const path = temporary(this.#path);
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC;
      const handle = await open(path, flags, fileMode);
      try {
        await writeAll(handle, bytes, 0);
        await handle.sync();
        // Windows does not rename over an open file: the old one is let go first.
        if (platform === "win32") await this.#handle.close();
        await rename(path, this.#path);
      } catch (fault) {
        await handle.close();
        await rm(path, { force: true });
        if (platform === "win32") this.#handle = await open(this.#path, constants.O_RDWR, fileMode);
        throw fault;
      }
      if (platform !== "win32") await this.#handle.close();
      this.#handle = handle;
      this.#size = bytes.length;
      await syncDirectory(dirname(this.#path));
    });
  }

  async close(): Promise<void> {
    if (this.#state !== "open") return;
    await this.#run(async () => undefined);
    this.#state = "closed";
    await this.#handle.close();
    await rm(this.#claim, { force: true });
    this.#release();
  }

  abandon(): void {
    if (this.#state !== "open") return;
    this.#state = "abandoned";
    rmSync(this.#claim, { force: true });
    this.#pending.then(() => this.#handle.close()).then(this.#release, this.#release);
  }

  /** One call at a time, and none after the end. */
  #run<T>(work: () => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      if (this.#state !== "open") throw new Error("Cannot use the journal: it is closed");
      return work();
    };
    const result = this.#pending.then(run, run);
    this.#pending = result.catch(() => undefined);
    return result;
  }
}

function temporary(path: string): string {
  return `${path}.new`;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, from: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, from + at);
    if (bytesWritten === 0) throw new Error("Cannot write the journal: the disk takes no more");
    at += bytesWritten;
  }
}

/** Makes a rename durable. Windows has no such call, and needs none. */
async function syncDirectory(path: string): Promise<void> {
  if (platform === "win32") return;
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

type Claim =
  | { readonly state: "claimed"; readonly path: string }
  | { readonly state: "held"; readonly holder: string };

/**
 * Takes the lock. Each process puts up a claim that names it, and then looks for others: of two that try at once each
 * sees the other, so that never both go on. A claim of a dead process is taken down; a dead process does not come back,
 * so nobody's lock can be taken down by mistake.
 */
async function claimLock(file: string): Promise<Claim> {
  const prefix = `${basename(file)}.lock.`;
  const directory = dirname(file);
  const name = `${prefix}${pid}.${await startOf(pid)}.${randomUUID()}`;
  const path = join(directory, name);
  const handle = await open(path, "wx", fileMode);
  await handle.close();
  for (const other of await readdir(directory)) {
    if (!other.startsWith(prefix) || other === name) continue;
    const [owner = "", start = ""] = other.slice(prefix.length).split(".");
    if (await isAlive(Number(owner), start)) {
      await rm(path, { force: true });
      return { state: "held", holder: `process ${owner}` };
    }
    await rm(join(directory, other), { force: true });
  }
  return { state: "claimed", path };
}

/** Whether the process that put up a claim still runs. When that cannot be told, it does. */
async function isAlive(owner: number, start: string): Promise<boolean> {
  if (!Number.isSafeInteger(owner) || owner <= 0) return true;
  const now = await startOf(owner);
  // Another process may have been given the same number since.
  if (now !== unknownStart && start !== unknownStart) return now === start;
  try {
    kill(owner, 0);
    return true;
  } catch (fault) {
    return !(fault instanceof Error && "code" in fault && fault.code === "ESRCH");
  }
}

const unknownStart = "0";

/** When a process started, in the kernel's own words, on Linux; elsewhere unknown. */
async function startOf(process: number): Promise<string> {
  if (platform !== "linux") return unknownStart;
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${process}/stat`, "utf8"),
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    ]);
    // The name in the second field may hold spaces and brackets; field 22 is counted from its end.
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? unknownStart;
    return `${boot.slice(0, 8)}-${start}`;
  } catch {
    // Without /proc (or the permission to read it) the process number alone must do.
    return unknownStart;
  }
}
