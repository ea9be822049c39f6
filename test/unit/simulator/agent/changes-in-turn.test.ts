import { afterEach, expect, it } from "vitest";
import type { Intent } from "../../../../src/protocol/v1/messages.ts";
import { marketIntent } from "./rig.ts";
import { pendingIntent, type Simulated, simulated } from "./simulated.ts";

let world: Simulated | undefined;
afterEach(() => world?.dispose());

async function begin(...options: Parameters<typeof simulated>): Promise<Simulated> {
  world = await simulated(...options);
  return world;
}

/** Sends several commands at the same moment. */
function sendTogether(at: Simulated, intents: Readonly<Record<string, object>>): void {
  for (const [id, intent] of Object.entries(intents)) {
    at.client.write(at.client.order(id, { intent: JSON.stringify(intent) }));
  }
}

async function opened(at: Simulated, id: string): Promise<string> {
  const outcome = await at.send(id, { ...marketIntent, side: "buy", volume: 0.1 });
  if (outcome?.state !== "executed") throw new Error(`Not executed: ${JSON.stringify(outcome)}`);
  return outcome.position;
}

const stop = (position: string): Intent => ({ kind: "modifyPosition", position, stopLoss: 1.05 });
const profit = (position: string): Intent => ({ kind: "modifyPosition", position, takeProfit: 1.2 });

it("two changes of a position at the same moment both hold: the second does not take the first back", async () => {
  const at = await begin({ latencyMs: 50 });
  const position = await opened(at, "open");
  sendTogether(at, { stop: stop(position), profit: profit(position) });
  await at.rig.clock.advance(500);
  expect([at.client.last("stop")?.state, at.client.last("profit")?.state]).toEqual(["executed", "executed"]);
  expect(at.terminal.positions()[0]).toMatchObject({ stopLoss: 1.05, takeProfit: 1.2 });
});

it("two changes of an order at the same moment both hold", async () => {
  const at = await begin({ latencyMs: 50 });
  const placed = await at.send("place", pendingIntent(), 200);
  const order = placed?.state === "executed" ? placed.order : "";
  sendTogether(at, {
    price: { kind: "modifyOrder", order, price: 1.08 },
    stop: { kind: "modifyOrder", order, stopLoss: 1.07 },
  });
  await at.rig.clock.advance(500);
  expect(at.terminal.orders()[0]).toMatchObject({ price: 1.08, stopLoss: 1.07 });
});

it("a change that waits holds up neither a close nor the change of another position", async () => {
  const at = await begin({ latencyMs: 50 });
  const first = await opened(at, "first");
  const second = await opened(at, "second");
  // The first change of the first position is never answered.
  at.terminal.setHooks({ before: (request) => (request.action === "sltp" ? "silence" : undefined) });
  sendTogether(at, { lost: stop(first) });
  await at.rig.clock.advance(100);
  at.terminal.setHooks({});
  sendTogether(at, {
    waits: profit(first),
    other: stop(second),
    close: {
      kind: "close",
      position: first,
      volume: 0,
      deviation: 0,
      comment: "",
      filling: "auto",
      tag: "none",
    },
  });
  await at.rig.clock.advance(200);
  expect(at.client.last("waits")).toBeUndefined();
  expect([at.client.last("other")?.state, at.client.last("close")?.state]).toEqual(["executed", "executed"]);
});

it("a change behind one that is never answered goes when that is given up", async () => {
  const at = await begin({ latencyMs: 50 });
  const position = await opened(at, "open");
  at.terminal.setHooks({ before: () => "silence" });
  sendTogether(at, { lost: stop(position), next: profit(position) });
  await at.rig.clock.advance(100);
  at.terminal.setHooks({});
  await at.rig.clock.advance(30_000);
  expect(at.client.last("lost")?.state).toBe("unknown");
  expect(at.client.last("next")?.state).toBe("executed");
  expect(at.terminal.positions()[0]).toMatchObject({ stopLoss: 0, takeProfit: 1.2 });
});
