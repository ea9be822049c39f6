/** Two keys gave no secret: the other side's public key is a point of low order, so anyone could know the result. */
export class KeyAgreementError extends Error {
  override readonly name = "KeyAgreementError";

  constructor(options?: ErrorOptions) {
    super("Cannot agree on a secret: the public key is a point of low order", options);
  }
}

/** Throws a `RangeError` that names the argument unless `bytes` has the length. */
export function requireLength(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) {
    throw new RangeError(`Cannot use ${name}: expected ${length} bytes, got ${bytes.length}`);
  }
}

/** Whether all bytes are zero, in time that depends on the length alone. */
export function isZero(bytes: Uint8Array): boolean {
  let bits = 0;
  for (const byte of bytes) bits |= byte;
  return bits === 0;
}

/**
 * Throws a `RangeError` unless the nonce and the box lie within the buffer and the nonce outside the box.
 * A box over its own nonce could not be opened again.
 */
export function requireBoxInside(
  buffer: Uint8Array,
  nonceOffset: number,
  boxOffset: number,
  boxLength: number,
): void {
  const inside =
    isOffset(nonceOffset) &&
    isOffset(boxOffset) &&
    isOffset(boxLength) &&
    boxLength >= 16 &&
    nonceOffset + 8 <= buffer.length &&
    boxOffset + boxLength <= buffer.length &&
    (nonceOffset + 8 <= boxOffset || nonceOffset >= boxOffset + boxLength);
  if (!inside) {
    throw new RangeError(
      `Cannot use the box: nonce at ${nonceOffset}, box at ${boxOffset} of ${boxLength} bytes ` +
        `do not fit a buffer of ${buffer.length} bytes`,
    );
  }
}

/** Typed arrays would take fractions and NaN silently for something else. */
function isOffset(value: number): boolean {
  return value >= 0 && Number.isInteger(value);
}
