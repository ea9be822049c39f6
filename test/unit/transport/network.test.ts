import { describe, expect, test } from "vitest";
import { nodeNetwork } from "../../../src/adapters/node-network.ts";
import { systemClock } from "../../../src/transport/clock.ts";
import { memoryNetwork } from "../../../src/transport/memory-network.ts";
import type { ByteStream, Endpoint, Network, StreamEvents } from "../../../src/transport/network.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";

/** One end of a stream, and what it was told. */
interface End {
  stream: ByteStream | undefined;
  readonly log: string[];
  readonly bytes: number[];
  fault: Error | undefined;
}

function end(): End & StreamEvents {
  const log: string[] = [];
  const bytes: number[] = [];
  const self: End & StreamEvents = {
    stream: undefined,
    log,
    bytes,
    fault: undefined,
    open: () => log.push("open"),
    data: (chunk) => {
      for (const byte of chunk) bytes.push(byte);
    },
    drain: () => log.push("drain"),
    close: (fault) => {
      self.fault = fault;
      log.push("close");
    },
  };
  return self;
}

/** Real networks are awaited by polling, the one in memory by turning its clock. */
interface Stage {
  readonly network: Network;
  until(condition: () => boolean): Promise<void>;
}

const stages: readonly [string, () => Stage][] = [
  [
    "memoryNetwork in virtual time",
    (): Stage => {
      const clock = new VirtualClock();
      const network = memoryNetwork({ clock, latencyMs: 2, maxChunkBytes: 1_000 });
      return {
        network,
        until: async (condition) => {
          await clock.runUntil(condition, 10_000);
        },
      };
    },
  ],
  [
    "memoryNetwork in real time",
    (): Stage => ({
      network: memoryNetwork({ clock: systemClock, latencyMs: 1.5 }),
      until: (condition) => expect.poll(condition, { timeout: 10_000, interval: 2 }).toBe(true),
    }),
  ],
  [
    "nodeNetwork",
    (): Stage => ({
      network: nodeNetwork,
      until: (condition) => expect.poll(condition, { timeout: 10_000, interval: 2 }).toBe(true),
    }),
  ],
];

describe.each(stages)("%s", (_name, make) => {
  async function linked(): Promise<
    { dialled: End; accepted: End; close: () => Promise<void>; endpoint: Endpoint } & Stage
  > {
    const stage = make();
    const [dialled, accepted] = [end(), end()];
    const listener = await stage.network.listen({ host: "127.0.0.1", port: 0 }, (stream) => {
      accepted.stream = stream;
      return accepted;
    });
    dialled.stream = stage.network.connect(listener.endpoint, dialled);
    expect(dialled.log).toEqual([]);
    await stage.until(() => dialled.log.length > 0 && accepted.log.length > 0);
    expect([dialled.log, accepted.log]).toEqual([["open"], ["open"]]);
    return { ...stage, dialled, accepted, close: () => listener.close(), endpoint: listener.endpoint };
  }

  test("carries bytes both ways, in order, and tells both ends of an orderly close", async () => {
    const { dialled, accepted, until, close, endpoint } = await linked();
    expect(dialled.stream?.remoteAddress).toBe(`127.0.0.1:${endpoint.port}`);
    expect(accepted.stream?.remoteAddress).toMatch(/^(127\.0\.0\.1|::ffff:127\.0\.0\.1):\d+$/);
    const wanted = Array.from({ length: 5_000 }, (_, i) => i & 0xff);
    dialled.stream?.write(Uint8Array.from(wanted));
    dialled.stream?.write(Uint8Array.of(1, 2, 3));
    accepted.stream?.write(Uint8Array.of(9));
    await until(() => accepted.bytes.length === 5_003 && dialled.bytes.length === 1);
    expect(accepted.bytes).toEqual([...wanted, 1, 2, 3]);
    dialled.stream?.write(Uint8Array.of(4));
    dialled.stream?.end();
    await until(() => dialled.log.includes("close") && accepted.log.includes("close"));
    expect(accepted.bytes.at(-1)).toBe(4);
    expect([dialled.fault, accepted.fault]).toEqual([undefined, undefined]);
    await close();
  });

  test("holds bytes back from a paused end, and the writer feels it", async () => {
    const { dialled, accepted, until, close } = await linked();
    accepted.stream?.pause();
    let written = 0;
    // More than any buffer on the way takes.
    while (written < 200 && dialled.stream?.write(new Uint8Array(100_000)) === true) written++;
    await until(() => true);
    while (written < 400 && dialled.stream?.write(new Uint8Array(100_000)) === true) written++;
    expect(written).toBeLessThan(400);
    expect(dialled.log).not.toContain("drain");
    accepted.stream?.resume();
    await until(() => dialled.log.includes("drain"));
    expect(accepted.bytes.length).toBeGreaterThan(0);
    dialled.stream?.destroy();
    accepted.stream?.destroy();
    await until(() => dialled.log.includes("close") && accepted.log.includes("close"));
    await close();
  });

  test("tells of an endpoint that nobody listens on, later and once", async () => {
    const { network, until, close, endpoint, dialled, accepted } = await linked();
    await close();
    const refused = end();
    refused.stream = network.connect(endpoint, refused);
    expect(refused.log).toEqual([]);
    await until(() => refused.log.length > 0);
    expect(refused.log).toEqual(["close"]);
    expect(refused.fault?.message).toContain("ECONNREFUSED");
    // What was accepted before stays open.
    dialled.stream?.write(Uint8Array.of(7));
    await until(() => accepted.bytes.length === 1);
    dialled.stream?.destroy(new Error("enough"));
    await until(() => dialled.log.includes("close") && accepted.log.includes("close"));
    expect(dialled.fault?.message).toBe("enough");
  });

  test("refuses an endpoint that is taken", async () => {
    const { network, close, endpoint, dialled, accepted, until } = await linked();
    await expect(network.listen(endpoint, () => end())).rejects.toThrow("EADDRINUSE");
    dialled.stream?.destroy();
    await until(() => accepted.log.includes("close"));
    await close();
  });
});

describe("memoryNetwork's faults", () => {
  test("cut, freeze and unfreeze by port", async () => {
    const clock = new VirtualClock();
    const network = memoryNetwork({ clock });
    const ends: End[] = [];
    for (const port of [1, 2]) {
      const [dialled, accepted] = [end(), end()];
      await network.listen({ host: "a", port }, (stream) => {
        accepted.stream = stream;
        return accepted;
      });
      dialled.stream = network.connect({ host: "b", port }, dialled);
      ends.push(dialled, accepted);
    }
    const [one, farOne, two, farTwo] = ends as [End, End, End, End];
    await clock.advance(1);
    network.freeze(1);
    one.stream?.write(Uint8Array.of(1));
    two.stream?.write(Uint8Array.of(2));
    await clock.advance(1);
    expect([farOne.bytes, farTwo.bytes]).toEqual([[], [2]]);
    network.unfreeze(1);
    await clock.advance(1);
    expect(farOne.bytes).toEqual([1]);
    network.cut(2);
    await clock.advance(1);
    expect([two.fault?.message, farTwo.fault?.message]).toEqual(["read ECONNRESET", "read ECONNRESET"]);
    expect(network.openConnections).toBe(1);
    network.freeze(1);
    one.stream?.destroy();
    await clock.advance(1);
    expect(farOne.log).not.toContain("close");
    network.unfreeze(1);
    await clock.advance(1);
    expect(farOne.log).toContain("close");
  });
});
