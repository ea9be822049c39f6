/** A message parted into the way back and the request. */
export interface Envelope {
  /** What the reply must begin with: the addresses of intermediaries and the delimiter, or nothing. */
  readonly address: readonly Uint8Array[];
  readonly body: readonly Uint8Array[];
}

/**
 * Parts a message as REP does (RFC 28): everything up to and with the first empty frame is the way back. A DEALER that
 * leaves the delimiter out is answered without one; REP would drop its request.
 */
export function openEnvelope(frames: readonly Uint8Array[]): Envelope {
  const delimiter = frames.findIndex((frame) => frame.length === 0);
  if (delimiter < 0) return { address: [], body: frames };
  return { address: frames.slice(0, delimiter + 1), body: frames.slice(delimiter + 1) };
}
