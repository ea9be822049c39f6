import { retcode } from "../domain/retcodes.ts";
import type { CommandRefusal, UnknownOutcome } from "../protocol/v1/messages.ts";
import {
  LimitExceededError,
  type MT5Error,
  OutcomeUnknownError,
  RateLimitError,
  TradeRejectedError,
} from "./errors.ts";

/** What a command's errors are made from: its name, and the words for "Cannot <action>". */
export interface CommandName {
  readonly id: string;
  /** `buy 0.1 EURUSD`, `close position 123`. */
  readonly action: string;
}

/** Why a command was certainly not executed, other than by the broker's rejection. */
export type NotExecutedReason =
  | Exclude<CommandRefusal, "COUNTER" | "NO_SESSION" | "STALE" | "REPLAYED" | "BUSY" | "EXPIRED_ID">
  | "NOT_SENT";

const remedies: Readonly<Record<NotExecutedReason, string>> = {
  NOT_SENT: "It never left this process: send it again once the agent is connected",
  EXPIRED: "Its time ran out before the agent could send it: decide afresh and send a new one",
  VOID: "It was cancelled before it could be sent: decide afresh and send a new one",
  ID_REUSED: "The id belongs to another command: use a new id, and ask trade.outcome for the first",
  BAD_REQUEST: "Use an agent and a connector of the same protocol revision",
  JOURNAL: "The agent cannot write its journal: check the terminal's disk",
  ROLE: "Use a connector that opens a trade session",
  RATE_LIMITED: "Send more slowly",
  LIMIT: "A limit of the agent would be exceeded: reduce the volume or close positions",
};

/** The caller's own signal ended it before it was sent. */
export function abortedError(command: CommandName, cause: unknown): MT5Error {
  const remedy = "Nothing to do: your signal ended it, and nothing was sent";
  return notExecutedError(command, "NOT_SENT", "the caller aborted it", cause, remedy);
}

/** The broker or the terminal refused it. */
export function rejectedError(command: CommandName, code: number, comment: string): TradeRejectedError {
  const info = retcode(code);
  const told = comment === "" ? "" : ` (${comment})`;
  return new TradeRejectedError(
    `Cannot ${command.action}: ${info.name} ${code}, ${lowerFirst(info.meaning)}${told}`,
    {
      code: "REJECTED",
      remedy: info.remedy,
      commandId: command.id,
      retcode: code,
      retcodeName: info.name,
      brokerComment: comment,
    },
  );
}

/** It was certainly not executed, and the broker had no say in it. */
export function notExecutedError(
  command: CommandName,
  reason: NotExecutedReason,
  detail: string,
  cause?: unknown,
  remedy: string = remedies[reason],
): MT5Error {
  const message = `Cannot ${command.action}: not executed, ${detail}`;
  const withCause = cause === undefined ? {} : { cause };
  if (reason === "RATE_LIMITED") return new RateLimitError(message, { code: reason, remedy, ...withCause });
  if (reason === "LIMIT") return new LimitExceededError(message, { code: reason, remedy, ...withCause });
  return new TradeRejectedError(message, {
    code: reason === "ID_REUSED" ? reason : "NOT_EXECUTED",
    remedy,
    commandId: command.id,
    retcode: 0,
    retcodeName: reason,
    ...withCause,
  });
}

/** The caller's time is up and nobody can tell. */
export function unknownError(
  command: CommandName,
  detail: string,
  seen: UnknownOutcome | undefined,
  cause?: unknown,
): OutcomeUnknownError {
  const code = seen?.retcode ?? 0;
  return new OutcomeUnknownError(`Cannot tell the outcome of "${command.action}": ${detail}`, {
    commandId: command.id,
    retcode: code,
    retcodeName: code === 0 ? "NONE" : retcode(code).name,
    ...(cause === undefined ? {} : { cause }),
  });
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
