import type { BarRecord, BookRecord, BookSide } from "../../domain/market.ts";
import type { TickRecord } from "../../domain/records.ts";

/** Bytes of one packed record, MqlTick and MqlRates alike. */
export const recordBytes = 60;
/** Bytes of one packed level of a market depth. */
export const bookRecordBytes = 28;

/** ENUM_BOOK_TYPE, from 1. */
const bookSides: readonly BookSide[] = ["sell", "buy", "sellMarket", "buyMarket"];

/** Packs ticks in the layout of MqlTick (docs/protocol.md, section 3). */
export function packTicks(ticks: readonly TickRecord[]): Uint8Array {
  const bytes = new Uint8Array(ticks.length * recordBytes);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const tick of ticks) {
    view.setBigInt64(at, BigInt(Math.floor(tick.timeBrokerMs / 1000)), true);
    view.setFloat64(at + 8, tick.bid, true);
    view.setFloat64(at + 16, tick.ask, true);
    view.setFloat64(at + 24, tick.last, true);
    view.setBigUint64(at + 32, BigInt(tick.volume), true);
    view.setBigInt64(at + 40, BigInt(tick.timeBrokerMs), true);
    view.setUint32(at + 48, tick.flags, true);
    view.setFloat64(at + 52, tick.volumeReal, true);
    at += recordBytes;
  }
  return bytes;
}

/** Reads packed ticks. Throws a RangeError unless the length is a whole number of records. */
export function unpackTicks(bytes: Uint8Array): TickRecord[] {
  const view = viewOf("ticks", bytes, recordBytes);
  const ticks: TickRecord[] = [];
  for (let at = 0; at < bytes.length; at += recordBytes) {
    ticks.push({
      timeBrokerMs: Number(view.getBigInt64(at + 40, true)),
      bid: view.getFloat64(at + 8, true),
      ask: view.getFloat64(at + 16, true),
      last: view.getFloat64(at + 24, true),
      volume: Number(view.getBigUint64(at + 32, true)),
      volumeReal: view.getFloat64(at + 52, true),
      flags: view.getUint32(at + 48, true),
    });
  }
  return ticks;
}

/** Packs bars in the layout of MqlRates (docs/protocol.md, section 3). */
export function packBars(bars: readonly BarRecord[]): Uint8Array {
  const bytes = new Uint8Array(bars.length * recordBytes);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const bar of bars) {
    view.setBigInt64(at, BigInt(Math.floor(bar.timeBrokerMs / 1000)), true);
    view.setFloat64(at + 8, bar.open, true);
    view.setFloat64(at + 16, bar.high, true);
    view.setFloat64(at + 24, bar.low, true);
    view.setFloat64(at + 32, bar.close, true);
    view.setBigInt64(at + 40, BigInt(bar.tickVolume), true);
    view.setInt32(at + 48, bar.spread, true);
    view.setBigInt64(at + 52, BigInt(bar.realVolume), true);
    at += recordBytes;
  }
  return bytes;
}

/** Reads packed bars. Throws a RangeError unless the length is a whole number of records. */
export function unpackBars(bytes: Uint8Array): BarRecord[] {
  const view = viewOf("bars", bytes, recordBytes);
  const bars: BarRecord[] = [];
  for (let at = 0; at < bytes.length; at += recordBytes) {
    bars.push({
      timeBrokerMs: Number(view.getBigInt64(at, true)) * 1000,
      open: view.getFloat64(at + 8, true),
      high: view.getFloat64(at + 16, true),
      low: view.getFloat64(at + 24, true),
      close: view.getFloat64(at + 32, true),
      tickVolume: Number(view.getBigInt64(at + 40, true)),
      spread: view.getInt32(at + 48, true),
      realVolume: Number(view.getBigInt64(at + 52, true)),
    });
  }
  return bars;
}

/** Packs a market depth (docs/protocol.md, section 5.6). */
export function packBook(levels: readonly BookRecord[]): Uint8Array {
  const bytes = new Uint8Array(levels.length * bookRecordBytes);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const level of levels) {
    view.setInt32(at, bookSides.indexOf(level.side) + 1, true);
    view.setFloat64(at + 4, level.price, true);
    view.setBigInt64(at + 12, BigInt(level.volume), true);
    view.setFloat64(at + 20, level.volumeReal, true);
    at += bookRecordBytes;
  }
  return bytes;
}

/** Reads a packed market depth. Throws a RangeError for a broken length or a type that does not exist. */
export function unpackBook(bytes: Uint8Array): BookRecord[] {
  const view = viewOf("market depth", bytes, bookRecordBytes);
  const levels: BookRecord[] = [];
  for (let at = 0; at < bytes.length; at += bookRecordBytes) {
    const type = view.getInt32(at, true);
    const side = bookSides[type - 1];
    if (side === undefined) throw new RangeError(`Cannot read market depth: there is no type ${type}`);
    levels.push({
      side,
      price: view.getFloat64(at + 4, true),
      volume: Number(view.getBigInt64(at + 12, true)),
      volumeReal: view.getFloat64(at + 20, true),
    });
  }
  return levels;
}

function viewOf(what: string, bytes: Uint8Array, size: number): DataView {
  if (bytes.length % size !== 0) {
    throw new RangeError(`Cannot read ${what}: ${bytes.length} bytes are no multiple of ${size}`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
