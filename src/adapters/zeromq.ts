/**
 * The connector's transport over native libzmq, for Node: the application installs the npm package `zeromq` 6, which is
 * loaded when the first channel is opened, and not by this import.
 *
 * @example
 * ```ts
 * import { MT5Connector } from "@trading-org/mt5-connector";
 * import { zeromqTransport } from "@trading-org/mt5-connector/zeromq";
 *
 * const connector = new MT5Connector(config, { transport: zeromqTransport() });
 * ```
 *
 * @module
 */
export type {
  Channel,
  ChannelEvents,
  ChannelFault,
  ChannelFaultCode,
  ClientChannel,
  ConnectOptions,
  ListenerEvents,
  ListenOptions,
  Peer,
  PublishOptions,
  Transport,
  TransportListener,
} from "../transport/transport.ts";
export { type ZeromqTransportOptions, zeromqTransport } from "./zeromq-transport.ts";
export type { ZeromqModule } from "./zeromq-transport-client.ts";
