import { existsSync } from "node:fs";
import { type FileHandle, mkdtemp, open as openFile, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openAppendFile } from "../../../src/adapters/gateway-files.ts";

const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true }))));

async function place(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gateway-files-"));
  folders.push(folder);
  return join(folder, "logs", "a.log");
}

const nothingLost = (): void => {
  throw new Error("lines were lost");
};

test("openAppendFile makes folder and file for their owner, and appends in order, run after run", async () => {
  const path = await place();
  for (const run of [0, 1]) {
    const file = await openAppendFile(path, nothingLost);
    for (let line = 0; line < 100; line++) file.write(`${run} ${line}`);
    expect(file.failure).toBeUndefined();
    await file.close();
  }
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  expect(lines).toEqual([0, 1].flatMap((run) => Array.from({ length: 100 }, (_, line) => `${run} ${line}`)));
  if (process.platform !== "win32") expect((await stat(path)).mode & 0o077).toBe(0);
});

/** A file whose writes and flushes to the disk are counted and can be awaited. */
function counted() {
  const calls: string[] = [];
  let called: () => void = () => undefined;
  const open = async (path: string): Promise<FileHandle> => {
    const handle = await openFile(path, "a", 0o600);
    const write = handle.appendFile.bind(handle);
    const sync = handle.datasync.bind(handle);
    handle.appendFile = async (text, options) => {
      await write(text, options);
      calls.push(`write ${String(text).split("\n").length - 1}`);
      called();
    };
    handle.datasync = async () => {
      await sync();
      calls.push("sync");
      called();
    };
    return handle;
  };
  const until = async (count: number): Promise<readonly string[]> => {
    while (calls.length < count) {
      await new Promise<void>((resolve) => {
        called = resolve;
      });
    }
    return calls;
  };
  return { calls, open, until };
}

test("openAppendFile writes prompt lines at once, with those that waited, in order", async () => {
  const path = await place();
  const { open, until } = counted();
  const file = await openAppendFile(path, nothingLost, { open, gatherMs: 3_600_000 });
  for (let line = 0; line < 5; line++) file.write(String(line), false);
  file.write("prompt");
  expect(await until(1)).toEqual(["write 6"]);
  expect(await readFile(path, "utf8")).toBe("0\n1\n2\n3\n4\nprompt\n");
  file.write("last", false);
  await file.close();
  expect(await readFile(path, "utf8")).toContain("prompt\nlast\n");
});

test("openAppendFile writes lines that are not prompt together, a moment later", async () => {
  const path = await place();
  const { open, until } = counted();
  const file = await openAppendFile(path, nothingLost, { open, gatherMs: 1 });
  for (let line = 0; line < 5; line++) file.write(String(line), false);
  expect(await until(1)).toEqual(["write 5"]);
  await file.close();
});

test("openAppendFile goes on writing after the moment of gathered lines has passed with nothing left to write", async () => {
  const path = await place();
  const { calls, open, until } = counted();
  const file = await openAppendFile(path, nothingLost, { open, gatherMs: 1 });
  for (let round = 1; round <= 5; round++) {
    file.write("waits", false);
    file.write("prompt");
    await until(round);
    // the gathering's own timer, set before this one
    await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise(setImmediate);
  }
  file.write("later", false);
  expect((await until(6)).length).toBe(6);
  expect(calls).toEqual([...Array.from({ length: 5 }, () => "write 2"), "write 1"]);
  await file.close();
});

test("openAppendFile flushes to the disk within its time, and when it closes, and only what is new", async () => {
  const path = await place();
  const { calls, open, until } = counted();
  const file = await openAppendFile(path, nothingLost, { open, syncMs: 1 });
  file.write("a");
  expect(await until(2)).toEqual(["write 1", "sync"]);
  file.write("b");
  await until(4);
  await file.close();
  expect(calls).toEqual(["write 1", "sync", "write 1", "sync"]);
  const closing = counted();
  const other = await openAppendFile(path, nothingLost, { open: closing.open, syncMs: 3_600_000 });
  other.write("c");
  await other.close();
  expect(closing.calls).toEqual(["write 1", "sync"]);
});

test("openAppendFile tells of a disk that does not flush", async () => {
  const path = await place();
  const lost: string[] = [];
  const file = await openAppendFile(path, (_, cause) => lost.push(cause.message), {
    syncMs: 3_600_000,
    open: async (name) => {
      const handle = await openFile(name, "a", 0o600);
      handle.datasync = () => Promise.reject(new Error("EIO"));
      return handle;
    },
  });
  file.write("a");
  await file.close();
  expect(file.failure?.message).toBe("EIO");
  expect(lost).toEqual(["EIO"]);
});

test("openAppendFile refuses a path that is a folder", async () => {
  const path = await place();
  await expect(openAppendFile(join(path, "..", ".."), nothingLost)).rejects.toThrow();
});

// a device that is always full exists on Linux only
if (existsSync("/dev/full")) {
  test("openAppendFile on a full disk throws at nobody, says so, and counts what was lost at the end", async () => {
    const lost: [number, string][] = [];
    const file = await openAppendFile("/dev/full", (lines, cause) => lost.push([lines, cause.message]));
    for (let line = 0; line < 10; line++) file.write(String(line));
    await file.close();
    expect(file.failure?.message).toContain("ENOSPC");
    expect(lost).toEqual([[10, expect.stringContaining("ENOSPC")]]);
  });
}
