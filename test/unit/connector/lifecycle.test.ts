import { describe, expect, test } from "vitest";
import { MT5Connector } from "../../../src/connector/mod.ts";
import { maxWaiting } from "../../../src/connector/request-lanes.ts";
import { limits } from "../../../src/protocol/v1/limits.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import { connectedWorld, connectorWorld } from "../../kit/connector-world.ts";
import { testKeys } from "../../kit/fake-agent.ts";

/** The error that a promise is rejected with, for the time being. */
function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

describe("connect and disconnect", () => {
  test("connect that is called again while it goes on, or after it, is the same connection", async () => {
    const { agent, fake, settle } = connectorWorld();
    await settle(Promise.all([agent.connect(), agent.connect()]));
    await settle(agent.connect());
    expect(fake.openConnections).toBe(3);
    expect(fake.requests.filter((request) => request.op === "hello")).toHaveLength(1);
  });

  test("connect while it reconnects waits for that, and its time running out does not end it", async () => {
    const { agent, clock, fake, failure, settle } = await connectedWorld();
    fake.refuseConnection = () => ({ code: "unreachable", message: "refused" });
    fake.cut();
    await clock.advance(100);
    expect(await failure(agent.connect())).toMatchObject({ code: "UNREACHABLE" });
    expect(agent.connectionStatus.state).toBe("reconnecting");
    fake.refuseConnection = () => undefined;
    await settle(agent.connect());
    expect(agent.connectionStatus.state).toBe("connected");
  });

  test("disconnect ends a connect that goes on, says so, and may be called twice", async () => {
    const { agent, clock, fake, settle, timers } = connectorWorld();
    fake.ready = false;
    const connecting = caught(agent.connect());
    await clock.advance(100);
    await settle(Promise.all([agent.disconnect(), agent.disconnect()]));
    expect(await connecting).toMatchObject({
      code: "DISCONNECTED",
      message: 'Cannot connect agent "main": disconnect() was called',
    });
    await settle(agent.disconnect());
    fake.stop();
    expect(timers.pending).toBe(0);
  });

  test("disconnect ends a query that waits for the ledger with the reason", async () => {
    const { agent, clock, fake, settle } = await connectedWorld();
    fake.loseToConnector = (_, topic) => topic === "ledger";
    fake.refuseRequest = (op) => (op === "ledger.since" ? "BUSY" : undefined);
    fake.openPosition();
    const asked = caught(agent.account.getInfo());
    await clock.advance(20);
    await settle(agent.disconnect());
    expect(await asked).toMatchObject({ code: "NOT_CONNECTED" });
  });

  test("a query that waits for the ledger ends when its caller aborts it", async () => {
    const { agent, clock, fake, settle } = await connectedWorld();
    fake.loseToConnector = (_, topic) => topic === "ledger";
    fake.refuseRequest = (op) => (op === "ledger.since" ? "BUSY" : undefined);
    fake.openPosition();
    const aborting = new AbortController();
    const asked = caught(agent.account.getInfo({ signal: aborting.signal }));
    await clock.advance(20);
    aborting.abort();
    expect(await settle(asked)).toMatchObject({ name: "TimeoutError", code: "ABORTED" });
  });

  test("reconnect of one agent opens new connections and a new session", async () => {
    const { agent, fake, mt5, settle } = await connectedWorld();
    await settle(mt5.reconnect("main"));
    expect(agent.connectionStatus.state).toBe("connected");
    expect(fake.requests.filter((request) => request.op === "hello")).toHaveLength(2);
  });

  test("lastHeartbeat is 1970 before the first pulse, and the time of the last after it", async () => {
    const { agent, clock } = await connectedWorld();
    expect(connectorWorld().agent.lastHeartbeat.getTime()).toBe(0);
    await clock.advance(2_000);
    const agoMs = clock.wallMs() - agent.lastHeartbeat.getTime();
    expect(agoMs).toBeLessThanOrEqual(limits.pulseIntervalMs);
  });

  test("without metrics the figures are empty, and say so", async () => {
    const { mt5 } = await connectedWorld({ options: { monitoring: { metrics: { enabled: false } } } });
    expect(mt5.getMetrics()).toEqual({ enabled: false, agents: {} });
  });

  test("MT5Connector takes the system's clock and random numbers if it is given none", () => {
    const agents = [
      {
        id: "a",
        connection: { host: "h", ports: { command: 1, events: 2, sync: 3 } },
        credentials: {
          serverKey: encodeKey(testKeys.serverPublic),
          clientKey: encodeKey(testKeys.clientSecret),
        },
      },
    ];
    const { fake } = connectorWorld();
    const before = Date.now();
    const mt5 = new MT5Connector({ agents }, { transport: fake.transport });
    const status = mt5.getAgent("a").connectionStatus;
    expect(status).toMatchObject({ state: "disconnected", reason: "connect() has not been called" });
    expect(status.sinceMs).toBeGreaterThanOrEqual(before);
  });
});

describe("listeners", () => {
  test("an agent's error reaches its own listeners besides the connector's", async () => {
    const world = await connectedWorld();
    const heard: Error[] = [];
    world.agent.on("error", (error) => heard.push(error));
    world.fake.network.inject("sync", [new Uint8Array([1])]);
    await world.clock.advance(10);
    expect(heard).toMatchObject([{ name: "ProtocolError" }]);
    expect(world.errors).toEqual(heard);
  });

  test("a listener that throws is an error of the agent; one of `error` is not told of its own", async () => {
    const world = await connectedWorld();
    world.agent.on("accountUpdate", () => {
      throw new Error("mine");
    });
    world.agent.on("error", () => {
      throw new Error("again");
    });
    world.fake.publishAccount({ balance: 1 });
    await world.clock.advance(10);
    expect(world.errors).toEqual([new Error("mine")]);
  });

  test("a listener of the connector that throws is an error of the connector", async () => {
    const world = connectorWorld();
    world.mt5.on("agentConnected", () => {
      throw new Error("mine");
    });
    await world.settle(world.mt5.connect());
    expect(world.errors).toEqual([new Error("mine")]);
    expect(world.agent.connectionStatus.state).toBe("connected");
    world.mt5.on("error", () => {
      throw new Error("again");
    });
    world.fake.network.inject("sync", [new Uint8Array([1])]);
    await world.clock.advance(10);
    expect(world.errors).toHaveLength(2);
  });

  test("the agent's tick event tells every tick of a subscribed symbol", async () => {
    const world = await connectedWorld();
    const heard: string[] = [];
    world.agent.on("tick", (tick) => heard.push(`${tick.symbol} ${tick.bid}`));
    world.agent.marketData.subscribe(["EURUSD"], () => undefined);
    await world.clock.advance(10);
    world.fake.tick("EURUSD", 1.5);
    await world.clock.advance(10);
    expect(heard).toEqual(["EURUSD 1.5"]);
  });

  test("account figures of another epoch than the session's are not believed", async () => {
    const world = await connectedWorld();
    world.fake.epoch += 1;
    world.fake.publishAccount({ balance: 5 });
    await world.clock.advance(5);
    expect(world.agent.mirror.account?.balance).toBe(10_000);
  });
});

describe("commands", () => {
  test("more open commands than the agent promises to hold are refused, but closes pass", async () => {
    const world = connectorWorld();
    world.fake.changeReply = (op, reply) => {
      if (op !== "hello") return reply;
      const { limits: promised } = reply.result as { readonly limits: object };
      return { ...reply, result: { ...reply.result, limits: { ...promised, maxPending: 1 } } };
    };
    const position = world.fake.openPosition();
    await world.settle(world.mt5.connect());
    world.fake.answers.push({ kind: "silence" });
    const first = caught(world.agent.trade.marketBuy("EURUSD", 0.1, { timeoutMs: 2_000 }));
    await world.clock.advance(100);
    expect(await world.failure(world.agent.trade.marketBuy("EURUSD", 0.1))).toMatchObject({
      name: "LimitExceededError",
      code: "TOO_MANY_COMMANDS",
    });
    const closed = await world.settle(world.agent.trade.closePosition(position.ticket));
    expect(closed.volume).toBe(0.1);
    expect(await world.settle(first)).toMatchObject({ name: "OutcomeUnknownError" });
  });

  test("a command whose caller has aborted before is never sent", async () => {
    const world = await connectedWorld();
    await world.settle(world.agent.marketData.getSymbolInfo("EURUSD"));
    const signal = AbortSignal.abort(new Error("mine"));
    expect(await world.failure(world.agent.trade.marketBuy("EURUSD", 0.1, { signal }))).toMatchObject({
      certain: true,
      retcodeName: "NOT_SENT",
    });
    expect(world.fake.commands).toEqual([]);
  });

  test("a request that is larger than a message may be is refused before it is sent", async () => {
    const world = await connectedWorld();
    const asked = world.fake.requests.length;
    expect(
      await world.failure(world.agent.marketData.getSymbolInfo("X".repeat(limits.maxRequestBytes))),
    ).toMatchObject({ name: "LimitExceededError", code: "REQUEST_TOO_LARGE" });
    expect(world.fake.requests).toHaveLength(asked);
  });

  test("more requests than may wait are refused, and disconnect ends those that do", async () => {
    const world = await connectedWorld();
    world.fake.loseToConnector = (channel) => channel === "sync";
    const asked = Array.from({ length: 64 + maxWaiting }, () => caught(world.agent.account.getInfo()));
    expect(await world.failure(world.agent.account.getInfo())).toMatchObject({
      name: "LimitExceededError",
      code: "TOO_MANY_REQUESTS",
    });
    await world.settle(world.agent.disconnect());
    const ended = await world.settle(Promise.all(asked));
    expect(new Set(ended.map((error) => (error as Error).name))).toEqual(new Set(["ConnectionError"]));
  });
});
