import { createRequire } from "node:module";
import type {
  Channel,
  ChannelEvents,
  ClientChannel,
  ConnectOptions,
  Transport,
  TransportListener,
} from "../transport/transport.ts";
import { z85Encode } from "../zmtp/crypto/encoding.ts";
import { nodeKeyAgreement } from "./node-crypto.ts";
import { openZeromqChannel, type ZeromqModule } from "./zeromq-transport-client.ts";

/** Where the native library runs, and how it is loaded; for tests. */
export interface ZeromqTransportOptions {
  /** The runtime's versions, as in `process.versions`. @default process.versions */
  readonly versions?: Readonly<Record<string, string | undefined>>;
  /** Loads the package. @default what `require("zeromq")` gives */
  readonly load?: () => Promise<ZeromqModule>;
}

/**
 * The transport over native libzmq, by the npm package `zeromq` 6, which the application installs. For Node only.
 *
 * It has the client's side alone. An agent's side must name the sender of every message, and the package gives a
 * message without its connection (libzmq knows it as `User-Id`, RFC 27, but the package does not pass it on); so
 * `listen` is refused. What the client's side cannot tell as finely as the transport over `zmtp`:
 * - a heartbeat that stays out is reported as `lost`, since libzmq reports both in the same way;
 * - a wrong server key is `authentication` if the server hangs up (libzmq), `protocol` if it says ERROR (ours): libzmq
 *   keeps the reason to itself unless it is a status of ZAP;
 * - an unknown host name is `unreachable` only after `handshakeTimeoutMs`;
 * - `close` returns while libzmq still flushes in the background; it does so within `lingerMs`.
 *
 * @throws Error under Bun and Deno, before the package is loaded.
 */
export function zeromqTransport(options: ZeromqTransportOptions = {}): Transport {
  refuseForeignRuntime(options.versions ?? process.versions);
  const load = options.load ?? loadZeromq;
  return {
    name: "zeromq",
    connect(channel: Channel, connectOptions: ConnectOptions, events: ChannelEvents): ClientChannel {
      const { clientSecretKey, serverPublicKey } = connectOptions;
      const keys = {
        curveServerKey: z85Encode(serverPublicKey),
        curveSecretKey: z85Encode(clientSecretKey),
        curvePublicKey: z85Encode(nodeKeyAgreement.publicKey(clientSecretKey.slice())),
      };
      return openZeromqChannel(load, channel, connectOptions, keys, events);
    },
    listen(): Promise<TransportListener> {
      return Promise.reject(
        new Error(
          "Cannot listen with the native zeromq transport: the package names no sender of a message. " +
            "Use the zmtp transport for the agent's side",
        ),
      );
    },
  };
}

function refuseForeignRuntime(versions: Readonly<Record<string, string | undefined>>): void {
  const remedy = "Use the zmtp transport, which needs no native code, or run under Node";
  if (versions["bun"] !== undefined) {
    throw new Error(
      "Cannot use the native zeromq transport under Bun: the first socket would abort the process " +
        `(unsupported uv function, oven-sh/bun#18546). ${remedy}`,
    );
  }
  if (versions["deno"] !== undefined) {
    throw new Error(
      `Cannot use the native zeromq transport under Deno: its sockets lose wake-ups and hang. ${remedy}`,
    );
  }
}

/** By `require`, so that no bundler and no publisher follows it: the package is the application's to install. */
async function loadZeromq(): Promise<ZeromqModule> {
  return createRequire(import.meta.url)("zeromq") as ZeromqModule;
}
