import { beforeEach, describe, expect, it } from "vitest";
import { Request } from "zeromq";
import type { Flavour } from "../../build/mql5/compile.ts";
import { fuzz } from "./kit/fuzz.ts";
import { defaultFlavour, peersRequired, requireHost } from "./kit/peers.ts";
import { RawClient } from "./kit/raw-client.ts";
import { SocketsExpert } from "./kit/sockets.ts";

// Where peers are required the sanitizers watch. Ten thousand connections try the expert that ships (agent-hostile.test.ts).
const flavour: Flavour = peersRequired && defaultFlavour === "plain" ? "sanitized" : defaultFlavour;
const connections = flavour === "sanitized" ? 2_000 : 300;

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
      const refused = await fuzz(expert, connections, 7);
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
