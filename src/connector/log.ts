import { getConsoleSink, getLogger, type Logger, type Sink } from "@logtape/logtape";
import type { LoggingOptions } from "./options.ts";

/** Levels of log entries, lowest first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One log entry, as a custom handler gets it. */
export interface LogEntry {
  readonly time: Date;
  readonly level: LogLevel;
  /** `["mt5-connector", "session"]` and the like. */
  readonly category: readonly string[];
  readonly message: string;
  readonly agentId?: string;
  /** Facts beside the message; never a secret. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Takes log entries of one agent, or of the connector itself. */
export interface Log {
  debug(message: string, data?: Readonly<Record<string, unknown>>): void;
  info(message: string, data?: Readonly<Record<string, unknown>>): void;
  warn(message: string, data?: Readonly<Record<string, unknown>>): void;
  error(message: string, data?: Readonly<Record<string, unknown>>): void;
  /** The same log under a longer category and, if given, another agent. */
  child(name: string, agentId?: string): Log;
}

/** Opens a file for entries; comes from an adapter, because the core does no I/O. */
export type OpenLogFile = (path: string) => (entry: LogEntry) => void;

const order: readonly LogLevel[] = ["debug", "info", "warn", "error"];
/** What is longer is cut. */
const maxFactLetters = 500;
const tapeLevels = { debug: "debug", info: "info", warn: "warning", error: "error" } as const;

/**
 * The log of a connector. Entries always reach LogTape's category `mt5-connector`, whose sinks are the application's;
 * the `logging` options add a destination of their own and touch no global state.
 */
export function createLog(
  options: LoggingOptions | undefined,
  wallMs: () => number,
  openLogFile: OpenLogFile | undefined,
): Log {
  const write = destination(options, openLogFile);
  const lowest =
    options === undefined || options.level === "silent" ? order.length : order.indexOf(options.level);
  const deliver = (entry: LogEntry, logger: Logger): void => {
    logger[tapeLevels[entry.level] === "warning" ? "warn" : entry.level](entry.message, { ...entry.data });
    if (order.indexOf(entry.level) < lowest || write === undefined) return;
    try {
      write(entry);
    } catch (error) {
      // A handler that throws must not stop a trade; the other destination hears of it.
      logger.error("Cannot write a log entry: the handler threw", { error });
    }
  };
  return bind(["mt5-connector"], undefined, wallMs, deliver);
}

function bind(
  category: readonly string[],
  agentId: string | undefined,
  wallMs: () => number,
  deliver: (entry: LogEntry, logger: Logger) => void,
): Log {
  const logger = getLogger(category);
  const at =
    (level: LogLevel) =>
    (message: string, data: Readonly<Record<string, unknown>> = {}): void => {
      const entry = { time: new Date(wallMs()), level, category, message, data };
      deliver(agentId === undefined ? entry : { ...entry, agentId }, logger);
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (name, id = agentId): Log => bind([...category, name], id, wallMs, deliver),
  };
}

function destination(
  options: LoggingOptions | undefined,
  openLogFile: OpenLogFile | undefined,
): ((entry: LogEntry) => void) | undefined {
  if (options === undefined || options.level === "silent") return undefined;
  if (options.destination === "custom") return options.customHandler;
  if (options.destination === "file") return openLogFile?.(options.filePath ?? "");
  return consoleDestination(getConsoleSink());
}

/** Equal warnings in a row that the console shows, and for how long the rest is only counted. */
const maxEqualWarnings = 5;
const countingMs = 10_000;

/**
 * Writes entries with their facts to a console. A warning that repeats is shown a few times and then counted: thousands
 * of equal lines hide the one that matters. The other destinations, and errors, get every entry.
 */
export function consoleDestination(sink: Sink): (entry: LogEntry) => void {
  const seen = new Map<string, { readonly first: LogEntry; readonly text: string; count: number }>();
  const put = (entry: LogEntry, text: string): void =>
    sink({
      category: entry.category,
      level: tapeLevels[entry.level],
      message: [text],
      rawMessage: entry.message,
      timestamp: entry.time.getTime(),
      properties: { ...entry.data },
    });
  const sum = (time: Date): void => {
    for (const [key, { first, text, count }] of seen) {
      const agoMs = time.getTime() - first.time.getTime();
      // A clock that was set back must not keep a count open for ever.
      if (agoMs >= 0 && agoMs < countingMs) continue;
      seen.delete(key);
      const more = count - maxEqualWarnings;
      if (more > 0) put({ ...first, time }, `${text}: ${more} more times since ${first.time.toISOString()}`);
    }
  };
  return (entry): void => {
    sum(entry.time);
    const text = entry.agentId === undefined ? entry.message : `[${entry.agentId}] ${entry.message}`;
    if (entry.level === "warn") {
      const kind = seen.get(text) ?? { first: entry, text, count: 0 };
      kind.count++;
      seen.set(text, kind);
      if (kind.count > maxEqualWarnings + 1) return;
      if (kind.count > maxEqualWarnings) {
        put(entry, `${text}: again; for ${countingMs / 1000} s more of these are counted, not shown`);
        return;
      }
    }
    put(entry, `${text}${facts(entry.data)}`);
  };
}

/** ` (symbol NOPE, error "…")`, or nothing. */
function facts(data: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(data).flatMap(([name, value]) => {
    const text = fact(value);
    return text === "" ? [] : [`${name} ${text}`];
  });
  return shown.length === 0 ? "" : ` (${shown.join(", ")})`;
}

function fact(value: unknown): string {
  if (value === undefined || value === "") return "";
  if (value instanceof Error) return quoted(value.message === "" ? value.name : value.message);
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return shortened(JSON.stringify(value) ?? "");
  } catch {
    // Circular, or with a bigint: that it is there is still said.
    return Object.prototype.toString.call(value);
  }
}

/** Text from outside stays on its line. */
function quoted(text: string): string {
  return /^[\w.:+/-]+$/.test(text) ? shortened(text) : shortened(JSON.stringify(text));
}

function shortened(text: string): string {
  return text.length > maxFactLetters ? `${text.slice(0, maxFactLetters)}…` : text;
}
