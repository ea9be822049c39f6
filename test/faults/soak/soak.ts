import { limits } from "../../../src/protocol/v1/limits.ts";
import { playFaults } from "../../../src/simulator/faults/play.ts";
import { type FaultKind, faultSchedule } from "../../../src/simulator/faults/schedule.ts";
import { Prng } from "../../../src/simulator/market/prng.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import type { Site } from "../kit/site.ts";
import { startUtcMs, virtualTime } from "../kit/time.ts";
import { createWorld, type World } from "../kit/world.ts";
import { keptBytes } from "./kept-bytes.ts";

/** What a soak is like. */
export interface SoakOptions {
  readonly seed: string;
  readonly agents: number;
  /** Opens and closes of each agent in each round; the last 100 of them without faults. */
  readonly ordersPerRound: number;
  readonly rounds: number;
  /** The share of agents that a round disturbs. @default 0.2 */
  readonly disturbed?: number;
  /** The share of the samples, from the end, that the growth is fitted to. @default 0.5 */
  readonly judged?: number;
  /** A sample is taken after each so many rounds. @default 1 */
  readonly every?: number;
  readonly onSample?: (sample: SoakSample) => void;
  /** Told the ticket of each position that was opened: what it keeps is a leak to be found. */
  readonly onOpened?: (ticket: string) => void;
}

/** What is kept after a collection. */
export interface SoakSample {
  readonly orders: number;
  /** Objects and byte arrays, but no compiled code. */
  readonly heapBytes: number;
}

/** What a soak came to. */
export interface SoakResult {
  readonly samples: readonly SoakSample[];
  readonly orders: number;
  readonly executions: number;
  readonly faults: number;
  /** Growth by least squares over the judged part of the samples. */
  readonly bytesPerOrder: number;
}

/** All that strikes within a few seconds; sleeps of minutes would only make the soak longer. */
const kinds: readonly FaultKind[] = [
  "cut",
  "cutInFrame",
  "refuse",
  "delayLink",
  "corrupt",
  "frame",
  "message",
  "restartAgent",
  "restartAgentAt",
  "diskFull",
  "tornWrite",
  "dropTransactions",
  "shuffleTransactions",
  "splitTransactions",
  "overflow",
];

/** Longer than the journals of a soak keep anything, and than they wait between two looks at it. */
const quietMs = 30_000;
/** Longer than connectors keep the tickets that they know. */
const historyMs = 2 * limits.historyOverlapMs;

/** Orders of each agent, of those of a round, that are traded without faults at its end. */
const calmOrders = 100;

/** Lets many agents trade under random faults, and watches the heap. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { seed, agents, rounds } = options;
  const clock = new VirtualClock({ wallStartMs: startUtcMs });
  const world = await createWorld({
    seed,
    agents,
    time: virtualTime(clock),
    record: false,
    options: { reconnect: { maxBackoffMs: 1_000 } },
    // Bounds that a short run reaches, so that what is kept by design is full before the second half; and those that an
    // agent loses with a restart are full again after the calm part of a round.
    limits: {
      ledgerRingEvents: 256,
      rememberedDeals: 64,
      journalRetentionMs: 5_000,
      journalCompactBytes: 16_384,
    },
  });
  const samples: SoakSample[] = [];
  let orders = 0;
  let executions = 0;
  let faults = 0;
  try {
    await world.client.connect();
    for (let round = 1; round <= rounds; round++) {
      faults += await playRound(world, options, round);
      orders += agents * options.ordersPerRound;
      executions += forget(world);
      // What the journals keep for a while is dropped by then.
      await world.time.pass(quietMs);
      // What the connectors keep of the history goes by broker time.
      clock.jumpWall(historyMs);
      if (round % (options.every ?? 1) > 0) continue;
      const sample = { orders, heapBytes: await keptByWorld(world) };
      samples.push(sample);
      options.onSample?.(sample);
    }
  } finally {
    await world.close();
  }
  const bytesPerOrder = slope(samples.slice(-Math.ceil(samples.length * (options.judged ?? 0.5))));
  return { samples, orders, executions, faults, bytesPerOrder };
}

/** What connectors, agents and brokers keep. The disks are memory here, and are rewritten from time to time. */
async function keptByWorld(world: World): Promise<number> {
  const disks = world.sites.reduce((sum, { journalStore }) => sum + journalStore.allocatedBytes, 0);
  return (await keptBytes()) - disks;
}

async function playRound(world: World, options: SoakOptions, round: number): Promise<number> {
  const { time, client, sites } = world;
  const { seed, ordersPerRound, disturbed = 0.2 } = options;
  const random = new Prng(`${seed}/${round}`);
  const played = sites
    .filter(() => random.float() < disturbed)
    .map((site) => disturb(world, site, `${seed}/${round}/${site.name}`));
  const tradeAll = (orders: number): Promise<unknown> =>
    time.settle(Promise.all(sites.map((site) => trade(world, site, orders >> 1, options.onOpened))), 300_000);
  await tradeAll(ordersPerRound - calmOrders);
  await time.pass(1_000);
  let struck = 0;
  for (const one of played) {
    one.heal();
    struck += one.struck.filter(({ fired }) => fired > 0).length;
  }
  await time.until(() => sites.every((site) => !site.dead), "all agents being back");
  // What connections have grown to is part of the weight, so all of them begin anew.
  world.links.cut();
  await world.agree();
  await tradeAll(calmOrders);
  for (const site of sites) closeRest(site);
  await world.agree();
  for (const site of sites) {
    const doubles = client.book(site).doubles();
    if (doubles.length > 0) throw new Error(doubles.join("\n"));
  }
  return struck;
}

/** Opens and closes, one after the other in a few lanes. What fails or is unknown is left to the end of the round. */
async function trade(
  world: World,
  site: Site,
  pairs: number,
  onOpened?: (ticket: string) => void,
): Promise<void> {
  const lanes = 10;
  const { trade: api } = world.client.agent(site);
  const lane = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      try {
        const { ticketText } = await api.marketBuy("EURUSD", 0.01, { timeoutMs: 5_000 });
        onOpened?.(ticketText);
        await api.closePosition(ticketText, undefined, { timeoutMs: 5_000 });
      } catch (error) {
        if (!(error instanceof Error) || !("remedy" in error)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, () => lane(Math.ceil(pairs / lanes))));
}

function disturb(world: World, site: Site, seed: string): ReturnType<typeof playFaults> {
  const { client, links, time } = world;
  const schedule = faultSchedule(seed, { kinds, durationMs: 2_000, count: [1, 2] });
  const later = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => {
      if (!site.diskFails.test(String(error)) && !String(error).includes("it was killed")) throw error;
      later(site.restartSoon(500));
    });
  };
  return playFaults(schedule, {
    clock: time.clock,
    ports: site.ports,
    links,
    messages: client.messages,
    agent: site.points,
    journal: site.journal,
    broker: site.broker,
    terminal: site.view,
    agentHost: () => site.host,
    connectorHost: () => client.host,
    restartAgent: (downMs) => {
      if (!site.dead) later(site.restartSoon(Math.min(downMs, 3_000)));
    },
    restartConnector: () => undefined,
    jumpWall: () => undefined,
  });
}

/** Positions whose trade was not told are closed at the broker, so that they do not add up. */
function closeRest(site: Site): void {
  const { server } = site.terminal;
  for (const { ticket, symbol, side, volume } of site.terminal.positions()) {
    const kind = side === "buy" ? "sell" : "buy";
    server.execute({ action: "deal", symbol, kind, volume, position: ticket, deviation: 100 }, "client");
  }
}

/** Empties the books of the test and of the broker, which grow by design. Returns the executions that were in them. */
function forget(world: World): number {
  let executions = 0;
  for (const site of world.sites) {
    executions += site.forget();
    world.client.book(site).forget(site.terminal.historyDeals("0"));
  }
  return executions;
}

/** Least squares, bytes per order. */
function slope(samples: readonly SoakSample[]): number {
  const n = samples.length;
  const meanX = samples.reduce((sum, { orders }) => sum + orders, 0) / n;
  const meanY = samples.reduce((sum, { heapBytes }) => sum + heapBytes, 0) / n;
  let above = 0;
  let below = 0;
  for (const { orders, heapBytes } of samples) {
    above += (orders - meanX) * (heapBytes - meanY);
    below += (orders - meanX) ** 2;
  }
  return above / below;
}
