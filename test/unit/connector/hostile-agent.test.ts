import { describe, expect, test } from "vitest";
import { packTicks } from "../../../src/protocol/v1/bulk.ts";
import { encodeBody } from "../../../src/protocol/v1/codec.ts";
import { limits } from "../../../src/protocol/v1/limits.ts";
import { bookTopic, pulseTopic, tickTopic } from "../../../src/protocol/v1/topics.ts";
import { type ConnectorWorld, connectedWorld, connectorWorld } from "../../kit/connector-world.ts";

const text = new TextEncoder();

function tickHead(world: ConnectorWorld, change: object = {}): Uint8Array {
  const { epoch, agentMs } = world.fake;
  return encodeBody({ v: 1, epoch, symbol: "EURUSD", count: 1, n: 1, skipped: 0, agentMs, ...change });
}

const oneTick = packTicks([
  { timeBrokerMs: 1, bid: 1.1, ask: 1.2, last: 0, volume: 0, volumeReal: 0, flags: 6 },
]);

describe("a message that is none", () => {
  test.each<[string, "sync" | "events", (world: ConnectorWorld) => Uint8Array[], string]>([
    ["a reply that is no JSON", "sync", () => [text.encode("{")], "a request"],
    ["a reply of three frames", "sync", () => [encodeBody({}), encodeBody({}), encodeBody({})], "3 frames"],
    ["an event without a body", "events", () => [pulseTopic()], "1 frames"],
    [
      "ticks under another symbol's topic",
      "events",
      (world) => [tickTopic("GBPUSD"), tickHead(world), oneTick],
      "ticks of EURUSD under GBPUSD",
    ],
    [
      "fewer ticks than announced",
      "events",
      (world) => [tickTopic("EURUSD"), tickHead(world, { n: 2 }), oneTick],
      "2 ticks announced, 1 sent",
    ],
    [
      "ticks announced and not sent",
      "events",
      (world) => [tickTopic("EURUSD"), tickHead(world)],
      "1 ticks announced, 0 sent",
    ],
    [
      "more ticks than a message may have",
      "events",
      (world) => [tickTopic("EURUSD"), tickHead(world), new Uint8Array(limits.maxBulkBytes + 1)],
      `bulk of ${limits.maxBulkBytes + 1} bytes`,
    ],
    [
      "a depth that is announced and not sent",
      "events",
      ({ fake }) => [
        bookTopic("EURUSD"),
        encodeBody({
          v: 1,
          epoch: fake.epoch,
          symbol: "EURUSD",
          n: 1,
          skipped: 0,
          agentMs: fake.agentMs,
          brokerMs: 1,
        }),
      ],
      "1 levels announced, 0 sent",
    ],
  ])("%s is told as a ProtocolError, and the agent stays connected", async (_, channel, frames, said) => {
    const world = await connectedWorld();
    world.fake.network.inject(channel, frames(world));
    await world.clock.advance(3_000);
    expect(world.errors).toMatchObject([{ name: "ProtocolError", message: expect.stringContaining(said) }]);
    expect(world.agent.connectionStatus.state).toBe("connected");
  });

  test("a topic of a later revision is passed over", async () => {
    const world = await connectedWorld();
    world.fake.network.inject("events", [text.encode("mt5.v2.pulse\0"), encodeBody({})]);
    await world.clock.advance(3_000);
    expect(world.errors).toEqual([]);
  });

  test("whatever comes on the command channel is not listened to", async () => {
    const world = await connectedWorld();
    world.fake.network.inject("command", [text.encode("?")]);
    await world.clock.advance(3_000);
    expect(world.errors).toEqual([]);
  });

  test("a reply with more bulk than a message may have fails its request alone", async () => {
    const world = await connectedWorld();
    world.fake.changeReply = (op, reply) =>
      op === "account" ? { ...reply, bulk: new Uint8Array(limits.maxBulkBytes + 1) } : reply;
    expect(await world.failure(world.agent.account.getInfo())).toMatchObject({
      name: "ProtocolError",
      message: expect.stringContaining("bulk of"),
    });
    expect(world.agent.connectionStatus.state).toBe("connected");
  });

  test("a reply whose result has another shape is a ProtocolError that names the operation", async () => {
    const world = await connectedWorld();
    world.fake.changeReply = (op, reply) => (op === "account" ? { result: { account: 5 } } : reply);
    expect(await world.failure(world.agent.account.getInfo())).toMatchObject({
      name: "ProtocolError",
      code: "BAD_REPLY",
      message: expect.stringContaining('"account"'),
    });
  });
});

describe("an agent that is not the right one", () => {
  test("connect is refused by an agent of another revision, at once", async () => {
    const world = connectorWorld();
    world.fake.changeReply = (op, reply) =>
      op === "challenge" ? { result: { ...reply.result, revision: 2 } } : reply;
    expect(await world.failure(world.mt5.connect())).toMatchObject({
      name: "ProtocolError",
      code: "REVISION",
      message: 'Cannot talk to agent "main": it speaks revision 2, not 1',
    });
    expect(world.clock.nowMs()).toBeLessThan(500);
    expect(world.fake.openConnections).toBe(0);
  });

  test("a signature that the agent does not accept ends the attempts with an AuthenticationError", async () => {
    const world = connectorWorld();
    world.fake.refuseRequest = (op) => (op === "hello" ? "MAC" : undefined);
    expect(await world.failure(world.mt5.connect())).toMatchObject({
      name: "AuthenticationError",
      code: "MAC",
    });
    expect(world.fake.openConnections).toBe(0);
  });

  test("a port that speaks something else is told as such", async () => {
    const world = connectorWorld();
    world.fake.refuseConnection = () => ({ code: "protocol", message: "not ZMTP" });
    expect(await world.failure(world.mt5.connect())).toMatchObject({
      name: "ProtocolError",
      code: "PROTOCOL",
      remedy: expect.stringContaining("ports are not swapped"),
    });
  });

  test("a port that accepts and stays silent is told as a TimeoutError that names it", async () => {
    const world = connectorWorld();
    world.fake.refuseConnection = (channel) =>
      channel === "sync" ? { code: "handshake-timeout", message: "no greeting" } : undefined;
    expect(await world.failure(world.mt5.connect())).toMatchObject({
      name: "TimeoutError",
      message: 'Cannot connect agent "main": channel sync at agent.test:3, no greeting',
    });
  });

  test("events that never arrive are named with their port when connect gives up", async () => {
    const world = connectorWorld();
    world.fake.loseToConnector = (channel) => channel === "events";
    expect(await world.failure(world.mt5.connect())).toMatchObject({
      name: "TimeoutError",
      message: expect.stringContaining("its events do not arrive on channel events (port 2)"),
    });
  });

  test("an answer of a clock that was restarted is used by nobody: the query is asked again", async () => {
    const world = await connectedWorld();
    let once = true;
    world.fake.changeReply = (op, reply) => {
      if (op === "account" && once) {
        once = false;
        world.fake.epoch += 10;
      }
      return reply;
    };
    const info = await world.settle(world.agent.account.getInfo());
    expect(info.balance).toBe(10_000);
    expect(world.fake.requests.filter((request) => request.op === "hello")).toHaveLength(2);
  });

  test("a ledger that never gives what it says it has is a ProtocolError, told once", async () => {
    const world = await connectedWorld();
    world.fake.changeReply = (op, reply) =>
      op === "ledger.since" ? { ...reply, result: { events: [], complete: false } } : reply;
    world.fake.loseToConnector = (_, topic) => topic === "ledger";
    world.fake.openPosition();
    await world.clock.advance(20_000);
    expect(world.errors).toMatchObject([{ name: "ProtocolError", code: "BAD_LEDGER" }]);
    world.fake.loseToConnector = () => false;
    world.fake.changeReply = (_, reply) => reply;
    await world.clock.advance(5_000);
    expect(world.agent.mirror.positions).toHaveLength(1);
  });

  test("a symbol that the answer leaves out is a refused request", async () => {
    const world = await connectedWorld();
    world.fake.changeReply = (op, reply) =>
      op === "symbols" ? { result: { symbols: [], more: null } } : reply;
    expect(await world.failure(world.agent.marketData.getSymbolInfo("EURUSD"))).toMatchObject({
      name: "RequestRefusedError",
      code: "UNKNOWN_SYMBOL",
    });
  });
});

describe("a snapshot of several pages", () => {
  function paged(world: ConnectorWorld, badCursors: number): void {
    let refusals = badCursors;
    let page = 0;
    world.fake.changeReply = (op, reply) => {
      if (op !== "snapshot") return reply;
      const result = reply.result as { readonly positions: readonly object[] };
      page = page === 0 ? 1 : 0;
      if (page === 1)
        return { ...reply, result: { ...result, positions: [result.positions[0]], more: "next" } };
      return { ...reply, result: { ...result, positions: [result.positions[1]], more: null } };
    };
    world.fake.refuseRequest = (op) => {
      if (op !== "snapshot" || page === 0 || refusals-- <= 0) return undefined;
      page = 0;
      return "BAD_CURSOR";
    };
  }

  test("is put together, and begun again when its cursor ran out", async () => {
    const world = connectorWorld();
    world.fake.openPosition();
    world.fake.openPosition("EURUSD", "sell");
    paged(world, 2);
    await world.settle(world.mt5.connect());
    expect(world.agent.mirror.positions.map((position) => position.type)).toEqual(["buy", "sell"]);
  });

  test("whose cursor always runs out is no snapshot: connect tells it", async () => {
    const world = connectorWorld();
    world.fake.openPosition();
    world.fake.openPosition("EURUSD", "sell");
    paged(world, Number.POSITIVE_INFINITY);
    expect(await world.failure(world.mt5.connect())).toMatchObject({
      name: "TimeoutError",
      cause: { code: "BAD_CURSOR" },
    });
  });
});

describe("backpressure", () => {
  test("requests wait while the channel is full, and are asked when it drains", async () => {
    const world = await connectedWorld();
    world.fake.network.full.add("sync");
    const first = world.agent.account.getInfo();
    await world.clock.advance(10);
    const asked = world.fake.requests.length;
    const second = world.agent.positions.getAll();
    await world.clock.advance(100);
    expect(world.fake.requests).toHaveLength(asked);
    world.fake.network.drain("sync");
    expect((await world.settle(first)).balance).toBe(10_000);
    expect(await world.settle(second)).toEqual([]);
  });

  test("commands wait while the channel is full, and go out once when it drains", async () => {
    const world = await connectedWorld();
    await world.settle(world.agent.marketData.getSymbolInfo("EURUSD"));
    world.fake.network.full.add("command");
    const trades = [1, 2, 3].map((n) => world.agent.trade.marketBuy("EURUSD", 0.1, { id: `full-${n}` }));
    await world.clock.advance(50);
    expect(world.fake.commands).toHaveLength(1);
    world.fake.network.drain("command");
    await world.settle(Promise.all(trades));
    expect(world.fake.executed).toHaveLength(3);
    expect(world.fake.commands).toHaveLength(3);
  });

  test("a channel that is going down takes nothing: the command goes out with the next connection, once", async () => {
    const world = await connectedWorld();
    await world.settle(world.agent.marketData.getSymbolInfo("EURUSD"));
    world.fake.network.closing.add("command");
    const trade = world.agent.trade.marketBuy("EURUSD", 0.1, { id: "down" });
    await world.clock.advance(10);
    expect(world.fake.commands).toHaveLength(0);
    world.fake.network.closing.clear();
    world.fake.cut("command");
    expect((await world.settle(trade)).id).toBe("down");
    expect(world.fake.executed).toHaveLength(1);
  });

  test("a request on a channel that is going down is asked again by itself", async () => {
    const world = await connectedWorld();
    world.fake.network.closing.add("sync");
    const asked = world.agent.account.getInfo();
    await world.clock.advance(10);
    world.fake.network.closing.clear();
    world.fake.cut("sync");
    expect((await world.settle(asked)).balance).toBe(10_000);
  });
});
