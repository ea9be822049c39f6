import { x25519 } from "@noble/curves/ed25519.js";
import type { Clock } from "../../src/transport/clock.ts";
import type {
  Channel,
  ChannelEvents,
  ChannelFault,
  ClientChannel,
  ConnectOptions,
  ListenerEvents,
  ListenOptions,
  Peer,
  PublishOptions,
  Transport,
  TransportListener,
} from "../../src/transport/transport.ts";

interface Link {
  readonly peer: Peer;
  readonly events: ChannelEvents;
  readonly prefixes: Uint8Array[];
  up: boolean;
}

interface Bound {
  readonly options: ListenOptions;
  readonly events: ListenerEvents;
  readonly links: Set<Link>;
}

/** A transport of whole messages in memory, in the time of a clock. Everything arrives in a later turn, in order. */
export class FakeTransport implements Transport {
  readonly name = "fake";
  readonly clock: Clock;
  /** What was published, in order. */
  readonly published: { readonly frames: readonly Uint8Array[]; readonly droppable: boolean }[] = [];
  #bound: Map<number, Bound> = new Map();
  #nextPort = 20_000;
  #nextPeer = 1;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  listen(options: ListenOptions, events: ListenerEvents): Promise<TransportListener> {
    const ports = {
      command: options.ports.command || this.#nextPort++,
      events: options.ports.events || this.#nextPort++,
      sync: options.ports.sync || this.#nextPort++,
    };
    for (const port of Object.values(ports)) {
      if (this.#bound.has(port)) return Promise.reject(new Error(`Cannot listen: port ${port} is taken`));
    }
    const bound: Bound = { options, events, links: new Set() };
    for (const port of Object.values(ports)) this.#bound.set(port, bound);
    return Promise.resolve({
      ports,
      publish: (frames, publishOptions?: PublishOptions): void => {
        this.published.push({ frames, droppable: publishOptions?.droppable === true });
        const topic = frames[0] ?? new Uint8Array(0);
        for (const link of bound.links) {
          if (link.peer.channel !== "events" || !link.up) continue;
          if (link.prefixes.some((prefix) => startsWith(topic, prefix))) {
            this.#later(() => link.up && link.events.message(frames.map((frame) => frame.slice())));
          }
        }
      },
      reply: (peer, frames): boolean => {
        const link = [...bound.links].find((candidate) => candidate.peer.id === peer.id);
        if (link === undefined || !link.up) return false;
        this.#later(() => link.up && link.events.message(frames.map((frame) => frame.slice())));
        return true;
      },
      disconnect: (peer, reason): void => {
        for (const link of bound.links) {
          if (link.peer.id === peer.id) this.#cut(bound, link, { code: "lost", message: reason });
        }
      },
      close: (lingerMs = 0): Promise<void> => {
        for (const port of Object.values(ports)) this.#bound.delete(port);
        const cut = (): void => {
          for (const link of bound.links)
            this.#cut(bound, link, { code: "lost", message: "The agent is gone" });
        };
        // What was sent before is delivered first, if it may take its time.
        if (lingerMs > 0) this.#later(cut);
        else cut();
        return Promise.resolve();
      },
    });
  }

  connect(channel: Channel, options: ConnectOptions, events: ChannelEvents): ClientChannel {
    const clientPublicKey = x25519.getPublicKey(options.clientSecretKey);
    const id = `peer-${this.#nextPeer++}`;
    const peer: Peer = { id, channel, clientPublicKey, address: "fake:1" };
    const link: Link = { peer, events, prefixes: [], up: false };
    let bound: Bound | undefined;
    this.#later(() => {
      bound = this.#bound.get(options.port);
      if (bound === undefined) {
        events.down({ code: "unreachable", message: "Nobody listens" });
      } else if (!bound.options.authorize(clientPublicKey, peer.address)) {
        const fault: ChannelFault = { code: "authentication", message: "The key is not admitted" };
        bound.events.handshakeFailed(channel, peer.address, fault);
        events.down(fault);
      } else {
        link.up = true;
        bound.links.add(link);
        bound.events.peerUp(peer);
        events.up();
      }
    });
    return {
      channel,
      send: (frames): boolean => {
        if (!link.up || bound === undefined) throw new Error(`Cannot send on ${channel}: it is not up`);
        const listener = bound;
        this.#later(
          () =>
            link.up &&
            listener.events.message(
              peer,
              frames.map((frame) => frame.slice()),
            ),
        );
        return true;
      },
      subscribe: (prefix): void => {
        link.prefixes.push(prefix);
      },
      unsubscribe: (prefix): void => {
        const at = link.prefixes.findIndex((own) => startsWith(own, prefix) && own.length === prefix.length);
        if (at >= 0) link.prefixes.splice(at, 1);
      },
      close: (): Promise<void> => {
        if (bound !== undefined) this.#cut(bound, link, { code: "closed", message: "Closed" });
        return Promise.resolve();
      },
    };
  }

  #cut(bound: Bound, link: Link, fault: ChannelFault): void {
    if (!link.up) return;
    link.up = false;
    bound.links.delete(link);
    this.#later(() => {
      bound.events.peerDown(link.peer, fault);
      link.events.down(fault);
    });
  }

  #later(action: () => void): void {
    this.clock.setTimer(action, 0);
  }
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, i) => bytes[i] === byte);
}
