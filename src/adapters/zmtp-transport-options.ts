import type { ConnectOptions, ListenOptions, PublishOptions } from "../transport/transport.ts";
import { checkKnownKeys, type KeysOf } from "../zmtp/known-keys.ts";

const connectKeys: KeysOf<ConnectOptions> = {
  host: true,
  port: true,
  serverPublicKey: true,
  clientSecretKey: true,
  handshakeTimeoutMs: true,
  heartbeatIntervalMs: true,
  heartbeatTimeoutMs: true,
};

const listenKeys: KeysOf<ListenOptions> = {
  host: true,
  ports: true,
  serverSecretKey: true,
  authorize: true,
  handshakeTimeoutMs: true,
  heartbeatIntervalMs: true,
  heartbeatTimeoutMs: true,
  maxMessageBytes: true,
  subscriberDropBytes: true,
  subscriberCapBytes: true,
  maxConnections: true,
  maxHandshakes: true,
  maxConnectionsPerClient: true,
};

const portKeys: KeysOf<ListenOptions["ports"]> = { command: true, events: true, sync: true };

const publishKeys: KeysOf<PublishOptions> = { droppable: true };

/** Throws a `TypeError` for an option of `connect` that there is not. */
export function checkConnect(options: ConnectOptions): void {
  checkKnownKeys("the options of connect", options, connectKeys);
}

/** Throws a `TypeError` for an option of `listen` that there is not. */
export function checkListen(options: ListenOptions): void {
  checkKnownKeys("the options of listen", options, listenKeys);
  checkKnownKeys("ports", options.ports, portKeys);
}

/** Throws a `TypeError` for an option of `publish` that there is not. */
export function checkPublish(options: PublishOptions | undefined): void {
  if (options !== undefined) checkKnownKeys("the options of publish", options, publishKeys);
}
