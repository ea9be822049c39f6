import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, type TestContext, test } from "vitest";
import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { fileJournal } from "../../../src/adapters/node-files.ts";
import { nodeNetwork } from "../../../src/adapters/node-network.ts";
import { zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import { pythonFloat } from "../../../src/gateway/python-json.ts";
import { encodeKey, KeyEncoding } from "../../../src/security/keys.ts";
import { generatedMarket } from "../../../src/simulator/market/mod.ts";
import { type Simulator, startSimulator } from "../../../src/simulator/simulator.ts";
import { systemClock } from "../../../src/transport/clock.ts";
import { requirePeer } from "../../kit/peers.ts";
import { type GatewayProcess, runPython, startGatewayProcess } from "./gateway-process.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "gateway-test-"));
  cleanups.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function gateway(...options: string[]): Promise<GatewayProcess> {
  const process = await startGatewayProcess(["--host", "127.0.0.1", "--port", "0", ...options]);
  cleanups.push(() => process.stop());
  return process;
}

const python = (context: TestContext): string => requirePeer(context, "python3-zmq").command;

/** An account of its own process's, so that it outlives the gateway; orders take `latencyMs`. */
async function account(
  latencyMs: number,
  received: () => void = () => undefined,
): Promise<{ config: string; simulator: Simulator }> {
  const path = await folder();
  const server = nodeCrypto.keyAgreement.generateKeyPair();
  const client = nodeCrypto.keyAgreement.generateKeyPair();
  const simulator = await startSimulator({
    simulation: {
      market: { source: generatedMarket({ seed: 1 }), clock: systemClock, speed: 1 },
      account: { balance: 100_000, currency: "USD" },
      latencyMs,
    },
    agent: {
      transport: zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto }),
      clock: systemClock,
      randomBytes: nodeCrypto.randomBytes,
      journal: fileJournal(join(path, "agent.journal")),
      serverSecretKey: server.secretKey,
      clients: [{ publicKey: client.publicKey, name: "gateway" }],
      host: "127.0.0.1",
      ports: { command: 0, events: 0, sync: 0 },
      hooks: {
        at: (point) => {
          if (point === "sent") received();
        },
      },
    },
  });
  cleanups.push(() => simulator.close());
  simulator.market.ended.catch(() => undefined);
  const config = join(path, "mt5.json");
  await writeFile(
    config,
    JSON.stringify({
      agents: [
        {
          id: "main",
          connection: { host: "127.0.0.1", ports: simulator.ports },
          credentials: { serverKey: encodeKey(server.publicKey), clientKey: encodeKey(client.secretKey) },
        },
      ],
    }),
  );
  return { config, simulator };
}

describe("gateway with --simulate, seen by a python3-zmq client written from the protocol's text", () => {
  test.for(["examples", "malformed", "dealer", "hundred"])("scenario %s", async (scenario, context) => {
    const peer = python(context);
    const { endpoint } = await gateway("--simulate");
    expect((await runPython(peer, [scenario, endpoint])).at(-1)).toBe("ok");
  });

  test("signatures verified with a secret, which is never printed", async (context) => {
    const peer = python(context);
    const secret = "a secret of both machines";
    const { endpoint, output } = await gateway("--simulate", "--signature-secret", secret, "--debug");
    expect((await runPython(peer, ["signed", endpoint])).at(-1)).toBe("ok");
    expect(output.join("\n")).not.toContain(secret);
  });

  test("encryption lets in the listed client, and nobody in clear", async (context) => {
    const peer = python(context);
    const client = nodeCrypto.keyAgreement.generateKeyPair();
    const { endpoint, output } = await gateway(
      "--simulate",
      "--curve",
      "--curve-client",
      encodeKey(client.publicKey),
    );
    const serverKey = /z85="?([^"]{40})/.exec(output.join("\n"))?.[1] ?? "";
    const z85 = (key: Uint8Array): string => encodeKey(key, KeyEncoding.Z85);
    expect(
      (
        await runPython(peer, ["curve", endpoint, serverKey, z85(client.publicKey), z85(client.secretKey)])
      ).at(-1),
    ).toBe("ok");
    expect((await runPython(peer, ["refused", endpoint])).at(-1)).toBe("ok");
  });

  test("an address that is not on the list is not let in", async (context) => {
    const { endpoint } = await gateway("--simulate", "--allow-ip", "10.0.0.0/8");
    expect((await runPython(python(context), ["refused", endpoint])).at(-1)).toBe("ok");
  });

  test("log and audit hold every command, and are appended to", async (context) => {
    const peer = python(context);
    const data = await folder();
    for (let run = 0; run < 2; run++) {
      const { endpoint, stop } = await startGatewayProcess([
        "--simulate",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--data",
        data,
      ]);
      await runPython(peer, ["ping", endpoint]);
      expect(await stop()).toBe(0);
    }
    const audit = (await readFile(join(data, "audit.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { kind: string });
    expect(audit.map(({ kind }) => kind)).toEqual([
      "start",
      "command",
      "reply",
      "stop",
      "start",
      "command",
      "reply",
      "stop",
    ]);
    expect((await readFile(join(data, "mt5_zmq_server.log"), "utf8")).match(/listening/g)).toHaveLength(2);
  });
});

describe("gateway in front of an account of another process", () => {
  test("a lazy pirate's copies are one order", async (context) => {
    const peer = python(context);
    const { config, simulator } = await account(250);
    const { endpoint } = await gateway("--config", config, "--data", await folder());
    await waitConnected(endpoint, peer);
    expect((await runPython(peer, ["lazy_pirate", endpoint])).at(-1)).toBe("ok");
    expect(simulator.terminal.positions()).toEqual([]);
  });

  test("killed in the middle of an OPEN, its successor tells what became of it, and trades no second time", async (context) => {
    const peer = python(context);
    let sent: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      sent = resolve;
    });
    const { config, simulator } = await account(400, () => sent());
    const data = await folder();
    const options = ["--host", "127.0.0.1", "--config", config, "--data", data];
    const first = await startGatewayProcess([...options, "--port", "0"]);
    await waitConnected(first.endpoint, peer);
    const client = runPython(peer, ["killed", first.endpoint]);
    await reached;
    await first.kill();
    const second = await startGatewayProcess([...options, "--port", first.endpoint.split(":").at(-1) ?? ""]);
    cleanups.push(() => second.stop());
    expect((await client).at(-1)).toBe("ok");
    expect(simulator.terminal.positions()).toHaveLength(1);
  });

  test("the second gateway on one folder is refused", async () => {
    const data = await folder();
    const { config } = await account(0);
    await gateway("--config", config, "--data", data);
    await expect(gateway("--config", config, "--data", data)).rejects.toThrow(/serves from .* already/);
  });
});

test("pythonFloat writes any float as Python's json.dumps does", async (context) => {
  const values: number[] = [];
  const bits = new DataView(new ArrayBuffer(8));
  let state = 1n;
  while (values.length < 5_000) {
    // a fixed sequence over all exponents
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    bits.setBigUint64(0, state ^ (state >> 29n));
    const value = bits.getFloat64(0);
    if (Number.isFinite(value)) values.push(value, Number(value.toPrecision(5)), Math.fround(value % 1e6));
  }
  const finite = values.filter(Number.isFinite);
  const lines = await runPython(python(context), ["floats", "-"], {
    input: `${finite.map(hexFloat).join("\n")}\n`,
  });
  expect(lines.slice(0, -1)).toEqual(finite.map(pythonFloat));
});

/** The exact value in the form that Python's `float.fromhex` reads. */
function hexFloat(value: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const exponent = Number((raw >> 52n) & 0x7ffn);
  const fraction = (raw & 0xf_ffff_ffff_ffffn).toString(16).padStart(13, "0");
  return `${raw >> 63n ? "-" : ""}0x${exponent === 0 ? 0 : 1}.${fraction}p${Math.max(1, exponent) - 1023}`;
}

/** Waits until the gateway's account is connected, as a client sees it. */
async function waitConnected(endpoint: string, peer: string): Promise<void> {
  expect((await runPython(peer, ["wait_connected", endpoint])).at(-1)).toBe("ok");
}
