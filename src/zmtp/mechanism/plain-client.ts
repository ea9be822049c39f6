import { type FaultCode, ZmtpFault } from "../fault.ts";
import { maxPlainFieldBytes } from "../limits.ts";
import { decodeCommand, decodeError, encodeCommand } from "../wire/command.ts";
import type { Mechanism, MechanismHost } from "./mechanism.ts";
import { ClearTraffic } from "./traffic.ts";

type State = "expect-welcome" | "expect-ready" | "done";

/** The client's part of PLAIN (RFC 24). */
export class PlainClient implements Mechanism {
  readonly #host: MechanismHost;
  readonly #username: Uint8Array;
  readonly #password: Uint8Array;
  #state: State = "expect-welcome";

  /** Throws when the name or the password is too long to be sent. */
  constructor(host: MechanismHost, username: string, password: string) {
    this.#host = host;
    this.#username = field("username", username);
    this.#password = field("password", password);
  }

  /** A server that hangs up on HELLO does not like the credentials. */
  get hangUp(): FaultCode {
    return this.#state === "expect-welcome" ? "closed-after-hello" : "closed-after-initiate";
  }

  /** Sends HELLO. */
  start(): void {
    this.#host.sendCommand(encodeCommand("HELLO", this.#username, this.#password));
  }

  /** Takes WELCOME, READY or ERROR. */
  receive(body: Uint8Array): void {
    const { name, data } = decodeCommand(body, "unexpected-command");
    if (name === "ERROR") throw decodeError(data);
    if (name === "WELCOME" && this.#state === "expect-welcome") {
      if (data.length > 0) throw new ZmtpFault("malformed-welcome", "WELCOME carries data");
      this.#host.sendCommand(encodeCommand("INITIATE", this.#host.metadata));
      this.#state = "expect-ready";
      return;
    }
    if (name === "READY" && this.#state === "expect-ready") {
      const metadata = this.#host.checkMetadata(data);
      this.#state = "done";
      this.#host.established(new ClearTraffic(), { metadata });
      return;
    }
    throw new ZmtpFault("unexpected-command", `${name} is not expected in state ${this.#state}`);
  }

  /** A client authenticates nobody. */
  authenticated(): void {
    throw new Error("A PLAIN client asks no authenticator");
  }
}

function field(what: string, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > maxPlainFieldBytes) {
    throw new RangeError(`Cannot use the ${what}: it has more than ${maxPlainFieldBytes} bytes`);
  }
  const encoded = new Uint8Array(1 + bytes.length);
  encoded[0] = bytes.length;
  encoded.set(bytes, 1);
  return encoded;
}
