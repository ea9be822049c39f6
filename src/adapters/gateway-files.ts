import { type FileHandle, mkdir, open as openFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** A text file that only grows. */
export interface AppendFile {
  /** Queues a line; never throws and never waits. One that is not `prompt` is written together with the next ones. */
  write(line: string, prompt?: boolean): void;
  /** Why lines are not being written at the moment, if they are not. */
  readonly failure: Error | undefined;
  /** Resolves when what was queued is written and on the disk, or cannot be. */
  close(): Promise<void>;
}

/** How an append file is written. */
export interface AppendFileOptions {
  /** Longest time that a line which is not prompt waits for others. @default 50 */
  readonly gatherMs?: number;
  /** Longest time from writing a line until it is flushed to the disk (fdatasync). @default when the machine likes */
  readonly syncMs?: number;
  /** Opens the file. */
  readonly open?: (path: string) => Promise<FileHandle>;
}

/** Lines kept while the disk takes none, or is too slow; of more, the newest are lost and counted. */
const maxQueuedLines = 100_000;

/**
 * Opens a file for its owner, in append mode. A disk that is full, or a folder that is gone, stops nobody: lines wait,
 * each new one tries again, and `lost` is told how many could not be kept.
 */
export async function openAppendFile(
  path: string,
  lost: (lines: number, cause: Error) => void,
  options: AppendFileOptions = {},
): Promise<AppendFile> {
  const file = resolve(path);
  await mkdir(dirname(file), { recursive: true });
  const open = options.open ?? ((place: string): Promise<FileHandle> => openFile(place, "a", 0o600));
  return new QueuedFile(file, open, await open(file), lost, options);
}

class QueuedFile implements AppendFile {
  readonly #path: string;
  readonly #open: (path: string) => Promise<FileHandle>;
  readonly #lost: (lines: number, cause: Error) => void;
  readonly #gatherMs: number;
  readonly #syncMs: number | undefined;
  #handle: FileHandle | undefined;
  #queue: string[] = [];
  #dropped = 0;
  #failure: Error | undefined;
  #writing: Promise<void> | undefined;
  #gathering: NodeJS.Timeout | undefined;
  #syncing: NodeJS.Timeout | undefined;
  #unsynced = false;

  constructor(
    path: string,
    open: (path: string) => Promise<FileHandle>,
    handle: FileHandle,
    lost: (lines: number, cause: Error) => void,
    { gatherMs = 50, syncMs }: AppendFileOptions,
  ) {
    this.#path = path;
    this.#open = open;
    this.#handle = handle;
    this.#lost = lost;
    this.#gatherMs = gatherMs;
    this.#syncMs = syncMs;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  write(line: string, prompt = true): void {
    if (this.#queue.length < maxQueuedLines) this.#queue.push(`${line}\n`);
    else {
      this.#dropped++;
      this.#failure ??= new Error("The disk is too slow");
    }
    if (prompt) this.#writing ??= this.#flush();
    else this.#gathering ??= setTimeout(() => this.#gathered(), this.#gatherMs);
  }

  async close(): Promise<void> {
    clearTimeout(this.#gathering);
    await this.#writing;
    if (this.#queue.length > 0) await this.#flush();
    clearTimeout(this.#syncing);
    await this.#sync();
    if (this.#failure !== undefined) this.#lost(this.#dropped + this.#queue.length, this.#failure);
    await this.#handle?.close();
    this.#handle = undefined;
  }

  #gathered(): void {
    this.#gathering = undefined;
    this.#writing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    // With nothing to do this would end before its promise is kept in #writing, and keep others from writing for ever.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        this.#handle ??= await this.#open(this.#path);
        await this.#handle.appendFile(batch.join(""), "utf8");
        this.#unsynced = true;
        if (this.#dropped > 0) this.#lost(this.#dropped, this.#failure ?? new Error("The disk is too slow"));
        this.#dropped = 0;
        this.#failure = undefined;
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        const kept = [...batch, ...this.#queue];
        this.#dropped += Math.max(0, kept.length - maxQueuedLines);
        this.#queue = kept.slice(0, maxQueuedLines);
        await this.#handle?.close().catch(() => undefined);
        this.#handle = undefined;
        break;
      }
    }
    this.#writing = undefined;
    if (this.#syncMs === undefined || !this.#unsynced) return;
    this.#syncing ??= setTimeout(() => {
      this.#syncing = undefined;
      void this.#sync();
    }, this.#syncMs);
  }

  async #sync(): Promise<void> {
    if (this.#syncMs === undefined || !this.#unsynced) return;
    this.#unsynced = false;
    try {
      await this.#handle?.datasync();
    } catch (error) {
      // The lines are with the machine, though perhaps not on the disk; the next write shows whether it goes on.
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }
}
