import { join } from "node:path";
import { compileProgram, type Flavour, mqlRoot } from "../../../build/mql5/compile.ts";
import { commandTag } from "../../../src/protocol/v1/signing.ts";
import { faultyNetwork } from "../../../src/simulator/faults/network.ts";
import { Client } from "../kit/client.ts";
import { seededCrypto } from "../kit/seeded-crypto.ts";
import { siteFaults } from "../kit/world.ts";
import type { BenchWorld } from "../matrix/bench.ts";
import { ExpertSite } from "./expert-site.ts";
import { scaledTime } from "./time.ts";

/** The expert that ships. */
const expert: string = join(mqlRoot, "Experts", "MT5Connector", "MT5Connector.mq5");

/** What a world with an expert may differ in. */
export interface ExpertWorldOptions {
  readonly seed: string;
  readonly flavour: Flavour;
  readonly timeScale: number;
  readonly brokerLatencyMs?: number;
}

/** A world whose agent is the expert. */
export interface ExpertWorld extends BenchWorld {
  readonly site: ExpertSite;
  close(): Promise<void>;
}

/** A connector and the expert's own sources, over TCP; the connector is not connected yet. */
export async function createExpertWorld(options: ExpertWorldOptions): Promise<ExpertWorld> {
  const { seed, flavour, timeScale, brokerLatencyMs } = options;
  const time = scaledTime(timeScale);
  const keys = seededCrypto(`${seed} client keys`).keyAgreement.generateKeyPair();
  const site = new ExpertSite({
    binary: await compileProgram(expert, flavour),
    seed,
    time,
    timeScale,
    clients: [keys.publicKey],
    ...(brokerLatencyMs === undefined ? {} : { brokerLatencyMs }),
  });
  try {
    await site.start();
  } catch (cause) {
    await site.stop();
    throw cause;
  }
  const links = faultyNetwork(time.network, time.clock);
  const client = new Client({ seed, time, network: links.network, sites: [site], keys });
  return {
    time,
    site,
    client,
    keys,
    links,
    executions(id): number {
      const tag = commandTag(keys.publicKey, id);
      return site.broker.executed.filter((request) => request.comment?.endsWith(tag) === true).length;
    },
    async agree(limitMs = 60_000): Promise<void> {
      const wrong = (): string[] => siteFaults(client, site);
      try {
        await time.until(() => wrong().length === 0, "agreement", limitMs);
      } catch (cause) {
        throw new Error(`Connector and broker do not agree:\n  ${wrong().join("\n  ")}`, { cause });
      }
    },
    async close(): Promise<void> {
      try {
        await client.close();
      } finally {
        await site.stop();
      }
    },
  };
}
