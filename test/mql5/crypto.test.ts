import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { beforeEach, describe, expect, it } from "vitest";
import { compileProgram, mqlRoot } from "../../build/mql5/compile.ts";
import { defaultFlavour, peersRequired, requireHost } from "./kit/peers.ts";
import { Program } from "./kit/program.ts";

const experts = join(dirname(fileURLToPath(import.meta.url)), "experts");

/** Ten thousand where peers are required; enough to notice a slip elsewhere (the oracle is what takes the time). */
const rounds = peersRequired ? 10_000 : 400;

interface Question {
  readonly operation: number;
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly c: Uint8Array;
  /** Undefined: the program must refuse. */
  readonly answer: Uint8Array | undefined;
}

const Operation = { SEAL: 1, OPEN: 2, X25519: 3, HMAC: 4, HKDF: 5 } as const;
const nothing = new Uint8Array();

/** A deterministic stream of bytes, so that a failure can be repeated. */
function* randomBytes(seed: number): Generator<number, never, void> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 24;
  }
}

const stream = randomBytes(20_260_101);

function take(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => stream.next().value);
}

function takeLength(limit: number): number {
  const [low = 0, high = 0] = take(2);
  return (low + 256 * high) % (limit + 1);
}

function changed(data: Uint8Array): Uint8Array {
  const out = data.slice();
  const at = takeLength(out.length - 1);
  out[at] = (out[at] ?? 0) ^ (1 << takeLength(7));
  return out;
}

function encode(questions: readonly Question[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const { operation, a, b, c } of questions) {
    parts.push(Uint8Array.of(operation));
    for (const argument of [a, b, c])
      parts.push(Uint8Array.of(argument.length & 255, argument.length >> 8), argument);
  }
  return Buffer.concat(parts);
}

async function ask(questions: readonly Question[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mql5-crypto-"));
  try {
    await mkdir(join(folder, "Files"));
    await writeFile(join(folder, "Files", "probe.bin"), encode(questions));
    const binary = await compileProgram(join(experts, "CryptoProbe.mq5"), defaultFlavour);
    await using program = new Program(binary, { files: folder });
    await program.ended;
    expect(program.printed).toEqual([`answered ${questions.length}`]);
    const answers = await readFile(join(folder, "Files", "probe.out"));
    let at = 0;
    for (const question of questions) {
      const good = answers[at] === 1;
      const length = answers.readUInt16LE(at + 1);
      const got = answers.subarray(at + 3, at + 3 + length);
      at += 3 + length;
      expect(good ? Buffer.from(got).toString("hex") : undefined).toBe(
        question.answer === undefined ? undefined : Buffer.from(question.answer).toString("hex"),
      );
    }
    expect(at).toBe(answers.length);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("MQL5 cryptography", { timeout: 300_000 }, () => {
  beforeEach((context) => {
    requireHost(context);
  });

  it(`seals and opens as @noble does, ${rounds} random boxes, and refuses a changed one`, async () => {
    const questions: Question[] = [];
    for (let i = 0; i < rounds; i++) {
      const [key, nonce, plain] = [take(32), take(24), take(takeLength(i % 50 === 0 ? 3_000 : 200))];
      const boxed = xsalsa20poly1305(key, nonce).encrypt(plain);
      questions.push({ operation: Operation.SEAL, a: key, b: nonce, c: plain, answer: boxed });
      questions.push({ operation: Operation.OPEN, a: key, b: nonce, c: boxed, answer: plain });
      questions.push({ operation: Operation.OPEN, a: key, b: nonce, c: changed(boxed), answer: undefined });
    }
    await ask(questions);
  });

  it(`agrees with @noble on ${rounds} random X25519 secrets`, async () => {
    const questions = Array.from({ length: rounds }, (): Question => {
      const [a, b] = [take(32), take(32)];
      return { operation: Operation.X25519, a, b, c: nothing, answer: x25519.scalarMult(a, b) };
    });
    await ask(questions);
  });

  it("reads public keys at the edges of the field as @noble does, and refuses those of low order", async () => {
    const prime = (1n << 255n) - 19n;
    const little = (value: bigint): Uint8Array =>
      Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 255n));
    const edges = [
      2n,
      9n,
      prime - 2n,
      prime + 2n,
      (1n << 255n) - 1n,
      (1n << 256n) - 1n,
      1n << 254n,
      1n << 26n,
    ];
    const low = [0n, 1n, prime - 1n, prime, prime + 1n];
    const secret = take(32);
    await ask([
      ...edges.map((edge): Question => {
        const b = little(edge);
        return {
          operation: Operation.X25519,
          a: secret,
          b,
          c: nothing,
          answer: x25519.scalarMult(secret, b),
        };
      }),
      ...low.map((edge): Question => {
        return { operation: Operation.X25519, a: secret, b: little(edge), c: nothing, answer: undefined };
      }),
    ]);
  });

  it(`computes HMAC and HKDF as @noble does, ${rounds} random inputs`, async () => {
    const questions: Question[] = [];
    for (let i = 0; i < rounds; i++) {
      const [a, b, c] = [take(takeLength(150)), take(takeLength(200)), take(takeLength(80))];
      questions.push({ operation: Operation.HMAC, a, b, c: nothing, answer: hmac(sha256, a, b) });
      questions.push({ operation: Operation.HKDF, a, b, c, answer: hkdf(sha256, a, b, c, 64) });
    }
    await ask(questions);
  });
});

describe("SelfTest.mq5", { timeout: 120_000 }, () => {
  beforeEach((context) => {
    requireHost(context);
  });

  it("passes all its vectors", async () => {
    const binary = await compileProgram(
      join(mqlRoot, "Scripts", "MT5Connector", "SelfTest.mq5"),
      defaultFlavour,
    );
    await using program = new Program(binary);
    await program.ended;
    expect(program.printed.filter((line) => line.startsWith("FAILED"))).toEqual([]);
    expect(program.printed.at(-1)).toMatch(/^\d+ passed, 0 failed$/);
  });
});
