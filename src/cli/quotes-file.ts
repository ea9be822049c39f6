import { createReadStream, type Stats } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { SymbolSpec } from "../simulator/broker/symbol-spec.ts";
import { symbolSpec } from "../simulator/broker/symbols.ts";
import {
  isCurrencyPair,
  QuoteFormatError,
  QuoteParser,
  recordedMarket,
  symbolOfFileName,
  type TickSource,
} from "../simulator/market/mod.ts";
import { UsageError } from "./usage-error.ts";

/** A recording that can be played, and the contract that fits its prices. */
export interface QuotesFile {
  readonly spec: SymbolSpec;
  /** Opens it at its beginning. */
  open(): TickSource;
}

/** As much of a recording is looked at to learn its digits. */
const lookedAtBytes = 4 * 1024 * 1024;
/** More decimals than any broker quotes are noise of a calculation, not a price's digits. */
const maxDigits = 8;

/** Finds a recording's symbol and digits. `loop`: no swap is charged, because the weeks between two rounds are no time. */
export async function openQuotesFile(
  file: string,
  options: { readonly symbol: string | undefined; readonly loop: boolean },
): Promise<QuotesFile> {
  const path = resolve(file);
  await refuseUnreadable(path);
  const symbol = options.symbol ?? symbolOfFileName(path);
  if (symbol === undefined || symbol === "") {
    throw new UsageError(
      `Cannot tell whose quotes are in ${path}: its name does not start with a symbol`,
      "Give --symbol NAME, such as --symbol EURUSD",
    );
  }
  const settings = { source: basename(path), symbol };
  const known = symbolSpec(symbol);
  const digits = await digitsOf(path, symbol);
  // The prices of a recording must be shown as they are; those of a known symbol may just end in zeros.
  const fitting = digits === undefined || digits > maxDigits ? known.digits : digits;
  const spec = symbolSpec(symbol, {
    digits: isCurrencyPair(symbol) ? Math.max(known.digits, fitting) : fitting,
    ...(options.loop ? { swapMode: "disabled" } : {}),
  });
  return {
    spec,
    open: () =>
      recordedMarket(createReadStream(path, { encoding: "utf8" }) as AsyncIterable<string>, settings),
  };
}

async function refuseUnreadable(path: string): Promise<void> {
  const remedy = "Check the path after --quotes";
  let found: Stats;
  try {
    await access(path, constants.R_OK);
    found = await stat(path);
  } catch (cause) {
    throw new UsageError(`Cannot read quotes: ${path} is not there or not readable`, remedy, { cause });
  }
  if (found.isFile()) return;
  if (!found.isDirectory()) {
    throw new UsageError(`Cannot read quotes: ${path} is no file, and quotes are read twice`, remedy);
  }
  throw new UsageError(`Cannot read quotes: ${path} is a folder`, "Name a file after --quotes");
}

/** The most decimals of the first prices; undefined if none can be read, which the market will say better. */
async function digitsOf(path: string, symbol: string): Promise<number | undefined> {
  const parser = new QuoteParser({ symbol, impossible: "skip" });
  const text = createReadStream(path, { encoding: "utf8", end: lookedAtBytes - 1 });
  let most: number | undefined;
  try {
    for await (const piece of text as AsyncIterable<string>) {
      for (const { bid, ask } of parser.push(piece)) most = Math.max(most ?? 0, decimals(bid), decimals(ask));
    }
  } catch (error) {
    if (!(error instanceof QuoteFormatError)) throw error;
  }
  return most;
}

function decimals(price: number): number {
  const [mantissa = "", exponent = "0"] = String(price).split("e");
  return Math.max(0, (mantissa.split(".")[1]?.length ?? 0) - Number(exponent));
}
