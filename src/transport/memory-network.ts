import type { Clock } from "./clock.ts";
import type { ByteStream, Endpoint, Network, NetworkListener, StreamEvents } from "./network.ts";

/** How the network in memory behaves. */
export interface MemoryNetworkOptions {
  /** The time that bytes, connects and closes travel in. */
  readonly clock: Clock;
  /** One-way delay. @default 0 */
  readonly latencyMs?: number;
  /** Largest piece handed to `data`; written chunks are cut into such pieces. @default 65_536 */
  readonly maxChunkBytes?: number;
  /** Bytes on their way or held back by a paused receiver, beyond which `write` returns false. @default 262_144 */
  readonly sendBufferBytes?: number;
}

/** A network in memory, with the faults that a test may want. */
export interface MemoryNetwork extends Network {
  /** Resets every connection, or those to one listening port; both ends see a fault. */
  cut(port?: number): void;
  /** Swallows everything between the ends without closing anything (half-open), until `unfreeze`. */
  freeze(port?: number): void;
  /** Lets bytes flow again; those held back arrive. */
  unfreeze(port?: number): void;
  /** Connections that are open now. */
  readonly openConnections: number;
}

/** A network within this process: byte streams over the clock, in order, without loss. Hosts are not told apart. */
export function memoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  return new Hub(options);
}

const firstEphemeralPort = 49_152;
const portCount = 65_536;

type Accept = (stream: ByteStream) => StreamEvents;

class Hub implements MemoryNetwork {
  readonly settings: Required<MemoryNetworkOptions>;
  readonly links: Set<Link> = new Set();
  readonly #listeners = new Map<number, Accept>();
  #nextPort = firstEphemeralPort;

  constructor(options: MemoryNetworkOptions) {
    this.settings = { latencyMs: 0, maxChunkBytes: 65_536, sendBufferBytes: 262_144, ...options };
    if (!(this.settings.maxChunkBytes >= 1)) throw new RangeError("maxChunkBytes must be at least 1");
  }

  get openConnections(): number {
    return this.links.size;
  }

  connect(endpoint: Endpoint, events: StreamEvents): ByteStream {
    const { clock, latencyMs } = this.settings;
    const link = new Link(this, endpoint.port);
    const dialled = new Half(link, `${endpoint.host}:${endpoint.port}`);
    const accepted = new Half(link, `127.0.0.1:${this.#ephemeral()}`);
    dialled.join(accepted);
    accepted.join(dialled);
    dialled.own(events);
    clock.setTimer(() => {
      if (dialled.closed) return;
      const accept = this.#listeners.get(endpoint.port);
      if (accept === undefined) {
        dialled.finish(new Error(`connect ECONNREFUSED ${dialled.remoteAddress}`));
        return;
      }
      this.links.add(link);
      // The dialling end hears of it one delay later, as with TCP, and before anything that the accepting end does.
      clock.setTimer(() => dialled.open(), latencyMs);
      accepted.own(accept(accepted));
      accepted.open();
    }, latencyMs);
    return dialled;
  }

  async listen(endpoint: Endpoint, accept: Accept): Promise<NetworkListener> {
    const port = endpoint.port === 0 ? this.#ephemeral() : endpoint.port;
    if (this.#listeners.has(port)) throw new Error(`listen EADDRINUSE ${endpoint.host}:${port}`);
    this.#listeners.set(port, accept);
    return {
      endpoint: { host: endpoint.host, port },
      close: async (): Promise<void> => {
        if (this.#listeners.get(port) === accept) this.#listeners.delete(port);
      },
    };
  }

  cut(port?: number): void {
    for (const link of [...this.links]) {
      if (port === undefined || link.port === port) link.reset();
    }
  }

  freeze(port?: number): void {
    for (const link of this.links) {
      if (port === undefined || link.port === port) link.frozen = true;
    }
  }

  unfreeze(port?: number): void {
    for (const link of [...this.links]) {
      if (port === undefined || link.port === port) link.thaw();
    }
  }

  #ephemeral(): number {
    for (let tries = 0; tries < portCount - firstEphemeralPort; tries++) {
      const port = this.#nextPort++;
      if (this.#nextPort === portCount) this.#nextPort = firstEphemeralPort;
      if (!this.#listeners.has(port)) return port;
    }
    throw new Error("listen EADDRINUSE: no free port");
  }
}

/** One connection: two halves that share their fate. */
class Link {
  readonly hub: Hub;
  readonly port: number;
  readonly halves: Half[] = [];
  frozen = false;

  constructor(hub: Hub, port: number) {
    this.hub = hub;
    this.port = port;
  }

  reset(): void {
    for (const half of this.halves) half.finish(new Error("read ECONNRESET"));
  }

  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    if (this.halves.some((half) => half.closed)) this.reset();
    for (const half of this.halves) half.deliver();
  }
}

const endMark = Symbol("end");

/** One end of a connection. What it writes waits in the far end's inbox until it is due and wanted there. */
class Half implements ByteStream {
  readonly remoteAddress: string;
  closed = false;
  readonly #link: Link;
  #far: Half | undefined;
  #events: StreamEvents | undefined;
  #opened = false;
  #paused = false;
  #ended = false;
  #blocked = false;
  /** Arrived or arriving here: bytes or the far end's orderly end, each with its due time. */
  #inbox: { readonly item: Uint8Array | typeof endMark; readonly dueMs: number }[] = [];
  /** Items at the front of the inbox that are handed over already. */
  #taken = 0;
  /** Bytes that this end has written and the far end has not taken yet. */
  #unsentBytes = 0;
  #delivering = false;

  constructor(link: Link, remoteAddress: string) {
    this.#link = link;
    this.remoteAddress = remoteAddress;
    link.halves.push(this);
  }

  join(far: Half): void {
    this.#far = far;
  }

  own(events: StreamEvents): void {
    this.#events = events;
  }

  open(): void {
    if (this.closed || this.#opened) return;
    this.#opened = true;
    this.#events?.open();
    this.deliver();
  }

  write(chunk: Uint8Array): boolean {
    if (this.closed || this.#ended || this.#far === undefined) return false;
    const { clock, latencyMs, maxChunkBytes, sendBufferBytes } = this.#link.hub.settings;
    const dueMs = clock.nowMs() + latencyMs;
    for (let at = 0; at < chunk.length; at += maxChunkBytes) {
      // A copy, since the two ends share this process: neither may see what the other does to its bytes.
      this.#far.#inbox.push({ item: chunk.slice(at, at + maxChunkBytes), dueMs });
    }
    this.#unsentBytes += chunk.length;
    const far = this.#far;
    clock.setTimer(() => far.deliver(), latencyMs);
    this.#blocked ||= this.#unsentBytes >= sendBufferBytes;
    return !this.#blocked;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#link.hub.settings.clock.setTimer(() => this.deliver(), 0);
  }

  end(): void {
    if (this.closed || this.#ended) return;
    this.#ended = true;
    const far = this.#far;
    const { clock, latencyMs } = this.#link.hub.settings;
    if (far !== undefined) far.#inbox.push({ item: endMark, dueMs: clock.nowMs() + latencyMs });
    clock.setTimer(() => (far === undefined || !this.#opened ? this.finish() : far.deliver()), latencyMs);
  }

  destroy(fault?: Error): void {
    if (this.closed) return;
    const { clock, latencyMs } = this.#link.hub.settings;
    const events = this.#shut();
    clock.setTimer(() => events?.close(fault), 0);
    const far = this.#far;
    if (far === undefined || !this.#link.hub.links.has(this.#link)) return;
    clock.setTimer(() => {
      if (!this.#link.frozen) far.finish(new Error("read ECONNRESET"));
    }, latencyMs);
  }

  /** Ends this half now and tells its owner; only from a turn of the network's own. */
  finish(fault?: Error): void {
    if (this.closed) return;
    this.#shut()?.close(fault);
  }

  /** Hands over what is due, unless paused or frozen. */
  deliver(): void {
    if (this.#delivering || !this.#opened) return;
    this.#delivering = true;
    try {
      const { clock } = this.#link.hub.settings;
      const nowMs = clock.nowMs();
      while (!this.closed && !this.#paused && !this.#link.frozen) {
        const next = this.#inbox[this.#taken];
        if (next === undefined) return;
        if (next.dueMs > nowMs) {
          // A machine's timer may fire a little early; the item's own timer has then passed.
          if (next.dueMs - nowMs < 2) clock.setTimer(() => this.deliver(), next.dueMs - nowMs);
          return;
        }
        this.#taken++;
        if (this.#taken >= 64 && this.#taken * 2 >= this.#inbox.length) {
          this.#inbox.splice(0, this.#taken);
          this.#taken = 0;
        }
        const far = this.#far;
        if (next.item === endMark) {
          this.finish();
          far?.finish();
          return;
        }
        if (far !== undefined) far.#acknowledge(next.item.length);
        this.#events?.data(next.item);
      }
    } finally {
      this.#delivering = false;
    }
  }

  #acknowledge(bytes: number): void {
    this.#unsentBytes -= bytes;
    if (!this.#blocked || this.#unsentBytes > 0 || this.closed) return;
    this.#blocked = false;
    this.#link.hub.settings.clock.setTimer(() => {
      if (!this.closed) this.#events?.drain();
    }, 0);
  }

  #shut(): StreamEvents | undefined {
    this.closed = true;
    this.#inbox = [];
    this.#taken = 0;
    const events = this.#events;
    this.#events = undefined;
    if (this.#link.halves.every((half) => half.closed)) this.#link.hub.links.delete(this.#link);
    return events;
  }
}
