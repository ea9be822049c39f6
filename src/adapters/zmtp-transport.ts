import type { Clock } from "../transport/clock.ts";
import type { Network } from "../transport/network.ts";
import type {
  Channel,
  ChannelEvents,
  ClientChannel,
  ConnectOptions,
  ListenerEvents,
  ListenOptions,
  Transport,
  TransportListener,
} from "../transport/transport.ts";
import { nextTurn } from "../transport/turn.ts";
import type { Crypto } from "../zmtp/crypto/types.ts";
import type { Environment } from "../zmtp/environment.ts";
import { openClientChannel } from "./zmtp-transport-client.ts";
import { openListener } from "./zmtp-transport-listener.ts";

/** What the transport is built from. */
export interface ZmtpTransportOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly crypto: Crypto;
}

/**
 * The transport over ZMTP 3.1 and CURVE: `command` is PUSH to PULL, `events` SUB to PUB, `sync` DEALER to ROUTER. The
 * agent's side binds and is the CURVE server.
 */
export function zmtpTransport({ network, clock, crypto }: ZmtpTransportOptions): Transport {
  const environment: Environment = { network, clock, nextTurn };
  return {
    name: "zmtp",
    connect: (channel: Channel, options: ConnectOptions, events: ChannelEvents): ClientChannel =>
      openClientChannel(environment, crypto, channel, options, events),
    listen: (options: ListenOptions, events: ListenerEvents): Promise<TransportListener> =>
      openListener(environment, crypto, options, events),
  };
}
