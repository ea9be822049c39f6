import * as zmtp from "../../../src/adapters/zmtp.ts";
import { type Keys, keys } from "../kit/curve-tools.ts";
import type { SocketEvent } from "../kit/driver.ts";
import { EventLog } from "../kit/event-log.ts";
import { RawPeer } from "../kit/raw-peer.ts";
import type { Besieged } from "./curve-attacks.ts";

const waitMs = 5_000;

/** Our server, a DEALER as in libzmq's tests, with everything that it reports. */
export class Fort implements AsyncDisposable, Besieged {
  readonly peerType = "DEALER";
  readonly keys: Keys = keys();
  readonly client: Keys = keys();
  readonly log: EventLog = new EventLog();
  /** What the authenticator was asked. */
  readonly asked: zmtp.AuthenticationRequest[] = [];
  readonly socket: zmtp.Dealer;
  readonly #security: zmtp.SecurityOptions["mechanism"];
  endpoint = "";

  private constructor(
    mechanism: zmtp.SecurityOptions["mechanism"],
    options: Omit<zmtp.RouterOptions, "security">,
  ) {
    this.#security = mechanism;
    this.socket = new zmtp.Dealer({
      lingerMs: 0,
      ...options,
      security: this.#server(),
      monitor: (event) => {
        this.log.add({ name: event.type, value: "fault" in event ? event.fault.code : 0 });
      },
    });
  }

  /** Builds a server that admits its own client, or `admin` with `password`. */
  static async build(
    mechanism: zmtp.SecurityOptions["mechanism"],
    options: Omit<zmtp.RouterOptions, "security"> = {},
  ): Promise<Fort> {
    const fort = new Fort(mechanism, options);
    fort.endpoint = await fort.socket.bind("tcp://127.0.0.1:*");
    return fort;
  }

  /** What its good client connects with. */
  get credentials(): zmtp.SecurityOptions {
    if (this.#security === "NULL") return { mechanism: "NULL" };
    if (this.#security === "PLAIN") {
      return { mechanism: "PLAIN", role: "client", username: "admin", password: "password" };
    }
    const { secretKey } = this.client;
    return { mechanism: "CURVE", role: "client", serverKey: this.keys.publicKey, secretKey };
  }

  async dial(): Promise<RawPeer> {
    return await RawPeer.dial(this.endpoint);
  }

  /** The next handshake that failed; its value is the fault's code. */
  failed(): Promise<SocketEvent> {
    return this.log.next("handshake-failed", waitMs);
  }

  /** The next established connection that ended; its value is the fault's code. */
  disconnected(): Promise<SocketEvent> {
    return this.log.next("disconnected", waitMs);
  }

  async hears(text: string): Promise<void> {
    const [frame] = await this.socket.receive({ signal: AbortSignal.timeout(waitMs) });
    const heard = Buffer.from(frame ?? []).toString();
    if (heard !== text) throw new Error(`Received: ${heard}`);
  }

  /** A good client connects, and a message goes there and back. */
  async bounce(security: zmtp.SecurityOptions = this.credentials): Promise<void> {
    await using client = new zmtp.Dealer({ security, lingerMs: 0 });
    client.connect(this.endpoint);
    const signal = AbortSignal.timeout(waitMs);
    await client.send(["request", "", "of several frames"], { signal });
    const request = await this.socket.receive({ signal });
    await this.socket.send(request, { signal });
    const reply = (await client.receive({ signal })).map((frame) => new TextDecoder().decode(frame));
    if (reply.join("|") !== "request||of several frames") throw new Error(`Bounced back: ${reply.join("|")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.socket.close();
  }

  #server(): zmtp.SecurityOptions {
    const authenticate: zmtp.Authenticator = (request) => {
      this.asked.push(request);
      if (request.mechanism === "PLAIN")
        return request.username === "admin" && request.password === "password";
      return request.mechanism === "NULL" || Buffer.from(request.publicKey).equals(this.client.publicKey);
    };
    if (this.#security === "NULL") return { mechanism: "NULL", authenticate };
    if (this.#security === "PLAIN") return { mechanism: "PLAIN", role: "server", authenticate };
    return { mechanism: "CURVE", role: "server", secretKey: this.keys.secretKey, authenticate };
  }
}
