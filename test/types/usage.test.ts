import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { MT5Connector, type MT5ConnectorConfig, TradeType } from "../../mod.ts";
import { nodeCrypto } from "../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../src/adapters/node-network.ts";
import { zmtpTransport } from "../../src/adapters/zmtp-transport.ts";
import { encodeKey } from "../../src/security/keys.ts";
import {
  generatedMarket,
  MemoryJournalStore,
  type Simulator,
  startSimulator,
  systemClock,
} from "../../src/simulator/mod.ts";
import { events, several } from "./blueprint.test-d.ts";

const { keyAgreement, randomBytes } = nodeCrypto;
const serverSecretKey = randomBytes(32);
const clientSecretKey = randomBytes(32);
const ids = ["prod-account", "staging-account", "backup-account"];
const simulators: Simulator[] = [];
let mt5: MT5Connector;

beforeAll(async () => {
  const agents: MT5ConnectorConfig["agents"][number][] = [];
  for (const [index, id] of ids.entries()) {
    const simulator = await startSimulator({
      simulation: { market: { source: generatedMarket({ seed: index + 1 }), clock: systemClock, speed: 20 } },
      agent: {
        transport: zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto }),
        clock: systemClock,
        randomBytes,
        journal: new MemoryJournalStore(),
        serverSecretKey,
        clients: [{ publicKey: keyAgreement.publicKey(clientSecretKey) }],
        host: "127.0.0.1",
        ports: { command: 0, events: 0, sync: 0 },
      },
    });
    simulators.push(simulator);
    agents.push({
      id,
      connection: { host: "127.0.0.1", ports: simulator.ports },
      credentials: {
        serverKey: encodeKey(keyAgreement.publicKey(serverSecretKey)),
        clientKey: encodeKey(clientSecretKey),
      },
    });
  }
  mt5 = new MT5Connector({ agents });
  await mt5.connect();
});

afterAll(async () => {
  await mt5.disconnect();
  vi.restoreAllMocks();
  for (const simulator of simulators) await simulator.close();
});

test("the blueprint's usage examples run against the simulator", async () => {
  const said: string[] = [];
  const failed: string[] = [];
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.spyOn(console, "log").mockImplementation((text: unknown) => void said.push(String(text)));
  vi.spyOn(console, "error").mockImplementation((text: unknown) => void failed.push(String(text)));
  const account = mt5.getAgent("prod-account");
  events(mt5, account);
  const ticked = new Promise((resolve) => account.once("tick", resolve));
  await several(mt5);
  const trade = await account.trade.marketOrder({
    symbol: "EURUSD",
    type: TradeType.BUY,
    volume: 0.1,
    comment: "Automated trade via SDK",
    magic: 12345,
  });
  await ticked;
  expect(failed).toEqual([]);
  for (const name of ["production", "staging", "backup"]) {
    expect(said).toContainEqual(expect.stringMatching(new RegExp(`^${name}: Trade successful - \\d+$`)));
  }
  expect(said).toContain(`Order filled: ${trade.orderTicketText} at ${trade.price}`);
  expect(said).toContainEqual(expect.stringMatching(/^(EURUSD|GBPUSD): [\d.]+\/[\d.]+ at /));
  expect(account.mirror.positions.map((position) => position.volume)).toEqual([1, 0.1]);
});
