import { x25519 } from "@noble/curves/ed25519.js";
import type { Role } from "../../protocol/v1/messages.ts";
import { createSigner, type Signer, toHex } from "../../protocol/v1/signing.ts";
import type { AgentOptions } from "./agent-options.ts";
import { RateLimit } from "./rate-limit.ts";

/** A client as the agent knows it. */
export interface Client {
  readonly publicKey: Uint8Array;
  /** The public key in hex: the client's name on the wire and in the journal. */
  readonly key: string;
  /** The most that its sessions may be. */
  readonly role: Role;
  readonly commandSigner: Signer;
  readonly syncSigner: Signer;
  readonly requests: RateLimit;
  readonly commands: RateLimit;
}

/** The clients that the agent admits, by public key in hex. */
export function listClients(
  options: Pick<AgentOptions, "clients" | "serverSecretKey" | "hmac" | "sharedSecret">,
  rates: { readonly requestsPerSecond: number; readonly commandsPerSecond: number },
): ReadonlyMap<string, Client> {
  const serverPublicKey = x25519.getPublicKey(options.serverSecretKey);
  const clients = new Map<string, Client>();
  for (const { publicKey, role } of options.clients) {
    if (publicKey.length !== 32)
      throw new TypeError("Cannot admit a client: its public key must be 32 bytes");
    const key = toHex(publicKey);
    if (clients.has(key)) throw new TypeError(`Cannot admit a client: ${key} is listed twice`);
    const common = {
      secretKey: options.serverSecretKey,
      clientPublicKey: publicKey.slice(),
      serverPublicKey,
      side: "server" as const,
      ...(options.hmac === undefined ? {} : { hmac: options.hmac }),
      ...(options.sharedSecret === undefined ? {} : { sharedSecret: options.sharedSecret }),
    };
    clients.set(key, {
      publicKey: common.clientPublicKey,
      key,
      role: role ?? "trade",
      commandSigner: createSigner({ ...common, channel: "command" }),
      syncSigner: createSigner({ ...common, channel: "sync" }),
      requests: new RateLimit(rates.requestsPerSecond),
      commands: new RateLimit(rates.commandsPerSecond),
    });
  }
  return clients;
}
