import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Flavour } from "../../build/mql5/compile.ts";
import { createExpertWorld, type ExpertWorld } from "../faults/ea/expert-world.ts";
import { type Attack, type Besieged, handshakes, traffic } from "../interop/hostile/curve-attacks.ts";
import { command, greeting, octets, RawPeer } from "../interop/kit/raw-peer.ts";
import { fuzz } from "./kit/fuzz.ts";
import { canRun, defaultFlavour, peersRequired, requireHost } from "./kit/peers.ts";
import { RawClient } from "./kit/raw-client.ts";
import { type Counters, SocketsExpert } from "./kit/sockets.ts";

// Where peers are required the sanitizers watch.
const flavour: Flavour = peersRequired && defaultFlavour === "plain" ? "sanitized" : defaultFlavour;
const connections = flavour === "sanitized" ? 10_000 : 300;
const channels = [
  ["command", "PUSH"],
  ["events", "SUB"],
  ["sync", "DEALER"],
] as const;

/** What the expert counts an attack as, by the code that our own server gives it. */
const faultOf: Readonly<Record<string, string>> = {
  "wrong-server-key": "AUTHENTICATION",
  "key-exchange": "AUTHENTICATION",
  cryptographic: "AUTHENTICATION",
  undecipherable: "AUTHENTICATION",
  "refused-by-us": "AUTHENTICATION",
  "mechanism-mismatch": "MECHANISM",
  "socket-type-mismatch": "SOCKET_TYPE",
  "message-too-large": "TOO_LARGE",
};

describe(`the expert's sockets under libzmq's hostile cases (${flavour})`, { timeout: 300_000 }, () => {
  let expert: SocketsExpert;
  beforeAll(async () => {
    if (canRun(flavour)) expert = await SocketsExpert.start({}, flavour);
  }, 300_000);
  afterAll(async () => {
    if (!canRun(flavour)) return;
    expect(await expert.program.stop()).toEqual({ code: 0, signal: null });
    expect(expert.program.noise).toBe("");
    await expert[Symbol.asyncDispose]();
  });
  beforeEach((context) => {
    requireHost(context, flavour);
  });

  it.for([...handshakes, ...traffic].map((attack) => ({ ...attack })))(
    "$name: ended, counted by name, and the next good client is served",
    async ({ run, code }) => {
      const kind = `ZMTP_FAULT_${faultOf[code] ?? "PROTOCOL"}`;
      const count = ({ faults }: Counters): number => faults[kind] ?? 0;
      const besieged: Besieged = {
        keys: { publicKey: expert.serverKey },
        client: expert.clientKeys,
        peerType: "DEALER",
        dial: () => RawPeer.dial(`tcp://127.0.0.1:${expert.router}`),
        failed: () => Promise.resolve(),
        // It echoes what it takes, so the test of its answer is the client's; here it need not be waited for.
        hears: () => Promise.resolve(),
      };
      await using asker = await expert.asker();
      const before = await asker.ask();
      const peer = await besieged.dial();
      await run(besieged, peer);
      await peer.closed();
      peer.close();
      await asker.until((after) => count(after) > count(before));
      await using good = await RawClient.open(expert.router, expert.clientKeys, expert.serverKey);
      good.send(octets("still here"));
      expect(Buffer.from((await good.receive()).payload).toString()).toBe("still here");
    },
  );
});

describe(`the shipping expert among hostile peers (${flavour})`, { timeout: 600_000 }, () => {
  let world: ExpertWorld;
  beforeAll(async () => {
    if (!canRun(flavour)) return;
    world = await createExpertWorld({ seed: "hostile", flavour, timeScale: 4 });
    await world.client.connect();
  }, 300_000);
  afterAll(async () => {
    // Fails with what the sanitizers have reported.
    if (canRun(flavour)) await world.close();
  });
  beforeEach((context) => {
    requireHost(context, flavour);
  });

  /** The connector's own connections have stayed, and it is answered. */
  async function serves(): Promise<void> {
    const agent = world.client.agent(world.site);
    expect(await world.time.settle(agent.positions.getAll())).toEqual([]);
    expect(agent.connectionStatus.state).toBe("connected");
  }

  describe.each(channels)("at %s", (channel, peerType) => {
    const besieged = (): Besieged => ({
      keys: world.site.keys,
      client: world.keys,
      peerType,
      dial: () => RawPeer.dial(`tcp://127.0.0.1:${world.site.ports[channel]}`),
      failed: () => Promise.resolve(),
      hears: () => Promise.resolve(),
    });

    // SUB, the type that fits no other channel, fits this one.
    const misfits = ({ name }: Attack): boolean =>
      peerType !== "SUB" || name !== "beyond: an incompatible socket type";
    it.for([...handshakes, ...traffic].filter(misfits).map((attack) => ({ ...attack })))(
      "$name: ended, and the connector is served",
      async ({ run }) => {
        const peer = await besieged().dial();
        await run(besieged(), peer);
        await peer.closed();
        peer.close();
        await serves();
      },
    );

    it.each(["NULL", "PLAIN"])("speaks no %s: not a word of its handshake is taken", async (mechanism) => {
      const peer = await besieged().dial();
      peer.write(greeting(mechanism), command("HELLO", octets("\x05admin\x08password")));
      await peer.closed();
      peer.close();
      await serves();
    });

    it("ends who greets and then says nothing", async () => {
      const peer = await besieged().dial();
      peer.write(greeting("CURVE"));
      await peer.read(64);
      await once(peer.socket, "close");
      await serves();
    });
  });

  it("answers a PING with its context, and ends who sends a longer one than RFC 37 allows", async () => {
    const { site, keys } = world;
    const ping = (context: string): Uint8Array => Buffer.concat([octets("\x04PING\0\0"), octets(context)]);
    await using client = await RawClient.open(site.ports.sync, keys, site.keys.publicKey);
    for (const context of ["LOL", "", "z".repeat(16)]) {
      client.send(ping(context), 2);
      let { payload } = await client.receive();
      // Its own PINGs may come between.
      while (payload[2] === "I".charCodeAt(0)) ({ payload } = await client.receive());
      expect(Buffer.from(payload).toString("latin1")).toBe(`\x04PONG${context}`);
    }
    client.send(ping("z".repeat(17)), 2);
    await client.closed();
    await serves();
  });

  it("ends who shakes hands and then never answers a PING", async () => {
    const { site, keys } = world;
    await using silent = await RawClient.open(site.ports.sync, keys, site.keys.publicKey);
    await silent.closed();
    await serves();
  });

  it(`serves its connector during and after ${connections} connections that misbehave, and trades`, async () => {
    const { site, keys } = world;
    const { command: pull, events: pub, sync: router } = site.ports;
    const target = { pull, pub, router, serverKey: site.keys.publicKey, clientKeys: keys };
    const refused = await fuzz(target, connections, 11);
    expect(refused).toBeGreaterThan(connections / 20);
    await serves();
    await world.client.agent(site).trade.marketBuy("EURUSD", 0.1, { id: "after" });
    expect(world.executions("after")).toBe(1);
  });
});
