import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { open, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { kill } from "node:process";
import { promisify } from "node:util";
import type { TerminalHost, TerminalProcess } from "../gateway/terminal-keeper.ts";

const run = promisify(execFile);

/** Lists as JSON, because the columns of `tasklist` are translated and hold no path. */
const listing =
  "Get-CimInstance Win32_Process -Filter \"Name='terminal64.exe'\" | Select-Object ProcessId,ExecutablePath | ConvertTo-Json -Compress";

/** The terminals of a Windows machine. */
export const windowsTerminals: TerminalHost = {
  async terminals(): Promise<readonly TerminalProcess[]> {
    const { stdout } = await run("powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", listing], {
      timeout: 30_000,
      windowsHide: true,
    });
    return parseTerminals(stdout);
  },

  async start(path, parameters) {
    // The terminal wants the quotes inside (/config:"C:\\a b\\x.ini"), where Node's own quoting does not put them.
    const child = spawn(path, [...parameters], {
      stdio: "ignore",
      detached: true,
      windowsHide: false,
      windowsVerbatimArguments: true,
      argv0: `"${path}"`,
    });
    // It goes on when the gateway ends.
    child.unref();
    const exited = once(child, "exit").then(([code]) => code as number | null);
    // A failure to start is told by the rejection below.
    exited.catch(() => undefined);
    await once(child, "spawn");
    return { pid: child.pid ?? 0, exited };
  },

  isAlive(pid): boolean {
    try {
      kill(pid, 0);
      return true;
    } catch (error) {
      return !(error instanceof Error && "code" in error && error.code === "ESRCH");
    }
  },

  async writeSecret(file, bytes): Promise<void> {
    await rm(file, { force: true });
    const handle = await open(file, "wx", 0o600);
    try {
      // Before the first byte: modes mean nothing to Windows, and a folder may hand down rights to others.
      await run("icacls.exe", [file, "/inheritance:r", "/grant:r", `${userInfo().username}:F`], {
        windowsHide: true,
      });
      await handle.writeFile(bytes);
      await handle.sync();
    } catch (error) {
      await handle.close();
      await rm(file, { force: true });
      throw error;
    }
    await handle.close();
  },

  remove: (file) => rm(file, { force: true }),
};

/** Reads PowerShell's JSON, which is nothing for no process, an object for one, and a list for several. */
export function parseTerminals(text: string): readonly TerminalProcess[] {
  if (text.trim() === "") return [];
  const value: unknown = JSON.parse(text);
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    if (typeof item !== "object" || item === null || !("ProcessId" in item)) return [];
    const path =
      "ExecutablePath" in item && typeof item.ExecutablePath === "string" ? item.ExecutablePath : "";
    return [{ pid: Number(item.ProcessId), path }];
  });
}
