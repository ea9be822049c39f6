import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { ByteStream, Endpoint, Network, NetworkListener, StreamEvents } from "../transport/network.ts";

/**
 * Bytes that may wait in this process before `write` says to wait for `drain`. Sixteen messages of 64 KiB: with four,
 * both ends of a stream of those wait for each other as soon as they have to share their processors.
 */
const sendBufferBytes = 1_048_576;

/** TCP by `node:net`, for Node, Bun and Deno. */
export const nodeNetwork: Network = {
  connect(endpoint: Endpoint, events: StreamEvents): ByteStream {
    const socket = createConnection({ host: endpoint.host, port: endpoint.port, noDelay: true });
    const stream = new TcpStream(socket, `${endpoint.host}:${endpoint.port}`);
    stream.start(events);
    socket.once("connect", onConnect);
    return stream;
  },

  listen(endpoint: Endpoint, accept: (stream: ByteStream) => StreamEvents): Promise<NetworkListener> {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true }, (socket) => {
        const stream = new TcpStream(
          socket,
          `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`,
        );
        stream.start(accept(stream));
        stream.opened();
      });
      server.once("error", reject);
      server.listen({ host: endpoint.host, port: endpoint.port }, () => {
        server.off("error", reject);
        resolve(listener(server, endpoint.host));
      });
    });
  },
};

function listener(server: Server, host: string): NetworkListener {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has no port");
  // Accepting may fail later, for want of file descriptors: the connection is then lost, the server goes on.
  server.on("error", () => undefined);
  return {
    endpoint: { host, port: address.port },
    close: (): Promise<void> =>
      new Promise((resolve) => {
        // Resolves when nothing is accepted any more; `close` would wait for the open streams too.
        server.close();
        setImmediate(resolve);
      }),
  };
}

/** A socket that knows its stream, so that all sockets share their handlers. */
interface OwnedSocket extends Socket {
  [owner]?: TcpStream;
}

const owner: unique symbol = Symbol("stream");

function onData(this: OwnedSocket, chunk: Buffer): void {
  // Not a Buffer: its slice would be a view, where that of every other Uint8Array is a copy.
  this[owner]?.events?.data(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
}

function onConnect(this: OwnedSocket): void {
  this[owner]?.opened();
}

function onDrain(this: OwnedSocket): void {
  this[owner]?.drained();
}

function onError(this: OwnedSocket, error: Error): void {
  this[owner]?.failed(error);
}

function onClose(this: OwnedSocket): void {
  this[owner]?.closed();
}

class TcpStream implements ByteStream {
  readonly remoteAddress: string;
  readonly #socket: Socket;
  events: StreamEvents | undefined;
  #opened = false;
  #blocked = false;
  #fault: Error | undefined;

  constructor(socket: Socket, remoteAddress: string) {
    this.#socket = socket;
    this.remoteAddress = remoteAddress;
  }

  start(events: StreamEvents): void {
    this.events = events;
    const socket: OwnedSocket = this.#socket;
    socket[owner] = this;
    socket.on("data", onData);
    socket.on("drain", onDrain);
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  opened(): void {
    if (this.#opened || this.#socket.destroyed) return;
    this.#opened = true;
    this.events?.open();
  }

  drained(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.events?.drain();
  }

  failed(error: Error): void {
    this.#fault ??= error;
  }

  closed(): void {
    const { events } = this;
    this.events = undefined;
    events?.close(this.#fault);
  }

  write(chunk: Uint8Array): boolean {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return false;
    // The socket's own mark is far lower than this one, so that its `drain` always follows.
    if (!socket.write(chunk) && socket.writableLength >= sendBufferBytes) this.#blocked = true;
    return !this.#blocked;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(fault?: Error): void {
    this.#fault ??= fault;
    this.#socket.destroy();
  }
}
