import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import { MT5Connector } from "../../../src/connector/mt5-connector.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import { type Agent, createAgent } from "../../../src/simulator/agent/agent.ts";
import { MemoryJournalStore } from "../../../src/simulator/agent/memory-journal.ts";
import { SimulatedTerminal } from "../../../src/simulator/broker/terminal.ts";
import { memoryNetwork } from "../../../src/transport/memory-network.ts";
import { nextTurn } from "../../../src/transport/turn.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import type { Context } from "../../../src/zmtp/mod.ts";
import { prng } from "./prng.ts";

/** A simulated account behind a real agent and a real connector, all in virtual time. */
export interface AccountWorld {
  readonly clock: VirtualClock;
  readonly context: Context;
  readonly terminal: SimulatedTerminal;
  readonly mt5: MT5Connector;
  /** Ends the agent as a crash does. */
  killAgent(): void;
  /** Starts its successor on the same journal and ports. */
  startAgent(): Promise<void>;
  close(): Promise<void>;
}

export async function accountWorld(): Promise<AccountWorld> {
  const clock = new VirtualClock({ wallStartMs: Date.UTC(2024, 0, 10, 8) });
  const network = memoryNetwork({ clock, latencyMs: 1 });
  const context: Context = { network, clock, crypto: nodeCrypto, nextTurn };
  const terminal = new SimulatedTerminal({
    clock,
    account: { balance: 100_000, currency: "USD" },
    latencyMs: 20,
  });
  const random = prng(7);
  const randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256));
  const transport = zmtpTransport({ network, clock, crypto: nodeCrypto });
  const journal = new MemoryJournalStore();
  const server = nodeCrypto.keyAgreement.generateKeyPair();
  const client = nodeCrypto.keyAgreement.generateKeyPair();
  const ports = { command: 7001, events: 7002, sync: 7003 };
  const quote = (): void => {
    terminal.quote("EURUSD", 1.1, 1.1002);
    terminal.quote("GBPUSD", 1.25, 1.2502);
  };
  const make = (): Agent =>
    createAgent({
      terminal,
      transport,
      clock,
      randomBytes,
      journal,
      serverSecretKey: server.secretKey,
      clients: [{ publicKey: client.publicKey, name: "gateway" }],
      host: "127.0.0.1",
      ports,
      name: "simulator",
      version: "0.0.0",
      brokerZone: "eet-us",
    });
  let agent = make();
  const run = async <T>(promise: Promise<T>): Promise<void> => {
    await clock.runUntil(
      promise.then(() => true),
      60_000,
    );
  };
  quote();
  await run(agent.start());
  quote();
  const mt5 = new MT5Connector(
    {
      agents: [
        {
          id: "main",
          connection: { host: "127.0.0.1", ports },
          credentials: { serverKey: encodeKey(server.publicKey), clientKey: encodeKey(client.secretKey) },
        },
      ],
    },
    { transport, clock, randomBytes },
  );
  return {
    clock,
    context,
    terminal,
    mt5,
    killAgent: () => agent.kill(),
    async startAgent(): Promise<void> {
      agent = make();
      await run(agent.start());
    },
    async close(): Promise<void> {
      await run(mt5.disconnect());
      await run(agent.stop());
      terminal.dispose();
    },
  };
}
