import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BrokerTimeZone, utcTime } from "../../../../src/domain/broker-time.ts";
import {
  isCurrencyPair,
  type MarketTick,
  QuoteFormatError,
  QuoteParser,
  type QuoteParserOptions,
  symbolOfFileName,
} from "../../../../src/simulator/market/mod.ts";

const vector = (name: string): string =>
  readFileSync(new URL(`../../../vectors/quotes/${name}`, import.meta.url), "utf8");

function parse(text: string, options: Partial<QuoteParserOptions> = {}): MarketTick[] {
  const parser = new QuoteParser({ symbol: "EURUSD", ...options });
  return [...parser.push(text), ...parser.end()];
}

const iso = (tick: MarketTick | undefined): string => new Date(tick?.utcMs ?? Number.NaN).toISOString();

describe("QuoteParser", () => {
  test("reads HistData ticks as Eastern Standard Time, UTC-5", () => {
    const ticks = parse(vector("EURUSD-ticks-histdata.csv"));
    expect(ticks).toHaveLength(30);
    expect(iso(ticks[1])).toBe("2020-01-01T22:00:07.131Z");
    expect(ticks[1]).toMatchObject({ symbol: "EURUSD", bid: 1.12114, ask: 1.12184 });
  });

  test("reads HistData ticks as UTC-5 in summer too, without daylight saving", () => {
    expect(iso(parse("20200701 170000000,1.1,1.2,0")[0])).toBe("2020-07-01T22:00:00.000Z");
  });

  test("reads CSV with a heading, an offset and microseconds", () => {
    const ticks = parse(vector("USDJPY-ticks-truefx.csv"), { symbol: "USDJPY" });
    expect(ticks).toHaveLength(25);
    expect(iso(ticks[1])).toBe("2013-01-01T22:00:09.157Z");
    expect(ticks[1]).toMatchObject({ symbol: "USDJPY", bid: 86.649, ask: 86.667 });
  });

  test("reads MetaTrader's export in broker time, blank fields being unchanged", () => {
    const ticks = parse(vector("EURUSDm_mt5_export.csv"), { symbol: "EURUSDm" });
    expect(ticks).toHaveLength(30);
    expect(ticks.slice(0, 3)).toEqual([
      {
        symbol: "EURUSDm",
        utcMs: Date.UTC(2024, 0, 10, 8, 0, 0, 0),
        bid: 1.09417,
        ask: 1.09423,
        last: 0,
        volume: 0,
        flags: 6,
      },
      {
        symbol: "EURUSDm",
        utcMs: Date.UTC(2024, 0, 10, 8, 0, 3, 211),
        bid: 1.09416,
        ask: 1.09423,
        last: 0,
        volume: 0,
        flags: 2,
      },
      {
        symbol: "EURUSDm",
        utcMs: Date.UTC(2024, 0, 10, 8, 0, 6, 422),
        bid: 1.09416,
        ask: 1.09428,
        last: 0,
        volume: 0,
        flags: 4,
      },
    ]);
  });

  test("reads MetaTrader's export in another broker's zone if told", () => {
    const text =
      "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\n2024.07.10\t10:00:00.5\t1.1\t1.2\t\t\t6\n";
    expect(iso(parse(text)[0])).toBe("2024-07-10T07:00:00.500Z");
    expect(iso(parse(text, { zone: new BrokerTimeZone(utcTime) })[0])).toBe("2024-07-10T10:00:00.500Z");
  });

  test("follows MetaTrader's export through the hour that autumn repeats", () => {
    const line = (time: string): string => `2024.11.03\t${time}\t1.1\t1.2\t\t\t6\n`;
    const ticks = parse(
      line("08:10:00.000") + line("08:50:00.000") + line("08:20:00.000") + line("09:00:00.000"),
    );
    expect(ticks.map(iso)).toEqual([
      "2024-11-03T05:10:00.000Z",
      "2024-11-03T05:50:00.000Z",
      "2024-11-03T06:20:00.000Z",
      "2024-11-03T07:00:00.000Z",
    ]);
  });

  test("leaves out and counts what comes before both bid and ask are known", () => {
    const parser = new QuoteParser({ symbol: "X" });
    const text = "2024.01.10\t10:00:00.000\t1.1\t\t\t\t2\n2024.01.10\t10:00:01.000\t\t1.2\t\t\t4\n";
    expect(parser.push(text)).toMatchObject([{ bid: 1.1, ask: 1.2 }]);
    expect(parser.skipped).toBe(1);
  });

  test.each([
    ["2024-01-10T08:00:00Z", "2024-01-10T08:00:00.000Z"],
    ["2024-01-10 08:00:00.123456+00:00", "2024-01-10T08:00:00.123Z"],
    ["2024-01-10T10:30:00.5+02:30", "2024-01-10T08:00:00.500Z"],
    ["2024-01-10T03:00:00-0500", "2024-01-10T08:00:00.000Z"],
    ["1704873600", "2024-01-10T08:00:00.000Z"],
    ["1704873600.25", "2024-01-10T08:00:00.250Z"],
    ["1704873600250", "2024-01-10T08:00:00.250Z"],
  ])("reads the CSV timestamp %s", (stamp, expected) => {
    expect(iso(parse(`${stamp},1.1,1.2\n`)[0])).toBe(expected);
  });

  test("reads CSV columns in the order that the heading gives", () => {
    expect(parse("Ask,Bid,Time\n1.2,1.1,2024-01-10T08:00:00Z")).toMatchObject([{ bid: 1.1, ask: 1.2 }]);
  });

  test("gives the same ticks wherever the text is cut", () => {
    for (const name of ["EURUSD-ticks-histdata.csv", "USDJPY-ticks-truefx.csv", "EURUSDm_mt5_export.csv"]) {
      const text = vector(name);
      const whole = parse(text);
      for (let size = 1; size < 200; size += 13) {
        const parser = new QuoteParser({ symbol: "EURUSD" });
        const ticks: MarketTick[] = [];
        for (let at = 0; at < text.length; at += size) ticks.push(...parser.push(text.slice(at, at + size)));
        ticks.push(...parser.end());
        expect(ticks).toEqual(whole);
      }
    }
  });

  test("ignores a byte order mark, blank lines and carriage returns", () => {
    expect(parse("\uFEFFtimestamp,bid,ask\r\n\r\n2024-01-10T08:00:00Z,1.1,1.2\r\n")).toHaveLength(1);
  });

  test.each([
    ["20200101 170000065,1.1,x,0", 1, "expected bid and ask as decimal numbers"],
    ["20200101 170000065,1.1,0x12,0", 1, "expected bid and ask as decimal numbers"],
    ["20200101 170000065,,1.1,0", 1, "expected bid and ask as decimal numbers"],
    ["20200101 170000065,0,1.1,0", 1, "above zero"],
    [
      "20200101 170000065,1.1,1.2,0\n20201301 170000065,1.1,1.2,0",
      2,
      "expected YYYYMMDD HHMMSSmmm,bid,ask,volume",
    ],
    [
      "20200101 170000065,1.1,1.2,0\n20200230 170000065,1.1,1.2,0",
      2,
      "expected YYYYMMDD HHMMSSmmm,bid,ask,volume",
    ],
    ["20200101 170000065,1.3,1.2,0", 1, "not below the bid"],
    ["timestamp,bid,ask\n2024-01-10T08:00:00,1.1,1.2", 2, "expected a timestamp"],
    ["timestamp,bid,ask\n2024-01-10T08:00:00Z,1.1", 2, "expected bid and ask"],
    ["2024.01.10\t10:00:00.000\tone\t1.2\t\t\t6", 1, "expected BID, ASK, LAST and VOLUME"],
    ["2024.01.10\t25:00:00.000\t1.1\t1.2\t\t\t6", 1, "expected date and time"],
    ["open,high,low,close", 1, "expected MetaTrader's export"],
    ["20200101 170000065,1.1,1.2,much", 1, "expected the volume as a decimal number"],
    ["20200101 170000065,1.1,1.2,0\nnonsense", 2, "expected YYYYMMDD HHMMSSmmm,bid,ask,volume"],
    ["<DATE>\t<TIME>\t<BID>\t<ASK>\nnonsense", 2, "expected date and time as YYYY.MM.DD and HH:MM:SS.mmm"],
    ["2024.01.10\t10:00:00.000\t1.1\t1.2\t\t\tBID", 1, "expected FLAGS as a whole number or blank"],
    ["1704873600,1.1,1.2\n2024-01-10T08:00:00+15:00,1.1,1.2", 2, "expected a timestamp"],
    ["1704873600,1.1,1.2\n2024-01-10T08:00:00+01:75,1.1,1.2", 2, "expected a timestamp"],
  ])("refuses %j with the line's number, its text and what was expected", (text, line, problem) => {
    let thrown: unknown;
    try {
      parse(text, { source: "quotes.csv" });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(QuoteFormatError);
    const { message, line: at } = thrown as QuoteFormatError;
    expect(at).toBe(line);
    expect(message).toContain(problem);
    expect(message).toContain(`quotes.csv, line ${line}`);
    expect(message).toContain(JSON.stringify(text.split("\n")[line - 1]));
  });

  test("refuses ticks out of the order of time, naming both times", () => {
    const text = "2024-01-10T08:00:01Z,1.1,1.2\n2024-01-10T08:00:00Z,1.1,1.2\n";
    expect(() => parse(text)).toThrow(/08:00:00\.000Z comes after 2024-01-10T08:00:01\.000Z/);
  });

  test("skips and counts impossible ticks if told", () => {
    const parser = new QuoteParser({ symbol: "X", impossible: "skip" });
    const ticks = parser.push(
      "2024-01-10T08:00:01Z,1.1,1.2\n2024-01-10T08:00:00Z,1.1,1.2\n2024-01-10T08:00:02Z,1.3,1.2\n2024-01-10T08:00:02Z,1.1,1.3\n",
    );
    expect(ticks.map((tick) => tick.ask)).toEqual([1.2, 1.3]);
    expect(parser.skipped).toBe(2);
  });

  test("tells by itself what changed where MetaTrader's export has no flags", () => {
    const rows = ["10:00:00\t1.1\t1.2", "10:00:01\t1.11\t", "10:00:02\t\t1.21", "10:00:03\t\t\t1.15\t3"];
    const ticks = parse(rows.map((row) => `2024.01.10\t${row}\n`).join(""));
    expect(ticks.map(({ bid, ask, last, volume, flags }) => [bid, ask, last, volume, flags])).toEqual([
      [1.1, 1.2, 0, 0, 6],
      [1.11, 1.2, 0, 0, 2],
      [1.11, 1.21, 0, 0, 4],
      [1.11, 1.21, 1.15, 3, 0],
    ]);
    expect(iso(ticks[1])).toBe("2024-01-10T08:00:01.000Z");
  });

  test("reads HistData without volume, quoted fields, and offsets of hours alone or west of Greenwich", () => {
    expect(parse("20200101 170000065,1.1,1.2")).toMatchObject([{ bid: 1.1, ask: 1.2, volume: 0 }]);
    const text = '"2024-01-10 08:00:00.5+01","1.1","1.2"\n2024-01-10T08:00:00-01:30,1.1,1.2,5';
    expect(parse(text).map((tick) => [iso(tick), tick.volume])).toEqual([
      ["2024-01-10T07:00:00.500Z", 0],
      ["2024-01-10T09:30:00.000Z", 5],
    ]);
  });

  test("refuses a recording without a tick", () => {
    expect(() => parse("timestamp,bid,ask\n", { source: "empty.csv" })).toThrow(
      /empty\.csv: it holds no ticks/,
    );
  });

  test("refuses a line without end before it fills the memory", () => {
    const parser = new QuoteParser({ symbol: "X" });
    expect(() => parser.push("1".repeat(5000))).toThrow(/at most 4096 characters/);
  });
});

describe("isCurrencyPair", () => {
  test.each([
    ["EURUSD", true],
    ["eurusd.£", true],
    ["XAUUSDm", true],
    ["US500", false],
    ["EURO", false],
    ["", false],
  ])("%s: %s", (symbol, is) => {
    expect(isCurrencyPair(symbol)).toBe(is);
  });
});

describe("symbolOfFileName", () => {
  test.each([
    ["EURUSD-ticks-histdata.csv", "EURUSD"],
    ["some/where/USDJPY-ticks-truefx.csv", "USDJPY"],
    ["C:\\quotes\\EURUSDm_202401020000_202401052359.csv", "EURUSDm"],
    ["DAT_ASCII_GBPUSD_T_202001.csv", "GBPUSD"],
    ["EURUSD.£.csv", "EURUSD.£"],
    ["@ES-2024.csv", "@ES"],
    ["eurusd_2024.csv", "eurusd"],
    ["US500.cash-2024.csv", "US500.cash"],
    ["2024-01-02.csv", undefined],
    ["my-quotes.csv", undefined],
    ["Quotes.csv", undefined],
    ["eurocopy.csv", undefined],
    ["", undefined],
  ])("%s is a recording of %s", (name, symbol) => {
    expect(symbolOfFileName(name)).toBe(symbol);
  });
});
