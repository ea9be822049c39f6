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
import { checkKnownKeys, type KeysOf } from "../zmtp/known-keys.ts";
import { openClientChannel } from "./zmtp-transport-client.ts";
import { openListener } from "./zmtp-transport-listener.ts";

/** What the transport is built from. */
export interface ZmtpTransportOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly crypto: Crypto;
}

const keys: KeysOf<ZmtpTransportOptions> = { network: true, clock: true, crypto: true };

/**
 * The transport over ZMTP 3.1 and CURVE: `command` is PUSH to PULL, `events` SUB to PUB, `sync` DEALER to ROUTER. The
 * agent's side binds and is the CURVE server.
 */
export function zmtpTransport(options: ZmtpTransportOptions): Transport {
  checkKnownKeys("the options of zmtpTransport", options, keys);
  const { network, clock, crypto } = options;
  const environment: Environment = { network, clock, nextTurn };
  return {
    name: "zmtp",
    connect: (channel: Channel, connect: ConnectOptions, events: ChannelEvents): ClientChannel =>
      openClientChannel(environment, crypto, channel, connect, events),
    listen: (listen: ListenOptions, events: ListenerEvents): Promise<TransportListener> =>
      openListener(environment, crypto, listen, events),
  };
}
