import type { AgentCore } from "../connector/agent-core.ts";
import { randomName } from "../connector/backoff.ts";
import type { ExecutedOutcome, Intent } from "../protocol/v1/messages.ts";
import { intentDigest } from "../protocol/v1/signing.ts";
import { invalid } from "./normalise.ts";
import type { CommandOptions } from "./trade-types.ts";

/** A command that is ready to be sent. */
export interface Sending {
  readonly intent: Intent;
  /** `buy 0.1 EURUSD`, for errors. */
  readonly action: string;
  /** True for closes and cancels, which no limit and no breaker stops. */
  readonly reduces?: boolean;
  /** What the limits count; left out for what opens nothing. */
  readonly opens?: { readonly lots: number; readonly symbol: string };
  readonly options: CommandOptions & { readonly expiration?: Date };
  readonly onLeaving?: OnLeaving | undefined;
}

/** Called when a command has taken its place in the row of those to be sent. */
export type OnLeaving = () => void;

/** An executed command. */
export interface Sent {
  readonly id: string;
  readonly outcome: ExecutedOutcome;
  /** From the start of the call to the outcome, in milliseconds. */
  readonly executionMs: number;
}

const maxTimeoutMs = 60_000;

/** Sends a command. Resolves with its execution; rejects as `Outbox.submit` does. */
export async function sendCommand(core: AgentCore, startMs: number, sending: Sending): Promise<Sent> {
  const { action, options, opens, reduces = false } = sending;
  const id = options.id ?? `o-${randomName(core.randomBytes)}`;
  checkCommandId(id, action);
  const intent = JSON.stringify(sending.intent);
  const input = {
    id,
    action,
    intent,
    digest: intentDigest(intent),
    reduces,
    opens: opens !== undefined,
    named: options.id !== undefined,
    timeoutMs: commandTimeoutMs(core, options, action),
    signal: options.signal,
  };
  const executed = core.command(input, opens);
  sending.onLeaving?.();
  const outcome = await executed;
  return { id, outcome, executionMs: core.clock.nowMs() - startMs };
}

/** Throws unless an id can name a command. */
export function checkCommandId(id: string, action: string): void {
  if (typeof id === "string" && /^[\x21-\x7e]{1,64}$/.test(id)) return;
  throw invalid(
    action,
    "its id is not 1 to 64 printable ASCII characters without space",
    "Choose another id",
  );
}

function commandTimeoutMs(core: AgentCore, options: Sending["options"], action: string): number {
  const { expiration, timeoutMs = core.options.timeouts.tradeTimeoutMs } = options;
  if (!Number.isFinite(timeoutMs) || timeoutMs <= 0 || timeoutMs > maxTimeoutMs) {
    throw invalid(
      action,
      `timeoutMs ${timeoutMs} is not from 1 to 60000`,
      "Give milliseconds, at most a minute",
    );
  }
  if (expiration === undefined) return timeoutMs;
  const left = (expiration instanceof Date ? expiration.getTime() : Number.NaN) - core.clock.wallMs();
  if (Number.isNaN(left)) throw invalid(action, "expiration is no date", "Give a Date");
  if (left <= 0) throw invalid(action, "its expiration has passed", "Give an expiration in the future");
  return Math.min(timeoutMs, Math.ceil(left));
}
