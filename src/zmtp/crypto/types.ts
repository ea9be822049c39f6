/** A Curve25519 key pair, 32 bytes each. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** X25519 (RFC 7748). */
export interface KeyAgreement {
  /** Makes a fresh key pair from the platform's secure randomness. */
  generateKeyPair(): KeyPair;
  /** The public key of a secret key. */
  publicKey(secretKey: Uint8Array): Uint8Array;
  /** The raw shared point, 32 bytes. Throws when it is all zero (a public key of low order). */
  sharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
}

/**
 * XSalsa20-Poly1305 under one key and one fixed 16-byte nonce prefix, as CURVE's traffic uses it: the remaining
 * 8 bytes of the nonce stand in the frame. Both calls work in place and allocate nothing per message.
 */
export interface TrafficBox {
  /**
   * Encrypts in place. The plaintext stands at `boxOffset + 16` and is `plainLength` long; afterwards the 16-byte tag
   * stands at `boxOffset` and the ciphertext behind it. The 8 nonce bytes are read at `nonceOffset` of the same buffer.
   */
  seal(buffer: Uint8Array, nonceOffset: number, boxOffset: number, plainLength: number): void;
  /**
   * Checks and decrypts in place. The box is `boxLength` long (tag included); on success the plaintext stands at
   * `boxOffset + 16`. On failure returns false and leaves the buffer as it was.
   */
  open(buffer: Uint8Array, nonceOffset: number, boxOffset: number, boxLength: number): boolean;
}

/** NaCl's crypto_box, split so that each part can be replaced by a faster one. */
export interface SecretBox {
  /** For logs and benches. */
  readonly name: string;
  /** The box key of a raw shared point: HSalsa20(shared, 0) (NaCl `beforenm`). */
  boxKey(sharedSecret: Uint8Array): Uint8Array;
  /** Tag and ciphertext of `plain` under a box key and a 24-byte nonce, in a new array. */
  seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array;
  /** The plaintext in a new array, or undefined when the box is not authentic. */
  open(key: Uint8Array, nonce: Uint8Array, boxed: Uint8Array): Uint8Array | undefined;
  /** A box for traffic under a box key and a 16-byte nonce prefix. */
  traffic(key: Uint8Array, noncePrefix: Uint8Array): TrafficBox;
}

/** All the cryptography that the engine needs. */
export interface Crypto {
  readonly keyAgreement: KeyAgreement;
  readonly secretBox: SecretBox;
  /** Secure random bytes. */
  randomBytes(length: number): Uint8Array;
}
