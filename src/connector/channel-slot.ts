import type { Timer } from "../transport/clock.ts";
import type {
  Channel,
  ChannelFault,
  ClientChannel,
  ConnectOptions,
  Transport,
} from "../transport/transport.ts";
import { type BackoffPolicy, backoffMs, type RandomBytes } from "./backoff.ts";
import type { Log } from "./log.ts";
import type { TimerScope } from "./timers.ts";

/** What one channel is doing. */
export type SlotState =
  | { readonly state: "closed" }
  | { readonly state: "opening"; readonly attempt: number; readonly fault: ChannelFault | undefined }
  | { readonly state: "waiting"; readonly attempt: number; readonly fault: ChannelFault }
  | { readonly state: "up" };

/** What a slot tells its supervisor. */
export interface SlotEvents {
  /** A connection is being tried. */
  dialling(channel: Channel, attempt: number): void;
  /** A connection stands. */
  up(channel: Channel, connection: ClientChannel): void;
  /** A connection that stood is gone. */
  lost(channel: Channel, fault: ChannelFault): void;
  /** An attempt failed, or a connection was lost; false ends the attempts. */
  mayRetry(channel: Channel, failures: number, fault: ChannelFault): boolean;
  message(channel: Channel, frames: Uint8Array[]): void;
  writable(channel: Channel): void;
}

/** What a slot needs to open connections. */
export interface SlotDeps {
  readonly channel: Channel;
  readonly transport: Transport;
  readonly connect: ConnectOptions;
  readonly timers: TimerScope;
  readonly randomBytes: RandomBytes;
  readonly backoff: BackoffPolicy;
  readonly log: Log;
  /** Topics of a new connection on `events`. */
  topics(): Iterable<Uint8Array>;
}

/** One of the three channels through all its connections. */
export class ChannelSlot {
  readonly #deps: SlotDeps;
  readonly #events: SlotEvents;
  #state: SlotState = { state: "closed" };
  #connection: ClientChannel | undefined;
  #timer: Timer | undefined;
  #failures = 0;
  /** Counts connections, so that what belongs to an earlier one can be told. */
  #generation = 0;

  constructor(deps: SlotDeps, events: SlotEvents) {
    this.#deps = deps;
    this.#events = events;
  }

  /** What it is doing now. */
  get state(): SlotState {
    return this.#state;
  }

  /** The number of the current connection. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether a connection stands. */
  get isUp(): boolean {
    return this.#state.state === "up";
  }

  /** Starts connecting; has no effect if that is already going on. */
  open(): void {
    if (this.#state.state === "closed") this.#dial();
  }

  /** Connects now instead of at the end of the wait: another channel shows that the agent is back. */
  hurry(): void {
    if (this.#state.state === "waiting") this.#dial();
  }

  /** The agent is whole again: the next loss starts with the shortest wait. */
  settled(): void {
    this.#failures = 0;
  }

  /** Gives the current connection up, for a reason that the transport cannot see, and connects again. */
  reopen(fault: ChannelFault): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#ended(this.#generation, fault);
    connection
      .close(0)
      .catch((error: unknown) => this.#deps.log.warn("A connection did not close cleanly", { error }));
  }

  /** Takes a topic up, now and on every later connection (which ask `topics`). */
  subscribe(topic: Uint8Array): void {
    this.#connection?.subscribe(topic);
  }

  /** Takes a topic back. */
  unsubscribe(topic: Uint8Array): void {
    this.#connection?.unsubscribe(topic);
  }

  /** Ends it. */
  async close(lingerMs: number): Promise<void> {
    const connection = this.#connection;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#connection = undefined;
    this.#generation++;
    this.#failures = 0;
    this.#state = { state: "closed" };
    await connection?.close(lingerMs);
  }

  #dial(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const attempt = this.#failures + 1;
    const generation = ++this.#generation;
    const fault = this.#state.state === "waiting" ? this.#state.fault : undefined;
    this.#state = { state: "opening", attempt, fault };
    const { channel, transport, connect } = this.#deps;
    const current = (): boolean => generation === this.#generation;
    this.#events.dialling(channel, attempt);
    if (!current()) return;
    const connection = transport.connect(channel, connect, {
      up: (): void => {
        if (!current()) return;
        this.#state = { state: "up" };
        this.#events.up(channel, connection);
      },
      message: (frames): void => {
        if (current()) this.#events.message(channel, frames);
      },
      writable: (): void => {
        if (current()) this.#events.writable(channel);
      },
      down: (reason): void => {
        if (current()) this.#ended(generation, reason);
      },
    });
    this.#connection = connection;
    if (channel === "events") for (const topic of this.#deps.topics()) connection.subscribe(topic);
  }

  #ended(generation: number, fault: ChannelFault): void {
    const { channel, timers, backoff, randomBytes } = this.#deps;
    const wasUp = this.#state.state === "up";
    this.#connection = undefined;
    this.#failures++;
    // Whatever the old connection still says is not heard.
    const next = ++this.#generation;
    this.#state = { state: "waiting", attempt: this.#failures, fault };
    if (wasUp) this.#events.lost(channel, fault);
    if (next !== generation + 1 || next !== this.#generation) return;
    if (!this.#events.mayRetry(channel, this.#failures, fault)) return;
    if (next !== this.#generation) return;
    this.#timer = timers.set(() => this.#dial(), backoffMs(backoff, this.#failures, randomBytes));
  }
}
