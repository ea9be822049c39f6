import { afterEach, describe, expect, test } from "vitest";
import { memoryNetwork } from "../../../src/transport/memory-network.ts";
import type { StreamEvents } from "../../../src/transport/network.ts";
import { nextTurn } from "../../../src/transport/turn.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";

const { setImmediate } = globalThis;
afterEach(() => {
  globalThis.setImmediate = setImmediate;
});

describe("nextTurn", () => {
  test("comes after the promises of this turn and in order, also where there is no setImmediate", async () => {
    Reflect.deleteProperty(globalThis, "setImmediate");
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      nextTurn(() => order.push("turn 1"));
      nextTurn(() => {
        order.push("turn 2");
        resolve();
      });
      Promise.resolve()
        .then(() => order.push("promise"))
        .catch(() => undefined);
    });
    expect(order).toEqual(["promise", "turn 1", "turn 2"]);
  });
});

describe("VirtualClock", () => {
  test("runUntil says what it waited for in vain, and that the time went by", async () => {
    const clock = new VirtualClock();
    await expect(clock.runUntil(new Promise(() => undefined), 500)).rejects.toThrow("within 500 virtual ms");
    expect(clock.nowMs()).toBe(500);
  });

  test("timers of 0 ms without end are told instead of going on for ever", async () => {
    const clock = new VirtualClock();
    let going = true;
    const again = (): void => {
      if (going) clock.setTimer(again, 0);
    };
    again();
    await expect(clock.advance(1)).rejects.toThrow("timers of 0 ms without end");
    going = false;
    await clock.advance(1);
    expect(clock.nowMs()).toBe(1);
  });

  test("is advanced by one at a time", async () => {
    const clock = new VirtualClock();
    const first = clock.advance(10);
    await expect(clock.advance(1)).rejects.toThrow("already being advanced");
    await first;
  });
});

describe("memoryNetwork", () => {
  const quiet: StreamEvents = {
    open: () => undefined,
    data: () => undefined,
    drain: () => undefined,
    close: () => undefined,
  };

  test("takes no chunk size below 1", () => {
    expect(() => memoryNetwork({ clock: new VirtualClock(), maxChunkBytes: 0 })).toThrow("at least 1");
  });

  test("a connection that is given up before it stands reaches nobody", async () => {
    const clock = new VirtualClock();
    const network = memoryNetwork({ clock, latencyMs: 5 });
    let accepted = 0;
    const listener = await network.listen({ host: "*", port: 7 }, () => {
      accepted++;
      return quiet;
    });
    network.connect({ host: "h", port: 7 }, quiet).destroy();
    await clock.advance(50);
    expect(accepted).toBe(0);
    await listener.close();
    await listener.close();
  });

  test("gives each listener on port 0 a port of its own, and one that was closed to the next", async () => {
    const clock = new VirtualClock();
    const network = memoryNetwork({ clock });
    const ports = new Set<number>();
    const first = await network.listen({ host: "*", port: 0 }, () => quiet);
    const { port } = first.endpoint;
    ports.add(port);
    ports.add((await network.listen({ host: "*", port: 0 }, () => quiet)).endpoint.port);
    await expect(network.listen({ host: "*", port }, () => quiet)).rejects.toThrow("EADDRINUSE");
    expect(ports.size).toBe(2);
    await first.close();
    const again = await network.listen({ host: "*", port }, () => quiet);
    // Closing what was closed before takes the port from nobody.
    await first.close();
    await expect(network.listen({ host: "*", port }, () => quiet)).rejects.toThrow("EADDRINUSE");
    await again.close();
  });

  test("passes over ports that are taken, and begins anew behind the last", async () => {
    const clock = new VirtualClock();
    const network = memoryNetwork({ clock });
    const listen = async (port: number): Promise<number> =>
      (await network.listen({ host: "*", port }, () => quiet)).endpoint.port;
    const first = await listen(0);
    await listen(first + 1);
    expect(await listen(0)).toBe(first + 2);
    const count = 65_536 - first;
    for (let dialled = 0; dialled < count; dialled++) {
      network.connect({ host: "h", port: 1 }, quiet).destroy();
    }
    const again = await listen(0);
    expect(again).toBeGreaterThan(first + 2);
    expect(again).toBeLessThan(65_536);
  });

  test("unfreeze leaves alone what is not frozen", async () => {
    const clock = new VirtualClock();
    const network = memoryNetwork({ clock, latencyMs: 1 });
    const got: number[] = [];
    await network.listen({ host: "*", port: 7 }, () => ({
      ...quiet,
      data: (chunk): void => void got.push(...chunk),
    }));
    const stream = network.connect({ host: "h", port: 7 }, quiet);
    await clock.advance(10);
    network.unfreeze();
    stream.write(new Uint8Array([1]));
    await clock.advance(10);
    expect(got).toEqual([1]);
  });
});
