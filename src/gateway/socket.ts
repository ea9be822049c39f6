import { toHex } from "../security/mac.ts";
import {
  type Authenticator,
  type Context,
  Router as RouterSocket,
  SocketError,
  type SocketEvent,
} from "../zmtp/mod.ts";
import type { AddressFilter } from "./allow-list.ts";
import type { GatewayLog } from "./gateway-log.ts";
import { maxConnections, maxFrames, maxMessageBytes } from "./limits.ts";

/** A message of one client. */
export interface GatewayMessage {
  /** The connection, for as long as it stands. */
  readonly peer: string;
  readonly frames: readonly Uint8Array[];
}

/** What the server needs of a socket: messages in, a reply to each out, to whoever is still there. */
export interface GatewaySocket extends AsyncIterable<GatewayMessage> {
  /** False when the client is gone or does not read its replies. */
  reply(peer: string, frames: readonly Uint8Array[]): Promise<boolean>;
  /** Ends the loop over messages and gives replies `lingerMs` to leave. */
  close(lingerMs: number): Promise<void>;
}

/** How the gateway listens. */
export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Addresses that may connect; undefined: all. */
  readonly allow?: AddressFilter | undefined;
  /** Encryption with the server's secret key; only the clients whose public keys are listed may connect. */
  readonly curve?: { readonly secretKey: Uint8Array; readonly clients: readonly Uint8Array[] } | undefined;
  readonly log: GatewayLog;
}

/** A ROUTER socket for the gateway: every REQ and DEALER client has its own way, so none waits for another. */
export async function listenRouter(
  context: Context,
  options: ListenOptions,
): Promise<{ readonly socket: GatewaySocket; readonly endpoint: string }> {
  const { allow, curve } = options;
  const clients = new Set(curve?.clients.map(toHex));
  const authenticate: Authenticator = (request) => {
    if (allow !== undefined && !allow(request.address)) return false;
    return request.mechanism !== "CURVE" || clients.has(toHex(request.publicKey));
  };
  const router = new RouterSocket(context, {
    mandatory: true,
    // A client that restarts with its fixed identity must not be locked out by its own dead connection.
    handover: true,
    maxMessageBytes,
    maxFrames,
    maxConnections,
    heartbeat: { intervalMs: 30_000, timeoutMs: 30_000 },
    monitor: (event) => report(event, options.log),
    security:
      curve === undefined
        ? { mechanism: "NULL", authenticate }
        : { mechanism: "CURVE", role: "server", secretKey: curve.secretKey, authenticate },
  });
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  let endpoint: string;
  try {
    endpoint = await router.bind(`tcp://${host}:${options.port}`);
  } catch (error) {
    await router.close({ lingerMs: 0 });
    throw error;
  }
  return { socket: new RouterGatewaySocket(router), endpoint };
}

class RouterGatewaySocket implements GatewaySocket {
  readonly #router: RouterSocket;

  constructor(router: RouterSocket) {
    this.#router = router;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<GatewayMessage> {
    for await (const [identity, ...frames] of this.#router) {
      if (identity !== undefined) yield { peer: toHex(identity), frames };
    }
  }

  async reply(peer: string, frames: readonly Uint8Array[]): Promise<boolean> {
    try {
      await this.#router.send([fromPeer(peer), ...frames]);
      return true;
    } catch (error) {
      if (error instanceof SocketError) return false;
      throw error;
    }
  }

  close(lingerMs: number): Promise<void> {
    return this.#router.close({ lingerMs });
  }
}

function fromPeer(peer: string): Uint8Array {
  return Uint8Array.from({ length: peer.length / 2 }, (_, index) =>
    Number.parseInt(peer.slice(index * 2, index * 2 + 2), 16),
  );
}

function report(event: SocketEvent, log: GatewayLog): void {
  if (event.type === "connected") log.debug("A client connected", { address: event.address });
  else if (event.type === "disconnected") {
    log.debug("A client disconnected", { address: event.address, reason: event.fault.code });
  } else if (event.type === "handshake-failed") {
    log.warning("A client was not let in", { address: event.address, reason: event.fault.message });
  }
}
