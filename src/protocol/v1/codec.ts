import { limits } from "./limits.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes that are no body of this protocol. */
export class BodyError extends Error {
  override readonly name = "BodyError";
}

/** Encodes a body. Throws a BodyError for a number that JSON cannot carry. */
export function encodeBody(body: object): Uint8Array {
  return encoder.encode(
    JSON.stringify(body, (key, value: unknown) => {
      if (typeof value === "number" && !Number.isFinite(value)) {
        throw new BodyError(`Cannot encode "${key}": ${value} is no JSON number`);
      }
      return value;
    }),
  );
}

/**
 * Decodes a body into a plain object, checking size and depth before parsing. Throws a BodyError for anything else than
 * one JSON object with finite numbers and without duplicate names: of two values for one name, two readers could take
 * different ones.
 */
export function decodeBody(
  bytes: Uint8Array,
  maxBytes: number = limits.maxReplyBytes,
): Readonly<Record<string, unknown>> {
  if (bytes.length > maxBytes)
    throw new BodyError(`Cannot read a body: ${bytes.length} bytes, at most ${maxBytes}`);
  const written = countWrittenMembers(bytes);
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new BodyError("Cannot read a body: not UTF-8 JSON", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BodyError("Cannot read a body: not a JSON object");
  }
  if (countMembers(value) !== written)
    throw new BodyError("Cannot read a body: a name stands twice in one object");
  return value as Readonly<Record<string, unknown>>;
}

/** Counts the members of all objects by their colons, without parsing, and refuses deep nesting on the way. */
function countWrittenMembers(bytes: Uint8Array): number {
  let depth = 0;
  let members = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x3a) members++;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > limits.maxJsonDepth)
        throw new BodyError(`Cannot read a body: nested deeper than ${limits.maxJsonDepth}`);
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return members;
}

/** Counts the members of all objects in a parsed value; fewer than were written if a name stood twice. */
function countMembers(value: unknown): number {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new BodyError("Cannot read a body: a number is too large");
  }
  if (typeof value !== "object" || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += countMembers(item);
    return members;
  }
  for (const member of Object.values(value)) members += 1 + countMembers(member);
  return members;
}
