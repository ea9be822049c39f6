import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { nodeCrypto } from "../adapters/node-crypto.ts";
import { decodeKey, encodeKey } from "../security/keys.ts";
import type { KeyPair } from "../zmtp/crypto/types.ts";
import { UsageError } from "./usage-error.ts";

/** The gateway's CURVE key, made at the first start, for its owner only. */
export async function loadGatewayKey(folder: string, clients: readonly Uint8Array[]): Promise<KeyPair> {
  if (clients.length === 0) {
    throw new UsageError(
      "Cannot use --curve: no client is listed",
      "Give the public key of each client that may connect, with --curve-client KEY",
    );
  }
  const file = join(folder, "gateway.key");
  try {
    const secretKey = decodeKey(await readFile(file, "utf8"), "the gateway's key");
    return { secretKey, publicKey: nodeCrypto.keyAgreement.publicKey(secretKey) };
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ENOENT")) {
      throw new UsageError(
        `Cannot read the gateway's key in ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
        "Restore that file, or move it away to have a new key made, and give the new public key to all clients",
        { cause },
      );
    }
  }
  const made = nodeCrypto.keyAgreement.generateKeyPair();
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(`${encodeKey(made.secretKey)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return made;
}
