import type { Clock } from "../../transport/clock.ts";
import type { ByteStream, Endpoint, Network, StreamEvents } from "../../transport/network.ts";

/** A connection under the kit's control, from the dialling side. */
interface Link {
  readonly port: number;
  readonly inner: ByteStream;
  readonly events: StreamEvents;
  closed: boolean;
}

/** Which connections a fault is for: those dialled to this port, or all. */
export interface LinkFilter {
  readonly port?: number;
}

/** What can be done to the bytes between two sides. Applies to connections dialled through `network`. */
export interface NetworkFaults {
  /** The network to give to the side whose connections are to be disturbed. */
  readonly network: Network;
  /** Breaks connections at once, as a reset would. Returns how many. */
  cut(filter?: LinkFilter): number;
  /** Breaks the next matching connection after so many more bytes in one direction: in mid-frame if so chosen. */
  cutAfter(direction: "send" | "receive", bytes: number, filter?: LinkFilter): FaultHandle;
  /** Lets nothing through in either direction while it stands, without closing: a half-open connection. */
  halfOpen(filter?: LinkFilter): FaultHandle;
  /** Refuses new connections while it stands. */
  refuse(filter?: LinkFilter): FaultHandle;
  /** Delays every chunk in both directions while it stands; order is kept. */
  delay(delayMs: number, filter?: LinkFilter): FaultHandle;
  /** Changes one bit of the next chunk in this direction. */
  corrupt(direction: "send" | "receive", filter?: LinkFilter): FaultHandle;
  /** Connections open now. */
  open(filter?: LinkFilter): number;
}

/** A standing fault. */
export interface FaultHandle {
  /** How often it has struck. */
  readonly fired: number;
  /** Takes the fault back. */
  heal(): void;
}

type Kind = "cutAfter" | "halfOpen" | "refuse" | "delay" | "corrupt";

class Rule implements FaultHandle {
  fired = 0;
  readonly kind: Kind;
  readonly filter: LinkFilter;
  readonly direction: "send" | "receive" | undefined;
  amount: number;
  readonly #rules: Set<Rule>;

  constructor(rules: Set<Rule>, kind: Kind, filter: LinkFilter, direction?: "send" | "receive", amount = 0) {
    this.#rules = rules;
    this.kind = kind;
    this.filter = filter;
    this.direction = direction;
    this.amount = amount;
    rules.add(this);
  }

  heal(): void {
    this.#rules.delete(this);
  }
}

function matches(filter: LinkFilter, port: number): boolean {
  return filter.port === undefined || filter.port === port;
}

/** Wraps a network so that its connections can be cut, silenced, delayed and corrupted, in memory and over TCP alike. */
export function faultyNetwork(inner: Network, clock: Clock): NetworkFaults {
  const rules = new Set<Rule>();
  const links = new Set<Link>();

  function find(kind: Kind, port: number, direction?: "send" | "receive"): Rule | undefined {
    for (const rule of rules) {
      if (rule.kind !== kind || !matches(rule.filter, port)) continue;
      if (rule.direction === undefined || rule.direction === direction) return rule;
    }
    return undefined;
  }

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

  /** Runs a chunk through the standing faults, then hands on what is left of it. */
  function pass(
    link: Link,
    direction: "send" | "receive",
    chunk: Uint8Array,
    forward: (chunk: Uint8Array) => void,
  ): void {
    const silence = find("halfOpen", link.port);
    if (silence !== undefined) {
      silence.fired++;
      return;
    }
    const corruption = find("corrupt", link.port, direction);
    if (corruption !== undefined && chunk.length > 0) {
      corruption.fired++;
      corruption.heal();
      const at = chunk.length >> 1;
      chunk[at] = (chunk[at] ?? 0) ^ 1;
    }
    const limit = find("cutAfter", link.port, direction);
    if (limit !== undefined) {
      if (chunk.length >= limit.amount) {
        limit.fired++;
        limit.heal();
        if (limit.amount > 0) forward(chunk.subarray(0, limit.amount));
        // What was forwarded still arrives: the far side sees half a frame, then the end.
        link.inner.end();
        clock.setTimer(() => breakLink(link), 1);
        return;
      }
      limit.amount -= chunk.length;
    }
    forward(chunk);
  }

  /** Keeps the order of one direction while delays come and go. */
  function delayLine(link: Link): (run: () => void) => void {
    let busyUntilMs = 0;
    return (run): void => {
      const rule = find("delay", link.port);
      const dueMs = Math.max(busyUntilMs, rule === undefined ? 0 : clock.nowMs() + rule.amount);
      if (dueMs <= clock.nowMs()) {
        run();
        return;
      }
      if (rule !== undefined) rule.fired++;
      busyUntilMs = dueMs;
      clock.setTimer(run, dueMs - clock.nowMs());
    };
  }

  function connect(endpoint: Endpoint, events: StreamEvents): ByteStream {
    const refusal = find("refuse", endpoint.port);
    if (refusal !== undefined) {
      refusal.fired++;
      const refused = new Error("Connection refused by the fault kit");
      clock.setTimer(() => events.close(refused), 0);
      return deadStream(`${endpoint.host}:${endpoint.port}`);
    }
    let inward: (run: () => void) => void = (run) => run();
    const stream = inner.connect(endpoint, {
      open: (): void => {
        if (!link.closed) events.open();
      },
      data: (chunk): void =>
        inward(() => {
          if (link.closed) return;
          pass(link, "receive", chunk, (rest) => events.data(rest));
        }),
      drain: (): void => {
        if (!link.closed) events.drain();
      },
      close: (fault): void => inward(() => finish(link, fault)),
    });
    const link: Link = { port: endpoint.port, inner: stream, events, closed: false };
    links.add(link);
    inward = delayLine(link);
    const outward = delayLine(link);
    return {
      remoteAddress: stream.remoteAddress,
      write(chunk): boolean {
        let room = true;
        outward(() => {
          if (!link.closed) pass(link, "send", chunk, (rest) => (room = stream.write(rest)));
        });
        return room;
      },
      pause: (): void => stream.pause(),
      resume: (): void => stream.resume(),
      end: (): void => outward(() => stream.end()),
      destroy: (fault): void => stream.destroy(fault),
    };
  }

  return {
    network: { connect, listen: (endpoint, accept) => inner.listen(endpoint, accept) },
    cut(filter = {}): number {
      const hit = [...links].filter((link) => matches(filter, link.port));
      for (const link of hit) breakLink(link);
      return hit.length;
    },
    cutAfter: (direction, bytes, filter = {}) => new Rule(rules, "cutAfter", filter, direction, bytes),
    halfOpen: (filter = {}) => new Rule(rules, "halfOpen", filter),
    refuse: (filter = {}) => new Rule(rules, "refuse", filter),
    delay: (delayMs, filter = {}) => new Rule(rules, "delay", filter, undefined, delayMs),
    corrupt: (direction, filter = {}) => new Rule(rules, "corrupt", filter, direction),
    open: (filter = {}) => [...links].filter((link) => matches(filter, link.port)).length,
  };
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
