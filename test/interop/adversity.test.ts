import { afterAll, describe, expect, it, type TestContext } from "vitest";
import { requirePeer } from "../kit/peers.ts";
import { type Cell, peerNames } from "./kit/cells.ts";
import type { DrivenSocket, Security } from "./kit/driver.ts";
import { expectedOf } from "./kit/exchange.ts";
import { mechanisms, newKeys } from "./kit/keys.ts";
import { OurDriver } from "./kit/our-driver.ts";
import { PeerProcess } from "./kit/peer-process.ts";
import type { Plan } from "./kit/plan.ts";
import { Stage } from "./kit/stage.ts";

const stage = new Stage();
afterAll(() => stage[Symbol.asyncDispose]());

const bind = "tcp://127.0.0.1:*";
const ours = new OurDriver(stage.realm);
const { client, server } = stage.realm.credentials("CURVE");
const stranger = { ...client, ...newKeys() } as Security;
const misled = { ...client, serverKey: newKeys().publicKey } as Security;

const text = (frames: readonly Uint8Array[]): string => frames.map((frame) => Buffer.from(frame)).join("|");
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A message goes from one to the other, and back where the types allow it. */
async function bounce(from: DrivenSocket, to: DrivenSocket): Promise<void> {
  await from.send([bytes("there")]);
  expect(text(await to.receive())).toBe("there");
  await to.send([bytes("and back")]);
  expect(text(await from.receive())).toBe("and back");
}

/** A process of its own for a peer that is to be killed or stopped. */
async function freshPeer(context: Pick<TestContext, "skip">, name: Cell["peer"]): Promise<PeerProcess> {
  const { command } = requirePeer(context, name === "pyzmq" ? "python3-zmq" : "zeromq");
  return await PeerProcess.start({ name, command });
}

describe.each(peerNames.map((peer) => ({ peer })))("with $peer", ({ peer: name }) => {
  it("wrong server key: our client is told that its key for the server is wrong, and dials again", async (context) => {
    const peer = await stage.peer(context, name);
    const theirs = await peer.open({ type: "DEALER", security: server, bind, monitor: true });
    const options = { reconnectMs: 10 };
    const wrong = await ours.open({ type: "DEALER", security: misled, connect: theirs.endpoint, options });
    expect((await wrong.event("handshake-failed")).value).toBe("closed-after-hello");
    expect((await wrong.event("handshake-failed")).value).toBe("closed-after-hello");
    await theirs.event("failed-protocol");
    await wrong.close();
    const right = await ours.open({ type: "DEALER", security: client, connect: theirs.endpoint });
    await bounce(right, theirs);
    await right.close();
    await theirs.close();
  });

  it("wrong server key: our server names it, and serves the next client", async (context) => {
    const peer = await stage.peer(context, name);
    const bound = await ours.open({ type: "DEALER", security: server, bind });
    const wrong = await peer.open({ type: "DEALER", security: misled, connect: bound.endpoint });
    expect((await bound.event("handshake-failed")).value).toBe("wrong-server-key");
    await wrong.close();
    const right = await peer.open({ type: "DEALER", security: client, connect: bound.endpoint });
    await bounce(right, bound);
    await right.close();
    await bound.close();
  });

  it("unknown client: their server refuses ours, which is told so and does not dial again", async (context) => {
    const peer = await stage.peer(context, name);
    const theirs = await peer.open({ type: "DEALER", security: server, bind, monitor: true });
    const unknown = await ours.open({ type: "DEALER", security: stranger, connect: theirs.endpoint });
    expect((await unknown.event("handshake-failed")).value).toBe("refused-by-peer");
    expect((await unknown.event("abandoned")).value).toBe("refused-by-peer");
    expect((await theirs.event("failed-auth")).value).toBe(400);
    await unknown.close();
    const known = await ours.open({ type: "DEALER", security: client, connect: theirs.endpoint });
    await bounce(known, theirs);
    await known.close();
    await theirs.close();
  });

  it("unknown client: our server refuses theirs, which raises its event for that", async (context) => {
    const peer = await stage.peer(context, name);
    const bound = await ours.open({ type: "DEALER", security: server, bind });
    const unknown = await peer.open({
      type: "DEALER",
      security: stranger,
      connect: bound.endpoint,
      monitor: true,
    });
    expect((await bound.event("handshake-failed")).value).toBe("refused-by-us");
    expect((await unknown.event("failed-auth")).value).toBe(400);
    await unknown.close();
    const known = await peer.open({ type: "DEALER", security: client, connect: bound.endpoint });
    await bounce(known, bound);
    await known.close();
    await bound.close();
  });

  const mismatches = mechanisms.flatMap((a) => mechanisms.filter((b) => b !== a).map((b) => ({ a, b })));
  it.for(mismatches)("mechanism mismatch: $a binds, $b dials, both ways round", async ({ a, b }, context) => {
    const peer = await stage.peer(context, name);
    const asServer = stage.realm.credentials(a).server;
    const asClient = stage.realm.credentials(b).client;
    const bound = await ours.open({ type: "DEALER", security: asServer, bind });
    const theirs = await peer.open({ type: "DEALER", security: asClient, connect: bound.endpoint });
    // whoever has read the other's mechanism first hangs up first
    const either = ["mechanism-mismatch", "closed-in-greeting", "closed-in-handshake"];
    expect(either).toContain((await bound.event("handshake-failed")).value);
    await theirs.close();
    await bound.close();
    const theirBound = await peer.open({ type: "DEALER", security: asServer, bind });
    const dialled = await ours.open({ type: "DEALER", security: asClient, connect: theirBound.endpoint });
    expect(either).toContain((await dialled.event("handshake-failed")).value);
    await dialled.close();
    await theirBound.close();
  });

  it.each([
    { role: "server", binds: "client" },
    { role: "client", binds: "server" },
  ])(
    "roles are independent of binding: our $role talks to a $binds that binds",
    async ({ role }, context) => {
      const peer = await stage.peer(context as unknown as TestContext, name);
      for (const mechanism of ["PLAIN", "CURVE"] as const) {
        const credentials = stage.realm.credentials(mechanism);
        const [our, their] =
          role === "server"
            ? [credentials.server, credentials.client]
            : [credentials.client, credentials.server];
        const theirs = await peer.open({ type: "DEALER", security: their, bind });
        const dialled = await ours.open({ type: "DEALER", security: our, connect: theirs.endpoint });
        await bounce(dialled, theirs);
        await dialled.close();
        await theirs.close();
      }
    },
  );

  it("kill and reconnect: our client finds the new server at the old place, as often as it is killed", async (context) => {
    let peer = await freshPeer(context, name);
    const first = await peer.open({ type: "PAIR", security: server, bind });
    const { endpoint } = first;
    const options = { reconnectMs: 10 };
    const dialled = await ours.open({ type: "PAIR", security: client, connect: endpoint, options });
    await bounce(dialled, first);
    for (let round = 0; round < 2; round++) {
      await dialled.event("connected");
      await peer.kill();
      expect(["lost", "closed-by-peer"]).toContain((await dialled.event("disconnected")).value);
      peer = await freshPeer(context, name);
      const next = await peer.open({ type: "PAIR", security: server, bind: endpoint });
      await bounce(dialled, next);
    }
    await dialled.close();
    await peer.kill();
  });

  it("kill and reconnect: their client finds our new server at the old place, subscriptions and all", async (context) => {
    const peer = await stage.peer(context, name);
    const first = await ours.open({ type: "XPUB", security: server, bind });
    const subscriber = await peer.open({
      type: "SUB",
      security: client,
      connect: first.endpoint,
      options: { subscribe: ["tick"], reconnectMs: 10 },
    });
    expect(text(await first.receive())).toBe("\u0001tick");
    await first.close();
    const second = await ours.open({ type: "XPUB", security: server, bind: first.endpoint });
    // libzmq's subscriber sends its subscriptions again only while it is being used
    const receiving = subscriber.receive();
    expect(text(await second.receive())).toBe("\u0001tick");
    await second.send([bytes("tock")]);
    await second.send([bytes("tick tock")]);
    expect(text(await receiving)).toBe("tick tock");
    await subscriber.close();
    await second.close();
  });

  it("kill and reconnect: our subscriber subscribes again at the new publisher", async (context) => {
    let peer = await freshPeer(context, name);
    const { endpoint } = await peer.open({ type: "XPUB", security: server, bind });
    const options = { subscribe: ["tick"], reconnectMs: 10 };
    const subscriber = await ours.open({ type: "SUB", security: client, connect: endpoint, options });
    await subscriber.event("connected");
    await peer.kill();
    await subscriber.event("disconnected");
    peer = await freshPeer(context, name);
    const next = await peer.open({ type: "XPUB", security: server, bind: endpoint });
    expect(text(await next.receive())).toBe("\u0001tick");
    await next.send([bytes("tick")]);
    expect(text(await subscriber.receive())).toBe("tick");
    await subscriber.close();
    await peer.kill();
  });

  it("slow consumer: our PUSH waits for a PULL that does not read, and nothing is lost", async (context) => {
    const peer = await stage.peer(context, name);
    const bound = await ours.open({
      type: "PUSH",
      security: server,
      bind,
      options: { sendHighWaterMark: 10, lingerMs: 5_000 },
    });
    const theirs = await peer.open({
      type: "PULL",
      security: client,
      connect: bound.endpoint,
      options: { receiveHighWaterMark: 10, receiveBufferBytes: 65_536 },
    });
    const plan: Plan = { seed: "slow", count: 3_000, huge: 1 };
    let sent = false;
    const sending = bound.duplex({ send: plan }).then((result) => {
      sent = true;
      return result;
    });
    await bound.event("connected");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sent).toBe(false);
    const [got] = await Promise.all([theirs.duplex({ receive: plan.count }), sending]);
    expect(got).toMatchObject(expectedOf(plan));
    await theirs.close();
    await bound.close();
  });

  it("slow consumer: our PULL that does not read makes their PUSH wait, and nothing is lost", async (context) => {
    const peer = await stage.peer(context, name);
    const bound = await ours.open({
      type: "PULL",
      security: server,
      bind,
      options: { receiveHighWaterMark: 10 },
    });
    const options = { sendHighWaterMark: 10, sendBufferBytes: 65_536 };
    const theirs = await peer.open({ type: "PUSH", security: client, connect: bound.endpoint, options });
    const plan: Plan = { seed: "slow", count: 3_000, huge: 1 };
    let sent = false;
    const sending = theirs.duplex({ send: plan }).then((result) => {
      sent = true;
      return result;
    });
    await bound.event("connected");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sent).toBe(false);
    const [got] = await Promise.all([bound.duplex({ receive: plan.count }), sending]);
    expect(got).toMatchObject(expectedOf(plan));
    await theirs.close();
    await bound.close();
  });

  it("slow consumer: our PUB drops for the SUB that does not read, and for nobody else", async (context) => {
    const slowPeer = await freshPeer(context, name);
    const fastPeer = await stage.peer(context, name);
    const publisher = await ours.open({
      type: "XPUB",
      security: { mechanism: "NULL" },
      bind,
      options: { sendHighWaterMark: 50 },
    });
    const subscribe = async (peer: PeerProcess, ...prefixes: readonly string[]): Promise<DrivenSocket> => {
      const subscriber = await peer.open({
        type: "SUB",
        security: { mechanism: "NULL" },
        connect: publisher.endpoint,
        options: { subscribe: prefixes, receiveHighWaterMark: 50, receiveBufferBytes: 65_536 },
      });
      // an XPUB delivers only the first subscription to a prefix
      for (const prefix of prefixes.slice(-1)) {
        expect(text(await publisher.receive())).toBe(`\u0001${prefix}`);
      }
      return subscriber;
    };
    const fast = await subscribe(fastPeer, "");
    const slow = await subscribe(slowPeer, "", "slow");
    await publisher.send([bytes("begin")]);
    expect(text(await fast.receive())).toBe("begin");
    expect(text(await slow.receive())).toBe("begin");
    slowPeer.freeze();
    const count = 2_000;
    const body = new Uint8Array(60_000);
    // in batches below the high-water mark, and never faster than who keeps up
    for (let at = 0; at < count; ) {
      const hearing = fast.duplex({ receive: 20 });
      for (const end = at + 20; at < end; at++) await publisher.send([bytes(`tick ${at}`), body]);
      expect((await hearing).count).toBe(20);
    }
    slowPeer.thaw();
    // the first of them are dropped as well, until there is room again
    const ending = setInterval(() => void publisher.send([bytes("end")]), 20);
    const got: number[] = [];
    for (let words = ""; words !== "end"; ) {
      words = Buffer.from((await slow.receive())[0] ?? []).toString();
      if (words !== "end") got.push(Number(words.slice(5)));
    }
    clearInterval(ending);
    expect(got.length).toBeLessThan(count);
    expect(got).toEqual([...got].sort((a, b) => a - b));
    await slowPeer.kill();
    await fast.close();
    await publisher.close();
  });

  it("heartbeat: a stopped peer is found, and served again when it goes on", async (context) => {
    const peer = await freshPeer(context, name);
    const options = { heartbeatIntervalMs: 50, heartbeatTimeoutMs: 150, reconnectMs: 10 };
    const bound = await ours.open({ type: "DEALER", security: server, bind, options });
    const theirs = await peer.open({
      type: "DEALER",
      security: client,
      connect: bound.endpoint,
      options: { reconnectMs: 10 },
    });
    await bounce(theirs, bound);
    peer.freeze();
    expect((await bound.event("disconnected")).value).toBe("heartbeat-timeout");
    peer.thaw();
    await bound.event("connected");
    await bound.event("connected");
    await bounce(theirs, bound);
    await theirs.close();
    // the other way round: our client finds a stopped server
    const theirBound = await peer.open({ type: "DEALER", security: server, bind });
    const dialled = await ours.open({
      type: "DEALER",
      security: client,
      connect: theirBound.endpoint,
      options,
    });
    await bounce(dialled, theirBound);
    peer.freeze();
    expect((await dialled.event("disconnected")).value).toBe("heartbeat-timeout");
    peer.thaw();
    await dialled.event("connected");
    await dialled.event("connected");
    await bounce(dialled, theirBound);
    await dialled.close();
    await bound.close();
    await peer.kill();
  });
});
