import type { BrokerTimeZone } from "../../domain/broker-time.ts";
import { TickFlag } from "../../domain/records.ts";

/** The formats of recorded quotes that are understood. */
export type QuoteFormatName = "mt5" | "histdata" | "csv";

/** What one line of a recording says. Prices left out are unchanged. */
export interface QuoteLine {
  readonly utcMs: number;
  readonly bid: number | undefined;
  readonly ask: number | undefined;
  readonly last: number | undefined;
  readonly volume: number | undefined;
  readonly flags: number | undefined;
}

/** Reads the lines of one format, in order. */
export interface QuoteLineReader {
  readonly format: QuoteFormatName;
  /** True if the line is a heading. Called for the first line only. */
  heading(line: string): boolean;
  /** The line's content, or what is wrong with it. `previousUtcMs` resolves the hour that autumn repeats. */
  read(line: string, previousUtcMs: number): QuoteLine | string;
}

/** Recognises the format by a file's first line that is not empty. Undefined if it is none of them. */
export function detectQuoteFormat(firstLine: string): QuoteFormatName | undefined {
  if (/^<DATE>\t<TIME>\t/i.test(firstLine) || /^\d{4}\.\d{2}\.\d{2}\t/.test(firstLine)) return "mt5";
  if (/^\d{8} \d{9},/.test(firstLine)) return "histdata";
  const fields = splitCsv(firstLine);
  if (csvColumns(fields) !== undefined) return "csv";
  return fields.length >= 3 && parseTimestamp(fields[0] ?? "") !== undefined ? "csv" : undefined;
}

/** Makes the reader of a format. `zone` is the trade server's, for formats that stamp in broker time. */
export function quoteLineReader(format: QuoteFormatName, zone: BrokerTimeZone): QuoteLineReader {
  if (format === "mt5") return mt5Reader(zone);
  return format === "histdata" ? histDataReader() : csvReader();
}

/** MetaTrader 5's own export of ticks: tab-separated, stamped in broker time, blank fields are unchanged. */
function mt5Reader(zone: BrokerTimeZone): QuoteLineReader {
  return {
    format: "mt5",
    heading: (line) => line.startsWith("<"),
    read(line, previousUtcMs): QuoteLine | string {
      const [date = "", time = "", bid = "", ask = "", last = "", volume = "", flags = ""] = line.split("\t");
      const day = /^(\d{4})\.(\d{2})\.(\d{2})$/.exec(date);
      const clock = /^(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?$/.exec(time);
      const brokerMs =
        day && clock ? utcFromParts(day.slice(1), clock.slice(1, 4), clock[4] ?? "") : undefined;
      if (brokerMs === undefined) {
        return "expected date and time as YYYY.MM.DD and HH:MM:SS.mmm, in broker time, separated by a tab";
      }
      const prices = [bid, ask, last, volume].map((text) => (text === "" ? undefined : decimal(text)));
      if (prices.includes(Number.NaN))
        return "expected BID, ASK, LAST and VOLUME as decimal numbers or blank";
      if (flags !== "" && !/^\d+$/.test(flags)) return "expected FLAGS as a whole number or blank";
      return {
        utcMs: zone.toUtc(brokerMs, previousUtcMs),
        bid: prices[0],
        ask: prices[1],
        last: prices[2],
        volume: prices[3],
        flags: flags === "" ? undefined : Number(flags),
      };
    },
  };
}

/** HistData's ASCII ticks. Their stamps are Eastern Standard Time all year, without daylight saving: UTC-5. */
function histDataReader(): QuoteLineReader {
  const easternOffsetMs = 5 * 3_600_000;
  return {
    format: "histdata",
    heading: () => false,
    read(line): QuoteLine | string {
      const match = /^(\d{4})(\d{2})(\d{2}) (\d{2})(\d{2})(\d{2})(\d{3}),([^,]*),([^,]*)(?:,([^,]*))?$/.exec(
        line,
      );
      const at = match ? utcFromParts(match.slice(1, 4), match.slice(4, 7), match[7] ?? "") : undefined;
      if (match === null || at === undefined) return "expected YYYYMMDD HHMMSSmmm,bid,ask,volume";
      return priced(at + easternOffsetMs, match[8] ?? "", match[9] ?? "", match[10] ?? "");
    },
  };
}

/** `timestamp,bid,ask` and optionally volume; a heading may name and order the columns. */
function csvReader(): QuoteLineReader {
  let columns: CsvColumns = { time: 0, bid: 1, ask: 2, volume: 3 };
  return {
    format: "csv",
    heading(line): boolean {
      const named = csvColumns(splitCsv(line));
      if (named !== undefined) columns = named;
      return named !== undefined;
    },
    read(line): QuoteLine | string {
      const fields = splitCsv(line);
      const at = parseTimestamp(fields[columns.time] ?? "");
      if (at === undefined)
        return "expected a timestamp: ISO 8601 with Z or an offset, or seconds or milliseconds since 1970";
      return priced(at, fields[columns.bid] ?? "", fields[columns.ask] ?? "", fields[columns.volume] ?? "");
    },
  };
}

interface CsvColumns {
  readonly time: number;
  readonly bid: number;
  readonly ask: number;
  readonly volume: number;
}

/** The columns that a heading names, or undefined if the fields are no heading. */
function csvColumns(fields: readonly string[]): CsvColumns | undefined {
  const names = fields.map((field) => field.toLowerCase());
  const find = (...wanted: readonly string[]): number => names.findIndex((name) => wanted.includes(name));
  const time = find("timestamp", "time", "datetime", "date", "time_msc", "gmt time", "utc");
  const bid = find("bid", "bidprice", "bid_price");
  const ask = find("ask", "askprice", "ask_price");
  if (time < 0 || bid < 0 || ask < 0) return undefined;
  return { time, bid, ask, volume: find("volume", "volume_real") };
}

function splitCsv(line: string): string[] {
  return line.split(",").map((field) => {
    const text = field.trim();
    return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  });
}

function priced(utcMs: number, bidText: string, askText: string, volumeText: string): QuoteLine | string {
  const bid = decimal(bidText);
  const ask = decimal(askText);
  const volume = volumeText === "" ? 0 : decimal(volumeText);
  if (Number.isNaN(bid) || Number.isNaN(ask)) return "expected bid and ask as decimal numbers";
  if (Number.isNaN(volume)) return "expected the volume as a decimal number";
  return { utcMs, bid, ask, last: undefined, volume, flags: TickFlag.BID | TickFlag.ASK };
}

/** A decimal number, NaN for anything else (blank, hexadecimal, Infinity). */
function decimal(text: string): number {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** ISO 8601 with a zone, or seconds or milliseconds since 1970. Fractions of a millisecond are cut off. */
export function parseTimestamp(text: string): number | undefined {
  if (/^\d{9,11}(?:\.\d+)?$/.test(text)) return Math.floor(Number(text) * 1000 + 1e-3);
  if (/^\d{12,14}(?:\.\d+)?$/.test(text)) return Math.floor(Number(text));
  const match =
    /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(?:(Z|z)|([+-])(\d{2}):?(\d{2})?)$/.exec(
      text,
    );
  if (match === null) return undefined;
  const local = utcFromParts(match.slice(1, 4), match.slice(4, 7), match[7] ?? "");
  if (local === undefined || match[8] !== undefined) return local;
  const hours = Number(match[10]);
  const minutes = Number(match[11] ?? 0);
  if (hours > 14 || minutes > 59) return undefined;
  const offsetMs = (hours * 60 + minutes) * 60_000;
  return match[9] === "-" ? local + offsetMs : local - offsetMs;
}

/** UTC milliseconds of [year, month, day] and [hour, minute, second]; undefined for a date that does not exist. */
function utcFromParts(
  day: readonly string[],
  clock: readonly string[],
  fraction: string,
): number | undefined {
  const [year = 0, month = 0, date = 0] = day.map(Number);
  const [hour = 0, minute = 0, second = 0] = clock.map(Number);
  const midnight = Date.UTC(year, month - 1, date);
  const exists = new Date(midnight).getUTCMonth() === month - 1 && date > 0;
  if (!exists || year < 1970 || hour > 23 || minute > 59 || second > 59) return undefined;
  const ms = Number(fraction.padEnd(3, "0").slice(0, 3));
  return midnight + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}
