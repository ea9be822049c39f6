import { createHash, type Hash } from "node:crypto";

/**
 * A sequence of messages that a seed stands for, so that both sides of an exchange know it. peer.py holds the same in
 * Python.
 */
export interface Plan {
  readonly seed: string;
  readonly count: number;
  /** First frames to draw from; none: messages have no topic frame. */
  readonly topics?: readonly string[];
  /** How many of the messages have a first part of 64 MiB. @default 0 */
  readonly huge?: number;
}

/** What a receiver got. */
export interface Received {
  readonly count: number;
  readonly bytes: number;
  /** SHA-256 over the cuts and the content of all messages in order, hexadecimal. */
  readonly digest: string;
  /** The hash after every 512 messages, shortened: says where two sequences part. */
  readonly marks: readonly string[];
}

const MIB = 1_048_576;
const sliceBytes = MIB;
const hugeBytes = 64 * MIB;

/** Bytes that every message is cut from: SHAKE-256 gives both languages the same. */
const pool = createHash("shake256", { outputLength: 2 * MIB })
  .update("pool")
  .digest();

/** Shares of 10,000 parts, and the sizes they are drawn from. */
const classes = [
  { below: 300, from: 0, to: 0 },
  { below: 6000, from: 1, to: 64 },
  { below: 9300, from: 65, to: 1024 },
  { below: 9960, from: 1025, to: 8192 },
  { below: 9996, from: 8193, to: 65_536 },
];

const lastClass = { from: 65_537, to: MIB };

function* draws(seed: string): Generator<number, never> {
  for (let block = 0; ; block++) {
    const bytes = createHash("shake256", { outputLength: 16_384 }).update(`plan:${seed}:${block}`).digest();
    for (let at = 0; at < bytes.length; at += 4) yield bytes.readUInt32LE(at);
  }
}

function partCount(draw: number): number {
  const share = draw % 100;
  if (share < 70) return 1;
  if (share < 85) return 2;
  if (share < 95) return 3;
  return 4 + (Math.floor(draw / 128) % 5);
}

function cut(offset: number, size: number): Uint8Array {
  if (size <= sliceBytes) return pool.subarray(offset, offset + size);
  const whole = Buffer.alloc(size);
  for (let at = 0; at < size; at += sliceBytes) {
    pool.copy(whole, at, offset, offset + Math.min(sliceBytes, size - at));
  }
  return whole;
}

/** The messages of a plan, in order. Their parts are views of one pool and may not be changed. */
export function* messages({ seed, count, topics = [], huge = 0 }: Plan): Generator<Uint8Array[], void> {
  const stream = draws(seed);
  const draw = (): number => stream.next().value;
  const every = huge > 0 ? Math.floor(count / (huge + 1)) : 0;
  for (let index = 0; index < count; index++) {
    const first = draw();
    const parts: Uint8Array[] = [];
    if (topics.length > 0) parts.push(Buffer.from(topics[Math.floor(first / 4096) % topics.length] ?? ""));
    const wanted = partCount(first);
    for (let part = 0; part < wanted; part++) {
      const share = draw() % 10_000;
      const sizeDraw = draw();
      const offset = draw() % (MIB + 1);
      const { from, to } = classes.find(({ below }) => share < below) ?? lastClass;
      const isHuge = part === 0 && every > 0 && index > 0 && index % every === 0 && index / every <= huge;
      parts.push(cut(offset, isHuge ? hugeBytes : from + (sizeDraw % (to - from + 1))));
    }
    yield parts;
  }
}

/** Messages between two marks of a tally. */
const markEvery = 512;

/** Counts messages and hashes their content and their cuts, in order. */
export class Tally {
  count = 0;
  #bytes = 0;
  readonly #marks: string[] = [];
  readonly #hash: Hash = createHash("sha256");

  add(parts: readonly Uint8Array[]): void {
    const head = Buffer.allocUnsafe(4 + 4 * parts.length);
    head.writeUInt32LE(parts.length, 0);
    for (const [index, part] of parts.entries()) {
      head.writeUInt32LE(part.length, 4 + 4 * index);
      this.#bytes += part.length;
    }
    this.#hash.update(head);
    for (const part of parts) this.#hash.update(part);
    this.count++;
    if (this.count % markEvery === 0) this.#marks.push(this.#hash.copy().digest("hex").slice(0, 16));
  }

  result(): Received {
    const digest = this.#hash.copy().digest("hex");
    return { count: this.count, bytes: this.#bytes, digest, marks: this.#marks };
  }
}
