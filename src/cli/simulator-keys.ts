import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeKey, encodeKey } from "../security/keys.ts";
import type { KeyAgreement, KeyPair } from "../zmtp/crypto/types.ts";
import { UsageError } from "./usage-error.ts";

/** The simulator's key and the key of its one client. */
export interface SimulatorKeys {
  readonly server: KeyPair;
  readonly client: KeyPair;
}

/** Reads the keys of a data folder, or makes them, for their owner only. */
export async function loadOrMakeKeys(folder: string, agreement: KeyAgreement): Promise<SimulatorKeys> {
  const file = join(folder, "keys.json");
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new UsageError(
      `Cannot use the data folder ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Name a folder that you may write to, with --data FOLDER",
      { cause },
    );
  }
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    const made = { server: agreement.generateKeyPair(), client: agreement.generateKeyPair() };
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.writeFile(
        `${JSON.stringify({ server: encodeKey(made.server.secretKey), client: encodeKey(made.client.secretKey) })}\n`,
      );
      await handle.sync();
    } finally {
      await handle.close();
    }
    return made;
  }
  try {
    const { server, client } = JSON.parse(text) as { server: string; client: string };
    return { server: pair(server, "server", agreement), client: pair(client, "client", agreement) };
  } catch (cause) {
    throw new UsageError(
      `Cannot read the keys in ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Restore that file, or move it away to have new keys made",
      { cause },
    );
  }
}

function pair(text: string, name: string, agreement: KeyAgreement): KeyPair {
  const secretKey = decodeKey(text, `the ${name} key`);
  return { secretKey, publicKey: agreement.publicKey(secretKey) };
}
