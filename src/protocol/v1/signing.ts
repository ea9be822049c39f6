import { x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { limits } from "./limits.ts";

const encoder = new TextEncoder();

/** Channels on which requests are signed. */
export type SignedChannel = "command" | "sync";

/** Signs and checks the bodies of one client on one channel. */
export interface Signer {
  /** HMAC-SHA256 over the body, 32 bytes. */
  sign(body: Uint8Array): Uint8Array;
  /** Whether `mac` is the body's, compared in constant time. */
  verify(body: Uint8Array, mac: Uint8Array): boolean;
}

/** HMAC-SHA256 as the runtime does it best; `nobleHmac` where nothing else is given. */
export type Hmac = (key: Uint8Array, message: Uint8Array) => Uint8Array;

/** HMAC-SHA256 of `@noble/hashes`. */
export const nobleHmac: Hmac = (key, message) => hmac(sha256, key, message);

/** Raw X25519; `nobleSharedSecret` where nothing else is given. */
export type SharedSecret = (secretKey: Uint8Array, publicKey: Uint8Array) => Uint8Array;

/** X25519 of `@noble/curves`. */
export const nobleSharedSecret: SharedSecret = (secretKey, publicKey) =>
  x25519.getSharedSecret(secretKey, publicKey);

/** What a MAC key is derived from (docs/protocol.md, section 3). */
export interface MacKeyInput {
  /** This side's permanent secret key. */
  readonly secretKey: Uint8Array;
  readonly clientPublicKey: Uint8Array;
  readonly serverPublicKey: Uint8Array;
  /** Which of the two public keys is the far side's. */
  readonly side: "client" | "server";
  readonly channel: SignedChannel;
  readonly sharedSecret?: SharedSecret;
  readonly hmac?: Hmac;
}

/** Derives the MAC key of one client and channel. */
export function deriveMacKey(input: MacKeyInput): Uint8Array {
  const agree = input.sharedSecret ?? nobleSharedSecret;
  const peer = input.side === "client" ? input.serverPublicKey : input.clientPublicKey;
  const label = encoder.encode("MT5C-MAC");
  const channel = encoder.encode(input.channel);
  const info = new Uint8Array(label.length + 1 + 64 + channel.length);
  info.set(label, 0);
  info[label.length] = limits.revision;
  info.set(input.clientPublicKey, label.length + 1);
  info.set(input.serverPublicKey, label.length + 33);
  info.set(channel, label.length + 65);
  return hkdf(sha256, agree(input.secretKey, peer), new Uint8Array(0), info, 32);
}

/** The signer of one client and channel. */
export function createSigner(input: MacKeyInput): Signer {
  const key = deriveMacKey(input);
  const mac = input.hmac ?? nobleHmac;
  return {
    sign: (body): Uint8Array => mac(key, body),
    verify(body, given): boolean {
      if (given.length !== 32) return false;
      const expected = mac(key, body);
      let difference = 0;
      for (let i = 0; i < 32; i++) difference |= (expected[i] ?? 0) ^ (given[i] ?? 0);
      return difference === 0;
    },
  };
}

/** The digest of an intent: SHA-256 over the UTF-8 bytes of its JSON text, hex. */
export function intentDigest(intent: string): string {
  return toHex(sha256(encoder.encode(intent)));
}

/** The tag of a command (docs/protocol.md, 6.1): `~` and ten characters of base64url. */
export function commandTag(clientPublicKey: Uint8Array, id: string): string {
  const hash = tagHash(clientPublicKey, id);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  let bits = 0n;
  for (let i = 0; i < 8; i++) bits = (bits << 8n) | BigInt(hash[i] ?? 0);
  let text = "~";
  for (let i = 0; i < 10; i++) text += alphabet[Number((bits >> BigInt(58 - 6 * i)) & 63n)];
  return text;
}

/** The magic of a command under `tag: "magic"`: the first 62 bits of the same hash, as a decimal string. */
export function commandMagic(clientPublicKey: Uint8Array, id: string): string {
  const hash = tagHash(clientPublicKey, id);
  let bits = 0n;
  for (let i = 0; i < 8; i++) bits = (bits << 8n) | BigInt(hash[i] ?? 0);
  return (bits >> 2n).toString();
}

function tagHash(clientPublicKey: Uint8Array, id: string): Uint8Array {
  const name = encoder.encode(id);
  const input = new Uint8Array(clientPublicKey.length + name.length);
  input.set(clientPublicKey, 0);
  input.set(name, clientPublicKey.length);
  return sha256(input);
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
