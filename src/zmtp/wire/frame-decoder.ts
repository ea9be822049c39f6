import { ZmtpFault } from "../fault.ts";
import { readUint32 } from "./bytes.ts";

/** Frame flag: more frames of this message follow. */
export const flagMore = 1;
/** Frame flag: the size has eight octets. */
export const flagLong = 2;
/** Frame flag: a command. */
export const flagCommand = 4;

const nothing = new Uint8Array(0);
const maxHeaderBytes = 9;
/** Room made for a frame that spans chunks before more of it has arrived. */
const firstPartialBytes = 131_072;

/**
 * Cuts a byte stream into frames (RFC 37, "Framing") without copying: `next` moves to the next frame, which then lies
 * between `start` and `end` of `buffer`. Only a frame that spans chunks is put together in an array of its own.
 * A frame above the caps is refused by its header; within them, room grows with what has really arrived.
 */
export class FrameDecoder {
  /** The current frame's `flagMore` and `flagCommand`. */
  flags = 0;
  /** The array that the current frame's body lies in. */
  buffer: Uint8Array = nothing;
  /** Where the body begins. */
  start = 0;
  /** Where the body ends. */
  end = 0;
  /** Largest body taken of a message frame. */
  maxMessageBody: number;
  /** Largest body taken of a command frame. */
  maxCommandBody: number;

  #chunk: Uint8Array = nothing;
  #at = 0;
  /** A frame that spans chunks, header included; `#have` octets of `#wanted` are there. */
  #partial: Uint8Array = nothing;
  #have = 0;
  /** Octets of that whole frame, 0 while its header is not complete. */
  #wanted = 0;

  /** The caps can be changed between frames. */
  constructor(maxMessageBody: number, maxCommandBody: number) {
    this.maxMessageBody = maxMessageBody;
    this.maxCommandBody = maxCommandBody;
  }

  /** Takes the next bytes. Only when `next` has returned false. */
  feed(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** Whether bytes wait behind the current frame. */
  get pending(): boolean {
    return this.#have > 0 || this.#at < this.#chunk.length;
  }

  /** Moves to the next frame; false when it is not complete yet. */
  next(): boolean {
    if (this.#have > 0) return this.#nextFromPartial();
    const chunk = this.#chunk;
    const at = this.#at;
    const left = chunk.length - at;
    if (left === 0) return this.#exhausted();
    const header = headerBytes(chunk[at] as number);
    if (left < header) return this.#keep(maxHeaderBytes);
    const size = this.#bodySize(chunk, at);
    if (left < header + size) {
      this.#wanted = header + size;
      return this.#keep(Math.min(this.#wanted, Math.max(firstPartialBytes, 2 * left)));
    }
    this.#stand(chunk, at, header, size);
    this.#at = this.end;
    return true;
  }

  #stand(buffer: Uint8Array, at: number, header: number, size: number): void {
    this.flags = (buffer[at] as number) & (flagMore | flagCommand);
    this.buffer = buffer;
    this.start = at + header;
    this.end = at + header + size;
  }

  /** Lets go of the chunk: a quiet connection would otherwise hold on to the last one that it received. */
  #exhausted(): false {
    this.buffer = nothing;
    this.#chunk = nothing;
    this.#at = 0;
    return false;
  }

  /** Puts the rest of the chunk, an incomplete frame, into an array of `capacity` octets. */
  #keep(capacity: number): false {
    checkFlags(this.#chunk[this.#at] as number);
    this.#partial = new Uint8Array(capacity);
    this.#fill(capacity);
    return this.#exhausted();
  }

  /** Copies from the chunk until the partial frame has `length` octets or the chunk ends. */
  #fill(length: number): void {
    const more = this.#chunk.subarray(this.#at, this.#at + length - this.#have);
    this.#partial.set(more, this.#have);
    this.#have += more.length;
    this.#at += more.length;
  }

  #nextFromPartial(): boolean {
    if (this.#wanted === 0) {
      const header = headerBytes(this.#partial[0] as number);
      this.#fill(header);
      if (this.#have < header) return this.#exhausted();
      this.#wanted = header + this.#bodySize(this.#partial, 0);
    }
    while (this.#have < this.#wanted && this.#at < this.#chunk.length) {
      if (this.#have === this.#partial.length) this.#grow();
      this.#fill(Math.min(this.#wanted, this.#partial.length));
    }
    if (this.#have < this.#wanted) return this.#exhausted();
    const header = headerBytes(this.#partial[0] as number);
    this.#stand(this.#partial, 0, header, this.#wanted - header);
    this.#partial = nothing;
    this.#have = 0;
    this.#wanted = 0;
    return true;
  }

  /** Grows with what has arrived, not with what was announced. */
  #grow(): void {
    const larger = new Uint8Array(Math.min(this.#wanted, Math.max(firstPartialBytes, 2 * this.#have)));
    larger.set(this.#partial.subarray(0, this.#have));
    this.#partial = larger;
  }

  #bodySize(bytes: Uint8Array, at: number): number {
    const flags = bytes[at] as number;
    checkFlags(flags);
    const size =
      flags & flagLong
        ? readUint32(bytes, at + 1) * 0x1_0000_0000 + readUint32(bytes, at + 5)
        : (bytes[at + 1] as number);
    const cap = flags & flagCommand ? this.maxCommandBody : this.maxMessageBody;
    if (size > cap) {
      throw new ZmtpFault(
        "message-too-large",
        `The peer announces a frame of ${size} bytes; ${cap} are taken`,
      );
    }
    return size;
  }
}

function checkFlags(flags: number): void {
  if (flags > 7)
    throw new ZmtpFault("malformed-frame", `Reserved frame flags are set: 0x${flags.toString(16)}`);
  if ((flags & (flagCommand | flagMore)) === (flagCommand | flagMore)) {
    throw new ZmtpFault("malformed-frame", "A command frame announces more frames");
  }
}

function headerBytes(flags: number): number {
  return flags & flagLong ? maxHeaderBytes : 2;
}
