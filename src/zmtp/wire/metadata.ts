import { ZmtpFault } from "../fault.ts";
import { maxIdentityBytes, maxMetadataProperties } from "../limits.ts";
import { ascii, concat, readUint32, writeUint32 } from "./bytes.ts";

/** A peer's properties: names in lower case, since their case has no meaning, and opaque values. */
export type Metadata = ReadonlyMap<string, Uint8Array>;

/** Properties in the form that READY and INITIATE carry. */
export function encodeMetadata(
  properties: readonly (readonly [name: string, value: Uint8Array])[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, value] of properties) {
    const head = new Uint8Array(1 + name.length + 4);
    head[0] = name.length;
    head.set(ascii(name), 1);
    writeUint32(head, 1 + name.length, value.length);
    parts.push(head, value);
  }
  return concat(...parts);
}

/** Reads properties; the whole of `bytes` must be used up. Values are views of `bytes`. */
export function decodeMetadata(bytes: Uint8Array): Metadata {
  const properties = new Map<string, Uint8Array>();
  let at = 0;
  while (at < bytes.length) {
    if (properties.size === maxMetadataProperties)
      throw invalid(`more than ${maxMetadataProperties} properties`);
    const nameLength = bytes[at] as number;
    const nameEnd = at + 1 + nameLength;
    if (nameLength === 0) throw invalid("a name is empty");
    if (nameEnd + 4 > bytes.length) throw invalid("it ends within a property");
    const name = readName(bytes.subarray(at + 1, nameEnd));
    const valueLength = readUint32(bytes, nameEnd);
    const valueEnd = nameEnd + 4 + valueLength;
    if (valueEnd > bytes.length) throw invalid("it ends within a value");
    if (properties.has(name)) throw invalid(`"${name}" stands twice`);
    properties.set(name, bytes.subarray(nameEnd + 4, valueEnd));
    at = valueEnd;
  }
  const identity = properties.get("identity");
  if (identity !== undefined) {
    if (identity.length > maxIdentityBytes) throw invalid("the identity is too long");
    if (identity[0] === 0) throw invalid("the identity begins with a zero octet");
  }
  return properties;
}

function readName(bytes: Uint8Array): string {
  const name = String.fromCharCode(...bytes);
  if (!/^[A-Za-z0-9\-_.+]+$/.test(name)) throw invalid("a name holds characters that it may not");
  return name.toLowerCase();
}

function invalid(detail: string): ZmtpFault {
  return new ZmtpFault("invalid-metadata", `The peer's metadata is invalid: ${detail}`);
}
