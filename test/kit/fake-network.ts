import { decodeBody, encodeBody } from "../../src/protocol/v1/codec.ts";
import { toHex } from "../../src/protocol/v1/signing.ts";
import type { Clock } from "../../src/transport/clock.ts";
import type {
  Channel,
  ChannelEvents,
  ChannelFault,
  ClientChannel,
  ConnectOptions,
  Transport,
  TransportListener,
} from "../../src/transport/transport.ts";
import { testKeys } from "./fake-records.ts";

/** A connection of the connector, as the fake agent sees it. */
export interface FakeConnection {
  readonly id: number;
  readonly channel: Channel;
  readonly events: ChannelEvents;
  readonly topics: string[];
  state: "opening" | "up" | "down";
}

/** What the network asks and tells the fake agent. */
export interface FakeNetworkEvents {
  /** A fault for a connection that is being made; undefined lets it up. */
  refuse(channel: Channel): ChannelFault | undefined;
  /** Whether a message on `events` is to be lost. */
  lose(topic: string, body: Readonly<Record<string, unknown>>): boolean;
  received(connection: FakeConnection, frames: readonly Uint8Array[]): void;
}

const latencyMs = 1;
const decoder = new TextDecoder();

/** A transport whose far end is the fake agent: messages arrive after a while, connections can be refused and cut. */
export class FakeNetwork {
  readonly #clock: Clock;
  readonly #events: FakeNetworkEvents;
  readonly transport: Transport;
  /** Channels that take a message and then no further one, until `drain`. */
  readonly full: Set<Channel> = new Set();
  /** Channels that take no message, as one that is going down. */
  readonly closing: Set<Channel> = new Set();
  #connections: FakeConnection[] = [];
  #serial = 0;

  constructor(clock: Clock, events: FakeNetworkEvents) {
    this.#clock = clock;
    this.#events = events;
    this.transport = {
      name: "fake",
      connect: (channel, options, channelEvents): ClientChannel =>
        this.#connect(channel, options, channelEvents),
      listen: (): Promise<TransportListener> => Promise.reject(new Error("Cannot listen: this is the agent")),
    };
  }

  /** Connections that are not down. */
  get openConnections(): number {
    return this.#connections.length;
  }

  /** Breaks the connections of a channel, or all. */
  cut(channel?: Channel, fault: ChannelFault = { code: "lost", message: "the connection broke" }): void {
    for (const connection of [...this.#connections]) {
      if (channel === undefined || connection.channel === channel) this.#down(connection, fault);
    }
  }

  /** A channel takes messages again. */
  drain(channel: Channel): void {
    this.full.delete(channel);
    for (const connection of this.#on(channel)) connection.events.writable();
  }

  /** Sends any bytes to the connector, as a broken or hostile agent could. */
  inject(channel: Channel, frames: Uint8Array[]): void {
    for (const connection of this.#on(channel)) this.deliver(connection, frames);
  }

  /** Sends a message to who has subscribed its topic. */
  publish(topicText: string, topic: Uint8Array, body: object, bulk?: Uint8Array): void {
    const bytes = encodeBody(body);
    const prefix = `${topicText}\0`;
    for (const connection of this.#connections) {
      if (connection.channel !== "events" || connection.state !== "up") continue;
      if (!connection.topics.some((wanted) => prefix.startsWith(wanted))) continue;
      if (this.#events.lose(topicText, decodeBody(bytes))) continue;
      const frames = bulk === undefined ? [topic, bytes] : [topic, bytes, bulk];
      this.deliver(connection, frames);
    }
  }

  /** Sends a message on a connection. */
  deliver(connection: FakeConnection, frames: Uint8Array[]): void {
    this.#clock.setTimer(() => {
      if (connection.state === "up") connection.events.message(frames);
    }, latencyMs);
  }

  #connect(channel: Channel, options: ConnectOptions, events: ChannelEvents): ClientChannel {
    const topics: string[] = [];
    const connection: FakeConnection = { id: ++this.#serial, channel, events, topics, state: "opening" };
    this.#connections.push(connection);
    this.#clock.setTimer(() => {
      if (connection.state !== "opening") return;
      const fault = this.#events.refuse(channel);
      if (fault !== undefined) {
        this.#down(connection, fault);
        return;
      }
      if (toHex(options.serverPublicKey) !== toHex(testKeys.serverPublic)) {
        this.#down(connection, { code: "authentication", message: "the server's key is another" });
        return;
      }
      connection.state = "up";
      events.up();
    }, latencyMs);
    return {
      channel,
      send: (frames): boolean => {
        if (connection.state !== "up" || this.closing.has(channel)) {
          throw new Error("Cannot send: the channel is not up");
        }
        const copies = frames.map((frame) => frame.slice());
        this.#clock.setTimer(() => this.#arrived(connection, copies), latencyMs);
        return !this.full.has(channel);
      },
      subscribe: (prefix): void => void topics.push(decoder.decode(prefix)),
      unsubscribe: (prefix): void => {
        const at = topics.indexOf(decoder.decode(prefix));
        if (at >= 0) topics.splice(at, 1);
      },
      close: (): Promise<void> => {
        this.#down(connection, { code: "closed", message: "closed by this side" });
        return Promise.resolve();
      },
    };
  }

  #down(connection: FakeConnection, fault: ChannelFault): void {
    if (connection.state === "down") return;
    connection.state = "down";
    this.#connections = this.#connections.filter((other) => other !== connection);
    this.#clock.setTimer(() => connection.events.down(fault), 0);
  }

  #on(channel: Channel): FakeConnection[] {
    return this.#connections.filter((one) => one.channel === channel && one.state === "up");
  }

  #arrived(connection: FakeConnection, frames: readonly Uint8Array[]): void {
    if (connection.state === "up") this.#events.received(connection, frames);
  }
}
