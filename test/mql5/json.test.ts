import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { compileProgram } from "../../build/mql5/compile.ts";
import { defaultFlavour, requireHost } from "./kit/peers.ts";
import { Program } from "./kit/program.ts";

const experts = join(dirname(fileURLToPath(import.meta.url)), "experts");
const depthMax = 32;

/** What the program makes of each document: its own writing of it, or undefined where it refuses. */
async function rewrite(documents: readonly Uint8Array[]): Promise<readonly (string | undefined)[]> {
  const folder = await mkdtemp(join(tmpdir(), "mql5-json-"));
  try {
    const parts = documents.flatMap((document) => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(document.length);
      return [head, document];
    });
    await mkdir(join(folder, "Files"));
    await writeFile(join(folder, "Files", "probe.bin"), Buffer.concat(parts));
    const binary = await compileProgram(join(experts, "JsonProbe.mq5"), defaultFlavour);
    await using program = new Program(binary, { files: folder });
    await program.ended;
    expect(program.printed).toEqual([`answered ${documents.length}`]);
    const answers = await readFile(join(folder, "Files", "probe.out"));
    const out: (string | undefined)[] = [];
    for (let at = 0; at < answers.length; ) {
      const length = answers.readUInt32LE(at);
      out.push(length === 0 ? undefined : answers.toString("utf8", at + 4, at + 4 + length));
      at += 4 + length;
    }
    return out;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Text without what no string of MQL5 can hold: U+0000 and halves of pairs. */
const textArbitrary = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .filter((text) => Buffer.from(text).toString() === text && !text.includes("\0"));

const valueArbitrary = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    textArbitrary,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(
      textArbitrary.filter((name) => name !== "__proto__"),
      tie("value"),
      { maxKeys: 5 },
    ),
  ),
})).value;

describe("the experts' JSON", { timeout: 120_000 }, () => {
  beforeEach((context) => {
    requireHost(context);
  });

  it("reads what JSON.parse reads and writes it so that JSON.parse reads the same", async () => {
    const values = fc.sample(valueArbitrary, { numRuns: 1_500, seed: 5 });
    const documents = values.map((value, index) => JSON.stringify(value, null, index % 3));
    const answers = await rewrite(documents.map(utf8));
    for (const [index, answer] of answers.entries())
      expect(answer === undefined ? "refused" : JSON.parse(answer)).toEqual(
        JSON.parse(documents[index] ?? ""),
      );
  });

  it("refuses what JSON.parse refuses: documents with a byte changed, lost or too much", async () => {
    const values = fc.sample(valueArbitrary, { numRuns: 600, seed: 6 });
    const random = fc.sample(fc.nat(), { numRuns: 2_400, seed: 7 });
    const documents = values.flatMap((value, index) => {
      const whole = utf8(JSON.stringify(value));
      const at = (random[4 * index] ?? 0) % whole.length;
      const byte = (random[4 * index + 1] ?? 0) % 256;
      return [
        Uint8Array.of(...whole.subarray(0, at), byte, ...whole.subarray(at + 1)),
        Uint8Array.of(...whole.subarray(0, at), ...whole.subarray(at + 1)),
        Uint8Array.of(...whole.subarray(0, at), byte, ...whole.subarray(at)),
      ];
    });
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const answers = await rewrite(documents);
    for (const [index, document] of documents.entries()) {
      let expected: unknown;
      try {
        expected = JSON.parse(decoder.decode(document));
      } catch {
        expect(answers[index], decoder.encoding).toBeUndefined();
        continue;
      }
      const answer = answers[index];
      // It may refuse more (a name twice, U+0000), but what it takes it takes as it is meant.
      if (answer !== undefined) expect(JSON.parse(answer)).toEqual(expected);
    }
  });

  it("takes and refuses the corners of the grammar as it says", async () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    const cases: readonly (readonly [document: string, taken: boolean])[] = [
      ["0", true],
      ["-0", true],
      ["-", false],
      ["+1", false],
      ["01", false],
      ["1.", false],
      [".5", false],
      ["1e", false],
      ["1e+", false],
      ["1E-2", true],
      ["1e999", false],
      ["NaN", false],
      [`0.${"1".repeat(62)}`, true],
      [`0.${"1".repeat(63)}`, false],
      ["tru", false],
      ["truee", false],
      ["nul", false],
      ["\u00a01", false],
      ["\t\n\r 1 ", true],
      ["", false],
      [" ", false],
      ["[1 2]", false],
      ["[,1]", false],
      ['{"a" 1}', false],
      ["{a:1}", false],
      ['{"a":1 "b":2}', false],
      ['{"a":1,}', false],
      ['{"a":1,"\\u0061":2}', false],
      ['{"a":1,"a":2}', false],
      ['"\\u0000"', false],
      ['"\\ud800"', false],
      ['"\\ud800\\u0041"', false],
      ['"\\udc00"', false],
      ['"\\ud83d\\ude00"', true],
      ['"\\b\\f\\/\\""', true],
      ['"\\x"', false],
      ['"\\u12g4"', false],
      ['"\\u12', false],
      ['"\u0001"', false],
      [nested(depthMax), true],
      [nested(depthMax + 1), false],
      ["{", false],
      ["[1", false],
    ];
    const answers = await rewrite(cases.map(([document]) => utf8(document)));
    expect(answers.map((answer, index) => [cases[index]?.[0], answer !== undefined])).toEqual(cases);
  });

  it("reads integers exactly, to the ends of 64 bits and not beyond", async () => {
    const edges = ["0", "1", "-1", "9007199254740993", "9223372036854775807", "9223372036854775808"];
    const more = [
      "18446744073709551615",
      "18446744073709551616",
      "99999999999999999999",
      "-9223372036854775808",
    ];
    const wrong = ["-9223372036854775809", "-0", "00", "01", "", "-", "1.0", " 1", "1e3", "+1", "0x1"];
    const given = [...edges, ...more, ...wrong, ...Array.from({ length: 100 }, (_, index) => String(index))];
    const [answer] = await rewrite([utf8(JSON.stringify(given))]);
    const inside = (text: string, low: bigint, high: bigint): string | null =>
      /^(0|-?[1-9]\d*)$/.test(text) && BigInt(text) >= low && BigInt(text) <= high ? text : null;
    expect(JSON.parse(answer ?? "null")).toEqual(
      given.flatMap((text) => [inside(text, -(2n ** 63n), 2n ** 63n - 1n), inside(text, 0n, 2n ** 64n - 1n)]),
    );
  });
});
