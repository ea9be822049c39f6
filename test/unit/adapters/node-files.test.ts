import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformWithOxc } from "vite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileJournal } from "../../../src/adapters/node-files.ts";
import type { JournalFile } from "../../../src/simulator/agent/journal-store.ts";
import { MemoryJournalStore } from "../../../src/simulator/agent/memory-journal.ts";
import { Rig } from "../simulator/agent/rig.ts";

let folder: string;
let path: string;
const open: JournalFile[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mt5-journal-"));
  path = join(folder, "data", "agent.journal");
});

afterEach(async () => {
  for (const file of open.splice(0)) file.abandon();
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

async function take(): Promise<JournalFile> {
  const opened = await fileJournal(path).open();
  if (opened.state === "held") throw new Error(`held by ${opened.holder}`);
  open.push(opened.file);
  return opened.file;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = async (file: JournalFile): Promise<string> => new TextDecoder().decode(await file.read());

describe("fileJournal", () => {
  it("appends, cuts, replaces, and finds it all again", async () => {
    const first = await take();
    expect(await text(first)).toBe("");
    await first.append(bytes("one "));
    await first.append(bytes("two "));
    await first.truncate(4);
    await first.append(bytes("three"));
    expect(await text(first)).toBe("one three");
    await first.close();
    const second = await take();
    expect(await text(second)).toBe("one three");
    await second.replace(bytes("new"));
    await second.append(bytes("er"));
    expect(await text(second)).toBe("newer");
    expect(await readFile(path, "utf8")).toBe("newer");
    expect((await readdir(join(folder, "data"))).filter((name) => !name.includes(".lock."))).toEqual([
      "agent.journal",
    ]);
  });

  it("is its owner's alone: 600 in a folder of 700", async () => {
    const file = await take();
    await file.append(bytes("x"));
    await file.replace(bytes("y"));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "data"))).mode & 0o777).toBe(0o700);
    for (const name of await readdir(join(folder, "data"))) {
      expect((await stat(join(folder, "data", name))).mode & 0o077).toBe(0);
    }
  });

  it("is held by one agent of a process, until that closes or is abandoned", async () => {
    const first = await take();
    expect(await fileJournal(path).open()).toMatchObject({ state: "held", holder: `process ${process.pid}` });
    await first.close();
    const second = await take();
    expect(await fileJournal(path).open()).toMatchObject({ state: "held" });
    second.abandon();
    await take();
  });

  it("leaves no lock behind when it is closed", async () => {
    await (await take()).close();
    expect(await readdir(join(folder, "data"))).toEqual(["agent.journal"]);
  });

  it("writes nothing after it was closed or abandoned", async () => {
    const first = await take();
    first.abandon();
    await expect(first.append(bytes("x"))).rejects.toThrow("it is closed");
    const second = await take();
    await second.close();
    await expect(second.replace(bytes("x"))).rejects.toThrow("it is closed");
    expect(await readFile(path, "utf8")).toBe("");
  });

  it("waits for writes of an abandoned file before it is opened again", async () => {
    const store = fileJournal(path);
    const first = await store.open();
    if (first.state === "held") throw new Error("held");
    const writing = first.file.append(bytes("late")).catch(() => undefined);
    first.file.abandon();
    const second = await store.open();
    if (second.state === "held") throw new Error("held");
    open.push(second.file);
    const before = await text(second.file);
    await writing;
    expect(await text(second.file)).toBe(before);
  });

  it("takes over a lock of a process that is dead, and not one of a process that runs", async () => {
    await (await take()).append(bytes("kept"));
    const refused = await hold(path);
    expect(refused.said).toContain("held");
    for (const file of open.splice(0)) file.abandon();
    const held = await hold(path);
    expect(held.said).toContain("open");
    expect(await fileJournal(path).open()).toEqual({ state: "held", holder: `process ${held.child.pid}` });
    held.child.kill("SIGKILL");
    await once(held.child, "exit");
    expect(await text(await take())).toBe("kept");
  });

  it("takes over a lock whose process number belongs to another process now", async () => {
    await (await take()).close();
    await writeFile(join(folder, "data", `agent.journal.lock.${process.pid}.boot-1.x`), "");
    // Without /proc the number is all there is to go by, and the lock stands.
    const opened = await fileJournal(path).open();
    expect(opened.state).toBe(process.platform === "linux" ? "open" : "held");
    if (opened.state === "open") open.push(opened.file);
  });

  it("never lets two agents in, when many try at once", async () => {
    const tries = await Promise.all(Array.from({ length: 8 }, () => fileJournal(path).open()));
    const inside = tries.filter((opened) => opened.state === "open");
    for (const opened of inside) if (opened.state === "open") open.push(opened.file);
    expect(inside.length).toBeLessThanOrEqual(1);
  });

  it("gives the lock up when the file cannot be opened", async () => {
    if (process.getuid?.() === 0 || process.platform === "win32") return;
    await (await take()).close();
    await chmod(path, 0o000);
    await expect(fileJournal(path).open()).rejects.toThrow();
    await chmod(path, 0o600);
    await take();
  });

  it("carries an agent over kill and restart, with a torn end", async () => {
    const rig = new Rig();
    await start(rig);
    const client = await rig.session();
    client.write(client.order("a"));
    await until(rig, () => client.last("a")?.state === "executed");
    rig.agent.kill();
    await truncate(path, (await stat(path)).size - 5);
    await start(rig);
    const again = await rig.session();
    expect(await again.get("outcome", { id: "a" })).toMatchObject({ outcome: { state: "executed" } });
    expect(rig.terminal.executions).toHaveLength(1);
    rig.agent.kill();
  });
});

describe("MemoryJournalStore keeps the same contract", () => {
  it("appends, cuts, replaces, holds and lets go", async () => {
    const store = new MemoryJournalStore();
    const first = await store.open();
    if (first.state === "held") throw new Error("held");
    await first.file.append(bytes("one two"));
    await first.file.truncate(4);
    await first.file.append(bytes("three"));
    expect(await text(first.file)).toBe("one three");
    expect((await store.open()).state).toBe("held");
    first.file.abandon();
    await expect(first.file.append(bytes("x"))).rejects.toThrow("it is closed");
    const second = await store.open();
    if (second.state === "held") throw new Error("held");
    await second.file.replace(bytes("new"));
    expect(await text(second.file)).toBe("new");
  });
});

/** Starts an agent on the file. */
async function start(rig: Rig): Promise<void> {
  let ports: typeof rig.ports | undefined;
  const started = rig
    .make({ journal: fileJournal(path) })
    .start()
    .then((result) => {
      ports = result.ports;
    });
  await until(rig, () => ports !== undefined);
  await started;
  rig.ports = ports ?? rig.ports;
}

/** Real disk in virtual time: gives the disk turns until the condition holds. */
async function until(rig: Rig, condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 50_000 && !condition(); turn++) {
    await rig.clock.advance(0.1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(condition()).toBe(true);
}

/** Another process that opens the journal and says how that went. The adapter imports types only, so it runs alone. */
async function hold(journal: string): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const source = new URL("../../../src/adapters/node-files.ts", import.meta.url);
  const { code } = await transformWithOxc(await readFile(source, "utf8"), source.pathname);
  const module = join(folder, "node-files.mjs");
  await writeFile(module, code);
  const script = join(folder, "hold.mjs");
  await writeFile(
    script,
    `import { fileJournal } from "./node-files.mjs";
const opened = await fileJournal(${JSON.stringify(journal)}).open();
console.log(opened.state);
if (opened.state === "open") setInterval(() => {}, 1000);
`,
  );
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { child, said: said.toString() };
}
