import { type FaultCode, ZmtpFault } from "../fault.ts";
import { decodeCommand, encodeCommand } from "../wire/command.ts";
import type { AuthenticationVerdict, Authenticator, Mechanism, MechanismHost } from "./mechanism.ts";
import { ClearTraffic } from "./traffic.ts";
import { applyVerdict } from "./verdict.ts";

type State = "expect-hello" | "authenticating" | "expect-initiate" | "done";

/** The server's part of PLAIN (RFC 24). */
export class PlainServer implements Mechanism {
  readonly hangUp: FaultCode = "closed-in-handshake";
  readonly #host: MechanismHost;
  readonly #authenticator: Authenticator;
  #state: State = "expect-hello";
  #user: { readonly userId?: string } = {};

  /** PLAIN is pointless without an authenticator. */
  constructor(host: MechanismHost, authenticator: Authenticator) {
    this.#host = host;
    this.#authenticator = authenticator;
  }

  /** The client speaks first. */
  start(): void {
    // Waits for HELLO.
  }

  /** Takes HELLO, then INITIATE. */
  receive(body: Uint8Array): void {
    const { name, data } = decodeCommand(body, "unexpected-command");
    if (name === "HELLO" && this.#state === "expect-hello") this.#hello(data);
    else if (name === "INITIATE" && this.#state === "expect-initiate") {
      const metadata = this.#host.checkMetadata(data);
      this.#host.sendCommand(encodeCommand("READY", this.#host.metadata));
      this.#state = "done";
      this.#host.established(new ClearTraffic(), { metadata, ...this.#user });
    } else throw new ZmtpFault("unexpected-command", `${name} is not expected in state ${this.#state}`);
  }

  /** Sends WELCOME to a client that is let in. */
  authenticated(verdict: AuthenticationVerdict): void {
    this.#user = applyVerdict(this.#host, verdict);
    this.#state = "expect-initiate";
    this.#host.sendCommand(encodeCommand("WELCOME"));
  }

  #hello(data: Uint8Array): void {
    const username = readField(data, 0);
    const password = readField(data, username.end);
    if (password.end !== data.length) throw malformed();
    this.#state = "authenticating";
    this.#host.authenticate(this.#authenticator, {
      mechanism: "PLAIN",
      address: this.#host.peerAddress,
      username: username.text,
      password: password.text,
    });
  }
}

function readField(data: Uint8Array, at: number): { readonly text: string; readonly end: number } {
  const length = data[at];
  if (length === undefined || at + 1 + length > data.length) throw malformed();
  const end = at + 1 + length;
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(data.subarray(at + 1, end)), end };
  } catch (cause) {
    throw new ZmtpFault("malformed-hello", "HELLO is malformed: it holds no UTF-8", { cause });
  }
}

function malformed(): ZmtpFault {
  return new ZmtpFault("malformed-hello", "HELLO is malformed: not exactly a user name and a password");
}
