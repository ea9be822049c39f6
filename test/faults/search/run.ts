import type { CommandOutcome } from "../../../src/connector/mod.ts";
import { type PlayedFaults, playFaults } from "../../../src/simulator/faults/play.ts";
import { faultSchedule, type ScheduledFault } from "../../../src/simulator/faults/schedule.ts";
import { createWorld, type World } from "../kit/world.ts";
import { allTold, judge } from "./commands.ts";
import { Workload } from "./workload.ts";

/** What one schedule came to. */
export interface SearchResult {
  readonly seed: string;
  readonly schedule: readonly ScheduledFault[];
  /** What is wrong; empty when all is right. */
  readonly faults: readonly string[];
  /** SHA-256 over all bytes on the links, all events heard and all that callers were told. */
  readonly digest: string;
  readonly commands: number;
  readonly executions: number;
  readonly unknown: number;
  readonly stillUnknown: number;
  readonly struck: number;
  /** From the last heal until connector and broker agreed, virtual milliseconds. */
  readonly recoveryMs: number;
}

const activeMs = 25_000;
/** The longest timeout of the workload, and some. */
const settleMs = 45_000;
const agreeMs = 60_000;
/** Programmers' mistakes, which no fault excuses. */
const mistakes = /TypeError|ReferenceError|RangeError|Cannot read properties|is not a function/;

/** Runs one seed: its faults, unless others are given, against its workload. */
export async function runSearch(
  seed: string,
  schedule: readonly ScheduledFault[] = faultSchedule(seed),
  trace?: (line: string) => void,
): Promise<SearchResult> {
  const world = await createWorld({ seed, options: { reconnect: { maxBackoffMs: 2_000 } } });
  try {
    return await search(world, seed, schedule, trace);
  } finally {
    await world.close();
  }
}

async function search(
  world: World,
  seed: string,
  schedule: readonly ScheduledFault[],
  trace?: (line: string) => void,
): Promise<SearchResult> {
  const { time, client, site, traffic } = world;
  const faults: string[] = [];
  const say = (line: string): void => trace?.(`${time.clock.nowMs().toFixed(0).padStart(8)} ${line}`);
  const note = (line: string): void => {
    traffic.note(line);
    say(line);
  };
  if (trace !== undefined) traceWorld(world, schedule, say);
  client.book(site).onLine = note;
  await client.connect();
  const workload = new Workload(world, seed);
  const played = play(world, schedule, workload, faults, note);
  workload.start(activeMs);
  await time.pass(activeMs + 5_000);
  played.heal();
  const healedMs = time.clock.nowMs();
  await time.until(() => !site.dead && !client.host.dead, "both sides being back", 120_000);
  let recoveryMs = -1;
  try {
    await world.agree(agreeMs);
    recoveryMs = time.clock.nowMs() - healedMs;
    await time.until(() => allTold(world, workload.commands), "all callers being told", settleMs);
    await world.agree(agreeMs);
  } catch (error) {
    faults.push(String(error));
  }
  // An answer that never came counts as missing after 10 s, and what asking has brought to light has to be told.
  await time.pass(12_000);
  const outcomes = await askUnknown(world, workload, faults);
  await time.pass(2_000);
  faults.push(...world.faults(), ...workload.faults);
  for (const command of workload.commands) {
    faults.push(...judge(world, command, outcomes.get(command.id)));
    note(
      `${command.id} ${command.calls.map(({ told }) => told?.state).join()} ${outcomes.get(command.id)?.state}`,
    );
  }
  for (const line of [...site.faults, ...client.errors]) if (mistakes.test(line)) faults.push(line);
  const states = [...outcomes.values()].map(({ state }) => state);
  return {
    seed,
    schedule,
    faults: [...new Set(faults)],
    digest: traffic.digest(),
    commands: workload.commands.length,
    executions: site.broker.executed.length,
    unknown: states.length,
    stillUnknown: states.filter((state) => state === "unknown").length,
    struck: played.struck.filter(({ fired }) => fired > 0).length,
    recoveryMs,
  };
}

/** Asks the journal for every command about which some caller was not told for certain. */
async function askUnknown(
  world: World,
  workload: Workload,
  faults: string[],
): Promise<Map<string, CommandOutcome>> {
  const { trade } = world.client.agent(world.site);
  const outcomes = new Map<string, CommandOutcome>();
  for (const { id, calls } of workload.commands) {
    const certain = calls.some(({ told }) => told?.state === "executed" || told?.state === "rejected");
    if (certain) continue;
    try {
      outcomes.set(id, await world.time.settle(trade.outcome(id)));
    } catch (error) {
      faults.push(`${id}: its outcome cannot be asked: ${String(error)}`);
    }
  }
  return outcomes;
}

function play(
  world: World,
  schedule: readonly ScheduledFault[],
  workload: Workload,
  faults: string[],
  note: (line: string) => void,
): PlayedFaults {
  const { time, client, site, links } = world;

  let restarts = 0;
  /** As a service manager does: a start that fails for want of disk is tried again. */
  async function restartAgent(downMs: number): Promise<void> {
    if (site.dead) return;
    const mine = ++restarts;
    for (let waitMs = downMs; ; waitMs = 1_000) {
      try {
        await site.restartSoon(waitMs);
        return;
      } catch (error) {
        // It was killed in its start: whoever did that starts it again.
        if (mine !== restarts) return;
        if (site.diskFails.test(String(error))) continue;
        faults.push(`the agent does not start: ${String(error)}`);
        return;
      }
    }
  }

  async function restartConnector(downMs: number, silently: boolean): Promise<void> {
    if (client.host.dead) return;
    faults.push(...client.book(site).doubles());
    client.kill(silently);
    await new Promise<void>((resolve) => time.clock.setTimer(resolve, downMs));
    client.renew();
    client.book(site).onLine = note;
    const life = client.lives;
    while (client.lives === life && !client.host.dead) {
      try {
        await client.mt5.connect();
        client.book(site).connected(site.terminal.historyDeals("0"));
        workload.resend();
        return;
      } catch (error) {
        note(`connect: ${String(error)}`);
        await new Promise<void>((resolve) => time.clock.setTimer(resolve, 500));
      }
    }
  }

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
      restartAgent(downMs).catch((error: unknown) => faults.push(String(error)));
    },
    restartConnector: (downMs, silently) => {
      restartConnector(downMs, silently).catch((error: unknown) => faults.push(String(error)));
    },
    jumpWall: (side, ms) => (side === "agent" ? site : client).jumpWall(ms),
  });
}

/** Tells what a person wants to know who looks for the cause of a failure. */
function traceWorld(world: World, schedule: readonly ScheduledFault[], say: (line: string) => void): void {
  const { site, client, time } = world;
  site.onPoint = ({ point, id, op }): void => {
    if (point !== "requestReceived" && point !== "replied") say(`agent ${point} ${id ?? ""} ${op ?? ""}`);
  };
  site.onFault = (fault): void => say(`agent fault ${fault}`);
  site.onRefusal = ({ code, id, op, message }): void =>
    say(`agent refuses ${code} ${id ?? op ?? ""}: ${message}`);
  client.onStatus = (status): void => say(`connector ${status}`);
  client.onError = (error): void => say(`connector error ${error}`);
  for (const fault of schedule) {
    time.clock.setTimer(() => say(`fault ${JSON.stringify(fault)}`), fault.atMs);
  }
}
