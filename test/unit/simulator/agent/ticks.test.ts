import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { unpackTicks } from "../../../../src/protocol/v1/bulk.ts";
import type { SubscribeResult } from "../../../../src/protocol/v1/messages.ts";
import { Rig, type RigOptions, type TestClient } from "./rig.ts";

let rig: Rig;
afterEach(() => rig?.agent.kill());

async function begin(options: RigOptions = {}): Promise<TestClient> {
  rig = new Rig(options);
  await rig.start();
  return rig.session();
}

function bids(client: TestClient, symbol = "EURUSD"): number[] {
  return client.ticks
    .filter(({ head }) => head.symbol === symbol)
    .flatMap(({ bulk }) => unpackTicks(bulk).map((tick) => tick.bid));
}

describe("ticks", () => {
  it("flow from the subscription on, none of before", async () => {
    const client = await begin();
    rig.terminal.addTick("EURUSD", 2, 2);
    rig.terminal.addTick("EURUSD", 3, 3);
    const result = await client.get<SubscribeResult>("subscribe", { symbols: ["EURUSD"] });
    expect(result.symbols).toEqual([{ symbol: "EURUSD", count: 0 }]);
    rig.terminal.addTick("EURUSD", 4, 4);
    await rig.clock.advance(10);
    expect(bids(client)).toEqual([4]);
    expect(client.ticks[0]?.head).toMatchObject({ epoch: client.epoch, count: 1, n: 1, skipped: 0 });
  });

  it("that share a millisecond come once each, also when they come one by one", async () => {
    const client = await begin();
    await client.get("subscribe", { symbols: ["EURUSD"] });
    const at = rig.terminal.brokerMs() + 5;
    const sent: number[] = [];
    for (let i = 0; i < 10; i++) {
      rig.terminal.addTick("EURUSD", i, i, true, at);
      sent.push(i);
      await rig.clock.advance(3);
    }
    rig.terminal.addTick("EURUSD", 99, 99, true, at + 1);
    await rig.clock.advance(10);
    expect(bids(client)).toEqual([...sent, 99]);
  });

  it("of one millisecond beyond a batch all come", async () => {
    const client = await begin({ limits: { ticksPerBatch: 7 } });
    await client.get("subscribe", { symbols: ["EURUSD"] });
    const at = rig.terminal.brokerMs() + 5;
    for (let i = 0; i < 100; i++) rig.terminal.addTick("EURUSD", i, i, i === 99, at);
    await rig.clock.advance(10);
    expect(bids(client)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(client.ticks.every(({ head }) => head.n <= 7)).toBe(true);
    expect(client.ticks.at(-1)?.head.count).toBe(100);
  });

  it("are found within a pulse when the hint is lost", async () => {
    const client = await begin();
    await client.get("subscribe", { symbols: ["EURUSD"] });
    rig.terminal.addTick("EURUSD", 5, 5, false);
    await rig.clock.advance(1_100);
    expect(bids(client)).toEqual([5]);
  });

  it("are counted on while nobody subscribes, so that a gap can be told", async () => {
    const client = await begin();
    await client.get("subscribe", { symbols: ["EURUSD"] });
    rig.terminal.addTick("EURUSD", 2, 2);
    await rig.clock.advance(10);
    await client.get("unsubscribe", { symbols: ["EURUSD"] });
    rig.terminal.addTick("EURUSD", 3, 3);
    rig.terminal.addTick("EURUSD", 4, 4);
    await rig.clock.advance(10);
    expect(bids(client)).toEqual([2]);
    const again = await client.get<SubscribeResult>("subscribe", { symbols: ["EURUSD"] });
    expect(again.symbols).toEqual([{ symbol: "EURUSD", count: 3 }]);
  });

  it("flow as long as one session wants them", async () => {
    const client = await begin();
    const other = await rig.session(2);
    await client.get("subscribe", { symbols: ["EURUSD", "EURUSD"] });
    await client.get("subscribe", { symbols: ["EURUSD"] });
    await other.get("subscribe", { symbols: ["EURUSD"] });
    await client.get("unsubscribe", { symbols: ["EURUSD"] });
    await client.get("unsubscribe", { symbols: ["EURUSD"] });
    rig.terminal.addTick("EURUSD", 2, 2);
    await rig.clock.advance(10);
    expect(bids(other)).toEqual([2]);
    await other.get("unsubscribe", { symbols: ["EURUSD"] });
    rig.terminal.addTick("EURUSD", 3, 3);
    await rig.clock.advance(10);
    expect(bids(other)).toEqual([2]);
  });

  it("are subscribed to all or none", async () => {
    const client = await begin();
    const reply = await client.ask("subscribe", { symbols: ["EURUSD", "GBPUSDx"] });
    expect(reply).toMatchObject({ ok: false, error: { code: "UNKNOWN_SYMBOL", candidates: ["GBPUSD"] } });
    rig.terminal.addTick("EURUSD", 2, 2);
    await rig.clock.advance(10);
    expect(client.ticks).toEqual([]);
  });

  it("are bounded in symbols per session", async () => {
    const client = await begin({ limits: { maxSymbolsPerSession: 1 } });
    expect(await client.code("subscribe", { symbols: ["EURUSD", "GBPUSD"] })).toBe("BAD_REQUEST");
    expect(await client.code("subscribe", { symbols: ["EURUSD"] })).toBe("ok");
    expect(await client.code("subscribe", { symbols: ["GBPUSD"] })).toBe("BAD_REQUEST");
  });

  it("come all, once and in order, whatever stamps and bursts they come in", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ stepMs: fc.integer({ min: 0, max: 2 }), waitMs: fc.integer({ min: 0, max: 3 }) }),
          {
            maxLength: 60,
          },
        ),
        fc.integer({ min: 1, max: 5 }),
        async (steps, ticksPerBatch) => {
          const client = await begin({ limits: { ticksPerBatch } });
          await client.get("subscribe", { symbols: ["EURUSD"] });
          let at = rig.terminal.brokerMs();
          for (const [i, { stepMs, waitMs }] of steps.entries()) {
            at += stepMs;
            rig.terminal.addTick("EURUSD", i, i, true, at);
            if (waitMs > 0) await rig.clock.advance(waitMs);
          }
          await rig.clock.advance(20);
          rig.agent.kill();
          expect(bids(client)).toEqual(steps.map((_, i) => i));
          expect(client.ticks.at(-1)?.head.count ?? 0).toBe(steps.length);
        },
      ),
      { numRuns: 50 },
    );
  });
});
