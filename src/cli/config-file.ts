import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { connect } from "node:net";
import { resolve } from "node:path";
import { UsageError } from "./usage-error.ts";

/** What marks a configuration as this program's own, so that it may be replaced. */
const generator = "mt5-connector simulate";

/** The part of a configuration that the simulator fills in. */
export interface SimulatorConfig {
  readonly host: string;
  readonly ports: { readonly command: number; readonly events: number; readonly sync: number };
  /** Base64. */
  readonly serverKey: string;
  /** Base64; a secret. */
  readonly clientKey: string;
  readonly accountNumber: number;
  readonly broker: string;
}

/** The text of a connector configuration for the simulator, in the shape of `MT5ConnectorConfig`. */
export function simulatorConfigText(config: SimulatorConfig): string {
  return `${JSON.stringify(
    {
      agents: [
        {
          id: "simulator",
          displayName: "Embedded simulator",
          connection: { host: config.host, ports: config.ports, timeout: 5000 },
          credentials: { serverKey: config.serverKey, clientKey: config.clientKey },
          metadata: {
            accountNumber: config.accountNumber,
            broker: config.broker,
            environment: "test",
            description: `Written by ${generator}`,
          },
        },
      ],
      options: {
        reconnect: { enabled: true, maxAttempts: 5, backoffMs: 1000, maxBackoffMs: 30000 },
        logging: { level: "warn", destination: "console" },
      },
    },
    null,
    2,
  )}\n`;
}

/**
 * Writes a configuration with secrets: owner-only from the first byte, whole or not at all. Replaces only what this
 * program wrote itself, because another file there may hold the only copy of somebody's keys.
 */
export async function writeConfigFile(file: string, text: string): Promise<string> {
  const path = resolve(file);
  await readOwn(path);
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(text, "utf8");
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new UsageError(
      `Cannot write the configuration to ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Name a file in a folder that exists and that you may write to, with --config-out FILE",
      { cause },
    );
  }
  return path;
}

/**
 * Throws if the file exists and was not written by this program, or is that of a simulator that runs. Ask before
 * listening: a simulator that comes back to its ports would find itself.
 */
export async function refuseForeign(file: string): Promise<void> {
  const path = resolve(file);
  const present = await readOwn(path);
  if (present !== undefined) await refuseRunning(path, present);
}

/** The file's text, undefined if it is not there. Throws if it was not written by this program. */
async function readOwn(path: string): Promise<string | undefined> {
  let present: string;
  try {
    present = await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new UsageError(
      `Cannot write the configuration to ${path}: what is there cannot be read`,
      "Name another file with --config-out FILE",
      { cause: error },
    );
  }
  if (present.includes(`"description": "Written by ${generator}"`)) return present;
  throw new UsageError(
    `Cannot write the configuration to ${path}: a file that the simulator did not write is there already`,
    "Name another file with --config-out FILE, or move that one away",
  );
}

/** Its clients would find another simulator under their configuration, and trade there. */
async function refuseRunning(path: string, text: string): Promise<void> {
  let connection: { readonly host: string; readonly ports: { readonly command: number } } | undefined;
  try {
    connection = (JSON.parse(text) as { agents: { connection: typeof connection }[] }).agents[0]?.connection;
  } catch {
    // A torn or edited file belongs to no simulator that could still be found through it.
    return;
  }
  if (connection === undefined || !(await answers(connection.host, connection.ports.command))) return;
  throw new UsageError(
    `Cannot write the configuration to ${path}: the simulator that it belongs to still runs on port ${connection.ports.command}`,
    "Name another file with --config-out FILE, or stop that simulator",
  );
}

/** Whether somebody listens there. */
function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(1_000, () => settle(false));
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
