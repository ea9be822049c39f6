import type { GlobalOptions } from "../../../src/connector/mod.ts";
import { commandTag } from "../../../src/protocol/v1/signing.ts";
import type { AgentLimits } from "../../../src/simulator/agent/agent-options.ts";
import type { ExecutionModel } from "../../../src/simulator/broker/mod.ts";
import { faultyNetwork, type NetworkFaults } from "../../../src/simulator/faults/network.ts";
import { recordTraffic, type TrafficRecord } from "../../../src/simulator/faults/traffic.ts";
import type { KeyPair } from "../../../src/zmtp/crypto/types.ts";
import { Client, type ClientSite } from "./client.ts";
import { seededCrypto } from "./seeded-crypto.ts";
import { Site } from "./site.ts";
import { type Time, virtualTime } from "./time.ts";

/** What a world may differ in. */
export interface WorldOptions {
  readonly seed?: string;
  readonly time?: Time;
  /** How many agents. @default 1 */
  readonly agents?: number;
  readonly limits?: Partial<AgentLimits>;
  readonly options?: GlobalOptions;
  /** Records all bytes between connector and agents. @default true */
  readonly record?: boolean;
  readonly brokerLatencyMs?: number;
  readonly execution?: ExecutionModel;
}

/** One connector and its agents, with a fault for everything between and behind them. */
export interface World {
  readonly time: Time;
  readonly sites: readonly Site[];
  /** The first site. */
  readonly site: Site;
  readonly client: Client;
  /** The keys of the client's machine, which every connector on it uses. */
  readonly keys: KeyPair;
  /** Faults of the byte streams between connector and agents. */
  readonly links: NetworkFaults;
  readonly traffic: TrafficRecord;
  /** Trade requests with this command's tag that the site's broker has executed. */
  executions(id: string, site?: Site): number;
  /** What is wrong at a site: doubles, lost events, a mirror that differs. Empty when all is right. */
  faults(site?: Site): string[];
  /** Lets time pass until connector, agents and brokers agree, or fails with what is wrong. */
  agree(limitMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** Makes a world with its agents started; the connector is not connected yet. */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { seed = "world", time = virtualTime(), agents = 1, limits, brokerLatencyMs, execution } = options;
  const keys = seededCrypto(`${seed} client keys`).keyAgreement.generateKeyPair();
  const sites = Array.from(
    { length: agents },
    (_, i) =>
      new Site({
        name: `agent-${i + 1}`,
        seed: `${seed} site ${i + 1}`,
        time,
        clients: [keys.publicKey],
        ...(limits === undefined ? {} : { limits }),
        ...(brokerLatencyMs === undefined ? {} : { brokerLatencyMs }),
        ...(execution === undefined ? {} : { execution }),
      }),
  );
  for (const site of sites) await time.settle(site.start());
  const [first] = sites;
  if (first === undefined) throw new RangeError("A world has at least one agent");
  const traffic = recordTraffic(time.network, time.clock);
  const dialled = options.record === false ? time.network : traffic.network;
  const links = faultyNetwork(dialled, time.clock);
  const client = new Client({
    seed,
    time,
    network: links.network,
    sites,
    keys,
    ...(options.options === undefined ? {} : { options: options.options }),
  });

  const world: World = {
    time,
    sites,
    site: first,
    client,
    keys,
    links,
    traffic,
    executions(id, site = first): number {
      const tag = commandTag(keys.publicKey, id);
      return site.broker.executed.filter((request) => request.comment?.endsWith(tag) === true).length;
    },
    faults: (site = first) => siteFaults(client, site),
    async agree(limitMs = 60_000): Promise<void> {
      const wrong = (): string[] => sites.flatMap((site) => siteFaults(client, site));
      try {
        await time.until(() => wrong().length === 0, "agreement", limitMs);
      } catch (cause) {
        throw new Error(`Connector and broker do not agree:\n  ${wrong().join("\n  ")}`, { cause });
      }
    },
    async close(): Promise<void> {
      await client.close();
      for (const site of sites) await site.stop();
    },
  };
  return world;
}

/** What is wrong between a connector and the broker of a site: doubles, lost events, a mirror that differs. */
export function siteFaults(client: Client, site: ClientSite): string[] {
  const agent = client.agent(site);
  const { state } = agent.connectionStatus;
  const faults = client.book(site).faults(site.terminal.historyDeals("0"));
  if (state !== "connected") faults.push(`${site.name} is ${state}`);
  const told = agent.mirror.positions.map(({ ticketText, volume }) => `${ticketText}:${volume}`);
  const real = site.terminal.positions().map(({ ticket, volume }) => `${ticket}:${volume}`);
  if (told.sort().join() !== real.sort().join()) {
    faults.push(`${site.name}: the mirror has positions ${told.join()}, the broker ${real.join()}`);
  }
  const orders = agent.mirror.orders.map(({ ticketText }) => ticketText);
  const active = site.terminal.orders().map(({ ticket }) => ticket);
  if (orders.sort().join() !== active.sort().join()) {
    faults.push(`${site.name}: the mirror has orders ${orders.join()}, the broker ${active.join()}`);
  }
  const balance = agent.mirror.account?.balance;
  if (balance !== site.terminal.account().balance) {
    faults.push(
      `${site.name}: the mirror has balance ${balance}, the broker ${site.terminal.account().balance}`,
    );
  }
  return faults;
}
