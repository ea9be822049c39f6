import { describe, expect, test } from "vitest";
import { nodeCrypto } from "../../../../src/adapters/node-crypto.ts";
import type { ByteStream, StreamEvents } from "../../../../src/transport/network.ts";
import {
  Dealer,
  generateKeyPair,
  keyPairToZ85,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  type SecurityOptions,
  type SocketEvent,
  Subscriber,
  XSubscriber,
} from "../../../../src/zmtp/mod.ts";
import { record, settled, text, virtualContext } from "./kit.ts";

const server = keyPairToZ85(generateKeyPair(nodeCrypto));
const client = generateKeyPair(nodeCrypto);

/** A peer that does as the test says, on raw bytes. */
interface RawPeer {
  readonly stream: ByteStream;
  readonly got: number[];
  closed: boolean;
}

function raw(connect: (events: StreamEvents) => ByteStream): RawPeer {
  const got: number[] = [];
  const peer: { stream?: ByteStream; readonly got: number[]; closed: boolean } = { got, closed: false };
  peer.stream = connect({
    open: () => undefined,
    data: (chunk) => got.push(...chunk),
    drain: () => undefined,
    close: () => {
      peer.closed = true;
    },
  });
  return peer as RawPeer;
}

const greeting = (minor = 1): Uint8Array => {
  const bytes = new Uint8Array(64);
  bytes.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, minor, 0x4e, 0x55, 0x4c, 0x4c]);
  return bytes;
};
const readyPair: Uint8Array = Buffer.from("\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04PAIR", "latin1");

describe("a socket's connections", () => {
  test("come back after every loss, with jitter, later and later while nobody answers", async () => {
    const { context, clock } = virtualContext();
    const events: SocketEvent[] = [];
    const push = new Push(context, {
      monitor: (event) => events.push(event),
      reconnect: { minMs: 100, maxMs: 1_000 },
    });
    push.connect("tcp://a:1000");
    await clock.advance(10_000);
    const delays = events.flatMap((event) => (event.type === "retrying" ? [event.delayMs] : []));
    for (const [i, delayMs] of delays.slice(0, 5).entries()) {
      const longest = Math.min(1_000, 100 * 2 ** (i + 1));
      expect(delayMs).toBeGreaterThanOrEqual(longest / 2);
      expect(delayMs).toBeLessThanOrEqual(longest);
    }
    expect(events.find((event) => event.type === "handshake-failed")).toMatchObject({
      fault: { code: "unreachable" },
    });
    const pull = new Pull(context);
    await pull.bind("tcp://a:1000");
    await push.send("found");
    expect(text(await clock.runUntil(pull.receive(), 2_000))).toEqual(["found"]);
    const before = events.length;
    await clock.runUntil(pull.close(), 1_000);
    await clock.advance(10);
    const [lost, retrying] = events.slice(before);
    expect(lost).toMatchObject({ type: "disconnected", fault: { code: "closed-by-peer" } });
    // The count begins anew after a success.
    expect(retrying).toMatchObject({ type: "retrying", attempt: 1 });
    await clock.runUntil(push.close({ lingerMs: 0 }), 10);
  });

  test("are not dialled again after ERROR", async () => {
    const { context, clock } = virtualContext();
    const { log, monitor } = record();
    const security: SecurityOptions = {
      mechanism: "CURVE",
      role: "server",
      secretKey: server.secretKey,
      authenticate: () => false,
    };
    const pull = new Pull({ ...context, crypto: nodeCrypto }, { security });
    await pull.bind("tcp://a:1000");
    const push = new Push(
      { ...context, crypto: nodeCrypto },
      { monitor, security: { mechanism: "CURVE", role: "client", serverKey: server.publicKey } },
    );
    push.connect("tcp://a:1000");
    await clock.advance(60_000);
    expect(log).toEqual(["connecting", "handshake-failed refused-by-peer", "abandoned refused-by-peer"]);
    await clock.runUntil(push.close(), 10);
  });

  test("let the client be the one that binds, and the server the one that connects", async () => {
    const { context, clock } = virtualContext();
    const own = { ...context, crypto: nodeCrypto };
    const seen: string[] = [];
    const bound = new Pair(own, {
      security: {
        mechanism: "CURVE",
        role: "client",
        serverKey: server.publicKey,
        secretKey: client.secretKey,
      },
    });
    await bound.bind("tcp://a:1000");
    const dialling = new Pair(own, {
      security: {
        mechanism: "CURVE",
        role: "server",
        secretKey: server.secretKey,
        authenticate: async (request) => {
          if (request.mechanism === "CURVE")
            seen.push(Buffer.from(request.publicKey).toString("hex"), request.address);
          return true;
        },
      },
    });
    dialling.connect("tcp://a:1000");
    await dialling.send("hello");
    expect(text(await clock.runUntil(bound.receive(), 1_000))).toEqual(["hello"]);
    expect(seen).toEqual([Buffer.from(client.publicKey).toString("hex"), "a:1000"]);
  });

  test("of different mechanisms fail on both sides with the reason", async () => {
    const { context, clock } = virtualContext();
    const [one, other] = [record(), record()];
    const pull = new Pull(context, { monitor: one.monitor });
    await pull.bind("tcp://a:1000");
    const push = new Push(context, {
      monitor: other.monitor,
      security: { mechanism: "PLAIN", role: "client", username: "u", password: "p" },
      reconnect: { minMs: 100_000, maxMs: 100_000 },
    });
    push.connect("tcp://a:1000");
    await clock.advance(100);
    expect(one.log).toEqual(["listening", "accepted", "handshake-failed mechanism-mismatch"]);
    expect(other.log.slice(0, 2)).toEqual(["connecting", "handshake-failed mechanism-mismatch"]);
  });

  test("that do not finish the handshake in time are ended", async () => {
    const { context, clock, network } = virtualContext();
    const { log, monitor } = record();
    const pull = new Pull(context, { monitor, handshakeTimeoutMs: 500 });
    await pull.bind("tcp://a:1000");
    const mute = raw((events) => network.connect({ host: "a", port: 1000 }, events));
    const slow = raw((events) => network.connect({ host: "a", port: 1000 }, events));
    slow.stream.write(greeting());
    await clock.advance(499);
    expect(log).toEqual(["listening", "accepted", "accepted"]);
    await clock.advance(10);
    expect(log.slice(3)).toEqual([
      "handshake-failed handshake-timeout",
      "handshake-failed handshake-timeout",
    ]);
    await clock.advance(1_100);
    expect([mute.closed, slow.closed]).toEqual([true, true]);
    expect(network.openConnections).toBe(0);
  });

  test("above the cap are turned away, and a place that is free again is given away", async () => {
    const { context, clock } = virtualContext();
    const { log, monitor } = record();
    const pull = new Pull(context, { monitor, maxConnections: 2 });
    await pull.bind("tcp://a:1000");
    const pushes = [1, 2, 3].map(() => new Push(context, { reconnect: { minMs: 1_000, maxMs: 1_000 } }));
    for (const push of pushes) push.connect("tcp://a:1000");
    await clock.advance(100);
    expect(log.filter((line) => line === "connected")).toHaveLength(2);
    expect(log).toContain("handshake-failed connection-cap");
    await clock.runUntil((pushes[0] as Push).close(), 100);
    await clock.advance(2_000);
    expect(log.filter((line) => line === "connected")).toHaveLength(3);
  });
});

describe("heartbeats", () => {
  test("end a connection whose far end went silent, and one whose peer's TTL has passed", async () => {
    const { context, clock, network } = virtualContext();
    const [one, other] = [record(), record()];
    const pull = new Pull(context, { monitor: one.monitor });
    await pull.bind("tcp://a:1000");
    const push = new Push(context, {
      monitor: other.monitor,
      heartbeat: { intervalMs: 100, timeoutMs: 350, ttlMs: 1_000 },
      reconnect: { minMs: 100_000, maxMs: 100_000 },
    });
    push.connect("tcp://a:1000");
    await clock.advance(5_000);
    expect(other.log).toEqual(["connecting", "connected"]);
    network.freeze();
    await clock.advance(470);
    expect(other.log.slice(2)).toEqual(["disconnected heartbeat-timeout", "retrying"]);
    expect(one.log).toHaveLength(3);
    await clock.advance(1_000);
    // The PULL sends no PINGs of its own: it acts on the TTL that it was told.
    expect(one.log.slice(3)).toEqual(["disconnected ttl-expired"]);
  });

  test("answer every PING with its context, and only the last of many while the peer does not read", async () => {
    const { context, clock, network } = virtualContext();
    const pair = new Pair(context);
    await pair.bind("tcp://a:1000");
    const peer = raw((events) => network.connect({ host: "a", port: 1000 }, events));
    peer.stream.write(greeting());
    peer.stream.write(readyPair);
    await clock.advance(10);
    peer.got.length = 0;
    const ping = (context: string): Uint8Array =>
      Buffer.concat([Buffer.from([4, 7 + context.length, 4]), Buffer.from("PING\0\0"), Buffer.from(context)]);
    peer.stream.write(ping("0123456789abcdef"));
    await clock.advance(10);
    expect(Buffer.from(peer.got).toString("latin1")).toBe("\x04\x15\x04PONG0123456789abcdef");
    peer.stream.pause();
    const flood = new Uint8Array(Array.from({ length: 1_000 }, () => [...ping("x".repeat(16))]).flat());
    for (let i = 0; i < 100; i++) {
      peer.stream.write(flood.slice());
      await clock.advance(2);
    }
    peer.got.length = 0;
    peer.stream.resume();
    await clock.advance(100);
    // 100,000 PINGs of 25 octets; the answers stop at what the stream holds.
    expect(peer.got.length).toBeLessThan(600_000);
    expect(peer.closed).toBe(false);
  });

  test("do not take a peer for dead that this side does not read", async () => {
    const { context, clock } = virtualContext();
    const pull = new Pull(context, {
      receiveHighWaterMark: 1,
      heartbeat: { intervalMs: 100, timeoutMs: 300 },
    });
    await pull.bind("tcp://a:1000");
    const { log, monitor } = record();
    const push = new Push(context, { monitor, heartbeat: { intervalMs: 100, timeoutMs: 300 } });
    push.connect("tcp://a:1000");
    await push.send("1");
    await push.send("2");
    await clock.advance(5_000);
    expect(log).toEqual(["connecting", "connected"]);
    expect(text(await pull.receive())).toEqual(["1"]);
    expect(text(await clock.runUntil(pull.receive(), 100))).toEqual(["2"]);
    await clock.advance(5_000);
    expect(log).toEqual(["connecting", "connected"]);
  });
});

test("an XSUB delivers whatever its publishers send, a SUB what it has subscribed to", async () => {
  const ready: Uint8Array = Buffer.from("\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03PUB", "latin1");
  for (const [Type, expected] of [
    [XSubscriber, ["other", "EURUSD"]],
    [Subscriber, ["EURUSD"]],
  ] as const) {
    const { context, clock, network } = virtualContext();
    const socket = new Type(context);
    if (socket instanceof Subscriber) socket.subscribe("EUR");
    else await socket.send("\u0001EUR");
    await socket.bind("tcp://a:1000");
    const peer = raw((events) => network.connect({ host: "a", port: 1000 }, events));
    peer.stream.write(greeting());
    peer.stream.write(ready);
    for (const topic of ["other", "EURUSD"]) {
      peer.stream.write(Uint8Array.of(0, topic.length));
      peer.stream.write(Buffer.from(topic));
    }
    await clock.advance(10);
    for (const topic of expected) {
      expect(text(await clock.runUntil(socket.receive(), 100))).toEqual([topic]);
    }
    expect(await settled(socket.receive())).toBe(false);
  }
});

test("a REP that dials discards its reply when the connection that asked is gone, though its endpoint is back", async () => {
  const { context, clock, network } = virtualContext();
  const dealer = new Dealer(context);
  await dealer.bind("tcp://a:1000");
  const rep = new Reply(context, { reconnect: { minMs: 10, maxMs: 10 } });
  rep.connect("tcp://a:1000");
  await clock.advance(10);
  await dealer.send(["first", "", "before"]);
  expect(text(await clock.runUntil(rep.receive(), 100))).toEqual(["before"]);
  network.cut();
  await clock.advance(100);
  await rep.send("late");
  await dealer.send(["second", "", "after"]);
  expect(text(await clock.runUntil(rep.receive(), 100))).toEqual(["after"]);
  await rep.send("in time");
  expect(text(await clock.runUntil(dealer.receive(), 100))).toEqual(["second", "", "in time"]);
});

describe("a side that does not read, because its own queue is full", () => {
  const stalled = async (pullHeartbeat: { readonly intervalMs: number }): Promise<readonly string[]> => {
    const { context, clock } = virtualContext();
    const pull = new Pull(context, { receiveHighWaterMark: 2, heartbeat: pullHeartbeat });
    await pull.bind("tcp://a:1000");
    const { log, monitor } = record();
    const push = new Push(context, { monitor, heartbeat: { intervalMs: 1_000, timeoutMs: 1_000 } });
    push.connect("tcp://a:1000");
    await push.send("0");
    // It has read one PING, and no more than that tells it the rhythm.
    await clock.advance(1_500);
    for (const content of ["1", "2", "3"]) await push.send(content);
    await clock.advance(60_000);
    const before = [...log];
    for (const content of ["0", "1", "2", "3"]) {
      expect(text(await clock.runUntil(pull.receive(), 100))).toEqual([content]);
    }
    await clock.advance(60_000);
    expect(log).toEqual(before);
    return before;
  };

  test("is not taken for dead by a peer whose PINGs it cannot answer, though it wants no heartbeats itself", async () => {
    expect(await stalled({ intervalMs: 0 })).toEqual(["connecting", "connected"]);
  });

  test("is not taken for dead either when its own heartbeats are slower than the peer's patience", async () => {
    expect(await stalled({ intervalMs: 20_000 })).toEqual(["connecting", "connected"]);
  });

  test("is not taken for dead when it speaks ZMTP 3.0, which knows no PING", async () => {
    const { context, clock, network } = virtualContext();
    const pair = new Pair(context, { heartbeat: { intervalMs: 100 } });
    await pair.bind("tcp://a:1000");
    const peer = raw((events) => network.connect({ host: "a", port: 1000 }, events));
    peer.stream.write(greeting(0));
    peer.stream.write(readyPair);
    await clock.advance(10);
    peer.stream.pause();
    for (let i = 0; i < 50; i++) await pair.send(new Uint8Array(65_536));
    await clock.advance(10_000);
    expect(peer.closed).toBe(false);
  });

  test("is taken for dead when the network beneath it is", async () => {
    const { context, clock, network } = virtualContext();
    const pull = new Pull(context, { receiveHighWaterMark: 1 });
    await pull.bind("tcp://a:1000");
    const { log, monitor } = record();
    const push = new Push(context, { monitor, heartbeat: { intervalMs: 1_000, timeoutMs: 1_000 } });
    push.connect("tcp://a:1000");
    await clock.advance(1_500);
    for (const content of ["1", "2"]) await push.send(content);
    await clock.advance(10_000);
    expect(log).toEqual(["connecting", "connected"]);
    network.freeze();
    await clock.advance(2_500);
    expect(log.slice(2, 3)).toEqual(["disconnected heartbeat-timeout"]);
  });
});

describe("hostile peers", () => {
  test("that subscribe without end are disconnected at the cap, and others are served", async () => {
    const { context, clock, network } = virtualContext();
    const { log, monitor } = record();
    const pub = new Publisher(context, { monitor });
    await pub.bind("tcp://a:1000");
    const peer = raw((events) => network.connect({ host: "a", port: 1000 }, events));
    peer.stream.write(greeting());
    peer.stream.write(Buffer.from("\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB", "latin1"));
    const long = new Uint8Array(60_000);
    for (let i = 0; i < 300 && !peer.closed; i++) {
      long[0] = i >> 8;
      long[1] = i;
      const frame = Buffer.concat([
        Buffer.from([6, 0, 0, 0, 0, 0, 0, 0xea, 0x6a]),
        Buffer.from("\x09SUBSCRIBE"),
        long,
      ]);
      peer.stream.write(frame);
      await clock.advance(1);
    }
    expect(log.at(-1)).toBe("disconnected too-many-subscriptions");
    const sub = new Subscriber(context);
    sub.subscribe("");
    sub.connect("tcp://a:1000");
    await clock.advance(20);
    await pub.send("still here");
    expect(text(await clock.runUntil(sub.receive(), 100))).toEqual(["still here"]);
  });

  test("that send random octets at any point never hurt the socket", async () => {
    const { context, clock, network } = virtualContext();
    const { log, monitor } = record();
    const pair = new Pair(context, { monitor, handshakeTimeoutMs: 100 });
    await pair.bind("tcp://a:1000");
    for (let i = 0; i < 200; i++) {
      const peer = raw((events) => network.connect({ host: "a", port: 1000 }, events));
      if (i % 3 > 0) peer.stream.write(greeting());
      if (i % 3 > 1) peer.stream.write(readyPair.slice());
      peer.stream.write(nodeCrypto.randomBytes(1 + (i % 60)));
      await clock.advance(1);
      peer.stream.destroy();
    }
    await clock.advance(2_000);
    expect(network.openConnections).toBe(0);
    const good = new Pair(context);
    good.connect("tcp://a:1000");
    await good.send("good");
    const seen = async (): Promise<string> => {
      for (;;) {
        const [word = ""] = text((await pair.receive()) ?? []);
        if (word === "good") return word;
      }
    };
    expect(await clock.runUntil(seen(), 60_000)).toBe("good");
    expect(log.filter((line) => line.startsWith("handshake-failed")).length).toBeGreaterThan(60);
  });

  test("that speak ZMTP 3.0 are served, and are sent no command that they do not know", async () => {
    const { context, clock, network } = virtualContext();
    const pair = new Pair(context, { heartbeat: { intervalMs: 50 } });
    await pair.bind("tcp://a:1000");
    const peer = raw((events) => network.connect({ host: "a", port: 1000 }, events));
    peer.stream.write(greeting(0));
    peer.stream.write(readyPair.slice());
    peer.stream.write(Uint8Array.of(0, 1, 0x41));
    expect(text(await clock.runUntil(pair.receive(), 100))).toEqual(["A"]);
    await clock.advance(1_000);
    expect(Buffer.from(peer.got).toString("latin1")).not.toContain("PING");
    expect(peer.closed).toBe(false);
  });
});

test("sockets refuse options that make no sense", () => {
  const { context } = virtualContext();
  expect(() => new Dealer(context, { identity: "" })).not.toThrow();
  expect(() => new Dealer(context, { identity: "\0a" })).toThrow("first byte is zero");
  expect(() => new Dealer(context, { identity: "x".repeat(256) })).toThrow(RangeError);
  expect(() => new Push(context, { sendHighWaterMark: -1 })).toThrow("sendHighWaterMark");
  expect(() => new Push(context, { lingerMs: Number.NaN })).toThrow("lingerMs");
  expect(
    () => new Push(context, { security: { mechanism: "CURVE", role: "server", secretKey: "short" } }),
  ).toThrow("Z85");
  expect(
    () =>
      new Push(context, {
        security: { mechanism: "PLAIN", role: "client", username: "u".repeat(256), password: "" },
      }),
  ).toThrow("username");
  const push = new Push(context);
  for (const endpoint of [
    "ipc://x",
    "tcp://",
    "tcp://a",
    "tcp://a:b",
    "tcp://a:70000",
    "tcp://*:1",
    "tcp://a:*",
  ]) {
    expect(() => push.connect(endpoint)).toThrow();
  }
  expect(() => push.send([])).toThrow(TypeError);
});
