import type { EngineOptions } from "./engine.ts";
import { ZmtpFault } from "./fault.ts";
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
import { announcesIdentity, checkSocketType, wrongSocketType } from "./socket-type.ts";
import { ascii } from "./wire/bytes.ts";
import { encodeError } from "./wire/command.ts";
import { flagCommand } from "./wire/frame-decoder.ts";
import { encodeGreeting, type Greeting, GreetingReader } from "./wire/greeting.ts";
import { decodeMetadata, encodeMetadata } from "./wire/metadata.ts";
import type { Output } from "./wire/output.ts";

/** What a handshake ends with. */
export interface HandshakeEvents {
  /** Both sides are content; `minor` is the peer's version. */
  established(traffic: Traffic, peer: ProvenPeer, minor: number): void;
  /** An authenticator's late verdict made the handshake fail. Faults in what is received are thrown instead. */
  failed(error: unknown): void;
  /** Whether there is a place for a client that has proven this key. */
  admit(publicKey: Uint8Array): ZmtpFault | undefined;
}

/** A connection's first part: the greetings, then the mechanism's commands. */
export class Handshake {
  readonly #options: EngineOptions;
  readonly #output: Output;
  readonly #events: HandshakeEvents;
  readonly #reader = new GreetingReader();
  #mechanism: Mechanism | undefined;
  #minor = 1;
  #over = false;

  /** Does nothing until `start`. */
  constructor(options: EngineOptions, output: Output, events: HandshakeEvents) {
    this.#options = options;
    this.#output = output;
    this.#events = events;
  }

  /** Puts out the greeting. */
  start(): void {
    const { security } = this.#options;
    this.#output.pass(encodeGreeting(security.mechanism, isServer(security)));
  }

  /** Whether the peer's greeting is read and commands follow. */
  get greeted(): boolean {
    return this.#mechanism !== undefined;
  }

  /** Takes the peer's greeting from `chunk`, and returns what is left of it. */
  takeGreeting(chunk: Uint8Array): Uint8Array {
    const rest = chunk.subarray(this.#reader.take(chunk));
    const { greeting } = this.#reader;
    if (greeting !== undefined) this.#greet(greeting);
    return rest;
  }

  /** Takes a frame that followed the greeting. */
  takeFrame(flags: number, body: Uint8Array): void {
    if ((flags & flagCommand) === 0) {
      throw new ZmtpFault("unexpected-command", "A message came before the handshake was done");
    }
    (this.#mechanism as Mechanism).receive(body);
  }

  /** What it means that the peer hangs up now. */
  hangUp(): ZmtpFault {
    if (this.#mechanism === undefined) {
      // libzmq hangs up on a foreign mechanism before its own greeting is whole; a full server sends nothing at all.
      if (!this.#reader.begun)
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

  /** Ends it: a verdict that comes later changes nothing. */
  stop(): void {
    this.#over = true;
  }

  #greet(greeting: Greeting): void {
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
    this.#mechanism = createMechanism(this.#host(), security);
    this.#mechanism.start();
  }

  #host(): MechanismHost {
    const { socketType, identity, peerAddress } = this.#options;
    const own: [string, Uint8Array][] = [["Socket-Type", ascii(socketType)]];
    if (announcesIdentity(socketType)) own.push(["Identity", identity ?? new Uint8Array(0)]);
    return {
      metadata: encodeMetadata(own),
      peerAddress,
      sendCommand: (body): void => this.#sendCommand(body),
      checkMetadata: (bytes): Uint8Array => {
        this.#checkMetadata(bytes);
        return bytes.slice();
      },
      authenticate: (authenticator, request): void => this.#authenticate(authenticator, request),
      admit: (publicKey) => this.#events.admit(publicKey),
      established: (traffic, peer): void => {
        this.#over = true;
        this.#events.established(traffic, peer, this.#minor);
      },
    };
  }

  #sendCommand(body: Uint8Array): void {
    // The room is made first: it may be in another array than before.
    const at = this.#output.frame(flagCommand, body.length);
    this.#output.buffer.set(body, at);
    this.#output.flush();
  }

  /** A server says what it does not like, so that a client at the wrong port does not take its key for refused. */
  #checkMetadata(bytes: Uint8Array): void {
    const { security, socketType } = this.#options;
    try {
      checkSocketType(socketType, decodeMetadata(bytes));
    } catch (fault) {
      if (fault instanceof ZmtpFault && isServer(security)) {
        this.#sendCommand(
          encodeError(fault.code === "socket-type-mismatch" ? wrongSocketType : fault.message),
        );
      }
      throw fault;
    }
  }

  #authenticate(authenticator: Authenticator, request: AuthenticationRequest): void {
    let verdict: AuthenticationVerdict | Promise<AuthenticationVerdict>;
    try {
      verdict = authenticator(request);
    } catch (cause) {
      this.#refuse(cause);
      return;
    }
    if (verdict instanceof Promise) {
      verdict.then(
        (later) => this.#settle(later),
        (cause: unknown) => this.#refuse(cause),
      );
    } else this.#settle(verdict);
  }

  #settle(verdict: AuthenticationVerdict): void {
    if (this.#over) return;
    try {
      (this.#mechanism as Mechanism).authenticated(verdict);
    } catch (error) {
      this.#events.failed(error);
    }
  }

  /** An authenticator that throws lets nobody in; what it threw is the fault's cause. */
  #refuse(cause: unknown): void {
    if (this.#over) return;
    try {
      (this.#mechanism as Mechanism).authenticated({ status: 500 });
    } catch (error) {
      if (!(error instanceof ZmtpFault)) throw error;
      this.#events.failed(new ZmtpFault(error.code, error.message, { cause }));
    }
  }
}

function isServer(security: Security): boolean {
  return security.mechanism !== "NULL" && security.role === "server";
}
