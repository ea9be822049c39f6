import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The gateway as users run it: a process of its own. */
export interface GatewayProcess {
  readonly endpoint: string;
  readonly output: readonly string[];
  /** Stops in order; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** As a power cut would. */
  kill(): Promise<void>;
}

/** Starts `mt5-connector gateway` with the given options and waits until it is ready. */
export async function startGatewayProcess(
  options: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess> {
  const child = spawn(
    process.execPath,
    ["build/run.mjs", "test/interop/gateway/serve.ts", "gateway", "--exit-with-stdin", ...options],
    { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...environment } },
  );
  const output: string[] = [];
  const exited = once(child, "exit");
  const endpoint = await new Promise<string>((resolve, reject) => {
    const read = (line: string): void => {
      output.push(line);
      const ready = /^ready on (\S+)/.exec(line)?.[1];
      if (ready !== undefined) resolve(ready);
    };
    createInterface({ input: child.stdout }).on("line", read);
    createInterface({ input: child.stderr }).on("line", read);
    void exited.then(([code]) => reject(new Error(`The gateway ended with ${code}:\n${output.join("\n")}`)));
  });
  return {
    endpoint,
    output,
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
