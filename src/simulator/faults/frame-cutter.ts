/** ZMTP 3: both sides begin with a greeting of this length (RFC 37, "greeting"). */
const greetingBytes = 64;
const longFlag = 0x02;

/** A piece of a stream that lies in one frame (or in the greeting). */
export interface Piece {
  readonly bytes: Uint8Array;
  /** The frame's first byte is the piece's first. */
  readonly begins: boolean;
  /** The frame's last byte is the piece's last. */
  readonly ends: boolean;
  /** Of the greeting, not of a frame. */
  readonly greeting: boolean;
}

/**
 * Finds the frames in one direction of a ZMTP 3 connection without understanding what is in them: CURVE hides the
 * content, not the lengths.
 */
export class FrameCutter {
  /** Bytes of the greeting or the frame's body still to come. */
  #left: number = greetingBytes;
  #greeting = true;
  #header: number[] = [];

  /** Cuts a chunk where frames end. The pieces are views of the chunk. */
  push(chunk: Uint8Array): Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    let begins = this.#greeting ? this.#left === greetingBytes : this.#header.length === 0;
    for (let at = 0; at < chunk.length; ) {
      at = this.#inBody ? this.#skipBody(chunk, at) : this.#readHeader(chunk, at);
      if (!this.#done) continue;
      pieces.push({ bytes: chunk.subarray(from, at), begins, ends: true, greeting: this.#greeting });
      this.#greeting = false;
      this.#header = [];
      from = at;
      begins = true;
    }
    if (from < chunk.length) {
      pieces.push({ bytes: chunk.subarray(from), begins, ends: false, greeting: this.#greeting });
    }
    return pieces;
  }

  get #inBody(): boolean {
    return this.#greeting || (this.#headerComplete && this.#left > 0);
  }

  get #headerComplete(): boolean {
    const [flags] = this.#header;
    return flags !== undefined && this.#header.length === ((flags & longFlag) === 0 ? 2 : 9);
  }

  get #done(): boolean {
    return this.#left === 0 && (this.#greeting || this.#headerComplete);
  }

  #skipBody(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#left, chunk.length - at);
    this.#left -= taken;
    return at + taken;
  }

  #readHeader(chunk: Uint8Array, at: number): number {
    this.#header.push(chunk[at] ?? 0);
    if (this.#headerComplete) {
      this.#left = this.#header.slice(1).reduce((length, byte) => length * 256 + byte, 0);
    }
    return at + 1;
  }
}
