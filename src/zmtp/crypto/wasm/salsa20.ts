import { type Code, get, set, tee, v128 } from "./assembler.ts";

/** Rows are quarter rounds, in the order in which Salsa20 names its four words. */
const COLUMNS = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
] as const;
const ROWS = [
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;

/** Two rounds on four blocks at once (word i of all four in local x + i), as statements in a good order. */
export function doubleRound(x: number, temporary: number): Code[] {
  const code: Code[] = [];
  for (const quarters of [COLUMNS, ROWS]) {
    for (const [step, rotation] of [7, 9, 13, 18].entries()) {
      // The four quarter rounds are independent: side by side they keep the processor busy.
      for (const quarter of quarters) {
        const word = (offset: number): number => x + (quarter[(step + offset + 1) % 4] ?? 0);
        const sum = v128.add(get(word(3)), get(word(2)));
        code.push(
          set(
            word(0),
            v128.xor(
              v128.xor(get(word(0)), v128.shl(tee(temporary, sum), rotation)),
              v128.shr(get(temporary), 32 - rotation),
            ),
          ),
        );
      }
    }
  }
  return code;
}

/** Sets up the words of four blocks from the 16 input words; `counters` are the four low words of the counter. */
export function loadInput(x: number, input: Code, counters: Code): Code {
  return Array.from({ length: 16 }, (_, i) =>
    set(x + i, i === 8 ? counters : v128.loadSplat(input, i * 4)),
  ).flat();
}

/**
 * Adds the input words, turns words of four blocks into four blocks of words and stores 256 bytes: the key stream
 * xor what stands at `from`. Needs four more locals from `spare` on.
 */
export function storeStream(
  x: number,
  spare: number,
  input: Code,
  counters: Code,
  from: Code,
  to: Code,
): Code {
  const code: Code[] = [];
  for (let i = 0; i < 16; i++) {
    code.push(set(x + i, v128.add(get(x + i), i === 8 ? counters : v128.loadSplat(input, i * 4))));
  }
  for (let i = 0; i < 16; i += 4) {
    const [a, b, c, d] = [get(x + i), get(x + i + 1), get(x + i + 2), get(x + i + 3)];
    const [lowAB, lowCD, highAB, highCD] = [get(spare), get(spare + 1), get(spare + 2), get(spare + 3)];
    code.push(
      set(spare, v128.pick(a, b, [0, 4, 1, 5])),
      set(spare + 1, v128.pick(c, d, [0, 4, 1, 5])),
      set(spare + 2, v128.pick(a, b, [2, 6, 3, 7])),
      set(spare + 3, v128.pick(c, d, [2, 6, 3, 7])),
    );
    const blocks = [
      v128.pick(lowAB, lowCD, [0, 1, 4, 5]),
      v128.pick(lowAB, lowCD, [2, 3, 6, 7]),
      v128.pick(highAB, highCD, [0, 1, 4, 5]),
      v128.pick(highAB, highCD, [2, 3, 6, 7]),
    ];
    for (const [block, words] of blocks.entries()) {
      const offset = block * 64 + i * 4;
      code.push(v128.store(to, v128.xor(words, v128.load(from, offset)), offset));
    }
  }
  return code.flat();
}
