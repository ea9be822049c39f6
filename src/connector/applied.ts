import { limits } from "../protocol/v1/limits.ts";
import type { Timer } from "../transport/clock.ts";
import { TimeoutError } from "./errors.ts";
import type { TimerScope } from "./timers.ts";

/** A wait for the ledger to be applied up to what an answer knows. */
export interface AppliedWait {
  /** Resolves when it is. */
  readonly reached: Promise<void>;
  readonly timers: TimerScope;
  /** `op` and agent, for the error. */
  readonly what: string;
  readonly leftMs: number;
  /** Whether events flow; if not, the ledger is asked for at once. */
  readonly eventsLive: boolean;
  readonly signal: AbortSignal | undefined;
  /** Asks the ledger for what is missing. */
  fill(): void;
}

/**
 * An answer is complete for its caller when the ledger up to its place has been applied (docs/protocol.md, 4.3). Rejects
 * at the caller's deadline, or when the caller aborts.
 */
export async function waitApplied(wait: AppliedWait): Promise<void> {
  const { timers, signal, what } = wait;
  const fill = timers.set(() => wait.fill(), wait.eventsLive ? limits.appliedWaitMs : 0);
  let timer: Timer | undefined;
  let onAbort: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = (state: string, code: string): void =>
      reject(
        new TimeoutError(`Cannot finish ${what}: ${state}`, {
          code,
          remedy: "Ask again, and look at the agent's connectionStatus",
        }),
      );
    onAbort = (): void => fail("the caller aborted it", "ABORTED");
    signal?.addEventListener("abort", onAbort, { once: true });
    const state = "the events that its answer knows of did not come in time";
    timer = timers.set(() => fail(state, "TIMEOUT"), Math.max(0, wait.leftMs));
  });
  try {
    await Promise.race([wait.reached, late]);
  } finally {
    fill.cancel();
    timer?.cancel();
    signal?.removeEventListener("abort", onAbort);
  }
}
