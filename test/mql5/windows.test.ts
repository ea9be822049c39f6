import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Request } from "zeromq";
import { compileProgram, mqlRoot } from "../../build/mql5/compile.ts";
import { describeContract } from "../contract/agent/ea-suite.ts";
import { chosenCases, chosenCells, hereOf } from "../faults/ea/choice.ts";
import { createExpertWorld } from "../faults/ea/expert-world.ts";
import { describeCells } from "../faults/ea/suite.ts";
import { canRun, requireHost } from "./kit/peers.ts";
import { Program, stopWine } from "./kit/program.ts";
import { RawClient } from "./kit/raw-client.ts";
import { SocketsExpert } from "./kit/sockets.ts";

// The same sources as a Windows program: the DLLs are looked up and called as the terminal does. One file, since the
// programs share wine's server, which is stopped at its end.

afterAll(async () => {
  if (canRun("windows")) await stopWine();
}, 120_000);

describe("the expert as a Windows program", { timeout: 300_000 }, () => {
  beforeEach((context) => {
    requireHost(context, "windows");
  });

  let expert: SocketsExpert;
  beforeAll(async () => {
    if (canRun("windows")) expert = await SocketsExpert.start({}, "windows");
  }, 300_000);
  afterAll(async () => {
    if (canRun("windows")) await expert[Symbol.asyncDispose]();
  });

  it("passes SelfTest", async () => {
    const binary = await compileProgram(join(mqlRoot, "Scripts", "MT5Connector", "SelfTest.mq5"), "windows");
    await using program = new Program(binary);
    await program.ended;
    expect(program.printed.filter((line) => line.startsWith("FAILED"))).toEqual([]);
    expect(program.printed.at(-1)).toMatch(/^\d+ passed, 0 failed$/);
  });

  it("flushes the shipping expert's journal to the disk through kernel32.dll", async () => {
    const world = await createExpertWorld({ seed: "kernel32", flavour: "windows", timeScale: 1 });
    try {
      await world.client.connect();
      await world.client.agent(world.site).trade.marketBuy("EURUSD", 0.1);
      // It would say so if the file could not be opened a second time, and refuse the order if a flush failed.
      expect(world.site.printed.filter((line) => /journal|disk/.test(line))).toEqual([]);
    } finally {
      await world.close();
    }
  });

  it("talks to libzmq over the Windows sockets, from 0 to 100,000 bytes", async () => {
    const request = new Request(expert.curve);
    try {
      request.connect(`tcp://127.0.0.1:${expert.router}`);
      for (const size of [0, 1, 255, 256, 65_536, 100_000]) {
        await request.send(["head", Buffer.alloc(size, 7)]);
        expect((await request.receive()).map((frame) => frame.length)).toEqual([4, size]);
      }
    } finally {
      request.close();
    }
  });

  it("publishes to a subscriber and keeps its sockets when only the chart changes", async () => {
    await using asker = await expert.asker();
    await using subscriber = await RawClient.open(expert.pub, expert.clientKeys, expert.serverKey, {
      socketType: "SUB",
    });
    const topic = new TextEncoder().encode("flood\0");
    subscriber.send(Uint8Array.of(9, ...new TextEncoder().encode("SUBSCRIBE"), ...topic), 2);
    await asker.until((counters) => counters.subscriptions === 1);
    expert.program.send({ t: "deinit", v: 3 });
    await expert.program.line(`ports ${expert.pull} ${expert.pub} ${expert.router} 2`);
    await asker.ask({ flood: 3, size: 8, skip: false });
    for (let i = 0; i < 3; i++) {
      expect((await subscriber.receive()).payload).toEqual(topic);
      expect((await subscriber.receive()).payload[7]).toBe(i);
    }
  });

  it("drops what misbehaves and goes on, and closes its sockets when it is removed", async () => {
    await using garbage = await RawClient.connect(expert.router);
    garbage.write(new Uint8Array(500).fill(65));
    await garbage.closed();
    await using good = await RawClient.open(expert.router, expert.clientKeys, expert.serverKey);
    good.send(new TextEncoder().encode("still here"));
    expect(new TextDecoder().decode((await good.receive()).payload)).toBe("still here");
    expect((await expert.program.stop()).code).toBe(0);
    await good.closed();
  });
});

describeContract("agent contract, pairwise, as a Windows program", hereOf(chosenCases), {
  flavour: "windows",
  atOnce: 4,
});

describeCells("fault matrix, pairwise, as a Windows program", hereOf(chosenCells), {
  flavour: "windows",
  timeScale: 2,
  atOnce: 8,
});
