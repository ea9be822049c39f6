/** Web Crypto refuses to fill more than this at once. */
const MAX_BYTES_AT_ONCE = 65_536;

/** Secure random bytes from the platform (`globalThis.crypto`: Node, Bun, Deno). */
export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let offset = 0; offset < length; offset += MAX_BYTES_AT_ONCE) {
    globalThis.crypto.getRandomValues(bytes.subarray(offset, offset + MAX_BYTES_AT_ONCE));
  }
  return bytes;
}
