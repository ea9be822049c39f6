import { expect, test } from "vitest";
import { limits } from "../../../src/protocol/v1/limits.ts";
import type { CommandRequest } from "../../../src/protocol/v1/messages.ts";
import { intentDigest, toHex } from "../../../src/protocol/v1/signing.ts";
import { type ConnectorWorld, connectedWorld } from "../../kit/connector-world.ts";
import { testKeys } from "../../kit/fake-agent.ts";

/** Loses the first so many commands on their way. */
function loseCommands(world: ConnectorWorld, count: number): void {
  let left = count;
  world.fake.loseToAgent = (channel): boolean => channel === "command" && left-- > 0;
}

function copies(commands: readonly CommandRequest[], id: string): CommandRequest[] {
  return commands.filter((command) => command.id === id);
}

test("a lost command is sent again under the same number when two pulses show no progress, and executed once", async () => {
  const world = await connectedWorld();
  loseCommands(world, 1);
  const trade = await world.settle(world.agent.trade.marketBuy("EURUSD", 0.1, { id: "lost" }));
  expect(trade.executionTime).toBeLessThan(3 * limits.pulseIntervalMs);
  expect(world.fake.executed).toHaveLength(1);
  expect(copies(world.fake.commands, "lost").map((copy) => copy.n)).toEqual([1]);
});

test("COUNTER makes it send everything from the missing one again, once for all refusals", async () => {
  const world = await connectedWorld();
  await world.settle(world.agent.marketData.getSymbolInfo("EURUSD"));
  loseCommands(world, 1);
  const trades = Array.from({ length: 20 }, (_, index) =>
    world.agent.trade.marketBuy("EURUSD", 0.1, { id: `c${index}` }),
  );
  const results = await world.settle(Promise.all(trades));
  expect(results.map((result) => result.id)).toEqual(trades.map((_, index) => `c${index}`));
  expect(world.fake.executed).toHaveLength(20);
  expect(world.fake.commands).toHaveLength(19 + 20);
});

test("a command that is void fills its number still, so that later ones pass", async () => {
  const world = await connectedWorld();
  await world.settle(world.agent.marketData.getSymbolInfo("EURUSD"));
  world.fake.loseToAgent = (channel, body): boolean => channel === "command" && body["id"] === "gone";
  const error = await world.failure(
    world.agent.trade.marketBuy("EURUSD", 0.1, { id: "gone", timeoutMs: 1_000 }),
  );
  expect(error).toMatchObject({ retcodeName: "VOID", certain: true });
  world.fake.loseToAgent = (): boolean => false;
  const trade = await world.settle(world.agent.trade.marketBuy("EURUSD", 0.1, { id: "next" }));
  expect(trade.volume).toBe(0.1);
  expect(world.fake.executed).toHaveLength(1);
  expect(copies(world.fake.commands, "gone")).toHaveLength(1);
});

test("a command sent while its channel is down waits, and goes out with the next connection", async () => {
  const world = await connectedWorld();
  await world.settle(world.agent.marketData.getSymbolInfo("EURUSD"));
  world.fake.cut("command");
  await world.clock.advance(1);
  expect(world.agent.connectionStatus).toMatchObject({
    state: "degraded",
    works: { trading: false, queries: true, events: true },
  });
  const trade = await world.settle(world.agent.trade.marketBuy("EURUSD", 0.1));
  expect(trade.volume).toBe(0.1);
  expect(world.agent.connectionStatus.state).toBe("connected");
});

test("a command that could not be sent in its time is certainly not executed, and never sent later", async () => {
  const world = await connectedWorld();
  await world.settle(world.agent.marketData.getSymbolInfo("EURUSD"));
  world.fake.refuseConnection = (channel): { code: "unreachable"; message: string } | undefined =>
    channel === "command" ? { code: "unreachable", message: "refused" } : undefined;
  world.fake.cut("command");
  await world.clock.advance(1);
  const error = await world.failure(world.agent.trade.marketBuy("EURUSD", 0.1, { timeoutMs: 2_000 }));
  expect(error).toMatchObject({ code: "NOT_EXECUTED", retcodeName: "NOT_SENT", certain: true });
  world.fake.refuseConnection = (): undefined => undefined;
  await world.clock.advance(20_000);
  expect(world.fake.commands).toEqual([]);
});

test("a new session of the same epoch repeats open commands under new numbers, unchanged otherwise", async () => {
  const world = await connectedWorld();
  world.fake.answers.push({ kind: "silence" });
  const trade = world.agent.trade.marketBuy("EURUSD", 0.1, { id: "open" });
  await world.clock.advance(10);
  world.fake.endSessions();
  await world.clock.advance(3_000);
  const sent = copies(world.fake.commands, "open");
  expect(sent).toHaveLength(2);
  const [first, second] = sent;
  expect(second).toMatchObject({ epoch: first?.epoch, issuedAt: first?.issuedAt, notAfter: first?.notAfter });
  expect(second?.session).not.toBe(first?.session);
  world.fake.finish("open");
  expect((await world.settle(trade)).volume).toBe(0.1);
  expect(world.fake.executed).toHaveLength(1);
});

test("a command that was lost with a restart of the agent is issued anew under the same id while its caller waits", async () => {
  const world = await connectedWorld();
  await world.settle(world.agent.marketData.getSymbolInfo("EURUSD"));
  loseCommands(world, 1);
  const trade = world.agent.trade.marketBuy("EURUSD", 0.1, { id: "again" });
  await world.clock.advance(10);
  const { epoch } = world.fake;
  world.fake.restart();
  expect((await world.settle(trade)).volume).toBe(0.1);
  const sent = copies(world.fake.commands, "again");
  expect([...new Set(sent.map((copy) => copy.epoch))]).toEqual([epoch, world.fake.epoch]);
  expect(world.fake.executed).toHaveLength(1);
});

test("a command that was journalled before a restart is answered from the journal, and not issued anew", async () => {
  const world = await connectedWorld();
  world.fake.loseToConnector = (_, topic): boolean => topic === "ledger";
  const trade = world.agent.trade.marketBuy("EURUSD", 0.1, { id: "kept" });
  await world.clock.advance(20);
  expect(world.fake.executed).toHaveLength(1);
  world.fake.loseToConnector = (): boolean => false;
  world.fake.restart();
  expect((await world.settle(trade)).volume).toBe(0.1);
  expect(world.fake.executed).toHaveLength(1);
});

test.each(["EXPIRED", "LIMIT"] as const)(
  "%s of an earlier copy does not settle a command whose newer copy is under way",
  async (code) => {
    const world = await connectedWorld();
    const { fake } = world;
    await world.settle(world.agent.marketData.getSymbolInfo("EURUSD"));
    const firstEpoch = fake.epoch;
    let old: CommandRequest | undefined;
    let newer = 0;
    fake.loseToAgent = (channel, body): boolean => {
      if (channel !== "command") return false;
      const command = body as unknown as CommandRequest;
      if (command.epoch !== firstEpoch) return newer++ === 0;
      const first = old === undefined;
      old ??= command;
      return first;
    };
    const trade = world.agent.trade.marketBuy("EURUSD", 0.1, { id: "twice" });
    await world.clock.advance(10);
    fake.restart();
    await world.clock.runUntil(() => newer > 0, 10_000);
    if (old === undefined) throw new Error("no first copy");
    const { id, epoch, issuedAt, notAfter, session, n, intent } = old;
    const copy = { session, n, epoch, issuedAt, notAfter };
    const outcome = {
      id,
      digest: intentDigest(intent),
      state: "refused",
      code,
      reason: "late",
      ...copy,
    } as const;
    fake.publish({ type: "outcome", client: toHex(testKeys.clientPublic), outcome });
    expect((await world.settle(trade)).volume).toBe(0.1);
    expect(fake.executed).toHaveLength(1);
  },
);

test("BUSY and STALE are mended under a new number with the same stamps", async () => {
  const world = await connectedWorld();
  let refusals = 1;
  world.fake.refuseCommand = (): "BUSY" | undefined => (refusals-- > 0 ? "BUSY" : undefined);
  await world.settle(world.agent.trade.marketBuy("EURUSD", 0.1, { id: "busy" }));
  refusals = 1;
  world.fake.refuseCommand = (): "STALE" | undefined => (refusals-- > 0 ? "STALE" : undefined);
  await world.settle(world.agent.trade.marketBuy("EURUSD", 0.1, { id: "stale" }));
  for (const id of ["busy", "stale"]) {
    const [first, second] = copies(world.fake.commands, id);
    expect(second).toMatchObject({ issuedAt: first?.issuedAt, notAfter: first?.notAfter });
    expect(second?.n).toBe((first?.n ?? 0) + 1);
  }
  expect(world.fake.executed).toHaveLength(2);
});

test("an outcome that was lost on the way is found in the ledger", async () => {
  const world = await connectedWorld();
  let lost = 0;
  world.fake.loseToConnector = (_, topic, body): boolean =>
    topic === "ledger" && body["type"] === "outcome" && lost++ === 0;
  const trade = await world.settle(world.agent.trade.marketBuy("EURUSD", 0.1));
  expect(trade.volume).toBe(0.1);
  expect(lost).toBe(1);
  expect(world.fake.executed).toHaveLength(1);
});

test("with events down, trades go out and their outcomes are asked for", async () => {
  const world = await connectedWorld();
  await world.settle(world.agent.marketData.getSymbolInfo("EURUSD"));
  world.fake.refuseConnection = (channel): { code: "unreachable"; message: string } | undefined =>
    channel === "events" ? { code: "unreachable", message: "refused" } : undefined;
  world.fake.cut("events");
  await world.clock.advance(1);
  expect(world.agent.connectionStatus).toMatchObject({
    state: "degraded",
    works: { trading: true, queries: true, events: false },
  });
  const trade = await world.settle(world.agent.trade.marketBuy("EURUSD", 0.1));
  expect(trade.volume).toBe(0.1);
  expect(await world.settle(world.agent.positions.getAll())).toHaveLength(1);
});
