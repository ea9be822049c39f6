import { createHmac } from "node:crypto";
import { nodeKeyAgreement } from "../../../src/adapters/node-crypto.ts";
import { Prng } from "../../../src/simulator/market/prng.ts";
import { fastSecretBox } from "../../../src/zmtp/crypto/secret-box.ts";
import type { Crypto, KeyPair } from "../../../src/zmtp/crypto/types.ts";

/** Random bytes that are the same for the same seed. */
export function seededBytes(seed: string): (length: number) => Uint8Array {
  const random = new Prng(seed);
  return (length) => Uint8Array.from({ length }, () => random.uint32() >>> 24);
}

/** The real cryptography with keys, nonces and cookies from a seed: for proofs that a run repeats, and nothing else. */
export function seededCrypto(seed: string): Crypto {
  const randomBytes = seededBytes(seed);
  return {
    randomBytes,
    secretBox: fastSecretBox,
    keyAgreement: {
      generateKeyPair(): KeyPair {
        const secretKey = randomBytes(32);
        return { secretKey, publicKey: nodeKeyAgreement.publicKey(secretKey) };
      },
      publicKey: (secretKey) => nodeKeyAgreement.publicKey(secretKey),
      sharedSecret: (secretKey, publicKey) => nodeKeyAgreement.sharedSecret(secretKey, publicKey),
    },
  };
}

/** HMAC-SHA256 of the machine, for speed. */
export function nodeHmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(message).digest());
}
