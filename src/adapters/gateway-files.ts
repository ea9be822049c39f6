import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** A text file that only grows. */
export interface AppendFile {
  /** Queues a line; never throws and never waits. */
  write(line: string): void;
  /** Why lines are not being written at the moment, if they are not. */
  readonly failure: Error | undefined;
  /** Resolves when what was queued is written, or cannot be. */
  close(): Promise<void>;
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
): Promise<AppendFile> {
  const file = resolve(path);
  await mkdir(dirname(file), { recursive: true });
  let handle: FileHandle | undefined = await open(file, "a", 0o600);
  let queue: string[] = [];
  let dropped = 0;
  let failure: Error | undefined;
  let writing: Promise<void> | undefined;

  const flush = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue;
      queue = [];
      try {
        handle ??= await open(file, "a", 0o600);
        await handle.appendFile(batch.join(""), "utf8");
        if (dropped > 0) lost(dropped, failure ?? new Error("The disk is too slow"));
        dropped = 0;
        failure = undefined;
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
        const kept = [...batch, ...queue];
        dropped += Math.max(0, kept.length - maxQueuedLines);
        queue = kept.slice(0, maxQueuedLines);
        await handle?.close().catch(() => undefined);
        handle = undefined;
        break;
      }
    }
    writing = undefined;
  };

  return {
    write(line): void {
      if (queue.length < maxQueuedLines) queue.push(`${line}\n`);
      else {
        dropped++;
        failure ??= new Error("The disk is too slow");
      }
      writing ??= flush();
    },
    get failure(): Error | undefined {
      return failure;
    },
    async close(): Promise<void> {
      await writing;
      if (queue.length > 0) await flush();
      if (failure !== undefined) lost(dropped + queue.length, failure);
      await handle?.close();
      handle = undefined;
    },
  };
}
