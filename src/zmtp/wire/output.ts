import { firstOutputSlabBytes, outputSlabBytes } from "../limits.ts";
import { writeUint64 } from "./bytes.ts";
import { flagLong } from "./frame-decoder.ts";

const nothing = new Uint8Array(0);

/**
 * Packs small frames into large chunks. Bytes handed to the sink are never changed afterwards: later frames go behind
 * them in the same slab, so that a quiet connection needs no slab of its own for every message.
 */
export class Output {
  /** The array that the last reservation lies in. */
  buffer: Uint8Array = nothing;
  #start = 0;
  #end = 0;
  #slabBytes = firstOutputSlabBytes;
  readonly #sink: (chunk: Uint8Array) => void;

  /** `sink` is called with each chunk, from `reserve` when a slab is full and from `flush`. */
  constructor(sink: (chunk: Uint8Array) => void) {
    this.#sink = sink;
  }

  /** Bytes that `flush` would hand over. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** Makes room for `bytes` octets in `buffer` and returns where they begin. They must be written at once. */
  reserve(bytes: number): number {
    if (this.#end + bytes > this.buffer.length) {
      const spilled = this.#end > this.#start;
      this.flush();
      // A slab that one turn could not fill stays small; one that ran over within a turn was too small.
      if (spilled && this.#slabBytes < outputSlabBytes)
        this.#slabBytes = Math.min(outputSlabBytes, this.#slabBytes * 4);
      this.buffer = new Uint8Array(Math.max(bytes, this.#slabBytes));
      this.#start = 0;
      this.#end = 0;
    }
    const at = this.#end;
    this.#end += bytes;
    return at;
  }

  /** Appends a frame's header and returns where its `size` octets of body begin. */
  frame(flags: number, size: number): number {
    if (size < 256) {
      const at = this.reserve(2 + size);
      this.buffer[at] = flags;
      this.buffer[at + 1] = size;
      return at + 2;
    }
    const at = this.reserve(9 + size);
    this.buffer[at] = flags | flagLong;
    writeUint64(this.buffer, at + 1, size);
    return at + 9;
  }

  /** Hands over a chunk as it is, behind everything that was appended before. */
  pass(chunk: Uint8Array): void {
    this.flush();
    if (chunk.length > 0) this.#sink(chunk);
  }

  /** Hands over what is pending. */
  flush(): void {
    if (this.#end === this.#start) return;
    const chunk = this.buffer.subarray(this.#start, this.#end);
    this.#start = this.#end;
    this.#sink(chunk);
  }
}
