import type { FrameDecoder } from "../wire/frame-decoder.ts";
import type { Output } from "../wire/output.ts";

/** How frames travel after the handshake. */
export interface Traffic {
  /** Octets that a frame's body is longer on the wire than its content. */
  readonly overheadBytes: number;
  /** Appends one frame with `flagMore` or `flagCommand`. */
  encode(output: Output, flags: number, content: Uint8Array): void;
  /** Turns the frame that the decoder stands on into its content, in place: flags, start and end. */
  decode(frame: FrameDecoder): void;
}

/** Frames in clear: NULL and PLAIN. */
export class ClearTraffic implements Traffic {
  readonly overheadBytes = 0;

  /** Appends the frame as it is. */
  encode(output: Output, flags: number, content: Uint8Array): void {
    const at = output.frame(flags, content.length);
    output.buffer.set(content, at);
  }

  /** Leaves the frame as it is. */
  decode(_frame: FrameDecoder): void {
    // In clear, a frame's body is its content.
  }
}
