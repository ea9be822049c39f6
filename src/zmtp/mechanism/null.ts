import { type FaultCode, ZmtpFault } from "../fault.ts";
import { decodeCommand, decodeError, encodeCommand } from "../wire/command.ts";
import type { AuthenticationVerdict, Authenticator, Mechanism, MechanismHost } from "./mechanism.ts";
import { ClearTraffic } from "./traffic.ts";
import { applyVerdict } from "./verdict.ts";

/** NULL (RFC 37, "The NULL Security Mechanism"): both sides send READY, either may authenticate by address. */
export class NullMechanism implements Mechanism {
  readonly hangUp: FaultCode = "closed-in-handshake";
  readonly #host: MechanismHost;
  readonly #authenticator: Authenticator | undefined;
  #readySent = false;
  #userId: { readonly userId?: string } = {};
  #peer: Uint8Array | undefined;

  /** With an authenticator, our READY waits for its verdict on the peer's address. */
  constructor(host: MechanismHost, authenticator: Authenticator | undefined) {
    this.#host = host;
    this.#authenticator = authenticator;
  }

  /** Sends READY at once, as both sides may (libzmq does the same), or asks the authenticator first. */
  start(): void {
    if (this.#authenticator === undefined) this.#sendReady();
    else this.#host.authenticate(this.#authenticator, { mechanism: "NULL", address: this.#host.peerAddress });
  }

  /** Takes READY or ERROR. */
  receive(body: Uint8Array): void {
    if (this.#peer !== undefined)
      throw new ZmtpFault("unexpected-command", "A second command follows the peer's READY");
    const { name, data } = decodeCommand(body, "unexpected-command");
    if (name === "ERROR") throw decodeError(data);
    if (name !== "READY") throw new ZmtpFault("unexpected-command", `READY was expected, ${name} came`);
    this.#peer = this.#host.checkMetadata(data);
    this.#finish();
  }

  /** Sends READY to a peer that is let in. */
  authenticated(verdict: AuthenticationVerdict): void {
    this.#userId = applyVerdict(this.#host, verdict);
    this.#sendReady();
  }

  #sendReady(): void {
    this.#readySent = true;
    this.#host.sendCommand(encodeCommand("READY", this.#host.metadata));
    this.#finish();
  }

  #finish(): void {
    if (this.#peer === undefined || !this.#readySent) return;
    this.#host.established(new ClearTraffic(), { metadata: this.#peer, ...this.#userId });
  }
}
