import type { Clock } from "../../transport/clock.ts";
import type { ByteStream, Endpoint, Network, StreamEvents } from "../../transport/network.ts";
import { type FaultHandle, type FaultOptions, FaultSet } from "./fault.ts";
import { Line } from "./line.ts";
import { type Direction, type FrameAction, isFor, type LinkRule } from "./link-rule.ts";

/** Which connections a fault is for, and when it strikes. */
export interface LinkFilter extends FaultOptions {
  /** Those dialled to this port. @default all */
  readonly port?: number;
}

/** What can be done to the bytes between two sides. Applies to connections dialled through `network`. */
export interface NetworkFaults {
  /** The network to give to the side whose connections are to be disturbed. */
  readonly network: Network;
  /** Breaks connections at once, as a reset would. Returns how many. */
  cut(filter?: LinkFilter): number;
  /** Breaks the next matching connection after so many more bytes in one direction: in mid-frame if so chosen. */
  cutAfter(direction: Direction, bytes: number, filter?: LinkFilter): FaultHandle;
  /**
   * Breaks the next matching connection in the middle of a whole frame, which `skip` can choose: half of the frame
   * arrives. Greeting and handshake frames count like others.
   */
  cutInFrame(direction: Direction, filter?: LinkFilter): FaultHandle;
  /** Loses all bytes in both directions while it stands, without closing: a half-open connection. */
  halfOpen(filter?: LinkFilter): FaultHandle;
  /** Holds all bytes in both directions back while it stands; they arrive when it is healed. */
  stall(filter?: LinkFilter): FaultHandle;
  /** Refuses new connections while it stands. */
  refuse(filter?: LinkFilter): FaultHandle;
  /** Delays every chunk in both directions while it stands; order is kept. */
  delay(delayMs: number, filter?: LinkFilter): FaultHandle;
  /** Changes one bit of the next chunk in this direction. */
  corrupt(direction: Direction, filter?: LinkFilter): FaultHandle;
  /** Drops, doubles, delays or swaps whole ZMTP frames of one direction, encrypted as they are. */
  frames(action: FrameAction, direction: Direction, filter?: LinkFilter): FaultHandle;
  /** Connections open now. */
  open(filter?: LinkFilter): number;
}

interface Link {
  readonly port: number;
  readonly inner: ByteStream;
  readonly events: StreamEvents;
  readonly lines: readonly Line[];
  closed: boolean;
}

/** Wraps a network so that its connections can be cut, silenced, delayed and corrupted, in memory and over TCP alike. */
export function faultyNetwork(inner: Network, clock: Clock): NetworkFaults {
  const rules = new FaultSet<LinkRule>();
  const links = new Set<Link>();

  function finish(link: Link, fault?: Error): void {
    if (link.closed) return;
    link.closed = true;
    links.delete(link);
    link.events.close(fault);
  }

  function breakLink(link: Link): void {
    if (link.closed) return;
    const fault = new Error("Connection reset by the fault kit");
    link.inner.destroy(fault);
    clock.setTimer(() => finish(link, fault), 0);
  }

  function connect(endpoint: Endpoint, events: StreamEvents): ByteStream {
    const { port } = endpoint;
    const refusal = rules.strike((rule) => rule.kind === "refuse" && isFor(rule, port));
    if (refusal !== undefined) {
      const refused = new Error("Connection refused by the fault kit");
      clock.setTimer(() => events.close(refused), 0);
      return deadStream(`${endpoint.host}:${port}`);
    }
    const stream = inner.connect(endpoint, {
      open: (): void => {
        if (!link.closed) events.open();
      },
      data: (chunk): void => receive.push(chunk),
      drain: (): void => {
        if (!link.closed) events.drain();
      },
      close: (fault): void => receive.behind(() => finish(link, fault)),
    });
    let room = true;
    const common = { port, clock, rules, torn: (): void => tear(link) };
    const send = new Line({
      ...common,
      direction: "send",
      forward: (bytes): void => {
        if (!link.closed) room = stream.write(bytes);
      },
    });
    const receive = new Line({
      ...common,
      direction: "receive",
      forward: (bytes): void => {
        if (!link.closed) events.data(bytes);
      },
    });
    const link: Link = { port, inner: stream, events, lines: [send, receive], closed: false };
    links.add(link);
    return {
      remoteAddress: stream.remoteAddress,
      write(chunk): boolean {
        room = true;
        if (!link.closed) send.push(chunk);
        return room;
      },
      pause: (): void => stream.pause(),
      resume: (): void => stream.resume(),
      end: (): void => send.behind(() => stream.end()),
      destroy: (fault): void => stream.destroy(fault),
    };
  }

  /** What was forwarded still arrives: the far side sees half a frame, then the end. */
  function tear(link: Link): void {
    link.inner.end();
    clock.setTimer(() => breakLink(link), 1);
  }

  function matching(filter: LinkFilter): Link[] {
    return [...links].filter((link) => filter.port === undefined || filter.port === link.port);
  }

  const once = (filter: LinkFilter): FaultOptions => ({ times: 1, ...filter });
  return {
    network: { connect, listen: (endpoint, accept) => inner.listen(endpoint, accept) },
    cut(filter = {}): number {
      const hit = matching(filter);
      for (const link of hit) breakLink(link);
      return hit.length;
    },
    cutAfter: (direction, bytes, filter = {}) =>
      rules.add({ kind: "cutAfter", ...onPort(filter), direction, bytes }, once(filter)),
    cutInFrame: (direction, filter = {}) =>
      rules.add({ kind: "cutInFrame", ...onPort(filter), direction }, once(filter)),
    halfOpen: (filter = {}) => rules.add({ kind: "halfOpen", ...onPort(filter) }, filter),
    stall: (filter = {}) =>
      rules.add({ kind: "stall", ...onPort(filter) }, filter, () => {
        for (const link of matching(filter)) for (const line of link.lines) line.release();
      }),
    refuse: (filter = {}) => rules.add({ kind: "refuse", ...onPort(filter) }, filter),
    delay: (delayMs, filter = {}) => rules.add({ kind: "delay", ...onPort(filter), delayMs }, filter),
    corrupt: (direction, filter = {}) =>
      rules.add({ kind: "corrupt", ...onPort(filter), direction }, once(filter)),
    frames: (action, direction, filter = {}) =>
      rules.add({ kind: "frame", ...onPort(filter), direction, action }, filter),
    open: (filter = {}) => matching(filter).length,
  };
}

function onPort(filter: LinkFilter): { readonly port?: number } {
  return filter.port === undefined ? {} : { port: filter.port };
}

/** What a refused connect returns: nothing can be done with it, and nothing needs to be. */
function deadStream(remoteAddress: string): ByteStream {
  const nothing = (): void => undefined;
  return {
    remoteAddress,
    write: (): boolean => false,
    pause: nothing,
    resume: nothing,
    end: nothing,
    destroy: nothing,
  };
}
