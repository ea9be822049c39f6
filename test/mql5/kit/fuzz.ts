import { type Bend, RawClient, type RawKeys, rawKeys } from "./raw-client.ts";

/** A server with the sockets of an expert. */
export interface FuzzTarget {
  readonly pull: number;
  readonly pub: number;
  readonly router: number;
  readonly serverKey: Uint8Array;
  /** Keys that it admits. */
  readonly clientKeys: RawKeys;
}

const sideBySide = 24;

/** A deterministic source of numbers below a limit, so that a failure can be repeated. */
export function makeRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * limit);
  };
}

/** A number from 0 to below a limit. */
export type Random = (limit: number) => number;

function bytes(random: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random(256));
}

function flip(random: Random): (data: Uint8Array) => Uint8Array {
  return (data) => {
    const out = data.slice();
    for (let i = 0; i <= random(3); i++) {
      const at = random(out.length);
      out[at] = (out[at] ?? 0) ^ (1 << random(8));
    }
    return out;
  };
}

/** Cuts a command short or makes it longer. */
function resize(random: Random): (data: Uint8Array) => Uint8Array {
  return (data) => {
    const length = random(data.length + 40);
    const out = new Uint8Array(length);
    out.set(data.subarray(0, length));
    return out;
  };
}

function bend(random: Random): Bend {
  const change = random(2) === 0 ? flip(random) : resize(random);
  switch (random(6)) {
    case 0:
      return { greeting: flip(random) };
    case 1:
      return { hello: change };
    case 2:
      return { initiate: change };
    case 3:
      return { initiatePlain: change };
    case 4:
      return { metadata: bytes(random, random(300)) };
    default:
      return { socketType: String.fromCharCode(...bytes(random, random(20))) };
  }
}

/** One connection that misbehaves in one of several ways, at any stage. */
async function attack(expert: FuzzTarget, random: Random): Promise<void> {
  const port = [expert.pull, expert.pub, expert.router][random(3)] ?? expert.router;
  const admitted = random(3) > 0;
  const keys = admitted ? expert.clientKeys : rawKeys();
  const socketType = port === expert.pull ? "PUSH" : port === expert.pub ? "SUB" : "DEALER";
  await using client = await RawClient.connect(port);
  switch (random(5)) {
    case 0:
      client.write(bytes(random, random(300)));
      break;
    case 1:
      client.write(Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1, ...bytes(random, random(200))));
      break;
    case 2:
      break;
    case 3:
      await client.handshake(keys, expert.serverKey, { socketType, ...bend(random) });
      break;
    default: {
      await client.handshake(keys, expert.serverKey, { socketType });
      const parts = 1 + random(20);
      for (let i = 0; i < parts; i++) {
        const sealed = client.sealed(random(4), bytes(random, random(200)));
        client.frame(random(3) === 0 ? random(256) : 0, random(4) === 0 ? flip(random)(sealed) : sealed);
      }
      client.write(bytes(random, random(30)));
      break;
    }
  }
}

/** So many connections that misbehave, side by side. Gives how many of them the server ended before they were done. */
export async function fuzz(expert: FuzzTarget, connections: number, seed: number): Promise<number> {
  const random = makeRandom(seed);
  let started = 0;
  let refused = 0;
  const worker = async (): Promise<void> => {
    while (started < connections) {
      started++;
      try {
        await attack(expert, random);
      } catch (cause) {
        // The server ended it: what a hostile peer deserves. Anything else is this test's own fault.
        if (!(cause instanceof Error) || !/Cannot|invalid tag|ECONNRESET|expected/i.test(cause.message))
          throw cause;
        refused++;
      }
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, worker));
  return refused;
}
