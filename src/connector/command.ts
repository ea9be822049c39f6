import type { ExecutedOutcome, UnknownOutcome } from "../protocol/v1/messages.ts";
import type { Timer } from "../transport/clock.ts";
import type { CommandName } from "./command-errors.ts";

/** The signed stamps of a command; a repetition carries the same. */
export interface CommandStamps {
  readonly epoch: number;
  readonly issuedAt: number;
  readonly notAfter: number;
}

/** What a caller asks the outbox for. */
export interface CommandInput extends CommandName {
  /** JSON text of the intent. */
  readonly intent: string;
  readonly digest: string;
  /** True for closes and cancels, which no limit may stop. */
  readonly reduces: boolean;
  /** True for what may open a position, now or later. */
  readonly opens: boolean;
  /** Whether the caller chose the id, so that it may have been sent before, also by an earlier process. */
  readonly named: boolean;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A command under one counter of one session. */
export interface CommandCopy {
  readonly n: number;
  readonly command: Command;
  readonly stamps: CommandStamps;
  /** When it was last written, on this side's clock. */
  sentMs: number;
}

/** A command from its making until its outcome is certain. */
export interface Command extends CommandInput {
  /** When its copies stop being valid and the journal is asked instead, on this side's clock. */
  readonly closesMs: number;
  /** When the caller stops waiting. */
  readonly deadlineMs: number;
  /** The newest stamps. */
  stamps: CommandStamps | undefined;
  /** The first stamps: how far back the journal has to reach. */
  firstStamps: CommandStamps | undefined;
  /** The newest copy of the present session. */
  copy: CommandCopy | undefined;
  /** Whether any copy has ever been written to a channel. */
  sent: boolean;
  /** No further copy is made, so `outcome` may be asked (docs/protocol.md, 6.3). */
  closed: boolean;
  /** The caller has been told that the outcome is unknown. */
  abandoned: boolean;
  /** `outcome` is being asked. */
  asking: boolean;
  /** When it was last sent, or its journal entry looked at, on this side's clock. */
  heardMs: number;
  lastUnknown: UnknownOutcome | undefined;
  timer: Timer | undefined;
  readonly promise: Promise<ExecutedOutcome>;
  resolve(outcome: ExecutedOutcome): void;
  reject(error: Error): void;
  stopListening(): void;
}

/** The share of a caller's time, and the most of it, that is kept to ask the journal. */
const askingShare = 0.2;
const maxAskingMs = 1_000;

/** A command that waits for its first copy to be sent. */
export function newCommand(input: CommandInput, nowMs: number): Command {
  let resolve: (outcome: ExecutedOutcome) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<ExecutedOutcome>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  const askingMs = Math.min(maxAskingMs, input.timeoutMs * askingShare);
  return {
    ...input,
    closesMs: nowMs + input.timeoutMs - askingMs,
    deadlineMs: nowMs + input.timeoutMs,
    stamps: undefined,
    firstStamps: undefined,
    copy: undefined,
    sent: false,
    closed: false,
    abandoned: false,
    asking: false,
    heardMs: nowMs,
    lastUnknown: undefined,
    timer: undefined,
    promise,
    resolve,
    reject,
    stopListening: (): void => undefined,
  };
}
