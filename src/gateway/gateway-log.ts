/** Levels of the gateway's log, as the Python gateway names them. */
export type GatewayLogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR";

/** Takes log entries; facts stand beside the message and never hold a secret. */
export interface GatewayLog {
  /** False: nothing becomes of `debug`, so what it would be told need not be put together. */
  readonly debugs?: boolean;
  /** What is of interest when something is looked for. */
  debug(message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What happens in the course of business. */
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What somebody should look at. */
  warning(message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What somebody must look at. */
  error(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** A log that hands each entry as one line to `write`, in the form of Python's `logging`. */
export function lineLog(
  write: (line: string, level: GatewayLogLevel) => void,
  stamp: () => string,
  lowest: GatewayLogLevel,
): GatewayLog {
  const order: readonly GatewayLogLevel[] = ["DEBUG", "INFO", "WARNING", "ERROR"];
  const at =
    (level: GatewayLogLevel) =>
    (message: string, facts: Readonly<Record<string, unknown>> = {}): void => {
      if (order.indexOf(level) < order.indexOf(lowest)) return;
      const told = Object.entries(facts).map(([name, fact]) => ` ${name}=${text(fact)}`);
      write(`${stamp()} - ${level} - ${message}${told.join("")}`, level);
    };
  return {
    debugs: lowest === "DEBUG",
    debug: at("DEBUG"),
    info: at("INFO"),
    warning: at("WARNING"),
    error: at("ERROR"),
  };
}

/** One line, whatever a client has put into its request. */
function text(fact: unknown): string {
  if (fact instanceof Error)
    return JSON.stringify(fact.cause === undefined ? fact.message : `${fact.message}: ${String(fact.cause)}`);
  if (typeof fact === "string") return /^[\w.:/@+-]+$/.test(fact) ? fact : JSON.stringify(fact);
  return typeof fact === "object" ? JSON.stringify(fact) : String(fact);
}
