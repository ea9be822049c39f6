import type { Clock, Timer } from "../../transport/clock.ts";
import type {
  ByteStream,
  Endpoint,
  Network,
  NetworkListener,
  StreamEvents,
} from "../../transport/network.ts";
import type { FaultHandle } from "./fault.ts";

/** How a host stands still. */
export interface SuspendOptions {
  /**
   * Whether the monotonic clock stands still, too, as Linux's does while a machine sleeps; the wall clock goes on in any
   * case. A stopped process (SIGSTOP, a debugger, a stalled disk) sees both go on. @default false
   */
  readonly stopsMonotonic?: boolean;
}

/** A machine or process of its own around a connector or an agent: its clocks, its timers and its network. */
export interface FaultyHost {
  /** The clock to give to what runs on this host. */
  readonly clock: Clock;
  /** The network to give to what runs on this host. */
  readonly network: Network;
  /** Moves the wall clock without moving monotonic time, as an administrator or NTP would. */
  jumpWall(ms: number): void;
  /** Stands still until healed: no timer fires, and nothing that arrives is heard before. */
  suspend(options?: SuspendOptions): FaultHandle;
  /**
   * Ends the host for good: no timer fires and nothing is heard any more. Its connections break, unless `silently` is
   * true: then the far sides see half-open ones, as after a power cut.
   */
  kill(silently?: boolean): void;
  /** Whether it was killed. */
  readonly dead: boolean;
  /** Whether it neither was killed nor stands still. */
  readonly running: boolean;
}

/** Puts a host of its own between a component and the clock and network that it shares with others. */
export function faultyHost(parts: { readonly clock: Clock; readonly network: Network }): FaultyHost {
  return new Host(parts.clock, parts.network);
}

interface Entry {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
  timer: Timer | undefined;
}

class Host implements FaultyHost {
  readonly clock: Clock;
  readonly network: Network;
  readonly #inner: Clock;
  readonly #net: Network;
  readonly #entries: Set<Entry> = new Set();
  readonly #streams: Set<ByteStream> = new Set();
  readonly #listeners: Set<NetworkListener> = new Set();
  #state: "running" | "suspended" | "dead" = "running";
  #order = 0;
  #wallJumpMs = 0;
  /** Monotonic time of the outside that this host did not see. */
  #lostMs = 0;
  #frozenAtMs: number | undefined;
  #arrived: (() => void)[] = [];

  constructor(clock: Clock, network: Network) {
    this.#inner = clock;
    this.#net = network;
    this.clock = {
      nowMs: () => this.#nowMs(),
      wallMs: () => clock.wallMs() + this.#wallJumpMs,
      setTimer: (callback, delayMs) => this.#setTimer(callback, delayMs),
    };
    this.network = {
      connect: (endpoint, events) => this.#connect(endpoint, events),
      listen: (endpoint, accept) => this.#listen(endpoint, accept),
    };
  }

  get dead(): boolean {
    return this.#state === "dead";
  }

  get running(): boolean {
    return this.#state === "running";
  }

  jumpWall(ms: number): void {
    this.#wallJumpMs += ms;
  }

  suspend(options: SuspendOptions = {}): FaultHandle {
    if (this.#state !== "running") throw new Error(`Cannot suspend the host: it is ${this.#state}`);
    this.#state = "suspended";
    if (options.stopsMonotonic === true) this.#frozenAtMs = this.#nowMs();
    for (const entry of this.#entries) entry.timer?.cancel();
    return { fired: 1, heal: () => this.#resume() };
  }

  kill(silently = false): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    for (const entry of this.#entries) entry.timer?.cancel();
    this.#entries.clear();
    this.#arrived = [];
    if (!silently) {
      for (const stream of this.#streams) stream.destroy(new Error("The host was killed by the fault kit"));
    }
    this.#streams.clear();
    for (const listener of this.#listeners) {
      // The kernel closes a dead process's ports; nobody is left to hear how that went.
      listener.close().then(undefined, () => undefined);
    }
    this.#listeners.clear();
  }

  #nowMs(): number {
    return this.#frozenAtMs ?? this.#inner.nowMs() - this.#lostMs;
  }

  #resume(): void {
    if (this.#state !== "suspended") return;
    this.#state = "running";
    if (this.#frozenAtMs !== undefined) this.#lostMs = this.#inner.nowMs() - this.#frozenAtMs;
    this.#frozenAtMs = undefined;
    const entries = [...this.#entries].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    for (const entry of entries) this.#arm(entry);
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const event of arrived) this.#inner.setTimer(() => this.#enter(event), 0);
  }

  #setTimer(callback: () => void, delayMs: number): Timer {
    if (this.#state === "dead") return { cancel: (): void => undefined };
    const dueMs = this.#nowMs() + Math.max(0, delayMs);
    const entry: Entry = { dueMs, order: this.#order++, callback, timer: undefined };
    this.#entries.add(entry);
    if (this.#state === "running") this.#arm(entry);
    return {
      cancel: (): void => {
        entry.timer?.cancel();
        this.#entries.delete(entry);
      },
    };
  }

  #arm(entry: Entry): void {
    entry.timer = this.#inner.setTimer(() => {
      this.#entries.delete(entry);
      entry.callback();
    }, entry.dueMs - this.#nowMs());
  }

  /** What comes from outside: now, after the suspension, or never. */
  #enter(event: () => void): void {
    if (this.#state === "running" && this.#arrived.length === 0) event();
    else if (this.#state !== "dead") this.#arrived.push(event);
  }

  #connect(endpoint: Endpoint, events: StreamEvents): ByteStream {
    const stream = this.#net.connect(
      endpoint,
      this.#gated(events, () => this.#streams.delete(stream)),
    );
    this.#streams.add(stream);
    return this.#own(stream);
  }

  async #listen(endpoint: Endpoint, accept: (stream: ByteStream) => StreamEvents): Promise<NetworkListener> {
    const listener = await this.#net.listen(endpoint, (stream) => this.#accepted(stream, accept));
    this.#listeners.add(listener);
    return {
      endpoint: listener.endpoint,
      close: (): Promise<void> => {
        this.#listeners.delete(listener);
        return listener.close();
      },
    };
  }

  /** The kernel accepts at once; the process hears of it when it runs. */
  #accepted(stream: ByteStream, accept: (stream: ByteStream) => StreamEvents): StreamEvents {
    this.#streams.add(stream);
    let owner: StreamEvents | undefined;
    this.#enter(() => {
      owner = accept(this.#own(stream));
    });
    const events: StreamEvents = {
      open: () => owner?.open(),
      data: (chunk) => owner?.data(chunk),
      drain: () => owner?.drain(),
      close: (fault) => owner?.close(fault),
    };
    return this.#gated(events, () => this.#streams.delete(stream));
  }

  #gated(events: StreamEvents, closed: () => void): StreamEvents {
    return {
      open: () => this.#enter(() => events.open()),
      data: (chunk) => this.#enter(() => events.data(chunk)),
      drain: () => this.#enter(() => events.drain()),
      close: (fault) => {
        closed();
        this.#enter(() => events.close(fault));
      },
    };
  }

  /** A dead host writes nothing more. */
  #own(stream: ByteStream): ByteStream {
    const alive = (act: () => void): void => {
      if (this.#state !== "dead") act();
    };
    return {
      remoteAddress: stream.remoteAddress,
      write: (chunk) => this.#state !== "dead" && stream.write(chunk),
      pause: () => alive(() => stream.pause()),
      resume: () => alive(() => stream.resume()),
      end: () => alive(() => stream.end()),
      destroy: (fault) => alive(() => stream.destroy(fault)),
    };
  }
}
