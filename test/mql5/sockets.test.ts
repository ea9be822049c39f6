import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { curveKeyPair, Dealer, Push, Request, type Socket, Subscriber } from "zeromq";
import { canRun, requireHost } from "./kit/peers.ts";
import { RawClient, rawKeys } from "./kit/raw-client.ts";
import { type Counters, SocketsExpert } from "./kit/sockets.ts";

const loopback = (port: number): string => `tcp://127.0.0.1:${port}`;

/** The name of the first handshake event of a libzmq socket that is a failure. */
async function handshakeFailure(socket: Socket): Promise<string> {
  for await (const event of socket.events) if (event.type.startsWith("handshake:error")) return event.type;
  throw new Error("Cannot wait on: the socket was closed");
}

describe("the expert's sockets with libzmq", { timeout: 120_000 }, () => {
  beforeEach((context) => {
    requireHost(context);
  });

  let expert: SocketsExpert;
  beforeAll(async () => {
    if (canRun()) expert = await SocketsExpert.start();
  }, 120_000);
  afterAll(async () => {
    if (canRun()) await expert[Symbol.asyncDispose]();
  });

  it("ROUTER answers REQ, message after message, from 0 to 100,000 bytes", async () => {
    const request = new Request(expert.curve);
    try {
      request.connect(loopback(expert.router));
      for (const size of [0, 1, 7, 246, 247, 255, 256, 257, 4_096, 65_535, 65_536, 100_000]) {
        const body = Buffer.alloc(size, size % 251);
        await request.send(["head", body, ""]);
        const answer = await request.receive();
        expect(answer.map((frame) => frame.length)).toEqual([4, size, 0]);
        expect(answer[1]?.equals(body)).toBe(true);
      }
    } finally {
      request.close();
    }
  });

  it("ROUTER answers each of several DEALERs at its own connection", async () => {
    const dealers = Array.from({ length: 8 }, () => new Dealer(expert.curve));
    try {
      for (const dealer of dealers) dealer.connect(loopback(expert.router));
      for (const [index, dealer] of dealers.entries()) await dealer.send([`dealer ${index}`, "mac"]);
      for (const [index, dealer] of dealers.entries())
        expect((await dealer.receive()).map(String)).toEqual([`dealer ${index}`, "mac"]);
    } finally {
      for (const dealer of dealers) dealer.close();
    }
  });

  it("PULL takes everything in order, PUB gives each SUB what it subscribed to and nothing else", async () => {
    const [one, other, push] = [
      new Subscriber(expert.curve),
      new Subscriber(expert.curve),
      new Push(expert.curve),
    ];
    await using asker = await expert.asker();
    try {
      one.connect(loopback(expert.pub));
      other.connect(loopback(expert.pub));
      push.connect(loopback(expert.pull));
      one.subscribe("EURUSD\0", "end\0");
      other.subscribe("EURUSDm\0", "end\0");
      await asker.until((counters) => counters.subscriptions === 4);
      for (let i = 0; i < 500; i++) await push.send([i % 2 === 0 ? "EURUSD\0" : "EURUSDm\0", String(i)]);
      await push.send(["end\0", "end"]);
      for (const [subscriber, first] of [
        [one, 0],
        [other, 1],
      ] as const) {
        for (let i = first; i < 500; i += 2)
          expect((await subscriber.receive()).map(String)[1]).toBe(String(i));
        expect((await subscriber.receive()).map(String)).toEqual(["end\0", "end"]);
      }
      one.unsubscribe("EURUSD\0");
      await asker.until((counters) => counters.subscriptions === 3);
    } finally {
      for (const socket of [one, other, push]) socket.close();
    }
    await asker.until((counters) => counters.subscriptions === 0 && counters.pull === 0);
  });

  it("tells a client whose key is not listed that it is not admitted", async () => {
    const stranger = curveKeyPair();
    const dealer = new Dealer({
      ...expert.curve,
      curvePublicKey: stranger.publicKey,
      curveSecretKey: stranger.secretKey,
      reconnectInterval: 60_000,
    });
    try {
      const failure = handshakeFailure(dealer);
      dealer.connect(loopback(expert.router));
      expect(await failure).toBe("handshake:error:auth");
    } finally {
      dealer.close();
    }
  });

  it("does not shake hands with a client that expects another server, nor with one without CURVE", async () => {
    await using asker = await expert.asker();
    const before = await asker.ask();
    const wrong = new Dealer({
      ...expert.curve,
      curveServerKey: curveKeyPair().publicKey,
      reconnectInterval: 60_000,
    });
    const plain = new Dealer({ linger: 0, reconnectInterval: 60_000 });
    try {
      const refusal = handshakeFailure(plain);
      wrong.connect(loopback(expert.router));
      plain.connect(loopback(expert.router));
      expect(await refusal).toBe("handshake:error:protocol");
      const failures = ({ faults }: Counters): number => faults.ZMTP_FAULT_AUTHENTICATION ?? 0;
      const after = await asker.until((counters) => failures(counters) > failures(before));
      expect(after.router).toBe(before.router);
    } finally {
      wrong.close();
      plain.close();
    }
  });
});

describe("the expert's sockets, byte by byte", { timeout: 120_000 }, () => {
  beforeEach((context) => {
    requireHost(context);
  });

  it("PUB takes ZMTP 3.0 subscriptions, as messages, and counts them", async () => {
    await using expert = await SocketsExpert.start();
    await using asker = await expert.asker();
    await using subscriber = await RawClient.open(expert.pub, expert.clientKeys, expert.serverKey, {
      minor: 0,
      socketType: "SUB",
    });
    const topic = new TextEncoder().encode("flood\0");
    for (const first of [1, 1, 0]) subscriber.send(Uint8Array.of(first, ...topic));
    await asker.until((counters) => counters.subscriptions === 1);
    await asker.ask({ flood: 1, size: 8, skip: false });
    expect((await subscriber.receive()).payload).toEqual(topic);
    expect(await subscriber.receive()).toEqual({ flags: 0, payload: new Uint8Array(8) });
    subscriber.send(Uint8Array.of(0, ...topic));
    await asker.until((counters) => counters.subscriptions === 0);
  });

  it("hears the same however the bytes are cut", async () => {
    await using expert = await SocketsExpert.start();
    for (const pieceBytes of [1, 2, 3, 63, 64, 65, 200, 201]) {
      await using client = await RawClient.connect(expert.router);
      client.cut(pieceBytes);
      await client.handshake(expert.clientKeys, expert.serverKey);
      const parts = [0, 1, 200, 300].map((size) => new Uint8Array(size).fill(size % 256));
      for (const [index, part] of parts.entries()) client.send(part, index < parts.length - 1 ? 1 : 0);
      // The empty first frame is the envelope of a REQ and comes back as such.
      for (const [index, part] of parts.entries())
        expect(await client.receive()).toEqual({ flags: index < parts.length - 1 ? 1 : 0, payload: part });
    }
  });

  it("PULL loses nothing and keeps the order when more comes than its inbox holds", async () => {
    await using expert = await SocketsExpert.start();
    await using asker = await expert.asker();
    const count = 6_000;
    const topic = new TextEncoder().encode("n\0");
    await using subscriber = await RawClient.open(expert.pub, expert.clientKeys, expert.serverKey, {
      socketType: "SUB",
    });
    subscriber.send(Uint8Array.of(1, ...topic));
    await asker.until((counters) => counters.subscriptions === 1);
    await using push = await RawClient.open(expert.pull, expert.clientKeys, expert.serverKey, {
      socketType: "PUSH",
    });
    push.cork();
    for (let i = 0; i < count; i++) {
      push.send(topic, 1);
      push.send(Uint8Array.of(i >> 8, i & 255));
    }
    push.uncork();
    for (let i = 0; i < count; i++) {
      expect((await subscriber.receive()).flags).toBe(1);
      expect((await subscriber.receive()).payload).toEqual(Uint8Array.of(i >> 8, i & 255));
    }
  });

  it("answers PING with its context, and pings and then drops who is silent", async () => {
    await using expert = await SocketsExpert.start({ InpHeartbeatMs: 150, InpSilenceMs: 600 });
    await using silent = await RawClient.open(expert.router, expert.clientKeys, expert.serverKey);
    silent.send(Uint8Array.of(4, ...new TextEncoder().encode("PING"), 0, 0, 1, 2, 3), 2);
    expect(await silent.receive()).toEqual({
      flags: 2,
      payload: Uint8Array.of(4, ...new TextEncoder().encode("PONG"), 1, 2, 3),
    });
    const ping = await silent.receive();
    expect([ping.flags, new TextDecoder().decode(ping.payload.subarray(1, 5))]).toEqual([2, "PING"]);
    expect(ping.payload.subarray(5)).toEqual(Uint8Array.of(0, 6));
    await silent.closed();
    await using asker = await expert.asker();
    expect((await asker.ask()).faults.ZMTP_FAULT_HEARTBEAT).toBe(1);
  });

  it("keeps its sockets and its connections when only the chart changes, and closes them when it is removed", async () => {
    await using expert = await SocketsExpert.start();
    await using asker = await expert.asker();
    await asker.ask();
    expert.program.send({ t: "deinit", v: 3 });
    expect(await expert.program.line(`ports ${expert.pull} ${expert.pub} ${expert.router} 2`)).toBeTruthy();
    expect((await asker.ask()).router).toBe(1);
    await using open = await RawClient.open(expert.router, expert.clientKeys, expert.serverKey);
    expect(await expert.program.stop()).toEqual({ code: 0, signal: null });
    await open.closed();
  });

  it("skips what may be skipped for a subscriber that hangs, and nobody else notices", async () => {
    await using expert = await SocketsExpert.start({ InpQueueSoft: 65_536 });
    await using asker = await expert.asker();
    const options = { socketType: "SUB" };
    await using hanging = await RawClient.open(expert.pub, expert.clientKeys, expert.serverKey, options);
    const topic = new TextEncoder().encode("flood\0");
    hanging.send(Uint8Array.of(1, ...topic));
    await asker.until((counters) => counters.subscriptions === 1);
    hanging.pause();
    let counters = await asker.ask();
    while (counters.skipped === 0) counters = await asker.ask({ flood: 500, size: 4_096, skip: true });
    expect(counters.pub).toBe(1);
    hanging.resume();
    expect((await hanging.receive()).payload).toEqual(topic);
  });

  it("drops a subscriber at its cap when nothing may be skipped, names the fault, and serves the others", async () => {
    await using expert = await SocketsExpert.start({ InpQueueMax: 1_000_000 });
    await using asker = await expert.asker();
    await using hanging = await RawClient.open(expert.pub, expert.clientKeys, expert.serverKey, {
      socketType: "SUB",
    });
    hanging.send(Uint8Array.of(1, ...new TextEncoder().encode("flood\0")));
    await asker.until((counters) => counters.subscriptions === 1);
    hanging.pause();
    let counters = await asker.ask();
    while ((counters.faults.ZMTP_FAULT_OVERFLOW ?? 0) === 0)
      counters = await asker.ask({ flood: 100, size: 8_192, skip: false });
    expect((await asker.until((one) => one.pub === 0)).subscriptions).toBe(0);
  });

  it("refuses keys, vouches and socket types that are not right, and says why where the protocol lets it", async () => {
    await using expert = await SocketsExpert.start();
    const { clientKeys, serverKey, router } = expert;
    const refused = async (
      bend: Parameters<typeof RawClient.open>[3],
      keys = clientKeys,
    ): Promise<string> => {
      try {
        await using client = await RawClient.open(router, keys, serverKey, bend);
        return client.isClosed ? "closed" : "admitted";
      } catch (cause) {
        return cause instanceof Error ? cause.message : String(cause);
      }
    };
    const flip = (at: number) => (bytes: Uint8Array) => {
      const out = bytes.slice();
      out[at] = (out[at] ?? 0) ^ 1;
      return out;
    };
    expect(await refused({})).toBe("admitted");
    expect(await refused({}, rawKeys())).toContain("ERROR 400");
    expect(await refused({ initiatePlain: flip(0) })).toContain("ERROR 400");
    expect(await refused({ initiatePlain: flip(60) })).toContain("ERROR 400");
    expect(await refused({ initiate: flip(30) })).toContain("ERROR 400");
    expect(await refused({ initiate: flip(130) })).toContain("ERROR 400");
    expect(await refused({ socketType: "SUB" })).toContain("Invalid socket type");
    expect(await refused({ hello: flip(150) })).toContain("closed");
    expect(await refused({ hello: flip(90) })).toContain("closed");
    expect(await refused({ hello: (command) => command.subarray(0, 199) })).toContain("closed");
    expect(await refused({ greeting: flip(0) })).toContain("closed");
    expect(await refused({ greeting: flip(12) })).toContain("closed");
    expect(await refused({ greeting: flip(32) })).toContain("closed");
    expect(await refused({ metadata: Uint8Array.of(200, 1, 2) })).toContain("closed");
    expect(await refused({ metadata: new Uint8Array() })).toContain("closed");
    expect(await refused({})).toBe("admitted");
  });

  it("drops a connection whose nonce repeats, whose box is not authentic, or whose frame is too large", async () => {
    await using expert = await SocketsExpert.start({ InpFrameMax: 70_000 });
    const open = (): Promise<RawClient> => RawClient.open(expert.router, expert.clientKeys, expert.serverKey);
    const body = new TextEncoder().encode("hello");
    {
      await using client = await open();
      const sealed = client.sealed(0, body);
      client.frame(0, sealed);
      expect((await client.receive()).payload).toEqual(body);
      client.frame(0, sealed);
      await client.closed();
    }
    {
      await using client = await open();
      const sealed = client.sealed(0, body);
      sealed[20] = (sealed[20] ?? 0) ^ 1;
      client.frame(0, sealed);
      await client.closed();
    }
    {
      await using client = await open();
      client.frame(0, client.sealed(0, new Uint8Array(70_000)));
      await client.closed();
    }
    {
      await using client = await open();
      client.frame(8, body);
      await client.closed();
    }
    await using asker = await expert.asker();
    const { faults } = await asker.ask();
    expect([
      faults.ZMTP_FAULT_PROTOCOL,
      faults.ZMTP_FAULT_AUTHENTICATION,
      faults.ZMTP_FAULT_TOO_LARGE,
    ]).toEqual([2, 1, 1]);
  });
});
