import type {
  Channel,
  ChannelEvents,
  ChannelFault,
  ClientChannel,
  ConnectOptions,
  ListenerEvents,
  ListenOptions,
  Peer,
  TransportListener,
} from "../../../src/transport/transport.ts";
import type { TransportSubject } from "./subject.ts";

/** Lets conditions be awaited: checked at once, and again whenever something has happened. */
class Condition {
  readonly #waiters = new Set<() => void>();

  changed(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = (): void => {
        if (!holds()) return;
        this.#waiters.delete(waiter);
        resolve();
      };
      this.#waiters.add(waiter);
    });
  }
}

/** A client's channel that writes down what it is told. */
export class ClientProbe implements ChannelEvents {
  /** `up`, `message`, `writable` and `down:<code>`, in order; messages without their number. */
  readonly log: string[] = [];
  readonly messages: Uint8Array[][] = [];
  fault: ChannelFault | undefined;
  readonly #subject: TransportSubject;
  readonly #condition = new Condition();
  #channel: ClientChannel | undefined;

  constructor(subject: TransportSubject) {
    this.#subject = subject;
  }

  open(channel: Channel, options: ConnectOptions): this {
    this.#channel = this.#subject.client.connect(channel, options, this);
    return this;
  }

  get channel(): ClientChannel {
    if (this.#channel === undefined) throw new Error("The channel is not open");
    return this.#channel;
  }

  up(): void {
    this.#note("up");
  }

  message(frames: Uint8Array[]): void {
    this.messages.push(frames);
    this.#note("message");
  }

  writable(): void {
    this.#note("writable");
  }

  down(fault: ChannelFault): void {
    this.fault = fault;
    this.#note(`down:${fault.code}`);
  }

  async untilUp(): Promise<this> {
    await this.until(() => this.log.length > 0);
    if (this.log[0] !== "up") throw new Error(`Not up but ${this.log[0]}: ${this.fault?.message}`);
    return this;
  }

  async untilDown(limitMs?: number): Promise<ChannelFault> {
    await this.until(() => this.fault !== undefined, limitMs);
    return this.fault as ChannelFault;
  }

  async untilMessages(count: number, limitMs?: number): Promise<readonly Uint8Array[][]> {
    await this.until(() => this.messages.length >= count, limitMs);
    return this.messages;
  }

  async until(holds: () => boolean, limitMs?: number): Promise<void> {
    await this.#subject.wait(this.#condition.until(holds), limitMs);
  }

  #note(entry: string): void {
    this.log.push(entry);
    this.#condition.changed();
  }
}

/** A failed handshake as the listener reported it. */
export interface FailedHandshake {
  readonly channel: Channel;
  readonly address: string;
  readonly fault: ChannelFault;
}

/** A listener that writes down what it is told. */
export class ListenerProbe implements ListenerEvents {
  readonly peers: Peer[] = [];
  readonly gone: { readonly peer: Peer; readonly fault: ChannelFault }[] = [];
  readonly failed: FailedHandshake[] = [];
  readonly messages: { readonly peer: Peer; readonly frames: Uint8Array[] }[] = [];
  readonly asked: { readonly key: Uint8Array; readonly address: string }[] = [];
  readonly publicKey: Uint8Array;
  readonly #subject: TransportSubject;
  readonly #secretKey: Uint8Array;
  readonly #condition = new Condition();
  #listener: TransportListener | undefined;

  constructor(subject: TransportSubject) {
    this.#subject = subject;
    const { publicKey, secretKey } = subject.newKeys();
    this.publicKey = publicKey;
    this.#secretKey = secretKey;
  }

  async open(options: Partial<ListenOptions> = {}): Promise<this> {
    const opening = this.#subject.server.listen(
      {
        host: "127.0.0.1",
        ports: { command: 0, events: 0, sync: 0 },
        serverSecretKey: this.#secretKey,
        ...options,
        authorize: (key, address): boolean => {
          this.asked.push({ key: key.slice(), address });
          return options.authorize?.(key, address) ?? true;
        },
      },
      this,
    );
    this.#listener = await this.#subject.wait(opening);
    return this;
  }

  get listener(): TransportListener {
    if (this.#listener === undefined) throw new Error("The listener is not open");
    return this.#listener;
  }

  peerUp(peer: Peer): void {
    this.peers.push(peer);
    this.#condition.changed();
  }

  peerDown(peer: Peer, fault: ChannelFault): void {
    this.gone.push({ peer, fault });
    this.#condition.changed();
  }

  handshakeFailed(channel: Channel, address: string, fault: ChannelFault): void {
    this.failed.push({ channel, address, fault });
    this.#condition.changed();
  }

  message(peer: Peer, frames: Uint8Array[]): void {
    this.messages.push({ peer, frames });
    this.#condition.changed();
  }

  async until(holds: () => boolean, limitMs?: number): Promise<void> {
    await this.#subject.wait(this.#condition.until(holds), limitMs);
  }

  async close(lingerMs?: number): Promise<void> {
    await this.#subject.wait(this.#listener?.close(lingerMs) ?? Promise.resolve());
  }
}

/** A listener, and clients that know it; all closed at the end. */
export class Scene {
  readonly subject: TransportSubject;
  readonly agent: ListenerProbe;
  readonly keys: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  readonly #clients: ClientProbe[] = [];

  private constructor(subject: TransportSubject) {
    this.subject = subject;
    this.agent = new ListenerProbe(subject);
    this.keys = subject.newKeys();
  }

  /** Opens a listener, runs the case with it, and closes everything that the case has opened. */
  static async play(
    subject: TransportSubject,
    options: Partial<ListenOptions>,
    run: (scene: Scene) => Promise<void>,
  ): Promise<void> {
    const scene = new Scene(subject);
    await scene.agent.open(options);
    try {
      await run(scene);
    } finally {
      for (const client of scene.#clients) await subject.wait(client.channel.close());
      await scene.agent.close();
    }
  }

  get listener(): TransportListener {
    return this.agent.listener;
  }

  /** Dials a channel with the right keys, unless told otherwise. */
  dial(channel: Channel, options: Partial<ConnectOptions> = {}): ClientProbe {
    const client = new ClientProbe(this.subject).open(channel, {
      host: "127.0.0.1",
      port: this.listener.ports[channel],
      serverPublicKey: this.agent.publicKey,
      clientSecretKey: this.keys.secretKey,
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  /** Dials, and waits until both sides know that the channel is up. */
  async up(channel: Channel, options: Partial<ConnectOptions> = {}): Promise<[ClientProbe, Peer]> {
    const before = this.agent.peers.length;
    const client = await this.dial(channel, options).untilUp();
    await this.agent.until(() => this.agent.peers.length > before);
    return [client, this.agent.peers[before] as Peer];
  }

  /** Publishes until every one of these clients has heard it, since a subscription takes its time to arrive. */
  async heard(topic: Uint8Array, ...clients: readonly ClientProbe[]): Promise<void> {
    const counts = clients.map((client) => client.messages.length);
    const heard = (): boolean => clients.every((client, at) => client.messages.length > (counts[at] ?? 0));
    while (!heard()) {
      this.listener.publish([topic]);
      await this.subject.pass(5);
    }
    // what is still on its way must not be taken for what the case publishes next
    await this.subject.pass(50);
    for (const client of clients) client.messages.length = 0;
  }
}

/** Text as bytes. */
export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
/** Frames as text. */
export const texts = (frames: readonly Uint8Array[]): string[] =>
  frames.map((frame) => new TextDecoder().decode(frame));
/** Bytes that differ from place to place. */
export function pattern(length: number, start = 0): Uint8Array {
  const result = new Uint8Array(length);
  for (let at = 0; at < length; at++) result[at] = (at * 31 + start + (at >> 8)) & 0xff;
  return result;
}
/** Whether two byte strings are the same. */
export const same = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && a.length === b.length && a.every((value, at) => value === b[at]);
