import { afterEach, describe, expect, it } from "vitest";
import { alwaysOpen, SimulatedTerminal, symbolSpec } from "../../../../src/simulator/broker/mod.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";
import { Rig, type RigOptions, type TestClient } from "./rig.ts";

let rig: Rig;
let terminal: SimulatedTerminal | undefined;
afterEach(() => {
  rig?.agent.kill();
  terminal?.dispose();
  terminal = undefined;
});

async function begin(options: RigOptions = {}): Promise<TestClient> {
  rig = new Rig(options);
  await rig.start();
  return rig.session();
}

/** An agent in front of the simulated terminal, whose queue of transactions is as short as MetaTrader's. */
async function beginSimulated(): Promise<TestClient> {
  const clock = new VirtualClock({ wallStartMs: Date.UTC(2024, 0, 10, 8) });
  const made = new SimulatedTerminal({
    clock,
    symbols: [symbolSpec("EURUSD", { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen })],
    account: { balance: 10_000_000 },
    latencyMs: [5, 60],
  });
  terminal = made;
  made.quote("EURUSD", 1.1, 1.1002);
  rig = new Rig({ clock, agent: { terminal: made } });
  await rig.start();
  return rig.session();
}

describe("a burst of commands", () => {
  for (const tag of ["comment", "none"] as const) {
    it(`of 2,000 market orders is executed promptly with tag ${tag}, and no answer is pushed out`, async () => {
      const client = await beginSimulated();
      for (let i = 0; i < 2_000; i++) client.write(client.order(`o${i}`, {}, { tag, volume: 0.01 }));
      await rig.clock.advance(3_000);
      const states = new Map<string, number>();
      for (let i = 0; i < 2_000; i++) {
        const outcomes = client.outcomes(`o${i}`);
        expect(outcomes.length, `o${i}`).toBe(1);
        const state = outcomes[0]?.state ?? "none";
        states.set(state, (states.get(state) ?? 0) + 1);
      }
      expect(Object.fromEntries(states)).toEqual({ executed: 2_000 });
      expect(terminal?.lostTransactions).toBe(0);
      expect(terminal?.positions().length).toBe(2_000);
      expect(rig.agent.stats().waitingCommands).toBe(0);
    });
  }

  it("keeps the order of the commands, and never more than maxInFlight unanswered", async () => {
    const client = await begin({ limits: { maxInFlight: 3 } });
    rig.terminal.behaviour = { executeAfterMs: 10 };
    for (let i = 0; i < 10; i++) client.write(client.order(`o${i}`, {}, { tag: "none", comment: `c${i}` }));
    await rig.clock.advance(5);
    expect(rig.terminal.requests.length).toBe(3);
    expect(rig.agent.stats().waitingCommands).toBe(10);
    await rig.clock.advance(200);
    expect(rig.terminal.requests.map((request) => request.comment)).toEqual(
      Array.from({ length: 10 }, (_, i) => `c${i}`),
    );
    expect(rig.agent.stats().waitingCommands).toBe(0);
  });

  it("refuses what waited past its notAfter as EXPIRED, and sends it nowhere", async () => {
    const client = await begin({ limits: { maxInFlight: 1 } });
    rig.terminal.behaviour = { executeAfterMs: 500 };
    client.write(client.order("first"));
    client.write(client.order("late", { notAfter: client.agentMs() + 100 }));
    await rig.clock.advance(2_000);
    expect(client.last("first")?.state).toBe("executed");
    expect(client.last("late")).toMatchObject({ state: "refused", code: "EXPIRED" });
    expect(rig.terminal.requests.length).toBe(1);
  });

  it("executes a waiting command once, though a copy came while it waited", async () => {
    const client = await begin({ limits: { maxInFlight: 1 } });
    rig.terminal.behaviour = { executeAfterMs: 200 };
    client.write(client.order("first"));
    const body = client.order("twice");
    client.write(body);
    client.write({ ...body, n: ++client.commandN });
    await rig.clock.advance(2_000);
    expect(client.last("twice")?.state).toBe("executed");
    expect(rig.terminal.requests.length).toBe(2);
  });

  it("does not send a waiting command whose id was voided meanwhile", async () => {
    const client = await begin({ limits: { maxInFlight: 1 } });
    rig.terminal.behaviour = { executeAfterMs: 200 };
    client.write(client.order("first"));
    client.write(client.order("waits"));
    await rig.clock.advance(5);
    const { outcome } = await client.get<{ outcome: { state: string } }>("outcome", { id: "waits" });
    expect(outcome.state).toBe("void");
    await rig.clock.advance(2_000);
    expect(client.last("waits")).toMatchObject({ state: "refused", code: "VOID" });
    expect(rig.terminal.requests.length).toBe(1);
  });

  it("goes on when answers fail to come", async () => {
    const client = await begin({ limits: { maxInFlight: 2, resultTimeoutMs: 300 } });
    rig.terminal.script.push({ execute: false, retcode: undefined }, { execute: false, retcode: undefined });
    for (let i = 0; i < 4; i++) client.write(client.order(`o${i}`));
    await rig.clock.advance(1_000);
    expect(["o0", "o1", "o2", "o3"].map((id) => client.last(id)?.state)).toEqual([
      "unknown",
      "unknown",
      "executed",
      "executed",
    ]);
  });

  it("waits for its queue when the agent stops", async () => {
    const client = await begin({ limits: { maxInFlight: 1 } });
    rig.terminal.behaviour = { executeAfterMs: 20 };
    for (let i = 0; i < 5; i++) client.write(client.order(`o${i}`));
    await rig.clock.advance(5);
    await rig.clock.runUntil(rig.agent.stop(), 10_000);
    expect(rig.terminal.requests.length).toBe(5);
  });
});
