import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../../src/adapters/node-network.ts";
import { nodeContext } from "../../../src/adapters/zmtp.ts";
import { zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import { MT5LiveConnector } from "../../../src/gateway/client.ts";
import type { MT5LiveConnectorOptions } from "../../../src/gateway/client-options.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import { MemoryJournalStore } from "../../../src/simulator/agent/memory-journal.ts";
import { generatedMarket } from "../../../src/simulator/market/mod.ts";
import { type Simulator, startSimulator } from "../../../src/simulator/simulator.ts";
import { systemClock } from "../../../src/transport/clock.ts";
import { type GatewayProcess, runGateway, startGatewayProcess } from "./gateway-process.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "gateway-command-"));
  cleanups.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function gateway(...options: string[]): Promise<GatewayProcess> {
  const process = await startGatewayProcess(["--port", "0", ...options]);
  cleanups.push(() => process.kill());
  return process;
}

async function connect(
  { endpoint }: GatewayProcess,
  options: Partial<MT5LiveConnectorOptions> = {},
): Promise<MT5LiveConnector> {
  const gatewayPort = Number(endpoint.split(":").at(-1));
  const connector = new MT5LiveConnector(
    { gatewayHost: "127.0.0.1", gatewayPort, ...options },
    { context: nodeContext },
  );
  cleanups.push(() => connector.close());
  await connector.connect();
  return connector;
}

const order = { symbol: "EURUSD", type: "BUY", volume: 0.01 } as const;

test("gateway --simulate hands out no ticket twice, and remembers its orders, when it is killed and started again", async () => {
  const data = await folder();
  const tickets: string[] = [];
  for (const run of [1, 2, 3]) {
    const process = await gateway("--simulate", "--host", "127.0.0.1", "--data", data);
    const connector = await connect(process);
    for (const uuid of ["first", `of run ${run}`]) {
      const result = await connector.sendOrder({ ...order, uuid });
      if (result.status !== "FILLED") throw new Error(JSON.stringify(result.status));
      tickets.push(result.ticketText);
    }
    await process.kill();
  }
  const [first, own, ...later] = tickets;
  expect(
    later.filter((_, index) => index % 2 === 0),
    "the order of run 1, asked for again",
  ).toEqual([first, first]);
  expect(new Set([first, own, ...later]).size).toBe(4);
});

test("gateway warns at every start of an open port and of signatures that nobody looks at, and only then", async () => {
  const data = await folder();
  for (let run = 0; run < 2; run++) {
    const { output, stop } = await gateway("--simulate", "--data", data, "--no-signature-validation");
    expect(output.join("\n")).toMatch(/WARNING - SIGNATURE VALIDATION IS OFF/);
    expect(output.join("\n")).toMatch(
      /WARNING - Listening on 0\.0\.0\.0 without encryption: .* Use --host 127\.0\.0\.1, or --curve with --curve-client/,
    );
    expect(await stop()).toBe(0);
  }
  const log = await readFile(join(data, "mt5_zmq_server.log"), "utf8");
  expect(log.match(/SIGNATURE VALIDATION IS OFF/g)).toHaveLength(2);
  const careful = await gateway("--simulate", "--host", "127.0.0.1", "--data", data);
  expect(careful.output.join("\n")).not.toContain("WARNING");
});

test.skipIf(process.platform === "win32")(
  "gateway fails clearly where it cannot start a terminal, whether options or .env ask for it, and tells no password",
  async () => {
    const data = await folder();
    const path = "C:\\Program Files\\MetaTrader 5\\terminal64.exe";
    const env = join(data, "my.env");
    await writeFile(
      env,
      `MT5_PATH=${path}\nMT5_LOGIN=123456\nMT5_PASSWORD=correct-horse\nMT5_SERVER=Broker-Server\n`,
    );
    const options = [
      "--mt5-login",
      "1",
      "--mt5-password",
      "correct-horse",
      "--mt5-server",
      "s",
      "--mt5-path",
      path,
    ];
    const config = ["--config", join(data, "mt5.json"), "--data", data];
    for (const ask of [["--env-file", env], options]) {
      const { code, output } = await runGateway([...config, ...ask]);
      expect(output).toContain("Cannot start MetaTrader: it runs on Windows only");
      expect(output).toContain("name its agent with --config");
      expect(output).not.toContain("correct-horse");
      expect(code).toBe(2);
    }
    const { output } = await gateway("--simulate", "--host", "127.0.0.1", "--data", data, "--env-file", env);
    expect(output.join("\n")).toContain("The MT5_ settings of the environment are not used with --simulate");
  },
);

test("gateway writes neither its secret nor what a client sends under a secret's name to log and audit", async () => {
  const data = await folder();
  const secret = "a secret of both machines";
  const env = join(data, "my.env");
  await writeFile(env, `GATEWAY_SIGNATURE_SECRET="${secret}"\n`);
  const process = await gateway(
    "--simulate",
    "--host",
    "127.0.0.1",
    "--data",
    data,
    "--env-file",
    env,
    "--debug",
  );
  const connector = await connect(process, { signatureSecret: secret });
  expect(await connector.sendOrder({ ...order, comment: secret })).toMatchObject({ status: "FILLED" });
  expect(await connector.sendOrder({ ...order, symbol: secret })).toMatchObject({ status: "REJECTED" });
  await connector.getPositions(secret);
  expect(await process.stop()).toBe(0);
  const audit = await readFile(join(data, "audit.jsonl"), "utf8");
  expect(
    audit
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { kind: string }).kind),
  ).toEqual(["start", ...Array.from({ length: 4 }, () => ["command", "reply"]).flat(), "stop"]);
  expect(audit).toContain("***");
  for (const text of [
    audit,
    await readFile(join(data, "mt5_zmq_server.log"), "utf8"),
    process.output.join("\n"),
  ]) {
    expect(text).not.toContain(secret);
  }
});

describe("gateway with several accounts", () => {
  async function account(id: string, login: string): Promise<{ agent: object; simulator: Simulator }> {
    const server = nodeCrypto.keyAgreement.generateKeyPair();
    const client = nodeCrypto.keyAgreement.generateKeyPair();
    const simulator = await startSimulator({
      simulation: {
        market: { source: generatedMarket({ seed: 1 }), clock: systemClock, speed: 1 },
        account: { login, balance: 100_000, currency: "USD" },
      },
      agent: {
        transport: zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto }),
        clock: systemClock,
        randomBytes: nodeCrypto.randomBytes,
        journal: new MemoryJournalStore(),
        serverSecretKey: server.secretKey,
        clients: [{ publicKey: client.publicKey, name: "gateway" }],
        host: "127.0.0.1",
        ports: { command: 0, events: 0, sync: 0 },
      },
    });
    cleanups.push(() => simulator.close());
    simulator.market.ended.catch(() => undefined);
    const credentials = { serverKey: encodeKey(server.publicKey), clientKey: encodeKey(client.secretKey) };
    return {
      simulator,
      agent: { id, connection: { host: "127.0.0.1", ports: simulator.ports }, credentials },
    };
  }

  test("sends an order where its symbol or its account says, lists all positions, and closes each where it is", async () => {
    const data = await folder();
    const [main, gold] = await Promise.all([account("main", "1001"), account("second", "2002")]);
    const config = join(data, "mt5.json");
    await writeFile(config, JSON.stringify({ agents: [main.agent, gold.agent] }));
    const process = await gateway(
      ...["--host", "127.0.0.1", "--data", data, "--config", config, "--route", "GBP*=second"],
    );
    await Promise.all([process.line("Account account=main"), process.line("Account account=second")]);
    const connector = await connect(process);
    const second = await connect(process, { account: "2002" });
    const opened = [
      await connector.sendOrder(order),
      await connector.sendOrder({ ...order, symbol: "GBPUSD" }),
      await second.sendOrder({ ...order, volume: 0.02 }),
    ];
    expect(opened.map(({ status }) => status)).toEqual(["FILLED", "FILLED", "FILLED"]);
    const held = ({ simulator }: { simulator: Simulator }): string[] =>
      simulator.terminal.positions().map(({ symbol, volume }) => `${symbol} ${volume}`);
    expect([held(main), held(gold)]).toEqual([["EURUSD 0.01"], ["GBPUSD 0.01", "EURUSD 0.02"]]);
    expect(await connector.getPositions()).toHaveLength(3);
    expect(await second.getPositions()).toHaveLength(2);
    // Both brokers count from the same ticket, so the account or the symbol must say which one is meant.
    for (const position of await second.getPositions())
      expect(await second.closePosition(position.ticketText)).toMatchObject({ status: "FILLED" });
    for (const position of await connector.getPositions())
      expect(await connector.closePosition(position.ticketText)).toMatchObject({ status: "FILLED" });
    expect([held(main), held(gold)]).toEqual([[], []]);
  });
});
