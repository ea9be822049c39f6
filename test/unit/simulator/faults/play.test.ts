import { describe, expect, test } from "vitest";
import { type FaultTargets, type PlayedFaults, playFaults } from "../../../../src/simulator/faults/play.ts";
import { faultSchedule, type ScheduledFault } from "../../../../src/simulator/faults/schedule.ts";
import { createWorld, type World } from "../../../faults/kit/world.ts";

function targets(world: World, calls: string[]): FaultTargets {
  const { time, site, client, links } = world;
  return {
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
    restartAgent: (downMs) => calls.push(`agent ${downMs}`),
    restartConnector: (downMs, silently) => calls.push(`connector ${downMs} ${silently}`),
    jumpWall: (side, ms) => calls.push(`${side} ${ms}`),
  };
}

async function played(
  schedule: readonly ScheduledFault[],
  act: (world: World, faults: PlayedFaults, calls: string[]) => Promise<void>,
): Promise<void> {
  const world = await createWorld({ record: false });
  try {
    await world.client.connect();
    const calls: string[] = [];
    await act(world, playFaults(schedule, targets(world, calls)), calls);
  } finally {
    await world.close();
  }
}

describe("playFaults", () => {
  test("strikes at its time, heals after its span, and tells what has struck", () =>
    played(
      [
        { atMs: 100, kind: "refuse", forMs: 2_000 },
        { atMs: 200, kind: "cut" },
        { atMs: 300, kind: "restartAgent", downMs: 7 },
        { atMs: 300, kind: "wallJump", side: "connector", jumpMs: 5 },
        { atMs: 400, kind: "diskFull", freeBytes: 0, forMs: 10 },
      ],
      async (world, faults, calls) => {
        await world.time.pass(150);
        expect(faults.struck.map(({ fired }) => fired)).toEqual([0, 0, 0, 0, 0]);
        await world.time.pass(350);
        expect(calls).toEqual(["agent 7", "connector 5"]);
        expect(world.links.open()).toBe(0);
        await world.time.pass(2_500);
        expect(faults.struck.map(({ fired }) => fired > 0)).toEqual([true, true, true, true, false]);
        await world.agree();
      },
    ));

  test("heal takes back what stands and what was to come", () =>
    played(
      [
        { atMs: 0, kind: "halfOpen", forMs: 60_000 },
        { atMs: 5_000, kind: "restartAgent", downMs: 1 },
      ],
      async (world, faults, calls) => {
        await world.time.pass(1_000);
        faults.heal();
        await world.time.pass(10_000);
        expect(calls).toEqual([]);
        await world.agree();
      },
    ));

  test("plays every kind that a schedule can draw", () =>
    played(
      faultSchedule("every kind", { count: [400, 400], durationMs: 5_000 }),
      async (world, faults, calls) => {
        await world.time.pass(6_000);
        const struck = new Set(faults.struck.filter(({ fired }) => fired > 0).map(({ fault }) => fault.kind));
        faults.heal();
        expect(struck.size).toBeGreaterThan(5);
        expect(calls.length).toBeGreaterThan(10);
      },
    ));
});
