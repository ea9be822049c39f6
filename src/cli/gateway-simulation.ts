import { join } from "node:path";
import { nodeCrypto } from "../adapters/node-crypto.ts";
import { fileJournal } from "../adapters/node-files.ts";
import { nodeNetwork } from "../adapters/node-network.ts";
import { zmtpTransport } from "../adapters/zmtp-transport.ts";
import type { MT5ConnectorConfig } from "../connector/options.ts";
import { encodeKey } from "../security/keys.ts";
import { generatedMarket } from "../simulator/market/mod.ts";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";
import { systemClock } from "../transport/clock.ts";
import { nextFirstTicket } from "./first-ticket.ts";
import { loadOrMakeKeys } from "./simulator-keys.ts";

/** A simulated account and how to connect to it. */
export interface GatewaySimulation {
  readonly simulator: Simulator;
  readonly config: MT5ConnectorConfig;
}

/** Starts a simulated account on free loopback ports; its keys and journal live in the folder. */
export async function startGatewaySimulation(
  folder: string,
  fault: (message: string) => void,
): Promise<GatewaySimulation> {
  const keys = await loadOrMakeKeys(folder, nodeCrypto.keyAgreement);
  const firstTicket = await nextFirstTicket(folder);
  const simulator = await startSimulator({
    simulation: {
      market: { source: generatedMarket({ seed: 1 }), clock: systemClock, speed: 1 },
      account: { balance: 100_000, currency: "USD" },
      firstTicket,
    },
    agent: {
      transport: zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto }),
      clock: systemClock,
      randomBytes: nodeCrypto.randomBytes,
      journal: fileJournal(join(folder, "agent.journal")),
      serverSecretKey: keys.server.secretKey,
      clients: [{ publicKey: keys.client.publicKey, name: "gateway" }],
      host: "127.0.0.1",
      ports: { command: 0, events: 0, sync: 0 },
      brokerZone: "eet-us",
      // The journal outlives this broker, whose history begins anew.
      historyWaitMs: 0,
      onFault: (error, where): void => fault(`Fault of the simulator in ${where}: ${String(error)}`),
    },
  });
  simulator.market.ended.catch((error: unknown) => fault(`The simulated market failed: ${String(error)}`));
  const config: MT5ConnectorConfig = {
    agents: [
      {
        id: "simulator",
        connection: { host: "127.0.0.1", ports: simulator.ports },
        credentials: {
          serverKey: encodeKey(keys.server.publicKey),
          clientKey: encodeKey(keys.client.secretKey),
        },
      },
    ],
  };
  return { simulator, config };
}
