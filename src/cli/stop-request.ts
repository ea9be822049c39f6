/** A wish to stop, from whichever side it comes first. */
export interface StopRequest {
  /** Resolves with the reason. */
  readonly requested: Promise<string>;
  /** Asks to stop from within. */
  now(reason: string): void;
  /** Takes all listeners off again. */
  release(): void;
}

/** Listens for SIGINT and SIGTERM, and for the end of standard input if asked to. */
export function stopRequest(options: { readonly withStdin: boolean }): StopRequest {
  let settle: (reason: string) => void = () => undefined;
  const requested = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const onSignal = (signal: string): void => settle(signal);
  const onEnd = (): void => settle("standard input ended");
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  if (options.withStdin) {
    process.stdin.once("end", onEnd);
    process.stdin.once("close", onEnd);
    process.stdin.resume();
  }
  return {
    requested,
    now: (reason): void => settle(reason),
    release(): void {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
      if (options.withStdin) {
        process.stdin.off("end", onEnd);
        process.stdin.off("close", onEnd);
        process.stdin.destroy();
      }
    },
  };
}
