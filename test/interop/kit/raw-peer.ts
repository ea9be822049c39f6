import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

const flagMore = 1;
const flagLong = 2;
const flagCommand = 4;
const waitMs = 5_000;

/** A frame as it came over the wire. */
export interface RawFrame {
  readonly command: boolean;
  readonly more: boolean;
  readonly body: Buffer;
}

/** Text as octets. */
export const octets = (text: string): Buffer => Buffer.from(text, "latin1");

/** The 64 octets that open a ZMTP connection. Version 3.0 is what libzmq's own tests send. */
export function greeting(mechanism: string, version: readonly number[] = [3, 0], asServer = false): Buffer {
  const bytes = Buffer.alloc(64);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes.set(version, 10);
  bytes.write(mechanism, 12, "latin1");
  bytes[32] = asServer ? 1 : 0;
  return bytes;
}

/** A frame; long ones have a length of eight octets. */
export function frame(flags: number, body: Uint8Array): Buffer {
  if (body.length < 256) return Buffer.concat([Buffer.of(flags, body.length), body]);
  const head = Buffer.alloc(9);
  head[0] = flags | flagLong;
  head.writeBigUInt64BE(BigInt(body.length), 1);
  return Buffer.concat([head, body]);
}

/** A command with its name and data. */
export function command(name: string, data: Uint8Array = Buffer.alloc(0)): Buffer {
  return frame(flagCommand, Buffer.concat([Buffer.of(name.length), octets(name), data]));
}

/** A part of a message. */
export function part(body: Uint8Array, more = false): Buffer {
  return frame(more ? flagMore : 0, body);
}

/** Properties as READY and INITIATE carry them. */
export function metadata(properties: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const parts = Object.entries(properties).map(([name, value]) => {
    const bytes = typeof value === "string" ? octets(value) : value;
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bytes.length);
    return Buffer.concat([Buffer.of(name.length), octets(name), size, bytes]);
  });
  return Buffer.concat(parts);
}

/** NULL's handshake command of a socket type. */
export function ready(type: string): Buffer {
  return command("READY", metadata({ "Socket-Type": type, Identity: "" }));
}

/** A TCP connection on which a test speaks, or misspeaks, octet by octet. */
export class RawPeer {
  readonly #socket: Socket;
  #buffer = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#wake();
    });
    // a reset is one of the ways in which a peer is refused
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
    socket.on("end", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Dials an endpoint such as `tcp://127.0.0.1:1234`. */
  static async dial(endpoint: string): Promise<RawPeer> {
    const socket = connect(Number(endpoint.slice(endpoint.lastIndexOf(":") + 1)), "127.0.0.1");
    const peer = new RawPeer(socket);
    await once(socket, "connect");
    return peer;
  }

  get socket(): Socket {
    return this.#socket;
  }

  write(...chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.#socket.write(chunk);
  }

  /** The next octets. Fails if the far side closes before. */
  async read(count: number): Promise<Buffer> {
    await this.#until(() => this.#buffer.length >= count || this.#closed, `${count} octets`);
    if (this.#buffer.length < count)
      throw new Error(`Closed after ${this.#buffer.length} of ${count} octets`);
    const taken = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return taken;
  }

  /** The next frame. */
  async readFrame(): Promise<RawFrame> {
    const [flags = 0] = await this.read(1);
    const size =
      (flags & flagLong) === 0
        ? (await this.read(1)).readUInt8()
        : Number((await this.read(8)).readBigUInt64BE());
    const body = await this.read(size);
    return { command: (flags & flagCommand) !== 0, more: (flags & flagMore) !== 0, body };
  }

  /** The next frame, which must be a command of this name; gives its data. */
  async readCommand(name: string): Promise<Buffer> {
    const { command: isCommand, body } = await this.readFrame();
    const got = body.toString("latin1", 1, 1 + (body[0] ?? 0));
    if (!isCommand || got !== name)
      throw new Error(`Got ${isCommand ? got : "a message"} instead of ${name}`);
    return body.subarray(1 + name.length);
  }

  /** Resolves when the far side has ended or reset the connection. */
  async closed(): Promise<void> {
    await this.#until(() => this.#closed, "the end");
  }

  close(): void {
    this.#socket.destroy();
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, waitMs);
    while (!holds()) {
      if (late) throw new Error(`No ${what} within ${waitMs} ms`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
  }
}

/** What a test does with one accepted connection. */
export type Reception = (peer: RawPeer) => Promise<void>;

/** A port at which each connection gets the next reception, and all later ones are passed on to a good server. */
export class Ambush implements AsyncDisposable {
  readonly endpoint: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What receptions threw. */
  readonly faults: unknown[] = [];

  private constructor(server: Server) {
    this.#server = server;
    this.endpoint = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(receptions: readonly Reception[], goodEndpoint?: string): Promise<Ambush> {
    const queue = [...receptions];
    const server = createServer((socket) => {
      ambush.#own(socket);
      const reception = queue.shift();
      if (reception !== undefined) {
        reception(new RawPeer(socket)).catch((error: unknown) => ambush.faults.push(error));
      } else if (goodEndpoint === undefined) socket.destroy();
      else {
        const onward = connect(Number(goodEndpoint.slice(goodEndpoint.lastIndexOf(":") + 1)), "127.0.0.1");
        ambush.#own(onward);
        socket.pipe(onward).pipe(socket);
      }
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const ambush = new Ambush(server);
    return ambush;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
