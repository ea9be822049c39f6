import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BrokerTimeZone,
  easternEuropeanTime,
  newYorkCloseTime,
  utcTime,
} from "../../../src/domain/broker-time.ts";

const utc = (text: string): number => Date.parse(`${text}Z`);
const HOUR = 3_600_000;

describe("BrokerTimeZone", () => {
  const us = new BrokerTimeZone();
  const eu = new BrokerTimeZone(easternEuropeanTime);

  test("the default is UTC+2 with New York's daylight saving", () => {
    expect(us.rule).toBe(newYorkCloseTime);
    expect(us.toBroker(utc("2024-01-10T12:00:00"))).toBe(utc("2024-01-10T14:00:00"));
    expect(us.toBroker(utc("2024-07-10T12:00:00"))).toBe(utc("2024-07-10T15:00:00"));
  });

  test.each([
    ["2024-03-10T07:00:00", 2, 3],
    ["2024-11-03T06:00:00", 3, 2],
    ["2020-03-08T07:00:00", 2, 3],
    ["2006-04-02T07:00:00", 2, 3],
    ["2006-10-29T06:00:00", 3, 2],
  ])("the us rule switches at %s UTC to the millisecond", (at, before, after) => {
    expect(us.offsetMs(utc(at) - 1)).toBe(before * HOUR);
    expect(us.offsetMs(utc(at))).toBe(after * HOUR);
  });

  test.each([
    ["2024-03-31T01:00:00", 2, 3],
    ["2024-10-27T01:00:00", 3, 2],
    ["2026-03-29T01:00:00", 2, 3],
  ])("the eu rule switches at %s UTC to the millisecond", (at, before, after) => {
    expect(eu.offsetMs(utc(at) - 1)).toBe(before * HOUR);
    expect(eu.offsetMs(utc(at))).toBe(after * HOUR);
  });

  test("between the two switches in March the us and eu rules differ", () => {
    expect(us.offsetMs(utc("2024-03-20T12:00:00"))).toBe(3 * HOUR);
    expect(eu.offsetMs(utc("2024-03-20T12:00:00"))).toBe(2 * HOUR);
  });

  test("a fixed offset has no switch", () => {
    const fixed = new BrokerTimeZone({ standardOffsetMinutes: -300, daylight: "none" });
    expect(fixed.toBroker(utc("2024-07-10T12:00:00"))).toBe(utc("2024-07-10T07:00:00"));
    expect(fixed.toUtc(utc("2024-07-10T07:00:00"))).toBe(utc("2024-07-10T12:00:00"));
    expect(new BrokerTimeZone(utcTime).toBroker(5)).toBe(5);
  });

  test("toUtc takes the first instant of the hour that autumn repeats", () => {
    expect(us.toUtc(utc("2024-11-03T08:30:00"))).toBe(utc("2024-11-03T05:30:00"));
  });

  test("toUtc takes the second instant of the repeated hour after a later record", () => {
    const earlier = utc("2024-11-03T05:59:00");
    expect(us.toUtc(utc("2024-11-03T08:30:00"), earlier)).toBe(utc("2024-11-03T06:30:00"));
    expect(us.toUtc(utc("2024-11-03T08:59:30"), earlier)).toBe(utc("2024-11-03T05:59:30"));
  });

  test("toUtc reads a time that spring skips with the offset before the switch", () => {
    expect(us.toUtc(utc("2024-03-10T09:30:00"))).toBe(utc("2024-03-10T07:30:00"));
  });

  test("toUtc turns every broker time back into an instant of that broker time", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: utc("1990-01-01T00:00:00"), max: utc("2060-01-01T00:00:00") }),
        fc.constantFrom(us, eu),
        (at, zone) => {
          const broker = zone.toBroker(at);
          expect(zone.toBroker(zone.toUtc(broker))).toBe(broker);
          expect(zone.toUtc(broker, at)).toBe(at);
        },
      ),
    );
  });

  test("an impossible offset is refused with the value", () => {
    expect(() => new BrokerTimeZone({ standardOffsetMinutes: 7200, daylight: "us" })).toThrow(/7200/);
  });
});

/** What the time zone database says: minutes ahead of UTC. */
function zoneOffsetMinutes(zone: string): (utcMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (utcMs) => {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(utcMs)) part[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = part;
    return (Date.UTC(year, month - 1, day, hour, minute) - utcMs) / 60_000;
  };
}

describe("BrokerTimeZone against the time zone database", () => {
  test.each([
    [
      "the us rule is New York's time and seven hours, so that the day ends at 17:00 there",
      newYorkCloseTime,
      "America/New_York",
      420,
      1987,
    ],
    ["the eu rule is Helsinki's time", easternEuropeanTime, "Europe/Helsinki", 0, 1997],
  ] as const)(
    "%s, every half hour around each change and at noon of every day",
    (_, rule, zone, ahead, firstYear) => {
      const own = new BrokerTimeZone(rule);
      const database = zoneOffsetMinutes(zone);
      let changes = 0;
      for (let day = Date.UTC(firstYear, 0, 1, 12); day < Date.UTC(2038, 0, 1); day += 24 * HOUR) {
        const offsetMinutes = own.offsetMs(day) / 60_000;
        if (offsetMinutes !== database(day) + ahead)
          expect(new Date(day).toISOString()).toBe("a day of another offset");
        if (own.offsetMs(day - 24 * HOUR) === own.offsetMs(day)) continue;
        changes++;
        for (let at = day - 24 * HOUR; at <= day; at += HOUR / 2) {
          expect([new Date(at).toISOString(), own.offsetMs(at) / 60_000]).toEqual([
            new Date(at).toISOString(),
            database(at) + ahead,
          ]);
          expect(own.toUtc(own.toBroker(at), at)).toBe(at);
        }
      }
      expect(changes).toBe(2 * (2038 - firstYear));
    },
  );

  test("a day of broker time around a change has 23 or 25 hours, and its midnights are an hour apart from today's offset", () => {
    const us = new BrokerTimeZone(newYorkCloseTime);
    const hours = (day: string, next: string): number => (us.toUtc(utc(next)) - us.toUtc(utc(day))) / HOUR;
    expect(hours("2024-03-10T00:00:00", "2024-03-11T00:00:00")).toBe(23);
    expect(hours("2024-11-03T00:00:00", "2024-11-04T00:00:00")).toBe(25);
    expect(hours("2024-11-05T00:00:00", "2024-11-06T00:00:00")).toBe(24);
    const winter = new BrokerTimeZone({ standardOffsetMinutes: 120, daylight: "none" });
    expect(winter.toUtc(utc("2024-07-01T00:00:00")) - us.toUtc(utc("2024-07-01T00:00:00"))).toBe(HOUR);
  });
});
