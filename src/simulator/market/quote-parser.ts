import { BrokerTimeZone } from "../../domain/broker-time.ts";
import { TickFlag } from "../../domain/records.ts";
import { checkKnownKeys, type Keys } from "../known-keys.ts";
import { QuoteFormatError } from "./quote-error.ts";
import {
  detectQuoteFormat,
  type QuoteFormatName,
  type QuoteLineReader,
  quoteLineReader,
} from "./quote-formats.ts";
import type { MarketTick } from "./tick-source.ts";

/** How a recording of one symbol is read. */
export interface QuoteParserOptions {
  readonly symbol: string;
  /** The file's name, for messages. @default "the recording" */
  readonly source?: string;
  /** @default recognised by the first line */
  readonly format?: QuoteFormatName;
  /** The zone of stamps in broker time (MT5's own export). @default UTC+2 with New York's daylight saving */
  readonly zone?: BrokerTimeZone;
  /**
   * What becomes of a well-formed tick that cannot be: older than the one before it, or with an ask below the bid.
   * @default "refuse"
   */
  readonly impossible?: "refuse" | "skip";
}

const parserKeys: Keys<QuoteParserOptions> = {
  symbol: true,
  source: true,
  format: true,
  zone: true,
  impossible: true,
};

const MAX_LINE_LENGTH = 4096;

/** Turns the text of a recording, given in pieces cut anywhere, into ticks. */
export class QuoteParser {
  readonly #options: QuoteParserOptions;
  readonly #source: string;
  readonly #zone: BrokerTimeZone;
  #reader: QuoteLineReader | undefined;
  #rest = "";
  #line = 0;
  #previous: MarketTick | undefined;
  #bid: number | undefined;
  #ask: number | undefined;
  #skipped = 0;

  constructor(options: QuoteParserOptions) {
    checkKnownKeys(options, parserKeys, "read a recording");
    this.#options = options;
    this.#source = options.source ?? "the recording";
    this.#zone = options.zone ?? new BrokerTimeZone();
  }

  /** Ticks left out: impossible ones (if these are to be skipped), and those before both bid and ask were known. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Takes the next piece of text and gives the ticks it completes. */
  push(text: string): MarketTick[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > MAX_LINE_LENGTH) {
      this.#fail(`expected a line of at most ${MAX_LINE_LENGTH} characters`, this.#rest, this.#line + 1);
    }
    return this.#read(lines);
  }

  /** Says that the text is at its end, and gives the last line's tick. A recording without any tick is refused. */
  end(): MarketTick[] {
    const ticks = this.#read([this.#rest]);
    this.#rest = "";
    if (this.#previous === undefined) this.#fail("it holds no ticks", "", 0);
    return ticks;
  }

  #read(lines: readonly string[]): MarketTick[] {
    const ticks: MarketTick[] = [];
    for (const raw of lines) {
      this.#line++;
      const line = (this.#line === 1 ? raw.replace(/^\uFEFF/, "") : raw).replace(/\r$/, "");
      if (line.trim() === "") continue;
      const tick = this.#tick(line);
      if (tick !== undefined) ticks.push(tick);
    }
    return ticks;
  }

  #tick(line: string): MarketTick | undefined {
    if (this.#reader === undefined) {
      const format = this.#options.format ?? detectQuoteFormat(line);
      if (format === undefined) {
        this.#fail(
          "expected MetaTrader's export (<DATE>, <TIME>, <BID>, …), HistData (YYYYMMDD HHMMSSmmm,bid,ask,volume) " +
            "or CSV (timestamp,bid,ask)",
          line,
        );
      }
      this.#reader = quoteLineReader(format, this.#zone);
      if (this.#reader.heading(line)) return undefined;
    }
    const read = this.#reader.read(line, this.#previous?.utcMs ?? Number.NEGATIVE_INFINITY);
    if (typeof read === "string") this.#fail(read, line);

    if (this.#previous !== undefined && read.utcMs < this.#previous.utcMs) {
      const before = new Date(this.#previous.utcMs).toISOString();
      const own = new Date(read.utcMs).toISOString();
      return this.#leaveOut(
        `expected ticks in the order of time, but ${own} comes after ${before} (UTC)`,
        line,
      );
    }

    for (const price of [read.bid, read.ask]) {
      if (price !== undefined && price <= 0) this.#fail("expected bid and ask above zero", line);
    }
    const bid = read.bid ?? this.#bid;
    const ask = read.ask ?? this.#ask;
    const flags = read.flags ?? changed(read.bid, TickFlag.BID) | changed(read.ask, TickFlag.ASK);
    this.#bid = bid;
    this.#ask = ask;
    if (bid === undefined || ask === undefined) {
      this.#skipped++;
      return undefined;
    }
    if (ask < bid) return this.#leaveOut("expected an ask that is not below the bid", line);
    const last = read.last ?? this.#previous?.last ?? 0;
    const volume = read.volume ?? 0;
    this.#previous = { symbol: this.#options.symbol, utcMs: read.utcMs, bid, ask, last, volume, flags };
    return this.#previous;
  }

  #leaveOut(problem: string, line: string): undefined {
    if (this.#options.impossible !== "skip") this.#fail(problem, line);
    this.#skipped++;
    return undefined;
  }

  #fail(problem: string, text: string, line: number = this.#line): never {
    throw new QuoteFormatError(problem, line, text, this.#source);
  }
}

function changed(price: number | undefined, flag: number): number {
  return price === undefined ? 0 : flag;
}

const currencies =
  "AUD BRL CAD CHF CNH CZK DKK EUR GBP HKD HUF ILS JPY MXN NOK NZD PLN RUB SEK SGD THB TRY USD ZAR XAG XAU XPD XPT BTC ETH";
/** Two currencies, in whatever letters. */
const pair = new RegExp(`^(?:${currencies.replaceAll(" ", "|")}){2}`, "i");
/** Capitals, as tickers have them: `US500`, `@ES`, `#AAPL`. */
const ticker = /^[@#.]?[A-Z][A-Z0-9]/;

/** Whether a symbol is named after two currencies or metals, with or without a suffix. */
export function isCurrencyPair(symbol: string): boolean {
  return pair.test(symbol);
}

/**
 * The symbol that a file name starts with: `EURUSD-ticks-histdata.csv` → `EURUSD`, `DAT_ASCII_EURUSD_T_202001.csv` →
 * `EURUSD`, `EURUSDm_202401020000_202401052359.csv` → `EURUSDm`. Undefined if there is none, as in `my-quotes.csv`;
 * then it must be given.
 */
export function symbolOfFileName(path: string): string | undefined {
  const name = (path.split(/[/\\]/).at(-1) ?? "").replace(/(?:\.(?:csv|tsv|txt|gz))+$/i, "");
  const histData = /^DAT_ASCII_([A-Z0-9]{3,})_T_/i.exec(name);
  if (histData?.[1] !== undefined) return histData[1];
  const first = name.split(/[-_ ]/)[0] ?? "";
  return pair.test(first) || ticker.test(first) ? first : undefined;
}
