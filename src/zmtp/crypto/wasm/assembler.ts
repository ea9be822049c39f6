/** Instructions as the bytes that encode them; an expression leaves its value on the stack. */
export type Code = readonly number[];

/** The value types used here (WebAssembly core specification, 5.3). */
export const ValueType = { I32: 0x7f, I64: 0x7e, V128: 0x7b } as const;
/** One of the value types. */
export type ValueType = (typeof ValueType)[keyof typeof ValueType];

/** A function of a module; its index is its place in the list. */
export interface WasmFunction {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Types of the locals behind the parameters. */
  readonly locals: readonly ValueType[];
  readonly body: Code;
  /** The name it is exported under, if it is. */
  readonly exportName?: string;
}

/** An unsigned number in LEB128. */
export function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    rest >>>= 7;
  } while (rest !== 0);
  return bytes;
}

function signed(value: bigint): Code {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    // The sign is the sixth bit of the last byte.
    if ((rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

type Binary = (left: Code, right: Code) => Code;

function binary(opcode: number): Binary {
  return (left, right) => [...left, ...right, opcode];
}

function vector(opcode: number): Code {
  return [0xfd, ...unsigned(opcode)];
}

function vectorBinary(opcode: number): Binary {
  return (left, right) => [...left, ...right, ...vector(opcode)];
}

/** Alignment is a hint only, so 1 is always right. */
function memory(opcode: Code, offset: number): Code {
  return [...opcode, 0, ...unsigned(offset)];
}

/** Reads a local. */
export const get = (local: number): Code => [0x20, ...unsigned(local)];
/** Writes a local. */
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
/** Writes a local and leaves the value. */
export const tee = (local: number, value: Code): Code => [...value, 0x22, ...unsigned(local)];
/** Calls the function of an index. */
export const call = (index: number, ...parameters: Code[]): Code => [
  ...parameters.flat(),
  0x10,
  ...unsigned(index),
];
/** Runs the body while the condition at its end holds. */
export const doWhile = (body: Code, condition: Code): Code => [
  0x03,
  0x40,
  ...body,
  ...condition,
  0x0d,
  0,
  0x0b,
];
/** One of two bodies. */
export const ifElse = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  0x04,
  0x40,
  ...then,
  ...(otherwise.length > 0 ? [0x05, ...otherwise] : []),
  0x0b,
];

/** 32-bit integers, used for addresses and counts. */
export const i32 = {
  const: (value: number): Code => [0x41, ...signed(BigInt(value))],
  add: binary(0x6a) as Binary,
  sub: binary(0x6b) as Binary,
  and: binary(0x71) as Binary,
  shl: (value: Code, count: number): Code => [...value, ...i32.const(count), 0x74],
  shr: (value: Code, count: number): Code => [...value, ...i32.const(count), 0x76],
  lessThan: binary(0x49) as Binary,
  greaterThan: binary(0x4b) as Binary,
  store8: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...memory([0x3a], offset)],
} as const;

/** 64-bit integers, used for Poly1305's limbs. */
export const i64 = {
  const: (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))],
  add: binary(0x7c) as Binary,
  sub: binary(0x7d) as Binary,
  mul: binary(0x7e) as Binary,
  and: binary(0x83) as Binary,
  or: binary(0x84) as Binary,
  xor: binary(0x85) as Binary,
  shl: (value: Code, count: number): Code => [...value, ...i64.const(BigInt(count)), 0x86],
  shrSigned: (value: Code, count: number): Code => [...value, ...i64.const(BigInt(count)), 0x87],
  shr: (value: Code, count: number): Code => [...value, ...i64.const(BigInt(count)), 0x88],
  isZero: (value: Code): Code => [...value, 0x50],
  lessThan: binary(0x54) as Binary,
  fromI32: (value: Code): Code => [...value, 0xad],
  load: (address: Code, offset = 0): Code => [...address, ...memory([0x29], offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...memory([0x37], offset)],
} as const;

/** Four 32-bit lanes, used for four blocks of Salsa20 at once. */
export const v128 = {
  const: (lanes: readonly [number, number, number, number]): Code => [
    ...vector(0x0c),
    ...lanes.flatMap((lane) => [lane & 0xff, (lane >>> 8) & 0xff, (lane >>> 16) & 0xff, lane >>> 24]),
  ],
  load: (address: Code, offset = 0): Code => [...address, ...memory(vector(0x00), offset)],
  loadSplat: (address: Code, offset = 0): Code => [...address, ...memory(vector(0x09), offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...memory(vector(0x0b), offset),
  ],
  splat: (value: Code): Code => [...value, ...vector(0x11)],
  xor: vectorBinary(0x51) as Binary,
  add: vectorBinary(0xae) as Binary,
  shl: (value: Code, count: number): Code => [...value, ...i32.const(count), ...vector(0xab)],
  shr: (value: Code, count: number): Code => [...value, ...i32.const(count), ...vector(0xad)],
  /** Picks four lanes of eight: 0 to 3 are the left vector's, 4 to 7 the right one's. */
  pick: (left: Code, right: Code, lanes: readonly [number, number, number, number]): Code => [
    ...left,
    ...right,
    ...vector(0x0d),
    ...lanes.flatMap((lane) => [lane * 4, lane * 4 + 1, lane * 4 + 2, lane * 4 + 3]),
  ],
} as const;

/** Copies bytes within the memory. */
export const copyMemory = (to: Code, from: Code, length: Code): Code => [
  ...to,
  ...from,
  ...length,
  0xfc,
  0x0a,
  0,
  0,
];

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function named(name: string, kind: number, index: number): Code {
  const letters = Array.from(name, (letter) => letter.charCodeAt(0));
  return [...unsigned(letters.length), ...letters, kind, ...unsigned(index)];
}

/** The bytes of a module (core specification, 5.5) with one memory of a fixed size, exported as `memory`. */
export function assemble(functions: readonly WasmFunction[], memoryPages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, results }) => [
    0x60,
    ...list(parameters.map((t) => [t])),
    ...list(results.map((t) => [t])),
  ]);
  const exported = functions.flatMap(({ exportName }, index) =>
    exportName === undefined ? [] : [named(exportName, 0, index)],
  );
  const bodies = functions.map(({ locals, body }) => {
    const content = [...list(locals.map((type) => [1, type])), ...body, 0x0b];
    return [...unsigned(content.length), ...content];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(5, list([[1, ...unsigned(memoryPages), ...unsigned(memoryPages)]])),
    ...section(7, list([named("memory", 2, 0), ...exported])),
    ...section(10, list(bodies)),
  ]);
}
