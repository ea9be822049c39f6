import type { TickRecord } from "../../domain/records.ts";

/** Bytes of one packed record, MqlTick and MqlRates alike. */
export const recordBytes = 60;

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
  if (bytes.length % recordBytes !== 0) {
    throw new RangeError(`Cannot read ticks: ${bytes.length} bytes are no multiple of ${recordBytes}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
