import { x25519 } from "@noble/curves/ed25519.js";
import { isZero, KeyAgreementError, requireLength } from "./checks.ts";
import { nobleSecretBox } from "./noble-box.ts";
import { randomBytes } from "./random.ts";
import type { Crypto, KeyAgreement, KeyPair } from "./types.ts";

// Apart from the box, since the curve's tables take 7 MiB of memory as soon as they are imported.

/** X25519 on `@noble/curves`: neutral, and the oracle for faster ones. */
export const nobleKeyAgreement: KeyAgreement = {
  generateKeyPair(): KeyPair {
    const secretKey = randomBytes(32);
    return { publicKey: x25519.getPublicKey(secretKey), secretKey };
  },
  publicKey(secretKey: Uint8Array): Uint8Array {
    requireLength("secretKey", secretKey, 32);
    return x25519.getPublicKey(secretKey);
  },
  sharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
    requireLength("secretKey", secretKey, 32);
    requireLength("publicKey", publicKey, 32);
    let secret: Uint8Array;
    try {
      secret = x25519.scalarMult(secretKey, publicKey);
    } catch (cause) {
      // Both lengths are right, so noble's one remaining objection is the all-zero result.
      throw new KeyAgreementError({ cause });
    }
    if (isZero(secret)) throw new KeyAgreementError();
    return secret;
  },
};

/** All of it on noble, for any runtime with `globalThis.crypto`. */
export const nobleCrypto: Crypto = {
  keyAgreement: nobleKeyAgreement,
  secretBox: nobleSecretBox,
  randomBytes,
};
