import { UsageError } from "./usage-error.ts";

/** Three ports, as the transport names them. */
export interface Ports {
  readonly command: number;
  readonly events: number;
  readonly sync: number;
}

/** Reads `--ports A,B,C`; 0 means any free port. */
export function parsePorts(text: string): Ports {
  const parts = text.split(",");
  const numbers = parts.map((part) => (/^\d{1,5}$/.test(part.trim()) ? Number(part) : Number.NaN));
  const [command, events, sync] = numbers;
  const valid = numbers.length === 3 && numbers.every((port) => port >= 0 && port <= 65_535);
  if (!valid || command === undefined || events === undefined || sync === undefined) {
    throw new UsageError(
      `Cannot read --ports "${text}": not three ports from 0 to 65535`,
      "Give command, events and sync port, such as --ports 7001,7002,7003, or 0,0,0 for any free ones",
    );
  }
  const named = numbers.filter((port) => port !== 0);
  if (new Set(named).size !== named.length) {
    throw new UsageError(
      `Cannot read --ports "${text}": a port is named twice`,
      "Give three different ports",
    );
  }
  return { command, events, sync };
}

/** Reads `--speed N|max`. */
export function parseSpeed(text: string): number | "max" {
  if (text === "max") return "max";
  const speed = Number(text);
  if (text.trim() === "" || !Number.isFinite(speed) || speed <= 0) {
    throw new UsageError(
      `Cannot read --speed "${text}": neither a number above 0 nor max`,
      "Use 1 for real time, 60 for a minute in a second, max for as fast as possible",
    );
  }
  return speed;
}

/** Reads a whole number within bounds. */
export function parseWhole(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < min || value > max) {
    throw new UsageError(
      `Cannot read ${option} "${text}": not a whole number from ${min} to ${max}`,
      `Give ${option} a whole number from ${min} to ${max}`,
    );
  }
  return value;
}

/** Reads an amount above 0. */
export function parseAmount(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new UsageError(
      `Cannot read ${option} "${text}": not a number above 0`,
      `Give ${option} a number above 0`,
    );
  }
  return value;
}

/** Writes `--speed -1` as `--speed=-1`, so that the parser does not take a negative number for an option. */
export function joinNegativeNumbers(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [index, word] of argv.entries()) {
    const last = joined.at(-1);
    const isValue = index > 2 && /^-\.?\d/.test(word) && last !== undefined && /^--[^=]+$/.test(last);
    if (isValue) joined[joined.length - 1] = `${last}=${word}`;
    else joined.push(word);
  }
  return joined;
}
