import { type Code, get, i64, set, tee } from "./assembler.ts";

/** Poly1305 with five limbs of 26 bits in 64-bit words: products of limbs add up to less than 2^60. */
const MASK = (1n << 26n) - 1n;

/** The locals that hold Poly1305's state and temporaries. */
export interface PolyLocals {
  /** r, five limbs, clamped. */
  readonly r: readonly number[];
  /** 5 r, limbs 1 to 4 (index 0 unused): 2^130 is 5 modulo the prime. */
  readonly s: readonly number[];
  readonly h: readonly number[];
  readonly d: readonly number[];
  readonly low: number;
  readonly high: number;
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`Cannot assemble: no item ${index}`);
  return item;
}

const masked = (value: Code): Code => i64.and(value, i64.const(MASK));

/** The five limbs of a 128-bit number in two 64-bit words; `top` is or-ed into the last. */
export function limbs(low: Code, high: Code, top?: Code): readonly Code[] {
  const last = i64.shr(high, 40);
  return [
    masked(low),
    masked(i64.shr(low, 26)),
    masked(i64.or(i64.shr(low, 52), i64.shl(high, 12))),
    masked(i64.shr(high, 14)),
    top === undefined ? last : i64.or(last, top),
  ];
}

/** h = (h + block) r, as statements that can be interleaved with others. `top` is 2^128 in the last limb, or 0. */
export function polyBlock(locals: PolyLocals, address: Code, offset: number, top: Code): Code[] {
  const { r, s, h, d, low, high } = locals;
  const code: Code[] = [
    set(low, i64.load(address, offset)),
    set(high, i64.load(address, offset + 8)),
    ...limbs(get(low), get(high), top).map((limb, i) => set(at(h, i), i64.add(get(at(h, i)), limb))),
  ];
  for (let i = 0; i < 5; i++) {
    const terms = [0, 1, 2, 3, 4].map((j) =>
      i64.mul(get(at(h, j)), get(j <= i ? at(r, i - j) : at(s, 5 + i - j))),
    );
    code.push(
      set(at(d, i), i64.add(i64.add(at(terms, 0), at(terms, 1)), at(terms, 2))),
      set(at(d, i), i64.add(i64.add(get(at(d, i)), at(terms, 3)), at(terms, 4))),
    );
  }
  for (let i = 0; i < 4; i++) {
    code.push(
      set(at(h, i), masked(get(at(d, i)))),
      set(at(d, i + 1), i64.add(get(at(d, i + 1)), i64.shr(get(at(d, i)), 26))),
    );
  }
  code.push(
    set(at(h, 4), masked(get(at(d, 4)))),
    set(at(h, 0), i64.add(get(at(h, 0)), i64.mul(i64.shr(get(at(d, 4)), 26), i64.const(5n)))),
    set(at(h, 1), i64.add(get(at(h, 1)), i64.shr(get(at(h, 0)), 26))),
    set(at(h, 0), masked(get(at(h, 0)))),
  );
  return code;
}

/** Reduces h fully, adds the pad at `pad` and stores the 16 bytes at `to`. No branch, no table. */
export function polyFinish(locals: PolyLocals, pad: Code, to: Code): Code {
  const { h, d, low, high } = locals;
  const code: Code[] = [];
  // A block leaves only limb 1 overfull, by less than 2^11; afterwards h < 2^130 + 2^37 < 2 (2^130 - 5).
  for (let i = 1; i < 4; i++) {
    code.push(
      set(at(h, i + 1), i64.add(get(at(h, i + 1)), i64.shr(get(at(h, i)), 26))),
      set(at(h, i), masked(get(at(h, i)))),
    );
  }
  // d = h + 5 - 2^130: its sign, smeared over a word, is all ones when h is below the prime.
  code.push(set(at(d, 0), i64.add(get(at(h, 0)), i64.const(5n))));
  for (let i = 0; i < 4; i++) {
    code.push(
      set(at(d, i + 1), i64.add(get(at(h, i + 1)), i64.shr(get(at(d, i)), 26))),
      set(at(d, i), masked(get(at(d, i)))),
    );
  }
  code.push(
    set(at(d, 4), i64.sub(get(at(d, 4)), i64.const(1n << 26n))),
    set(low, i64.shrSigned(get(at(d, 4)), 63)),
    set(at(d, 4), masked(get(at(d, 4)))),
  );
  for (let i = 0; i < 5; i++) {
    // h where the mask is all ones, d where it is zero.
    const difference = i64.and(i64.xor(get(at(h, i)), get(at(d, i))), get(low));
    code.push(set(at(h, i), i64.xor(get(at(d, i)), difference)));
  }
  const lowWord = i64.or(i64.or(get(at(h, 0)), i64.shl(get(at(h, 1)), 26)), i64.shl(get(at(h, 2)), 52));
  const highWord = i64.or(
    i64.or(i64.shr(get(at(h, 2)), 12), i64.shl(get(at(h, 3)), 14)),
    i64.shl(get(at(h, 4)), 40),
  );
  code.push(
    set(high, i64.add(highWord, i64.load(pad, 8))),
    i64.store(to, tee(low, i64.add(lowWord, i64.load(pad, 0)))),
    // The low sum wrapped when it is less than what was added.
    i64.store(to, i64.add(get(high), i64.fromI32(i64.lessThan(get(low), i64.load(pad, 0)))), 8),
  );
  return code.flat();
}
