import type { Clock } from "../../transport/clock.ts";
import type {
  Channel,
  ChannelEvents,
  ClientChannel,
  ConnectOptions,
  Transport,
} from "../../transport/transport.ts";
import { type FaultHandle, type FaultOptions, FaultSet } from "./fault.ts";
import type { Direction } from "./link-rule.ts";

/** What a rule does to a message. */
export type MessageAction =
  | { readonly kind: "drop" }
  | { readonly kind: "duplicate" }
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Held back until the next message of the same direction and channel has passed. */
  | { readonly kind: "swap" }
  /** Passes; for counting, and for `onStrike`. */
  | { readonly kind: "pass" };

/** A disturbance of whole messages, above the engine. */
export interface MessageRule extends FaultOptions {
  readonly channel: Channel;
  /** As the connector sees it. */
  readonly direction: Direction;
  readonly action: MessageAction;
  /** Which messages; all if left out. Frames as on the wire. */
  readonly match?: (frames: readonly Uint8Array[]) => boolean;
}

/** A transport whose messages can be disturbed on the connector's side. */
export interface TransportFaults {
  /** The transport to give to the connector. */
  readonly transport: Transport;
  /** Adds a rule; the first rule that matches a message applies to it. */
  add(rule: MessageRule): FaultHandle;
}

type Frames = readonly Uint8Array[];

/** Wraps a transport so that messages can be dropped, duplicated, delayed and reordered. */
export function faultyTransport(inner: Transport, clock: Clock): TransportFaults {
  const rules = new FaultSet<MessageRule>();

  /** One direction of one channel: applies the rules and hands on. */
  function line(
    channel: Channel,
    direction: Direction,
    forward: (frames: Frames) => boolean,
  ): (frames: Frames) => boolean {
    const held: Frames[] = [];
    return (frames): boolean => {
      const { action } =
        rules.strike(
          (rule) =>
            rule.channel === channel && rule.direction === direction && (rule.match?.(frames) ?? true),
        ) ?? {};
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
    add: (rule) => rules.add(rule, rule),
  };
}
