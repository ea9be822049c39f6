import { QuoteFormatError } from "./quote-error.ts";
import { QuoteParser, type QuoteParserOptions, symbolOfFileName } from "./quote-parser.ts";
import type { TickBatch, TickSource } from "./tick-source.ts";

/** How a recording is read; the symbol may be left out if the file's name starts with it. */
export interface RecordingOptions extends Omit<QuoteParserOptions, "symbol"> {
  /** @default what the file's name (`source`) starts with */
  readonly symbol?: string;
}

/**
 * A recording of one symbol's quotes, read while it is played. `text` is the recording's text, at once or in pieces; an
 * adapter reads files.
 */
export function recordedMarket(
  text: string | Iterable<string> | AsyncIterable<string>,
  options: RecordingOptions,
): TickSource {
  const symbol = options.symbol ?? symbolOfFileName(options.source ?? "");
  if (symbol === undefined) {
    throw new QuoteFormatError(
      "expected a file name that starts with the symbol, or the symbol as an option",
      0,
      "",
      options.source ?? "the recording",
    );
  }
  const parser = new QuoteParser({ ...options, symbol });
  const pieces = typeof text === "string" ? [text][Symbol.iterator]() : iterate(text);
  let ended = false;

  const take = (piece: IteratorResult<string, unknown>): TickBatch => {
    if (piece.done !== true) return parser.push(piece.value);
    ended = true;
    return parser.end();
  };

  return {
    symbols: [symbol],
    nextBatch(): TickBatch | Promise<TickBatch> {
      if (ended) return undefined;
      const piece = pieces.next();
      return piece instanceof Promise ? piece.then(take) : take(piece);
    },
    async close(): Promise<void> {
      if (ended) return;
      ended = true;
      await pieces.return?.();
    },
  };
}

function iterate(text: Iterable<string> | AsyncIterable<string>): Iterator<string> | AsyncIterator<string> {
  return Symbol.asyncIterator in text ? text[Symbol.asyncIterator]() : text[Symbol.iterator]();
}
