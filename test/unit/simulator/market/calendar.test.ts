import { describe, expect, it } from "vitest";
import { SimulatedTerminal } from "../../../../src/simulator/broker/terminal.ts";
import {
  type CalendarRelease,
  knownReleases,
  listedCalendar,
} from "../../../../src/simulator/market/calendar.ts";
import { generatedCalendar } from "../../../../src/simulator/market/generated-calendar.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";

const at = (text: string): number => Date.parse(text);
const year = [at("2024-01-01T00:00:00Z"), at("2024-12-31T23:59:59Z")] as const;

function named(releases: readonly CalendarRelease[], name: string): CalendarRelease[] {
  return releases.filter((release) => release.name === name);
}

describe("generatedCalendar", () => {
  it("gives the same for the same seed, other numbers for another, and every id once", () => {
    const first = generatedCalendar({ seed: 7 }).releases(...year);
    expect(generatedCalendar({ seed: 7 }).releases(...year)).toEqual(first);
    expect(generatedCalendar({ seed: 8 }).releases(...year)).not.toEqual(first);
    expect(new Set(first.map((release) => release.id)).size).toBe(first.length);
    for (const { id } of first) expect(id).toMatch(/^[1-9]\d{0,17}$/);
  });

  it("gives a part of time as the same part of a longer one, oldest first", () => {
    const source = generatedCalendar();
    const whole = source.releases(...year);
    const middle = [at("2024-03-05T12:00:00Z"), at("2024-06-06T18:00:00Z")] as const;
    expect(source.releases(...middle)).toEqual(
      whole.filter(({ utcMs }) => utcMs >= middle[0] && utcMs <= middle[1]),
    );
    const times = whole.map(({ utcMs }) => utcMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("publishes payrolls on the first Friday at 8:30 in New York, in winter and in summer", () => {
    const days = named(generatedCalendar().releases(...year), "Nonfarm Payrolls").map(({ utcMs }) =>
      new Date(utcMs).toISOString(),
    );
    expect(days).toHaveLength(12);
    expect(days.slice(0, 4)).toEqual([
      "2024-01-05T13:30:00.000Z",
      "2024-02-02T13:30:00.000Z",
      "2024-03-01T13:30:00.000Z",
      "2024-04-05T12:30:00.000Z",
    ]);
  });

  it("moves what would fall on a weekend to the Monday after", () => {
    for (const { utcMs, name } of generatedCalendar().releases(...year)) {
      expect([1, 2, 3, 4, 5], name).toContain(new Date(utcMs).getUTCDay());
    }
  });

  it("tells as previous what the release before told as actual, and scales all numbers by a million", () => {
    const releases = generatedCalendar().releases(...year);
    for (const name of ["Nonfarm Payrolls", "Unemployment Rate", "Initial Jobless Claims"]) {
      const rows = named(releases, name);
      rows.slice(1).forEach((row, index) => {
        expect(row.millionths.previous).toBe(rows[index]?.millionths.actual);
      });
      for (const { millionths, digits } of rows) {
        const step = 1_000_000 / 10 ** digits;
        for (const number of Object.values(millionths)) expect((number ?? 0) % step).toBe(0);
      }
    }
    const payrolls = named(releases, "Nonfarm Payrolls");
    expect(payrolls.some(({ millionths }) => millionths.revisedPrevious !== null)).toBe(true);
  });

  it("ends, however long the time asked for", () => {
    expect(generatedCalendar().releases(0, Number.MAX_SAFE_INTEGER).length).toBeLessThan(50_000);
    expect(generatedCalendar().releases(9e15, Number.MAX_SAFE_INTEGER)).toEqual([]);
  });
});

describe("knownReleases", () => {
  const release = (id: string, day: number, actual: number, previous: number): CalendarRelease => ({
    id,
    eventId: "5",
    name: "Index",
    country: "US",
    currency: "USD",
    importance: "low",
    utcMs: Date.UTC(2024, 0, day),
    periodUtcMs: 0,
    unit: "none",
    multiplier: "none",
    digits: 0,
    above: "negative",
    millionths: { actual, forecast: 20_000_000, previous, revisedPrevious: 1_000_000 },
  });
  const source = listedCalendar([
    release("3", 3, 30e6, 10e6),
    release("2", 2, 10e6, 40e6),
    release("4", 4, 20e6, 30e6),
  ]);
  const always = [0, Date.UTC(2025, 0)] as const;

  it("hides what is published later, and the previous number of what comes after that", () => {
    const rows = knownReleases(source, ...always, Date.UTC(2024, 0, 2, 12));
    expect(
      rows.map(({ release: { id }, millionths, impact }) => [
        id,
        millionths.actual,
        millionths.previous,
        impact,
      ]),
    ).toEqual([
      ["2", 10e6, 40e6, "positive"],
      ["3", null, 10e6, "none"],
      ["4", null, null, "none"],
    ]);
    expect(rows.map(({ millionths }) => millionths.revisedPrevious)).toEqual([1_000_000, null, null]);
    expect(rows.map(({ millionths }) => millionths.forecast)).toEqual([20e6, 20e6, 20e6]);
  });

  it("hides it, too, if the span asked for begins after the release that is still to come", () => {
    const late = [Date.UTC(2024, 0, 4), Date.UTC(2024, 0, 5)] as const;
    expect(knownReleases(source, ...late, Date.UTC(2024, 0, 2, 12))[0]?.millionths.previous).toBeNull();
    expect(knownReleases(source, ...late, Date.UTC(2024, 0, 3, 12))[0]?.millionths.previous).toBe(30e6);
  });

  it("judges the impact by the forecast and by what a higher number means", () => {
    const impacts = knownReleases(source, ...always, Date.UTC(2025, 0)).map(({ impact }) => impact);
    expect(impacts).toEqual(["positive", "negative", "none"]);
  });
});

describe("SimulatedTerminal.calendar", () => {
  it("gives broker time, both ends included, and nothing while it is not connected", () => {
    const clock = new VirtualClock({ wallStartMs: at("2024-01-10T08:00:00Z") });
    const terminal = new SimulatedTerminal({ clock });
    // 8:30 in New York is 15:30 of the broker, all year.
    const brokerMs = Date.UTC(2024, 0, 5, 15, 30);
    const rows = terminal.calendar(brokerMs, brokerMs);
    expect(rows?.map(({ name }) => name)).toEqual(["Unemployment Rate", "Nonfarm Payrolls"]);
    expect(rows?.[0]).toMatchObject({ timeBrokerMs: brokerMs, periodBrokerMs: Date.UTC(2023, 11, 1) });
    expect(terminal.calendar(brokerMs + 1, brokerMs + 2)).toEqual([]);
    terminal.setConnected(false);
    expect(terminal.calendar(brokerMs, brokerMs)).toBeUndefined();
    terminal.dispose();
  });
});
