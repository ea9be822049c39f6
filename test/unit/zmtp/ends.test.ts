import { describe, expect, test } from "vitest";
import { nextTurn } from "../../../src/transport/turn.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { Deque } from "../../../src/zmtp/deque.ts";
import { Heartbeat, type HeartbeatOptions } from "../../../src/zmtp/heartbeat.ts";
import { checkSocketType } from "../../../src/zmtp/socket-type.ts";
import { Distributor } from "../../../src/zmtp/sockets/distributor.ts";
import { FairQueue } from "../../../src/zmtp/sockets/fair-queue.ts";
import { LoadBalancer } from "../../../src/zmtp/sockets/load-balancer.ts";
import { toBytes, toFrames } from "../../../src/zmtp/sockets/message.ts";
import type { SocketSettings } from "../../../src/zmtp/sockets/options.ts";
import { Pipe } from "../../../src/zmtp/sockets/pipe.ts";
import { Subscriptions } from "../../../src/zmtp/subscriptions.ts";
import { equalBytes } from "../../../src/zmtp/wire/bytes.ts";
import { decodeCommand } from "../../../src/zmtp/wire/command.ts";

const turns = { nextTurn };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const settings = {
  sendHighWaterMark: 2,
  receiveHighWaterMark: 2,
  immediate: false,
  conflate: false,
} as SocketSettings;

describe("Heartbeat", () => {
  interface Stage {
    readonly clock: VirtualClock;
    readonly beat: Heartbeat;
    readonly pings: number[];
    readonly deaths: string[];
  }

  function stage(options: Partial<HeartbeatOptions>): Stage {
    const clock = new VirtualClock();
    const pings: number[] = [];
    const deaths: string[] = [];
    const beat = new Heartbeat(clock, { intervalMs: 0, timeoutMs: 0, ttlMs: 0, ...options }, 0, {
      sendPing: (): boolean => {
        pings.push(clock.nowMs());
        return true;
      },
      dead: ({ code }): void => void deaths.push(`${code} at ${clock.nowMs()}`),
    });
    return { clock, beat, pings, deaths };
  }

  test("without an interval sends nothing, and still holds the peer to the TTL that it announced", async () => {
    const { clock, beat, pings, deaths } = stage({});
    beat.start();
    beat.pinged(0);
    await clock.advance(100);
    beat.pinged(500);
    await clock.advance(1_000);
    expect([pings, deaths]).toEqual([[], ["ttl-expired at 600"]]);
  });

  test("counts silence and the peer's TTL anew when it reads again, and neither while it does not", async () => {
    const { clock, beat, deaths } = stage({ intervalMs: 100, timeoutMs: 300 });
    beat.start();
    await clock.advance(150);
    beat.pinged(400);
    beat.pause();
    await clock.advance(5_000);
    expect(deaths).toEqual([]);
    beat.resume();
    beat.resume();
    await clock.advance(299);
    expect(deaths).toEqual([]);
    await clock.advance(1);
    expect(deaths).toEqual(["heartbeat-timeout at 5450"]);
  });

  test("does nothing once it is stopped", async () => {
    const { clock, beat, pings, deaths } = stage({ intervalMs: 100 });
    beat.start();
    beat.stop();
    beat.pinged(50);
    beat.pause();
    beat.resume();
    await clock.advance(1_000);
    expect([pings, deaths]).toEqual([[], []]);
  });
});

describe("LoadBalancer", () => {
  test("sends nothing once it is closed, and takes a pipe out only once", async () => {
    const balancer = new LoadBalancer(turns);
    const pipe = new Pipe(settings);
    balancer.add(pipe);
    balancer.remove(pipe);
    balancer.remove(pipe);
    const waiting = balancer.sendTo([bytes("a")]).catch((error: unknown) => error);
    balancer.flush();
    balancer.close();
    expect(await waiting).toMatchObject({ code: "closed" });
    await expect(balancer.sendTo([bytes("b")])).rejects.toMatchObject({ code: "closed" });
    await expect(balancer.send([bytes("b")])).rejects.toMatchObject({ code: "closed" });
  });

  test("gives an ended pipe nothing more", () => {
    const balancer = new LoadBalancer(turns);
    const pipe = new Pipe(settings);
    balancer.add(pipe);
    expect(balancer.trySend([bytes("a")])).toBe(pipe);
    pipe.ended = true;
    expect([balancer.hasRoom, balancer.trySend([bytes("b")])]).toEqual([false, undefined]);
  });
});

describe("FairQueue", () => {
  test("takes nothing more once it is closed, and tells of a reason that is not the end", async () => {
    const queue = new FairQueue<string>(turns, false);
    const pipe = new Pipe(settings);
    const loop = queue.iterate();
    const next = loop.next().catch((error: unknown) => error);
    await new Promise<void>(nextTurn);
    queue.abandon(new Error("the peer is gone"));
    expect(await next).toEqual(new Error("the peer is gone"));
    queue.close();
    queue.put(pipe, "late");
    expect(await loop.next()).toEqual({ done: true, value: undefined });
    expect(await loop.return?.()).toEqual({ done: true, value: undefined });
  });

  test("a loop over thousands that are there loses none of them, for all its breaths", async () => {
    const queue = new FairQueue<number>(turns, false);
    const pipe = new Pipe(settings);
    for (let n = 0; n < 1_500; n++) queue.put(pipe, n);
    queue.close();
    let sum = 0;
    for await (const n of queue.iterate()) sum += n;
    expect(sum).toBe((1_499 * 1_500) / 2);
  });
});

test("Distributor knows nothing of a pipe that it was not given", () => {
  const distributor = new Distributor(turns);
  const pipe = new Pipe(settings);
  expect(distributor.subscription(pipe, true, bytes("a"))).toBe(false);
  expect(distributor.remove(pipe)).toEqual([]);
});

test("Deque gives its memory back after a flood", () => {
  const deque = new Deque<number>();
  for (let n = 0; n < 10_000; n++) deque.push(n);
  for (let n = 0; n < 10_000; n++) expect(deque.shift()).toBe(n);
  expect([deque.length, deque.shift()]).toEqual([0, undefined]);
  deque.push(7);
  expect(deque.shift()).toBe(7);
});

test("Subscriptions that are taken back in the middle of a branch leave the others matching", () => {
  const tree = new Subscriptions();
  for (const prefix of ["ab", "abcd", "abce", "x"]) tree.add(bytes(prefix));
  expect(tree.remove(bytes("ab"))).toBe(true);
  expect(tree.remove(bytes("abcd"))).toBe(true);
  expect(["abce1", "abcd1", "ab1", "x1"].map((topic) => tree.matches(bytes(topic)))).toEqual([
    true,
    false,
    false,
    true,
  ]);
  tree.add(bytes("a"));
  tree.add(bytes("abcf"));
  expect(tree.remove(bytes("a"))).toBe(true);
  expect(
    tree
      .prefixes()
      .map((prefix) => new TextDecoder().decode(prefix))
      .sort(),
  ).toEqual(["abce", "abcf", "x"]);
});

test("messages are bytes or texts, one frame or several, and nothing else", () => {
  expect(toFrames("é")).toEqual([bytes("é")]);
  expect(toFrames([bytes("a"), "b"])).toEqual([bytes("a"), bytes("b")]);
  expect(toBytes(bytes("a"))).toEqual(bytes("a"));
  expect(toBytes("a")).toEqual(bytes("a"));
  expect(() => toFrames([])).toThrow("at least one frame");
  expect(() => toFrames([5 as never])).toThrow("neither bytes nor a text");
});

test("a type or a command that is no name is refused without being repeated", () => {
  const type = new Map([["socket-type", bytes("X".repeat(17))]]);
  expect(() => checkSocketType("PUSH", type as never)).toThrow('a peer of type ""');
  expect(() => decodeCommand(Uint8Array.of(2, 0x52, 0x31), "unexpected-command")).toThrow("no letters");
  expect(() => decodeCommand(Uint8Array.of(9, 0x52), "unexpected-command")).toThrow("no whole name");
});

test("equalBytes holds only the same octets for equal", () => {
  expect([equalBytes(bytes("a"), bytes("ab")), equalBytes(bytes("a"), bytes("b"))]).toEqual([false, false]);
  expect(equalBytes(bytes("a"), bytes("a"))).toBe(true);
});
