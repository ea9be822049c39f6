import { x25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { MemoryJournalStore } from "../../../src/simulator/agent/memory-journal.ts";
import { generatedMarket } from "../../../src/simulator/market/mod.ts";
import { type Simulator, startSimulator } from "../../../src/simulator/simulator.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { FakeTransport } from "../../kit/fake-transport.ts";

interface Stage {
  readonly clock: VirtualClock;
  start(): Promise<Simulator>;
}

function stage(
  transport: (clock: VirtualClock) => FakeTransport = (clock) => new FakeTransport(clock),
): Stage {
  // A Wednesday: the market is open.
  const clock = new VirtualClock({ wallStartMs: Date.UTC(2024, 0, 10, 8) });
  return {
    clock,
    start: () =>
      startSimulator({
        simulation: { market: { source: generatedMarket({ seed: 1 }), clock, speed: 60 } },
        agent: {
          transport: transport(clock),
          clock,
          randomBytes: (length) => new Uint8Array(length),
          journal: new MemoryJournalStore(),
          serverSecretKey: new Uint8Array(32).fill(1),
          clients: [{ publicKey: x25519.getPublicKey(new Uint8Array(32).fill(2)), role: "trade" }],
          host: "127.0.0.1",
          ports: { command: 0, events: 0, sync: 0 },
        },
      }),
  };
}

describe("startSimulator", () => {
  it("serves the market that it opens, and stands still once it is closed", async () => {
    const { clock, start } = stage();
    const simulator = await clock.runUntil(start(), 60_000);
    expect(new Set(Object.values(simulator.ports)).size).toBe(3);
    await clock.advance(10_000);
    const bid = (): unknown => simulator.terminal.tick("EURUSD")?.timeBrokerMs;
    simulator.terminal.selectSymbol("EURUSD");
    const before = bid();
    expect(before).toBeTypeOf("number");
    await clock.advance(10_000);
    expect(bid()).not.toBe(before);
    await clock.runUntil(simulator.close(), 60_000);
    const atEnd = bid();
    await clock.advance(60_000);
    expect(bid()).toBe(atEnd);
    await clock.runUntil(Promise.resolve(simulator[Symbol.asyncDispose]()), 60_000);
  });

  it("that cannot be bound leaves nothing running, and tells why", async () => {
    const { clock, start } = stage((at) => {
      const transport = new FakeTransport(at);
      transport.listen = () => Promise.reject(new Error("in use"));
      return transport;
    });
    await expect(clock.runUntil(start(), 60_000)).rejects.toThrow("in use");
    const at = clock.nowMs();
    await clock.advance(1_000);
    expect(clock.nowMs()).toBe(at + 1_000);
  });
});
