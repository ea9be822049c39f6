import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../../src/adapters/node-network.ts";
import { zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import { MT5Connector } from "../../../src/connector/mod.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import { type Agent, createAgent } from "../../../src/simulator/agent/agent.ts";
import type { AgentPoint } from "../../../src/simulator/agent/agent-options.ts";
import { MemoryJournalStore } from "../../../src/simulator/agent/memory-journal.ts";
import { faultyNetwork } from "../../../src/simulator/faults/network.ts";
import { faultyTransport } from "../../../src/simulator/faults/transport.ts";
import { type Clock, systemClock } from "../../../src/transport/clock.ts";
import { memoryNetwork } from "../../../src/transport/memory-network.ts";
import type { Network } from "../../../src/transport/network.ts";
import type { Channel } from "../../../src/transport/transport.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { RawClient } from "../../kit/raw-client.ts";
import { watchedBroker } from "./broker.ts";
import { Witness } from "./witness.ts";
import type { AgentWorld } from "./world.ts";

/** Real time over TCP, or virtual time over the linked pair in memory; the engine and CURVE are the real ones in both. */
export type WorldKind = "memory" | "tcp";

interface Time {
  readonly clock: Clock;
  readonly network: Network;
  settle<T>(promise: Promise<T>, limitMs: number): Promise<T>;
  until(condition: () => boolean, what: string, limitMs: number): Promise<void>;
  pass(ms: number): Promise<void>;
}

function virtualTime(): Time {
  const clock = new VirtualClock({ wallStartMs: Date.UTC(2024, 0, 10, 8) });
  return {
    clock,
    network: memoryNetwork({ clock, latencyMs: 1 }),
    async settle<T>(promise: Promise<T>, limitMs: number): Promise<T> {
      await clock.runUntil(
        promise.then(
          () => undefined,
          () => undefined,
        ),
        limitMs,
      );
      return await promise;
    },
    async until(condition, what, limitMs): Promise<void> {
      await clock.runUntil(condition, limitMs);
      if (!condition()) throw new Error(`Waited ${limitMs} ms for ${what}`);
    },
    pass: (ms) => clock.advance(ms),
  };
}

function realTime(): Time {
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    clock: systemClock,
    network: nodeNetwork,
    async settle<T>(promise: Promise<T>, limitMs: number): Promise<T> {
      let limit: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        limit = setTimeout(() => reject(new Error(`Not settled within ${limitMs} ms`)), limitMs);
      });
      try {
        return await Promise.race([promise, late]);
      } finally {
        clearTimeout(limit);
      }
    },
    async until(condition, what, limitMs): Promise<void> {
      const limit = performance.now() + limitMs;
      while (!condition()) {
        if (performance.now() > limit) throw new Error(`Waited ${limitMs} ms for ${what}`);
        await sleep(2);
      }
    },
    pass: sleep,
  };
}

/** A fresh world around the simulator's agent. */
export async function createSimulatorWorld(kind: WorldKind): Promise<AgentWorld> {
  const time = kind === "memory" ? virtualTime() : realTime();
  const { clock } = time;
  const keys = {
    server: nodeCrypto.keyAgreement.generateKeyPair(),
    main: nodeCrypto.keyAgreement.generateKeyPair(),
    other: nodeCrypto.keyAgreement.generateKeyPair(),
  };
  const { simulated, terminal, view } = watchedBroker(clock);
  const witness = new Witness();
  const journal = new MemoryJournalStore();
  const faults: unknown[] = [];
  let ports: Readonly<Record<Channel, number>> = { command: 0, events: 0, sync: 0 };
  let trap: { point: AgentPoint; fired: boolean } | undefined;
  let agent: Agent;

  function newAgent(): Agent {
    const made: Agent = createAgent({
      terminal,
      transport: zmtpTransport({ network: time.network, clock, crypto: nodeCrypto }),
      clock,
      randomBytes: nodeCrypto.randomBytes,
      journal,
      serverSecretKey: keys.server.secretKey,
      clients: [
        { publicKey: keys.main.publicKey, name: "main" },
        { publicKey: keys.other.publicKey, name: "other", role: "read" },
      ],
      host: "127.0.0.1",
      ports,
      brokerZone: "eet-us",
      name: "simulator",
      version: "0.0.0",
      onFault: (fault) => faults.push(fault),
      hooks: {
        at(point): void {
          if (trap === undefined || trap.fired || trap.point !== point) return;
          trap.fired = true;
          made.kill();
        },
      },
    });
    return made;
  }

  agent = newAgent();
  ports = (await time.settle(agent.start(), 10_000)).ports;
  const links = faultyNetwork(time.network, clock);
  const messages = faultyTransport(
    zmtpTransport({ network: links.network, clock, crypto: nodeCrypto }),
    clock,
  );
  const connectors: MT5Connector[] = [];
  const raws: RawClient[] = [];

  const world: AgentWorld = {
    name: kind,
    clock,
    broker: view,
    witness,
    get ports() {
      return ports;
    },
    links,
    messages,
    connector(): MT5Connector {
      const made = new MT5Connector(
        {
          agents: [
            {
              id: "main",
              connection: { host: "127.0.0.1", ports },
              credentials: {
                serverKey: encodeKey(keys.server.publicKey),
                clientKey: encodeKey(keys.main.secretKey),
              },
            },
          ],
        },
        { transport: messages.transport, clock },
      );
      connectors.push(made);
      witness.connector(made);
      return made;
    },
    async raw({ client = "main", instance = "raw-1" } = {}): Promise<RawClient> {
      const made = new RawClient({
        transport: zmtpTransport({ network: time.network, clock, crypto: nodeCrypto }),
        clock,
        host: "127.0.0.1",
        ports,
        serverPublicKey: keys.server.publicKey,
        secretKey: keys[client].secretKey,
        instance,
      });
      raws.push(made);
      witness.raw(made);
      await world.settle(made.openAll());
      return made;
    },
    killAt(point) {
      trap = { point, fired: false };
      return trap;
    },
    kill: () => agent.kill(),
    async restart(): Promise<void> {
      agent = newAgent();
      await world.settle(agent.start());
    },
    settle: (promise, limitMs = 30_000) => time.settle(promise, limitMs),
    until: (condition, what, limitMs = 30_000) => time.until(condition, what, limitMs),
    pass: (ms) => time.pass(ms),
    async close(): Promise<void> {
      for (const connector of connectors) await world.settle(connector.disconnect());
      for (const raw of raws) await world.settle(raw.close());
      await world.settle(agent.stop());
      simulated.dispose();
      if (faults.length > 0) throw new AggregateError(faults, "The agent reported faults");
    },
  };
  return world;
}
