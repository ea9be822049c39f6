import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { open, rm } from "node:fs/promises";
import { env, kill } from "node:process";
import { promisify } from "node:util";
import type { TerminalHost, TerminalProcess } from "../gateway/terminal-keeper.ts";

const run = promisify(execFile);

/** By its whole path: a program of that name in the working folder would be found first. */
function system(program: string): string {
  return `${env["SystemRoot"] ?? "C:\\Windows"}\\System32\\${program}`;
}

/**
 * Lists as JSON, because the columns of `tasklist` hold no path; in Base64, because PowerShell writes in the machine's
 * old code page; and without double quotes, which would have to pass two parsers.
 */
const listing =
  "$p = @(Get-CimInstance Win32_Process -Filter 'Name=''terminal64.exe''' | Select-Object ProcessId,ExecutablePath); " +
  "[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -Compress -InputObject $p)))";

/** The terminals of a Windows machine. */
export const windowsTerminals: TerminalHost = {
  async terminals(): Promise<readonly TerminalProcess[]> {
    const { stdout } = await run(
      system("WindowsPowerShell\\v1.0\\powershell.exe"),
      ["-NoProfile", "-NonInteractive", "-Command", listing],
      { timeout: 30_000, windowsHide: true },
    );
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
      await run(system("icacls.exe"), [file, "/inheritance:r", "/grant:r", `*${await ownSid()}:F`], {
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

/** By its number: a name may belong to an account of the machine and to one of the domain. */
async function ownSid(): Promise<string> {
  const { stdout } = await run(system("whoami.exe"), ["/user", "/fo", "csv", "/nh"], { windowsHide: true });
  return parseSid(stdout);
}

/** The security identifier in what `whoami /user` prints. @throws Error if there is none */
export function parseSid(text: string): string {
  const sid = /"(S-1-\d+(?:-\d+)+)"\s*$/.exec(text)?.[1];
  if (sid === undefined) throw new Error("Cannot protect the start-up file: whoami names no user");
  return sid;
}

/** Reads the list of terminals as PowerShell writes it: Base64 of JSON. */
export function parseTerminals(text: string): readonly TerminalProcess[] {
  const value: unknown = JSON.parse(Buffer.from(text.trim(), "base64").toString("utf8"));
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    if (typeof item !== "object" || item === null || !("ProcessId" in item)) return [];
    const path =
      "ExecutablePath" in item && typeof item.ExecutablePath === "string" ? item.ExecutablePath : "";
    return [{ pid: Number(item.ProcessId), path }];
  });
}
