import { expect, test } from "vitest";
import {
  AuthenticationError,
  ConnectionError,
  OutcomeUnknownError,
  TimeoutError,
} from "../../../src/connector/mod.ts";
import type { Channel, ChannelFault } from "../../../src/transport/transport.ts";
import { connectedWorld, connectorWorld } from "../../kit/connector-world.ts";

const unreachable: ChannelFault = { code: "unreachable", message: "connection refused" };
const refusedKey: ChannelFault = { code: "authentication", message: "the agent refused this client's key" };

function only(channel: Channel, fault: ChannelFault): (name: Channel) => ChannelFault | undefined {
  return (name) => (name === channel ? fault : undefined);
}

test("connect rejects at its timeout with the channel, the port and the reason, and leaves nothing behind", async () => {
  const { agent, fake, failure, mt5, timers } = connectorWorld();
  fake.refuseConnection = only("events", unreachable);
  const error = await failure(mt5.connect());
  expect(error).toBeInstanceOf(ConnectionError);
  expect((error as Error).message).toBe(
    'Cannot connect agent "main": channel events at agent.test:2, connection refused',
  );
  expect(error).toMatchObject({ code: "UNREACHABLE", remedy: expect.stringContaining("port 2") });
  expect(agent.connectionStatus).toMatchObject({ state: "disconnected", cause: error });
  expect(fake.openConnections).toBe(0);
  fake.stop();
  expect(timers.pending).toBe(0);
});

test("connect rejects at once when a key is refused", async () => {
  const { clock, fake, failure, mt5 } = connectorWorld();
  fake.refuseConnection = (): ChannelFault => refusedKey;
  const error = await failure(mt5.connect());
  expect(error).toBeInstanceOf(AuthenticationError);
  expect(clock.nowMs()).toBeLessThan(500);
});

test("connect says what is missing when the terminal is not ready", async () => {
  const { fake, failure, mt5 } = connectorWorld();
  fake.ready = false;
  const error = await failure(mt5.connect());
  expect(error).toBeInstanceOf(TimeoutError);
  expect((error as Error).message).toContain("channel sync (port 3)");
  expect((error as Error).message).toContain("the terminal is not connected");
});

test("connect waits for an agent that comes up in time", async () => {
  const { agent, clock, fake, mt5, settle } = connectorWorld();
  fake.refuseConnection = (): ChannelFault => unreachable;
  const connected = mt5.connect();
  await clock.advance(1_000);
  fake.refuseConnection = (): undefined => undefined;
  await settle(connected);
  expect(agent.connectionStatus.state).toBe("connected");
});

test("connect refuses an agent with another account than the configured one", async () => {
  const { failure, mt5 } = connectorWorld({ accountNumber: 77 });
  expect(await failure(mt5.connect())).toMatchObject({
    code: "WRONG_ACCOUNT",
    message: 'Cannot use agent "main": its account is 1001 at Fake-Demo, expected 77',
  });
});

test("an agent whose terminal changes its account is given up, and says so", async () => {
  const { agent, clock, errors, fake } = await connectedWorld();
  fake.account = { ...fake.account, login: "2002" };
  fake.restart();
  await clock.advance(5_000);
  expect(agent.connectionStatus).toMatchObject({ state: "disconnected" });
  expect(errors).toMatchObject([{ code: "WRONG_ACCOUNT" }]);
});

test("a lost agent is reconnecting with its reasons, and connected again when it is back", async () => {
  const { agent, clock, fake, mt5 } = await connectedWorld();
  const heard: string[] = [];
  mt5.on("agentDisconnected", (id) => heard.push(`${id} lost`));
  mt5.on("agentConnected", (id) => heard.push(`${id} back`));
  mt5.on("disconnected", () => heard.push("none"));
  mt5.on("connected", () => heard.push("all"));
  fake.refuseConnection = (): ChannelFault => unreachable;
  fake.cut();
  await clock.advance(5_000);
  expect(agent.connectionStatus).toMatchObject({
    state: "reconnecting",
    channels: ["command", "events", "sync"],
    reason: expect.stringContaining("channel sync: connection refused"),
  });
  expect(agent.isConnected).toBe(false);
  fake.refuseConnection = (): undefined => undefined;
  await clock.advance(12_000);
  expect(agent.connectionStatus.state).toBe("connected");
  expect(heard).toEqual(["main lost", "none", "main back", "all"]);
});

test("attempts back off with jitter up to the longest wait, and end after maxAttempts", async () => {
  const options = { reconnect: { maxAttempts: 6, backoffMs: 100, maxBackoffMs: 800 } };
  const { agent, clock, errors, fake, mt5, timers } = await connectedWorld({ options });
  const attempts: number[] = [];
  mt5.on("reconnecting", () => attempts.push(clock.nowMs()));
  let dials = 0;
  fake.refuseConnection = (channel): ChannelFault => {
    if (channel === "sync") dials++;
    return unreachable;
  };
  fake.cut();
  await clock.advance(20_000);
  expect(agent.connectionStatus.state).toBe("disconnected");
  expect(errors).toMatchObject([{ code: "UNREACHABLE" }]);
  expect(dials).toBeLessThanOrEqual(6);
  expect(dials).toBeGreaterThanOrEqual(5);
  expect(Math.max(...attempts) - (attempts[0] ?? 0)).toBeLessThan(6 * 800);
  fake.stop();
  expect(timers.pending).toBe(0);
});

test("without reconnect a loss ends the connection", async () => {
  const { agent, clock, fake } = await connectedWorld({ options: { reconnect: { enabled: false } } });
  fake.cut("sync");
  await clock.advance(10);
  expect(agent.connectionStatus).toMatchObject({ state: "disconnected" });
  expect(fake.openConnections).toBe(0);
});

test("a key that is refused again and again after a loss ends the attempts", async () => {
  const { agent, clock, errors, fake } = await connectedWorld();
  fake.refuseConnection = (): ChannelFault => refusedKey;
  fake.cut();
  await clock.advance(60_000);
  expect(agent.connectionStatus.state).toBe("disconnected");
  expect(errors).toMatchObject([{ name: "AuthenticationError" }]);
});

test("an events connection without pulses is opened anew after 5 s, and not earlier", async () => {
  const { agent, clock, fake } = await connectedWorld();
  const states: string[] = [];
  agent.on("connectionStatus", (status) => states.push(status.state));
  fake.loseToConnector = (channel): boolean => channel === "events";
  await clock.advance(4_500);
  expect(states).toEqual([]);
  await clock.advance(1_000);
  expect(states[0]).toBe("degraded");
  fake.loseToConnector = (): boolean => false;
  await clock.advance(3_000);
  expect(agent.connectionStatus.state).toBe("connected");
});

test("a sync connection whose health checks are not answered is opened anew", async () => {
  const options = { monitoring: { healthCheck: { enabled: true, intervalMs: 2_000 } } };
  const { agent, clock, fake } = await connectedWorld({ options });
  let silent = true;
  fake.loseToConnector = (channel): boolean => channel === "sync" && silent;
  await clock.runUntil(() => agent.connectionStatus.state === "degraded", 20_000);
  silent = false;
  await clock.advance(5_000);
  expect(agent.connectionStatus.state).toBe("connected");
});

test("a terminal without its trade server degrades the agent, and says what still works", async () => {
  const { agent, clock, fake } = await connectedWorld();
  fake.terminal = { ...fake.terminal, connected: false, terminalTradeAllowed: false };
  await clock.advance(1_100);
  expect(agent.connectionStatus).toMatchObject({
    state: "degraded",
    works: { trading: false, queries: true, events: true },
    reasons: ["the terminal is not connected to its trade server", "Algo Trading is off in the terminal"],
  });
  fake.terminal = { ...fake.terminal, connected: true, terminalTradeAllowed: true };
  await clock.advance(1_100);
  expect(agent.connectionStatus.state).toBe("connected");
});

test("the session's lease is renewed while nothing is asked", async () => {
  const { agent, clock, fake } = await connectedWorld();
  const [session] = fake.sessions.keys();
  await clock.advance(120_000);
  expect([...fake.sessions.keys()]).toEqual([session]);
  expect(agent.connectionStatus.state).toBe("connected");
  const pings = fake.requests.filter((request) => request.op === "ping").length;
  expect(pings).toBeGreaterThan(8);
  expect(pings).toBeLessThan(50);
});

test("disconnect settles what waits with the truth, says goodbye, and can be followed by connect", async () => {
  const { agent, clock, fake, failure, mt5, settle, timers } = await connectedWorld();
  await settle(agent.marketData.getSymbolInfo("EURUSD"));
  fake.answers.push({ kind: "silence" });
  const sent = agent.trade.marketBuy("EURUSD", 0.1, { id: "sent" });
  await clock.advance(5);
  fake.cut("command");
  await clock.advance(1);
  const unsent = agent.trade.marketBuy("EURUSD", 0.1, { id: "unsent" });
  await clock.advance(1);
  fake.loseToConnector = (channel, _, body): boolean => channel === "sync" && body["result"] !== undefined;
  const query = agent.account.getInfo();
  const outcomes = Promise.all([errorOf(sent), errorOf(unsent), errorOf(query)]);
  await clock.advance(1);
  await settle(mt5.disconnect());
  const [sentError, unsentError, queryError] = await settle(outcomes);
  expect(sentError).toBeInstanceOf(OutcomeUnknownError);
  expect(unsentError).toMatchObject({ retcodeName: "NOT_SENT", certain: true });
  expect(queryError).toBeInstanceOf(ConnectionError);
  expect(timers.pending).toBe(0);
  expect(fake.openConnections).toBe(0);
  fake.loseToConnector = (): boolean => false;
  const told: unknown[] = [];
  agent.on("outcome", (outcome) => told.push(outcome));
  fake.finish("sent");
  await settle(mt5.connect());
  await clock.advance(100);
  expect(told).toMatchObject([{ id: "sent", state: "executed" }]);
  expect(await failure(agent.trade.closePosition("99999999999999999999999"))).toMatchObject({
    code: "INVALID_REQUEST",
  });
});

test("a query of a disconnected agent rejects at once with the reason", async () => {
  const { agent, failure } = connectorWorld();
  expect(await failure(agent.account.getInfo())).toMatchObject({
    code: "NOT_CONNECTED",
    message: 'Cannot ask "account": agent "main" is disconnected (connect() has not been called)',
  });
  expect(await failure(agent.trade.marketBuy("EURUSD", 1))).toMatchObject({ code: "NOT_CONNECTED" });
});

test("connect while it is reconnecting waits for it, and its timeout does not end the reconnecting", async () => {
  const { agent, clock, fake, failure, mt5, settle } = await connectedWorld();
  fake.refuseConnection = (): ChannelFault => unreachable;
  fake.cut();
  await clock.advance(100);
  expect(await failure(mt5.connect())).toBeInstanceOf(ConnectionError);
  expect(agent.connectionStatus.state).toBe("reconnecting");
  fake.refuseConnection = (): undefined => undefined;
  await clock.advance(12_000);
  expect(agent.connectionStatus.state).toBe("connected");
  await settle(mt5.connect());
});

test("the same seed gives the same run", async () => {
  const run = async (): Promise<unknown[]> => {
    const { clock, fake, mt5, agent, settle } = await connectedWorld({ seed: 42 });
    fake.cut();
    await clock.advance(3_000);
    await settle(agent.trade.marketBuy("EURUSD", 0.1));
    await settle(mt5.disconnect());
    return [fake.requests, fake.commands, clock.nowMs()];
  };
  expect(await run()).toEqual(await run());
});

function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
