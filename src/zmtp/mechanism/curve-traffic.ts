import type { TrafficBox } from "../crypto/types.ts";
import { ZmtpFault } from "../fault.ts";
import { writeUint64 } from "../wire/bytes.ts";
import { type FrameDecoder, flagCommand, flagMore } from "../wire/frame-decoder.ts";
import type { Output } from "../wire/output.ts";
import { type PeerNonce, shortNonceBytes, tagBytes } from "./curve-common.ts";
import type { Traffic } from "./traffic.ts";

// "\x07MESSAGE" in two words, as it stands at the beginning of every body.
const nameBytes = 8;
const boxAt: number = nameBytes + shortNonceBytes;
const flagsAt: number = boxAt + tagBytes;
const contentAt: number = flagsAt + 1;

/** Payload flag of a command. RFC 26 knows only MORE (1); libzmq carries ZMTP 3.1's commands with this one. */
const payloadCommand = 2;

/**
 * CURVE's MESSAGE (RFC 26). On the wire it is an ordinary message frame with flags 0, as libzmq sends it; the command
 * name, the nonce and the box are its body, and the real flags stand inside the box. A peer that sets COMMAND on the
 * outer frame, as the RFC's grammar has it, is understood too.
 */
export class CurveTraffic implements Traffic {
  readonly overheadBytes: number = contentAt;
  readonly #sealing: TrafficBox;
  readonly #opening: TrafficBox;
  readonly #peerNonce: PeerNonce;
  #nonce: number;

  /** `nonce` is the first that this side may use; `peerNonce` has seen those of the handshake. */
  constructor(sealing: TrafficBox, opening: TrafficBox, nonce: number, peerNonce: PeerNonce) {
    this.#sealing = sealing;
    this.#opening = opening;
    this.#nonce = nonce;
    this.#peerNonce = peerNonce;
  }

  /** Appends a MESSAGE, encrypted where it stands in the output. */
  encode(output: Output, flags: number, content: Uint8Array): void {
    const at = output.frame(0, contentAt + content.length);
    const buffer = output.buffer;
    buffer[at] = 0x07;
    buffer[at + 1] = 0x4d;
    buffer[at + 2] = 0x45;
    buffer[at + 3] = 0x53;
    buffer[at + 4] = 0x53;
    buffer[at + 5] = 0x41;
    buffer[at + 6] = 0x47;
    buffer[at + 7] = 0x45;
    // 2^53 messages take 285 years at a million a second, so the counter never repeats.
    writeUint64(buffer, at + nameBytes, this.#nonce++);
    buffer[at + flagsAt] = (flags & flagMore) | (flags & flagCommand ? payloadCommand : 0);
    buffer.set(content, at + contentAt);
    this.#sealing.seal(buffer, at + nameBytes, at + boxAt, 1 + content.length);
  }

  /** Checks and decrypts a MESSAGE where it stands. */
  decode(frame: FrameDecoder): void {
    const { buffer, start: at, end } = frame;
    if (
      end - at < nameBytes ||
      buffer[at] !== 0x07 ||
      buffer[at + 1] !== 0x4d ||
      buffer[at + 2] !== 0x45 ||
      buffer[at + 3] !== 0x53 ||
      buffer[at + 4] !== 0x53 ||
      buffer[at + 5] !== 0x41 ||
      buffer[at + 6] !== 0x47 ||
      buffer[at + 7] !== 0x45
    ) {
      throw new ZmtpFault("unexpected-command", "Only MESSAGE may follow the handshake");
    }
    if (end - at < contentAt)
      throw new ZmtpFault("malformed-message", `A MESSAGE has ${end - at} bytes only`);
    if (frame.flags & flagMore)
      throw new ZmtpFault("malformed-message", "A MESSAGE has flags outside its box");
    if (!this.#peerNonce.advance(buffer, at + nameBytes)) {
      throw new ZmtpFault(
        "nonce-not-increasing",
        "A MESSAGE does not increase the nonce: it may be a replay",
      );
    }
    if (!this.#opening.open(buffer, at + nameBytes, at + boxAt, end - at - boxAt)) {
      throw new ZmtpFault("undecipherable", "A MESSAGE is not authentic");
    }
    const flags = buffer[at + flagsAt] as number;
    if (flags > 2)
      throw new ZmtpFault("malformed-message", `A MESSAGE has reserved flags: 0x${flags.toString(16)}`);
    frame.flags = flags === payloadCommand ? flagCommand : flags;
    frame.start = at + contentAt;
  }
}
