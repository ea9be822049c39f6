import { describe, expect, test } from "vitest";
import { faultKinds, faultSchedule } from "../../../../src/simulator/faults/schedule.ts";
import { recordTraffic } from "../../../../src/simulator/faults/traffic.ts";
import { memoryNetwork } from "../../../../src/transport/memory-network.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";

describe("faultSchedule", () => {
  test("gives the same faults for the same seed, in order of time, and plain data", () => {
    const first = faultSchedule(7);
    expect(faultSchedule(7)).toEqual(first);
    expect(faultSchedule(8)).not.toEqual(first);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    expect(first.map((fault) => fault.atMs)).toEqual(first.map((fault) => fault.atMs).sort((a, b) => a - b));
  });

  test("draws every kind, and only those asked for, within the time and the count", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const schedule = faultSchedule(seed, { durationMs: 1_000, count: [2, 4] });
      expect(schedule.length).toBeGreaterThanOrEqual(2);
      expect(schedule.length).toBeLessThanOrEqual(4);
      for (const fault of schedule) {
        seen.add(fault.kind);
        expect(fault.atMs).toBeLessThanOrEqual(1_000);
      }
    }
    expect([...seen].sort()).toEqual([...faultKinds].sort());
    for (const fault of faultSchedule(1, { kinds: ["cut"], count: [5, 5] })) expect(fault.kind).toBe("cut");
  });
});

describe("recordTraffic", () => {
  test("digests bytes, times and directions", async () => {
    const digests: string[] = [];
    for (const change of ["none", "byte", "time", "none"]) {
      const clock = new VirtualClock();
      const record = recordTraffic(memoryNetwork({ clock }), clock);
      const nothing = (): void => undefined;
      const events = { open: nothing, data: nothing, drain: nothing, close: nothing };
      await record.network.listen({ host: "x", port: 1 }, () => events);
      const stream = record.network.connect({ host: "x", port: 1 }, events);
      await clock.advance(change === "time" ? 6 : 5);
      stream.write(Uint8Array.of(change === "byte" ? 2 : 1));
      digests.push(record.digest());
      expect(record.bytes).toBe(1);
    }
    expect(digests[3]).toBe(digests[0]);
    expect(new Set(digests).size).toBe(3);
  });
});
