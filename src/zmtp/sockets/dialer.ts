import type { Timer } from "../../transport/clock.ts";
import type { Endpoint } from "../../transport/network.ts";
import type { Connection, ConnectionEvents } from "../connection.ts";
import type { ZmtpFault } from "../fault.ts";
import { dialConnection } from "../link.ts";
import type { PeerInfo } from "../peer.ts";
import type { SocketCore } from "./core.ts";
import { formatEndpoint } from "./endpoint.ts";
import type { Pipe } from "./pipe.ts";

type State =
  | { readonly state: "idle" | "connecting" | "up" | "stopped" }
  | { readonly state: "waiting"; readonly timer: Timer };

const idle: State = { state: "idle" };
const connecting: State = { state: "connecting" };
const up: State = { state: "up" };
const stopped: State = { state: "stopped" };

/** Keeps one endpoint connected: dials it, and again after every loss, later and later while that fails. */
export class Dialer implements ConnectionEvents {
  /** The endpoint as text. */
  readonly name: string;
  /** What is on its way there; it outlives connections. */
  readonly pipe: Pipe;
  readonly #core: SocketCore;
  readonly #endpoint: Endpoint;
  #state: State = idle;
  /** The present connection, or the last. */
  #connection: Connection | undefined;
  /** Dials since the last success. */
  #attempt = 0;

  /** Does nothing until `dial`. */
  constructor(core: SocketCore, endpoint: Endpoint, pipe: Pipe) {
    this.#core = core;
    this.#endpoint = endpoint;
    this.pipe = pipe;
    this.name = formatEndpoint(endpoint);
  }

  /** Dials. */
  dial(): void {
    if (this.#state.state === "stopped") return;
    this.#attempt++;
    const core = this.#core;
    core.tell({ type: "connecting", endpoint: this.name, attempt: this.#attempt });
    core.streamOpened();
    this.#connection = dialConnection(core.environment, this.#endpoint, core.settings.connection, this);
    this.#state = connecting;
  }

  /** Dials no more, and ends the connection. */
  stop(fault: ZmtpFault, lingerMs: number): void {
    const before = this.#state;
    this.#state = stopped;
    if (before.state === "waiting") before.timer.cancel();
    else this.#connection?.end(fault, lingerMs);
  }

  /** The connection's: it is up. */
  up(peer: PeerInfo): void {
    const connection = this.#connection as Connection;
    const refusal = this.#core.up(this.pipe, connection, peer);
    if (refusal !== undefined) {
      connection.end(refusal, 0);
      return;
    }
    this.#state = up;
    this.#attempt = 0;
    const address = connection.remoteAddress;
    this.#core.tell({ type: "connected", endpoint: this.name, address, peer });
  }

  /** The connection's: a message came. */
  message(frames: Uint8Array[]): void {
    this.#core.message(this.pipe, frames);
  }

  /** The connection's: the peer subscribes, or cancels. */
  subscription(active: boolean, prefix: Uint8Array): void {
    this.#core.subscription(this.pipe, active, prefix);
  }

  /** The connection's: it takes bytes again. */
  writable(): void {
    this.#core.room(this.pipe);
  }

  /** The connection's: its stream is closed. */
  gone(): void {
    this.#core.streamGone();
  }

  /** The connection's: it is over. */
  down(fault: ZmtpFault): void {
    const core = this.#core;
    const wasUp = this.pipe.connection !== undefined;
    if (wasUp) core.down(this.pipe);
    core.tell({
      type: wasUp ? "disconnected" : "handshake-failed",
      endpoint: this.name,
      address: this.#connection?.remoteAddress ?? "",
      fault,
    });
    if (this.#state.state === "stopped") return;
    // RFC 37, "Error Handling": ERROR is fatal, and the same credentials are not to be tried again.
    if (fault.code === "refused-by-peer") {
      this.#state = stopped;
      core.tell({ type: "abandoned", endpoint: this.name, fault });
      core.forget(this);
      return;
    }
    this.#retry();
  }

  #retry(): void {
    const { reconnectMinMs, reconnectMaxMs } = this.#core.settings;
    const longest = Math.min(reconnectMaxMs, reconnectMinMs * 2 ** Math.min(this.#attempt, 30));
    // Between half and all of it, so that peers that lost the same server do not come back all at once.
    const [random = 0] = this.#core.environment.crypto.randomBytes(1);
    const delayMs = Math.round(longest * (0.5 + random / 512));
    const timer = this.#core.environment.clock.setTimer(() => this.dial(), delayMs);
    this.#state = { state: "waiting", timer };
    this.#core.tell({ type: "retrying", endpoint: this.name, attempt: this.#attempt + 1, delayMs });
  }
}
