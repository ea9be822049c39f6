import { kindOf } from "../known-keys.ts";

/** One frame to send: bytes, or a text that is sent as UTF-8. */
export type Frame = Uint8Array | string;

/** A message to send: one frame, or several. */
export type Message = Frame | readonly Frame[];

/** The frames of a message. */
export function toFrames(message: Message): readonly Uint8Array[] {
  if (message instanceof Uint8Array) return [message];
  if (typeof message === "string") return [new TextEncoder().encode(message)];
  if (!Array.isArray(message)) {
    throw new TypeError(
      `Cannot send: a message is bytes, a text, or an array of these, and this is ${kindOf(message)}`,
    );
  }
  if (message.length === 0) throw new TypeError("Cannot send: a message has at least one frame");
  return message.map((frame: unknown) => {
    if (frame instanceof Uint8Array) return frame;
    if (typeof frame === "string") return new TextEncoder().encode(frame);
    throw new TypeError("Cannot send: a frame is neither bytes nor a text");
  });
}

/** The bytes of a topic's prefix. */
export function toBytes(prefix: Frame): Uint8Array {
  if (typeof prefix === "string") return new TextEncoder().encode(prefix);
  if (prefix instanceof Uint8Array) return prefix;
  throw new TypeError(`Cannot use the prefix: it is neither bytes nor a text, and this is ${kindOf(prefix)}`);
}
