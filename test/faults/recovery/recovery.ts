import { realTime, virtualTime } from "../kit/time.ts";
import { createWorld, type World } from "../kit/world.ts";

/** How long it took after a fault, in milliseconds of the world's time. */
export interface Recovery {
  readonly name: string;
  /** From the strike to the next order that was executed and told. */
  readonly tradeMs: number;
  /** From the strike until connector, agent and broker agreed in everything. */
  readonly agreeMs: number;
}

interface FaultClass {
  readonly name: string;
  /** Strikes, now; what has to be undone undoes itself. */
  strike(world: World): void;
}

function later(world: World, action: () => void, ms: number): void {
  world.time.clock.setTimer(action, ms);
}

/** A failure to come back is seen by whoever waits for the recovery. */
function unwatched(work: Promise<unknown>): void {
  work.catch(() => undefined);
}

const classes: readonly FaultClass[] = [
  { name: "none", strike: () => undefined },
  { name: "all connections cut", strike: (world) => void world.links.cut() },
  {
    name: "command cut in the middle of the order's frame",
    strike: (world) => void world.links.cutInFrame("send", { port: world.site.ports.command }),
  },
  {
    name: "events cut in the middle of a frame",
    strike: (world) => void world.links.cutInFrame("receive", { port: world.site.ports.events }),
  },
  {
    name: "one order lost on its way",
    strike: (world) => {
      const action = { kind: "drop" } as const;
      world.client.messages.add({ channel: "command", direction: "send", action, times: 1 });
    },
  },
  {
    name: "the next ten events lost",
    strike: (world) => {
      const action = { kind: "drop" } as const;
      world.client.messages.add({ channel: "events", direction: "receive", action, times: 10 });
    },
  },
  {
    name: "half-open for 3 s, all channels",
    strike: (world) => {
      const silence = world.links.halfOpen();
      later(world, () => silence.heal(), 3_000);
    },
  },
  {
    name: "half-open for 10 s, all channels",
    strike: (world) => {
      const silence = world.links.halfOpen();
      later(world, () => silence.heal(), 10_000);
    },
  },
  { name: "agent killed, back after 200 ms", strike: (world) => unwatched(world.site.restartSoon(200)) },
  { name: "agent killed, back after 3 s", strike: (world) => unwatched(world.site.restartSoon(3_000)) },
  {
    name: "agent stands still for 2 s",
    strike: (world) => later(world, world.site.agent.freeze(), 2_000),
  },
  {
    name: "connector killed and started anew",
    strike: (world) => {
      world.client.kill();
      world.client.renew();
    },
  },
  {
    name: "disk full for 2 s",
    strike: (world) => {
      const full = world.site.journal.full();
      later(world, () => full.heal(), 2_000);
    },
  },
  {
    name: "terminal off its trade server for 2 s",
    strike: (world) => {
      const down = world.site.broker.disconnect();
      later(world, () => down.heal(), 2_000);
    },
  },
  { name: "wall clock +1 h on both sides", strike: (world) => jump(world, 3_600_000) },
  { name: "wall clock −1 h on both sides", strike: (world) => jump(world, -3_600_000) },
];

function jump(world: World, ms: number): void {
  world.site.jumpWall(ms);
  world.client.jumpWall(ms);
}

/** Measures one class after the other, each in a world of its own. */
export async function measureRecovery(
  kind: "virtual" | "tcp",
  onRecovery?: (recovery: Recovery) => void,
): Promise<Recovery[]> {
  const measured: Recovery[] = [];
  for (const fault of classes) {
    const time = kind === "virtual" ? virtualTime() : realTime();
    const world = await createWorld({ seed: fault.name, time, record: false });
    try {
      const recovery = await measure(world, fault);
      measured.push(recovery);
      onRecovery?.(recovery);
    } finally {
      await world.close();
    }
  }
  return measured;
}

async function measure(world: World, fault: FaultClass): Promise<Recovery> {
  const { time, client, site } = world;
  await client.connect();
  await time.settle(client.agent(site).trade.marketBuy("EURUSD", 0.1));
  await world.agree();
  await time.pass(100);
  const startMs = time.clock.nowMs();
  fault.strike(world);
  await time.settle(tradeUntilExecuted(world));
  const tradeMs = time.clock.nowMs() - startMs;
  await world.agree();
  return { name: fault.name, tradeMs, agreeMs: time.clock.nowMs() - startMs };
}

/** As a caller does who is told that nothing was executed: tries again. */
async function tradeUntilExecuted(world: World): Promise<void> {
  const { client, site, time } = world;
  for (;;) {
    try {
      if (client.agent(site).connectionStatus.state === "disconnected") await client.mt5.connect();
      await client.agent(site).trade.marketBuy("EURUSD", 0.1, { timeoutMs: 30_000 });
      return;
    } catch (error) {
      if (!(error instanceof Error) || error.name === "OutcomeUnknownError") throw error;
      await new Promise<void>((resolve) => time.clock.setTimer(resolve, 50));
    }
  }
}

/** Both ways of measuring side by side, as a Markdown table. */
export function recoveryTable(virtual: readonly Recovery[], tcp: readonly Recovery[]): string {
  const lines = [
    "| fault | next order executed, virtual | all agree, virtual | next order executed, TCP | all agree, TCP |",
    "|---|--:|--:|--:|--:|",
  ];
  const text = (ms: number | undefined): string => (ms === undefined ? "" : `${ms.toFixed(0)} ms`);
  for (const { name, tradeMs, agreeMs } of virtual) {
    const real = tcp.find((other) => other.name === name);
    lines.push(
      `| ${[name, text(tradeMs), text(agreeMs), text(real?.tradeMs), text(real?.agreeMs)].join(" | ")} |`,
    );
  }
  return lines.join("\n");
}
