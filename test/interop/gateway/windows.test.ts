import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../../src/adapters/node-network.ts";
import { nodeContext } from "../../../src/adapters/zmtp.ts";
import { zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import { MT5LiveConnector } from "../../../src/gateway/client.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import { MemoryJournalStore } from "../../../src/simulator/agent/memory-journal.ts";
import { generatedMarket } from "../../../src/simulator/market/mod.ts";
import { type Simulator, startSimulator } from "../../../src/simulator/simulator.ts";
import { systemClock } from "../../../src/transport/clock.ts";
import { requirePeer } from "../../kit/peers.ts";
import { prepareMachine, WindowsGateway, windowsPath } from "./windows/machine.ts";

const login = "123456";
const password = "s;e=c#r[e]t é";
const cleanups: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
}, 60_000);

/** Ports that nobody listens on yet. */
async function freePorts(): Promise<{ command: number; events: number; sync: number }> {
  const servers = [createServer(), createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen(0, "127.0.0.1"), "listening");
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  const [command = 0, events = 0, sync = 0] = ports;
  return { command, events, sync };
}

test("the gateway as a Windows program starts the terminal, follows its update, starts it again, and leaves no password", {
  timeout: 120_000,
}, async (context) => {
  requirePeer(context, "mingw");
  requirePeer(context, "wine");
  const scratch = await mkdtemp(join(tmpdir(), "gateway-windows-"));
  cleanups.push(() => rm(scratch, { recursive: true, force: true }));
  const { exe, terminal } = await prepareMachine(scratch);
  cleanups.push(() => rm(terminal.here, { recursive: true, force: true }));

  const ports = await freePorts();
  const [server, client] = [
    nodeCrypto.keyAgreement.generateKeyPair(),
    nodeCrypto.keyAgreement.generateKeyPair(),
  ];
  const credentials = { serverKey: encodeKey(server.publicKey), clientKey: encodeKey(client.secretKey) };
  const config = join(scratch, "mt5.json");
  await writeFile(
    config,
    JSON.stringify({ agents: [{ id: "main", connection: { host: "127.0.0.1", ports }, credentials }] }),
  );
  // Slashes of one kind in the file, of the other in the result; blanks in both.
  const path = `${terminal.windows.replaceAll("\\", "/")}/terminal64.exe`;
  const environment = join(scratch, "gateway.env");
  await writeFile(
    environment,
    `MT5_PATH=${path}\nMT5_LOGIN=${login}\nMT5_PASSWORD='${password}'\nMT5_SERVER=YourBroker-Server\n`,
  );
  const data = join(scratch, "gate way");
  await mkdir(data);
  const ini = join(data, "start.ini");
  await writeFile(ini, "left by a gateway that was killed");

  const gateway = new WindowsGateway(scratch, exe, [
    ...["gateway", "--host", "127.0.0.1", "--port", "0", "--exit-with-stdin"],
    ...["--config", windowsPath(config), "--env-file", windowsPath(environment), "--data", windowsPath(data)],
    ...["--mt5-chart", "EURUSD"],
  ]);
  cleanups.push(async () => {
    await rm(scratch, { recursive: true, force: true });
    await gateway.ended;
  });
  await gateway.line("MetaTrader started");
  // The terminal writes this itself, after it has read its file.
  await gateway.playedLines("terminal64", 1);
  const [first] = await gateway.played("terminal64");
  expect(first).toMatchObject({
    path: `${terminal.windows}\\terminal64.exe`,
    commandLine: `"${terminal.windows}\\terminal64.exe" /config:"${windowsPath(ini)}"`,
    config: windowsPath(ini),
  });
  const text = Buffer.from(first?.ini ?? "", "hex").toString("utf16le");
  expect(text).toContain(
    `[Common]\r\nLogin=${login}\r\nPassword=${password}\r\nServer=YourBroker-Server\r\n`,
  );
  expect(text).toContain("[StartUp]\r\nExpert=MT5Connector\\MT5Connector\r\nSymbol=EURUSD\r\n");

  const [rights] = await gateway.played("icacls");
  const sid = /^\*(S-1-5-21-.+):F$/.exec(rights?.arguments?.[3] ?? "")?.[1];
  expect(rights?.arguments?.slice(0, 3)).toEqual([windowsPath(ini), "/inheritance:r", "/grant:r"]);
  expect(rights?.bytesBefore, "bytes before the file was its owner's alone").toBe(0);
  expect(sid, "the user by number").toBeDefined();

  const simulator: Simulator = await startSimulator({
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
      ports,
    },
  });
  cleanups.push(() => simulator.close());
  simulator.market.ended.catch(() => undefined);
  await gateway.line("start-up file with the password is removed");
  expect(existsSync(ini)).toBe(false);

  const port = Number((await gateway.line("ready on")).split(":").at(-1));
  await using connector = new MT5LiveConnector(
    { gatewayHost: "127.0.0.1", gatewayPort: port },
    { context: nodeContext },
  );
  await connector.connect();
  const opened = await connector.sendOrder({ symbol: "EURUSD", type: "BUY", volume: 0.01 });
  expect(opened).toMatchObject({ status: "FILLED", volume: 0.01 });

  await gateway.tell("update");
  const relaunched = Number(/pid=(\d+)/.exec(await gateway.line("relaunched by its update"))?.[1]);
  const [, second] = await gateway.played("terminal64");
  expect(second).toMatchObject({
    pid: relaunched,
    commandLine: `"${terminal.windows}\\terminal64.exe"`,
    ini: "",
  });
  expect(relaunched).not.toBe(first?.pid);

  await gateway.tell("quit");
  await gateway.line("MetaTrader started", 2);
  await gateway.playedLines("terminal64", 3);
  const [, , third] = await gateway.played("terminal64");
  const again = Buffer.from(third?.ini ?? "", "hex").toString("utf16le");
  expect(again).toContain(`Password=${password}\r\n`);
  expect(again, "charts outlive the terminal").not.toContain("[StartUp]");

  await gateway.tell("stop");
  expect(await gateway.ended).toBe(0);
  expect(existsSync(ini)).toBe(false);
  expect(gateway.output).not.toContain(password);
  await gateway.tell("quit");
});
