import { afterAll, describe, expect, it } from "vitest";
import * as zmtp from "../../../src/adapters/zmtp.ts";
import type { SocketType } from "../../../src/zmtp/socket-type.ts";
import type { Cell } from "../kit/cells.ts";
import { EventLog } from "../kit/event-log.ts";
import type { Mechanism } from "../kit/keys.ts";
import { OurDriver } from "../kit/our-driver.ts";
import { Ambush, command, greeting, octets, type RawPeer, ready } from "../kit/raw-peer.ts";
import { Stage } from "../kit/stage.ts";
import { Fort } from "./fort.ts";

// The cases of libzmq's tests/test_heartbeats.cpp, with our server, and mirrored with our client.

const stage = new Stage();
afterAll(() => stage[Symbol.asyncDispose]());

const waitMs = 5_000;
/** As libzmq's cases: type of the client, type of the server. */
const pairs: readonly (readonly [SocketType, SocketType])[] = [
  ["DEALER", "ROUTER"],
  ["REQ", "REP"],
  ["PULL", "PUSH"],
  ["SUB", "PUB"],
  ["PAIR", "PAIR"],
];
const peerNames: readonly Cell["peer"][] = ["zeromq.js", "pyzmq"];

/** The peer's side of a NULL handshake, as libzmq's mock_handshake. */
async function shakeHands(peer: RawPeer, version: readonly number[] = [3, 1]): Promise<void> {
  peer.write(greeting("NULL", version));
  await peer.read(64);
  peer.write(ready("DEALER"));
  await peer.readCommand("READY");
}

function logged(log: EventLog): (event: zmtp.SocketEvent) => void {
  return (event) => log.add({ name: event.type, value: "fault" in event ? event.fault.code : 0 });
}

describe("heartbeats", () => {
  it("test_heartbeat_timeout_router: a peer that never answers is disconnected, and the next one is served", async () => {
    await using fort = await Fort.build("NULL", { heartbeat: { intervalMs: 50 } });
    const peer = await fort.dial();
    await shakeHands(peer);
    expect((await peer.readCommand("PING")).length).toBe(2);
    expect((await fort.disconnected()).value).toBe("heartbeat-timeout");
    await peer.closed();
    await fort.bounce();
  });

  it("test_heartbeat_timeout_router, mirrored: a client finds a silent server, and dials again", async () => {
    await using good = new zmtp.Dealer({ lingerMs: 0 });
    await using ambush = await Ambush.open(
      [(peer) => shakeHands(peer)],
      await good.bind("tcp://127.0.0.1:*"),
    );
    const log = new EventLog();
    await using client = new zmtp.Dealer({
      lingerMs: 0,
      heartbeat: { intervalMs: 50 },
      reconnect: { minMs: 5 },
      monitor: logged(log),
    });
    client.connect(ambush.endpoint);
    expect((await log.next("disconnected", waitMs)).value).toBe("heartbeat-timeout");
    const signal = AbortSignal.timeout(waitMs);
    await log.next("connected", waitMs);
    await log.next("connected", waitMs);
    await client.send("there", { signal });
    expect(new TextDecoder().decode((await good.receive({ signal }))[0])).toBe("there");
  });

  it("test_heartbeat_timeout_router_mock_ping: a PING's context comes back in the PONG", async () => {
    await using fort = await Fort.build("NULL");
    const peer = await fort.dial();
    await shakeHands(peer);
    const pingOf = (context: string): Buffer =>
      command("PING", Buffer.concat([Buffer.alloc(2), octets(context)]));
    peer.write(pingOf("LOL"), pingOf(""), pingOf("z".repeat(16)));
    for (const context of ["LOL", "", "z".repeat(16)]) {
      expect((await peer.readCommand("PONG")).toString("latin1")).toBe(context);
    }
    // libzmq cuts a longer context; RFC 37 allows 16 octets, and what breaks its grammar is refused here
    peer.write(pingOf("z".repeat(58)));
    expect((await fort.disconnected()).value).toBe("malformed-command");
    await peer.closed();
    await fort.bounce();
  });

  it("test_heartbeat_timeout_router_mock_ping, mirrored: a client answers a server's PING", async () => {
    const pongs: string[] = [];
    let answered: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      answered = resolve;
    });
    await using ambush = await Ambush.open([
      async (peer): Promise<void> => {
        await shakeHands(peer);
        peer.write(command("PING", octets("\0\0LOL")));
        pongs.push((await peer.readCommand("PONG")).toString("latin1"));
        answered();
      },
    ]);
    await using client = new zmtp.Dealer({ lingerMs: 0 });
    client.connect(ambush.endpoint);
    await done;
    expect(pongs).toEqual(["LOL"]);
  });

  it("a peer of ZMTP 3.0 gets no PING, and is not disconnected for its silence", async () => {
    await using fort = await Fort.build("NULL", { heartbeat: { intervalMs: 20, timeoutMs: 20 } });
    const peer = await fort.dial();
    await shakeHands(peer, [3, 0]);
    const signal = AbortSignal.timeout(waitMs);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await fort.socket.send("the first frame after READY", { signal });
    expect((await peer.readFrame()).body.toString()).toBe("the first frame after READY");
    expect(fort.log.all.map(({ name }) => name)).not.toContain("disconnected");
    peer.close();
  });

  describe.each(peerNames.map((peer) => ({ peer })))("with $peer", ({ peer: peerName }) => {
    it.for(pairs)(
      "test_heartbeat_ttl: %s's TTL ends its silence at our %s",
      async ([client, server], context) => {
        const peer = await stage.peer(context, peerName);
        const ours = await new OurDriver(stage.realm).open({
          type: server,
          security: { mechanism: "NULL" },
          bind: "tcp://127.0.0.1:*",
        });
        // the client's interval is longer than its TTL, so that the server must take it for dead in between
        const theirs = await peer.open({
          type: client,
          security: { mechanism: "NULL" },
          connect: ours.endpoint,
          options: { heartbeatTtlMs: 100, heartbeatIntervalMs: 250 },
        });
        expect((await ours.event("disconnected")).value).toBe("ttl-expired");
        await theirs.close();
        await ours.close();
      },
    );

    it.for(pairs)(
      "test_heartbeat_ttl, mirrored: our %s's TTL is kept by %s",
      async ([client, server], context) => {
        const peer = await stage.peer(context, peerName);
        const theirs = await peer.open({
          type: server,
          security: { mechanism: "NULL" },
          bind: "tcp://127.0.0.1:*",
          monitor: true,
        });
        const ours = await new OurDriver(stage.realm).open({
          type: client,
          security: { mechanism: "NULL" },
          connect: theirs.endpoint,
          options: { heartbeatTtlMs: 100, heartbeatIntervalMs: 250 },
        });
        await theirs.event("disconnected");
        await ours.event("disconnected");
        await ours.close();
        await theirs.close();
      },
    );

    it("test_heartbeat_notimeout: with PINGs and PONGs both ways, nobody is disconnected, in any pair, NULL and CURVE", async (context) => {
      const peer = await stage.peer(context, peerName);
      const settle = new Promise((resolve) => setTimeout(resolve, 600));
      const watch = async (
        mechanism: Mechanism,
        [client, server]: (typeof pairs)[number],
      ): Promise<string[]> => {
        const { client: asClient, server: asServer } = stage.realm.credentials(mechanism);
        const options = { heartbeatIntervalMs: 50, heartbeatTimeoutMs: 300 };
        const driver = new OurDriver(stage.realm);
        const bound = await driver.open({
          type: server,
          security: asServer,
          bind: "tcp://127.0.0.1:*",
          options,
        });
        const theirs = await peer.open({
          type: client,
          security: asClient,
          connect: bound.endpoint,
          options,
        });
        const theirBound = await peer.open({
          type: server,
          security: asServer,
          bind: "tcp://127.0.0.1:*",
          options,
        });
        const ours = await driver.open({
          type: client,
          security: asClient,
          connect: theirBound.endpoint,
          options,
        });
        await bound.event("connected");
        await ours.event("connected");
        await settle;
        const seen = [...bound.events, ...ours.events].map(({ name }) => name);
        await Promise.all([bound.close(), theirs.close(), theirBound.close(), ours.close()]);
        return seen.filter((name) => name === "disconnected" || name === "handshake-failed");
      };
      const all = await Promise.all(
        (["NULL", "CURVE"] as const).flatMap((mechanism) => pairs.map((pair) => watch(mechanism, pair))),
      );
      expect(all.flat()).toEqual([]);
      expect(all).toHaveLength(10);
    });
  });

  it("test_setsockopt_heartbeat_ttl_*: the TTL travels in tenths of a second, up to its largest", async () => {
    for (const [ttlMs, tenths] of [
      [6_553_500, 65_535],
      [1_000, 10],
      [0, 0],
    ] as const) {
      const heard: number[] = [];
      let got: () => void = () => undefined;
      const done = new Promise<void>((resolve) => {
        got = resolve;
      });
      await using ambush = await Ambush.open([
        async (peer): Promise<void> => {
          await shakeHands(peer);
          heard.push((await peer.readCommand("PING")).readUInt16BE());
          got();
        },
      ]);
      await using client = new zmtp.Dealer({ lingerMs: 0, heartbeat: { intervalMs: 20, ttlMs } });
      client.connect(ambush.endpoint);
      await done;
      expect(heard).toEqual([tenths]);
    }
  });

  it("test_setsockopt_heartbeat_ttl_more_than_max_fails", () => {
    expect(() => new zmtp.Pair({ heartbeat: { intervalMs: 50, ttlMs: 6_553_600 } })).toThrow(RangeError);
  });
});
