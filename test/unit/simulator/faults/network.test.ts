import { describe, expect, test } from "vitest";
import { FrameCutter } from "../../../../src/simulator/faults/frame-cutter.ts";
import { faultyNetwork, type NetworkFaults } from "../../../../src/simulator/faults/network.ts";
import { memoryNetwork } from "../../../../src/transport/memory-network.ts";
import type { ByteStream, StreamEvents } from "../../../../src/transport/network.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";

const port = 7_000;
const greeting = new Uint8Array(64).fill(0xaa);

/** A ZMTP frame with a short body. */
function frame(...body: readonly number[]): number[] {
  return [0x04, body.length, ...body];
}

interface Pair {
  readonly clock: VirtualClock;
  readonly faults: NetworkFaults;
  readonly client: ByteStream;
  readonly server: ByteStream;
  /** What each side received, and how it ended. */
  readonly heard: { client: number[]; server: number[]; ends: string[] };
}

async function pair(): Promise<Pair> {
  const clock = new VirtualClock();
  const memory = memoryNetwork({ clock, latencyMs: 1 });
  const faults = faultyNetwork(memory, clock);
  const heard: Pair["heard"] = { client: [], server: [], ends: [] };
  const events = (side: "client" | "server"): StreamEvents => ({
    open: () => undefined,
    data: (chunk) => heard[side].push(...chunk),
    drain: () => undefined,
    close: (fault) => heard.ends.push(`${side} ${fault?.message ?? "orderly"}`),
  });
  let server: ByteStream | undefined;
  await faults.network.listen({ host: "x", port }, (stream) => {
    server = stream;
    return events("server");
  });
  const client = faults.network.connect({ host: "x", port }, events("client"));
  await clock.advance(10);
  if (server === undefined) throw new Error("Nobody connected");
  return { clock, faults, client, server, heard };
}

async function greeted(): Promise<Pair> {
  const made = await pair();
  made.client.write(greeting.slice());
  await made.clock.advance(5);
  made.heard.server.length = 0;
  return made;
}

async function send(made: Pair, ...bytes: readonly number[]): Promise<void> {
  made.client.write(Uint8Array.from(bytes));
  await made.clock.advance(5);
}

describe("faultyNetwork", () => {
  test("lets everything pass while no fault stands", async () => {
    const made = await pair();
    await send(made, 1, 2, 3);
    made.server.write(Uint8Array.of(4));
    await made.clock.advance(5);
    expect(made.heard).toEqual({ server: [1, 2, 3], client: [4], ends: [] });
    expect(made.faults.open()).toBe(1);
  });

  test("cut resets both sides, of this port only", async () => {
    const made = await pair();
    expect(made.faults.cut({ port: port + 1 })).toBe(0);
    expect(made.faults.cut({ port })).toBe(1);
    await made.clock.advance(5);
    expect(made.heard.ends).toHaveLength(2);
    expect(made.faults.open()).toBe(0);
  });

  test("cutAfter lets so many bytes through and then breaks", async () => {
    const made = await pair();
    const fault = made.faults.cutAfter("send", 5);
    await send(made, 1, 2, 3);
    expect(fault.fired).toBe(0);
    await send(made, 4, 5, 6);
    expect(made.heard.server).toEqual([1, 2, 3, 4, 5]);
    expect(fault.fired).toBe(1);
    expect(made.heard.ends).toHaveLength(2);
  });

  test("cutInFrame delivers half of the chosen frame", async () => {
    const made = await greeted();
    const fault = made.faults.cutInFrame("send", { skip: 1 });
    await send(made, ...frame(1, 2), ...frame(3, 4, 5, 6));
    expect(made.heard.server).toEqual([...frame(1, 2), 0x04, 4, 3]);
    expect(fault.fired).toBe(1);
  });

  test("halfOpen loses both directions without closing", async () => {
    const made = await pair();
    const fault = made.faults.halfOpen();
    await send(made, 1);
    made.server.write(Uint8Array.of(2));
    await made.clock.advance(5);
    expect(made.heard).toEqual({ server: [], client: [], ends: [] });
    expect(fault.fired).toBe(2);
    fault.heal();
    await send(made, 3);
    expect(made.heard.server).toEqual([3]);
  });

  test("stall holds both directions back and loses nothing", async () => {
    const made = await pair();
    const fault = made.faults.stall();
    await send(made, 1);
    await send(made, 2);
    expect(made.heard.server).toEqual([]);
    fault.heal();
    await send(made, 3);
    expect(made.heard.server).toEqual([1, 2, 3]);
  });

  test("delay keeps the order when it is healed in between", async () => {
    const made = await pair();
    const fault = made.faults.delay(100);
    await send(made, 1);
    fault.heal();
    await send(made, 2);
    expect(made.heard.server).toEqual([]);
    await made.clock.advance(100);
    expect(made.heard.server).toEqual([1, 2]);
    expect(fault.fired).toBe(1);
  });

  test("refuse ends new connections and leaves open ones alone", async () => {
    const made = await pair();
    const fault = made.faults.refuse();
    const ends: string[] = [];
    made.faults.network.connect(
      { host: "x", port },
      {
        open: () => ends.push("open"),
        data: () => undefined,
        drain: () => undefined,
        close: (reason) => ends.push(reason?.message ?? ""),
      },
    );
    await made.clock.advance(5);
    expect(ends).toEqual(["Connection refused by the fault kit"]);
    expect(fault.fired).toBe(1);
    await send(made, 1);
    expect(made.heard.server).toEqual([1]);
  });

  test("corrupt changes one bit, once, and not the sender's bytes", async () => {
    const made = await pair();
    made.faults.corrupt("send");
    const chunk = Uint8Array.of(8, 8, 8);
    made.client.write(chunk);
    await send(made, 8);
    expect(made.heard.server).toEqual([8, 9, 8, 8]);
    expect([...chunk]).toEqual([8, 8, 8]);
  });

  test.each([
    ["drop", { kind: "drop" } as const, [frame(1), frame(3)]],
    ["duplicate", { kind: "duplicate" } as const, [frame(1), frame(2), frame(2), frame(3)]],
    ["swap", { kind: "swap" } as const, [frame(1), frame(3), frame(2)]],
    ["delay", { kind: "delay", delayMs: 50 } as const, [frame(1), frame(3), frame(2)]],
  ])("frames: %s strikes the chosen frame, however the stream is cut", async (_name, action, expected) => {
    for (const pieceBytes of [1, 2, 100]) {
      const made = await greeted();
      const fault = made.faults.frames(action, "send", { skip: 1, times: 1 });
      const all = [...frame(1), ...frame(2), ...frame(3)];
      for (let at = 0; at < all.length; at += pieceBytes) await send(made, ...all.slice(at, at + pieceBytes));
      await made.clock.advance(100);
      expect(made.heard.server).toEqual(expected.flat());
      expect(fault.fired).toBe(1);
    }
  });
});

describe("FrameCutter", () => {
  test("finds greeting, short, long and empty frames at every split of the stream", () => {
    const long = [0x02, 0, 0, 0, 0, 0, 0, 1, 4, ...new Array<number>(260).fill(7)];
    const all = Uint8Array.from([...greeting, ...frame(1), ...frame(), ...long]);
    for (let split = 1; split < all.length; split++) {
      const cutter = new FrameCutter();
      const pieces = [...cutter.push(all.subarray(0, split)), ...cutter.push(all.subarray(split))];
      expect(pieces.filter((piece) => piece.ends).length).toBe(4);
      expect(pieces.filter((piece) => piece.begins).length).toBe(4);
      expect(pieces.reduce((length, piece) => length + piece.bytes.length, 0)).toBe(all.length);
    }
  });
});
