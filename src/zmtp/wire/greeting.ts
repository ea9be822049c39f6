import { ZmtpFault } from "../fault.ts";
import { greetingBytes } from "../limits.ts";
import { ascii, printable } from "./bytes.ts";

/** What a greeting announces. */
export interface Greeting {
  /** 1 or more speaks ZMTP 3.1, 0 speaks 3.0. */
  readonly minor: number;
  readonly mechanism: string;
  readonly asServer: boolean;
}

const signatureEnd = 9;
const majorAt = 10;
const minorAt = 11;
const mechanismAt = 12;
const mechanismEnd = 32;
const asServerAt = 32;

/** The 64 octets with which this side opens a connection, as a ZMTP 3.1 peer. */
export function encodeGreeting(mechanism: string, asServer: boolean): Uint8Array {
  const greeting = new Uint8Array(greetingBytes);
  greeting[0] = 0xff;
  greeting[signatureEnd] = 0x7f;
  greeting[majorAt] = 3;
  greeting[minorAt] = 1;
  greeting.set(ascii(mechanism), mechanismAt);
  greeting[asServerAt] = asServer ? 1 : 0;
  return greeting;
}

/** Collects a peer's greeting, and refuses one that this side cannot speak with as soon as it shows. */
export class GreetingReader {
  readonly #bytes = new Uint8Array(greetingBytes);
  #length = 0;

  /** Takes octets from `chunk` and returns how many; all later octets belong to the handshake. */
  take(chunk: Uint8Array): number {
    const taken = Math.min(chunk.length, greetingBytes - this.#length);
    this.#bytes.set(chunk.subarray(0, taken), this.#length);
    this.#length += taken;
    this.#check();
    return taken;
  }

  /** Whether anything has come. */
  get begun(): boolean {
    return this.#length > 0;
  }

  /** The greeting, once all of it is there. */
  get greeting(): Greeting | undefined {
    if (this.#length < greetingBytes) return undefined;
    let end = mechanismAt;
    while (end < mechanismEnd && this.#bytes[end] !== 0) end++;
    for (let at = end; at < mechanismEnd; at++) {
      // The name ends at the first zero; anything behind it would be a name that no two readers agree on.
      if (this.#bytes[at] !== 0)
        throw new ZmtpFault("not-zmtp", "The greeting's mechanism is not null padded");
    }
    return {
      minor: (this.#bytes[majorAt] as number) > 3 ? 1 : (this.#bytes[minorAt] as number),
      mechanism: printable(this.#bytes.subarray(mechanismAt, end)),
      asServer: this.#bytes[asServerAt] === 1,
    };
  }

  #check(): void {
    const bytes = this.#bytes;
    if (this.#length > 0 && bytes[0] !== 0xff) {
      // A peer of ZMTP 1.0 begins with its identity's frame: a length that counts the flags, which are 0.
      if (bytes[0] !== 0 && this.#length === 1) return;
      if (bytes[0] !== 0 && bytes[1] === 0) throw versionOne();
      throw new ZmtpFault("not-zmtp", "The peer does not speak ZMTP: its first octet is no greeting's");
    }
    // RFC 37, "Detecting ZMTP 1.0 and 2.0 Peers": a clear lowest bit is the flags field of a 1.0 identity frame.
    if (this.#length > signatureEnd && ((bytes[signatureEnd] as number) & 1) === 0) {
      throw versionOne();
    }
    if (this.#length > majorAt && (bytes[majorAt] as number) < 3) {
      throw new ZmtpFault("version-unsupported", "The peer speaks ZMTP 2.0; 3.0 or later is needed");
    }
  }
}

function versionOne(): ZmtpFault {
  return new ZmtpFault("version-unsupported", "The peer speaks ZMTP 1.0; 3.0 or later is needed");
}
