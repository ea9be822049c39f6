import { expect, test } from "vitest";
import {
  LimitExceededError,
  OutcomeUnknownError,
  RateLimitError,
  TradeRejectedError,
} from "../../../src/connector/mod.ts";
import { connectedWorld, connectorWorld } from "../../kit/connector-world.ts";

test("marketBuy rejects with the broker's retcode, its name and a remedy when the trade server refuses", async () => {
  const { agent, fake, failure } = await connectedWorld();
  fake.answers.push({ kind: "reject", retcode: 10019, comment: "No money" });
  const error = await failure(agent.trade.marketBuy("EURUSD", 0.1));
  expect(error).toBeInstanceOf(TradeRejectedError);
  expect(error).toMatchObject({ code: "REJECTED", retcode: 10019, retcodeName: "NO_MONEY", certain: true });
  expect((error as TradeRejectedError).message).toMatch(
    /^Cannot buy 0\.1 EURUSD: NO_MONEY 10019, .*\(No money\)$/,
  );
});

test("marketBuy keeps a partial fill as an execution and says that it is partial", async () => {
  const { agent, fake, settle } = await connectedWorld();
  fake.answers.push({ kind: "execute", volume: 0.04 });
  const trade = await settle(agent.trade.marketBuy("EURUSD", 0.1));
  expect(trade).toMatchObject({ volume: 0.04, requestedVolume: 0.1, partial: true });
});

test("an unknown outcome that is found in time settles the promise with the truth", async () => {
  const { agent, clock, fake, settle } = await connectedWorld();
  fake.answers.push({ kind: "unknown", retcode: 10012 });
  const trade = agent.trade.marketBuy("EURUSD", 0.1, { id: "found" });
  await clock.advance(2_000);
  fake.finish("found");
  expect(await settle(trade)).toMatchObject({ id: "found", volume: 0.1 });
});

test("an unknown outcome ends as OutcomeUnknownError at the deadline, and is told as an event when it is known", async () => {
  const { agent, clock, fake, failure, settle } = await connectedWorld();
  const told: unknown[] = [];
  agent.on("outcome", (outcome) => told.push(outcome));
  fake.answers.push({ kind: "unknown", retcode: 10012 });
  const error = await failure(agent.trade.marketBuy("EURUSD", 0.1, { id: "later", timeoutMs: 3_000 }));
  expect(error).toBeInstanceOf(OutcomeUnknownError);
  expect(error).toMatchObject({ commandId: "later", retcodeName: "TIMEOUT", certain: false });
  expect(await settle(agent.trade.outcome("later"))).toMatchObject({ state: "unknown", retcode: 10012 });
  fake.finish("later");
  await clock.advance(1_000);
  expect(told).toMatchObject([{ state: "executed", id: "later", volume: 0.1, recovered: false }]);
  expect(fake.acknowledged).toContain("later");
  expect(fake.executed).toHaveLength(1);
});

test("a command that stays pending is unknown at the deadline, never a failure", async () => {
  const { agent, fake, failure } = await connectedWorld();
  fake.answers.push({ kind: "silence" });
  const error = await failure(agent.trade.marketBuy("EURUSD", 0.1, { timeoutMs: 2_000 }));
  expect(error).toBeInstanceOf(OutcomeUnknownError);
});

test("a refusal for good of the newest stamps is certain, by the error that fits it", async () => {
  const { agent, fake, failure } = await connectedWorld();
  fake.refuseCommand = (): "LIMIT" => "LIMIT";
  expect(await failure(agent.trade.marketBuy("EURUSD", 0.1))).toBeInstanceOf(LimitExceededError);
  fake.refuseCommand = (): "RATE_LIMITED" => "RATE_LIMITED";
  expect(await failure(agent.trade.marketBuy("EURUSD", 0.1))).toBeInstanceOf(RateLimitError);
  fake.refuseCommand = (): "JOURNAL" => "JOURNAL";
  const error = await failure(agent.trade.marketBuy("EURUSD", 0.1));
  expect(error).toBeInstanceOf(TradeRejectedError);
  expect(error).toMatchObject({ code: "NOT_EXECUTED", retcodeName: "JOURNAL", retcode: 0, certain: true });
  expect(fake.executed).toEqual([]);
});

test("EXPIRED_ID is never certain: the journal does not reach back", async () => {
  const { agent, fake, failure } = await connectedWorld();
  fake.refuseCommand = (): "EXPIRED_ID" => "EXPIRED_ID";
  expect(await failure(agent.trade.marketBuy("EURUSD", 0.1))).toBeInstanceOf(OutcomeUnknownError);
});

test("a caller's id with the same intent gives the stored outcome, and executes nothing again", async () => {
  const { agent, fake, settle } = await connectedWorld();
  const first = await settle(agent.trade.marketBuy("EURUSD", 0.1, { id: "mine" }));
  const again = await settle(agent.trade.marketBuy("EURUSD", 0.1, { id: "mine" }));
  expect(again.ticketText).toBe(first.ticketText);
  expect(fake.executed).toHaveLength(1);
});

test("a caller's id with another intent is refused as ID_REUSED, in the journal as well as while it is open", async () => {
  const { agent, clock, fake, failure, settle } = await connectedWorld();
  await settle(agent.trade.marketBuy("EURUSD", 0.1, { id: "mine" }));
  expect(await failure(agent.trade.marketBuy("EURUSD", 0.2, { id: "mine" }))).toMatchObject({
    code: "ID_REUSED",
    certain: true,
  });
  fake.answers.push({ kind: "silence" });
  const open = agent.trade.marketBuy("EURUSD", 0.1, { id: "open", timeoutMs: 5_000 });
  const joined = agent.trade.marketBuy("EURUSD", 0.1, { id: "open" });
  const other = await failure(agent.trade.marketSell("EURUSD", 0.1, { id: "open" }));
  expect(other).toMatchObject({ code: "ID_REUSED" });
  await clock.advance(5);
  fake.finish("open");
  expect((await settle(joined)).ticketText).toBe((await settle(open)).ticketText);
  expect(fake.executed).toHaveLength(2);
});

test("trade.outcome declares an unknown id void for ever, and answers pending for a command whose caller waits", async () => {
  const { agent, clock, fake, failure, settle } = await connectedWorld();
  expect(await settle(agent.trade.outcome("never"))).toMatchObject({
    state: "notExecuted",
    since: new Date(1),
  });
  expect(await failure(agent.trade.marketBuy("EURUSD", 0.1, { id: "never" }))).toMatchObject({
    retcodeName: "VOID",
    certain: true,
  });
  fake.answers.push({ kind: "silence" });
  const open = agent.trade.marketBuy("EURUSD", 0.1, { id: "waiting" });
  await clock.advance(10);
  expect(await settle(agent.trade.outcome("waiting"))).toEqual({ state: "pending", id: "waiting" });
  fake.finish("waiting");
  await settle(open);
  expect(await settle(agent.trade.outcome("waiting"))).toMatchObject({ state: "executed", volume: 0.1 });
});

test("outcomes that nobody was told are delivered at the next hello as events, once, and then acknowledged", async () => {
  const first = await connectedWorld();
  const { clock, fake } = first;
  fake.loseToConnector = (channel, topic): boolean => channel === "events" && topic === "ledger";
  fake.loseToAgent = (_, body): boolean => body["op"] === "outcome" || body["op"] === "ledger.since";
  await first.failure(first.agent.trade.marketBuy("EURUSD", 0.1, { id: "orphan", timeoutMs: 1_000 }));
  await first.settle(first.mt5.disconnect());
  fake.loseToConnector = (): boolean => false;
  fake.loseToAgent = (): boolean => false;
  const second = connectorWorld({ clock, fake, seed: 2 });
  const told: unknown[] = [];
  second.agent.on("outcome", (outcome) => told.push(outcome));
  await second.settle(second.mt5.connect());
  await clock.advance(1_000);
  expect(told).toMatchObject([{ id: "orphan", state: "executed", recovered: true }]);
  expect(fake.acknowledged).toContain("orphan");
  await second.settle(second.mt5.reconnect());
  expect(told).toHaveLength(1);
});

test("an abort before sending is certain, and after sending unknown", async () => {
  const { agent, clock, fake, failure, settle } = await connectedWorld();
  await settle(agent.marketData.getSymbolInfo("EURUSD"));
  fake.cut("command");
  fake.refuseConnection = (channel): { code: "unreachable"; message: string } | undefined =>
    channel === "command" ? { code: "unreachable", message: "refused" } : undefined;
  await clock.advance(10);
  const early = new AbortController();
  const unsent = agent.trade.marketBuy("EURUSD", 0.1, { signal: early.signal });
  await clock.advance(5);
  early.abort(new Error("changed my mind"));
  expect(await failure(unsent)).toMatchObject({ retcodeName: "NOT_SENT", certain: true });
  fake.refuseConnection = (): undefined => undefined;
  await clock.advance(15_000);
  expect(fake.executed).toEqual([]);
  fake.answers.push({ kind: "silence" });
  const late = new AbortController();
  const sent = agent.trade.marketBuy("EURUSD", 0.1, { signal: late.signal });
  await clock.advance(5);
  late.abort();
  expect(await failure(sent)).toBeInstanceOf(OutcomeUnknownError);
});
