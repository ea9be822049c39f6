import { createConnection } from "node:net";
import { describe, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../../src/adapters/node-network.ts";
import { zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import { systemClock } from "../../../src/transport/clock.ts";
import { type MemoryNetwork, memoryNetwork } from "../../../src/transport/memory-network.ts";
import type {
  Channel,
  ChannelFault,
  ClientChannel,
  ConnectOptions,
  ListenOptions,
  Peer,
  Transport,
  TransportListener,
} from "../../../src/transport/transport.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";

const text = (frames: readonly Uint8Array[]): string[] =>
  frames.map((frame) => new TextDecoder().decode(frame));
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

const server = nodeCrypto.keyAgreement.generateKeyPair();
const client = nodeCrypto.keyAgreement.generateKeyPair();
const stranger = nodeCrypto.keyAgreement.generateKeyPair();

/** A transport, its agent side, and a log of all that both sides report. */
interface Stage {
  readonly transport: Transport;
  readonly listener: TransportListener;
  readonly log: string[];
  readonly peers: Map<Channel, Peer>;
  readonly faults: Map<string, ChannelFault>;
  open(channel: Channel, options?: Partial<ConnectOptions>): ClientChannel;
}

async function stage(transport: Transport, options: Partial<ListenOptions> = {}): Promise<Stage> {
  const log: string[] = [];
  const peers = new Map<Channel, Peer>();
  const faults = new Map<string, ChannelFault>();
  const listener = await transport.listen(
    {
      host: "127.0.0.1",
      ports: { command: 0, events: 0, sync: 0 },
      serverSecretKey: server.secretKey,
      authorize: (key) => Buffer.from(key).equals(client.publicKey),
      ...options,
    },
    {
      peerUp: (peer) => {
        peers.set(peer.channel, peer);
        log.push(`peerUp ${peer.channel}`);
      },
      peerDown: (peer, fault) => {
        log.push(`peerDown ${peer.channel} ${fault.code}`);
        faults.set(`peer ${peer.channel}`, fault);
      },
      handshakeFailed: (channel, _address, fault) => {
        log.push(`handshakeFailed ${channel} ${fault.code}`);
        faults.set(`handshake ${channel}`, fault);
      },
      message: (peer, frames) => {
        log.push(`server ${peer.channel} ${text(frames).join("|")}`);
        if (peer.channel === "sync") listener.reply(peer, [bytes("re"), ...frames]);
      },
    },
  );
  const open = (channel: Channel, own: Partial<ConnectOptions> = {}): ClientChannel =>
    transport.connect(
      channel,
      {
        host: "127.0.0.1",
        port: listener.ports[channel],
        serverPublicKey: server.publicKey,
        clientSecretKey: client.secretKey,
        ...own,
      },
      {
        up: () => log.push(`up ${channel}`),
        message: (frames) => log.push(`client ${channel} ${text(frames).join("|")}`),
        writable: () => log.push(`writable ${channel}`),
        down: (fault) => {
          log.push(`down ${channel} ${fault.code}`);
          faults.set(`client ${channel}`, fault);
        },
      },
    );
  return { transport, listener, log, peers, faults, open };
}

interface VirtualStage extends Stage {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
}

async function virtualStage(
  options: Partial<ListenOptions> = {},
  maxChunkBytes = 65_536,
): Promise<VirtualStage> {
  const clock = new VirtualClock();
  const network = memoryNetwork({ clock, latencyMs: 1, maxChunkBytes });
  const built = await stage(zmtpTransport({ network, clock, crypto: nodeCrypto }), options);
  return { ...built, clock, network };
}

describe("zmtpTransport in memory", () => {
  test("carries all three channels, in order, even octet by octet", async () => {
    const { open, clock, log, listener } = await virtualStage({}, 1);
    const events = open("events");
    events.subscribe(bytes("EURUSD\0"));
    const command = open("command");
    const sync = open("sync");
    expect(log).toEqual([]);
    await clock.advance(100);
    expect(log.filter((line) => line.startsWith("up"))).toHaveLength(3);
    command.send([bytes("order"), bytes("mac")]);
    sync.send([bytes("ask")]);
    listener.publish([bytes("EURUSDm\0"), bytes("no")]);
    listener.publish([bytes("EURUSD\0"), bytes("yes")]);
    await clock.advance(100);
    expect(log).toContain("server command order|mac");
    expect(log).toContain("client sync re|ask");
    expect(log.filter((line) => line.startsWith("client events"))).toEqual(["client events EURUSD\0|yes"]);
    events.unsubscribe(bytes("EURUSD\0"));
    await clock.advance(10);
    listener.publish([bytes("EURUSD\0"), bytes("late")]);
    await clock.advance(10);
    expect(log.filter((line) => line.startsWith("client events"))).toHaveLength(1);
    await Promise.all([clock.runUntil(listener.close(100), 1_000)]);
    await clock.advance(10);
    expect(log.filter((line) => line.startsWith("down")).sort()).toEqual([
      "down command lost",
      "down events lost",
      "down sync lost",
    ]);
  });

  test("ends a client that authorize refuses with authentication on both sides", async () => {
    const { open, clock, log, faults } = await virtualStage();
    open("sync", { clientSecretKey: stranger.secretKey });
    await clock.advance(100);
    expect(log).toEqual(["handshakeFailed sync authentication", "down sync authentication"]);
    expect(faults.get("client sync")?.message).toContain("400");
  });

  test("ends a client that expects another server key with authentication on both sides", async () => {
    const { open, clock, log, faults } = await virtualStage();
    open("command", { serverPublicKey: stranger.publicKey });
    await clock.advance(100);
    expect(log).toEqual(["handshakeFailed command authentication", "down command authentication"]);
    expect(faults.get("client command")?.message).toContain("wrong server key");
  });

  test("tells an endpoint that nobody listens on from one that never answers", async () => {
    const { open, clock, log, network, transport, listener } = await virtualStage();
    open("sync", { port: 9 });
    await clock.advance(10);
    expect(log).toEqual(["down sync unreachable"]);
    const mute = await network.listen({ host: "127.0.0.1", port: 0 }, () => ({
      open: () => undefined,
      data: () => undefined,
      drain: () => undefined,
      close: () => undefined,
    }));
    open("sync", { port: mute.endpoint.port, handshakeTimeoutMs: 700 });
    await clock.advance(690);
    expect(log).toHaveLength(1);
    await clock.advance(20);
    expect(log[1]).toBe("down sync handshake-timeout");
    expect(transport.name).toBe("zmtp");
    await clock.runUntil(listener.close(), 100);
  });

  test("gives up a half-open connection on both sides by heartbeats", async () => {
    const { open, clock, log, network } = await virtualStage();
    open("sync");
    await clock.advance(30_000);
    expect(log).toEqual(["peerUp sync", "up sync"]);
    network.freeze();
    await clock.advance(8_100);
    expect(log.slice(2).sort()).toEqual(["down sync heartbeat", "peerDown sync heartbeat"]);
  });

  test("reports a cut connection as lost and its own close as closed", async () => {
    const { open, clock, log, network, listener } = await virtualStage();
    open("command");
    const sync = open("sync");
    await clock.advance(50);
    network.cut(listener.ports.command);
    await clock.advance(10);
    expect(log.slice(4).sort()).toEqual(["down command lost", "peerDown command lost"]);
    expect(() => sync.send([])).toThrow(TypeError);
    sync.send([bytes("last")]);
    await clock.runUntil(sync.close(50), 100);
    await clock.advance(10);
    expect(log.slice(6)).toEqual(["down sync closed", "server sync last", "peerDown sync lost"]);
    expect(() => sync.send([bytes("x")])).toThrow("not up");
  });

  test("drops what may be dropped for a slow subscriber, and disconnects it at its cap", async () => {
    const { open, clock, log, network, listener } = await virtualStage({
      subscriberDropBytes: 100_000,
      subscriberCapBytes: 300_000,
      heartbeatIntervalMs: 0,
    });
    open("events", { heartbeatIntervalMs: 0 }).subscribe(bytes(""));
    await clock.advance(50);
    network.freeze();
    const block = new Uint8Array(10_000);
    for (let i = 0; i < 200; i++) listener.publish([bytes("tick"), block], { droppable: true });
    await clock.advance(10);
    expect(log).toEqual(["peerUp events", "up events"]);
    for (let i = 0; i < 10; i++) listener.publish([bytes("ledger"), block]);
    await clock.advance(10);
    expect(log).toHaveLength(2);
    for (let i = 0; i < 20; i++) listener.publish([bytes("ledger"), block]);
    await clock.advance(10);
    expect(log[2]).toBe("peerDown events overflow");
  });

  test("refuses connections above the cap before any handshake", async () => {
    const { open, clock, log } = await virtualStage({ maxConnections: 1 });
    open("sync");
    await clock.advance(20);
    open("sync");
    await clock.advance(20);
    expect(log.slice(2)).toEqual(["handshakeFailed sync lost", "down sync lost"]);
  });

  test("disconnects a peer that announces an oversized message, before it arrives", async () => {
    const { open, clock, log } = await virtualStage({ maxMessageBytes: 100_000 });
    const sync = open("sync");
    await clock.advance(20);
    sync.send([new Uint8Array(60_000), new Uint8Array(60_000)]);
    await clock.advance(20);
    expect(log.slice(2)).toEqual(["peerDown sync protocol", "down sync lost"]);
  });

  test("refuses a port that is taken and binds nothing then", async () => {
    const { transport, listener, clock } = await virtualStage();
    const options: ListenOptions = {
      host: "127.0.0.1",
      ports: { command: 0, events: 0, sync: listener.ports.sync },
      serverSecretKey: server.secretKey,
      authorize: () => true,
    };
    const nothing = { peerUp: () => {}, peerDown: () => {}, handshakeFailed: () => {}, message: () => {} };
    await expect(clock.runUntil(transport.listen(options, nothing), 100)).rejects.toThrow(
      `Cannot bind the sync channel to 127.0.0.1:${listener.ports.sync}`,
    );
  });
});

describe("zmtpTransport over TCP", () => {
  test("carries all three channels and closes without leaving a socket", async () => {
    const transport = zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto });
    const { open, log, listener } = await stage(transport);
    const seen = async (line: string): Promise<void> => {
      await expect.poll(() => log, { timeout: 10_000, interval: 5 }).toContain(line);
    };
    const events = open("events");
    events.subscribe(bytes("a"));
    const command = open("command");
    const sync = open("sync");
    await seen("up command");
    await seen("up sync");
    await seen("up events");
    command.send([bytes("do")]);
    sync.send([bytes("ask"), new Uint8Array(0)]);
    await seen("server command do");
    await seen("client sync re|ask|");
    // The subscription has arrived by now or soon will; publishing again until it is heard needs no sleep.
    await expect
      .poll(
        () => {
          listener.publish([bytes("abc")]);
          return log;
        },
        { timeout: 10_000, interval: 5 },
      )
      .toContain("client events abc");
    await Promise.all([events.close(), command.close(), sync.close()]);
    await listener.close();
    expect(log.filter((line) => line.startsWith("down")).sort()).toEqual([
      "down command closed",
      "down events closed",
      "down sync closed",
    ]);
  });

  test("refuses a peer that does not speak ZMTP and serves the next", async () => {
    const transport = zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto });
    const { open, log, listener } = await stage(transport);
    const socket = createConnection(listener.ports.sync, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\n\r\n");
    await expect.poll(() => log, { interval: 5 }).toContain("handshakeFailed sync protocol");
    socket.destroy();
    const sync = open("sync");
    await expect.poll(() => log, { interval: 5 }).toContain("up sync");
    await sync.close();
    await listener.close();
  });
});
