import { appendFileSync } from "node:fs";
import type { LogEntry, OpenLogFile } from "../connector/log.ts";

/**
 * Writes log entries to a file, one JSON object per line. The file is opened for each entry, so that it can be rotated
 * at any time and nothing is left open; an entry is on its way to the disk when the call returns, also if the process
 * dies right after. Throws at once if the file cannot be written.
 */
export const nodeLogFile: OpenLogFile = (path) => {
  appendFileSync(path, "");
  return (entry): void => appendFileSync(path, `${toLine(entry)}\n`);
};

function toLine(entry: LogEntry): string {
  const { time, level, category, agentId, message, data } = entry;
  return JSON.stringify({ time, level, category: category.join("."), agentId, message, data }, plain);
}

/** Errors and big integers have no JSON form of their own. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (!(value instanceof Error)) return value;
  const { name, message } = value;
  const code = "code" in value ? { code: value.code } : {};
  return { name, message, ...code, ...(value.cause === undefined ? {} : { cause: value.cause }) };
}
