import { open, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { CAC } from "cac";
import { nodeCrypto } from "../../adapters/node-crypto.ts";
import { decodeKey, encodeKey, KeyEncoding } from "../../security/keys.ts";
import { typedOption } from "../gateway-options.ts";
import { UsageError } from "../usage-error.ts";

/** Adds `keys generate` and `keys show`. */
export function registerKeys(cli: CAC): void {
  cli
    .command(
      "keys <action>",
      "`keys generate` makes a key pair for a client or an agent; `keys show` prints its public key",
    )
    .option("--name <name>", "(generate) Whose key it is; names the file, too", { default: "client" })
    .option(
      "--out <file>",
      "(generate) Where to write the pair, for its owner only (default: NAME.keys.json)",
    )
    .option("--public <file>", "(show) The file of a pair")
    .example("mt5-connector keys generate --name strategy-1")
    .example("mt5-connector keys show --public strategy-1.keys.json")
    .action(async (action: string): Promise<number> => {
      const text = (name: string): string | undefined => typedOption(cli.rawArgs.slice(2), name);
      if (action === "generate") return generate(text("--name") ?? "client", text("--out"));
      if (action === "show") return show(text("--public"));
      throw new UsageError(
        `Cannot run "keys ${action}": no such action`,
        "Use keys generate, or keys show --public FILE",
      );
    });
}

async function generate(name: string, out: string | undefined): Promise<number> {
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw new UsageError(
      `Cannot make keys for ${JSON.stringify(name)}: not 1 to 64 letters, digits, dots, dashes or underlines`,
      "Give a simple name with --name NAME",
    );
  }
  const { publicKey, secretKey } = nodeCrypto.keyAgreement.generateKeyPair();
  const path = resolve(out ?? `${name}.keys.json`);
  const pair = { name, publicKey: encodeKey(publicKey), secretKey: encodeKey(secretKey) };
  await writeNew(path, `${JSON.stringify(pair, null, 2)}\n`);
  console.log(
    `The pair is in ${path}, for its owner only: copy its secretKey nowhere but to credentials.clientKey`,
  );
  printPublic(name, publicKey);
  return 0;
}

async function show(file: string | undefined): Promise<number> {
  if (file === undefined) {
    throw new UsageError(
      "Cannot show a public key: no file is named",
      "Name the file of a pair: keys show --public FILE",
    );
  }
  const path = resolve(file);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new UsageError(
      `Cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Name the file that keys generate has written, with --public FILE",
      { cause },
    );
  }
  let name: string;
  let publicKey: Uint8Array;
  try {
    const pair = JSON.parse(text) as { name?: unknown; secretKey?: unknown; publicKey?: unknown };
    name = typeof pair.name === "string" ? pair.name : "";
    const secretKey = decodeKey(String(pair.secretKey ?? ""), "its secretKey");
    publicKey = nodeCrypto.keyAgreement.publicKey(secretKey);
    if (pair.publicKey !== encodeKey(publicKey)) throw new RangeError("its two keys are no pair");
  } catch (cause) {
    // A parser quotes the text that it cannot read, and that may be the secret.
    const why = cause instanceof RangeError ? cause.message : "it is not what keys generate writes";
    throw new UsageError(`Cannot read a pair from ${path}: ${why}`, "Restore the file, or make a new pair");
  }
  printPublic(name, publicKey);
  return 0;
}

function printPublic(name: string, publicKey: Uint8Array): void {
  console.log(`public key${name === "" ? "" : ` of ${name}`}`);
  console.log(`  base64  ${encodeKey(publicKey)}`);
  console.log(`  Z85     ${encodeKey(publicKey, KeyEncoding.Z85)}`);
}

/** Writes a file that is not there yet, owner-only from its first byte: it may hold the only copy of a key. */
async function writeNew(path: string, text: string): Promise<void> {
  try {
    const handle = await open(path, "wx", 0o600);
    try {
      await handle.writeFile(text, "utf8");
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const exists = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new UsageError(
      `Cannot write keys to ${path}: ${exists ? "a file is there already" : cause instanceof Error ? cause.message : String(cause)}`,
      exists
        ? "Name another file with --out FILE; keys are never replaced"
        : "Name a file in a folder that exists and that you may write to, with --out FILE",
      { cause },
    );
  }
}
