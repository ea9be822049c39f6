import { checkKnownKeys, type KeysOf } from "../known-keys.ts";
import type { SocketCore } from "./core.ts";
import type { Monitor } from "./monitor.ts";

/** How a socket is closed. */
export interface CloseOptions {
  /** Time that queued messages have to leave. @default the socket's lingerMs */
  readonly lingerMs?: number;
}

const closeKeys: KeysOf<CloseOptions> = { lingerMs: true };

/** What all sockets do: they bind, connect, are watched, and close. Any may do both, any number of times. */
export abstract class Socket implements AsyncDisposable {
  readonly #core: SocketCore;

  /** For the socket types only. */
  protected constructor(core: SocketCore) {
    this.#core = core;
  }

  /**
   * Listens on `tcp://host:port`; the host may be `*`, the port `*` or 0. Resolves with the endpoint really bound.
   * Rejects with `bind-failed` when that is not possible.
   */
  bind(endpoint: string): Promise<string> {
    return this.#core.bind(endpoint);
  }

  /** Stops listening on an endpoint that `bind` resolved with. */
  unbind(endpoint: string): Promise<void> {
    return this.#core.unbind(endpoint);
  }

  /**
   * Connects to `tcp://host:port`, now and again after every loss. Returns at once; `monitor` tells how it goes. A peer
   * that refuses with ERROR is not dialled again.
   */
  connect(endpoint: string): void {
    this.#core.connect(endpoint);
  }

  /** Ends what `connect` began. */
  disconnect(endpoint: string): void {
    this.#core.disconnect(endpoint);
  }

  /** Calls `monitor` with everything that happens to this socket's connections; returns what ends that. */
  monitor(monitor: Monitor): () => void {
    return this.#core.monitor(monitor);
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#core.isClosed;
  }

  /**
   * Closes the socket: calls that wait reject with `closed`, loops over its messages end, and messages that wait to be
   * sent have the linger time to leave. Resolves when every connection is closed.
   */
  close(options: CloseOptions = {}): Promise<void> {
    checkKnownKeys("the options of close", options, closeKeys);
    return this.#core.close(options.lingerMs);
  }

  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#core.close();
  }
}
