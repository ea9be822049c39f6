/** A pending timer. */
export interface Timer {
  /** Stops the timer; has no effect once it has fired. */
  cancel(): void;
}

/** The time a component lives in. Injected, so that the same code runs in real and in virtual time. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin, with fractions; never goes back. */
  nowMs(): number;
  /** Milliseconds since 1970-01-01 UTC by the wall clock; may jump. */
  wallMs(): number;
  /** Calls `callback` once, `delayMs` milliseconds from now (0 or less: in a later turn, never synchronously). */
  setTimer(callback: () => void, delayMs: number): Timer;
}

/** The clock of the machine. Its timers keep the process alive while they are pending. */
export const systemClock: Clock = {
  nowMs: (): number => performance.now(),
  wallMs: (): number => Date.now(),
  setTimer(callback: () => void, delayMs: number): Timer {
    const handle = setTimeout(callback, Math.max(0, delayMs));
    return { cancel: (): void => clearTimeout(handle) };
  },
};
