import { toHex } from "../security/mac.ts";
import {
  type AuthenticationVerdict,
  type Authenticator,
  type Context,
  type PeerInfo,
  Router as RouterSocket,
  SocketError,
} from "../zmtp/mod.ts";
import { type AddressFilter, hostOf } from "./allow-list.ts";
import { ConnectionCount } from "./connection-count.ts";
import type { GatewayLog } from "./gateway-log.ts";
import { maxConnections, maxConnectionsPerAddress, maxFrames, maxMessageBytes } from "./limits.ts";

/** Who sent a message. */
export interface GatewayPeer {
  /** The connection's name: its ZeroMQ identity in hex. */
  readonly id: string;
  readonly identity: Uint8Array;
  /** `address:port` of the far end. */
  readonly address: string;
  /** The address alone. */
  readonly host: string;
  /** The key that a client over CURVE has proven to hold. */
  readonly publicKey: Uint8Array | undefined;
}

/** A message of one client. */
export interface GatewayMessage {
  readonly peer: GatewayPeer;
  readonly frames: readonly Uint8Array[];
}

/** What the server needs of a socket: messages in, a reply to each out, to whoever is still there. */
export interface GatewaySocket {
  /** The next message; undefined once the socket is closed. */
  receive(): Promise<GatewayMessage | undefined>;
  /** False when the client is gone or does not read its replies. */
  reply(peer: GatewayPeer, frames: readonly (Uint8Array | string)[]): Promise<boolean>;
  /** Takes no more messages and gives replies `lingerMs` to leave. */
  close(lingerMs: number): Promise<void>;
}

/** How the gateway listens. */
export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Addresses that may connect; undefined: all. */
  readonly allow?: AddressFilter | undefined;
  /** Connections at once from one address. */
  readonly connectionsPerAddress?: number | undefined;
  /** Encryption with the server's secret key; only the clients whose public keys are listed may connect. */
  readonly curve?: { readonly secretKey: Uint8Array; readonly clients: readonly Uint8Array[] } | undefined;
  readonly log: GatewayLog;
}

/** A refusal that does not keep the client from trying again. */
const notNow: AuthenticationVerdict = { status: 300 };

/** A ROUTER socket for the gateway: every REQ and DEALER client has its own way, so none waits for another. */
export async function listenRouter(
  context: Context,
  options: ListenOptions,
): Promise<{ readonly socket: GatewaySocket; readonly endpoint: string }> {
  const { allow, curve, connectionsPerAddress = maxConnectionsPerAddress } = options;
  const clients = new Set(curve?.clients.map(toHex));
  const connections = new ConnectionCount(context.clock, options.log);
  const authenticate: Authenticator = (request) => {
    if (allow !== undefined && !allow(request.address)) return false;
    if (connections.from(request.address) > connectionsPerAddress) return notNow;
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
    monitor: (event) => connections.note(event),
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
  /** By connection, so that most messages cost no more than a look-up. */
  readonly #peers: WeakMap<PeerInfo, GatewayPeer> = new WeakMap();

  constructor(router: RouterSocket) {
    this.#router = router;
  }

  async receive(): Promise<GatewayMessage | undefined> {
    try {
      const [identity = new Uint8Array(), ...frames] = await this.#router.receive();
      return { peer: this.#peer(identity), frames };
    } catch (error) {
      if (error instanceof SocketError && error.code === "closed") return undefined;
      throw error;
    }
  }

  async reply({ identity }: GatewayPeer, frames: readonly (Uint8Array | string)[]): Promise<boolean> {
    try {
      await this.#router.send([identity, ...frames]);
      return true;
    } catch (error) {
      if (error instanceof SocketError) return false;
      throw error;
    }
  }

  close(lingerMs: number): Promise<void> {
    return this.#router.close({ lingerMs });
  }

  #peer(identity: Uint8Array): GatewayPeer {
    const info = this.#router.peer(identity);
    const known = info === undefined ? undefined : this.#peers.get(info);
    if (known !== undefined) return known;
    const address = info?.address ?? "";
    const peer: GatewayPeer = {
      id: toHex(identity),
      identity,
      address,
      host: hostOf(address),
      publicKey: info?.publicKey,
    };
    if (info !== undefined) this.#peers.set(info, peer);
    return peer;
  }
}
