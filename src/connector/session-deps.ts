import type { TickRecord } from "../domain/records.ts";
import type { ExecutedOutcome, LedgerPayload, Outcome } from "../protocol/v1/messages.ts";
import type { Hmac, SharedSecret } from "../protocol/v1/signing.ts";
import type { Clock } from "../transport/clock.ts";
import type { Channel } from "../transport/transport.ts";
import type { RandomBytes } from "./backoff.ts";
import type { ChannelSlot } from "./channel-slot.ts";
import type { MT5Error } from "./errors.ts";
import type { Gate } from "./gate.ts";
import type { Log } from "./log.ts";
import type { ResolvedAgent, ResolvedOptions } from "./options.ts";
import type { TimerScope } from "./timers.ts";

/** What a session tells its owner. */
export interface SessionHooks {
  /** Whether the agent is live may have changed. */
  changed(): void;
  /** A ledger event was applied to the mirror. `recovered`: worked out from a snapshot after a loss. */
  ledger(event: LedgerPayload, recovered: boolean): void;
  account(): void;
  tick(symbol: string, tick: TickRecord): void;
  heartbeat(): void;
  /** The outcome of a command that nobody waits for any more, or that was sent by an earlier life of this client. */
  outcome(id: string, outcome: Outcome | ExecutedOutcome | MT5Error, recovered: boolean): void;
  /** Something went wrong that no caller waits for. */
  fault(error: Error): void;
  /** Going on is pointless until a person acts. */
  fatal(error: Error): void;
}

/** What a session is made from. */
export interface SessionDeps {
  readonly agent: ResolvedAgent;
  readonly options: ResolvedOptions;
  readonly clock: Clock;
  readonly timers: TimerScope;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly clientPublicKey: Uint8Array;
  readonly slots: Readonly<Record<Channel, ChannelSlot>>;
  readonly hooks: SessionHooks;
  readonly resyncGate: Gate;
  readonly hmac?: Hmac | undefined;
  readonly sharedSecret?: SharedSecret | undefined;
}
