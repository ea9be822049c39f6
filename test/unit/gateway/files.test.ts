import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
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
