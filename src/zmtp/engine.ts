import { ZmtpFault } from "./fault.ts";
import { maxHandshakeCommandBytes, maxPingContextBytes, maxTrafficCommandBytes } from "./limits.ts";
import { createMechanism } from "./mechanism/create.ts";
import type {
  AuthenticationRequest,
  AuthenticationVerdict,
  Authenticator,
  Mechanism,
  MechanismHost,
  ProvenPeer,
  Security,
} from "./mechanism/mechanism.ts";
import type { Traffic } from "./mechanism/traffic.ts";
import { announcesIdentity, checkSocketType, type SocketType } from "./socket-type.ts";
import { ascii, concat, writeUint32 } from "./wire/bytes.ts";
import { decodeCommand, encodeCommand } from "./wire/command.ts";
import { FrameDecoder, flagCommand, flagMore } from "./wire/frame-decoder.ts";
import { encodeGreeting, type Greeting, GreetingReader } from "./wire/greeting.ts";
import { decodeMetadata, encodeMetadata, type Metadata } from "./wire/metadata.ts";
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

/** The far end, once the handshake is done. */
export interface PeerInfo {
  readonly socketType: SocketType;
  /** 1 or more speaks ZMTP 3.1, 0 speaks 3.0. */
  readonly minor: number;
  /** `address:port` of the far end. */
  readonly address: string;
  /** What the peer announced; empty when it did not. */
  readonly identity: Uint8Array;
  readonly metadata: Metadata;
  /** CURVE: the permanent key that the peer has proven to hold. */
  readonly publicKey?: Uint8Array;
  /** The user that the authenticator named. */
  readonly userId?: string;
}

/** What comes out of an engine besides bytes. None is called after `failed`. */
export interface EngineEvents {
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

type State = "greeting" | "handshake" | "traffic" | "failed";

const nothing = new Uint8Array(0);
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
  /** What only the handshake needs is let go when it is done: connections are many, and live long. */
  #greeting: GreetingReader | undefined = new GreetingReader();
  readonly #decoder = new FrameDecoder(maxHandshakeCommandBytes, maxHandshakeCommandBytes);
  #state: State = "greeting";
  #mechanism: Mechanism | undefined;
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
  }

  /** Puts out the greeting. Called once, when the connection carries bytes. */
  start(): void {
    const { security } = this.#options;
    this.#output.pass(encodeGreeting(security.mechanism, isServer(security)));
  }

  /** Bytes put out that `flush` would hand to the sink. */
  get pendingBytes(): number {
    return this.#output.pendingBytes;
  }

  /** Hands what is pending to the sink. */
  flush(): void {
    this.#output.flush();
  }

  /** Takes bytes from the peer. The chunk is the engine's from then on: it is decrypted in place. */
  receive(chunk: Uint8Array): void {
    if (this.#state === "failed" || chunk.length === 0) return;
    try {
      let rest = chunk;
      if (this.#state === "greeting") {
        const reader = this.#greeting as GreetingReader;
        rest = chunk.subarray(reader.take(chunk));
        const { greeting } = reader;
        if (greeting === undefined) return;
        this.#greeting = undefined;
        this.#greeted(greeting);
      }
      this.#decoder.feed(rest);
      while (this.#state === "handshake" && this.#decoder.next()) this.#handshakeFrame();
      while (this.#state === "traffic" && this.#decoder.next()) this.#trafficFrame();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Stops for good, without an event: nothing more is taken or called. */
  stop(): void {
    this.#state = "failed";
    this.#frames = undefined;
  }

  /** The fault of a connection that the peer ended in an orderly way. */
  hangUp(): ZmtpFault {
    if (this.#state === "traffic") return new ZmtpFault("closed-by-peer", "The peer closed the connection");
    if (this.#mechanism === undefined) {
      // libzmq hangs up on a foreign mechanism before its own greeting is whole; a full server sends nothing at all.
      if (this.#greeting?.begun !== true)
        return new ZmtpFault("closed-in-handshake", "The peer closed the connection at once");
      return new ZmtpFault(
        "closed-in-greeting",
        "The peer hung up on our greeting: it wants another mechanism",
      );
    }
    const code = this.#mechanism.hangUp;
    if (code === "closed-after-hello") {
      return new ZmtpFault(
        code,
        "The server hung up on HELLO: its key or credentials are not the expected ones",
      );
    }
    if (code === "closed-after-initiate")
      return new ZmtpFault(code, "The server hung up on INITIATE: it refuses us");
    return new ZmtpFault(code, "The peer closed the connection during the handshake");
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

  /** Appends a PING. A 3.0 peer does not know it (RFC 23), so it gets none and false is returned. */
  sendPing(ttlMs: number): boolean {
    if (this.#minor === 0) return false;
    const ttl = new Uint8Array(4);
    writeUint32(ttl, 0, Math.round(ttlMs / 100));
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

  #greeted(greeting: Greeting): void {
    const { security } = this.#options;
    if (greeting.mechanism !== security.mechanism) {
      throw new ZmtpFault(
        "mechanism-mismatch",
        `The peer wants the mechanism "${greeting.mechanism}", this side ${security.mechanism}`,
      );
    }
    // libzmq never sets the field, so only a peer that says "server" can be told from one that is silent.
    if (greeting.asServer && isServer(security)) {
      throw new ZmtpFault("role-mismatch", `Both sides are ${security.mechanism} servers`);
    }
    this.#minor = greeting.minor;
    this.#state = "handshake";
    this.#mechanism = createMechanism(this.#host(), security);
    this.#mechanism.start();
  }

  #handshakeFrame(): void {
    const { buffer, start, end, flags } = this.#decoder;
    if ((flags & flagCommand) === 0) {
      throw new ZmtpFault("unexpected-command", "A message came before the handshake was done");
    }
    (this.#mechanism as Mechanism).receive(buffer.subarray(start, end));
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
    // PONG needs no more than to have come. Commands that this side does not know are for peers that do.
  }

  #host(): MechanismHost {
    const { socketType, identity, peerAddress } = this.#options;
    const own: [string, Uint8Array][] = [["Socket-Type", ascii(socketType)]];
    if (announcesIdentity(socketType)) own.push(["Identity", identity ?? nothing]);
    return {
      metadata: encodeMetadata(own),
      peerAddress,
      sendCommand: (body): void => {
        // The room is made first: it may be in another array than before.
        const at = this.#output.frame(flagCommand, body.length);
        this.#output.buffer.set(body, at);
        this.#output.flush();
      },
      checkMetadata: (bytes): Metadata => {
        const metadata = decodeMetadata(bytes);
        checkSocketType(socketType, metadata);
        return metadata;
      },
      authenticate: (authenticator, request): void => this.#authenticate(authenticator, request),
      established: (traffic, peer): void => this.#established(traffic, peer),
    };
  }

  #authenticate(authenticator: Authenticator, request: AuthenticationRequest): void {
    const settle = (verdict: AuthenticationVerdict): void => {
      if (this.#state === "failed") return;
      try {
        (this.#mechanism as Mechanism).authenticated(verdict);
      } catch (error) {
        this.#fail(error);
      }
    };
    let verdict: AuthenticationVerdict | Promise<AuthenticationVerdict>;
    try {
      verdict = authenticator(request);
    } catch (cause) {
      this.#refuse(cause);
      return;
    }
    if (verdict instanceof Promise) verdict.then(settle, (cause: unknown) => this.#refuse(cause));
    else settle(verdict);
  }

  /** An authenticator that throws lets nobody in; what it threw is the fault's cause. */
  #refuse(cause: unknown): void {
    if (this.#state === "failed") return;
    try {
      (this.#mechanism as Mechanism).authenticated({ status: 500 });
    } catch (error) {
      const fault = error as ZmtpFault;
      this.#fail(new ZmtpFault(fault.code, fault.message, { cause }));
    }
  }

  #established(traffic: Traffic, peer: ProvenPeer): void {
    const { metadata, publicKey, userId } = peer;
    this.#traffic = traffic;
    this.#mechanism = undefined;
    this.#state = "traffic";
    this.#setAllowance(0);
    const address = this.#options.peerAddress;
    this.#events.ready({
      socketType: checkSocketType(this.#options.socketType, metadata),
      minor: this.#minor,
      address,
      identity: (metadata.get("identity") ?? nothing).slice(),
      metadata,
      ...(publicKey === undefined ? {} : { publicKey }),
      ...(userId === undefined ? {} : { userId }),
    });
  }

  #fail(error: unknown): void {
    if (!(error instanceof ZmtpFault)) throw error;
    if (this.#state === "failed") return;
    this.#state = "failed";
    this.#frames = undefined;
    this.#output.flush();
    this.#events.failed(error);
  }
}

function isServer(security: Security): boolean {
  return security.mechanism !== "NULL" && security.role === "server";
}
