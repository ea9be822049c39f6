import { expect, test } from "vitest";
import { formatStamp, parseStamp, Stamps } from "../../../src/gateway/timestamps.ts";

const at = (wallMs: number, nowMs: number) => ({
  wallMs: () => wallMs,
  nowMs: () => nowMs,
  setTimer: () => ({ cancel: () => undefined }),
});

test("formatStamp writes six fractional digits and Z", () => {
  expect(formatStamp(Date.UTC(2026, 0, 15, 2, 8, 34, 234) * 1000 + 567)).toBe("2026-01-15T02:08:34.234567Z");
  expect(formatStamp(0)).toBe("1970-01-01T00:00:00.000000Z");
});

test("Stamps takes the digits beyond milliseconds from the monotonic clock", () => {
  expect(new Stamps(at(Date.UTC(2026, 0, 1), 12.3456)).now()).toBe("2026-01-01T00:00:00.000345Z");
});

test("Stamps never repeats or steps back while the wall clock stands still or is set back a little", () => {
  let wallMs = Date.UTC(2026, 0, 1);
  const stamps = new Stamps({ ...at(0, 1.5), wallMs: () => wallMs });
  const first = stamps.now();
  const second = stamps.now();
  wallMs -= 1_000;
  const third = stamps.now();
  expect([first, second, third]).toEqual([first, second, third].sort());
  expect(new Set([first, second, third]).size).toBe(3);
});

test("Stamps follows a wall clock that is set back by hours", () => {
  let wallMs = Date.UTC(2026, 0, 1, 12);
  const stamps = new Stamps({ ...at(0, 0), wallMs: () => wallMs });
  stamps.now();
  wallMs -= 3_600_000;
  expect(stamps.now()).toBe("2026-01-01T11:00:00.000000Z");
});

test.each([
  ["2026-01-15T02:08:33Z", Date.UTC(2026, 0, 15, 2, 8, 33)],
  ["2026-01-15T02:08:33.123456Z", Date.UTC(2026, 0, 15, 2, 8, 33) + 123.456],
  ["2026-01-15T02:08:33.123456+00:00", Date.UTC(2026, 0, 15, 2, 8, 33) + 123.456],
  ["2026-01-15T03:08:33+01:00", Date.UTC(2026, 0, 15, 2, 8, 33)],
  ["2026-01-14T20:38:33-0530", Date.UTC(2026, 0, 15, 2, 8, 33)],
  ["2026-01-15 02:08:33", Date.UTC(2026, 0, 15, 2, 8, 33)],
])("parseStamp reads %s", (text, ms) => {
  expect(parseStamp(text)).toBeCloseTo(ms, 3);
});

test.each([
  "",
  "now",
  "1768442913",
  "2026-01-15",
  "2026-13-01T00:00:00Z",
  "2026-02-30T00:00:00Z",
  "2026-01-15T24:00:00Z",
  "2026-01-15T02:60:00Z",
  "2026-01-15T02:08:60Z",
  "2026-01-15T02:08:33z",
  "2026-01-15T02:08:33Z ",
  "2026-01-15T02:08:33+25:00",
  "2026-01-15T02:08:33+01:99",
  "٢٠٢٦-01-15T02:08:33Z",
])("parseStamp does not take %j for a time", (text) => {
  expect(parseStamp(text)).toBeUndefined();
});
