import { describe, expect, test } from "vitest";
import { type ConnectorWorld, connectedWorld } from "../../kit/connector-world.ts";

/** Lets the agent give positions in pages of two; `broken` tells which cursors have run out. */
function paged({ fake }: ConnectorWorld, broken: (cursor: string) => boolean = () => false): void {
  const cursorOf = (): string | undefined => {
    const args = fake.requests.at(-1)?.args as { readonly cursor?: string } | undefined;
    return args?.cursor;
  };
  fake.refuseRequest = (op): string | undefined => {
    const cursor = op === "positions" ? cursorOf() : undefined;
    return cursor !== undefined && broken(cursor) ? "BAD_CURSOR" : undefined;
  };
  fake.changeReply = (op, reply) => {
    if (op !== "positions") return reply;
    const from = Number(cursorOf() ?? 0);
    const all = [...fake.positions.values()];
    const more = from + 2 < all.length ? String(from + 2) : null;
    return { ...reply, result: { positions: all.slice(from, from + 2), more } };
  };
}

function asked({ fake }: ConnectorWorld): number {
  return fake.requests.filter(({ op }) => op === "positions").length;
}

describe("a listing over pages", () => {
  test("is put together in order", async () => {
    const world = await connectedWorld();
    const opened = Array.from({ length: 5 }, () => world.fake.openPosition().ticket);
    paged(world);
    const positions = await world.settle(world.agent.positions.getAll());
    expect(positions.map(({ ticketText }) => ticketText)).toEqual(opened);
    expect(asked(world)).toBe(3);
  });

  test("begins again where its cursor ran out, and gives nothing twice", async () => {
    const world = await connectedWorld();
    const opened = Array.from({ length: 5 }, () => world.fake.openPosition().ticket);
    let faults = 2;
    paged(world, (cursor) => cursor === "4" && faults-- > 0);
    const positions = await world.settle(world.agent.positions.getAll());
    expect(positions.map(({ ticketText }) => ticketText)).toEqual(opened);
    expect(asked(world)).toBe(9);
  });

  test("is given up with the agent's reason after three cursors that did not hold", async () => {
    const world = await connectedWorld();
    for (let i = 0; i < 5; i++) world.fake.openPosition();
    paged(world, () => true);
    expect(await world.failure(world.agent.positions.getAll())).toMatchObject({ code: "BAD_CURSOR" });
    expect(asked(world)).toBe(6);
  });

  test("is given up at once for any other reason", async () => {
    const world = await connectedWorld();
    world.fake.refuseRequest = (op): string | undefined => (op === "positions" ? "NOT_SUPPORTED" : undefined);
    expect(await world.failure(world.agent.positions.getAll())).toMatchObject({ code: "NOT_SUPPORTED" });
    expect(asked(world)).toBe(1);
  });
});

describe("positions.get", () => {
  test("asks for the symbol of a position that the mirror holds, and finds one that it does not", async () => {
    const { agent, fake, clock, settle } = await connectedWorld();
    const heard = fake.openPosition();
    await clock.advance(10);
    const unheard = fake.openPosition("EURUSD", "sell", 0.2, false);
    expect(await settle(agent.positions.get(heard.ticket))).toMatchObject({ type: "buy" });
    expect(fake.requests.at(-1)?.args).toEqual({ symbol: "EURUSD" });
    expect(await settle(agent.positions.get(unheard.ticket))).toMatchObject({ type: "sell", volume: 0.2 });
    expect(fake.requests.at(-1)?.args ?? {}).toEqual({});
  });

  test("rejects for what is not open", async () => {
    const { agent, failure } = await connectedWorld();
    expect(await failure(agent.positions.get(12_345))).toMatchObject({
      name: "RequestRefusedError",
      code: "POSITION_NOT_FOUND",
      message: "Cannot get position 12345: it is not open",
    });
  });
});
