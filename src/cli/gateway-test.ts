import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { nodeContext } from "../adapters/zmtp.ts";
import { type CheckResult, checkServer } from "../gateway/conformance.ts";
import { Exchange } from "../gateway/exchange.ts";
import { decodeKey } from "../security/keys.ts";
import type { SecurityOptions } from "../zmtp/mod.ts";
import { parseAmount, parseWhole } from "./arguments.ts";
import { typedOption } from "./gateway-options.ts";
import { UsageError } from "./usage-error.ts";

const marks: Readonly<Record<CheckResult["outcome"], string>> = {
  pass: "pass",
  warn: "WARN",
  fail: "FAIL",
  skip: "skip",
};

/** Tests any v4.3 server, prints a table, and gives 0 if nothing failed, else 1. */
export async function testGateway(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const text = (name: string): string | undefined => typedOption(argv, name);
  const host = text("--host") ?? "127.0.0.1";
  const port = parseWhole("--port", text("--port") ?? "5555", 1, 65_535);
  const timeoutMs = parseAmount("--timeout", text("--timeout") ?? "5") * 1000;
  const symbol = text("--trade");
  const volumeLots = parseAmount("--volume", text("--volume") ?? "0.01");
  const secret = text("--signature-secret") ?? environment["GATEWAY_SIGNATURE_SECRET"];
  const endpoint = `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;
  console.log(`Testing the v4.3 server at ${endpoint}`);
  const exchange = new Exchange(nodeContext, endpoint, await security(text));
  try {
    const results = await checkServer(nodeContext, exchange, {
      timeoutMs,
      trade: symbol === undefined ? undefined : { symbol, volumeLots },
      secret: secret === undefined ? undefined : new TextEncoder().encode(secret),
      newUuid: () => globalThis.crypto.randomUUID(),
    });
    for (const line of table(results)) console.log(line);
    const failed = results.filter(({ outcome }) => outcome === "fail").length;
    console.log(failed === 0 ? "The server speaks v4.3" : `${failed} of ${results.length} checks failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await exchange.close();
  }
}

function table(results: readonly CheckResult[]): readonly string[] {
  const width = Math.max(...results.map(({ name }) => name.length));
  return results.map(({ name, outcome, detail, tookMs }) => {
    const took = outcome === "skip" ? "" : `${tookMs.toFixed(1)} ms`;
    return `  ${marks[outcome]}  ${name.padEnd(width)}  ${took.padStart(10)}  ${detail}`;
  });
}

async function security(text: (name: string) => string | undefined): Promise<SecurityOptions> {
  const serverKey = text("--server-key");
  const file = text("--client-key-file");
  if (serverKey === undefined && file === undefined) return { mechanism: "NULL" };
  if (serverKey === undefined || file === undefined) {
    throw new UsageError(
      "Cannot encrypt: one of two keys is missing",
      "Give both --server-key KEY and --client-key-file FILE",
    );
  }
  try {
    const secretKey = decodeKey(await readFile(resolve(file), "utf8"), "the client's key");
    return { mechanism: "CURVE", role: "client", serverKey: decodeKey(serverKey, "--server-key"), secretKey };
  } catch (cause) {
    throw new UsageError(
      `Cannot read a key: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Check --server-key and the file after --client-key-file",
      { cause },
    );
  }
}
