import { BodyError } from "../protocol/v1/codec.ts";
import type { ReplyError } from "../protocol/v1/messages.ts";
import { ShapeError } from "../protocol/v1/reply-schemas.ts";
import {
  AuthenticationError,
  ConnectionError,
  type MT5Error,
  ProtocolError,
  RateLimitError,
  RequestRefusedError,
} from "./errors.ts";

/** The caller ended it. */
export function abortError(op: string, signal: AbortSignal | undefined): ConnectionError {
  return new ConnectionError(`Cannot finish "${op}": the caller aborted it`, {
    code: "ABORTED",
    remedy: "Nothing to do: the caller's signal ended it",
    cause: signal?.reason,
  });
}

/** The answer is none of this protocol. */
export function badReply(op: string, cause: unknown): ProtocolError {
  const detail = cause instanceof ShapeError || cause instanceof BodyError ? cause.message : String(cause);
  return new ProtocolError(`Cannot read the answer to "${op}": ${detail}`, {
    code: "BAD_REPLY",
    remedy: "Use an agent and a connector of the same protocol revision",
    cause,
  });
}

/** The error of a refused request. Losing the session is a matter of the connection; the rest is a refusal. */
export function refusal(op: string, error: ReplyError, agentId: string): MT5Error {
  const message = `Cannot do "${op}" at agent "${agentId}": ${error.message}`;
  const code: string = error.code;
  switch (code) {
    case "NO_SESSION":
    case "EPOCH":
    case "REPLAYED":
    case "STALE":
      return new ConnectionError(message, { code, remedy: "Ask again: a new session is being opened" });
    case "MAC":
      return new AuthenticationError(message, {
        code,
        remedy: "Check that the keys on both sides belong together",
      });
    case "BUSY":
    case "RATE_LIMITED":
      return new RateLimitError(message, { code, remedy: "Ask more slowly" });
    case "BAD_REQUEST":
    case "REVISION":
    case "UNKNOWN_OP":
      return new ProtocolError(message, {
        code,
        remedy: "Use an agent and a connector of the same protocol revision",
      });
    case "UNKNOWN_SYMBOL": {
      const candidates = error.candidates ?? [];
      const remedy =
        candidates.length > 0
          ? `Did you mean ${candidates.slice(0, 5).join(", ")}? Symbols are matched exactly`
          : "Use a name that marketData.getAllSymbols() lists: symbols are matched exactly";
      return new RequestRefusedError(message, { code, remedy });
    }
    case "LEDGER_GONE":
    case "BAD_CURSOR":
      return new RequestRefusedError(message, { code, remedy: "Start again with a snapshot" });
    case "ROLE":
      return new RequestRefusedError(message, { code, remedy: "Use a connector that opens a trade session" });
    case "SESSIONS":
      return new RequestRefusedError(message, {
        code,
        remedy: "Close other connectors that use the same key",
      });
    default:
      return new RequestRefusedError(message, { code, remedy: "Read the agent's log for the reason" });
  }
}
