import type { Timer } from "../../transport/clock.ts";
import type { Endpoint } from "../../transport/network.ts";
import { Connection } from "../connection.ts";
import type { PeerInfo } from "../engine.ts";
import type { ZmtpFault } from "../fault.ts";
import type { SocketCore } from "./core.ts";
import { formatEndpoint } from "./endpoint.ts";
import type { Pipe } from "./pipe.ts";

type State =
  | { readonly state: "idle" }
  | { readonly state: "connecting" | "up"; readonly connection: Connection }
  | { readonly state: "waiting"; readonly timer: Timer }
  | { readonly state: "stopped" };

/** Keeps one endpoint connected: dials it, and again after every loss, later and later while that fails. */
export class Dialer {
  /** The endpoint as text. */
  readonly name: string;
  /** What is on its way there; it outlives connections. */
  readonly pipe: Pipe;
  readonly #core: SocketCore;
  readonly #endpoint: Endpoint;
  #state: State = { state: "idle" };
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
    const { pipe } = this;
    const connection = Connection.dial(core.environment, this.#endpoint, core.settings.connection, {
      up: (peer): void => this.#up(connection, peer),
      message: (frames): void => core.message(pipe, frames),
      subscription: (active, prefix): void => core.subscription(pipe, active, prefix),
      writable: (): void => core.room(pipe),
      down: (fault): void => this.#down(connection, fault),
    });
    core.follow(connection);
    this.#state = { state: "connecting", connection };
  }

  /** Dials no more, and ends the connection. */
  stop(fault: ZmtpFault, lingerMs: number): void {
    const before = this.#state;
    this.#state = { state: "stopped" };
    if (before.state === "waiting") before.timer.cancel();
    else if (before.state === "connecting" || before.state === "up") before.connection.close(fault, lingerMs);
  }

  #up(connection: Connection, peer: PeerInfo): void {
    const refusal = this.#core.up(this.pipe, connection, peer);
    if (refusal !== undefined) {
      connection.close(refusal, 0);
      return;
    }
    this.#state = { state: "up", connection };
    this.#attempt = 0;
    const address = connection.remoteAddress;
    this.#core.tell({ type: "connected", endpoint: this.name, address, peer });
  }

  #down(connection: Connection, fault: ZmtpFault): void {
    const core = this.#core;
    const wasUp = this.pipe.connection === connection;
    if (wasUp) core.down(this.pipe);
    const address = connection.remoteAddress;
    core.tell({ type: wasUp ? "disconnected" : "handshake-failed", endpoint: this.name, address, fault });
    if (this.#state.state === "stopped") return;
    // RFC 37, "Error Handling": ERROR is fatal, and the same credentials are not to be tried again.
    if (fault.code === "refused-by-peer") {
      this.#state = { state: "stopped" };
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
