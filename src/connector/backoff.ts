/** Random bytes; injected, so that tests can replay. */
export type RandomBytes = (length: number) => Uint8Array;

/** A number in [0, 1) of 32 random bits. */
export function randomUnit(randomBytes: RandomBytes): number {
  const bytes = randomBytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 2 ** 32;
}

/** A name made of 16 random bytes, in 32 letters of hex. */
export function randomName(randomBytes: RandomBytes): string {
  let text = "";
  for (const byte of randomBytes(16)) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** How long to wait between attempts. */
export interface BackoffPolicy {
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly multiplier: number;
  /** Up to so much is added at random. */
  readonly jitterMs?: number;
}

/**
 * The wait before attempt `attempt` (1 is the first repetition): exponential, and between half and all of it at random,
 * so that a fleet that lost the same agent does not come back in one instant.
 */
export function backoffMs(policy: BackoffPolicy, attempt: number, randomBytes: RandomBytes): number {
  const full = Math.min(
    policy.maxDelayMs,
    policy.baseDelayMs * policy.multiplier ** Math.min(attempt - 1, 64),
  );
  const random = randomUnit(randomBytes);
  if (policy.jitterMs !== undefined) return full + random * policy.jitterMs;
  return full * (0.5 + random / 2);
}
