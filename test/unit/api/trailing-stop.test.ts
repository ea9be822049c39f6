import { expect, test } from "vitest";
import type { TrailingStopEnd } from "../../../src/connector/mod.ts";
import { type ConnectorWorld, connectedWorld } from "../../kit/connector-world.ts";

/** The ticks of a fake have an ask 10 points above the bid; a buy is opened at 1.1001, a sell at 1.1. */
async function opened(side: "buy" | "sell" = "buy"): Promise<ConnectorWorld & { readonly ticket: string }> {
  const world = await connectedWorld();
  const position = world.fake.openPosition("EURUSD", side, 0.1);
  await world.clock.advance(10);
  return { ...world, ticket: position.ticket };
}

function moves(world: ConnectorWorld): (number | undefined)[] {
  return world.fake.executed.map((intent) =>
    intent.kind === "modifyPosition" ? intent.stopLoss : undefined,
  );
}

test("a trailing stop of a buy follows the bid up, and never down", async () => {
  const world = await opened();
  const { agent, fake, clock, settle, ticket } = world;
  const told: number[] = [];
  const trailing = await settle(
    agent.trade.trailingStop(ticket, { distance: 0.002, onMove: (stopLoss) => told.push(stopLoss) }),
  );
  for (const bid of [1.1, 1.101, 1.1, 1.0995, 1.102]) {
    fake.tick("EURUSD", bid);
    await clock.advance(10);
  }
  expect(moves(world)).toEqual([1.098, 1.099, 1.1]);
  expect(told).toEqual([1.098, 1.099, 1.1]);
  expect([trailing.stopLoss, trailing.active, trailing.ticketText]).toEqual([1.1, true, ticket]);
  trailing.stop();
  expect(await trailing.ended).toEqual({ reason: "stopped" });
  fake.tick("EURUSD", 1.2);
  await clock.advance(10);
  expect(moves(world).length).toBe(3);
  expect([...fake.sessions.values()][0]?.symbols.size).toBe(0);
});

test("a trailing stop of a sell follows the ask down, by steps, from a profit on", async () => {
  const world = await opened("sell");
  const { agent, fake, clock, settle, ticket } = world;
  await settle(agent.trade.trailingStop(ticket, { distance: 0.002, step: 0.001, activateAt: 0.001 }));
  for (const bid of [1.1, 1.0995, 1.0989, 1.0985, 1.0979]) {
    fake.tick("EURUSD", bid);
    await clock.advance(10);
  }
  expect(moves(world)).toEqual([1.101, 1.1]);
});

test("a trailing stop ends when its position is closed", async () => {
  const { agent, fake, clock, settle, ticket, errors } = await opened();
  const trailing = await settle(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  fake.closePosition(ticket);
  await clock.advance(10);
  expect(await trailing.ended).toEqual({ reason: "positionClosed" });
  expect(errors).toEqual([]);
});

test("a trailing stop ends when the agent is not connected any more, and says where the stop loss stays", async () => {
  const { agent, fake, clock, settle, ticket, errors } = await opened();
  const trailing = await settle(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  fake.tick("EURUSD", 1.1);
  await clock.advance(10);
  fake.cut("events");
  await clock.advance(5);
  expect(await trailing.ended).toEqual({ reason: "disconnected" });
  expect(errors).toMatchObject([
    { code: "TRAILING_STOPPED", message: expect.stringContaining("its stop loss stays at 1.098") },
  ]);
});

test("a trailing stop goes on after single refusals, and ends after five in a row with the reason", async () => {
  const { agent, fake, clock, settle, ticket, errors } = await opened();
  const trailing = await settle(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  fake.answers.push({ kind: "reject", retcode: 10029 });
  fake.tick("EURUSD", 1.1);
  await clock.advance(1_100);
  fake.tick("EURUSD", 1.1);
  await clock.advance(10);
  expect(trailing.stopLoss).toBe(1.098);
  for (let round = 1; round <= 5; round++) fake.answers.push({ kind: "reject", retcode: 10029 });
  for (let round = 1; round <= 5; round++) {
    fake.tick("EURUSD", 1.1 + round / 1_000);
    await clock.advance(1_100);
  }
  const end: TrailingStopEnd = await trailing.ended;
  expect(end).toMatchObject({ reason: "failed", error: { retcodeName: "FROZEN" } });
  expect(errors).toMatchObject([{ code: "TRAILING_STOPPED" }]);
});

test("a trailing stop ends at a move whose outcome is unknown", async () => {
  const { agent, fake, clock, settle, ticket } = await opened();
  const trailing = await settle(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  fake.answers.push({ kind: "unknown", retcode: 10012 });
  fake.tick("EURUSD", 1.1);
  await clock.advance(15_000);
  expect(await trailing.ended).toMatchObject({ reason: "failed", error: { name: "OutcomeUnknownError" } });
});

test("an onMove that throws is told as an error and stops nothing", async () => {
  const world = await opened();
  const { agent, fake, clock, settle, ticket, errors } = world;
  const onMove = (): void => {
    throw new Error("mine");
  };
  await settle(agent.trade.trailingStop(ticket, { distance: 0.002, onMove }));
  fake.tick("EURUSD", 1.1);
  await clock.advance(10);
  fake.tick("EURUSD", 1.101);
  await clock.advance(10);
  expect(moves(world)).toEqual([1.098, 1.099]);
  expect(errors.map((error) => error.message)).toEqual(["mine", "mine"]);
});

test("a trailing stop is refused without a distance, a position, a connection or a symbol's ticks", async () => {
  const { agent, fake, mt5, clock, settle, failure, ticket } = await opened();
  const refused = (params: object): Promise<unknown> =>
    failure(agent.trade.trailingStop(ticket, params as { distance: number }));
  expect(await refused({ distance: 0 })).toMatchObject({ name: "InvalidRequestError" });
  expect(await refused({})).toMatchObject({ name: "InvalidRequestError" });
  expect(await refused({ distance: 0.1, activateAt: -1 })).toMatchObject({ name: "InvalidRequestError" });
  expect(await failure(agent.trade.trailingStop(999, { distance: 0.1 }))).toMatchObject({
    code: "POSITION_NOT_FOUND",
  });
  fake.refuseRequest = (op): string | undefined => (op === "subscribe" ? "RATE" : undefined);
  expect(await refused({ distance: 0.1 })).toMatchObject({ name: "RequestRefusedError" });
  fake.cut("events");
  await clock.advance(1);
  expect(await refused({ distance: 0.1 })).toMatchObject({ code: "NOT_CONNECTED" });
  await settle(mt5.disconnect());
  expect(await refused({ distance: 0.1 })).toMatchObject({ code: "NOT_CONNECTED" });
});

test("a trailing stop begins at once from a price that is known already", async () => {
  const world = await opened();
  const { agent, fake, clock, settle, ticket } = world;
  await settle(agent.marketData.subscribe(["EURUSD"], () => undefined).ready);
  fake.tick("EURUSD", 1.1);
  await clock.advance(10);
  const trailing = await settle(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  await clock.advance(10);
  expect([moves(world), trailing.stopLoss]).toEqual([[1.098], 1.098]);
});

test("a trailing stop has one move on its way at a time, and goes on from the newest price", async () => {
  const world = await opened();
  const { agent, fake, clock, settle, ticket } = world;
  await settle(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  fake.tick("EURUSD", 1.1, 1.101, 1.102);
  await clock.advance(10);
  expect(moves(world)).toEqual([1.098]);
  fake.tick("EURUSD", 1.102);
  await clock.advance(10);
  expect(moves(world)).toEqual([1.098, 1.1]);
});

test("a trailing stop does not mind lost ticks: only the newest price matters", async () => {
  const world = await opened();
  const { agent, fake, clock, settle, ticket, errors } = world;
  await settle(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  fake.tick("EURUSD", 1.1);
  await clock.advance(10);
  fake.loseToConnector = (_, topic): boolean => topic.startsWith("tick.");
  fake.tick("EURUSD", 1.2);
  await clock.advance(10);
  fake.loseToConnector = (): boolean => false;
  fake.tick("EURUSD", 1.101);
  await clock.advance(10);
  expect([moves(world), errors]).toEqual([[1.098, 1.099], []]);
});

test("a trailing stop whose distance is larger than the price moves nothing", async () => {
  const world = await opened();
  const { agent, fake, clock, settle, ticket } = world;
  const trailing = await settle(agent.trade.trailingStop(ticket, { distance: 1.5 }));
  fake.tick("EURUSD", 1.1);
  await clock.advance(10);
  expect([moves(world), trailing.active, trailing.stopLoss]).toEqual([[], true, undefined]);
});

test("a trailing stop that is stopped while a move is on its way keeps what came of it to itself", async () => {
  for (const answer of [undefined, { kind: "reject", retcode: 10029 }] as const) {
    const world = await opened();
    const { agent, fake, clock, settle, ticket, errors } = world;
    let told = 0;
    const trailing = await settle(
      agent.trade.trailingStop(ticket, { distance: 0.002, onMove: () => void told++ }),
    );
    if (answer !== undefined) fake.answers.push(answer);
    fake.tick("EURUSD", 1.1);
    while (fake.commands.length === 0) await clock.advance(0.1);
    trailing.stop();
    trailing.stop();
    await clock.advance(100);
    expect([told, errors, await trailing.ended]).toEqual([0, [], { reason: "stopped" }]);
    expect(fake.commands).toHaveLength(1);
  }
});

test("a trailing stop's end stands although the agent does not take its symbol back", async () => {
  const { agent, fake, clock, settle, ticket, errors } = await opened();
  const trailing = await settle(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  fake.refuseRequest = (op): string | undefined => (op === "unsubscribe" ? "RATE" : undefined);
  trailing.stop();
  await clock.advance(20_000);
  expect([await trailing.ended, errors]).toEqual([{ reason: "stopped" }, []]);
});

test("a trailing stop is refused when the events were lost while its symbol was read", async () => {
  const { agent, fake, clock, failure, ticket, errors } = await opened();
  // The answer comes; nothing of the events comes any more.
  fake.changeReply = (op, reply) => {
    if (op === "symbols") fake.cut("events");
    return reply;
  };
  fake.refuseConnection = (channel) =>
    channel === "events" ? { code: "unreachable", message: "refused" } : undefined;
  const refused = failure(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  expect(await refused).toMatchObject({
    code: "NOT_CONNECTED",
    message: expect.stringContaining("is degraded"),
  });
  await clock.advance(10);
  expect([errors, fake.commands]).toEqual([[], []]);
});

test.each([
  ["its position is closed", "positionClosed"],
  ["the events are lost", "disconnected"],
])("a trailing stop ends with the reason although %s while it subscribes", async (_, reason) => {
  const { agent, fake, clock, settle, ticket } = await opened();
  await settle(agent.marketData.getSymbolInfo("EURUSD"));
  fake.changeReply = (op, reply) => {
    if (op !== "subscribe") return reply;
    fake.changeReply = (_op, other) => other;
    if (reason === "positionClosed") fake.closePosition(ticket);
    else fake.cut("events");
    return reply;
  };
  fake.loseToConnector = (channel, _topic, body): boolean =>
    channel === "sync" && "symbols" in Object(body["result"]);
  const trailing = await settle(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  expect([trailing.active, await trailing.ended]).toEqual([false, { reason }]);
  fake.tick("EURUSD", 1.1);
  await clock.advance(10);
  expect(fake.commands).toEqual([]);
});

test("a trailing stop ends at the next tick when its position was closed while it began", async () => {
  const { agent, fake, clock, settle, ticket } = await opened();
  let closed = false;
  fake.changeReply = (op, reply) => {
    if (op === "symbols" && !closed) {
      closed = true;
      fake.closePosition(ticket);
    }
    return reply;
  };
  const trailing = await settle(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  expect(closed).toBe(true);
  fake.tick("EURUSD", 1.1);
  await clock.advance(10);
  expect([await trailing.ended, fake.commands]).toEqual([{ reason: "positionClosed" }, []]);
});

test("a trailing stop that ends before it has moved says that there is no stop loss", async () => {
  const { agent, fake, clock, settle, ticket, errors } = await opened();
  await settle(agent.trade.trailingStop(ticket, { distance: 0.002 }));
  fake.cut("events");
  await clock.advance(5);
  expect(errors).toMatchObject([{ message: expect.stringContaining("its stop loss stays unset") }]);
});
