import type { Clock } from "../transport/clock.ts";
import type { Channel } from "../transport/transport.ts";
import { type BrokerTimeInfo, brokerTimeInfo } from "./broker-zone.ts";
import type { ChannelSlot } from "./channel-slot.ts";
import type { Established } from "./handshake.ts";

/** Which session stands, how far this side has been brought to it, and what time the terminal has. */
export class SessionState {
  readonly #slots: Readonly<Record<Channel, ChannelSlot>>;
  readonly #clock: Clock;
  #established: Established | undefined;
  #brokerTime: BrokerTimeInfo | undefined;
  /** The terminal's UTC less this side's monotonic clock. */
  #utcOffsetMs: number | undefined;
  /** Whether the owner wants the agent no more. */
  stopped = true;
  /** The session in which commands may be sent. */
  begun: Established | undefined;
  /** The connection of `events` on which the ledger is followed. */
  liveGeneration = 0;
  /** The connection of `sync` on which the session is known to stand. */
  checkedGeneration = 0;
  /** Why the agent is not live, as far as is known. */
  lastError: Error | undefined;

  constructor(slots: Readonly<Record<Channel, ChannelSlot>>, clock: Clock) {
    this.#slots = slots;
    this.#clock = clock;
  }

  /** The session that stands. */
  get established(): Established | undefined {
    return this.#established;
  }

  /** How broker time is converted; undefined before the first session. */
  get brokerTime(): BrokerTimeInfo | undefined {
    return this.#brokerTime;
  }

  /** UTC as the terminal has it, which a simulated market runs at its own pace; undefined before the first session. */
  get utcMs(): number | undefined {
    return this.#utcOffsetMs === undefined ? undefined : this.#clock.nowMs() + this.#utcOffsetMs;
  }

  /** Whether requests can be made. */
  get isOpen(): boolean {
    return this.#established !== undefined && this.#slots.sync.isUp;
  }

  /** Whether the ledger is followed without a hole since the events channel came up. */
  get eventsLive(): boolean {
    const { events } = this.#slots;
    return this.#established !== undefined && events.isUp && this.liveGeneration === events.generation;
  }

  /** A session was opened on this connection of `sync`. */
  open(established: Established, generation: number): void {
    const { brokerZone, brokerMs, utcMs } = established.hello;
    this.#established = established;
    this.checkedGeneration = generation;
    this.#brokerTime = brokerTimeInfo(brokerZone, brokerMs, utcMs);
    this.terminalTime(utcMs);
  }

  /** The terminal told its UTC. */
  terminalTime(utcMs: number): void {
    this.#utcOffsetMs = utcMs - this.#clock.nowMs();
  }

  /** There is no session any more. */
  forget(): void {
    this.#established = undefined;
    this.begun = undefined;
    this.liveGeneration = 0;
  }
}
