import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../src/adapters/node-network.ts";
import { generateKeyPair, Pull, Push, type SocketEvent } from "../../src/adapters/zmtp.ts";
import { zmtpTransport } from "../../src/adapters/zmtp-transport.ts";
import { systemClock } from "../../src/transport/clock.ts";
import type { ChannelFault, ClientChannel, TransportListener } from "../../src/transport/transport.ts";
import { asCommand, CurveClient } from "./kit/curve-tools.ts";
import { greeting, metadata, octets, RawPeer } from "./kit/raw-peer.ts";

const server = generateKeyPair();
const client = generateKeyPair();
const transport = zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto });

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

function own<T extends AsyncDisposable>(thing: T): T {
  open.push(thing);
  return thing;
}

/** Connections that say nothing, all of one address; what is closed on them is dialled again at once. */
async function silentCrowd(port: number, size: number): Promise<void> {
  const sockets = new Set<Socket>();
  let over = false;
  const dial = (): Socket => {
    const socket = connect(port, "127.0.0.1");
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      if (!over) dial();
    });
    return socket;
  };
  own({
    [Symbol.asyncDispose]: async (): Promise<void> => {
      over = true;
      for (const socket of sockets) socket.destroy();
    },
  });
  await Promise.all(Array.from({ length: size }, () => once(dial(), "connect")));
}

interface Agent {
  readonly listener: TransportListener;
  readonly refused: ChannelFault[];
}

async function agent(options: { readonly maxConnectionsPerClient?: number } = {}): Promise<Agent> {
  const refused: ChannelFault[] = [];
  const nothing = (): void => undefined;
  const listener = await transport.listen(
    {
      host: "127.0.0.1",
      ports: { command: 0, events: 0, sync: 0 },
      serverSecretKey: server.secretKey,
      authorize: () => true,
      ...options,
    },
    {
      peerUp: nothing,
      peerDown: nothing,
      message: nothing,
      handshakeFailed: (_channel, _address, fault) => refused.push(fault),
    },
  );
  own({ [Symbol.asyncDispose]: () => listener.close() });
  return { listener, refused };
}

/** Opens a channel; resolves when it is up, or with the fault that ended it. */
async function dial(
  listener: TransportListener,
  secretKey: Uint8Array = client.secretKey,
  port: number = listener.ports.sync,
): Promise<ChannelFault | undefined> {
  let channel: ClientChannel | undefined;
  const ended = await new Promise<ChannelFault | undefined>((resolve) => {
    channel = transport.connect(
      "sync",
      {
        host: "127.0.0.1",
        port,
        serverPublicKey: server.publicKey,
        clientSecretKey: secretKey,
      },
      { up: () => resolve(undefined), message: () => undefined, writable: () => undefined, down: resolve },
    );
  });
  own({ [Symbol.asyncDispose]: async () => channel?.close() });
  return ended;
}

describe("a crowd of strangers", () => {
  it("300 silent connections that come again keep no good client of the transport out", async () => {
    const { listener } = await agent();
    await silentCrowd(listener.ports.sync, 300);
    for (let at = 0; at < 10; at++) expect(await dial(listener)).toBeUndefined();
  });

  it("300 silent connections keep no good client of a socket out, and are named by the monitor", async () => {
    const events: SocketEvent[] = [];
    const pull = own(
      new Pull({
        security: { mechanism: "CURVE", role: "server", secretKey: server.secretKey },
        maxHandshakes: 32,
        monitor: (event) => events.push(event),
      }),
    );
    const endpoint = await pull.bind("tcp://127.0.0.1:*");
    await silentCrowd(Number(endpoint.split(":").at(-1)), 300);
    for (let at = 0; at < 10; at++) {
      const push = own(
        new Push({
          security: { mechanism: "CURVE", role: "client", serverKey: server.publicKey },
          // what would be lost by waiting for a second attempt is what this test is for
          reconnect: { minMs: 60_000, maxMs: 60_000 },
        }),
      );
      push.connect(endpoint);
      await push.send(`${at}`);
      const [frame] = await pull.receive();
      expect(Buffer.from(frame ?? []).toString()).toBe(`${at}`);
    }
    const codes = events.flatMap((event) => (event.type === "handshake-failed" ? [event.fault.code] : []));
    expect(codes).toContain("connection-cap");
  });
});

describe("a client with many connections", () => {
  it("is refused at the transport's cap and told why; others are served, and it is when one has gone", async () => {
    const { listener, refused } = await agent({ maxConnectionsPerClient: 3 });
    for (let at = 0; at < 3; at++) expect(await dial(listener)).toBeUndefined();
    const fault = await dial(listener);
    expect(fault?.code).toBe("lost");
    expect(fault?.message).toContain("Too many connections of this client key");
    expect(refused.map(({ message }) => message)).toEqual([
      "Too many connections of this client key: it has 3",
    ]);
    expect(await dial(listener, generateKeyPair().secretKey)).toBeUndefined();
    await open.splice(1, 1)[0]?.[Symbol.asyncDispose]();
    await expect.poll(() => dial(listener), { timeout: 5_000, interval: 20 }).toBeUndefined();
  });

  it("gets ERROR on the wire instead of READY, and the socket's monitor names it client-cap", async () => {
    const events: SocketEvent[] = [];
    const pull = own(
      new Pull({
        security: { mechanism: "CURVE", role: "server", secretKey: server.secretKey },
        maxConnectionsPerKey: 1,
        monitor: (event) => events.push(event),
      }),
    );
    const endpoint = await pull.bind("tcp://127.0.0.1:*");
    const shake = async (): Promise<RawPeer> => {
      const raw = await RawPeer.dial(endpoint);
      own({ [Symbol.asyncDispose]: async () => raw.close() });
      const curve = new CurveClient(server.publicKey, client);
      raw.write(greeting("CURVE"), asCommand(curve.hello()));
      await raw.read(64);
      curve.welcomed(await raw.readCommand("WELCOME"));
      raw.write(asCommand(curve.initiate(metadata({ "Socket-Type": "PUSH" }))));
      return raw;
    };
    await (await shake()).readCommand("READY");
    const second = await shake();
    const reason = "Too many connections of this client key";
    expect(await second.readCommand("ERROR")).toEqual(
      Buffer.concat([Buffer.of(reason.length), octets(reason)]),
    );
    await second.closed();
    await expect
      .poll(() => events.flatMap((event) => (event.type === "handshake-failed" ? [event.fault.code] : [])))
      .toEqual(["client-cap"]);
  });
});

describe("a client at another channel's port", () => {
  it.each(["command", "events"] as const)(
    "is told so, and not that its key is refused: %s",
    async (other) => {
      const { listener } = await agent();
      const fault = await dial(listener, client.secretKey, listener.ports[other]);
      expect(fault?.code).toBe("protocol");
      expect(fault?.message).toContain("Incompatible socket type");
    },
  );
});
