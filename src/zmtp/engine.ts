import { ZmtpFault } from "./fault.ts";
import { Handshake } from "./handshake.ts";
import { maxHandshakeCommandBytes, maxPingContextBytes, maxTrafficCommandBytes } from "./limits.ts";
import type { ProvenPeer, Security } from "./mechanism/mechanism.ts";
import type { Traffic } from "./mechanism/traffic.ts";
import { Peer, type PeerInfo } from "./peer.ts";
import type { SocketType } from "./socket-type.ts";
import { concat, writeUint32 } from "./wire/bytes.ts";
import { decodeCommand, decodeError, encodeCommand } from "./wire/command.ts";
import { FrameDecoder, flagCommand, flagMore } from "./wire/frame-decoder.ts";
import { Output } from "./wire/output.ts";

/** What an engine must know. */
export interface EngineOptions {
  readonly socketType: SocketType;
  readonly security: Security;
  /** The far end as `address:port`, for the authenticator. */
  readonly peerAddress: string;
  /** What REQ, DEALER and ROUTER announce as theirs. */
  readonly identity?: Uint8Array | undefined;
  /** Largest message taken, in bytes over all its frames. */
  readonly maxMessageBytes: number;
  /** Most frames taken in one message. */
  readonly maxFrames: number;
}

/** What comes out of an engine besides bytes. None is called after `failed`. */
export interface EngineEvents {
  /** A client has proven this key and the authenticator lets it in; the fault returned, if any, refuses it still. */
  admit?(publicKey: Uint8Array): ZmtpFault | undefined;
  /** The handshake is done. */
  ready(peer: PeerInfo): void;
  /** A whole message; its frames are views of chunks that were received, and are never written again. */
  message(frames: Uint8Array[]): void;
  /** The peer subscribes to a prefix, or cancels one subscription of it, by ZMTP 3.1's commands. */
  subscription(active: boolean, prefix: Uint8Array): void;
  /** The peer wants a PONG with this context, and is to be taken for dead after `ttlMs` of silence (0: never). */
  ping(ttlMs: number, context: Uint8Array): void;
  /** The connection cannot go on; bytes may still have been put out that tell the peer why. */
  failed(fault: ZmtpFault): void;
}

type State = "handshake" | "traffic" | "failed";

const subscribeMark = Uint8Array.of(1);
const cancelMark = Uint8Array.of(0);

/**
 * One ZMTP connection without any I/O: bytes go in by `receive`, bytes come out through the sink, everything else
 * through the events. Time is the owner's business.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #events: EngineEvents;
  readonly #output: Output;
  readonly #decoder = new FrameDecoder(maxHandshakeCommandBytes, maxHandshakeCommandBytes);
  #state: State = "handshake";
  /** Let go when it is done: connections are many, and live long. */
  #handshake: Handshake | undefined;
  #traffic: Traffic | undefined;
  #minor = 1;
  /** The message whose last frame has not come yet. */
  #frames: Uint8Array[] | undefined;
  #messageBytes = 0;

  /** `sink` takes the bytes to send, in chunks that are its own from then on. */
  constructor(options: EngineOptions, events: EngineEvents, sink: (chunk: Uint8Array) => void) {
    this.#options = options;
    this.#events = events;
    this.#output = new Output(sink);
    this.#handshake = new Handshake(options, this.#output, {
      established: (traffic, peer, minor): void => this.#established(traffic, peer, minor),
      failed: (error): void => this.#fail(error),
      admit: (publicKey) => this.#events.admit?.(publicKey),
    });
  }

  /** Puts out the greeting. Called once, when the connection carries bytes. */
  start(): void {
    this.#handshake?.start();
  }

  /** Hands what is pending to the sink. */
  flush(): void {
    this.#output.flush();
  }

  /** Takes bytes from the peer. The chunk is the engine's from then on: it is decrypted in place. */
  receive(chunk: Uint8Array): void {
    if (this.#state === "failed" || chunk.length === 0) return;
    const decoder = this.#decoder;
    try {
      let rest = chunk;
      if (this.#handshake?.greeted === false) {
        rest = this.#handshake.takeGreeting(chunk);
        if (this.#handshake?.greeted === false) return;
      }
      decoder.feed(rest);
      while (this.#state === "handshake" && decoder.next()) {
        this.#handshake?.takeFrame(decoder.flags, decoder.buffer.subarray(decoder.start, decoder.end));
      }
      while (this.#state === "traffic" && decoder.next()) this.#trafficFrame();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Stops for good, without an event: nothing more is taken or called. */
  stop(): void {
    this.#state = "failed";
    this.#frames = undefined;
    this.#handshake?.stop();
  }

  /** The fault of a connection that the peer ended in an orderly way. */
  hangUp(): ZmtpFault {
    return this.#handshake?.hangUp() ?? new ZmtpFault("closed-by-peer", "The peer closed the connection");
  }

  /** Appends a message. Only after `ready`. The frames are copied (CURVE: encrypted) before this returns. */
  send(frames: readonly Uint8Array[]): void {
    const traffic = this.#traffic as Traffic;
    const last = frames.length - 1;
    for (let i = 0; i < last; i++) traffic.encode(this.#output, flagMore, frames[i] as Uint8Array);
    traffic.encode(this.#output, 0, frames[last] as Uint8Array);
  }

  /** Appends a subscription, or the end of one, in the form that the peer's version has. Only after `ready`. */
  sendSubscription(active: boolean, prefix: Uint8Array): void {
    if (this.#minor > 0) this.#command(active ? "SUBSCRIBE" : "CANCEL", prefix);
    else this.send([concat(active ? subscribeMark : cancelMark, prefix)]);
  }

  /** Whether the peer knows PING; one of ZMTP 3.0 does not (RFC 23). */
  get peerKnowsPing(): boolean {
    return this.#minor > 0;
  }

  /** Appends a PING. A 3.0 peer does not know it, so it gets none and false is returned. */
  sendPing(ttlMs: number): boolean {
    if (!this.peerKnowsPing) return false;
    const ttl = new Uint8Array(4);
    // Upwards: a short TTL must not become 0, which is none.
    writeUint32(ttl, 0, Math.ceil(ttlMs / 100));
    this.#command("PING", ttl.subarray(2));
    return true;
  }

  /** Appends the PONG to a PING. */
  sendPong(context: Uint8Array): void {
    this.#command("PONG", context);
  }

  #command(name: string, data: Uint8Array): void {
    (this.#traffic as Traffic).encode(this.#output, flagCommand, encodeCommand(name, data));
  }

  #trafficFrame(): void {
    const decoder = this.#decoder;
    (this.#traffic as Traffic).decode(decoder);
    const content = decoder.buffer.subarray(decoder.start, decoder.end);
    if (decoder.flags & flagCommand) {
      this.#trafficCommand(content);
      return;
    }
    const bytes = this.#messageBytes + content.length;
    const { maxMessageBytes, maxFrames } = this.#options;
    if (bytes > maxMessageBytes) {
      throw new ZmtpFault("message-too-large", `A message has more than ${maxMessageBytes} bytes`);
    }
    const frames = this.#frames;
    if (decoder.flags & flagMore) {
      if (frames === undefined) this.#frames = [content];
      else if (frames.push(content) >= maxFrames) {
        throw new ZmtpFault("too-many-frames", `A message has more than ${maxFrames} frames`);
      }
      this.#setAllowance(bytes);
      return;
    }
    if (frames === undefined) {
      this.#events.message([content]);
      return;
    }
    frames.push(content);
    this.#frames = undefined;
    this.#setAllowance(0);
    this.#events.message(frames);
  }

  /** A frame may be as large as its message still may be, so that an oversized one is refused by its header. */
  #setAllowance(messageBytes: number): void {
    this.#messageBytes = messageBytes;
    const { overheadBytes } = this.#traffic as Traffic;
    const rest = this.#options.maxMessageBytes - messageBytes;
    // Encrypted commands cannot be told from messages before they are opened.
    this.#decoder.maxMessageBody =
      overheadBytes === 0 ? rest : Math.max(rest, maxTrafficCommandBytes) + overheadBytes;
    this.#decoder.maxCommandBody =
      overheadBytes === 0 ? maxTrafficCommandBytes : this.#decoder.maxMessageBody;
  }

  #trafficCommand(body: Uint8Array): void {
    if (body.length > maxTrafficCommandBytes)
      throw new ZmtpFault("message-too-large", "A command is too large");
    const { name, data } = decodeCommand(body, "malformed-command");
    if (name === "SUBSCRIBE" || name === "CANCEL") this.#events.subscription(name === "SUBSCRIBE", data);
    else if (name === "PING") {
      if (data.length < 2 || data.length > 2 + maxPingContextBytes) {
        throw new ZmtpFault("malformed-command", "A PING is malformed");
      }
      const tenths = ((data[0] as number) << 8) | (data[1] as number);
      this.#events.ping(tenths * 100, data.slice(2));
    }
    // RFC 37, "Error Handling": fatal, whenever it comes.
    else if (name === "ERROR") throw decodeError(data);
    // PONG needs no more than to have come. Commands that this side does not know are for peers that do.
  }

  #established(traffic: Traffic, peer: ProvenPeer, minor: number): void {
    this.#traffic = traffic;
    this.#minor = minor;
    this.#handshake = undefined;
    this.#state = "traffic";
    this.#setAllowance(0);
    const { socketType, peerAddress } = this.#options;
    this.#events.ready(new Peer(socketType, peerAddress, minor, peer));
  }

  #fail(error: unknown): void {
    if (!(error instanceof ZmtpFault)) throw error;
    if (this.#state === "failed") return;
    this.stop();
    this.#output.flush();
    this.#events.failed(error);
  }
}
