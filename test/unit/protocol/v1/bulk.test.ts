import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packTicks, recordBytes, unpackTicks } from "../../../../src/protocol/v1/bulk.ts";
import { bytes, hex } from "../../../vectors/hex.ts";

const tick = {
  timeBrokerMs: 1_700_000_000_123,
  bid: 1.1,
  ask: 1.1002,
  last: 0,
  volume: 7,
  volumeReal: 7.5,
  flags: 6,
};
/** The layout of MqlTick, packed by hand: time, bid, ask, last, volume, time_msc, flags, volume_real. */
const packed =
  "00f15365000000009a9999999999f13f7cf2b0506b9af13f000000000000000007000000000000007b68e5cf8b010000060000000000000000001e40";

describe("packTicks", () => {
  it("packs a tick in the layout of MqlTick", () => {
    const view = new DataView(packTicks([tick]).buffer);
    expect(view.byteLength).toBe(recordBytes);
    expect(view.getBigInt64(0, true)).toBe(1_700_000_000n);
    expect(view.getFloat64(8, true)).toBe(1.1);
    expect(view.getFloat64(16, true)).toBe(1.1002);
    expect(view.getFloat64(24, true)).toBe(0);
    expect(view.getBigUint64(32, true)).toBe(7n);
    expect(view.getBigInt64(40, true)).toBe(1_700_000_000_123n);
    expect(view.getUint32(48, true)).toBe(6);
    expect(view.getFloat64(52, true)).toBe(7.5);
  });

  it("gives the bytes of a fixed vector", () => {
    expect(hex(packTicks([tick]))).toBe(packed);
    expect(unpackTicks(bytes(packed))).toEqual([tick]);
  });
});

describe("unpackTicks", () => {
  it("reads what was packed, from any offset of a buffer", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            timeBrokerMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
            bid: fc.double({ noNaN: true }),
            ask: fc.double({ noNaN: true }),
            last: fc.double({ noNaN: true }),
            volume: fc.maxSafeNat(),
            volumeReal: fc.double({ noNaN: true }),
            flags: fc.integer({ min: 0, max: 0xffff_ffff }),
          }),
          { maxLength: 20 },
        ),
        fc.integer({ min: 0, max: 9 }),
        (ticks, offset) => {
          const whole = new Uint8Array(offset + ticks.length * recordBytes);
          whole.set(packTicks(ticks), offset);
          expect(unpackTicks(whole.subarray(offset))).toEqual(ticks);
        },
      ),
    );
  });

  it("refuses a length that is no whole number of records", () => {
    expect(() => unpackTicks(new Uint8Array(61))).toThrow(RangeError);
    expect(() => unpackTicks(bytes("00"))).toThrow(RangeError);
    expect(unpackTicks(new Uint8Array(0))).toEqual([]);
  });
});
