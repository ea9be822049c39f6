import {
  assemble,
  type Code,
  call,
  copyMemory,
  doWhile,
  get,
  i32,
  i64,
  ifElse,
  set,
  tee,
  ValueType,
  v128,
  type WasmFunction,
} from "./assembler.ts";
import { Layout } from "./layout.ts";
import { limbs, type PolyLocals, polyBlock, polyFinish } from "./poly1305.ts";
import { doubleRound, loadInput, storeStream } from "./salsa20.ts";

const { I32, I64, V128 } = ValueType;

/** Places of the functions in the module. */
const STREAM = 0;
const BEGIN = 1;
const ABSORB = 2;
const FINISH = 3;
const ADVANCE = 4;

/** A chunk is four blocks of Salsa20: what one pass with four lanes makes. */
const CHUNK = 256;
/** XSalsa20-Poly1305 takes Poly1305's key from the first 32 bytes of the stream. */
const SKIPPED = 32;
const TOP_BIT: Code = i64.const(1n << 24n);
const NULL: Code = i32.const(0);

const address = (place: number): Code => i32.const(place);

function polyLocals(first: number): PolyLocals {
  const five = (from: number): number[] => [from, from + 1, from + 2, from + 3, from + 4];
  return {
    r: five(first),
    h: five(first + 5),
    d: five(first + 10),
    s: five(first + 15),
    low: first + 20,
    high: first + 21,
  };
}

const POLY_LOCAL_TYPES: readonly ValueType[] = Array.from({ length: 22 }, () => I64);

function loadPoly({ r, s, h }: PolyLocals): Code {
  return [
    ...r.flatMap((local, i) => set(local, i64.load(NULL, Layout.POLY_R + i * 8))),
    ...s.flatMap((local, i) => set(local, i64.mul(get(r[i] ?? 0), i64.const(5n)))),
    ...h.flatMap((local, i) => set(local, i64.load(NULL, Layout.POLY_H + i * 8))),
  ];
}

function storePolyHash({ h }: PolyLocals): Code {
  return h.flatMap((local, i) => i64.store(NULL, get(local), Layout.POLY_H + i * 8));
}

/** Two lists of statements as one, evenly mixed: the processor works on both at once. */
function interleave(long: readonly Code[], short: readonly Code[]): Code {
  const mixed: Code[] = [];
  let taken = 0;
  for (const [index, statement] of long.entries()) {
    mixed.push(statement);
    const due = Math.round(((index + 1) * short.length) / long.length);
    mixed.push(...short.slice(taken, due));
    taken = due;
  }
  return mixed.flat();
}

/**
 * stream(from, to, chunks, counter, message, ready, step): writes key stream xor `from` to `to`, and meanwhile feeds
 * Poly1305 from `message` on with what is ready; each chunk made readies `step` bytes more (256, or 0 for none).
 * Salsa20 runs in the vector units and Poly1305 in the integer ones, so that together they cost little more than one.
 */
function streamFunction(): WasmFunction {
  const [from, to, chunks, counter, message, ready, step, round] = [0, 1, 2, 3, 4, 5, 6, 7];
  const poly = polyLocals(8);
  const x = 30;
  const counters = x + 16;
  const spare = x + 17;
  const statements = doubleRound(x, spare);
  const twoBlocks = [
    ...polyBlock(poly, get(message), 0, TOP_BIT),
    ...polyBlock(poly, get(message), 16, TOP_BIT),
    set(message, i32.add(get(message), i32.const(32))),
  ];
  const rounds: Code = [
    ...set(round, i32.const(10)),
    ...doWhile(
      ifElse(i32.lessThan(get(message), get(ready)), interleave(twoBlocks, statements), statements.flat()),
      tee(round, i32.sub(get(round), i32.const(1))),
    ),
  ];
  const chunk: Code = [
    ...set(counters, v128.add(v128.splat(get(counter)), v128.const([0, 1, 2, 3]))),
    ...loadInput(x, address(Layout.INPUT), get(counters)),
    ...rounds,
    ...storeStream(x, spare, address(Layout.INPUT), get(counters), get(from), get(to)),
    ...set(from, i32.add(get(from), i32.const(CHUNK))),
    ...set(to, i32.add(get(to), i32.const(CHUNK))),
    ...set(counter, i32.add(get(counter), i32.const(4))),
    ...set(ready, i32.add(get(ready), get(step))),
  ];
  return {
    exportName: "stream",
    parameters: [I32, I32, I32, I32, I32, I32, I32],
    results: [],
    locals: [I32, ...POLY_LOCAL_TYPES, ...Array.from({ length: 21 }, () => V128)],
    body: [
      ...loadPoly(poly),
      ...doWhile(chunk, tee(chunks, i32.sub(get(chunks), i32.const(1)))),
      ...storePolyHash(poly),
    ],
  };
}

/** begin(from, to): the first chunk of a message, and Poly1305's key out of it. */
function beginFunction(): WasmFunction {
  const [from, to, low, high] = [0, 1, 2, 3];
  const xors: Code[] = [];
  for (let offset = SKIPPED; offset < CHUNK; offset += 16) {
    const mixed = v128.xor(v128.load(get(from), offset), v128.load(NULL, Layout.FIRST + offset));
    xors.push(v128.store(get(to), mixed, offset));
  }
  return {
    exportName: "begin",
    parameters: [I32, I32],
    results: [],
    locals: [I64, I64],
    body: [
      ...call(STREAM, address(Layout.ZEROS), address(Layout.FIRST), i32.const(1), NULL, NULL, NULL, NULL),
      // r is clamped: 22 of its bits are zero by definition.
      ...set(low, i64.and(i64.load(NULL, Layout.FIRST), i64.const(0x0fff_fffc_0fff_ffffn))),
      ...set(high, i64.and(i64.load(NULL, Layout.FIRST + 8), i64.const(0x0fff_fffc_0fff_fffcn))),
      ...limbs(get(low), get(high)).flatMap((limb, i) => i64.store(NULL, limb, Layout.POLY_R + i * 8)),
      ...[0, 1, 2, 3, 4].flatMap((i) => i64.store(NULL, i64.const(0n), Layout.POLY_H + i * 8)),
      ...xors.flat(),
    ],
  };
}

/** absorb(message, length): feeds Poly1305; a length that is no multiple of 16 ends the message. */
function absorbFunction(): WasmFunction {
  const [message, length] = [0, 1];
  const poly = polyLocals(2);
  const wholeBlock: Code = [
    ...polyBlock(poly, get(message), 0, TOP_BIT).flat(),
    ...set(message, i32.add(get(message), i32.const(16))),
    ...set(length, i32.sub(get(length), i32.const(16))),
  ];
  const tail: Code = [
    ...i64.store(NULL, i64.const(0n), Layout.TAIL),
    ...i64.store(NULL, i64.const(0n), Layout.TAIL + 8),
    ...copyMemory(address(Layout.TAIL), get(message), get(length)),
    // A short block is ended by a 1 byte in place of the bit above a whole one.
    ...i32.store8(get(length), i32.const(1), Layout.TAIL),
    ...polyBlock(poly, NULL, Layout.TAIL, i64.const(0n)).flat(),
  ];
  const hasBlock = i32.greaterThan(get(length), i32.const(15));
  return {
    exportName: "absorb",
    parameters: [I32, I32],
    results: [],
    locals: POLY_LOCAL_TYPES,
    body: [
      ...loadPoly(poly),
      ...ifElse(hasBlock, doWhile(wholeBlock, hasBlock)),
      ...ifElse(get(length), tail),
      ...storePolyHash(poly),
    ],
  };
}

/** finish(): stores the tag. */
function finishFunction(): WasmFunction {
  const poly = polyLocals(0);
  return {
    exportName: "finish",
    parameters: [],
    results: [],
    locals: POLY_LOCAL_TYPES,
    body: [...loadPoly(poly), ...polyFinish(poly, address(Layout.FIRST + 16), address(Layout.TAG))],
  };
}

/**
 * advance(from, to, made, fed, end, counter): a region's bytes up to `end`, of which the first `made` are done and
 * the first `fed` are not Poly1305's (or were fed before). Poly1305 reads in CIPHER, whichever side that is.
 */
function advanceFunction(): WasmFunction {
  const [from, to, made, fed, end, counter, chunks] = [0, 1, 2, 3, 4, 5, 6];
  const rest = i32.add(i32.sub(get(end), get(made)), i32.const(CHUNK - 1));
  return {
    exportName: "advance",
    parameters: [I32, I32, I32, I32, I32, I32],
    results: [],
    locals: [I32],
    body: [
      ...ifElse(i32.greaterThan(get(end), get(made)), [
        ...set(chunks, i32.shr(rest, 8)),
        ...call(
          STREAM,
          i32.add(get(from), get(made)),
          i32.add(get(to), get(made)),
          get(chunks),
          get(counter),
          i32.add(address(Layout.CIPHER), get(fed)),
          i32.add(address(Layout.CIPHER), get(made)),
          i32.const(CHUNK),
        ),
        // Poly1305 stays one chunk behind.
        ...set(fed, i32.add(get(made), i32.shl(i32.sub(get(chunks), i32.const(1)), 8))),
      ]),
      ...call(ABSORB, i32.add(address(Layout.CIPHER), get(fed)), i32.sub(get(end), get(fed))),
    ],
  };
}

function wholeMessage(from: number, to: number, length: Code): Code {
  return [
    ...call(BEGIN, address(from), address(to)),
    ...call(
      ADVANCE,
      address(from),
      address(to),
      i32.const(CHUNK),
      i32.const(SKIPPED),
      i32.add(length, i32.const(SKIPPED)),
      i32.const(4),
    ),
    ...call(FINISH),
  ];
}

/** seal(length): PLAIN to CIPHER with its tag before it. */
function sealFunction(): WasmFunction {
  return {
    exportName: "seal",
    parameters: [I32],
    results: [],
    locals: [],
    body: [
      ...wholeMessage(Layout.PLAIN, Layout.CIPHER, get(0)),
      ...v128.store(NULL, v128.load(NULL, Layout.TAG), Layout.CIPHER + 16),
    ],
  };
}

/** open(length): CIPHER to PLAIN; 1 when the tag before the cipher text is right. Compares without a branch. */
function openFunction(): WasmFunction {
  const difference = (offset: number): Code =>
    i64.xor(i64.load(NULL, Layout.TAG + offset), i64.load(NULL, Layout.CIPHER + 16 + offset));
  return {
    exportName: "open",
    parameters: [I32],
    results: [I32],
    locals: [],
    body: [
      ...wholeMessage(Layout.CIPHER, Layout.PLAIN, get(0)),
      ...i64.isZero(i64.or(difference(0), difference(8))),
    ],
  };
}

/** The module's bytes: XSalsa20-Poly1305 after the subkey, on 128-bit vectors. */
export function secretBoxModule(): Uint8Array<ArrayBuffer> {
  const functions = [
    streamFunction(),
    beginFunction(),
    absorbFunction(),
    finishFunction(),
    advanceFunction(),
    sealFunction(),
    openFunction(),
  ];
  return assemble(functions, Layout.PAGES);
}
