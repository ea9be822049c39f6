import { readNothing } from "../protocol/v1/reply-schemas.ts";
import type { AgentCore, QueryOptions } from "./agent-core.ts";
import { ConnectionError, TimeoutError } from "./errors.ts";
import type { ConnectionStatus } from "./status.ts";

const action = "wait for the mirror";

/** Resolves when the mirror is in step with the terminal; see `MT5Agent.waitForSync`. */
export async function waitForSync(core: AgentCore, options: QueryOptions): Promise<void> {
  const timeoutMs = options.timeoutMs ?? core.options.timeouts.requestTimeoutMs;
  const deadlineMs = core.clock.nowMs() + timeoutMs;
  core.requireStarted(action);
  if (!core.link.session.eventsLive) await live(core, timeoutMs, options.signal);
  const leftMs = Math.max(1, deadlineMs - core.clock.nowMs());
  // An answer comes only after everything that it knows of has been applied.
  await core.query("query", "ping", {}, readNothing, { ...options, timeoutMs: leftMs });
}

/** Resolves when the ledger is followed. */
function live(core: AgentCore, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
  const { link, observers, agent } = core;
  return new Promise((resolve, reject) => {
    const finish = (end: () => void): void => {
      timer.cancel();
      observers.status.delete(observe);
      signal?.removeEventListener("abort", onAbort);
      end();
    };
    const observe = (status: ConnectionStatus): void => {
      if (link.session.eventsLive) finish(resolve);
      else if (status.state === "disconnected") {
        const cause = status.cause === undefined ? {} : { cause: status.cause };
        const message = `Cannot ${action}: agent "${agent.id}" is disconnected (${status.reason})`;
        finish(() =>
          reject(
            new ConnectionError(message, { code: "NOT_CONNECTED", remedy: "Call connect() first", ...cause }),
          ),
        );
      }
    };
    const late = (code: string, state: string): void =>
      finish(() =>
        reject(
          new TimeoutError(`Cannot ${action}: ${state}`, {
            code,
            remedy: "Look at the agent's connectionStatus, or allow more time",
          }),
        ),
      );
    const onAbort = (): void => late("ABORTED", "the caller aborted it");
    const timer = link.timers.set(
      () => late("TIMEOUT", `agent "${agent.id}" is ${link.status.state} after ${timeoutMs} ms`),
      timeoutMs,
    );
    observers.status.add(observe);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  });
}
