/** Where things stand in the module's memory. Two regions, so that a box is never overwritten before it is checked. */
export const Layout = {
  /** Salsa20's 16 input words: constant, subkey, nonce, counter. */
  INPUT: 0,
  /** The computed tag. */
  TAG: 64,
  /** The last, incomplete block of a message, padded. */
  TAIL: 80,
  /** Poly1305's r (5 limbs), h (5 limbs), as 64-bit words. */
  POLY_R: 96,
  POLY_H: 136,
  /** The first 256 bytes of key stream: 32 for Poly1305's key, then the message's. */
  FIRST: 256,
  /** 256 zero bytes, never written. */
  ZEROS: 512,
  /** Plain text stands at PLAIN + 32, so that it meets its key stream at the same offset. */
  PLAIN: 1024,
  /**
   * Cipher text stands at CIPHER + 32 and its tag at CIPHER + 16. The distance from PLAIN is no multiple of 4096,
   * so that reads of one region do not wait for writes to the other.
   */
  CIPHER: 133_120,
  /** 64 KiB each; they hold both regions. */
  PAGES: 5,
  /** The longest message, or part of one, that a region holds; a multiple of 256. */
  CAPACITY: 131_072,
} as const;
