import { expect, test } from "vitest";
import { connectedWorld, connectorWorld } from "../../kit/connector-world.ts";

test("onBalanceChange, onEquityChange and onMarginChange tell changes only, until they are unsubscribed", async () => {
  const { agent, fake, clock } = await connectedWorld();
  const heard: unknown[] = [];
  const balance = agent.account.onBalanceChange((value) => heard.push(["balance", value]));
  const equity = agent.account.onEquityChange((value) => heard.push(["equity", value]));
  const margin = agent.account.onMarginChange((value) => heard.push(["margin", value]));
  fake.publishAccount({});
  await clock.advance(10);
  expect(heard).toEqual([]);
  fake.publishAccount({ equity: 10_050 });
  await clock.advance(10);
  fake.publish({ type: "balance", balance: 10_500, credit: 0 });
  await clock.advance(10);
  fake.publishAccount({ balance: 10_500, margin: 100, freeMargin: 9_900, marginLevel: 10_050 });
  await clock.advance(10);
  expect(heard).toEqual([
    ["equity", 10_050],
    ["balance", 10_500],
    ["margin", { margin: 100, freeMargin: 9_900, marginLevel: 10_050 }],
  ]);
  expect([balance.active, new Set([balance.id, equity.id, margin.id]).size]).toEqual([true, 3]);
  for (const subscription of [balance, equity, margin]) subscription.unsubscribe();
  expect(balance.active).toBe(false);
  fake.publishAccount({ balance: 1, equity: 1, margin: 1 });
  await clock.advance(10);
  expect(heard.length).toBe(3);
});

test("the first state after the first connect is no change", async () => {
  const { agent, mt5, fake, clock, settle } = connectorWorld();
  const heard: number[] = [];
  agent.account.onBalanceChange((value) => heard.push(value));
  await settle(mt5.connect());
  expect(heard).toEqual([]);
  fake.publishAccount({ balance: 7 });
  await clock.advance(10);
  expect(heard).toEqual([7]);
});

test("a callback that throws is told as an error, and the others hear all the same", async () => {
  const { agent, fake, clock, errors } = await connectedWorld();
  const heard: number[] = [];
  agent.account.onEquityChange(() => {
    throw new Error("mine");
  });
  agent.account.onEquityChange((value) => heard.push(value));
  fake.publishAccount({ equity: 1 });
  await clock.advance(10);
  expect([heard, errors.map((error) => error.message)]).toEqual([[1], ["mine"]]);
  expect(() => agent.account.onEquityChange(undefined as never)).toThrow("the callback is no function");
});

test("waitForSync resolves when everything that the agent knew has been applied", async () => {
  const { agent, fake, clock, settle } = await connectedWorld();
  fake.loseToConnector = (channel, topic): boolean => channel === "events" && topic === "ledger";
  const position = fake.openPosition();
  await clock.advance(5);
  expect(agent.mirror.positions).toEqual([]);
  fake.loseToConnector = (): boolean => false;
  await settle(agent.waitForSync());
  expect(agent.mirror.positions.map((one) => one.ticketText)).toEqual([position.ticket]);
});

test("waitForSync waits through a reconnect, and tells why it cannot go on", async () => {
  const { agent, mt5, fake, clock, settle, failure } = await connectedWorld();
  fake.cut("events");
  await clock.advance(2);
  expect(agent.mirror.freshness.live).toBe(false);
  await settle(agent.waitForSync());
  expect(agent.mirror.freshness.live).toBe(true);
  fake.refuseConnection = (channel) =>
    channel === "events" ? { code: "unreachable", message: "refused" } : undefined;
  fake.cut("events");
  await clock.advance(2);
  expect(await failure(agent.waitForSync({ timeoutMs: 1_000 }))).toMatchObject({ code: "TIMEOUT" });
  const aborting = new AbortController();
  const aborted = failure(agent.waitForSync({ signal: aborting.signal }));
  aborting.abort();
  expect(await aborted).toMatchObject({ code: "ABORTED" });
  expect(await failure(agent.waitForSync({ signal: aborting.signal }))).toMatchObject({ code: "ABORTED" });
  const ended = agent.waitForSync().catch((error: unknown) => error);
  await settle(mt5.disconnect());
  expect(await ended).toMatchObject({ code: "NOT_CONNECTED" });
  expect(await failure(agent.waitForSync())).toMatchObject({ code: "NOT_CONNECTED" });
});

test("the mirror tells its age", async () => {
  const { agent, fake, clock } = await connectedWorld();
  await clock.advance(1_500);
  expect(agent.mirror.freshness.ageMs).toBeLessThan(1_000);
  fake.pulsing = false;
  await clock.advance(3_000);
  expect(agent.mirror.freshness.ageMs).toBeGreaterThan(2_000);
});

test("the mirror knows nothing before the first connect, and terminal, account and prices after it", async () => {
  const { agent, mt5, fake, clock, settle } = connectorWorld();
  const { mirror } = agent;
  expect([mirror.account, mirror.terminal, mirror.price("EURUSD")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(mirror.freshness).toMatchObject({ live: false, heardMs: undefined, ageMs: undefined });
  await settle(mt5.connect());
  expect(mirror.account).toMatchObject({ login: 1001, currency: "USD" });
  expect(mirror.terminal).toEqual(fake.terminal);
  await settle(agent.marketData.subscribe(["EURUSD"], () => undefined).ready);
  expect(mirror.price("EURUSD")).toBeUndefined();
  fake.tick("EURUSD", 1.1);
  await clock.advance(10);
  expect(mirror.price("EURUSD")).toMatchObject({ symbol: "EURUSD", bid: 1.1, ask: 1.1001 });
});
