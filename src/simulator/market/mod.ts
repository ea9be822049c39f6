/** The simulated market: ticks, generated or recorded, played on a clock. */
export type { GeneratedSymbol, GeneratorOptions } from "./generator.ts";
export { defaultStartUtcMs, generatedMarket, standardSymbols } from "./generator.ts";
export type { MarketOptions, MarketState } from "./player.ts";
export { openMarket, SimulatedMarket } from "./player.ts";
export { Prng } from "./prng.ts";
export { QuoteFormatError } from "./quote-error.ts";
export type { QuoteFormatName } from "./quote-formats.ts";
export { detectQuoteFormat } from "./quote-formats.ts";
export type { QuoteParserOptions } from "./quote-parser.ts";
export { isCurrencyPair, QuoteParser, symbolOfFileName } from "./quote-parser.ts";
export type { RecordingOptions } from "./recording.ts";
export { recordedMarket } from "./recording.ts";
export type { MarketTick, TickBatch, TickSource } from "./tick-source.ts";
export { mergeSources, sourceOf } from "./tick-source.ts";
