import { maxJsonDepth, maxNumberLetters } from "./limits.ts";
import type { PyObject, PyValue } from "./python-json.ts";

/** The text is no JSON that the gateway takes. */
export class JsonFault extends Error {
  override readonly name = "JsonFault";
}

/**
 * Reads strict JSON (RFC 8259) as Python's `json.loads` types it: an integer literal becomes a `bigint`, exact at any
 * size, any other number a `number`. Stricter than Python where leniency could move money: no NaN or Infinity, no
 * number that overflows, no member twice, no deep nesting.
 * @throws JsonFault that says what is wrong and where.
 */
export function readJson(text: string): PyValue {
  return new Reader(text).document();
}

const wordValues: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
const escapeValues: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): PyValue {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#fault("more text after the value");
    return value;
  }

  #fault(what: string): JsonFault {
    return new JsonFault(`${what} at character ${this.#at}`);
  }

  #space(): void {
    for (;;) {
      const letter = this.#text.charAt(this.#at);
      if (letter !== " " && letter !== "\n" && letter !== "\r" && letter !== "\t") return;
      this.#at++;
    }
  }

  #value(depth: number): PyValue {
    this.#space();
    const letter = this.#text.charAt(this.#at);
    if (letter === '"') return this.#string();
    if (letter === "{" || letter === "[") {
      if (depth >= maxJsonDepth) throw this.#fault(`nested deeper than ${maxJsonDepth}`);
      return letter === "{" ? this.#object(depth) : this.#array(depth);
    }
    if (letter === "-" || (letter >= "0" && letter <= "9")) return this.#number();
    for (const [word, value] of Object.entries(wordValues)) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    throw this.#fault(letter === "" ? "the text ends too early" : "no JSON value");
  }

  #object(depth: number): PyObject {
    // No prototype, so that a member called "__proto__" or "constructor" is a member like any other.
    const members: Record<string, PyValue> = Object.create(null) as Record<string, PyValue>;
    if (this.#opens("}")) return members;
    do {
      this.#space();
      if (this.#text.charAt(this.#at) !== '"') throw this.#fault("no member name");
      const name = this.#string();
      if (name in members) throw this.#fault(`member ${JSON.stringify(name.slice(0, 40))} stands twice`);
      this.#space();
      if (this.#text.charAt(this.#at) !== ":") throw this.#fault("no colon");
      this.#at++;
      members[name] = this.#value(depth + 1);
    } while (this.#goesOn("}"));
    return members;
  }

  #array(depth: number): readonly PyValue[] {
    const items: PyValue[] = [];
    if (this.#opens("]")) return items;
    do items.push(this.#value(depth + 1));
    while (this.#goesOn("]"));
    return items;
  }

  /** Steps over the opening bracket; true if the closing one follows at once. */
  #opens(close: string): boolean {
    this.#at++;
    this.#space();
    if (this.#text.charAt(this.#at) !== close) return false;
    this.#at++;
    return true;
  }

  /** Steps over a comma or the closing bracket; true after a comma. */
  #goesOn(close: string): boolean {
    this.#space();
    const letter = this.#text.charAt(this.#at);
    if (letter !== "," && letter !== close) throw this.#fault(`neither a comma nor ${close}`);
    this.#at++;
    return letter === ",";
  }

  #string(): string {
    const { length } = this.#text;
    let value = "";
    let start = ++this.#at;
    for (; this.#at < length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22) {
        value += this.#text.slice(start, this.#at++);
        return value;
      }
      if (code < 0x20) throw this.#fault("a control character in a string");
      if (code === 0x5c) {
        value += this.#text.slice(start, this.#at) + this.#escape();
        start = this.#at + 1;
      }
    }
    throw this.#fault("a string without an end");
  }

  /** Reads an escape and stops at its last letter. */
  #escape(): string {
    const letter = this.#text.charAt(++this.#at);
    if (letter === "u") {
      const digits = this.#text.slice(this.#at + 1, this.#at + 5);
      if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw this.#fault("a broken escape");
      this.#at += 4;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const value = escapeValues[letter];
    if (value === undefined) throw this.#fault("an escape that JSON does not know");
    return value;
  }

  #number(): bigint | number {
    const pattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw this.#fault("no JSON value");
    const [literal, fraction, exponent] = match;
    if (literal.length > maxNumberLetters) throw this.#fault("a number with too many digits");
    if (fraction === undefined && exponent === undefined) {
      this.#at += literal.length;
      return BigInt(literal);
    }
    const value = Number(literal);
    if (!Number.isFinite(value)) throw this.#fault("a number that is too large");
    this.#at += literal.length;
    return value;
  }
}
