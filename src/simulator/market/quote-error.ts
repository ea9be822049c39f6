/** A recording of quotes that cannot be read. The message names the line, shows it and says what was expected. */
export class QuoteFormatError extends Error {
  override readonly name = "QuoteFormatError";
  /** Number of the line, from 1; 0 if the fault is not one line's. */
  readonly line: number;

  constructor(problem: string, line: number, text: string, source: string) {
    const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text;
    super(
      line === 0
        ? `Cannot read quotes from ${source}: ${problem}`
        : `Cannot read quotes from ${source}, line ${line}: ${problem}: ${JSON.stringify(shown)}`,
    );
    this.line = line;
  }
}
