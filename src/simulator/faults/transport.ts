import type { Clock } from "../../transport/clock.ts";
import type {
  Channel,
  ChannelEvents,
  ClientChannel,
  ConnectOptions,
  Transport,
} from "../../transport/transport.ts";

/** What a rule does to a message. */
export type MessageAction =
  | { readonly kind: "drop" }
  | { readonly kind: "duplicate" }
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Held back until the next message of the same direction and channel has passed. */
  | { readonly kind: "swap" };

/** A disturbance of whole messages, above the engine. */
export interface MessageRule {
  readonly channel: Channel;
  /** As the connector sees it. */
  readonly direction: "send" | "receive";
  readonly action: MessageAction;
  /** Which messages; all if left out. Frames as on the wire. */
  readonly match?: (frames: readonly Uint8Array[]) => boolean;
  /** How often; without end if left out. */
  readonly times?: number;
}

/** A rule that stands. */
export interface StandingRule {
  /** How often it has struck. */
  readonly fired: number;
  /** Takes the rule back. */
  heal(): void;
}

/** A transport whose messages can be disturbed on the connector's side. */
export interface TransportFaults {
  /** The transport to give to the connector. */
  readonly transport: Transport;
  /** Adds a rule; the first rule that matches a message applies to it. */
  add(rule: MessageRule): StandingRule;
}

interface Standing {
  readonly rule: MessageRule;
  fired: number;
}

/** Wraps a transport so that messages can be dropped, duplicated, delayed and reordered. */
export function faultyTransport(inner: Transport, clock: Clock): TransportFaults {
  const rules = new Set<Standing>();

  function strike(
    channel: Channel,
    direction: "send" | "receive",
    frames: readonly Uint8Array[],
  ): MessageAction | undefined {
    for (const standing of rules) {
      const { rule } = standing;
      if (rule.channel !== channel || rule.direction !== direction) continue;
      if (rule.match !== undefined && !rule.match(frames)) continue;
      standing.fired++;
      if (rule.times !== undefined && standing.fired >= rule.times) rules.delete(standing);
      return rule.action;
    }
    return undefined;
  }

  /** One direction of one channel: applies the rules and hands on. */
  function line(
    channel: Channel,
    direction: "send" | "receive",
    forward: (frames: readonly Uint8Array[]) => boolean,
  ): (frames: readonly Uint8Array[]) => boolean {
    const held: (readonly Uint8Array[])[] = [];
    return (frames): boolean => {
      const action = strike(channel, direction, frames);
      if (action?.kind === "drop") return true;
      if (action?.kind === "swap") {
        held.push(frames);
        return true;
      }
      if (action?.kind === "delay") {
        clock.setTimer(() => forward(frames), action.delayMs);
        return true;
      }
      let room = forward(frames);
      if (action?.kind === "duplicate") room = forward(frames);
      for (const late of held.splice(0)) room = forward(late);
      return room;
    };
  }

  function connect(channel: Channel, options: ConnectOptions, events: ChannelEvents): ClientChannel {
    let open = false;
    const receive = line(channel, "receive", (frames) => {
      if (open) events.message([...frames]);
      return true;
    });
    const client = inner.connect(channel, options, {
      up: (): void => {
        open = true;
        events.up();
      },
      message: (frames): void => {
        receive(frames);
      },
      writable: (): void => events.writable(),
      down: (fault): void => {
        open = false;
        events.down(fault);
      },
    });
    const send = line(channel, "send", (frames) => (open ? client.send(frames) : true));
    return {
      channel,
      send: (frames): boolean => (open ? send(frames) : client.send(frames)),
      subscribe: (prefix): void => client.subscribe(prefix),
      unsubscribe: (prefix): void => client.unsubscribe(prefix),
      close: (lingerMs): Promise<void> => client.close(lingerMs),
    };
  }

  return {
    transport: {
      name: `faulty ${inner.name}`,
      connect,
      listen: (options, events) => inner.listen(options, events),
    },
    add(rule): StandingRule {
      const standing: Standing = { rule, fired: 0 };
      rules.add(standing);
      return {
        get fired(): number {
          return standing.fired;
        },
        heal: (): void => {
          rules.delete(standing);
        },
      };
    },
  };
}
