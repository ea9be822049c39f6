/**
 * Cryptography per message: what the engine uses against the candidates it was chosen from.
 * Run it with `node build/run.mjs bench/crypto.ts`, `bun bench/crypto.ts` or `deno run -A bench/crypto.ts`.
 */
import { nodeKeyAgreement } from "../src/adapters/node-crypto.ts";
import { nodeMac } from "../src/adapters/node-mac.ts";
import { createMac } from "../src/security/mac.ts";
import { nobleKeyAgreement } from "../src/zmtp/crypto/noble.ts";
import { hsalsa20, nobleSecretBox } from "../src/zmtp/crypto/noble-box.ts";
import { randomBytes } from "../src/zmtp/crypto/random.ts";
import type { KeyAgreement, TrafficBox } from "../src/zmtp/crypto/types.ts";
import { createWasmSecretBox } from "../src/zmtp/crypto/wasm/wasm-box.ts";

const ROUNDS = 5;
const ROUND_MS = 80;
const BOX_AT = 16;

/** The parts of libsodium's raw module that are used here. */
interface Sodium {
  readonly HEAPU8: Uint8Array;
  _malloc(length: number): number;
  _crypto_secretbox_easy(box: number, plain: number, length: bigint | number, ...rest: number[]): number;
  _crypto_secretbox_open_easy(plain: number, box: number, length: bigint | number, ...rest: number[]): number;
}

/** libsodium's WebAssembly build at its best: buffers of its heap taken once, not once per message. */
async function libsodiumTraffic(key: Uint8Array, prefix: Uint8Array): Promise<TrafficBox> {
  // The package has no types; a name that is not a literal keeps the compiler from looking for them.
  const name: string = "libsodium";
  const factory = ((await import(/* @vite-ignore */ name)) as { default: () => Promise<Sodium> }).default;
  const sodium = await factory();
  const heap = sodium.HEAPU8;
  const plainAt = sodium._malloc(70_000);
  const boxAt = sodium._malloc(70_000);
  const keyAt = sodium._malloc(32);
  const nonceAt = sodium._malloc(24);
  heap.set(key, keyAt);
  heap.set(prefix, nonceAt);
  return {
    seal(buffer, nonceOffset, boxOffset, length) {
      heap.set(buffer.subarray(nonceOffset, nonceOffset + 8), nonceAt + 16);
      heap.set(buffer.subarray(boxOffset + 16, boxOffset + 16 + length), plainAt);
      sodium._crypto_secretbox_easy(boxAt, plainAt, length, 0, nonceAt, keyAt);
      buffer.set(heap.subarray(boxAt, boxAt + 16 + length), boxOffset);
    },
    open(buffer, nonceOffset, boxOffset, length) {
      heap.set(buffer.subarray(nonceOffset, nonceOffset + 8), nonceAt + 16);
      heap.set(buffer.subarray(boxOffset, boxOffset + length), boxAt);
      if (sodium._crypto_secretbox_open_easy(plainAt, boxAt, length, 0, nonceAt, keyAt) !== 0) return false;
      buffer.set(heap.subarray(plainAt, plainAt + length - 16), boxOffset + 16);
      return true;
    },
  };
}

function perSecond(work: () => void): number {
  let count = 0;
  const start = performance.now();
  let elapsed = 0;
  do {
    for (let index = 0; index < 8; index++) work();
    count += 8;
    elapsed = performance.now() - start;
  } while (elapsed < ROUND_MS);
  return (count / elapsed) * 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Medians of interleaved rounds; the first round warms up and does not count. */
function measure(cases: ReadonlyMap<string, () => void>): Map<string, number> {
  const rates = new Map<string, number[]>([...cases.keys()].map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, work] of cases) {
      const rate = perSecond(work);
      if (round > 0) rates.get(name)?.push(rate);
    }
  }
  return new Map([...rates].map(([name, values]) => [name, median(values)]));
}

function report(title: string, measured: ReadonlyMap<string, number>, ours: string): void {
  const own = measured.get(ours) ?? 0;
  const cells = [...measured].map(([name, rate]) => {
    const ratio = name === ours ? "" : ` (ours ${(own / rate).toFixed(2)}x)`;
    return `${name} ${Math.round(rate).toLocaleString("en")}${ratio}`;
  });
  console.log(`${title.padEnd(18)} ${cells.join("   ")}`);
}

async function benchBoxes(): Promise<void> {
  const wasm = createWasmSecretBox();
  if (wasm === undefined) throw new Error("Cannot measure: this runtime has no vectors in WebAssembly");
  const key = randomBytes(32);
  const prefix = randomBytes(16);
  const traffics = new Map<string, TrafficBox>([
    ["wasm", wasm.traffic(key, prefix)],
    ["libsodium", await libsodiumTraffic(key, prefix)],
    ["noble", nobleSecretBox.traffic(key, prefix)],
  ]);
  for (const size of [64, 256, 1024, 65_536]) {
    const boxed = new Uint8Array(BOX_AT + 16 + size);
    boxed.set(randomBytes(8));
    const buffers = [...traffics.values()].map((traffic) => {
      const buffer = boxed.slice();
      traffic.seal(buffer, 0, BOX_AT, size);
      return buffer;
    });
    const first = buffers[0] ?? boxed;
    if (buffers.some((buffer) => buffer.some((byte, index) => byte !== first[index]))) {
      throw new Error(`Cannot measure: the boxes of ${size} bytes differ`);
    }
    const seals = [...traffics].map(([name, traffic]): [string, () => void] => {
      const buffer = boxed.slice();
      return [name, () => traffic.seal(buffer, 0, BOX_AT, size)];
    });
    const opens = [...traffics].map(([name, traffic]): [string, () => void] => {
      // Opening is in place, so the box is laid out anew each time, for all alike.
      const buffer = first.slice();
      const open = (): void => {
        buffer.set(first);
        if (!traffic.open(buffer, 0, BOX_AT, size + 16)) throw new Error(`${name} refused its own box`);
      };
      return [name, open];
    });
    report(`seal ${size} B`, measure(new Map(seals)), "wasm");
    report(`open ${size} B`, measure(new Map(opens)), "wasm");
  }
}

function benchSetup(): void {
  const start = performance.now();
  const box = createWasmSecretBox();
  const made = performance.now();
  hsalsa20(randomBytes(32), randomBytes(16));
  console.log(
    `${"compile wasm".padEnd(18)} ${box?.name ?? "none"} ${(made - start).toFixed(1)} ms, once per process`,
  );
}

function benchKeys(): void {
  const pair = nodeKeyAgreement.generateKeyPair();
  const agreements: [string, KeyAgreement][] = [
    ["node", nodeKeyAgreement],
    ["noble", nobleKeyAgreement],
  ];
  const shared = agreements.map(([name, agreement]): [string, () => void] => [
    name,
    () => agreement.sharedSecret(pair.secretKey, pair.publicKey),
  ]);
  const generated = agreements.map(([name, agreement]): [string, () => void] => [
    name,
    () => agreement.generateKeyPair(),
  ]);
  report("sharedSecret", measure(new Map(shared)), "node");
  report("generateKeyPair", measure(new Map(generated)), "node");
}

function benchMacs(): void {
  const key = randomBytes(32);
  const macs = [["node", nodeMac(key)] as const, ["noble", createMac(key)] as const];
  for (const size of [200, 2000]) {
    const body = randomBytes(size);
    report(
      `mac ${size} B`,
      measure(new Map(macs.map(([name, mac]) => [name, () => mac.sign(body)]))),
      "node",
    );
  }
}

benchSetup();
await benchBoxes();
benchKeys();
benchMacs();
