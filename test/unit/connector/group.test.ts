import { expect, test } from "vitest";
import { AgentGroup, AgentsUnreachableError, type MT5Agent } from "../../../src/connector/mod.ts";
import type { FakeAgent } from "../../kit/fake-agent.ts";
import { type FleetWorld, fleetWorld } from "../../kit/fleet-world.ts";

const refused = { code: "unreachable", message: "refused" } as const;

async function connected(count = 3): Promise<FleetWorld & { fake(index: number): FakeAgent }> {
  const world = fleetWorld(count);
  await world.settle(world.mt5.connect());
  return {
    ...world,
    fake: (index): FakeAgent => {
      const fake = world.fakes[index];
      if (fake === undefined) throw new Error(`No fake ${index}`);
      return fake;
    },
  };
}

const whoAnswers = async (agent: Pick<MT5Agent, "id" | "account">): Promise<string> => {
  await agent.account.getBalance();
  return agent.id;
};

test("failover asks the first agent, and the next one while it cannot be reached", async () => {
  const { mt5, clock, settle, fake } = await connected();
  const group = mt5.group(["agent-1", "agent-0", "agent-1"]);
  expect(group.agents.map((agent) => agent.id)).toEqual(["agent-1", "agent-0"]);
  expect(await settle(group.read(whoAnswers))).toBe("agent-1");
  fake(1).refuseConnection = () => refused;
  fake(1).cut();
  await clock.advance(10);
  expect(group.connected.map((agent) => agent.id)).toEqual(["agent-0"]);
  expect(await settle(group.read(whoAnswers))).toBe("agent-0");
});

test("an agent that stops answering during a read costs its own time, and the next one answers", async () => {
  const { mt5, settle, fake } = await connected();
  fake(0).loseToAgent = (channel): boolean => channel === "sync";
  expect(await settle(mt5.group().read(whoAnswers))).toBe("agent-1");
});

test("a refusal is an answer: it is not asked elsewhere", async () => {
  const { mt5, settle, fake } = await connected();
  const asked = settle(mt5.group().read((agent) => agent.marketData.getSymbolInfo("NOPE")));
  await expect(asked).rejects.toMatchObject({ code: "UNKNOWN_SYMBOL" });
  expect(fake(1).requests.some((request) => request.op === "symbols")).toBe(false);
});

test("round-robin asks each in turn", async () => {
  const { mt5, settle } = await connected();
  const group = mt5.group(undefined, { strategy: "round-robin" });
  const order: string[] = [];
  for (let turn = 0; turn < 4; turn++) order.push(await settle(group.read(whoAnswers)));
  expect(order).toEqual(["agent-0", "agent-1", "agent-2", "agent-0"]);
});

test("least-latency asks each once and then the fastest", async () => {
  const { mt5, clock, settle, fake } = await connected(2);
  const group = mt5.group(undefined, { strategy: "least-latency" });
  // Every first copy of a request to the first agent is lost, so that its answers take a retry.
  const lost = new Set<number>();
  fake(0).loseToAgent = (channel, body): boolean => {
    const n = Number(body["n"]);
    if (channel !== "sync" || body["op"] !== "account" || lost.has(n - 1)) return false;
    lost.add(n);
    return true;
  };
  const order: string[] = [];
  for (let turn = 0; turn < 4; turn++) {
    order.push(await settle(group.read(whoAnswers)));
    await clock.advance(10);
  }
  expect(order).toEqual(["agent-0", "agent-1", "agent-1", "agent-1"]);
});

test("a read of a group of which no agent can be reached names every failure", async () => {
  const { mt5, settle } = await connected(2);
  await settle(mt5.disconnect());
  const error: unknown = await mt5
    .group()
    .read(whoAnswers)
    .catch((caught: unknown) => caught);
  if (!(error instanceof AgentsUnreachableError)) throw error;
  expect(error.failures.map((failure) => failure.agentId)).toEqual(["agent-0", "agent-1"]);
});

test("a reader is given no way to trade", async () => {
  const { mt5, settle } = await connected(1);
  const keys = await settle(mt5.group().read((agent) => Promise.resolve(Object.keys(agent))));
  expect(keys).not.toContain("trade");
});

test("coordinated trades give one result per agent: a dead, a refusing and a healthy one each their own", async () => {
  const { mt5, clock, settle, fake } = await connected();
  fake(0).refuseConnection = () => refused;
  fake(0).cut();
  fake(1).answers.push({ kind: "reject", retcode: 10019 });
  await clock.advance(10);
  const startMs = clock.nowMs();
  const trading = mt5.group().marketBuy("EURUSD", (agent) => (agent.id === "agent-2" ? 0.2 : 0.1), {
    timeoutMs: 3_000,
  });
  let healthyMs = Number.NaN;
  mt5.getAgent("agent-2").once("orderFilled", () => {
    healthyMs = clock.nowMs() - startMs;
  });
  const results = await settle(trading);
  expect(results).toMatchObject([
    { agentId: "agent-0", status: "rejected" },
    { agentId: "agent-1", status: "rejected", reason: { retcodeName: "NO_MONEY" } },
    { agentId: "agent-2", status: "fulfilled", value: { volume: 0.2 } },
  ]);
  expect(healthyMs).toBeLessThan(100);
  expect([fake(0), fake(1), fake(2)].map((one) => one.executed.length)).toEqual([0, 0, 1]);
});

test("every coordinated trade reaches all agents", async () => {
  const { mt5, settle, fake } = await connected(2);
  const group = mt5.group();
  await settle(group.marketOrder({ symbol: "EURUSD", type: "buy", volume: 0.1 }));
  await settle(group.marketSell("EURUSD", 0.1));
  await settle(group.pendingOrder({ symbol: "EURUSD", type: "buyLimit", volume: 0.1, price: 1.08 }));
  await settle(group.batchOrders([{ symbol: "EURUSD", type: "sellLimit", volume: 0.1, price: 1.12 }]));
  for (const index of [0, 1]) expect([fake(index).positions.size, fake(index).orders.size]).toEqual([2, 2]);
  await settle(group.closeAllPositions("EURUSD"));
  await settle(group.cancelAllOrders());
  for (const index of [0, 1]) expect([fake(index).positions.size, fake(index).orders.size]).toEqual([0, 0]);
  const thrown = await group.all(() => {
    throw new Error("at once");
  });
  expect(thrown.map((one) => one.status)).toEqual(["rejected", "rejected"]);
});

test("a group needs agents that exist and a strategy that exists", async () => {
  const { mt5 } = await connected(1);
  expect(() => mt5.group(["nobody"])).toThrow('Cannot get agent "nobody"');
  expect(() => mt5.group([])).toThrow("it has no agents");
  expect(() => new AgentGroup(mt5.getAllAgents(), "fastest" as never)).toThrow(
    'strategy "fastest" does not exist',
  );
});
