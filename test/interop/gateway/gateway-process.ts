import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll } from "vitest";
import { bundledCli, removeBundledCli } from "./bundle.ts";

afterAll(removeBundledCli);

/** The gateway as users run it: a process of its own. */
export interface GatewayProcess {
  readonly endpoint: string;
  readonly output: readonly string[];
  /** Resolves with the first line that holds the text. */
  line(text: string): Promise<string>;
  /** Stops in order; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** As a power cut would. */
  kill(): Promise<void>;
}

/** Starts `mt5-connector gateway` with the given options and waits until it is ready. */
export async function startGatewayProcess(options: readonly string[]): Promise<GatewayProcess> {
  return start(process.execPath, [await bundledCli(), "gateway", "--exit-with-stdin", ...options]);
}

/** Starts the minimal Python server. */
export function startPythonServer(python: string, ...parameters: readonly string[]): Promise<GatewayProcess> {
  return start(python, ["test/interop/gateway/server.py", ...parameters]);
}

/** Runs `mt5-connector gateway test` to its end. */
export function runGatewayTest(
  options: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  return runGateway(["test", ...options]);
}

/** Runs `mt5-connector gateway` to its end, as the whole command line does. */
export async function runGateway(
  options: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [await bundledCli(), "gateway", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  await once(child, "close");
  return { code: child.exitCode, output };
}

async function start(program: string, parameters: readonly string[]): Promise<GatewayProcess> {
  const child = spawn(program, parameters, { stdio: ["pipe", "pipe", "pipe"] });
  const output: string[] = [];
  const exited = once(child, "exit");
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const resume of [...waiting]) resume();
    waiting.clear();
  };
  void exited.then(wake);
  const endpoint = await new Promise<string>((resolve, reject) => {
    const read = (line: string): void => {
      output.push(line);
      wake();
      const ready = /^ready on (\S+)/.exec(line)?.[1];
      if (ready !== undefined) resolve(ready);
    };
    createInterface({ input: child.stdout }).on("line", read);
    createInterface({ input: child.stderr }).on("line", read);
    void exited.then(([code]) => reject(new Error(`The server ended with ${code}:\n${output.join("\n")}`)));
  });
  return {
    endpoint,
    output,
    async line(text): Promise<string> {
      for (;;) {
        const found = output.find((line) => line.includes(text));
        if (found !== undefined) return found;
        if (child.exitCode !== null) throw new Error(`It ended without "${text}":\n${output.join("\n")}`);
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    },
    async stop(): Promise<number | null> {
      child.stdin.end();
      await exited;
      return child.exitCode;
    },
    async kill(): Promise<void> {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Runs a scenario of `client.py`; rejects with what it printed unless all was as described. */
export async function runPython(
  python: string,
  parameters: readonly string[],
  hooks: { readonly onLine?: (line: string) => void; readonly input?: string } = {},
): Promise<readonly string[]> {
  const child: ChildProcess = spawn(python, ["test/interop/gateway/client.py", ...parameters], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const lines: string[] = [];
  let errors = "";
  if (child.stdout === null || child.stderr === null) throw new Error("no pipes");
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    hooks.onLine?.(line);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  child.stdin?.end(hooks.input ?? "");
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`client.py ${parameters.join(" ")} ended with ${code}:\n${errors}`);
  return lines;
}
