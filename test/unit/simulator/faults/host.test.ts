import { describe, expect, test } from "vitest";
import { type FaultyHost, faultyHost } from "../../../../src/simulator/faults/host.ts";
import { memoryNetwork } from "../../../../src/transport/memory-network.ts";
import type { ByteStream, Network } from "../../../../src/transport/network.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";

interface Machine {
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly host: FaultyHost;
}

function machine(): Machine {
  const clock = new VirtualClock({ wallStartMs: 1_000_000 });
  const network = memoryNetwork({ clock, latencyMs: 1 });
  return { clock, network, host: faultyHost({ clock, network }) };
}

/** Connects from the host to a listener outside, which answers every byte. */
async function talk(made: Machine): Promise<{ readonly stream: ByteStream; readonly heard: string[] }> {
  const heard: string[] = [];
  await made.network.listen({ host: "x", port: 1 }, (stream) => ({
    open: () => undefined,
    data: (chunk) => stream.write(chunk.slice()),
    drain: () => undefined,
    close: (fault) => heard.push(`far side closed: ${fault?.message ?? "orderly"}`),
  }));
  const stream = made.host.network.connect(
    { host: "x", port: 1 },
    {
      open: () => heard.push("open"),
      data: (chunk) => heard.push(`data ${chunk.join()}`),
      drain: () => undefined,
      close: () => heard.push("closed"),
    },
  );
  await made.clock.advance(10);
  return { stream, heard };
}

describe("faultyHost", () => {
  test("jumps its own wall clock and no other", () => {
    const { clock, host } = machine();
    host.jumpWall(-3_600_000);
    expect(host.clock.wallMs()).toBe(clock.wallMs() - 3_600_000);
    expect(host.clock.nowMs()).toBe(clock.nowMs());
  });

  test("suspended: timers and arrivals wait, then come in their order", async () => {
    const made = machine();
    const { stream, heard } = await talk(made);
    const order: string[] = [];
    made.host.clock.setTimer(() => order.push("late"), 200);
    made.host.clock.setTimer(() => order.push("early"), 100);
    stream.write(Uint8Array.of(1));
    const suspension = made.host.suspend();
    await made.clock.advance(1_000);
    expect(order).toEqual([]);
    expect(heard).toEqual(["open"]);
    suspension.heal();
    await made.clock.advance(1);
    expect(order).toEqual(["early", "late"]);
    expect(heard).toEqual(["open", "data 1"]);
    expect(made.host.clock.nowMs()).toBe(made.clock.nowMs());
  });

  test("suspended with stopsMonotonic: its own time stood still, the wall's did not", async () => {
    const made = machine();
    const fired: number[] = [];
    made.host.clock.setTimer(() => fired.push(made.host.clock.nowMs()), 100);
    await made.clock.advance(40);
    const suspension = made.host.suspend({ stopsMonotonic: true });
    await made.clock.advance(10_000);
    expect(made.host.clock.nowMs()).toBe(40);
    suspension.heal();
    await made.clock.advance(59);
    expect(fired).toEqual([]);
    await made.clock.advance(1);
    expect(fired).toEqual([100]);
    expect(made.host.clock.wallMs()).toBe(1_000_000 + 10_100);
  });

  test("killed: nothing fires, nothing is heard, and the far side sees a reset", async () => {
    const made = machine();
    const { stream, heard } = await talk(made);
    made.host.clock.setTimer(() => heard.push("timer"), 10);
    made.host.kill();
    expect(stream.write(Uint8Array.of(1))).toBe(false);
    await made.clock.advance(1_000);
    expect(heard).toEqual(["open", "far side closed: read ECONNRESET"]);
    expect(made.host.dead).toBe(true);
    expect(() => made.host.suspend()).toThrow("dead");
  });

  test("killed silently: the far side hears nothing", async () => {
    const made = machine();
    const { heard } = await talk(made);
    made.host.kill(true);
    await made.clock.advance(1_000);
    expect(heard).toEqual(["open"]);
  });

  test("killed: its ports are free again", async () => {
    const made = machine();
    const accept = (): never => {
      throw new Error("Nobody calls");
    };
    await made.host.network.listen({ host: "x", port: 5 }, accept);
    await expect(made.network.listen({ host: "x", port: 5 }, accept)).rejects.toThrow("EADDRINUSE");
    made.host.kill();
    await expect(made.network.listen({ host: "x", port: 5 }, accept)).resolves.toBeDefined();
  });
});
