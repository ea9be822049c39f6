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
