import { beforeEach, describe, expect, it } from "vitest";
import { Request } from "zeromq";
import type { Flavour } from "../../build/mql5/compile.ts";
import { defaultFlavour, peersRequired, requireHost } from "./kit/peers.ts";
import { type Bend, RawClient, rawKeys } from "./kit/raw-client.ts";
import { SocketsExpert } from "./kit/sockets.ts";

// Where peers are required the sanitizers watch, and ten thousand connections try.
const flavour: Flavour = peersRequired && defaultFlavour === "plain" ? "sanitized" : defaultFlavour;
const connections = flavour === "sanitized" ? 10_000 : 300;
const sideBySide = 24;

/** A deterministic source of numbers below a limit, so that a failure can be repeated. */
function makeRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * limit);
  };
}

type Random = (limit: number) => number;

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
async function attack(expert: SocketsExpert, random: Random): Promise<void> {
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

describe("the expert among hostile peers", { timeout: 600_000 }, () => {
  beforeEach((context) => {
    requireHost(context, flavour);
  });

  it(`serves a good client during and after ${connections} connections that misbehave (${flavour})`, async () => {
    await using expert = await SocketsExpert.start({ InpHandshakeMs: 2_000, InpPeersMax: 48 }, flavour);
    const good = new Request(expert.curve);
    const echo = async (text: string): Promise<void> => {
      await good.send(text);
      expect((await good.receive()).map(String)).toEqual([text]);
    };
    try {
      good.connect(`tcp://127.0.0.1:${expert.router}`);
      await echo("before");
      const random = makeRandom(7);
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
      expect(refused).toBeGreaterThan(connections / 20);
      await echo("after");
      await using asker = await expert.asker();
      const counters = await asker.until((one) => one.connections === 2);
      expect(counters.faults.ZMTP_FAULT_SYSTEM).toBe(0);
      for (const fault of ["PROTOCOL", "MECHANISM", "AUTHENTICATION", "SOCKET_TYPE", "PEER_CLOSED"])
        expect(counters.faults[`ZMTP_FAULT_${fault}`]).toBeGreaterThan(0);
    } finally {
      good.close();
    }
    expect(await expert.program.stop()).toEqual({ code: 0, signal: null });
    expect(expert.program.noise).toBe("");
  });

  it("gives the place of the oldest unfinished handshake to a newcomer, never that of a peer at work", async () => {
    await using expert = await SocketsExpert.start({ InpPeersMax: 4, InpHandshakeMs: 60_000 }, flavour);
    await using asker = await expert.asker();
    const idle: RawClient[] = [];
    for (let i = 0; i < 3; i++) {
      idle.push(await RawClient.connect(expert.router));
      await asker.until((counters) => counters.connections === 2 + i);
    }
    await using second = await RawClient.open(expert.router, expert.clientKeys, expert.serverKey);
    await idle[0]?.closed();
    const counters = await asker.ask();
    expect([counters.router, counters.connections, counters.faults.ZMTP_FAULT_NO_ROOM]).toEqual([2, 4, 1]);
    expect(second.isClosed).toBe(false);
    for (const client of idle) await client[Symbol.asyncDispose]();
  });

  it("drops a connection that does not finish its handshake in time", async () => {
    await using expert = await SocketsExpert.start({ InpHandshakeMs: 200 }, flavour);
    await using client = await RawClient.connect(expert.router);
    await client.closed();
    await using asker = await expert.asker();
    expect((await asker.ask()).faults.ZMTP_FAULT_HANDSHAKE_TIMEOUT).toBe(1);
  });
});
