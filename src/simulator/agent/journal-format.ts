import { JournalDamagedError } from "./journal-store.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const newline = 0x0a;

/** CRC-32 (ISO-HDLC), the table of its bytes. */
const crcTable: Readonly<Int32Array> = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/**
 * One record as a line: checksum, place, and how many records were durable when it was written. The last tells a torn
 * end, which may be cut off, from damage to what was durable, which may not.
 */
export function encodeRecord(index: number, durable: number, value: object): Uint8Array {
  // The checksum's place is held free by as many characters, so that the text is encoded once.
  const line = encoder.encode(`00000000 ${index} ${durable} ${JSON.stringify(value)}\n`);
  const checksum = crc32(line.subarray(9, -1)).toString(16).padStart(8, "0");
  for (let i = 0; i < 8; i++) line[i] = checksum.charCodeAt(i);
  return line;
}

/** A whole journal that is put in place at once: each record claims all of them, since none can be there alone. */
export function encodeImage(values: readonly object[]): Uint8Array {
  return concatBytes(values.map((value, index) => encodeRecord(index, values.length, value)));
}

/** What stands in a journal. */
export interface JournalContent {
  readonly records: readonly Readonly<Record<string, unknown>>[];
  /** Bytes of whole records; what follows is torn. */
  readonly length: number;
}

/** Reads a journal up to its torn end. Throws a `JournalDamagedError` when what was durable is damaged. */
export function decodeRecords(bytes: Uint8Array): JournalContent {
  const records: Readonly<Record<string, unknown>>[] = [];
  let length = 0;
  let durable = 0;
  let torn = false;
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(newline, at);
    const record = end === -1 ? undefined : decodeLine(bytes.subarray(at, end));
    if (record !== undefined) durable = Math.max(durable, record.durable);
    if (record === undefined || record.index !== records.length) torn = true;
    if (record !== undefined && !torn) {
      records.push(record.value);
      length = end + 1;
    }
    at = end === -1 ? bytes.length : end + 1;
  }
  // A journal begins as an image, in one piece: one without a first record is no journal, or a damaged one.
  if (durable > records.length || (bytes.length > 0 && records.length === 0)) {
    throw new JournalDamagedError(records.length, length);
  }
  return { records, length };
}

/** All parts in one array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

interface Line {
  readonly index: number;
  readonly durable: number;
  readonly value: Readonly<Record<string, unknown>>;
}

function decodeLine(line: Uint8Array): Line | undefined {
  if (line.length < 14 || line[8] !== 0x20) return undefined;
  const text = line.subarray(9);
  const expected = crc32(text).toString(16).padStart(8, "0");
  for (let i = 0; i < 8; i++) if (line[i] !== expected.charCodeAt(i)) return undefined;
  // The checksum holds, so these are the bytes that were written, and they can be read.
  const [index, durable, json] = splitTwice(decoder.decode(text));
  return {
    index: Number(index),
    durable: Number(durable),
    value: JSON.parse(json) as Readonly<Record<string, unknown>>,
  };
}

function splitTwice(text: string): readonly [string, string, string] {
  const first = text.indexOf(" ");
  const second = text.indexOf(" ", first + 1);
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ (crcTable[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
