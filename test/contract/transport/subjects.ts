import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../../src/adapters/node-network.ts";
import { zeromqTransport } from "../../../src/adapters/zeromq-transport.ts";
import { zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import { systemClock } from "../../../src/transport/clock.ts";
import { memoryNetwork } from "../../../src/transport/memory-network.ts";
import type { ByteStream, Network, StreamEvents } from "../../../src/transport/network.ts";
import type { Transport } from "../../../src/transport/transport.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import type { Guarantees, Link, RawStream, TransportSubject } from "./subject.ts";

const newKeys: TransportSubject["newKeys"] = () => nodeCrypto.keyAgreement.generateKeyPair();
const ignore = (): void => undefined;

/** The transport over ZMTP on a network in memory, in virtual time. */
export function memorySubject(): TransportSubject {
  const clock = new VirtualClock();
  const network = memoryNetwork({ clock, latencyMs: 1 });
  const transport = zmtpTransport({ network, clock, crypto: nodeCrypto });
  const silent = { open: ignore, data: ignore, drain: ignore, close: ignore };
  return {
    name: "zmtp in memory",
    client: transport,
    server: transport,
    guarantees: { clientNamesHeartbeat: true, clientNamesWrongServerKey: true },
    wait: async <T>(promise: Promise<T>, limitMs = 30_000): Promise<T> =>
      (await clock.runUntil(promise, limitMs)) as T,
    pass: (ms) => clock.advance(ms),
    link: async (target) => {
      const port = await relay(network, target);
      return {
        port,
        cut: (): void => network.cut(port),
        freeze: (): void => network.freeze(port),
        thaw: (): void => network.unfreeze(port),
      };
    },
    dialRaw: (port): RawStream => {
      const stream = network.connect({ host: "127.0.0.1", port }, silent);
      return { write: (bytes) => stream.write(bytes.slice()), close: (): void => stream.destroy() };
    },
    listenRaw: async (greeting) => {
      const listener = await network.listen({ host: "127.0.0.1", port: 0 }, (stream) => ({
        ...silent,
        open: (): void => {
          if (greeting.length > 0) stream.write(greeting.slice());
        },
      }));
      return listener.endpoint.port;
    },
    deadPort: async () => {
      const listener = await network.listen({ host: "127.0.0.1", port: 0 }, () => silent);
      await listener.close();
      return listener.endpoint.port;
    },
    newKeys,
    dispose: async (): Promise<void> => undefined,
  };
}

/** Passes bytes on, so that a path has a port of its own by which the network can break it. */
async function relay(network: Network, target: number): Promise<number> {
  const host = "127.0.0.1";
  const pass = (to: () => ByteStream | undefined, from: () => ByteStream | undefined): StreamEvents => ({
    open: ignore,
    data: (chunk): void => {
      if (to()?.write(chunk) === false) from()?.pause();
    },
    drain: (): void => to()?.resume(),
    close: (fault): void => (fault === undefined ? to()?.end() : to()?.destroy(fault)),
  });
  const listener = await network.listen({ host, port: 0 }, (near) => {
    let far: ByteStream | undefined;
    far = network.connect(
      { host, port: target },
      pass(
        () => near,
        () => far,
      ),
    );
    return pass(
      () => far,
      () => near,
    );
  });
  return listener.endpoint.port;
}

/** The transport over ZMTP on TCP. */
export function tcpSubject(): TransportSubject {
  const transport = zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto });
  return loopbackSubject("zmtp over TCP", transport, transport, {
    clientNamesHeartbeat: true,
    clientNamesWrongServerKey: true,
  });
}

/** Native libzmq as the client of the transport over ZMTP. It does not listen. */
export function zeromqSubject(): TransportSubject {
  const server = zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto });
  return loopbackSubject("native zeromq, client side", zeromqTransport(), server, {
    clientNamesHeartbeat: false,
    clientNamesWrongServerKey: false,
  });
}

function loopbackSubject(
  name: string,
  client: Transport,
  server: Transport,
  guarantees: Guarantees,
): TransportSubject {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const own = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", ignore).on("close", () => sockets.delete(socket));
  };
  const listen = async (accept: (socket: Socket) => void): Promise<number> => {
    const listening = createServer((socket) => accept(own(socket))).listen(0, "127.0.0.1");
    servers.push(listening);
    await once(listening, "listening");
    return (listening.address() as AddressInfo).port;
  };
  return {
    name,
    client,
    server,
    guarantees,
    wait: (promise, limitMs = 15_000) => withLimit(promise, limitMs),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    link: (port) => openLink(port, own, listen),
    dialRaw: (port): RawStream => {
      const socket = own(connect(port, "127.0.0.1"));
      return { write: (bytes) => void socket.write(bytes), close: (): void => void socket.destroy() };
    },
    listenRaw: (greeting) => listen((socket) => void (greeting.length > 0 && socket.write(greeting))),
    deadPort: async () => {
      const listening = createServer().listen(0, "127.0.0.1");
      await once(listening, "listening");
      const { port } = listening.address() as AddressInfo;
      await new Promise((resolve) => listening.close(resolve));
      return port;
    },
    newKeys,
    dispose: async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((listening) => new Promise((resolve) => listening.close(resolve))));
    },
  };
}

/** A TCP relay that can be cut and frozen. */
async function openLink(
  target: number,
  own: (socket: Socket) => Socket,
  listen: (accept: (socket: Socket) => void) => Promise<number>,
): Promise<Link> {
  const ends = new Set<Socket>();
  let frozen = false;
  const port = await listen((near) => {
    const far = own(connect(target, "127.0.0.1"));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on("drain", () => {
        if (!frozen) from.resume();
      });
      from.on("end", () => to.end());
      from.on("close", () => {
        ends.delete(from);
        to.destroy();
      });
    }
  });
  return {
    port,
    cut: (): void => {
      for (const end of ends) end.resetAndDestroy();
    },
    freeze: (): void => {
      frozen = true;
      for (const end of ends) end.pause();
    },
    thaw: (): void => {
      frozen = false;
      for (const end of ends) end.resume();
    },
  };
}

async function withLimit<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Cannot await: nothing within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
